"""One key result under several status profiles, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mapping.pace import pace
from mapping.profiles import Level, Profile
from mapping.readings import Judgement, Standing, Status
from mapping.rules import KeyResult, Objective

COLOURS = tuple(Status(level) for level in Level)
"""Best first, as a profile names them."""


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
