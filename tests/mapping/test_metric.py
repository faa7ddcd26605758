from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mapping.errors import AmountError, FixConfigError
from mapping.metric import clamp, falls, has_ramp, raw_progress, reached, resolve_relative, zone_of
from mapping.rules import Cycle, Metric, MetricKind, Period, PeriodPolicy, Unit, UnitKind
from tests.mapping.worlds import CYCLE, number

PERCENT = Unit(kind=UnitKind.PERCENT)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=3)


@pytest.mark.parametrize(
    ("baseline", "target", "value", "progress"),
    [
        (0, 100, 25, "0.25"),
        (40, 10, 40, "0"),
        (40, 10, 25, "0.5"),
        (40, 10, 10, "1"),
        (40, 10, 55, "-0.5"),
        (40, 60, 65, "1.25"),
        (-20, 42, 11, "0.5"),
    ],
)
def test_progress_is_the_signed_share_of_the_way(baseline: int, target: int, value: int, progress: str) -> None:
    kind = MetricKind.INCREASE if target > baseline else MetricKind.DECREASE
    assert raw_progress(number(target, baseline, kind), Decimal(value)) == Decimal(progress)


@pytest.mark.parametrize(
    ("kind", "value", "met"),
    [
        (MetricKind.AT_LEAST, "41.99", False),
        (MetricKind.AT_LEAST, "42", True),
        (MetricKind.AT_LEAST, "43", True),
        (MetricKind.AT_MOST, "42.01", False),
        (MetricKind.AT_MOST, "42", True),
        (MetricKind.AT_MOST, "41", True),
    ],
)
def test_meeting_a_threshold_exactly_is_enough(kind: MetricKind, value: str, met: bool) -> None:
    metric = number(42, None, kind)
    assert reached(metric, Decimal(value)) is met
    assert raw_progress(metric, Decimal(value)) == (1 if met else 0)


def test_a_threshold_with_a_baseline_shows_the_share_of_the_way() -> None:
    nps = number(42, 20, MetricKind.AT_LEAST)
    assert raw_progress(nps, Decimal(31)) == Decimal("0.5")
    assert raw_progress(number(10, 40, MetricKind.AT_MOST), Decimal(25)) == Decimal("0.5")


def test_a_threshold_met_from_the_start_has_no_way_to_go() -> None:
    already = number(42, 50, MetricKind.AT_LEAST)
    assert raw_progress(already, Decimal(45)) == 1
    assert raw_progress(already, Decimal(41)) == 0


@pytest.mark.parametrize(("value", "progress"), [(0, 0), (1, 1), (2, 1)])
def test_binary_is_done_or_not(value: int, progress: int) -> None:
    assert raw_progress(number(1, None, MetricKind.BINARY), Decimal(value)) == progress


def test_equal_baseline_and_target_are_refused_in_words() -> None:
    with pytest.raises(FixConfigError, match="both 10"):
        raw_progress(number(10, 10), Decimal(10))


def test_a_ramp_without_a_baseline_is_refused_in_words() -> None:
    with pytest.raises(FixConfigError, match="needs a baseline"):
        raw_progress(number(10, None), Decimal(5))


def test_a_total_is_held_against_the_target_of_all_periods() -> None:
    leads = Metric(
        kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH, over=PeriodPolicy.TOTAL
    )
    assert raw_progress(leads, Decimal(45), CYCLE) == Decimal("0.5")
    assert reached(leads, Decimal(90), CYCLE)
    assert not reached(leads, Decimal(89), CYCLE)
    with pytest.raises(FixConfigError, match="needs its cycle"):
        raw_progress(leads, Decimal(45))


def test_a_total_counts_a_cut_period_in_proportion() -> None:
    half_month = Cycle(id="c", starts_on=date(2026, 11, 16), ends_on=date(2027, 1, 1), timezone="UTC")
    leads = Metric(
        kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH, over=PeriodPolicy.TOTAL
    )
    assert reached(leads, Decimal(45), half_month)
    assert not reached(leads, Decimal(44), half_month)


def test_a_total_without_a_way_to_go_is_met_or_not() -> None:
    leads = Metric(kind=MetricKind.AT_LEAST, target=Decimal(30), per=Period.MONTH, over=PeriodPolicy.TOTAL)
    assert [raw_progress(leads, Decimal(value), CYCLE) for value in (89, 90)] == [0, 1]


