"""Where things stand in the drawings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import drawing
from mapping.check_ins import CheckIn
from mapping.curves import Curve, CurveKind, Mark
from mapping.expected import line
from mapping.forecast import Day, forecast
from mapping.rules import COMPLETION_METRIC, Metric, MetricKind, Period
from tests.dashboard.sketches import NOW, Q4

shares = st.decimals(min_value=-5, max_value=5, places=4)


def check_in(at: datetime, raw: Decimal | None, run: int = 1) -> CheckIn:
    return CheckIn(
        key_result="a/b",
        run=run,
        at=at,
        value=raw,
        metric=COMPLETION_METRIC,
        raw_progress=raw,
        progress=raw,
        items=None,
        done=None,
        formula="",
        no_data=None,
        rule="",
        rule_version="",
    )


def number(length: str) -> Decimal:
    return Decimal(length.removesuffix("%"))


@given(share=shares)
def test_a_bar_never_leaves_its_track(share: Decimal) -> None:
    assert 0 <= number(drawing.percent(share)) <= 100


@given(trend=st.lists(shares, min_size=2, max_size=40))
def test_a_sparkline_stays_in_its_box(trend: list[Decimal]) -> None:
    line = drawing.sparkline(trend)
    assert line is not None
    points = [tuple(map(Decimal, point.split(","))) for point in line.points.split()]
    assert len(points) == len(trend)
    assert all(0 <= x <= drawing.SPARK_WIDTH and 0 <= y <= drawing.SPARK_HEIGHT for x, y in points)


def test_a_sparkline_needs_two_points_and_a_flat_one_lies_in_the_middle() -> None:
    assert drawing.sparkline([]) is None
    assert drawing.sparkline([Decimal("0.4")]) is None
    flat = drawing.sparkline([Decimal("0.4")] * 3)
    assert flat is not None
    assert {point.split(",")[1] for point in flat.points.split()} == {str(drawing.SPARK_HEIGHT // 2)}


@given(
    raws=st.lists(st.none() | shares, max_size=12), hours=st.lists(st.integers(-900, 4000), min_size=12, max_size=12)
)
def test_the_chart_stays_in_its_frame_whatever_the_check_ins(raws: list[Decimal | None], hours: list[int]) -> None:
    check_ins = [check_in(NOW + timedelta(hours=hour), raw) for raw, hour in zip(raws, hours, strict=False)]
    chart = drawing.chart(check_ins, Q4, COMPLETION_METRIC, NOW)
    assert len(chart.steps) == sum(raw is not None for raw in raws)
    for step in chart.steps:
        assert 0 <= number(step.x) <= number(step.until) <= 100
        assert drawing.CHART_TOP <= Decimal(step.y) <= drawing.CHART_BOTTOM
        assert Decimal(step.depth) >= 0


def test_a_value_holds_until_the_next_check_in_and_the_last_until_today() -> None:
    first, second = datetime(2026, 10, 31, 23, 0, tzinfo=UTC), datetime(2026, 11, 10, 23, 0, tzinfo=UTC)
    chart = drawing.chart(
        [check_in(second, Decimal("0.5"), 2), check_in(first, Decimal("0.2"))], Q4, COMPLETION_METRIC, NOW
    )
    one, two = chart.steps
    assert one.until == two.x
    assert two.until == chart.today
    assert two.rise_from == one.y


def test_after_no_data_the_line_starts_anew() -> None:
    days = [datetime(2026, 10, day, tzinfo=UTC) for day in (5, 10, 15)]
    raws = [Decimal("0.1"), None, Decimal("0.3")]
    chart = drawing.chart(
        [check_in(day, raw, run) for run, (day, raw) in enumerate(zip(days, raws, strict=True))],
        Q4,
        COMPLETION_METRIC,
        NOW,
    )
    assert [step.rise_from for step in chart.steps] == [None, None]


def test_the_cycle_runs_from_local_midnight_to_local_midnight() -> None:
    assert drawing.place_in(Q4, datetime(2026, 9, 30, 22, 0, tzinfo=UTC)) == 0
    assert drawing.place_in(Q4, datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == 1
    assert drawing.place_in(Q4, datetime(2026, 9, 1, tzinfo=UTC)) < 0


def test_what_must_hold_at_any_time_is_expected_in_full_all_along() -> None:
    threshold = Metric(kind=MetricKind.AT_LEAST, target=Decimal(42))
    rate = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(30), per=Period.MONTH)
    for metric in (threshold, rate):
        chart = drawing.chart([], Q4, metric, NOW)
        (stroke,) = chart.expected
        assert stroke.y == stroke.end_y == chart.target_y
    ramp = drawing.chart([], Q4, COMPLETION_METRIC, NOW)
    assert [(each.y, each.end_y) for each in ramp.expected] == [(ramp.baseline_y, ramp.target_y)]


@pytest.mark.parametrize("kind", CurveKind)
def test_expected_progress_is_drawn_along_its_curve(kind: CurveKind) -> None:
    marks = (Mark(on=date(2026, 10, 31), share=Decimal("0.2")), Mark(on=date(2026, 12, 1), share=Decimal("0.8")))
    weekends = tuple(Q4.starts_on + timedelta(days=n) for n in range(92) if n % 7 in (2, 3))
    points = line(Curve(kind=kind, marks=marks, days_off=weekends), Q4.starts_on, Q4.ends_on)
    chart = drawing.chart([], Q4, COMPLETION_METRIC, NOW, points)
    assert chart.expected[0].y == chart.baseline_y
    assert chart.expected[-1].end_y == chart.target_y
    assert all(before.until == after.x and before.end_y == after.y for before, after in pairwise(chart.expected))
    assert 1 <= len(chart.expected) < 40


def test_a_forecast_is_drawn_inside_its_frame() -> None:
    days = [Day(Q4.starts_on + timedelta(days=n), Decimal(n) / 40) for n in range(50)]
    made = drawing.outlook(forecast("a/b", days, Q4.ends_on, lambda _day: Decimal(1)))
    assert made is not None
    for start, width in (made.most, made.half):
        assert 0 <= number(start) <= number(start) + number(width) <= 100
    assert number(made.success) < number(made.target) <= 100
    assert drawing.outlook(forecast("a/b", days[:5], Q4.ends_on, lambda _day: Decimal(1))) is None


def test_a_long_cycle_has_few_dates_below_it() -> None:
    chart = drawing.chart([], Q4, COMPLETION_METRIC, NOW)
    assert [day.month for _, day in chart.months] == [10, 11, 12]
