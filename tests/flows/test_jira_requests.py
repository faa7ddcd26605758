"""How many requests a sync sends to Jira: a tenth of the size that operations has, and pages a tenth as long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from flows.sync_report import SyncReport
from flows.work import Wish
from mapping.changes import Action
from okrsync.place import Place
from okrsync.running import in_process
from tests.connectors.jira.replay import BULK, DONE, SEARCH, Record, Site, issue, serving
from tests.connectors.served import Asked

ISSUES, CHANGED = 5000, 500
PAGE = 500
RULES = """
timezone: UTC
connections:
  jira: {{connector: jira, url: "{url}", email: sync@acme.test, token: "${{JIRA_SANDBOX_TOKEN}}"}}
cycles:
  now: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  work:
    title: Everything that there is
    cycle: now
    key_results:
      all:
        title: Finish it
        measure: {{completion: {{from: jira, project: CHK, by: story_points}}}}
"""


@dataclass(frozen=True)
class Company:
    folder: Path
    site: Site

    def sync(self) -> SyncReport:
        self.site.asked.clear()
        return asyncio.run(in_process(Place(folder=self.folder), Wish(), lambda _progress: None))

    def kinds(self) -> tuple[int, int, int]:
        """Return the pages of ids, the reads of fields, and the other requests of the last sync."""
        ids = sum(asked.path == SEARCH and asked.body["fields"] == ["id"] for asked in self.site.asked)
        reads = sum(
            asked.path == BULK or (asked.path == SEARCH and asked.body["fields"] != ["id"]) for asked in self.site.asked
        )
        return ids, reads, len(self.site.asked) - ids - reads


def updated_since(site: Site, jql: str) -> list[Record]:
    found = re.search(r"updated >= (\d+)", jql)
    if found is None:
        return site.issues
    since = datetime.fromtimestamp(int(found[1]) / 1000, UTC)
    return [one for one in site.issues if datetime.fromisoformat(one["fields"]["updated"]) >= since]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    site = Site(issues=[issue(number, customfield_10016=2) for number in range(ISSUES)], id_page=PAGE)
    # the change that the watermark stands at is older than the overlap of all others
    site.issues[0]["fields"]["updated"] = "2026-10-20T18:00:00.000+0800"
    site.matches = lambda jql: updated_since(site, jql)
    monkeypatch.setenv("JIRA_SANDBOX_TOKEN", "t0k3n-made-up")
    with serving(site) as url:
        (tmp_path / "okrsync.yaml").write_text(RULES.format(url=url), encoding="utf-8")
        yield Company(tmp_path, site)


def test_a_first_pull_costs_its_pages_and_a_next_one_what_changed(company: Company) -> None:
    first = company.sync()
    ids, reads, others = company.kinds()
    assert (ids, reads) == (ISSUES // PAGE, ISSUES // 100)
    assert ids + reads + others <= 1.1 * (ids + reads)  # at ten times the size these few are within 5 %
    assert others <= 5
    assert first.connections[0].requests == ids + reads + others

    later = datetime(2026, 10, 21, tzinfo=UTC)
    for number, one in enumerate(company.site.issues[:CHANGED]):
        one["fields"] |= {"status": DONE, "updated": (later + timedelta(seconds=number)).isoformat()}
    second = company.sync()
    (change,) = second.changes
    assert change.new is not None
    assert change.new.value == Decimal("0.1")
    ids, reads, others = company.kinds()
    assert ids <= 10
    assert reads <= 6
    assert others <= 5

    company.sync()  # those that the overlap still covers are read again, and nothing comes of it
    assert {change.action for change in company.sync().changes} == {Action.KEEP}


def test_reads_go_on_while_the_census_still_comes_and_it_runs_only_so_far_ahead(company: Company) -> None:
    waiting: list[int] = []

    def count(asked: Asked) -> None:
        pages = sum(each.path == SEARCH for each in company.site.asked)
        reads = sum(each.path == BULK for each in company.site.asked)
        if asked.path == SEARCH:
            waiting.append((pages - 1) * PAGE - reads * 100)

    company.site.faults.append(count)
    company.sync()
    assert max(waiting) <= 4 * PAGE
    order = ["ids" if asked.path == SEARCH else "read" for asked in company.site.asked if asked.path in (SEARCH, BULK)]
    assert "read" in order[: len(order) - 1 - order[::-1].index("ids")]
