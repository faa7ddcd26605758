from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mapping.curves import LINEAR, Curve
from mapping.pace import elapsed, pace
from mapping.profiles import OKRSYNC, Profile
from mapping.rules import Cycle, Metric, MetricKind, ObjectiveKind, Period, PeriodPolicy
from mapping.status import Pace, Status
from tests.mapping.worlds import day, number

HUNDRED = Cycle(id="c", starts_on=date(2026, 1, 1), ends_on=date(2026, 4, 11), timezone="UTC")
RAMP = number(100)


def at(
    progress: str | None,
    when: str,
    *,
    metric: Metric = RAMP,
    kind: ObjectiveKind = ObjectiveKind.COMMITTED,
    no_data: str | None = None,
    stale: str | None = None,
    profile: Profile = OKRSYNC,
    curve: Curve = LINEAR,
) -> Pace:
    return pace(
        None if progress is None else Decimal(progress),
        metric=metric,
        objective_kind=kind,
        cycle=HUNDRED,
        now=day(when),
        no_data=no_data,
        stale=stale,
        profile=profile,
        curve=curve,
    )


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        ("0.45", Status.ON_TRACK),
        ("0.4499", Status.AT_RISK),
        ("0.35", Status.AT_RISK),
        ("0.3499", Status.OFF_TRACK),
        ("-0.2", Status.OFF_TRACK),
        ("1.3", Status.ON_TRACK),
    ],
)
def test_half_way_through_a_half_is_expected(progress: str, status: Status) -> None:
    assert at(progress, "2026-02-20").status is status


def test_the_arithmetic_is_said() -> None:
    found = at("0.38", "2026-02-22")
    assert (found.elapsed, found.expected) == (Decimal("0.52"), Decimal("0.52"))
    assert found.because == "38% of the way with 52% expected: 0.73 of the pace, on track from 0.90"


def test_nothing_is_coloured_in_the_first_5_percent() -> None:
    assert at("0", "2026-01-05").status is Status.TOO_EARLY
    assert at("0", "2026-01-06").status is Status.OFF_TRACK


def test_before_the_cycle_nothing_has_started() -> None:
    assert at("0.5", "2025-12-31").status is Status.NOT_STARTED
    assert at(None, "2025-12-31").status is Status.NOT_STARTED


def test_no_data_is_no_colour() -> None:
    found = at(None, "2026-02-20", no_data="nothing has ever matched")
    assert (found.status, found.because) == (Status.NO_DATA, "nothing has ever matched")
    assert at(None, "2026-05-01").status is Status.NO_DATA


@pytest.mark.parametrize("when", ["2026-01-02", "2026-02-20", "2026-05-01"])
def test_stale_overrides_every_colour_and_outcome(when: str) -> None:
    found = at("1", when, stale="jira: 429")
    assert (found.status, found.because) == (Status.STALE, "the last good value stands: jira: 429")


@pytest.mark.parametrize(
    ("progress", "kind", "status"),
    [
        ("1", ObjectiveKind.COMMITTED, Status.ACHIEVED),
        ("0.999", ObjectiveKind.COMMITTED, Status.PARTIAL),
        ("0.7", ObjectiveKind.COMMITTED, Status.PARTIAL),
        ("0.7", ObjectiveKind.ASPIRATIONAL, Status.ACHIEVED),
        ("0.69", ObjectiveKind.ASPIRATIONAL, Status.PARTIAL),
        ("0.4", ObjectiveKind.ASPIRATIONAL, Status.PARTIAL),
        ("0.39", ObjectiveKind.ASPIRATIONAL, Status.MISSED),
    ],
)
def test_after_the_end_there_is_an_outcome(progress: str, kind: ObjectiveKind, status: Status) -> None:
    assert at(progress, "2026-04-11", kind=kind).status is status


@pytest.mark.parametrize("kind", [MetricKind.AT_LEAST, MetricKind.AT_MOST, MetricKind.BINARY])
def test_a_threshold_without_a_baseline_is_not_judged_against_a_ramp(kind: MetricKind) -> None:
    metric = number(42, None, kind)
    assert at("1", "2026-01-20", metric=metric).status is Status.ON_TRACK
    missed = at("0", "2026-01-20", metric=metric)
    assert missed.status is Status.OFF_TRACK
    assert "without a baseline there is no ramp" in missed.because


def test_a_rate_is_expected_in_full_at_any_time() -> None:
    leads = Metric(kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH)
    found = at("0.6", "2026-02-20", metric=leads)
    assert (found.status, found.expected) == (Status.OFF_TRACK, Decimal(1))
    assert "expected at any time (a rate)" in found.because


def test_a_total_over_periods_follows_the_ramp() -> None:
    leads = Metric(
        kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH, over=PeriodPolicy.TOTAL
    )
    assert at("0.5", "2026-02-20", metric=leads).status is Status.ON_TRACK


@pytest.mark.parametrize(("zone", "share"), [("Pacific/Auckland", "0.01"), ("UTC", "0"), ("America/New_York", "0")])
def test_days_pass_at_local_midnight(zone: str, share: str) -> None:
    cycle = Cycle(id="c", starts_on=date(2026, 1, 1), ends_on=date(2026, 4, 11), timezone=zone)
    assert elapsed(cycle, datetime(2026, 1, 1, 13, 0, tzinfo=UTC)) == Decimal(share)


def test_the_last_day_belongs_to_the_cycle_and_the_end_does_not() -> None:
    assert elapsed(HUNDRED, datetime(2026, 4, 10, 23, 59, tzinfo=UTC)) == Decimal("0.99")
    assert elapsed(HUNDRED, datetime(2026, 4, 11, 0, 0, tzinfo=UTC)) == 1


def test_expected_progress_is_said_with_its_arithmetic() -> None:
    found = at("0.38", "2026-02-22")
    assert found.expected_because == "52 of 100 days over: 52% expected"
    rate = Metric(kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH)
    assert at("0.9", "2026-02-20", metric=rate).expected_because == "expected in full at any time"
    assert at("0.9", "2026-01-01", metric=rate).expected_because == "nothing is expected on the first day"


@pytest.mark.parametrize(
    ("progress", "when", "because"),
    [
        ("0.1", "2025-12-31", "the cycle begins on 2026-01-01"),
        (None, "2026-02-20", "nothing has been measured yet"),
        ("0.1", "2026-01-04", "3% of the cycle has passed, nothing is judged before 5%"),
        ("0.38", "2026-02-20", "38% of the way with 50% expected: 0.76 of the pace, on track from 0.90"),
        ("0.20", "2026-02-20", "20% of the way with 50% expected: 0.40 of the pace, at risk from 0.70"),
        ("1.2", "2026-05-01", "the cycle is over at 120% of the way: committed is achieved from 100%"),
        ("0.5", "2026-05-01", "the cycle is over at 50% of the way: committed is achieved from 100%, partial from 40%"),
    ],
)
def test_every_status_says_why(progress: str | None, when: str, because: str) -> None:
    assert at(progress, when).because == because


@pytest.mark.parametrize(("progress", "because"), [("1", "the threshold is met"), ("0", "the threshold is not met")])
def test_a_threshold_is_met_or_not_and_that_is_said(progress: str, because: str) -> None:
    found = at(progress, "2026-02-20", metric=number(3, None, MetricKind.AT_MOST))
    assert found.because == f"{because}; without a baseline there is no ramp to be judged against"
