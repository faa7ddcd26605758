"""B10: what a vendor sends changes its shape: no number is made up from it, and the reason is told once.

Each mutation strikes one record, one page or one place of a vendor after a good sync. Whatever decides about a number
and cannot be read holds the key results at their last good values; what does not decide may be missing. On the very
first sync, where there is no last good value, the value is unknown: never 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from flows.sync_report import SyncReport
from mapping.changes import Action
from okrsync.sandbox import faults
from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes
from tests.faults.kit import LISTS, STRIDE, Make, Rig, of
from tests.faults.rules import ALL, DONE, OTHER
from tests.faults.test_b06_failing_pages import kept
from tests.faults.worlds import KINDS, Kind

Record = dict[str, Any]
Act = Callable[[Record], Any]
Meant = Literal["held", "harmless"]


def put(value: object, *path: str) -> Act:
    """Put a value where ``path`` leads."""

    def act(record: Record) -> Record:
        *way, last = path
        inner = record
        for name in way:
            inner = inner[name]
        inner[last] = value
        return record

    return act


def drop(*path: str) -> Act:
    def act(record: Record) -> Record:
        *way, last = path
        inner = record
        for name in way:
            inner = inner[name]
        inner.pop(last)
        return record

    return act


def rename(old: str, new: str, *way: str) -> Act:
    def act(record: Record) -> Record:
        inner = record
        for name in way:
            inner = inner[name]
        inner[new] = inner.pop(old)
        return record

    return act


def become(value: object) -> Act:
    return lambda _record: value


JIRA_DRIFT: dict[str, tuple[Act, Meant]] = {
    "status removed": (drop("fields", "status"), "held"),
    "status null": (put(None, "fields", "status"), "held"),
    "status renamed": (rename("status", "state", "fields"), "held"),
    "status a list": (put([], "fields", "status"), "held"),
    "status a word": (put("Done", "fields", "status"), "held"),
    "status without id and category": (put({"name": "Odd"}, "fields", "status"), "held"),
    "status of a new category": (
        put({"id": "777", "name": "Odd", "statusCategory": {"key": "frozen"}}, "fields", "status"), "held"),
    "status that is new": (
        put({"id": "778", "name": "Shipped", "statusCategory": {"key": "new"}}, "fields", "status"), "harmless"),
    "fields removed": (drop("fields"), "held"),
    "fields null": (put(None, "fields"), "held"),
    "fields a list": (put([], "fields"), "held"),
    "id removed": (drop("id"), "held"),
    "id null": (put(None, "id"), "held"),
    "id a number": (put(10001, "id"), "held"),
    "key removed": (drop("key"), "held"),
    "updated removed": (drop("fields", "updated"), "held"),
    "updated in words": (put("yesterday", "fields", "updated"), "held"),
    "updated without a zone": (put("2026-11-02T09:00:00", "fields", "updated"), "held"),
    "updated a list": (put([2026, 11, 2], "fields", "updated"), "held"),
    "summary null": (put(None, "fields", "summary"), "harmless"),
    "summary an object": (put({"en": "Item"}, "fields", "summary"), "held"),
    "labels a word": (put("bug", "fields", "labels"), "held"),
    "labels null": (put(None, "fields", "labels"), "harmless"),
    "type removed": (drop("fields", "issuetype"), "harmless"),
    "parent a list": (put([], "fields", "parent"), "held"),
    "a word instead of a record": (become("moved"), "held"),
    "null instead of a record": (become(None), "held"),
}  # fmt: skip
GITHUB_DRIFT: dict[str, tuple[Act, Meant]] = {
    "state removed": (drop("state"), "held"),
    "state null": (put(None, "state"), "held"),
    "state renamed": (rename("state", "status"), "held"),
    "state a list": (put(["OPEN"], "state"), "held"),
    "state that is new": (put("frozen", "state"), "held"),
    "title null": (put(None, "title"), "held"),
    "title a number": (put(7, "title"), "held"),
    "number a word": (put("seven", "number"), "held"),
    "labels a word": (put("bug", "labels"), "held"),
    "a word instead of a record": (become("moved"), "held"),
}
REST_DRIFT: dict[str, tuple[Act, Meant]] = GITHUB_DRIFT | {
    "id removed": (drop("node_id"), "held"),
    "id a number": (put(7, "node_id"), "held"),
    "id null": (put(None, "node_id"), "held"),
    "updated removed": (drop("updated_at"), "held"),
    "updated in words": (put("yesterday", "updated_at"), "held"),
    "updated null": (put(None, "updated_at"), "held"),
    "labels null": (put(None, "labels"), "held"),
    "reason that is new": (put("gave_up", "state_reason"), "held"),
    "reason a list": (put([], "state_reason"), "held"),
    "closed in words": (put("yesterday", "closed_at"), "held"),
    "a list instead of a record": (become([]), "held"),
    "null instead of a record": (become(None), "held"),
    "title removed": (drop("title"), "held"),
    "number removed": (drop("number"), "held"),
    "assignees an object": (put({}, "assignees"), "held"),
}
GRAPHQL_DRIFT: dict[str, tuple[Act, Meant]] = GITHUB_DRIFT | {
    "id removed": (drop("id"), "held"),
    "id a number": (put(7, "id"), "held"),
    "id null": (put(None, "id"), "held"),
    "updated removed": (drop("updatedAt"), "held"),
    "updated in words": (put("yesterday", "updatedAt"), "held"),
    "updated null": (put(None, "updatedAt"), "held"),
    "labels a list": (put([], "labels"), "held"),
    "reason that is new": (put("GAVE_UP", "stateReason"), "held"),
    "reason a list": (put([], "stateReason"), "held"),
    "closed in words": (put("yesterday", "closedAt"), "held"),
    "a list instead of a record": (become([]), "held"),
    "title removed": (drop("title"), "held"),
    "number removed": (drop("number"), "held"),
    "created removed": (drop("createdAt"), "held"),
    "parent a list": (put([], "parent"), "held"),
}
ASANA_DRIFT: dict[str, tuple[Act, Meant]] = {
    "completed removed": (drop("completed"), "held"),
    "completed null": (put(None, "completed"), "held"),
    "completed a word": (put("no", "completed"), "held"),
    "completed renamed": (rename("completed", "done"), "held"),
    "completed a number": (put(0, "completed"), "held"),
    "gid removed": (drop("gid"), "held"),
    "gid a number": (put(7, "gid"), "held"),
    "gid null": (put(None, "gid"), "held"),
    "modified removed": (drop("modified_at"), "harmless"),
    "modified in words": (put("yesterday", "modified_at"), "held"),
    "modified without a zone": (put("2026-11-02T09:00:00", "modified_at"), "held"),
    "name null": (put(None, "name"), "held"),
    "name an object": (put({}, "name"), "held"),
    "subtype removed": (drop("resource_subtype"), "held"),
    "subtype null": (put(None, "resource_subtype"), "held"),
    "subtype a list": (put([], "resource_subtype"), "held"),
    "subtasks a word": (put("two", "num_subtasks"), "held"),
    "subtasks removed": (drop("num_subtasks"), "held"),
    "memberships an object": (put({}, "memberships"), "held"),
    "memberships null": (put(None, "memberships"), "held"),
    "parent a list": (put([], "parent"), "held"),
    "tags a word": (put("urgent", "tags"), "held"),
    "a word instead of a record": (become("moved"), "held"),
    "a list instead of a record": (become([]), "held"),
    "null instead of a record": (become(None), "held"),
}
DRIFT: dict[Kind, dict[str, tuple[Act, Meant]]] = {
    "jira": JIRA_DRIFT, "jira-dc": JIRA_DRIFT, "github-rest": REST_DRIFT, "github-graphql": GRAPHQL_DRIFT,
    "asana": ASANA_DRIFT,
}  # fmt: skip
EVERY = [(kind, name, act, meant) for kind in KINDS for name, (act, meant) in DRIFT[kind].items()]
CASES = EVERY if STRIDE == 1 else EVERY[::4]
"""Every mutation where it is asked for, otherwise each fourth."""


def is_record(kind: Kind, found: Record) -> bool:
    """Return whether this is one of the vendor's items as rules need them, not only its id."""
    needs = {
        "jira": ("id", "fields"), "jira-dc": ("id", "fields"), "github-rest": ("node_id", "state", "title"),
        "github-graphql": ("id", "state", "title"), "asana": ("gid", "completed"),
    }  # fmt: skip
    return all(name in found for name in needs[kind]) and ("fields" not in needs[kind] or "status" in found["fields"])


