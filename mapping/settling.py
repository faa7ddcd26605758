"""Hysteresis: a status gets worse at once, and better only when several runs in a row agree. Off by default.

GitLab came to the same rule for its automation, which had shown items on track too readily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mapping.check_ins import CheckIn, CheckInKind
from mapping.pace import pace
from mapping.rules import KeyResult, Objective
from mapping.status import Pace, Status

COLOURS = (Status.OFF_TRACK, Status.AT_RISK, Status.ON_TRACK)
"""Worst first. Only these are held back: what is no colour (stale, no data) and outcomes show at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A published run and when it was."""

    run: int
    at: datetime


def settled(pace: Pace, earlier: Sequence[Status], runs: int) -> Pace:
    """Return the pace with its status held at the worst of the last ``runs`` runs, where that is worse.

    Args:
        pace: as it is now.
        earlier: the statuses at the runs before, without any hysteresis, newest first.
        runs: how many must agree, this one included; 1 is no hysteresis.
    """
    seen = [status for status in earlier[: runs - 1] if status in COLOURS]
    if pace.status not in COLOURS or not seen:
        return pace
    worst = min(seen, key=COLOURS.index)
    if COLOURS.index(worst) >= COLOURS.index(pace.status):
        return pace
    better = seen.index(worst) + 1
    held = f"still {worst.replace('_', ' ')}, {better} of {runs} runs are better: {pace.because}"
    return replace(pace, status=worst, because=held)


def statuses_at(
    key_result: KeyResult, objective: Objective, check_ins: Sequence[CheckIn], moments: Sequence[Moment]
) -> tuple[Status, ...]:
    """Return the status at each moment from the measured check-in in force then, newest first like the moments.

    Args:
        key_result: gives the curve.
        objective: gives cycle, kind and profile.
        check_ins: of the key result, newest first.
        moments: published runs, newest first.
    """
    measured = [each for each in check_ins if each.kind in (CheckInKind.MEASURED, CheckInKind.ACCEPTED)]
    return tuple(_status_at(key_result, objective, measured, moment) for moment in moments)


def _status_at(key_result: KeyResult, objective: Objective, check_ins: Sequence[CheckIn], moment: Moment) -> Status:
    entry = next((each for each in check_ins if each.run <= moment.run), None)
    return pace(
        None if entry is None else entry.raw_progress,
        metric=key_result.metric if entry is None else entry.metric,
        objective_kind=objective.kind,
        cycle=objective.cycle,
        now=moment.at,
        profile=objective.profile,
        curve=key_result.curve,
    ).status
