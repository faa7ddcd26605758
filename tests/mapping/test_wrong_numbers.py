"""The places where sync tools compute the wrong number, as far as the arithmetic decides. One test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from mapping.measure import measure_one
from mapping.metric import raw_progress
from mapping.pace import elapsed
from mapping.readings import Reading
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Measure,
    Metric,
    MetricKind,
    Period,
    PeriodPolicy,
    WontDo,
)
from mapping.words import WorkItem
from tests.mapping.worlds import CYCLE, DOING, DONE, NOW, TODO, WONT, WORK, World, item, rule

DONE_SHARE = Completion(selection=WORK)


def read(measure: Measure, *items: WorkItem) -> Reading:
    return measure_one(rule(measure), CYCLE, World({WORK: items}), NOW)


def test_01_done_follows_the_state_and_never_the_resolution() -> None:
    items = [item("1", DONE, resolution=""), item("2", TODO, resolution="Fixed"), item("3", DONE, resolution="Done")]
    assert read(DONE_SHARE, *items).done == 2


def test_02_done_does_not_hang_on_the_name_of_a_status_in_some_language() -> None:
    items = [item("1", DONE, status="Terminé"), item("2", DONE, status="Erledigt"), item("3", DOING, status="Done")]
    assert read(DONE_SHARE, *items).done == 2


def test_03_wont_do_leaves_numerator_and_denominator() -> None:
    reading = read(DONE_SHARE, item("1", DONE), item("2"), item("3", WONT), item("4", WONT))
    assert (reading.value, reading.items) == (Decimal("0.5"), 2)
    assert reading.left_out == {"closed without being done": 2}


def test_04_a_rule_may_name_the_statuses_that_count_as_done() -> None:
    items = [item("1", DONE, status="Resolved", status_id="5"), item("2", DONE, status="Released", status_id="7")]
    assert read(replace(DONE_SHARE, done_statuses=("Released",)), *items).value == Decimal("0.5")
    assert read(replace(DONE_SHARE, done_statuses=("7",)), *items).value == Decimal("0.5")


def test_05_closed_as_not_planned_or_duplicate_is_not_done() -> None:
    items = [item("1", DONE, resolution="completed"), item("2", WONT, resolution="not_planned")]
    items += [item("3", WONT, resolution="duplicate"), item("4", TODO)]
    assert read(DONE_SHARE, *items).value == Decimal("0.5")
    open_ = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="!item.done")
    assert read(open_, *items).value == Decimal(1)


def test_09_parent_and_children_are_not_both_counted() -> None:
    tree = [item("1", DONE, points=13, level=1), item("2", DONE, points=5, parent="1"), item("3", points=8, parent="1")]
    reading = read(Completion(selection=WORK, by="story_points"), *tree)
    assert (reading.numerator, reading.denominator) == (Decimal(5), Decimal(13))


def test_33_missing_points_are_reported_and_never_0_in_silence() -> None:
    reading = read(Completion(selection=WORK, by="story_points"), item("1", DONE, points=5), item("2", DONE), item("3"))
    assert (reading.value, dict(reading.left_out)) == (Decimal(1), {"no estimate": 2})


def test_34_an_empty_selection_is_no_data_and_never_0_or_100_percent() -> None:
    for measure in (DONE_SHARE, Aggregate(kind=AggregateKind.COUNT, selection=WORK)):
        reading = read(measure)
        assert reading.value is None
        assert reading.no_data


def test_34_a_selection_of_which_nothing_counts_is_no_data() -> None:
    reading = read(DONE_SHARE, item("1", WONT), item("2", WONT))
    assert (reading.value, reading.no_data) == (None, "no item counts: 2 closed without being done")


def test_35_both_sides_of_the_share_are_kept_so_that_growing_scope_shows() -> None:
    before, after = (
        read(DONE_SHARE, item("1", DONE), item("2")),
        read(DONE_SHARE, item("1", DONE), item("2"), item("3")),
    )
    assert (before.numerator, before.denominator) == (Decimal(1), Decimal(2))
    assert (after.numerator, after.denominator) == (Decimal(1), Decimal(3))


def test_39_periods_and_cycles_end_at_local_midnight() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # half past midnight on 1 November in Paris
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(1), per=Period.MONTH, over=PeriodPolicy.LATEST)
    count = rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK), metric)
    world = World({WORK: [item("1", on=late), item("2", on=datetime(2026, 10, 5, 9, tzinfo=UTC))]})
    december = datetime(2026, 12, 1, 9, tzinfo=UTC)
    formula = "latest of 2 months (2026-10 1, 2026-11 1) = 1"
    assert measure_one(count, CYCLE, world, december).formula == formula
    assert elapsed(CYCLE, datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) < 1
    assert elapsed(CYCLE, datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == 1


def test_40_tenths_add_up_and_thirds_do_not_drift() -> None:
    points = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="story_points")
    assert read(points, *(item(str(n), points="0.1") for n in range(10))).value == Decimal(1)
    third = read(DONE_SHARE, item("1", DONE), item("2"), item("3"))
    assert third.value == Decimal("0.333333333333")
    assert raw_progress(COMPLETION_METRIC, third.value) == third.value


def test_a_reopened_item_is_what_it_is_now() -> None:
    reopened = item("1", TODO, done_at=None, resolution="")
    assert read(DONE_SHARE, reopened, item("2", DONE)).value == Decimal("0.5")


def test_an_item_rescoped_into_the_selection_lowers_the_share_and_says_of_how_many() -> None:
    ten = [item(f"{n:02}", DONE if n < 3 else TODO) for n in range(10)]
    assert read(DONE_SHARE, *ten).value == Decimal("0.3")
    eleven = read(DONE_SHARE, *ten, item("10"))
    assert (eleven.value, eleven.formula) == (Decimal("0.272727272727"), "3 of 11 items done")


def test_wont_do_as_done_is_a_choice_that_must_be_written() -> None:
    assert read(replace(DONE_SHARE, wont_do=WontDo.DONE), item("1", WONT), item("2")).value == Decimal("0.5")
