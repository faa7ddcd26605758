"""How fresh key results are after a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from mapping.changes import Action, Change
from store import Freshness


def freshness(
    changes: Iterable[Change], before: Mapping[str, Freshness], *, run: int, now: datetime
) -> list[Freshness]:
    """Return how fresh each measured key result is after this run; a held one stays as old as it was."""
    return [_freshness(change, before.get(change.key_result), run, now) for change in changes]


def _freshness(change: Change, before: Freshness | None, run: int, now: datetime) -> Freshness:
    """Return the freshness of one; what waits for a person leaves the value that stands as old as it was."""
    if change.action not in (Action.HOLD, Action.SUGGEST):
        return Freshness(
            key_result=change.key_result, measured_at=now, measured_run=run, no_data=change.reading.no_data
        )
    stale = change.action is Action.HOLD
    # a clock that is right again is behind one that ran ahead
    since = now if before is None or before.stale_since is None else min(before.stale_since, now)
    return Freshness(
        key_result=change.key_result,
        measured_at=before.measured_at if before is not None else None,
        measured_run=before.measured_run if before is not None else None,
        stale_reason=change.stale_reason,
        stale_since=since if stale else None,
        no_data=_no_data(change, before),
    )


def _no_data(change: Change, before: Freshness | None) -> str | None:
    if change.action is Action.SUGGEST and change.old is None:
        return "a first value waits for review"
    return before.no_data if before is not None else change.reading.no_data
