from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.curves import Curve, CurveKind, Mark
from mapping.expected import Expected, expected_by, line
from mapping.rules import Metric, Period
from mapping.status import Status
from tests.mapping.test_pace import RAMP, at

START, END = date(2026, 10, 1), date(2027, 1, 1)
WEEKENDS = tuple(START + timedelta(days=n) for n in range(92) if (START + timedelta(days=n)).weekday() >= 5)


def by(curve: Curve, today: str) -> Expected:
    return expected_by(curve, START, END, date.fromisoformat(today))


@st.composite
def curves(draw: st.DrawFn) -> tuple[Curve, date, date]:
    start = draw(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    length = draw(st.integers(1, 400))
    inside = st.integers(0, length - 1).map(lambda n: start + timedelta(days=n))
    off = draw(st.sets(inside, max_size=length - 1))
    days = sorted(draw(st.sets(st.integers(1, length), max_size=6)))
    shares = sorted(draw(st.lists(st.integers(0, 1000), min_size=len(days), max_size=len(days))))
    marks = [
        Mark(on=start + timedelta(days=n), share=Decimal(share) / 1000) for n, share in zip(days, shares, strict=True)
    ]
    kind = draw(st.sampled_from(CurveKind))
    return Curve(kind=kind, days_off=tuple(sorted(off)), marks=tuple(marks)), start, start + timedelta(days=length)


@given(curves())
def test_expected_progress_never_falls_and_stays_between_0_and_1(made: tuple[Curve, date, date]) -> None:
    curve, start, end = made
    days = [start + timedelta(days=n) for n in range(-2, (end - start).days + 3)]
    line = [expected_by(curve, start, end, each).progress for each in days]
    assert all(0 <= share <= 1 for share in line)
    assert all(before <= after for before, after in pairwise(line))
    assert line[0] == line[2] == 0
    if not curve.marks or curve.marks[-1].on < end:
        assert line[-1] == 1


def test_a_line_follows_the_days() -> None:
    found = by(Curve(), "2026-11-16")
    assert found == Expected(Decimal("0.5"), "46 of 92 days over: 50% expected")


def test_working_days_stand_still_over_a_weekend() -> None:
    curve = Curve(kind=CurveKind.WORKING_DAYS, days_off=WEEKENDS)
    assert by(curve, "2026-10-03").progress == by(curve, "2026-10-05").progress
    assert by(curve, "2026-10-03").progress == Decimal("0.030303030303")
    assert by(curve, "2026-10-05").because == "2 of 66 working days over: 3% expected"


def test_an_s_curve_is_slow_fast_slow() -> None:
    curve = Curve(kind=CurveKind.S_CURVE)
    assert by(curve, "2026-10-24").progress == Decimal("0.15625")  # a quarter: 3/16 - 2/64
    assert by(curve, "2026-11-16").progress == Decimal("0.5")
    assert by(curve, "2026-10-24").because == "23 of 92 days over, on an S-curve: 16% expected"


MARKS = (Mark(on=date(2026, 10, 31), share=Decimal("0.2")), Mark(on=date(2026, 12, 1), share=Decimal("0.8")))


@pytest.mark.parametrize(
    ("today", "milestones", "points"),
    [
        ("2026-10-01", "0", "0"),
        ("2026-10-16", "0", "0.1"),
        ("2026-10-30", "0", "0.193333333333"),
        ("2026-10-31", "0.2", "0.2"),
        ("2026-11-30", "0.2", "0.780645161291"),
        ("2026-12-01", "0.8", "0.8"),
        ("2027-01-01", "1", "1"),
        ("2027-03-01", "1", "1"),
    ],
)
def test_milestones_step_and_points_are_joined(today: str, milestones: str, points: str) -> None:
    assert by(Curve(kind=CurveKind.MILESTONES, marks=MARKS), today).progress == Decimal(milestones)
    found = by(Curve(kind=CurveKind.POINTS, marks=MARKS), today).progress
    assert abs(found - Decimal(points)) < Decimal("1e-11")


def test_an_own_share_at_the_end_is_what_is_expected_there() -> None:
    curve = Curve(kind=CurveKind.POINTS, marks=(Mark(on=END, share=Decimal("0.7")),))
    assert by(curve, "2026-11-16").progress == Decimal("0.35")
    assert by(curve, "2027-01-01").progress == Decimal("0.7")


def test_before_the_first_milestone_nothing_is_judged() -> None:
    curve = Curve(kind=CurveKind.MILESTONES, marks=(Mark(on=date(2026, 3, 1), share=Decimal("0.5")),))
    found = at("0", "2026-02-20", curve=curve)
    assert found.status is Status.TOO_EARLY
    assert found.because.startswith("nothing is expected yet: no milestone has come, next 50% on 2026-03-01")
    assert at("0", "2026-03-01", curve=curve).status is Status.OFF_TRACK


def test_the_curve_decides_the_status_of_a_ramp_and_of_no_rate() -> None:
    slow = Curve(kind=CurveKind.S_CURVE)
    assert at("0.15", "2026-01-26", curve=slow).status is Status.ON_TRACK
    assert at("0.15", "2026-01-26").status is Status.OFF_TRACK
    rate = Metric(kind=RAMP.kind, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH)
    assert at("0.15", "2026-01-26", metric=rate, curve=slow).expected == 1


def test_a_straight_curve_is_drawn_from_its_ends_alone() -> None:
    assert line(Curve(), START, END) == (Mark(on=START, share=Decimal(0)), Mark(on=END, share=Decimal(1)))


def test_a_curve_with_a_corner_is_drawn_through_it() -> None:
    corner = Mark(on=START + timedelta(days=10), share=Decimal("0.5"))
    bent = Curve(kind=CurveKind.POINTS, marks=(corner,))
    # half a hundredth lies between the corner and the places a little off it
    first, *between, last = line(bent, START, END)
    assert (first.on, last.on) == (START, END)
    assert [abs((mark.on - corner.on).days) <= 1 for mark in between] == [True]


@given(curves())
def test_no_point_of_a_drawn_curve_is_farther_off_than_half_a_hundredth(made: tuple[Curve, date, date]) -> None:
    curve, starts_on, ends_on = made
    drawn = line(curve, starts_on, ends_on)
    assert (drawn[0].on, drawn[-1].on) == (starts_on, ends_on)
    for left, right in pairwise(drawn):
        assert left.share == expected_by(curve, starts_on, ends_on, left.on).progress
        for days in range((right.on - left.on).days):
            way = Decimal(days) / (right.on - left.on).days
            told = expected_by(curve, starts_on, ends_on, left.on + timedelta(days=days)).progress
            assert abs(left.share + (right.share - left.share) * way - told) <= Decimal("0.005") + Decimal("1e-20")


def test_what_is_expected_is_said_for_every_curve() -> None:
    points, steps = (Curve(kind=kind, marks=MARKS) for kind in (CurveKind.POINTS, CurveKind.MILESTONES))
    assert by(points, "2026-10-16").because == "between 0% on 2026-10-01 and 20% on 2026-10-31: 10% expected"
    assert by(steps, "2026-11-02").because == "20% since 2026-10-31, next 80% on 2026-12-01: 20% expected"
    assert by(steps, "2027-01-01").because == "the last date, 2027-01-01, has come: 100% expected"
    assert by(Curve(kind=CurveKind.WORKING_DAYS), "2026-10-01").because == "0 of 92 working days over: 0% expected"
    assert by(Curve(days_off=WEEKENDS, calendar="FR"), "2026-10-03").because.startswith(
        "2 of 66 working days (FR) over"
    )
    assert by(Curve(days_off=WEEKENDS), "2026-10-03").because.startswith("2 of 66 days without those of a freeze over")
    half = by(Curve(kind=CurveKind.S_CURVE), "2026-11-16")
    assert half.because == "46 of 92 days over, on an S-curve: 50% expected"
