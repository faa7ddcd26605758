"""A cycle rebuilt from recorded changelogs equals a replay written by hand; done again it changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config.load import load
from config.settings import load_settings
from flows.backfill import BackfillReport, backfill
from flows.reader import StoreReader
from flows.work import Wish
from mapping.decimals import quotient
from okrsync.place import Place
from okrsync.running import in_process
from store import Store
from tests.connectors.jira.replay import CHANGES, Record, Site, serving
from tests.connectors.jira.test_real_history import done_by_hand
from tests.connectors.jira.test_real_records import load as records
from tests.connectors.served import Answer, Asked
from tests.flows.kit import okrsync

RULES = """
timezone: UTC
connections:
  jira: {{connector: jira, url: "{url}", email: sync@acme.test, token: "${{JIRA_SANDBOX_TOKEN}}"}}
cycles:
  then: {{starts_on: 2020-06-01, ends_on: 2021-06-01}}
objectives:
  work:
    title: What they did
    cycle: then
    key_results:
      all:
        title: Everything
        measure: {{completion: {{from: jira, jql: "project in (EE, K5)", leaves: false}}}}
"""
KR = "work/all"


@dataclass(frozen=True)
class Archive:
    folder: Path
    site: Site

    def sync(self) -> None:
        asyncio.run(in_process(Place(folder=self.folder), Wish(), lambda _progress: None))

    def backfill(self, since: date | None = None) -> BackfillReport:
        rules = self.folder / "okrsync.yaml"
        config = load(rules, settings=load_settings(self.folder, config=rules))
        with self.store() as store:
            return asyncio.run(backfill(config, store, now=lambda: datetime.now(UTC), since=since))

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.folder / 'okrsync.db'}")

    def asked(self) -> int:
        return sum(asked.path == CHANGES for asked in self.site.asked)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    site = Site(issues=records("jira-issues.json"), statuses=records("jira-statuses.json"), change_page=100)
    monkeypatch.setenv("JIRA_SANDBOX_TOKEN", "t0k3n-made-up")
    with serving(site) as url:
        (tmp_path / "okrsync.yaml").write_text(RULES.format(url=url), encoding="utf-8")
        made = Archive(tmp_path, site)
        made.sync()
        yield made


def share_by_hand(issues: list[Record], at: datetime) -> Decimal | None:
    there = [one for one in issues if datetime.fromisoformat(one["fields"]["created"]) <= at]
    words = [done_by_hand(one, at) for one in there]
    counted = [word for word in words if word != "given up"]
    return quotient(Decimal(counted.count("done")), Decimal(len(counted))) if counted else None


def test_each_day_of_a_year_equals_the_replay_by_hand(archive: Archive) -> None:
    report = archive.backfill()
    assert report.failures == []
    assert (report.pasts, report.measured, report.days) == (33, 365, 365)
    with archive.store() as store:
        readings = store.rebuilt([KR])[KR]
    assert len(readings) == 365
    end = timedelta(days=1) - timedelta(microseconds=1)
    by_hand = {
        each.day: share_by_hand(archive.site.issues, datetime.fromisoformat(each.day).replace(tzinfo=UTC) + end)
        for each in readings
    }
    assert {each.day: each.value for each in readings} == by_hand
    assert len(set(by_hand.values())) > 10
    assert any("counted since its creation" in line for each in readings for line in each.assumptions)


def test_doing_it_again_reads_no_past_and_writes_nothing(archive: Archive) -> None:
    archive.backfill()
    asked = archive.asked()
    with archive.store() as store:
        before = (store.rebuilt([KR]), len(store.runs(1000)))
    again = archive.backfill()
    assert (again.pasts, again.days, again.measured) == (0, 0, 365)
    assert archive.asked() == asked
    with archive.store() as store:
        assert (store.rebuilt([KR]), len(store.runs(1000))) == before


def test_a_vendor_that_is_away_leaves_out_its_key_results_and_the_next_time_heals_it(archive: Archive) -> None:
    def away(asked: Asked) -> Answer | None:
        return Answer({"errorMessages": ["no"]}, 403) if asked.path == CHANGES else None

    archive.site.faults.append(away)
    report = archive.backfill()
    assert len(report.failures) == 1
    assert report.failures[0].startswith("jira: ")
    assert report.days == 0
    archive.site.faults.clear()
    assert archive.backfill().days == 365


def test_a_day_before_the_first_sync_reads_as_it_was_rebuilt_and_says_so(archive: Archive) -> None:
    archive.backfill()
    with archive.store() as store:
        day = store.rebuilt([KR])[KR][200]
        reader = StoreReader(store, as_of=day.at)
        explained = reader.explain(KR)
        (objective,) = reader.overview("then").objectives
    assert (explained.standing.value, objective.key_results[0].value) == (day.value, day.value)
    assert explained.agrees
    assert explained.reading.formula == f"rebuilt from history: {day.formula}"
    assert explained.gap is None, "the open items of then are not known"
    text = okrsync("-C", str(archive.folder), "why", KR, "--as-of", day.at.isoformat()).stdout
    assert f"rebuilt by `okrsync backfill`, as of {day.at:%Y-%m-%d %H:%M} UTC" in text


def test_since_leaves_earlier_days_out(archive: Archive) -> None:
    assert archive.backfill(date(2021, 5, 1)).days == 31
