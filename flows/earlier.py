"""What a profile with hysteresis needs to know of the runs before; costs nothing where none has any."""

from __future__ import annotations

from collections.abc import Sequence

from mapping.rules import Objective
from mapping.settling import Moment, statuses_at
from mapping.status import Status
from store import Store

CHECK_INS = 100
"""More than the runs that a profile may ask to agree, and each run writes one at most."""


def earlier_statuses(store: Store, objectives: Sequence[Objective], *, current: bool) -> dict[str, tuple[Status, ...]]:
    """Return the statuses at the runs before, newest first, by key result, where a profile has hysteresis.

    Args:
        store: holds runs and check-ins.
        objectives: with their key results.
        current: whether the last published run is the present one, so that those before it are meant.
    """
    patient = [each for each in objectives if each.profile.hysteresis > 1]
    if not patient:
        return {}
    most = max(each.profile.hysteresis for each in patient)
    moments = [Moment(run.seq, run.finished_at) for run in store.runs(most)][int(current) :]
    return {
        key_result.id: statuses_at(key_result, objective, store.check_ins(key_result.id, CHECK_INS), moments)
        for objective in patient
        for key_result in objective.key_results
    }
