"""Changelogs of real sites against a replay written by hand: forwards from the first change, not back from today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.jira import JiraSource
from mapping.errors import SkipRecordError
from mapping.words import ItemState, PastChange, WorkItem
from tests.connectors.jira.replay import Record, Site
from tests.connectors.jira.test_real_records import load

NONE: frozenset[str] = frozenset()
CLOSED = {"6"}
"""The status "Closed"; 5, "Resolved", no longer exists there and closed only those that had a resolution."""
DATES = [datetime(2020, month, 28, tzinfo=UTC) for month in range(6, 13)] + [
    datetime(2021, month, 1, tzinfo=UTC) for month in (1, 3, 4, 5)
]


async def told(source: JiraSource, ids: list[str]) -> dict[str, list[PastChange]]:
    skipped: list[SkipRecordError] = []
    found: dict[str, list[PastChange]] = {id_: [] for id_ in ids}
    async for batch in source.history(ids, NONE, skipped.append):
        for change in batch:
            found[change.item].append(change)
    assert skipped == []
    return found


def entries(record: Record, field: str) -> Iterator[tuple[datetime, Record]]:
    for entry in sorted(record["changelog"]["histories"], key=lambda entry: str(entry["created"])):
        for item in entry["items"]:
            if item["field"] == field:
                yield datetime.fromisoformat(entry["created"]), item


def by_hand(record: Record, at: datetime) -> tuple[str, str | None]:
    """Return the id of the status and of the resolution that an issue had at an instant."""
    fields = record["fields"]
    now = {"status": fields["status"]["id"], "resolution": (fields["resolution"] or {}).get("id")}
    for field in now:
        changes = list(entries(record, field))
        before = [item["to"] for when, item in changes if when <= at]
        if changes:
            now[field] = before[-1] if before else changes[0][1]["from"]
    return str(now["status"]), now["resolution"]


def done_by_hand(record: Record, at: datetime) -> str:
    status, resolution = by_hand(record, at)
    own = record["fields"]["status"]
    if status == own["id"]:
        closed = own["statusCategory"]["key"] == "done"
    else:
        closed = status in CLOSED or (status == "5" and resolution is not None)
    if not closed:
        return "open"
    return "given up" if resolution == "10001" else "done"  # 10001 is Won't Do


def done_by_us(item: WorkItem, past: list[PastChange], at: datetime) -> str:
    """Undo what happened after an instant."""
    state = item.state
    for change in reversed([change for change in past if change.field == "state" and change.at > at]):
        assert change.new == state
        state = ItemState(change.old or "")
    return {ItemState.DONE: "done", ItemState.WONT_DO: "given up"}.get(state, "open")


async def test_thirty_three_issues_were_as_far_as_their_changelogs_say(source: JiraSource, site: Site) -> None:
    site.issues, site.statuses, site.change_page = load("jira-issues.json"), load("jira-statuses.json"), 100
    ids = [one["id"] for one in site.issues]
    items = {item.id: item async for batch in source.by_ids(ids, NONE, print) for item in batch}
    past = await told(source, ids)
    ours = {(one["key"], at): done_by_us(items[one["id"]], past[one["id"]], at) for one in site.issues for at in DATES}
    assert ours == {(one["key"], at): done_by_hand(one, at) for one in site.issues for at in DATES}
    kinds = [state for (_, at), state in ours.items() if at == DATES[0]]
    assert (kinds.count("done"), kinds.count("given up"), kinds.count("open")) == (21, 5, 7)


async def test_every_change_of_status_is_told_with_its_ids_and_time(source: JiraSource, site: Site) -> None:
    site.issues, site.statuses = load("jira-issues.json"), load("jira-statuses.json")
    past = await told(source, [one["id"] for one in site.issues])
    for one in site.issues:
        ours = [(change.at, change.old, change.new) for change in past[one["id"]] if change.field == "status_id"]
        assert ours == [(at, item["from"], item["to"]) for at, item in entries(one, "status")], one["key"]


async def test_every_chain_of_values_ends_at_what_the_issue_is_now(source: JiraSource, site: Site) -> None:
    site.issues, site.statuses = load("jira-issues.json"), load("jira-statuses.json")
    ids = [one["id"] for one in site.issues]
    items = {item.id: item async for batch in source.by_ids(ids, NONE, print) for item in batch}
    for id_, changes in (await told(source, ids)).items():
        assert [change.at for change in changes] == sorted(change.at for change in changes)
        last: dict[str, str | None] = {}
        for change in changes:
            assert last.get(change.field, change.old) == change.old
            last[change.field] = change.new
        item = items[id_]
        now = {"state": item.state.value, "status": item.status, "status_id": item.status_id, "parent": item.parent}
        now["resolution"] = item.resolution or None
        assert last == {field: now[field] for field in last}


async def test_three_issues_of_another_site(source: JiraSource, site: Site) -> None:
    by_issue: dict[str, list[Record]] = {}
    for entry in load("jira-changelogs.json"):
        by_issue.setdefault(str(entry["issue"]["issue_id"]), []).append(entry["history"])
    site.statuses = load("jira-statuses.json")
    names = {one["id"]: one for one in site.statuses}
    for id_, histories in by_issue.items():
        record: Record = {"id": id_, "key": f"X-{id_}", "changelog": {"histories": histories}, "fields": {}}
        (*_, (at, last)) = entries(record, "status")
        done = any(entries(record, "resolution"))
        record["fields"] = {"summary": "x", "status": names[last["to"]], "updated": at.isoformat(),
                            "created": "2020-12-01T00:00:00.000+0800",
                            "resolution": {"id": "10000", "name": "Done"} if done else None}  # fmt: skip
        site.issues.append(record)
    past = await told(source, [*by_issue])
    states = {
        id_: [(f"{change.at:%Y-%m-%d}", change.old, change.new) for change in changes if change.field == "state"]
        for id_, changes in past.items()
    }
    assert states == {
        "13383": [("2021-01-25", "todo", "in_progress"), ("2021-01-27", "in_progress", "done")],
        "13491": [("2021-01-29", "todo", "done")],
        "13954": [
            ("2021-03-05", "todo", "in_progress"),
            ("2021-04-01", "in_progress", "todo"),  # 发布中, "releasing", has the category new there
            ("2021-04-07", "todo", "done"),
        ],
    }


@pytest.mark.parametrize("field", ["Parent", "IssueParentAssociation"])
def test_changes_of_a_parent_really_carry_no_id_of_a_field(field: str) -> None:
    """So a changelog filtered by fields would lose them."""
    found = [item for record in load("jira-issues.json") for _, item in entries(record, field)]
    assert found
    assert not any("fieldId" in item for item in found)