def test_baseline_and_edges_of_a_total_count_once_a_period() -> None:
    # three months: from 30 to 90; a band of 60 to 90
    tickets = Metric(
        kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(10), per=Period.MONTH, over=PeriodPolicy.TOTAL
    )
    assert raw_progress(tickets, Decimal(60), CYCLE) == Decimal("0.5")
    band = Metric(
        kind=MetricKind.BETWEEN,
        target=Decimal(20),
        upper=Decimal(30),
        baseline=Decimal(10),
        per=Period.MONTH,
        over=PeriodPolicy.TOTAL,
    )
    assert [raw_progress(band, Decimal(value), CYCLE) for value in (30, 45, 60, 90, 105)] == [
        0, Decimal("0.5"), 1, 1, Decimal("0.5"),
    ]  # fmt: skip


def test_a_value_on_a_mark_ends_the_zone_before_it() -> None:
    zoned = Metric(
        kind=MetricKind.DECREASE, baseline=Decimal(100), commit=Decimal(60), target=Decimal(30), stretch=Decimal(0)
    )
    on_mark = zone_of(zoned, Decimal(60))
    assert on_mark == ((Decimal(100), Decimal(0)), (Decimal(60), Decimal("0.3")))
    assert zone_of(number(5, None), Decimal(9)) == ((Decimal(0), Decimal(0)), (Decimal(5), Decimal(1)))


@pytest.mark.parametrize("kind", [MetricKind.AT_LEAST, MetricKind.AT_MOST, MetricKind.ABOVE, MetricKind.BELOW])
def test_a_threshold_at_its_baseline_has_no_way_to_go(kind: MetricKind) -> None:
    assert not has_ramp(number(10, 10, kind))


def test_a_refused_relative_target_is_quoted() -> None:
    with pytest.raises(AmountError, match="'x10' of a baseline of 0 is 0"):
        resolve_relative(Decimal(0), "x10")


@pytest.mark.parametrize(
    ("baseline", "stated", "target"),
    [
        ("500", "x10", "5000"),
        ("0.02", "doubled", "0.04"),
        ("7", "triple", "21"),
        ("8", "half", "4"),
        ("3.5", "+20%", "4.2"),
        ("0.08", "-10 %", "0.072"),
        ("0.08", "− 10 %", "0.072"),
        ("-50", "+20%", "-40"),
    ],
)
def test_a_relative_target_follows_from_the_baseline(baseline: str, stated: str, target: str) -> None:
    assert resolve_relative(Decimal(baseline), stated) == Decimal(target)


def test_percentage_points_are_added_and_a_percentage_is_multiplied() -> None:
    assert resolve_relative(Decimal("0.15"), "+10pp", PERCENT) == Decimal("0.25")
    assert resolve_relative(Decimal("0.15"), "+10 pts", PERCENT) == Decimal("0.25")
    assert resolve_relative(Decimal("0.15"), "+10%", PERCENT) == Decimal("0.165")
    assert resolve_relative(Decimal(20), "+10 pts", Unit()) == Decimal(30)


@pytest.mark.parametrize("stated", ["x10", "double", "+20%", "-10%"])
def test_multiplying_a_baseline_of_zero_is_an_error(stated: str) -> None:
    with pytest.raises(AmountError, match="baseline of 0"):
        resolve_relative(Decimal(0), stated)


def test_multiplying_a_negative_baseline_is_an_error() -> None:
    with pytest.raises(AmountError, match="wrong way"):
        resolve_relative(Decimal(-20), "double")


def test_percentage_points_of_no_percentage_are_an_error() -> None:
    with pytest.raises(AmountError, match="needs a percentage"):
        resolve_relative(Decimal(20), "+10pp", Unit())


def test_an_absolute_target_is_not_relative() -> None:
    with pytest.raises(AmountError, match="not relative"):
        resolve_relative(Decimal(20), "30")


@given(progress=amounts)
def test_clamped_progress_stays_between_0_and_1(progress: Decimal) -> None:
    assert 0 <= clamp(progress) <= 1


@given(baseline=amounts, target=amounts, low=amounts, high=amounts)
def test_progress_is_monotone_in_the_value(baseline: Decimal, target: Decimal, low: Decimal, high: Decimal) -> None:
    assume(baseline != target)
    low, high = sorted([low, high])
    metric = number(str(target), str(baseline))
    first, second = raw_progress(metric, low), raw_progress(metric, high)
    assert first >= second if falls(metric) else first <= second


@given(baseline=amounts, target=amounts, value=amounts)
def test_reached_and_a_progress_of_1_agree(baseline: Decimal, target: Decimal, value: Decimal) -> None:
    assume(baseline != target)
    metric = number(str(target), str(baseline))
    assert reached(metric, value) is (raw_progress(metric, value) >= 1)


def test_a_relative_text_is_read_with_a_decimal_point() -> None:
    assert resolve_relative(Decimal(10), "x1.500") == 15
