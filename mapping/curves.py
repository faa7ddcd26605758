"""The shape of expected progress over a cycle, as a rule states it; ``mapping.expected`` computes with it.

A curve is data that config has checked. Which days are off (weekends, holidays of a country, a freeze) is resolved
there as well: for the core a day counts or does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class CurveKind(StrEnum):
    """The shape of expected progress."""

    LINEAR = "linear"
    """In proportion to the days over."""
    WORKING_DAYS = "working_days"
    """In proportion to the working days over."""
    S_CURVE = "s_curve"
    """Slow, fast, slow: ``3x² − 2x³`` of the share x of the days over."""
    MILESTONES = "milestones"
    """In steps: a share is expected from its date on."""
    POINTS = "points"
    """Straight from each dated share to the next, from 0 at the start of the cycle."""


DATED = frozenset({CurveKind.MILESTONES, CurveKind.POINTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A share of progress expected by the beginning of a local day."""

    on: date
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Expected progress over a cycle."""

    kind: CurveKind = CurveKind.LINEAR
    days_off: tuple[date, ...] = ()
    """Days of the cycle on which no progress is expected, ascending, each once; none for dated curves."""
    calendar: str = ""
    """The country whose holidays are off, and its region: ``FR``, ``DE-BY``."""
    marks: tuple[Mark, ...] = ()
    """Of dated curves: dates ascending, shares from 0 to 1 that never fall. Where the end has none, 1 is expected."""


LINEAR = Curve()
