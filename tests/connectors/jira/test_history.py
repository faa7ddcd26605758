"""The past of issues, replayed outwards from what they are now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from connectors.jira import CONNECTOR, JiraSource
from connectors.port import Capability, History, Roster
from mapping.errors import PartialReadError, SkipRecordError
from mapping.words import PastChange
from tests.connectors.jira.replay import BULK, CHANGES, DOING, DONE, TODO, Record, Site, issue
from tests.connectors.served import Answer

NONE: frozenset[str] = frozenset()
POINTS = frozenset({"story_points"})


def entry(number: int, created: object, *items: Record) -> Record:
    return {"id": str(number), "created": created, "items": list(items)}


def moved(before: Record, after: Record) -> Record:
    names = {"from": before["id"], "fromString": before["name"], "to": after["id"], "toString": after["name"]}
    return {"field": "status", "fieldId": "status", "fieldtype": "jira"} | names


def item(
    field: str, before: str | None, after: str | None, field_id: str | None = None, *, ids: bool = False
) -> Record:
    own = {"field": field} | ({"fieldId": field_id} if field_id else {})
    texts = {"fromString": before, "toString": after}
    return own | texts | ({"from": before, "to": after} if ids else {"from": None, "to": None})


def with_past(number: int, *entries: Record, **fields: object) -> Record:
    return issue(number, **fields) | {"changelog": {"histories": list(entries)}}  # type: ignore[arg-type]


async def told(
    source: JiraSource, ids: Sequence[str], fields: frozenset[str] = NONE, skipped: list[SkipRecordError] | None = None
) -> list[PastChange]:
    into = [] if skipped is None else skipped
    return [change async for batch in source.history(ids, fields, into.append) for change in batch]


def shown(changes: Sequence[PastChange]) -> list[tuple[str, str, str | None, str | None]]:
    return [(f"{change.at:%d %H:%M}", change.field, change.old, change.new) for change in changes]


def test_the_connector_declares_it(source: JiraSource) -> None:
    assert Capability.HISTORY in CONNECTOR.capabilities
    assert isinstance(source, History)
    assert isinstance(source, Roster)


async def test_states_statuses_and_resolutions_are_told_oldest_first(source: JiraSource, site: Site) -> None:
    site.issues = [
        with_past(
            1,
            entry(
                3, "2026-10-20T16:06:08.713+0800", moved(DOING, DONE), item("resolution", None, "Done", "resolution")
            ),
            entry(2, "2026-10-10T16:00:00.000+0800", moved(TODO, DOING)),
            now=DONE,
        )
    ]
    assert shown(await told(source, ["10001"])) == [
        ("10 08:00", "state", "todo", "in_progress"),
        ("10 08:00", "status", "To Do", "Doing"),
        ("10 08:00", "status_id", "1", "2"),
        ("20 08:06", "state", "in_progress", "done"),
        ("20 08:06", "status", "Doing", "Done"),
        ("20 08:06", "status_id", "2", "3"),
        ("20 08:06", "resolution", None, "Done"),
    ]


async def test_closing_without_doing_is_told_by_the_resolution_of_that_time(source: JiraSource, site: Site) -> None:
    wont = {"field": "resolution", "fieldId": "resolution", "from": None, "fromString": None, "to": "7",
            "toString": "Won't Do"}  # fmt: skip
    undone = {"field": "resolution", "fieldId": "resolution", "from": "7", "fromString": "Won't Do", "to": None,
              "toString": None}  # fmt: skip
    site.issues = [
        with_past(
            1,
            entry(1, "2026-10-10T08:00:00.000+0000", moved(TODO, DONE), wont),
            entry(2, "2026-10-12T08:00:00.000+0000", moved(DONE, TODO), undone),
        )
    ]
    states = [change for change in shown(await told(source, ["10001"])) if change[1] == "state"]
    assert states == [("10 08:00", "state", "todo", "wont_do"), ("12 08:00", "state", "wont_do", "todo")]


async def test_labels_points_and_parents_are_told_in_our_words(source: JiraSource, site: Site) -> None:
    site.issues = [
        with_past(
            1,
            entry(1, "2026-10-02T08:00:00.000+0000", item("labels", "", "b a", "labels")),
            entry(2, "2026-10-03T08:00:00.000+0000", item("Story Points", None, "3", "customfield_10016")),
            entry(3, "2026-10-04T08:00:00.000+0000", item("Story Points", "3", "5.5", "customfield_10016")),
            entry(4, "2026-10-05T08:00:00.000+0000", item("IssueParentAssociation", None, "77", ids=True)),
            entry(5, "2026-10-06T08:00:00.000+0000", item("labels", "b a", "b", "labels"), item("Rank", "1", "2")),
            labels=["b"],
            customfield_10016=5.5,
            parent={"id": "77"},
        )
    ]
    assert shown(await told(source, ["10001"], POINTS)) == [
        ("02 08:00", "labels", None, "a,b"),
        ("03 08:00", "numbers.story_points", None, "3"),
        ("04 08:00", "numbers.story_points", "3", "5.5"),
        ("05 08:00", "parent", None, "77"),
        ("06 08:00", "labels", "a,b", "b"),
    ]


async def test_an_epic_given_up_for_a_story_is_one_change_of_the_parent(source: JiraSource, site: Site) -> None:
    out = item("Epic Link", "70", None, "customfield_10014", ids=True)
    site.issues = [
        with_past(
            1,
            entry(1, "2026-10-05T08:00:00.000+0000", out, item("Parent", None, "80", ids=True)),
            parent={"id": "80"},
        )
    ]
    assert shown(await told(source, ["10001"])) == [("05 08:00", "parent", "70", "80")]


async def test_an_issue_closed_without_a_change_of_status_is_dated_by_its_resolution(
    source: JiraSource, site: Site
) -> None:
    site.issues = [with_past(1, now=DONE), with_past(2, now=DONE, resolutiondate=None), with_past(3)]
    site.issues[1]["fields"]["statuscategorychangedate"] = "2026-10-15T16:00:00.000+0800"
    found = await told(source, ["10001", "10002", "10003"])
    assert [(change.item, *one) for change, one in zip(found, shown(found), strict=True)] == [
        ("10001", "20 08:06", "state", "todo", "done"),
        ("10002", "15 08:00", "state", "todo", "done"),
    ]


async def test_an_issue_that_was_created_closed_has_no_past(source: JiraSource, site: Site) -> None:
    created = "2026-10-20T16:06:08.000+0800"
    site.issues = [with_past(1, now=DONE, created=created, resolutiondate=created)]
    assert await told(source, ["10001"]) == []


async def test_a_status_that_no_longer_exists_counts_by_the_resolution_of_its_time(
    source: JiraSource, site: Site
) -> None:
    gone = {"id": "99", "name": "Accepted"}
    site.issues = [
        with_past(
            1,
            entry(1, "2026-10-05T08:00:00.000+0000", moved(TODO, gone), item("resolution", None, "Done", "resolution")),
            entry(2, "2026-10-06T08:00:00.000+0000", moved(gone, DONE)),
            now=DONE,
        )
    ]
    assert [each for each in shown(await told(source, ["10001"])) if each[1] == "state"] == [
        ("05 08:00", "state", "todo", "done")
    ]


async def test_what_happened_after_the_issue_was_read_is_left_for_the_next_time(source: JiraSource, site: Site) -> None:
    site.issues = [with_past(1, entry(1, "2026-10-25T08:00:00.000+0000", moved(DOING, DONE)), now=DOING)]
    assert await told(source, ["10001"]) == []


async def test_a_migration_that_gave_the_issue_no_new_time_of_update_still_counts(
    source: JiraSource, site: Site
) -> None:
    site.issues = [with_past(1, entry(1, "2026-10-25T08:00:00.000+0000", moved(TODO, DOING)), now=DOING)]
    assert shown(await told(source, ["10001"]))[0] == ("25 08:00", "state", "todo", "in_progress")


async def test_times_may_come_in_milliseconds_and_pages_in_any_size(source: JiraSource, site: Site) -> None:
    at = datetime(2026, 10, 5, 8, tzinfo=UTC)
    site.change_page = 1
    site.issues = [
        with_past(number, entry(1, int(at.timestamp() * 1000), moved(TODO, DOING)), now=DOING) for number in range(5)
    ]
    found = await told(source, [one["id"] for one in site.issues])
    assert {change.item for change in found if change.field == "state"} == {one["id"] for one in site.issues}
    assert {change.at for change in found} == {at}
    assert len(site.to(CHANGES)) == 5


async def test_changelogs_are_asked_for_a_thousand_issues_at_once_and_unfiltered(
    source: JiraSource, site: Site
) -> None:
    site.issues = [issue(number) for number in range(1100)]
    assert await told(source, [one["id"] for one in site.issues]) == []
    assert [len(asked.body["issueIdsOrKeys"]) for asked in site.to(CHANGES)] == [1000, 100]
    assert not any("fieldIds" in asked.body for asked in site.to(CHANGES))
    assert len(site.to(BULK)) == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (entry(1, "once upon a time", moved(TODO, DOING)), "once upon a time"),
        (entry(1, "2026-10-05T08:00:00", moved(TODO, DOING)), "no offset from UTC"),
        (entry(1, "2026-10-05T08:00:00.000+0000", item("Story Points", "many", "3", "customfield_10016")), "'many'"),
    ],
)
async def test_a_history_that_cannot_be_read_is_named_and_the_others_are_told(
    source: JiraSource, site: Site, change: Record, said: str
) -> None:
    fine = entry(1, "2026-10-05T08:00:00.000+0000", moved(TODO, DOING))
    site.issues = [with_past(1, change, customfield_10016=3), with_past(2, fine, now=DOING)]
    skipped: list[SkipRecordError] = []
    found = await told(source, ["10001", "10002"], POINTS, skipped)
    assert {change.item for change in found} == {"10002"}
    assert len(skipped) == 1
    assert "CHK-1 (10001)" in str(skipped[0])
    assert said in str(skipped[0])


async def test_pages_that_go_in_a_circle_are_partial(source: JiraSource, site: Site) -> None:
    site.issues = [issue(1)]
    site.faults.append(
        lambda asked: (
            Answer({"issueChangeLogs": [{"issueId": "10001"}], "nextPageToken": "a"}) if asked.path == CHANGES else None
        )
    )
    with pytest.raises(PartialReadError, match="in a circle"):
        await told(source, ["10001"])
