"""One key result under several status profiles, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mapping.pace import pace
from mapping.profiles import Level, Profile
from mapping.rules import KeyResult, Objective
from mapping.standing import Standing
from mapping.status import Status

COLOURS = tuple(Status(level) for level in Level)
"""Best first, as a profile names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one status profile makes of a key result."""

    profile: str
    title: str
    own: bool
    """Whether it is the one that the rules name."""
    status: Status
    called: str
    """The tool's own word for the colour; empty where there is none."""
    because: str
    reading: str
    """The choice taken where the tool's documents leave one open."""
    source: str


def judgements(
    standing: Standing, key_result: KeyResult, objective: Objective, profiles: Iterable[Profile], now: datetime
) -> tuple[Judgement, ...]:
    """Return what each profile makes of a standing, the objective's own first, none twice.

    Stale, no data and the first days are the same under all: no profile colours these.
    """
    own = objective.profile
    others = [profile for profile in profiles if profile.name != own.name]
    return tuple(_judged(standing, key_result, objective, profile, now) for profile in (own, *others))


def _judged(
    standing: Standing, key_result: KeyResult, objective: Objective, profile: Profile, now: datetime
) -> Judgement:
    found = pace(
        standing.raw_progress,
        metric=standing.metric,
        objective_kind=objective.kind,
        cycle=objective.cycle,
        now=now,
        no_data=standing.no_data,
        stale=standing.stale_reason,
        profile=profile,
        curve=key_result.curve,
    )
    return Judgement(
        profile=profile.name,
        title=profile.title or profile.name,
        own=profile == objective.profile,
        status=found.status,
        called=profile.called[COLOURS.index(found.status)] if found.status in COLOURS else "",
        because=found.because,
        reading=profile.reading,
        source=profile.source,
    )