def records(kind: Kind, node: Any) -> Iterator[tuple[list[Any], int]]:
    """Stream where the records of an answer stand: the list and the place in it."""
    if isinstance(node, list):
        for place, child in enumerate(node):
            if isinstance(child, dict) and is_record(kind, child):
                yield node, place
            else:
                yield from records(kind, child)
    elif isinstance(node, dict):
        for child in node.values():
            yield from records(kind, child)


def drifting(kind: Kind, act: Act) -> Change:
    """Mutate the first record of every answer."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if reply.status != 200:
            return reply
        body = json.loads(reply.body)
        for held, place in list(records(kind, body))[:1]:
            held[place] = act(held[place])
        return replace(reply, body=json_bytes(body))

    change.__name__ = "drift"
    return change


def moved_on(make: Make, kind: Kind) -> Rig:
    """Return a rig that was synced, and in whose world something was finished since."""
    rig = make(kind, page=20)
    rig.world.fill(12, done=3)
    rig.sync()
    rig.clock.instant += timedelta(hours=1)
    rig.world.finish(sorted(rig.world.members())[5])
    return rig


@pytest.mark.parametrize(("kind", "name", "act", "meant"), CASES, ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_a_record_of_another_shape_never_makes_a_number(
    make: Make, kind: Kind, name: str, act: Act, meant: Meant
) -> None:
    rig = moved_on(make, kind)
    before = kept(rig)
    rig.world.faults.add(drifting(kind, act))
    report = rig.sync()
    print(f"B10 {kind}, {name}: {of(report, DONE).action.value}, {rig.stale(DONE)}")
    assert of(report, OTHER).action is Action.KEEP
    if meant == "held":
        expect_held(rig, report, before)
    else:
        assert report.failures == ()
        assert rig.value(ALL) == len(rig.world.members())
        assert of(report, DONE).action in (Action.CHANGE, Action.KEEP)


def expect_held(rig: Rig, report: SyncReport, before: object) -> None:
    """Assert that the last good values stand, with one reason told once, and that all is well once it is over."""
    assert [of(report, each).action for each in (ALL, DONE)] == [Action.HOLD, Action.HOLD]
    assert kept(rig) == before
    assert len(report.failures) == 1
    assert str(rig.stale(DONE)).startswith("source: ")
    assert "unexpected" not in str(rig.stale(DONE))
    rig.world.faults.clear()
    assert rig.sync().failures == ()
    assert rig.value(ALL) == len(rig.world.members())


LISTED: dict[Kind, tuple[str, ...]] = {
    "jira": ("issues",), "jira-dc": ("issues",), "github-rest": (), "github-graphql": ("data",), "asana": ("data",),
}  # fmt: skip
"""Where the list, or all that there is, stands in a page."""
PAGES: dict[str, Callable[[Any, tuple[str, ...]], Any]] = {
    "nothing but null": lambda _body, _way: None,
    "a word": lambda _body, _way: "maintenance",
    "an object without anything": lambda _body, _way: {},
    "a list of nothing but words": lambda _body, _way: ["maintenance"],
    "an error with 200": lambda _body, _way: {"message": "Something went wrong", "errorMessages": ["Oops"]},
    "null for the list": lambda body, way: body | {way[0]: None} if way else None,
    "an object for the list": lambda body, way: body | {way[0]: {"1": 1}} if way else {"1": body},
    "the list under another name": lambda body, way: {"records": body[way[0]]} if way else {"records": body},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(PAGES) if STRIDE == 1 else list(PAGES)[::3])
def test_a_page_of_another_shape_never_makes_a_number(make: Make, kind: Kind, name: str) -> None:
    rig = moved_on(make, kind)
    before = kept(rig)

    def change(_asked: Asked, reply: Reply) -> Reply:
        return replace(reply, body=json_bytes(PAGES[name](json.loads(reply.body), LISTED[kind])))

    change.__name__ = name
    rig.world.faults.add(change, LISTS[kind])
    report = rig.sync()
    print(f"B10 {kind}, {name}: {of(report, DONE).action.value}, {rig.stale(DONE)}")
    expect_held(rig, report, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 451] if STRIDE == 1 else [401, 403])
def test_a_place_that_is_no_longer_ours_to_read_never_makes_a_number(make: Make, kind: Kind, status: int) -> None:
    rig = moved_on(make, kind)
    before = kept(rig)
    rig.world.faults.add(faults.status(status, {"message": "no", "errors": [{"message": "no"}]}), LISTS[kind])
    report = rig.sync()
    print(f"B10 {kind}, {status}: {of(report, DONE).action.value}, {rig.stale(DONE)}")
    expect_held(rig, report, before)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_is_no_zero(make: Make, kind: Kind) -> None:
    """The vendor says that nothing matches any more, and can give none of what did: a permission was lost."""
    rig = moved_on(make, kind)
    before = kept(rig)
    for id_ in sorted(rig.world.members()):
        rig.world.remove(id_)
    report = rig.sync()
    assert [of(report, each).action for each in (ALL, DONE, OTHER)] == [Action.HOLD, Action.HOLD, Action.KEEP]
    assert kept(rig) == before
    assert "12 of 12 items vanished at once" in str(rig.stale())


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_sync_that_cannot_read_everything_gives_no_value_at_all(make: Make, kind: Kind) -> None:
    rig = make(kind, page=20)
    rig.world.fill(12, done=3)
    rig.world.faults.add(drifting(kind, become("moved")))
    report = rig.sync()
    assert [of(report, each).action for each in (ALL, DONE)] == [Action.HOLD, Action.HOLD]
    assert (rig.value(ALL), rig.value(DONE), rig.value(OTHER)) == (None, None, 42)
    assert rig.stale(DONE)
