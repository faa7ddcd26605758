from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import RuleError
from mapping.measure import measure_one
from mapping.periods import (
    has_come,
    local_date,
    periods_in,
    running,
    stated_date,
)
from mapping.readings import Reading
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Cycle,
    Latest,
    Measure,
    Metric,
    MetricKind,
    Period,
    PeriodPolicy,
    Ratio,
    Running,
)
from mapping.words import WorkItem
from tests.mapping.worlds import CYCLE, DONE, SERIES, TODO, WORK, World, day, item, rule, sample

LEADS = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="qualified")


def monthly(over: PeriodPolicy = PeriodPolicy.MEAN, kind: MetricKind = MetricKind.INCREASE) -> Metric:
    baseline = Decimal(0) if kind is MetricKind.INCREASE else Decimal(60)
    return Metric(kind=kind, target=Decimal(30), baseline=baseline, per=Period.MONTH, over=over)


def lead(id_: str, on: str, qualified: int) -> WorkItem:
    return item(id_, DONE, on=day(on), numbers={"qualified": qualified})


ROWS = [
    lead("1", "2026-10-03", 20),
    lead("2", "2026-10-31", 12),
    lead("3", "2026-11-01", 24),
    lead("4", "2026-12-05", 7),
]


def read(measure: Measure, metric: Metric, now: str, *items: WorkItem, cycle: Cycle = CYCLE) -> Reading:
    return measure_one(rule(measure, metric), cycle, World({WORK: items}), day(now))


@pytest.mark.parametrize(
    ("over", "kind", "value"),
    [
        (PeriodPolicy.MEAN, MetricKind.INCREASE, "28"),
        (PeriodPolicy.LATEST, MetricKind.INCREASE, "24"),
        (PeriodPolicy.WORST, MetricKind.INCREASE, "24"),
        (PeriodPolicy.WORST, MetricKind.DECREASE, "32"),
        (PeriodPolicy.TOTAL, MetricKind.INCREASE, "63"),
    ],
)
def test_completed_months_become_one_value(over: PeriodPolicy, kind: MetricKind, value: str) -> None:
    # October 32, November 24; December is running with 7, which only a total looks at
    assert read(LEADS, monthly(over, kind), "2026-12-15", *ROWS).value == Decimal(value)


def test_the_formula_names_the_months() -> None:
    reading = read(LEADS, monthly(), "2026-12-15", *ROWS)
    assert reading.formula == "mean of 2 months (2026-10 32, 2026-11 24) = 28"


def test_the_running_month_counts_while_none_is_complete() -> None:
    reading = read(LEADS, monthly(), "2026-10-20", *ROWS)
    assert reading.value == Decimal(20)
    assert "running month" in reading.formula
    assert reading.left_out == {"dated after today": 3}


def test_a_past_month_without_any_row_counts_as_0() -> None:
    reading = read(LEADS, monthly(), "2026-12-15", lead("1", "2026-10-03", 20))
    assert reading.value == Decimal(10)
    counted = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
    assert read(counted, monthly(), "2026-12-15", lead("1", "2026-10-03", 20)).value == Decimal("0.5")


def test_a_past_month_without_anything_to_average_is_left_out() -> None:
    average = Aggregate(kind=AggregateKind.AVERAGE, selection=WORK, field="qualified")
    assert read(average, monthly(), "2026-12-15", lead("1", "2026-10-03", 20)).value == Decimal(20)


def test_an_empty_table_is_no_data_and_not_a_month_of_0() -> None:
    assert read(LEADS, monthly(), "2026-12-15").value is None


def test_rows_outside_the_cycle_are_left_out_with_their_reason() -> None:
    reading = read(LEADS, monthly(), "2026-11-15", lead("1", "2026-09-30", 99), lead("2", "2026-10-01", 30))
    assert (reading.value, dict(reading.left_out)) == (Decimal(30), {"dated outside the cycle": 1})


def test_before_the_cycle_there_is_no_data() -> None:
    reading = read(LEADS, monthly(), "2026-09-15", lead("1", "2026-09-10", 5))
    assert (reading.value, reading.no_data) == (None, "the cycle begins on 2026-10-01")


