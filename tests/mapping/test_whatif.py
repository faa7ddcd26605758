"""Worlds in which open items are done, or done ones are open, and which fields of an item a measure looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from mapping.check_ins import CauseKind
from mapping.mirror import Departure
from mapping.past import Remembered
from mapping.relevance import Lens
from mapping.replay import HalfWay, item_changes
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    Measure,
    Metric,
    MetricKind,
    Period,
    Ratio,
    Ticked,
)
from mapping.whatif import Finished, Unfinished, WhatIf
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import (
    DOING,
    DONE,
    NOW,
    OTHER,
    SERIES,
    TODO,
    WONT,
    WORK,
    Unordered,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

THEN = day("2026-10-01")
ITEMS = [item("1", DONE, done_at=THEN), item("2", DOING, parent="1"), item("3"), item("4", WONT)]
WORLD = World(
    {WORK: ITEMS}, {SERIES: [sample(7)]}, left={WORK: {"9": Departure.VANISHED}}, begun={"2": THEN},
    past=[(THEN, World())],
)  # fmt: skip


def test_open_items_are_finished_now_and_those_closed_undone_stay() -> None:
    mirror = Finished(WORLD, NOW)
    assert list(mirror.members(WORK)) == [
        ITEMS[0],
        structs.replace(ITEMS[1], state=DONE, done_at=NOW),
        structs.replace(ITEMS[2], state=DONE, done_at=NOW),
        ITEMS[3],
    ]
    assert mirror.open == {("jira", "2"): ITEMS[1], ("jira", "3"): ITEMS[2]}
    some = Finished(WORLD, NOW, frozenset({("jira", "3")}))
    assert [each.state for each in some.members(WORK)] == [DONE, DOING, DONE, WONT]
    assert list(some.open) == [("jira", "3")]


def test_done_items_are_to_do_again() -> None:
    first, *others = Unfinished(WORLD).members(WORK)
    assert (first.state, first.done_at) == (ItemState.TODO, None)
    assert others == ITEMS[1:]


def test_all_else_is_what_the_mirror_says() -> None:
    for mirror in (WhatIf(WORLD), Finished(WORLD, NOW), Unfinished(WORLD), Remembered(mirror=WORLD)):
        assert [each.value for each in mirror.samples(SERIES)] == [7]
        assert (mirror.parents(WORK), mirror.pulled(WORK), mirror.pulled(OTHER)) == (frozenset({"1"}), True, False)
        assert mirror.departed(WORK) == {"9": Departure.VANISHED}
        assert mirror.started(WORK) == {"2": THEN}
        assert (mirror.as_of(NOW), mirror.as_of(day("2026-09-30"))) == (World(), None)


COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
PLAIN = number(10)
STATE = {"state", "status"}
MONTHLY = Metric(kind=MetricKind.AT_LEAST, target=PLAIN.target, per=Period.MONTH)


def seen(measure: Measure, old: WorkItem, new: WorkItem, fields: list[str], metric: Metric = PLAIN) -> bool:
    (change,) = item_changes(World({WORK: [old]}), World({WORK: [new]}), WORK)
    return Lens(rule(measure, metric)).sees(WORK, change, fields)


@pytest.mark.parametrize(
    ("measure", "metric", "read"),
    [
        (COUNT, PLAIN, set()),
        (replace(COUNT, where="item.done"), PLAIN, STATE),
        (replace(COUNT, where='item.status == "x" || !item.done'), PLAIN, STATE),
        (replace(COUNT, kind=AggregateKind.SUM, field="story_points"), PLAIN, {"numbers"}),
        (replace(COUNT, kind=AggregateKind.DISTINCT, field="team"), PLAIN, {"fields"}),
        (replace(COUNT, kind=AggregateKind.DISTINCT, field="assignee"), PLAIN, {"assignee"}),
        (COUNT, MONTHLY, {*STATE, "created_at", "on"}),
        (Completion(selection=WORK), PLAIN, {*STATE, "parent"}),
        (Completion(selection=WORK, leaves=False), PLAIN, STATE),
        (Completion(selection=WORK, by="story_points"), PLAIN, {*STATE, "parent", "numbers"}),
        (Duration(kind=DurationKind.LEAD, selection=WORK), PLAIN, {*STATE, "created_at", "on"}),
        (Ticked(steps=(("Build", PLAIN.target),), selection=WORK), PLAIN, {*STATE, "title"}),
        (Ratio(of=replace(COUNT, where="item.done"), to=COUNT), PLAIN, STATE),
    ],
)
def test_a_measure_sees_the_fields_it_reads_and_no_others(measure: Measure, metric: Metric, read: set[str]) -> None:
    old = item("1", points=3, fields={"team": "red"}, assignee="ana", status="x")
    new = item(
        "1", DONE, points=5, fields={"team": "blue"}, assignee="bo", status="y", title="Build", parent="7",
        created_at=THEN, on=NOW,
    )  # fmt: skip
    asked = ("state", "status", "numbers", "fields", "assignee", "title", "parent", "created_at", "on")
    assert {name for name in asked if seen(measure, old, new, [name], metric)} == read


def test_a_number_that_nobody_asked_for_is_not_seen_and_coming_and_going_is() -> None:
    points = replace(COUNT, kind=AggregateKind.SUM, field="story_points")
    old = item("1", numbers={"story_points": 3, "cost": 1})
    assert not seen(points, old, item("1", numbers={"story_points": 3, "cost": 2}), ["numbers"])
    assert seen(points, old, item("1", numbers={"cost": 1}), ["numbers"])
    filtered = Lens(rule(replace(COUNT, where="item.done")))
    for state, counts in ((DONE, True), (DOING, False)):
        (gone,) = item_changes(World({WORK: [item("1", state)]}), World({WORK: []}), WORK)
        assert filtered.sees(WORK, gone, []) is counts
    assert not filtered.sees(OTHER, gone, [])


def test_named_statuses_decide_what_is_done_in_their_selection_alone() -> None:
    lens = Lens(rule(Completion(selection=WORK, done_statuses=("Shipped", "QA Passed"))))
    assert lens.done_statuses(WORK) == frozenset({"shipped", "qa passed"})
    assert lens.done_statuses(OTHER) is None
    assert Lens(rule(Completion(selection=WORK))).done_statuses(WORK) is None


def test_half_way_parents_follow_the_changes_that_were_applied() -> None:
    before = World({WORK: [item("1"), item("2", parent="1"), item("3")]})
    after = World({WORK: [item("1"), item("2", parent="3", points=5), item("3"), item("4", parent="2")]})
    moved, came = item_changes(before, after, WORK)
    mirror = HalfWay(before=before, after=after)
    mirror.apply(WORK, moved, ("numbers",))
    assert mirror.parents(WORK) == {"1"}
    assert [each.parent for each in mirror.members(WORK)] == [None, "1", None]
    mirror.apply(WORK, moved, ("parent",))
    assert mirror.parents(WORK) == {"3"}
    mirror.apply(WORK, came, ())
    assert mirror.parents(WORK) == {"2", "3"}
    assert [each.id for each in mirror.members(WORK)] == ["1", "2", "3", "4"]
    assert {each.id: each for each in mirror.members(WORK)} == {each.id: each for each in after.items[WORK]}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (TODO, DONE, CauseKind.COMPLETED),
        (WONT, DONE, CauseKind.COMPLETED),
        (DONE, TODO, CauseKind.REOPENED),
        (DONE, WONT, CauseKind.SCOPE_REMOVED),
        (TODO, WONT, CauseKind.SCOPE_REMOVED),
        (WONT, TODO, CauseKind.SCOPE_ADDED),
        (TODO, DOING, CauseKind.EDITED),
    ],
)
def test_a_move_is_called_by_what_it_means(old: ItemState, new: ItemState, kind: CauseKind) -> None:
    (change,) = item_changes(World({WORK: [item("1", old)]}), World({WORK: [item("1", new)]}), WORK)
    assert change.kinds(None) == {kind: ("state",)}
    assert change.called == "CHK-1"


def test_named_statuses_and_other_fields_are_told_apart() -> None:
    old, new = item("1", status="Open", points=1, title="A"), item("1", status="Shipped", points=2, title="B")
    (change,) = item_changes(World({WORK: [old]}), World({WORK: [new]}), WORK)
    assert change.kinds(frozenset({"shipped"})) == {
        CauseKind.RE_ESTIMATED: ("numbers",), CauseKind.EDITED: ("title",), CauseKind.COMPLETED: ("status",),
    }  # fmt: skip
    assert change.kinds(None) == {CauseKind.RE_ESTIMATED: ("numbers",), CauseKind.EDITED: ("title", "status")}
    closed = structs.replace(new, state=WONT)
    (undone,) = item_changes(World({WORK: [old]}), World({WORK: [closed]}), WORK)
    assert CauseKind.COMPLETED not in undone.kinds(frozenset({"shipped"}))


def test_an_item_that_stands_twice_is_out_of_order() -> None:
    twice = Unordered({WORK: [item("1"), item("1")]})
    with pytest.raises(ValueError, match="'1' after '1'"):
        item_changes(twice, World({WORK: []}), WORK)


def test_half_way_all_else_is_as_at_the_end() -> None:
    before = World({WORK: []}, {SERIES: [sample(1)]})
    mirror = HalfWay(before=before, after=WORLD)
    assert (mirror.started(WORK), mirror.departed(WORK)) == ({"2": THEN}, {"9": Departure.VANISHED})
    assert (mirror.as_of(NOW), mirror.pulled(WORK), mirror.pulled(OTHER)) == (World(), True, False)
    assert [each.value for each in mirror.samples(SERIES)] == [1]
    mirror.new_samples = True
    assert [each.value for each in mirror.samples(SERIES)] == [7]
