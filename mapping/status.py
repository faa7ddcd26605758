"""How a key result stands against this day: its pace, and the status that follows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """How progress stands against this day, by a profile's thresholds; and the states that are no colour."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    NOT_STARTED = "not_started"
    """The cycle has not begun."""
    TOO_EARLY = "too_early"
    """Nothing is coloured in the first 5 % of a cycle."""
    NO_DATA = "no_data"
    STALE = "stale"
    ACHIEVED = "achieved"
    PARTIAL = "partial"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What was expected by an instant, and the status that follows, with the arithmetic in words."""

    elapsed: Decimal
    """Share of the cycle that has passed, 0 to 1."""
    expected: Decimal
    """Expected progress."""
    status: Status
    because: str
    """``38 % of the way with 52 % expected: 0.73 of the pace, on track from 0.90``."""
    expected_because: str = ""
    """How the expected progress came about: ``33 of 63 working days (FR) over: 52 % expected``."""
    profile: str = "okrsync"
    """The status profile whose thresholds these are."""
