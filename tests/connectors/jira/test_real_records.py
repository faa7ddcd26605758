"""33 issues of a real site, served over HTTP and judged by hand.

The site speaks Chinese (``已完成`` means "completed", ``完成`` "done"), lies at +0800, and its records tell apart what
looks alike: eight stand in a status whose category is ``new``, five of them under the name ``已完成``.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.jira import JiraSource
from mapping.errors import SkipRecordError
from mapping.words import ItemState, Selection, WorkItem
from tests.connectors.jira.replay import SEARCH, Record, Site

FOLDER = Path(os.environ.get("OKRSYNC_REAL_DATA", Path(__file__).parents[3].parent / "shared" / "real"))
EVERYTHING = Selection.of("jira", {"jql": "project in (EE, K5)"})
NUMBER = frozenset({"customfield_10024"})

WONT_DO = {"EE-20", "EE-24", "EE-26", "EE-30"}
"""Category done, resolution "Won't Do". EE-35 has that resolution too, but its category is ``new``: it is open."""
OPEN = {"EE-1", "EE-10", "EE-35", "EE-36", "EE-37", "K5-2", "K5-3", "K5-4"}
"""Category ``new``; all the EE ones under the name 已完成 and with a resolution."""
CHILDREN = {
    "EE-1": {"EE-25", "EE-26", "EE-27", "EE-28", "EE-33"},
    "EE-2": {"EE-29", "EE-30", "EE-31", "EE-32"},
    "EE-3": {"EE-34", "EE-35", "EE-36", "EE-37"},
    "K5-4": {"K5-3"},
}


def load(name: str) -> list[Record]:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"no real records at {path}: set OKRSYNC_REAL_DATA to their folder")
    records: list[Record] = json.loads(path.read_text(encoding="utf-8"))
    return records


@pytest.fixture
def site() -> Site:
    field = {"id": "customfield_10024", "name": "Score", "schema": {"type": "number"}}
    return Site(issues=load("jira-issues.json"), statuses=load("jira-statuses.json"), fields=[field], id_page=10)


async def read(source: JiraSource, fields: frozenset[str], skipped: list[SkipRecordError]) -> dict[str, WorkItem]:
    ids = [id_ async for page in source.census(EVERYTHING, fields, skipped.append) for id_ in page.ids]
    assert len(ids) == 33
    return {item.key: item async for items in source.by_ids(ids, fields, skipped.append) for item in items}


async def test_thirty_three_issues_twenty_one_done_four_not_to_be_done_eight_open(
    source: JiraSource, site: Site
) -> None:
    skipped: list[SkipRecordError] = []
    items = await read(source, frozenset(), skipped)
    assert skipped == []
    assert Counter(item.state for item in items.values()) == {
        ItemState.DONE: 21,
        ItemState.WONT_DO: 4,
        ItemState.TODO: 8,
    }
    assert {key for key, item in items.items() if item.state is ItemState.WONT_DO} == WONT_DO
    assert {key for key, item in items.items() if item.state is ItemState.TODO} == OPEN
    assert len(site.to(SEARCH)) == 4


async def test_a_status_named_completed_is_not_done_while_its_category_is_new(source: JiraSource) -> None:
    items = await read(source, frozenset(), [])
    named_completed = {key for key, item in items.items() if item.status == "已完成" and item.state is ItemState.TODO}
    assert named_completed == {"EE-1", "EE-10", "EE-35", "EE-36", "EE-37"}


async def test_sub_tasks_know_their_parents_by_id_and_stories_their_epic(source: JiraSource) -> None:
    items = await read(source, frozenset(), [])
    for parent, children in CHILDREN.items():
        assert {key for key, item in items.items() if item.parent == items[parent].id} == children
    assert items["K5-2"].parent == "20707"  # its epic K5-1 is not among the records, and its id is known all the same
    assert Counter(item.level for item in items.values()) == {0: 20, -1: 12, 1: 1}
    assert items["EE-37"].level == 0  # "Test Execution" stands under a story and is no sub-task


async def test_completion_is_dated_by_the_resolution_in_utc(source: JiraSource) -> None:
    items = await read(source, frozenset(), [])
    assert items["EE-2"].done_at == datetime(2020, 6, 23, 10, 20, 58, 999_000, tzinfo=UTC)
    assert items["EE-2"].updated_at == datetime(2021, 3, 28, 8, 5, 55, 16_000, tzinfo=UTC)
    assert all((item.done_at is not None) == item.done for item in items.values())


async def test_a_text_in_a_numeric_field_skips_that_record_only(source: JiraSource) -> None:
    skipped: list[SkipRecordError] = []
    items = await read(source, NUMBER, skipped)
    assert [str(one) for one in skipped] == [
        'jira: cannot read EE-1 (10063): customfield_10024 (customfield_10024) holds "-1", not a number'
    ]
    assert {key: dict(item.numbers) for key, item in items.items() if item.numbers} == {
        "EE-2": {"customfield_10024": Decimal("2.0")}
    }
    assert len(items) == 32


async def test_only_what_is_needed_is_asked_of_33_kilobyte_records(source: JiraSource, site: Site) -> None:
    await read(source, frozenset(), [])
    (bulk,) = (asked for asked in site.asked if asked.path.endswith("/bulkfetch"))
    assert len(bulk.body["fields"]) == 11
    assert not [name for name in bulk.body["fields"] if name.startswith(("*", "customfield"))]
