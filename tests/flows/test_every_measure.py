"""Every kind of measure through whole syncs: published, explained from the store, its changes accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from config.load import load
from config.settings import load_settings
from flows.reader import StoreReader
from flows.sync_report import SyncReport
from flows.work import Wish, opened
from store import Store

START = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
TABLE = 'from: board, table: T, id: id, title: id, done: {column: done, is: ["yes"]}'
RULES = f"""
timezone: Europe/Paris
connections:
  board: {{connector: spreadsheet, file: board.csv}}
currencies: {{base: EUR, rates: {{2026-10-01: {{USD: 1.25}}}}}}
cycles:
  q4: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  work:
    title: Get it done
    cycle: q4
    key_results:
      steps: {{title: s, metric: {{milestones: {{A: 1, B: 3}}}}, measure: {{ticked: {{{TABLE}}}}}}}
      hand: {{title: h, metric: {{milestones: [X, Y]}}, measure: {{ticked: {{X: 2026-10-21}}}}}}
      points: {{title: p, measure: {{completion: {{{TABLE}, by: points, missing: mean}}}}}}
      frozen: {{title: f, measure: {{completion: {{{TABLE}, by: points, scope: 2026-10-20}}}}}}
      median: {{title: m, metric: {{baseline: 0, between: [3, 6]}}, measure: {{median: {{{TABLE}, field: points}}}}}}
      late: {{title: l, metric: {{baseline: 9, below: 2}}, measure: {{percentile: {{{TABLE}, field: points, p: 85}}}}}}
      who: {{title: w, metric: {{above: 1}}, measure: {{distinct: {{{TABLE}, field: who}}}}}}
      each:
        title: e
        metric: {{baseline: 0, commit: 1, target: 2, stretch: 4}}
        measure:
          formula:
            value: "n > 0 ? points / n : 0"
            of: {{points: {{sum: {{{TABLE}, field: points}}}}, n: {{count: {{{TABLE}, where: item.done}}}}}}
  all:
    title: All
    cycle: q4
    key_results:
      up: {{title: u, measure: {{rollup: {{of: [work, {{of: work/points, weight: 2}}], weigh: leaves}}}}}}
"""
FIRST = ["A,yes,3,ana", "B,no,1,ben", "C,no,,ana"]
SECOND = ["A,yes,3,ana", "B,yes,2,ben", "C,no,4,cleo", "D,no,6,ana"]


def sync(folder: Path, rows: Sequence[str], at: datetime) -> SyncReport:
    (folder / "board.csv").write_text("\n".join(["id,done,points,who", *rows]) + "\n", encoding="utf-8")
    return asyncio.run(_sync(folder, at))


async def _sync(folder: Path, at: datetime) -> SyncReport:
    rules = folder / "okrsync.yaml"
    config = load(rules, settings=load_settings(folder, config=rules))
    async with opened(config, Wish(), now=lambda: at) as work:
        for name in work.names():
            await work.pull(name)
        work.measure()
        return work.publish(through="in-process")


def test_every_measure_is_published_explained_and_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(RULES, encoding="utf-8")
    first = sync(tmp_path, FIRST, START)
    again = sync(tmp_path, FIRST, START + timedelta(hours=1))
    second = sync(tmp_path, SECOND, START + timedelta(days=1, hours=2))
    assert [change.action for change in again.changes] == ["keep"] * 9
    values = {change.key_result: f"{change.new.value}" for change in first.changes if change.new is not None}
    assert values == {
        "work/steps": "0.25",
        "work/hand": "0",
        "work/points": "0.5",  # 3 of 3 + 1 + a mean of 2
        "work/frozen": "0.75",  # the day is not over: 3 of 3 + 1
        "work/median": "2",
        "work/late": "2.7",
        "work/who": "2",
        "work/each": "4",
        # .25, 0, .5, .75, 2/3, .9, 1 and 1 (the stretch) have a mean of 0.633333333333, and .5 has a weight of 2 of 10
        "all/up": "0.606666666666",
    }
    for change in second.changes:
        if change.old is not None and change.new is not None:
            assert change.old.value is not None
            assert change.new.value is not None
            parts = sum((part.amount for part in change.causes), start=Decimal(0))
            assert parts == change.new.value - change.old.value, change.key_result
    with Store.open(f"sqlite:///{tmp_path / 'okrsync.db'}") as store:
        reader = StoreReader(store, now=lambda: START + timedelta(days=1, hours=3))
        assert reader.disagreements() == []
        for change in second.changes:
            explained = reader.explain(change.key_result)
            assert explained.agrees, change.key_result
            assert explained.reading.value is not None, (change.key_result, explained.reading.no_data)
        frozen = reader.explain("work/frozen")
        assert frozen.standing.value == 1  # of the 4 points of the first day, A's 3 and B's 1 are done
        assert any(step.startswith("scope 4 → 15 since 2026-10-20") for step in frozen.steps), frozen.steps
