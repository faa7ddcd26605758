"""What progress is expected by a day, with its arithmetic. See docs/semantics.md, Pace curves."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mapping.curves import DATED, Curve, CurveKind, Mark
from mapping.decimals import ONE, ZERO, exact, quotient, tidy
from mapping.show import show_progress

_OFF = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected progress, 0 to 1, and how it came about, for people."""

    progress: Decimal
    because: str


def expected_by(curve: Curve, starts_on: date, ends_on: date, today: date) -> Expected:
    """Return the progress expected by the beginning of ``today``: 0 on the first day, 1 from ``ends_on`` on.

    Args:
        curve: the shape.
        starts_on: first day of the cycle.
        ends_on: first day after it, later than ``starts_on``.
        today: a local date of the cycle's time zone.
    """
    day = min(max(today, starts_on), ends_on)
    if curve.kind in DATED:
        return _dated(curve, starts_on, ends_on, day)
    over, whole = counted(curve, starts_on, day), counted(curve, starts_on, ends_on)
    share = quotient(Decimal(over), Decimal(whole)) if whole else ONE
    what = f"{over} of {whole} {_days(curve)} over"
    if curve.kind is CurveKind.S_CURVE:
        return Expected(_smooth(share), f"{what}, on an S-curve: {show_progress(_smooth(share))} expected")
    return Expected(share, f"{what}: {show_progress(share)} expected")


def line(curve: Curve, starts_on: date, ends_on: date) -> tuple[Mark, ...]:
    """Return the curve over a cycle as few points to be joined, none farther off than half a hundredth."""
    days = [starts_on + timedelta(days=number) for number in range((ends_on - starts_on).days + 1)]
    shares = [expected_by(curve, starts_on, ends_on, day).progress for day in days]
    kept = [0]
    while kept[-1] < len(days) - 1:
        kept.append(_farthest(shares, kept[-1]))
    return tuple(Mark(on=days[place], share=shares[place]) for place in kept)


def _farthest(shares: Sequence[Decimal], start: int) -> int:
    """Return the last place that can be joined to ``start`` without leaving the points between aside.

    Each point passed on the way narrows the slopes that still go by it; joining ends where none is left that fits.
    """
    found, since = start + 1, shares[start]
    least = most = None
    for end in range(start + 2, len(shares)):
        passed = end - 1 - start
        low, high = ((shares[end - 1] + off - since) / passed for off in (-_OFF, _OFF))
        least = low if least is None else max(least, low)
        most = high if most is None else min(most, high)
        if not least <= (shares[end] - since) / (end - start) <= most:
            return found
        found = end
    return found


def counted(curve: Curve, since: date, until: date) -> int:
    """Return the number of days from ``since`` to before ``until`` that are not off."""
    off = bisect_left(curve.days_off, until) - bisect_left(curve.days_off, since)
    return (until - since).days - off


def _days(curve: Curve) -> str:
    if curve.calendar:
        return f"working days ({curve.calendar})"
    if curve.kind is CurveKind.WORKING_DAYS:
        return "working days"
    return "days without those of a freeze" if curve.days_off else "days"


def _smooth(share: Decimal) -> Decimal:
    """Return ``3x² − 2x³``, the cubic that leaves 0 and reaches 1 level."""
    with exact():
        return tidy(share * share * (3 - 2 * share))


def _dated(curve: Curve, starts_on: date, ends_on: date, day: date) -> Expected:
    marks = [*curve.marks]
    if not marks or marks[-1].on < ends_on:
        marks.append(Mark(on=ends_on, share=ONE))
    place = bisect_right(marks, day, key=lambda mark: mark.on)
    last = marks[place - 1] if place else Mark(on=starts_on, share=ZERO)
    following = marks[place] if place < len(marks) else None
    share = last.share
    if curve.kind is CurveKind.POINTS and following is not None:
        share = _between(last, following, day)
    expected = f"{show_progress(share)} expected"
    if following is None:
        return Expected(share, f"the last date, {last.on}, has come: {expected}")
    towards = f"{show_progress(following.share)} on {following.on}"
    if curve.kind is CurveKind.POINTS:
        return Expected(share, f"between {show_progress(last.share)} on {last.on} and {towards}: {expected}")
    since = f"{show_progress(last.share)} since {last.on}" if place else "no milestone has come"
    return Expected(share, f"{since}, next {towards}: {expected}")


def _between(last: Mark, following: Mark, day: date) -> Decimal:
    way = quotient(Decimal((day - last.on).days), Decimal((following.on - last.on).days))
    with exact():
        return tidy(last.share + (following.share - last.share) * way)
