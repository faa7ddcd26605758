"""The past of numbers in spreadsheets: from old versions of the file, and from dates beside the numbers."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from config.load import Config, load
from config.settings import load_settings
from connectors.port import Source
from connectors.spreadsheet import CONNECTOR
from flows.backfill import backfill
from flows.backfill_series import read_past_series
from flows.work import Wish
from mapping.rules import selections_of
from okrsync.place import Place
from okrsync.running import in_process
from store import Store
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.spreadsheet.books import Rows, save
from tests.connectors.spreadsheet.graph_server import CLIENT, LINK, SECRET, TENANT, GraphServer, Kept

RULES = """
timezone: UTC
connections:
  kpis: {{connector: spreadsheet, {where}}}
cycles:
  q4: {{starts_on: 2026-10-01, ends_on: 2026-11-11}}
objectives:
  delight:
    title: Delight
    cycle: q4
    key_results:
      nps:
        title: NPS of 42
        owner: ana@acme.test
        metric: {{baseline: 20, target: 42}}
        measure: {{latest: {{from: kpis, {terms}}}}}
"""


def loaded(folder: Path, where: str, terms: str) -> Config:
    rules = folder / "okrsync.yaml"
    rules.write_text(RULES.format(where=where, terms=terms), encoding="utf-8")
    return load(rules, settings=load_settings(folder, config=rules))


async def test_old_versions_of_a_file_fill_the_series_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def book(value: int) -> bytes:
        return save(tmp_path / "made.xlsx", {"KPI": [["Measure", "Actual"], ["NPS", value]]}).read_bytes()

    clock = FakeClock()
    days = ("2026-11-01", "2026-10-20", "2026-09-10", "2026-08-01")
    kept = [Kept(f"{4 - n}.0", f"{day}T08:00:00Z", book(40 - n)) for n, day in enumerate(days)]
    server = GraphServer(kept, now=clock.now)
    monkeypatch.setenv("MICROSOFT_SECRET", SECRET)
    app = f'sharepoint: "{LINK}", tenant: {TENANT}, client_id: {CLIENT}, client_secret: "${{MICROSOFT_SECRET}}"'
    config = loaded(tmp_path, app, "row: NPS, column: Actual")
    wanted = [(each, objective) for objective in config.objectives for each in objective.key_results]
    failures: list[str] = []

    def opened(name: str) -> Source:
        return CONNECTOR.open(config.connections[name].options, surroundings(server, clock, connection=name))

    async def read(store: Store) -> frozenset[str]:
        return await read_past_series(
            config, store, wanted, opened, now=clock.now, since=None, failures=failures, told=lambda *_: None
        )

    (selection,) = selections_of(wanted[0][0].measure)
    with Store.open(f"sqlite:///{tmp_path / 'okrsync.db'}") as store:
        assert await read(store) == frozenset()
        found = [(each.at.date().isoformat(), int(each.value)) for each in store.mirror().samples(selection)]
        server.asked.clear()
        assert await read(store) == frozenset()
        assert len(store.mirror().samples(selection)) == 2
        assert not any("/content" in each for each in server.asked)
        server.secret = "another"
        assert await read(store) == {"kpis"}
    assert found == [("2026-09-10", 38), ("2026-10-20", 39)]  # what stood on the first day, and what came after
    assert len(failures) == 1
    assert failures[0].startswith("kpis: Microsoft refuses the app")


def test_a_dated_column_fills_the_days_of_a_cycle(tmp_path: Path) -> None:
    weeks: Rows = [["Date", "Actual"], [date(2026, 10, 5), 25], [date(2026, 10, 19), 31], [date(2026, 12, 24), None]]
    save(tmp_path / "kpis.xlsx", {"KPI": weeks})
    config = loaded(tmp_path, "file: kpis.xlsx", "dates: Date, column: Actual")
    asyncio.run(in_process(Place(folder=tmp_path), Wish(), lambda _progress: None))
    with Store.open(f"sqlite:///{tmp_path / 'okrsync.db'}") as store:
        report = asyncio.run(backfill(config, store, now=lambda: datetime(2026, 11, 11, tzinfo=UTC)))
        days = {each.day: each.value for each in store.rebuilt(["delight/nps"])["delight/nps"]}
    assert report.failures == []
    assert days["2026-10-04"] is None
    assert [days[day] for day in ("2026-10-05", "2026-10-18", "2026-10-19")] == [Decimal(25), Decimal(25), Decimal(31)]
