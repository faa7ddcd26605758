"""Strict thresholds, bands, zones, points, money in other currencies and running periods, by hand and by property."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mapping.canonical import rule_from_json, rule_json
from mapping.measure import measure_one
from mapping.metric import raw_progress, reached, value_at, worst_of
from mapping.rates import Converted, Rates, convert
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Latest,
    Metric,
    MetricKind,
    Period,
    PeriodPolicy,
    Running,
    Unit,
    UnitKind,
)
from mapping.show import show_delta, show_metric, show_value
from tests.mapping.worlds import CYCLE, DONE, SERIES, WORK, World, day, item, number, rule, sample

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=3)
EUR, POINTS = Unit(kind=UnitKind.CURRENCY, currency="EUR"), Unit(kind=UnitKind.POINTS)
RATES = Rates(
    "EUR",
    (
        (date(2026, 10, 1), (("GBP", Decimal("0.8")), ("USD", Decimal("1.25")))),
        (date(2026, 11, 1), (("USD", Decimal("1.6")),)),
    ),
)


def band(low: str | int, high: str | int, baseline: str | int | None = None) -> Metric:
    start = None if baseline is None else Decimal(baseline)
    return Metric(kind=MetricKind.BETWEEN, target=Decimal(low), upper=Decimal(high), baseline=start)


def zoned(baseline: int, commit: int, target: int, stretch: int) -> Metric:
    kind = MetricKind.INCREASE if target > baseline else MetricKind.DECREASE
    return Metric(
        kind=kind,
        baseline=Decimal(baseline),
        commit=Decimal(commit),
        target=Decimal(target),
        stretch=Decimal(stretch),
    )


@pytest.mark.parametrize(
    ("kind", "value", "met"),
    [
        (MetricKind.ABOVE, "42", False),
        (MetricKind.ABOVE, "42.001", True),
        (MetricKind.BELOW, "42", False),
        (MetricKind.BELOW, "41.999", True),
    ],
)
def test_a_strict_threshold_is_not_met_by_its_own_amount(kind: MetricKind, value: str, met: bool) -> None:
    metric = number(42, None, kind)
    assert reached(metric, Decimal(value)) is met
    assert raw_progress(metric, Decimal(value)) == (1 if met else 0)


def test_a_strict_threshold_met_exactly_is_just_short_of_the_whole_way() -> None:
    metric = number(42, 20, MetricKind.ABOVE)
    assert raw_progress(metric, Decimal(31)) == Decimal("0.5")
    assert raw_progress(metric, Decimal(42)) == Decimal("0.999999999999")
    assert raw_progress(metric, Decimal(53)) == Decimal("1.5")


@pytest.mark.parametrize(("value", "progress"), [("19.9", 0), ("20", 1), ("22", 1), ("25", 1), ("25.1", 0)])
def test_a_band_without_a_baseline_is_kept_or_not(value: str, progress: int) -> None:
    assert raw_progress(band(20, 25), Decimal(value)) == progress


@pytest.mark.parametrize(
    # the baseline 10 lies 10 below the band: 15 is half the way back, and so is 30 on the other side
    ("value", "progress"),
    [("10", "0"), ("15", "0.5"), ("20", "1"), ("25", "1"), ("30", "0.5"), ("40", "-0.5"), ("5", "-0.5")],
)
def test_a_band_with_a_baseline_counts_the_way_back_to_its_nearer_edge(value: str, progress: str) -> None:
    assert raw_progress(band(20, 25, 10), Decimal(value)) == Decimal(progress)


def test_the_worst_of_a_band_is_the_value_farthest_from_it() -> None:
    values = [Decimal(21), Decimal(18), Decimal(28)]
    assert worst_of(band(20, 25), values) == 28
    assert worst_of(number(10), values) == 18


@pytest.mark.parametrize(
    # 0 … 40 … 70 … 100 are 0, 30 %, 70 %, 100 %; each zone is straight in itself
    ("value", "progress"),
    [
        ("0", "0"),
        ("20", "0.15"),
        ("40", "0.3"),
        ("55", "0.5"),
        ("70", "0.7"),
        ("85", "0.85"),
        ("100", "1"),
        ("130", "1.3"),
    ],
)
def test_progress_runs_straight_within_each_zone(value: str, progress: str) -> None:
    assert raw_progress(zoned(0, 40, 70, 100), Decimal(value)) == Decimal(progress)
    assert raw_progress(zoned(100, 60, 30, 0), 100 - Decimal(value)) == Decimal(progress)


@given(low=amounts, high=amounts, baseline=amounts, value=amounts)
def test_a_band_is_reached_exactly_where_its_progress_is_1(
    low: Decimal, high: Decimal, baseline: Decimal, value: Decimal
) -> None:
    assume(low < high)
    metric = band(str(low), str(high), str(baseline))
    assert reached(metric, value) is (raw_progress(metric, value) == 1)


@given(marks=st.sets(st.integers(-1000, 1000), min_size=4, max_size=4), first=amounts, second=amounts, up=st.booleans())
def test_progress_in_zones_is_monotone(marks: set[int], first: Decimal, second: Decimal, up: bool) -> None:
    metric = zoned(*sorted(marks, reverse=not up))
    low, high = sorted([first, second])
    left, right = raw_progress(metric, low), raw_progress(metric, high)
    assert left <= right if up else left >= right


@given(
    marks=st.sets(st.integers(-1000, 1000), min_size=4, max_size=4),
    share=st.decimals(min_value=0, max_value=1, places=4),
    up=st.booleans(),
    zones=st.booleans(),
)
def test_the_value_at_a_progress_has_that_progress(marks: set[int], share: Decimal, up: bool, zones: bool) -> None:
    ordered = sorted(marks, reverse=not up)
    metric = zoned(*ordered) if zones else number(ordered[-1], ordered[0])
    value = value_at(metric, share)
    assert value is not None
    assert abs(raw_progress(metric, value) - share) <= Decimal("1e-9")


def test_no_single_value_says_how_far_a_band_or_a_rate_is() -> None:
    assert value_at(band(20, 25, 10), Decimal("0.5")) is None
    assert value_at(Metric(kind=MetricKind.BINARY, target=Decimal(1)), Decimal(1)) is None
    monthly = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(30), per=Period.MONTH)
    assert value_at(monthly, Decimal("0.5")) is None


@pytest.mark.parametrize("kind", [MetricKind.ABOVE, MetricKind.BELOW, MetricKind.AT_LEAST, MetricKind.AT_MOST])
@given(baseline=amounts, target=amounts, value=amounts)
def test_a_threshold_is_reached_exactly_where_its_progress_is_1_or_more(
    kind: MetricKind, baseline: Decimal, target: Decimal, value: Decimal
) -> None:
    assume(baseline != target)
    metric = number(str(target), str(baseline), kind)
    assert reached(metric, value) is (raw_progress(metric, value) >= 1)


METRICS = [
    band(20, 25, 10),
    zoned(0, 40, 70, 100),
    number(3, None, MetricKind.BELOW),
    Metric(kind=MetricKind.INCREASE, target=Decimal(2), baseline=Decimal(1), unit=EUR, rates=RATES),
    Metric(
        kind=MetricKind.INCREASE,
        target=Decimal(2),
        baseline=Decimal(1),
        per=Period.WEEK,
        running=Running.PRORATE,
        unit=POINTS,
    ),
]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.kind}")
def test_every_kind_of_metric_comes_back_from_its_canonical_form(metric: Metric) -> None:
    measure = Latest(selection=SERIES)
    assert rule_from_json(rule_json(metric, measure)) == (metric, measure)


def test_metrics_read_as_sentences_in_both_languages() -> None:
    assert show_metric(band(20, 25)) == "between 20 and 25"
    assert show_metric(band(20, 25), "fr") == "entre 20 et 25"
    assert show_metric(number(42, None, MetricKind.ABOVE)) == "more than 42"
    assert show_metric(number(3, 11, MetricKind.BELOW)) == "11 → less than 3"
    assert show_metric(zoned(0, 40, 70, 100)) == "0 → 40 / 70 / 100"
    assert show_value(Decimal("0.05"), POINTS) == "5 pp"
    assert show_delta(Decimal("0.05"), POINTS) == "+5 pp"


def test_money_is_converted_by_the_rate_that_held_on_its_day() -> None:
    found = convert(Decimal(200), "USD", "EUR", date(2026, 10, 31), RATES)
    assert (found.value, found.words) == (Decimal(160), "200 USD at 1.25 USD a EUR of 2026-10-01")
    assert convert(Decimal(200), "USD", "EUR", date(2026, 11, 1), RATES).value == 125
    assert convert(Decimal(125), "EUR", "USD", date(2026, 12, 1), RATES).value == 200


def test_two_currencies_that_are_not_the_base_go_through_it() -> None:
    found = convert(Decimal(160), "USD", "GBP", date(2026, 11, 5), RATES)
    assert found.value == 80  # 160 / 1.6 * 0.8
    assert found.words == "160 USD at 1.6 USD a EUR of 2026-11-01 and 0.8 GBP a EUR of 2026-10-01"


def test_a_missing_rate_is_no_data_with_its_reason() -> None:
    assert convert(Decimal(1), "USD", "EUR", date(2026, 9, 30), RATES).words == (
        "USD cannot become EUR: no rate for USD on or before 2026-09-30"
    )
    metric = Metric(kind=MetricKind.INCREASE, target=Decimal(2), baseline=Decimal(1), unit=EUR, rates=RATES)
    world = World(series={SERIES: [sample(5, day("2026-10-05"), unit="CHF")]})
    reading = measure_one(rule(Latest(selection=SERIES), metric), CYCLE, world, day("2026-10-06"))
    assert (reading.value, reading.no_data) == (None, "CHF cannot become EUR: no rate for CHF on or before 2026-10-05")


def test_a_converted_sample_shows_its_rate_and_the_day_of_the_rate() -> None:
    metric = Metric(kind=MetricKind.INCREASE, target=Decimal(200), baseline=Decimal(0), unit=EUR, rates=RATES)
    world = World(series={SERIES: [sample(200, day("2026-10-05"), unit="USD")]})
    reading = measure_one(rule(Latest(selection=SERIES), metric), CYCLE, world, day("2026-10-06"))
    assert reading.value == 160
    assert reading.formula == "200 USD at 1.25 USD a EUR of 2026-10-01 = 160 EUR read"


LEADS = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="qualified")
ROWS = [
    item("1", DONE, on=day("2026-10-03"), numbers={"qualified": 31}),
    item("2", DONE, on=day("2026-11-02"), numbers={"qualified": 10}),
]


@pytest.mark.parametrize(
    # on November 15, 15 of 30 days have begun: 10 so far come to 20
    ("running", "over", "value", "formula"),
    [
        (Running.LEAVE_OUT, PeriodPolicy.MEAN, "31", "2026-10 31"),
        (Running.COUNT, PeriodPolicy.MEAN, "20.5", "mean of 2 months (2026-10 31, 2026-11 10 so far) = 20.5"),
        (
            Running.PRORATE,
            PeriodPolicy.MEAN,
            "25.5",
            "mean of 2 months (2026-10 31, 2026-11 20 (10 in 15 of 30 days)) = 25.5",
        ),
        (
            Running.PRORATE,
            PeriodPolicy.WORST,
            "20",
            "worst of 2 months (2026-10 31, 2026-11 20 (10 in 15 of 30 days)) = 20",
        ),
        (Running.PRORATE, PeriodPolicy.TOTAL, "41", "total of 2 months (2026-10 31, 2026-11 10 so far) = 41"),
    ],
)
def test_the_running_period_is_left_out_prorated_or_counted(
    running: Running, over: PeriodPolicy, value: str, formula: str
) -> None:
    metric = Metric(
        kind=MetricKind.INCREASE,
        target=Decimal(30),
        baseline=Decimal(0),
        per=Period.MONTH,
        over=over,
        running=running,
    )
    reading = measure_one(rule(LEADS, metric), CYCLE, World({WORK: ROWS}), day("2026-11-15"))
    assert (reading.value, reading.formula) == (Decimal(value), formula)


def test_an_average_of_the_running_period_is_taken_as_it_is() -> None:
    average = Aggregate(kind=AggregateKind.AVERAGE, selection=WORK, field="qualified")
    metric = Metric(
        kind=MetricKind.INCREASE,
        target=Decimal(30),
        baseline=Decimal(0),
        per=Period.MONTH,
        over=PeriodPolicy.LATEST,
        running=Running.PRORATE,
    )
    assert measure_one(rule(average, metric), CYCLE, World({WORK: ROWS}), day("2026-11-15")).value == 10


def test_a_conversion_says_by_which_rates() -> None:
    on = date(2026, 11, 20)
    assert convert(Decimal("12.50"), "USD", "USD", on, None) == Converted(Decimal("12.50"), "12.5 USD")
    assert convert(Decimal(16), "USD", "EUR", on, RATES) == Converted(
        Decimal(10), "16 USD at 1.6 USD a EUR of 2026-11-01"
    )
    assert convert(Decimal(10), "EUR", "USD", date(2026, 10, 31), RATES).value == Decimal("12.5")
    both = convert(Decimal(16), "USD", "GBP", on, RATES)
    assert (both.value, both.words) == (
        Decimal(8),
        "16 USD at 1.6 USD a EUR of 2026-11-01 and 0.8 GBP a EUR of 2026-10-01",
    )
    early = convert(Decimal(1), "EUR", "GBP", date(2026, 9, 30), RATES)
    assert (early.value, early.words) == (None, "EUR cannot become GBP: no rate for GBP on or before 2026-09-30")
