"""The final score of a key result once its cycle is over. See docs/semantics.md, Final score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from mapping.metric import clamp
from mapping.periods import local_date
from mapping.profiles import Profile
from mapping.rules import Cycle, ObjectiveKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a key result came to, 0 to 1, and what that is called."""

    value: Decimal
    """Clamped progress, not rounded."""
    outcome: str
    """``achieved``, ``partial`` or ``missed``, by the kind of the objective."""
    band: str
    """The name that the profile gives to this score; the outcome where it has no names of its own."""
    because: str
    """``0.65 (committed: 1.00 is achieved, 0.40 partial)``."""


def final_score(
    progress: Decimal | None, *, kind: ObjectiveKind, cycle: Cycle, now: datetime, profile: Profile
) -> Score | None:
    """Return the score; None while the cycle runs and without any value.

    Args:
        progress: raw, of the last good value.
        kind: committed objectives expect 1.0, of an aspirational one 0.7 is a success.
        cycle: whose end is awaited, in its own time zone.
        now: an aware instant.
        profile: the bounds and the names of bands.
    """
    if progress is None or local_date(now, cycle.timezone) < cycle.ends_on:
        return None
    value = clamp(progress)
    bound = profile.achieved(committed=kind is ObjectiveKind.COMMITTED)
    outcome = "achieved" if progress >= bound else "partial" if progress >= profile.partial else "missed"
    band = next((band.name for band in profile.bands if value >= band.at), outcome)
    because = (
        f"{two_decimals(value)} ({kind}: {two_decimals(bound)} is achieved, {two_decimals(profile.partial)} partial)"
    )
    return Score(value=value, outcome=outcome, band=band, because=because)


def two_decimals(share: Decimal) -> str:
    """Return two decimals, cut off so that a score never seems to have reached its bound."""
    return str(share.quantize(Decimal("0.01"), rounding=ROUND_DOWN))