def test_latest_samples_count_by_month_and_a_month_without_one_is_left_out() -> None:
    samples = [sample(10, day("2026-10-02")), sample(20, day("2026-10-30")), sample(7, day("2026-12-02"))]
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(20), per=Period.MONTH)
    world = World(series={SERIES: samples})
    assert measure_one(rule(Latest(selection=SERIES), metric), CYCLE, world, day("2026-12-15")).value == Decimal(20)


def test_a_ratio_is_taken_month_by_month() -> None:
    done = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where='"won" in item.labels')
    ratio = Ratio(of=done, to=Aggregate(kind=AggregateKind.COUNT, selection=WORK))
    rows = [
        item("1", on=day("2026-10-02"), labels=("won",)),
        item("2", on=day("2026-10-03")),
        item("3", on=day("2026-11-03"), labels=("won",)),
    ]
    # a half in October, all in November: the mean of the months, not two of three
    assert read(ratio, monthly(), "2026-12-15", *rows).value == Decimal("0.75")


def test_a_completion_has_no_periods() -> None:
    with pytest.raises(RuleError, match="no value per month"):
        read(Completion(selection=WORK), monthly(), "2026-12-15", item("1"))


def test_an_item_belongs_to_the_date_it_states_else_when_done_else_when_created() -> None:
    count = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
    rows = [
        item("1", DONE, on=day("2026-10-05"), done_at=day("2026-11-05"), created_at=day("2026-12-01")),
        item("2", DONE, done_at=day("2026-11-05"), created_at=day("2026-10-01")),
        item("3", TODO, done_at=None, created_at=day("2026-11-06")),
        item("4", DONE, done_at=None, created_at=day("2026-10-06")),
        item("5", TODO),
    ]
    reading = read(count, monthly(PeriodPolicy.LATEST), "2026-12-15", *rows)
    assert (reading.value, dict(reading.left_out)) == (Decimal(2), {"has no date": 2})


@pytest.mark.parametrize(
    ("zone", "instant", "local"),
    [
        ("Europe/Paris", datetime(2026, 10, 31, 23, 30, tzinfo=UTC), date(2026, 11, 1)),
        ("America/New_York", datetime(2026, 11, 1, 3, 30, tzinfo=UTC), date(2026, 10, 31)),
        ("Pacific/Auckland", datetime(2026, 10, 31, 11, 30, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_borders_lie_at_local_midnight(zone: str, instant: datetime, local: date) -> None:
    assert local_date(instant, zone) == stated_date(instant, zone) == local


def test_a_bare_date_means_that_day_in_every_zone() -> None:
    assert stated_date(day("2026-11-01"), "America/New_York") == date(2026, 11, 1)
    there = Cycle(id="c", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="America/New_York")
    reading = read(LEADS, monthly(PeriodPolicy.LATEST), "2026-12-15", lead("1", "2026-11-01", 5), cycle=there)
    assert reading.value == Decimal(5)


def test_weeks_begin_on_monday_and_cut_ones_are_not_judged() -> None:
    spans = periods_in(CYCLE, Period.WEEK)
    assert (spans[0].starts_on, spans[0].ends_on) == (date(2026, 10, 1), date(2026, 10, 5))
    assert [span.whole for span in spans] == [False] + [True] * 12 + [False]
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(1), per=Period.WEEK)
    rows = [item("1", on=day("2026-10-02")), item("2", on=day("2026-10-06"))]
    count = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
    assert read(count, metric, "2026-10-13", *rows).value == Decimal(1)


def test_quarters_begin_in_january_april_july_and_october() -> None:
    year = Cycle(id="c", starts_on=date(2026, 2, 15), ends_on=date(2027, 1, 1), timezone="UTC")
    borders = [span.ends_on for span in periods_in(year, Period.QUARTER)]
    assert borders == [date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2027, 1, 1)]
    assert periods_in(year, Period.QUARTER)[0].share == Decimal("0.5")  # 45 of 90 days


def test_a_bare_date_has_come_when_its_day_begins_there_and_a_time_when_it_is_reached() -> None:
    evening = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)  # 1 November, 1 o'clock, in Auckland
    assert has_come(day("2026-11-01"), evening, "Pacific/Auckland")
    assert not has_come(day("2026-11-01"), evening, "Europe/Paris")
    later = datetime(2026, 10, 31, 12, 30, tzinfo=UTC)  # the same local day
    assert not has_come(later, evening, "Pacific/Auckland")
    assert has_come(later, later, "Pacific/Auckland")


def test_a_bare_date_stays_that_day_on_a_machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setenv("TZ", "America/New_York")
        time.tzset()
        found = stated_date(day("2026-11-01"), "Europe/Paris")
    time.tzset()
    assert found == date(2026, 11, 1)


def test_a_cycle_within_one_period_is_judged_by_it() -> None:
    short = Cycle(id="c", starts_on=date(2026, 10, 5), ends_on=date(2026, 10, 20), timezone="UTC")
    count = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(1), per=Period.QUARTER)
    assert read(count, metric, "2026-11-20", item("1", on=day("2026-10-06")), cycle=short).value == Decimal(1)


