"""The shortest list of open items that brings a key result back on pace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.gap import Gap, gap
from mapping.measure import measure_one
from mapping.metric import raw_progress
from mapping.pace import pace
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MetricKind,
    MissingEstimate,
    Objective,
    Period,
    Ratio,
)
from mapping.whatif import Finished
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import (
    CYCLE,
    DOING,
    DONE,
    NOW,
    OTHER,
    SERIES,
    TODO,
    WONT,
    WORK,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

POINTS = Completion(selection=WORK, by="story_points")
BUGS = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="!item.done")


def found(
    measure: Measure, items: list[WorkItem], metric: Metric = COMPLETION_METRIC, *, now: datetime = NOW
) -> Gap | None:
    """Half of the cycle is over at ``NOW``, so that 45 % is on track."""
    world = World(items={WORK: items, OTHER: []}, series={SERIES: [sample(21, day("2026-10-03"))]})
    key_result = rule(measure, metric)
    objective = Objective(id="shop", title="Shop", cycle=CYCLE, key_results=(key_result,))
    reading = measure_one(key_result, CYCLE, world, now, collect=True)
    progress = None if reading.value is None else raw_progress(metric, reading.value, CYCLE)
    paced = pace(progress, metric=metric, objective_kind=objective.kind, cycle=CYCLE, now=now, no_data=reading.no_data)
    return gap(key_result, objective, world, reading, paced, now)


def keys(gap: Gap | None) -> list[str]:
    assert gap is not None
    return [each.item for each in gap.items]


def test_the_heaviest_open_items_come_first_until_it_is_enough() -> None:
    items = [item("1", DONE, points=10), item("2", points=3), item("3", points=8), item("4", DOING, points=5)]
    items += [item("5", points=14)]
    result = found(POINTS, items)
    assert keys(result) == ["5"]
    assert result is not None
    assert (result.closes, result.after, result.items[0].effect) == (True, Decimal("0.6"), Decimal("0.35"))
    assert result.because.startswith("finishing 1 item brings it from 25% to 60%: 4")


def test_of_equal_items_the_oldest_comes_first_and_one_without_a_date_last() -> None:
    dates = ["2026-09-03", "2026-09-01", None, "2026-09-02"]
    items = [
        item(str(place), created_at=None if text is None else day(text)) for place, text in enumerate(dates, start=1)
    ]
    assert keys(found(Completion(selection=WORK), items))[:2] == ["2", "4"]


def test_a_count_down_needs_the_fewest_closed() -> None:
    items = [item(str(number)) for number in range(30)]
    result = found(BUGS, items, number(10, 40))
    assert result is not None
    assert (result.count, result.closes) == (4, True)  # 26 is 14 of 30 steps down
    assert {each.effect for each in result.items} == {Decimal(-1)}


def test_a_sum_takes_the_greatest_amounts() -> None:
    measure = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="story_points", where="item.done")
    items = [item("1", DONE, points=5), item("2", points=10), item("3", points=40), item("4", points=1)]
    assert keys(found(measure, items, number(100))) == ["3"]


def test_where_all_open_items_are_not_enough_it_says_how_far_they_lead() -> None:
    measure = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done")
    result = found(measure, [item("1"), item("2", DONE)], number(100))
    assert result is not None
    assert (result.closes, result.count, result.after) == (False, 1, Decimal("0.02"))
    assert result.because.startswith("no list closes the gap: finishing all 1 item brings it to 2%")


@pytest.mark.parametrize(
    ("measure", "metric", "why"),
    [
        (Latest(selection=SERIES), number(100), "no open item feeds it"),
        (
            Aggregate(kind=AggregateKind.AVERAGE, selection=WORK, field="story_points", where="item.done"),
            number(100),
            "does not follow from finishing single items",
        ),
        (BUGS, number(100), "would not move it that way"),
        (
            Ratio(
                of=Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done && item.key != '2'"),
                to=Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done"),
            ),
            number(4),
            "does not follow from finishing single items",
        ),
    ],
)
def test_where_no_list_can_close_it_the_reason_is_given(measure: Measure, metric: Metric, why: str) -> None:
    result = found(measure, [item("1", DONE, points=2), item("2", points=3), item("3", DONE, points=3)], metric)
    assert result is not None
    assert not result.items
    assert why in result.because


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (number(100), "21 is to become 44.02, which is on pace"),
        (number(-79, 22, MetricKind.DECREASE), "21 is to become -22.46, which is on pace"),
        (Metric(kind=MetricKind.AT_LEAST, target=Decimal(42)), "21 is to become 42, which is on pace"),
        (Metric(kind=MetricKind.BETWEEN, target=Decimal(50), upper=Decimal(60)), "no list of items closes the gap"),
    ],
)
def test_a_number_from_elsewhere_is_told_the_value_that_is_on_pace(metric: Metric, said: str) -> None:
    result = found(Latest(selection=SERIES), [], metric)
    assert result is not None
    assert result.because.startswith(said)


def test_a_ratio_over_everything_is_moved_by_its_numerator() -> None:
    share = Ratio(
        of=Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done"),
        to=Aggregate(kind=AggregateKind.COUNT, selection=WORK),
    )
    items = [item("1", DONE), *(item(str(number)) for number in range(2, 11))]
    result = found(share, items, number("0.8", 0))
    assert result is not None
    assert (result.count, result.closes) == (3, True)


def test_periods_that_are_over_cannot_be_made_good() -> None:
    leads = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(30), per=Period.MONTH)
    measure = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done")
    result = found(measure, [item("1", DONE, done_at=day("2026-10-05")), item("2")], leads)
    assert result is not None
    assert not result.items


def test_what_is_on_pace_needs_nothing() -> None:
    result = found(Completion(selection=WORK), [item("1", DONE), item("2")])
    assert result is not None
    assert (result.items, result.because[:18]) == ((), "nothing is needed:")


def test_without_a_colour_there_is_no_gap_to_speak_of() -> None:
    items = [item("1"), item("2")]
    assert found(Completion(selection=WORK), items, now=day("2026-10-02")) is None
    assert found(Completion(selection=WORK), items, now=day("2027-02-01")) is None
    assert found(Completion(selection=WORK), [item("1", WONT)]) is None


def test_parents_wait_for_their_children() -> None:
    items = [item("1"), item("2", parent="1"), item("3", parent="1"), item("4", DONE)]
    assert keys(found(Completion(selection=WORK), items)) == ["2"]


states = st.sampled_from([TODO, DOING, DONE, WONT])


@given(
    st.lists(st.tuples(states, st.none() | st.integers(0, 13)), max_size=9),
    st.sampled_from(MissingEstimate),
    st.sampled_from(["0", "0.5", "1"]),
)
def test_what_the_list_promises_is_what_measuring_again_gives_and_one_less_is_not_enough(
    drawn: list[tuple[ItemState, int | None]], missing: MissingEstimate, credit: str
) -> None:
    items = [item(str(place), state, points=points) for place, (state, points) in enumerate(drawn)]
    measure = replace(POINTS, missing=missing, missing_value=Decimal(2), in_progress=Decimal(credit))
    result = found(measure, items)
    if result is None or not result.items:
        return
    world = World(items={WORK: items})

    def after(names: list[str]) -> Decimal:
        mirror = Finished(world, NOW, frozenset(("jira", name) for name in names))
        value = measure_one(rule(measure, COMPLETION_METRIC), CYCLE, mirror, NOW).value
        assert value is not None
        return value

    chosen = [each.item for each in result.items]
    assert after(chosen) == result.after
    assert result.closes == (after(chosen) >= result.needed)
    if result.closes:
        assert all(after([each for each in chosen if each != left]) < result.needed for left in chosen)


def test_what_is_needed_is_said_with_both_sides() -> None:
    result = found(Completion(selection=WORK), [item("1", DONE), item("2")])
    assert result is not None
    assert result.because == "nothing is needed: 50% of the way, 44% is on pace"
    # a threshold without a baseline has no pace: all of it is needed at any time
    met = found(BUGS, [item("1"), item("2")], Metric(kind=MetricKind.AT_MOST, target=Decimal(1)))
    assert met is not None
    assert (met.needed, met.count, met.closes) == (Decimal(1), 1, True)


def test_an_item_of_the_list_is_shown_as_it_is() -> None:
    born = day("2026-09-01")
    open_ = item("2", DOING, title="Pay by card", status="Review", assignee="ana", created_at=born, points=9)
    result = found(POINTS, [item("1", DONE, points=1), open_])
    assert result is not None
    (shown,) = result.items
    assert (shown.connection, shown.key, shown.title, shown.state) == ("jira", "CHK-2", "Pay by card", DOING)
    assert (shown.status, shown.assignee, shown.created_at, shown.url) == ("Review", "ana", born, None)
    assert (shown.effect, result.count) == (Decimal("0.9"), 1)
