"""Histories: a replay of timelines that ends at what is, over GraphQL and REST, and of real events by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.github.history import rest_event
from connectors.github.records import Record, from_rest
from connectors.github.timeline import Event, Replay
from mapping.errors import SkipRecordError
from mapping.words import PastChange
from okrsync.sandbox import company
from okrsync.sandbox.github_acts import (
    SINGLE_SELECT,
    add_item,
    add_project,
    add_sub_issue,
    set_type,
    set_value,
    take_sub_issue,
    transfer,
)
from tests.connectors.github.server import Json, closed, issue, label, pull_request
from tests.connectors.github.stage import Stage, options, past, whole
from tests.connectors.github.test_real_records import RECORDS

Told = list[tuple[str, str | None, str | None]]


def told(changes: list[PastChange], *fields: str) -> Told:
    return [(one.field, one.old, one.new) for one in changes if not fields or one.field in fields]


def record_of(raw: Json) -> Record:
    return from_rest(msgspec.Raw(json.dumps(raw).encode()))


def at(day: int) -> datetime:
    return datetime(2026, 2, day, tzinfo=UTC)


def replay(raw: Json, *events: Event, fields: frozenset[str] = frozenset()) -> list[PastChange]:
    return Replay(record_of(raw), "hub", fields).changes(events)


async def lived() -> tuple[Stage, str]:
    """An issue that was closed, reopened, closed otherwise, labelled, typed, and put under another one."""
    stage = Stage()
    record, parent = stage.issue("Lived", labels=["bug"]), stage.issue("Above")
    stage.site.close(record, at=stage.at(), by=company.INES)
    stage.site.reopen(record, at=stage.at())
    stage.site.relabel("acme/shop", 1, ["checkout"], at=stage.at())
    add_sub_issue(stage.site, parent, record, at=stage.at())
    set_type(stage.site, record, "Bug", at=stage.at())
    set_type(stage.site, record, "Feature", at=stage.at())
    stage.site.close(record, at=stage.at(), by=company.INES, reason="not_planned")
    stage.site.close(record, at=stage.at(), by=company.INES, reason="duplicate")
    take_sub_issue(stage.site, record, at=stage.at())
    return stage, record["node_id"]


@pytest.mark.parametrize("token", [True, False])
async def test_a_life_is_told_in_our_words(token: bool) -> None:
    stage, id_ = await lived()
    above = stage.site.issue("acme/shop", 2)["node_id"]
    stage.site.public = not token
    given = options() if token else options(token=None)
    async with stage.source(given, keys={id_: "acme/shop#1"}) as source:
        changes = await past(source, [id_])
    assert told(changes, "state") == [
        ("state", "todo", "done"),
        ("state", "done", "todo"),
        ("state", "todo", "wont_do"),
    ]
    assert told(changes, "status") == [
        ("status", "open", "closed"),
        ("status", "closed", "open"),
        ("status", "open", "closed"),
    ]
    assert told(changes, "resolution") == [
        ("resolution", None, "completed"),
        ("resolution", "completed", None),
        ("resolution", None, "not_planned"),
        ("resolution", "not_planned", "duplicate"),
    ]
    assert told(changes, "labels") == [
        ("labels", None, "bug"),
        ("labels", "bug", "bug,checkout"),
        ("labels", "bug,checkout", "checkout"),
    ]
    assert told(changes, "kind") == [("kind", "issue", "bug"), ("kind", "bug", "feature")]
    assert told(changes, "parent") == [("parent", None, above), ("parent", above, None)]
    assert {one.item for one in changes} == {id_}
    assert [one.at for one in changes] == sorted(one.at for one in changes)


async def test_history_says_when_an_issue_was_really_done_where_closed_at_knows_the_last_time_only() -> None:
    """Pitfall 29: reopened work is dated by its events."""
    stage = Stage()
    record = stage.issue("Twice", closed="completed")
    first = datetime.fromisoformat(record["closed_at"])
    stage.site.reopen(record, at=first + timedelta(days=1))
    stage.site.close(record, at=first + timedelta(days=2), by=company.INES)
    async with stage.source() as source:
        changes = await past(source, [record["node_id"]])
    done = [one.at for one in changes if one.field == "state" and one.new == "done"]
    assert done == [first, first + timedelta(days=2)]


async def test_a_merge_closes_as_well_and_is_told_once() -> None:
    stage = Stage()
    merged = stage.issue("Merged", pull=True, closed="completed")
    refused = stage.issue("Refused", pull=True, closed="rejected")
    async with stage.source() as source:
        changes = await past(source, [merged["node_id"], refused["node_id"], "I_gone"])
    assert told(changes, "state", "status") == [
        ("state", "in_progress", "done"),
        ("status", "open", "merged"),
        ("state", "in_progress", "wont_do"),
        ("status", "open", "closed"),
    ]


async def test_the_status_in_a_project_has_a_past_of_its_own() -> None:
    stage = Stage()
    ours = add_project(stage.site, "acme", 5, "Launch", {"Status": SINGLE_SELECT})
    other = add_project(stage.site, "acme", 6, "Other", {"Status": SINGLE_SELECT})
    record = stage.issue("Card")
    card, foreign = (add_item(board, record, at=stage.at()) for board in (ours, other))
    set_value(stage.site, ours, card, "Status", "In progress", at=stage.at())
    set_value(stage.site, other, foreign, "Status", "Done", at=stage.at())
    set_value(stage.site, ours, card, "Status", "Done", at=stage.at())
    stage.site.close(record, at=stage.at(), by=company.INES)
    async with stage.source() as source:
        await whole(source, project="acme/5", status="Status")
        changes = await past(source, [card["id"]])
    assert told(changes, "status", "state") == [
        ("status", None, "In progress"),
        ("status", "In progress", "Done"),
        ("state", "todo", "done"),
    ]
    assert {one.item for one in changes} == {card["id"]}


async def test_an_issue_that_came_from_elsewhere_says_from_where_when_asked() -> None:
    stage = Stage()
    stage.issue("Moves")
    moved = transfer(stage.site, "acme/shop", 1, "acme/app", at=stage.at())
    async with stage.source() as source:
        changes = await past(source, [moved["node_id"]], frozenset({"repository"}))
    assert told(changes) == [("fields.repository", "acme/shop", "acme/app")]


async def test_more_events_than_a_page_are_all_told() -> None:
    stage = Stage()
    record = stage.issue("Long")
    for _ in range(130):
        stage.site.close(record, at=stage.at(), by=company.INES)
        stage.site.reopen(record, at=stage.at())
    async with stage.source() as source:
        assert len(told(await past(source, [record["node_id"]]), "state")) == 260


def test_closed_twice_in_a_row_is_one_change_of_state() -> None:
    changes = replay(closed(1), Event(at=at(3), kind="closed"), Event(at=at(4), kind="closed", value="completed"))
    assert told(changes, "state") == [("state", "todo", "done")]
    assert changes[0].at == at(3)


def test_a_closing_without_any_event_is_dated_by_the_issue() -> None:
    changes = replay(closed(1))
    assert told(changes, "state") == [("state", "todo", "done")]
    assert changes[0].at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_an_issue_open_today_whose_last_event_closed_it_is_open_today() -> None:
    changes = replay(issue(1), Event(at=at(2), kind="closed"))
    assert told(changes, "state") == [("state", "todo", "done"), ("state", "done", "todo")]


def test_the_reason_that_an_old_event_lacks_is_the_issues_own() -> None:
    changes = replay(closed(1, "not_planned"), Event(at=at(2), kind="closed"))
    assert told(changes, "state", "resolution") == [("state", "todo", "wont_do"), ("resolution", None, "not_planned")]


def test_a_reason_that_nobody_knows_yet_is_not_guessed_at() -> None:
    with pytest.raises(SkipRecordError, match="superseded"):
        replay(closed(1), Event(at=at(2), kind="closed", value="superseded"), Event(at=at(3), kind="closed"))


def test_labels_are_undone_from_todays_so_that_a_renamed_one_does_no_harm() -> None:
    raw = issue(1, labels=[label("defect"), label("old")])
    changes = replay(
        raw,
        Event(at=at(2), kind="labeled", value="bug"),  # renamed to defect since
        Event(at=at(3), kind="labeled", value="old"),
        Event(at=at(4), kind="unlabeled", value="gone"),
    )
    assert told(changes) == [
        ("labels", "defect,gone", "defect,gone,old"),
        ("labels", "defect,gone,old", "defect,old"),
    ]


def test_drafts_become_ready_and_milestones_change_when_asked_for() -> None:
    raw = pull_request(1) | {"milestone": {"number": 1, "title": "v2"}}
    changes = replay(
        raw,
        Event(at=at(2), kind="ready_for_review"),
        Event(at=at(3), kind="milestoned", value="v1"),
        Event(at=at(4), kind="demilestoned", value="v1"),
        Event(at=at(4), kind="milestoned", value="v2"),
        fields=frozenset({"milestone"}),
    )
    assert told(changes) == [
        ("status", "draft", "open"),
        ("fields.milestone", None, "v1"),
        ("fields.milestone", "v1", None),
        ("fields.milestone", None, "v2"),
    ]


EVENTS = RECORDS.parent / "github-issue-events.json"


@pytest.mark.skipif(not EVENTS.exists(), reason=f"no real events at {EVENTS.parent}: set OKRSYNC_REAL_DATA")
def test_real_events_replayed_by_hand() -> None:
    """Each event carries its issue as it was when they were fetched; what they tell was worked out by reading them."""
    events: dict[int, list[Event]] = defaultdict(list)
    raws: dict[int, Json] = {}
    for raw in json.loads(EVENTS.read_bytes()):
        number = raw["issue"]["number"]
        raws[number] = raw["issue"]
        if (event := rest_event(msgspec.Raw(json.dumps(raw).encode()))) is not None:
            events[number].append(event)
    changes = {
        number: Replay(record_of(raw), "hub", frozenset()).changes(events[number]) for number, raw in raws.items()
    }
    # 228: closed twice in the same second, labelled twice a week before
    assert told(changes[228], "state") == [("state", "todo", "done")]
    assert changes[228][-2].at.isoformat() == "2022-06-09T01:42:11+00:00"
    assert told(changes[228], "labels") == [
        ("labels", None, "question"),
        ("labels", "question", "help wanted,question"),
    ] or told(changes[228], "labels") == [
        ("labels", None, "help wanted"),
        ("labels", "help wanted", "help wanted,question"),
    ]
    # 226: proposed on the 21st, closed as not planned on the 22nd
    assert [(one.field, one.new, f"{one.at:%d %H:%M:%S}") for one in changes[226]] == [
        ("labels", "proposal", "21 16:39:29"),
        ("state", "wont_do", "22 10:46:11"),
        ("status", "closed", "22 10:46:11"),
        ("resolution", "not_planned", "22 10:46:11"),
    ]
    # still open, so nothing but labels
    assert {one.field for number in (225, 227, 229, 230) for one in changes[number]} == {"labels"}
    # 206 is a pull request that was merged; the list has its closing only
    assert told(changes[206], "state", "status") == [("state", "in_progress", "done"), ("status", "open", "merged")]
    done = {number for number, all_ in changes.items() if ("state", "todo", "done") in told(all_)}
    assert done >= {157, 200, 202, 217, 219, 220, 222, 223, 228}
    assert not done & {225, 226, 227, 229, 230, 206, 210, 211}