days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))


@given(first=days, second=days, per=st.sampled_from(Period))
def test_periods_tile_the_cycle(first: date, second: date, per: Period) -> None:
    if first == second:
        return
    cycle = Cycle(id="c", starts_on=min(first, second), ends_on=max(first, second), timezone="UTC")
    spans = periods_in(cycle, per)
    assert (spans[0].starts_on, spans[-1].ends_on) == (cycle.starts_on, cycle.ends_on)
    assert all(left.ends_on == right.starts_on for left, right in pairwise(spans))
    assert all(0 < span.share <= 1 for span in spans)
    assert all(span.whole for span in spans[1:-1])


@pytest.mark.parametrize(
    ("over", "now", "formula"),
    [
        (PeriodPolicy.LATEST, "2026-12-15", "latest of 2 months (2026-10 32, 2026-11 24) = 24"),
        (PeriodPolicy.TOTAL, "2026-12-15", "total of 3 months (2026-10 32, 2026-11 24, 2026-12 7 so far) = 63"),
        (PeriodPolicy.MEAN, "2026-11-15", "2026-10 32"),
        (PeriodPolicy.MEAN, "2026-10-20", "2026-10 20 (running month, as none is complete yet)"),
    ],
)
def test_periods_are_named_in_the_formula(over: PeriodPolicy, now: str, formula: str) -> None:
    assert read(LEADS, monthly(over), now, *ROWS).formula == formula


def test_quarters_and_weeks_are_named_too() -> None:
    count = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
    for per, name in ((Period.QUARTER, "2026-Q4 1"), (Period.WEEK, "week of 2026-10-12 1")):
        metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(1), per=per, over=PeriodPolicy.LATEST)
        assert name in read(count, metric, "2026-10-20", item("1", on=day("2026-10-13"))).formula


def test_the_running_period_may_count_as_it_is_or_as_it_will_come_to() -> None:
    early = [*ROWS[:3], lead("4", "2026-12-05", 7)]
    so_far, prorated = (
        read(LEADS, replace(monthly(), running=running), "2026-12-10", *early)
        for running in (Running.COUNT, Running.PRORATE)
    )
    assert so_far.formula == "mean of 3 months (2026-10 32, 2026-11 24, 2026-12 7 so far) = 21"
    # 7 in 10 of 31 days come to 21.7
    assert prorated.formula == ("mean of 3 months (2026-10 32, 2026-11 24, 2026-12 21.7 (7 in 10 of 31 days)) = 25.9")


def test_where_no_period_has_a_value_it_says_so() -> None:
    average = Aggregate(kind=AggregateKind.AVERAGE, selection=WORK, field="qualified")
    reading = read(average, monthly(), "2026-11-15", item("1", on=day("2026-11-05"), numbers={"qualified": 3}))
    assert (reading.value, reading.no_data, reading.formula) == (None, "no month of the cycle has a value so far", "")


def test_the_period_under_way_is_none_where_it_is_cut_beside_whole_ones() -> None:
    assert [running(CYCLE, Period.WEEK, date(2026, 10, each)) for each in (1, 4, 5, 12)] == [None, None, 1, 2]
    assert running(CYCLE, Period.MONTH, date(2026, 10, 1)) == 0
    assert running(CYCLE, Period.MONTH, date(2027, 1, 1)) is None
    short = Cycle(id="c", starts_on=date(2026, 10, 5), ends_on=date(2026, 10, 20), timezone="UTC")
    assert running(short, Period.MONTH, date(2026, 10, 6)) == 0


def test_a_month_without_a_value_between_others_is_passed_over() -> None:
    average = Aggregate(kind=AggregateKind.AVERAGE, selection=WORK, field="qualified")
    assert read(average, monthly(), "2027-01-15", ROWS[0], ROWS[3]).value == Decimal("13.5")
