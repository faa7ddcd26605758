"""Items that feed several key results: allowed, split or counted once; and coverage both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mapping.canonical import rule_from_json, rule_of
from mapping.changes import Change
from mapping.check_ins import CauseKind, CheckIn
from mapping.coverage import coverage, findings
from mapping.ledger import ledger, shared_out
from mapping.measure import measure_all, measure_one
from mapping.plan import plan
from mapping.readings import Reading
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MissingEstimate,
    Objective,
)
from mapping.shares import DoubleCounting, Part
from mapping.words import WorkItem
from tests.mapping.worlds import (
    CYCLE,
    DONE,
    NOW,
    OTHER,
    SERIES,
    WONT,
    WORK,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

ALLOW, SPLIT, EXCLUSIVE = DoubleCounting
ALL = Completion(selection=WORK, by="story_points")
BUGS = replace(ALL, where="item.kind == 'bug'")
COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
ITEMS = [
    item("1", DONE, points=3),
    item("2", DONE, points=5, kind="bug"),
    item("3", points=8, kind="bug"),
    item("4", points=4),
]


def company(policy: DoubleCounting, *measures: tuple[Measure, Metric], also: DoubleCounting = ALLOW) -> list[Objective]:
    """Return an objective with a key result for each measure, and one with the first measure again."""
    made = [
        replace(rule(measure, metric, f"a/{place}"), double_counting=policy)
        for place, (measure, metric) in enumerate(measures)
    ]
    again = replace(rule(*measures[0], "b/again"), double_counting=also)
    return [
        Objective(id="a", title="A", cycle=CYCLE, double_counting=policy, key_results=tuple(made)),
        Objective(id="b", title="B", cycle=CYCLE, double_counting=also, key_results=(again,)),
    ]


def readings(objectives: Sequence[Objective], world: World) -> dict[str, Reading]:
    shared = shared_out(objectives, world, NOW)
    results = [each for objective in shared for each in objective.key_results]
    found = measure_all(results, {each.id: CYCLE for each in results}, world, NOW)
    for each in results:
        alone = measure_one(each, CYCLE, world, NOW, collect=True)
        assert alone.value == found[each.id].value
    return found


WORLD = World(items={WORK: ITEMS, OTHER: []})
THREE = ((ALL, COMPLETION_METRIC), (BUGS, COMPLETION_METRIC))


def test_where_every_policy_allows_nothing_is_looked_at() -> None:
    world = World(items={WORK: ITEMS})
    objectives = company(ALLOW, *THREE)
    assert shared_out(objectives, world, NOW) == objectives
    assert world.passes == []


def test_a_split_item_weighs_its_part_in_each_and_the_reading_says_so() -> None:
    found = readings(company(SPLIT, *THREE, also=SPLIT), WORLD)
    # 1 and 4 feed two key results, 2 and 3 feed three
    assert found["a/0"].denominator == Decimal("1.5") + 2 + Decimal("1.666666666666") + Decimal("2.666666666666")
    assert found["a/0"].assumed == {
        "feeds 2 key results: counted as 1/2": 2,
        "feeds 3 key results: counted as 1/3": 2,
    }
    weights = [found[name].denominator or Decimal(0) for name in ("a/0", "a/1", "b/again")]
    assert sum(weights) == 20


def test_an_exclusive_item_counts_in_the_first_key_result_of_the_file_alone() -> None:
    found = readings(company(EXCLUSIVE, *THREE, also=EXCLUSIVE), WORLD)
    assert found["a/0"].denominator == 20
    assert found["a/1"].value is None
    assert found["a/1"].left_out["counts for a/0 alone"] == 2
    assert found["b/again"].value is None


def test_each_objective_has_a_policy_of_its_own() -> None:
    found = readings(company(ALLOW, *THREE, also=EXCLUSIVE), WORLD)
    assert found["a/0"].denominator == 20
    assert found["a/1"].denominator == 13
    assert found["b/again"].value is None


def test_counts_and_sums_are_divided_and_averages_are_not() -> None:
    points = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="story_points")
    mean = replace(points, kind=AggregateKind.AVERAGE)
    found = readings(company(SPLIT, (COUNT, number(10)), (points, number(10)), (mean, number(10))), WORLD)
    assert found["a/0"].value == 1
    assert found["a/0"].formula == "1 of 4 items"
    assert found["a/1"].value == 5
    assert found["a/2"].value == 5
    assert found["b/again"].value == 4


def test_an_item_left_out_of_a_measure_does_not_feed_it() -> None:
    items = [item("1", WONT, points=3), item("2", points=2), item("3", parent="2", points=2)]
    found = ledger(company(ALLOW, *THREE), World(items={WORK: items}), NOW)
    assert {fed.part.item: fed.by for fed in found.values()} == {"3": ["a/0", "b/again"]}


def test_key_results_of_another_cycle_do_not_share() -> None:
    later = replace(CYCLE, id="2027-q1", starts_on=date(2027, 1, 1), ends_on=date(2027, 4, 1))
    first, second = company(SPLIT, (ALL, COMPLETION_METRIC), also=SPLIT)
    shared = shared_out([first, replace(second, cycle=later)], WORLD, NOW)
    assert not shared[0].key_results[0].shares


def test_a_child_that_counts_elsewhere_does_not_make_its_parent_count() -> None:
    items = [item("1", points=8), item("2", parent="1", points=3, kind="bug"), item("3", points=1)]
    found = readings(
        company(EXCLUSIVE, (BUGS, COMPLETION_METRIC), (ALL, COMPLETION_METRIC)), World(items={WORK: items})
    )
    assert found["a/1"].denominator == 1


@given(st.decimals("-1000", "1000", places=6), st.integers(2, 9))
def test_the_parts_of_a_weight_sum_exactly_to_it(weight: Decimal, count: int) -> None:
    feeds = tuple(str(place) for place in range(count))
    parts = [Part(policy=SPLIT, feeds=feeds, place=place).of(weight) for place in range(count)]
    assert sum(parts) == weight
    assert max(parts) - min(parts) < Decimal("1e-10")


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.integers(0, 13)), max_size=8))
def test_what_split_items_weigh_in_all_key_results_is_what_they_weigh(
    drawn: list[tuple[bool, bool, int | None]],
) -> None:
    items = [
        item(str(place), DONE if done else item("x").state, points=points, kind="bug" if bug else "story")
        for place, (done, bug, points) in enumerate(drawn)
    ]
    found = readings(company(SPLIT, *THREE, also=SPLIT), World(items={WORK: items}))
    whole = measure_one(rule(ALL, COMPLETION_METRIC), CYCLE, World(items={WORK: items}), NOW)
    assert sum((each.denominator or Decimal(0)) for each in found.values()) == (whole.denominator or Decimal(0))
    assert sum((each.numerator or Decimal(0)) for each in found.values()) == (whole.numerator or Decimal(0))


def test_the_policy_is_part_of_the_rule_and_an_old_rule_keeps_its_version() -> None:
    key_result = rule(ALL, COMPLETION_METRIC)
    assert "double_counting" not in rule_of(key_result)
    split = rule_of(replace(key_result, double_counting=SPLIT))
    assert '"double_counting":"split"' in split
    assert rule_from_json(split) == (COMPLETION_METRIC, ALL)


def planned(objectives: Sequence[Objective], before: World, after: World, last: CheckIn | None) -> Change:
    changes = plan(
        shared_out(objectives, after, NOW),
        mirror=after,
        before=lambda _run: before,
        last={} if last is None else {last.key_result: last},
        stale={},
        run=1 if last is None else 2,
        now=NOW,
    )
    return next(each for each in changes if each.key_result == "a/0")


def test_causes_sum_when_an_item_comes_to_feed_another_key_result() -> None:
    objectives = company(SPLIT, (BUGS, COMPLETION_METRIC))
    labelled = replace(ALL, where="item.labels.exists(label, label == 'shop')")
    other = rule(labelled, COMPLETION_METRIC, "b/labelled")
    objectives = [objectives[0], replace(objectives[1], key_results=(other,))]
    before = World(items={WORK: ITEMS})
    first = planned(objectives, before, before, None)
    assert first.new is not None
    after = World(
        items={WORK: [ITEMS[0], structs.replace(ITEMS[1], labels=("shop",)), structs.replace(ITEMS[2], state=DONE)]}
    )
    second = planned(objectives, before, after, first.new)
    assert second.new is not None
    assert (first.new.formula, second.new.formula) == (
        "5 of 13 story points done (1 of 2 items)",
        "10.5 of 10.5 story points done (2 of 2 items)",
    )
    moved = (second.new.value or Decimal(0)) - (first.new.value or Decimal(0))
    assert sum(part.amount for part in second.causes) == moved
    assert {part.kind for part in second.causes} >= {CauseKind.SHARED, CauseKind.COMPLETED}


def test_a_change_of_shares_alone_is_called_by_its_name() -> None:
    alone = [company(SPLIT, (COUNT, number(10)))[0]]
    first = planned(alone, WORLD, WORLD, None)
    assert first.new is not None
    second = planned(company(SPLIT, (COUNT, number(10))), WORLD, WORLD, first.new)
    assert [(part.kind, part.amount) for part in second.causes] == [(CauseKind.SHARED, Decimal(-2))]


def quiet(*items: WorkItem, at: str = "2026-10-20") -> list[WorkItem]:
    return [structs.replace(each, updated_at=day(at)) for each in items]


def covered(objectives: Sequence[Objective], world: World, now: datetime = NOW) -> dict[str, object]:
    report = coverage(objectives, [replace(ALL, selection=OTHER)], world, now, days=14)
    return {
        "still": {each.key_result: each.because for each in report.still},
        "untied": [(each.project, each.parent_name, each.keys, each.points) for each in report.untied],
        "many": {each.key: each.key_results for each in report.many},
        "found": len(list(findings(report))),
    }


def test_key_results_that_nothing_moves_are_named() -> None:
    none = replace(BUGS, where="item.kind == 'epic'")
    objectives = company(ALLOW, (BUGS, COMPLETION_METRIC), (none, COMPLETION_METRIC))
    found = covered(objectives, World(items={WORK: quiet(item("1", kind="bug", points=1)), OTHER: []}))
    assert found["still"] == {
        "a/0": "no item that serves it has changed for 26 days",
        "a/1": "no item serves it",
        "b/again": "no item that serves it has changed for 26 days",
    }


def test_a_key_result_on_a_series_is_not_still_for_want_of_items() -> None:
    world = World(series={SERIES: [sample(3, day("2026-10-02"))]}, items={OTHER: []})
    objectives = [company(ALLOW, (Latest(selection=SERIES), number(10)))[0]]
    assert covered(objectives, world)["still"] == {}
    assert covered(objectives, World(items={OTHER: []}))["still"] == {"a/0": "it was never read"}


def test_work_that_no_key_result_is_served_by_is_listed_by_parent() -> None:
    epic = item("10", points=None, connection="github")
    loose = [
        item("11", points=3, parent="10", connection="github"),
        item("12", points=5, parent="10", connection="github"),
        item("13", DONE, points=8, connection="github", done_at=day("2026-10-05")),
        item("14", DONE, points=8, connection="github", done_at=day("2026-03-05")),
        item("15", WONT, points=8, connection="github"),
        item("16", points=1, parent="99", connection="github"),
        item("17", points=1, connection="github", on=day("2026-10-05")),
    ]
    world = World(items={WORK: ITEMS, OTHER: [epic, *loose]})
    found = covered([company(ALLOW, *THREE)[0]], world)
    assert found["untied"] == [
        ("CHK", "CHK-10 Item 10", ("CHK-11", "CHK-12"), Decimal(8)),
        ("CHK", "", ("CHK-13",), Decimal(8)),
        ("CHK", "99", ("CHK-16",), Decimal(1)),
    ]


def test_a_bug_that_was_closed_served_the_count_of_open_ones() -> None:
    closed = item("1", DONE, done_at=day("2026-11-10"))
    world = World(items={WORK: [structs.replace(closed, updated_at=day("2026-11-10"))], OTHER: []})
    found = covered([company(ALLOW, (replace(COUNT, where="!item.done"), number(0, 10)))[0]], world)
    assert (found["untied"], found["still"]) == ([], {})


def test_what_is_below_an_item_that_feeds_a_key_result_is_tied() -> None:
    work = [item("1", points=8), item("2", parent="1")]
    world = World(items={WORK: work, OTHER: []})
    assert covered([company(ALLOW, (ALL, COMPLETION_METRIC))[0]], world)["untied"] == []


def test_items_that_feed_several_key_results_are_listed_and_fail_no_check() -> None:
    now = day("2026-10-10")
    fresh = [structs.replace(each, updated_at=now) for each in ITEMS]
    found = covered(company(ALLOW, *THREE), World(items={WORK: fresh, OTHER: []}), now)
    assert found["many"] == {
        "CHK-1": ("a/0", "b/again"),
        "CHK-2": ("a/0", "a/1", "b/again"),
        "CHK-3": ("a/0", "a/1", "b/again"),
        "CHK-4": ("a/0", "b/again"),
    }
    assert found["found"] == 0


def test_a_declared_selection_that_was_never_read_is_a_finding() -> None:
    report = coverage([], [replace(ALL, selection=OTHER)], World(), NOW, days=14)
    assert report.unread == (str(OTHER),)
    assert len(list(findings(report))) == 1


@pytest.mark.parametrize("missing", MissingEstimate)
def test_an_item_without_an_estimate_has_nothing_to_divide(missing: MissingEstimate) -> None:
    measure = replace(ALL, missing=missing, missing_value=Decimal(2))
    found = readings(company(SPLIT, (measure, COMPLETION_METRIC), also=SPLIT), World(items={WORK: [item("1")]}))
    assert not any("feeds" in said for said in found["a/0"].assumed)


def test_a_report_says_as_of_when_and_over_how_many_days() -> None:
    report = coverage([], [replace(ALL, selection=OTHER)], World(), NOW, days=14)
    assert (report.as_of, report.days, report.still, report.untied) == (NOW, 14, (), ())
    assert report.unread == (str(OTHER),)
