"""What a run leaves in the outbox: every key result whose effective value or status is other than was last queued.

Rows are written in the transaction that publishes, so that nothing published is left untold and nothing is told that
was not published. What was queued last is compared with how the key result stands, not with what this run changed:
an override that ran out, a status that the calendar changed, a new destination and a failed delivery all go out so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from mapping.delivery import Delivery, DeliveryState, Update, note_of, update_of
from mapping.effective import Entries
from mapping.rules import Objective
from mapping.standing import standing
from mapping.status import Status
from store import Run

UNSETTLED = (DeliveryState.FAILED, DeliveryState.CONFLICT)
"""Queued anew by each run until the other side takes it, or a person has settled what stands there."""


class Outlet(Protocol):
    """A destination, as far as the outbox needs to know it."""

    @property
    def name(self) -> str:
        """Its name in the rules."""
        ...

    def wants(self, objective: Objective, address: str) -> bool:
        """Return whether a key result goes there."""
        ...


def enqueue(
    run: Run,
    objectives: Sequence[Objective],
    outlets: Iterable[Outlet],
    *,
    now: datetime,
    closed: Iterable[str] = (),
    earlier: Mapping[str, Sequence[Status]] | None = None,
    only: str | None = None,
) -> int:
    """Queue what destinations do not know yet, and return how many rows that made. Between publish and commit.

    Args:
        run: has published.
        objectives: with their key results.
        outlets: the destinations of the rules.
        now: the clock.
        closed: cycles whose key results are frozen.
        earlier: statuses at the runs before, for profiles with hysteresis.
        only: this key result and no other.
    """
    wanting = list(outlets)
    if not wanting:
        return 0
    frozen = frozenset(closed)
    newest = run.newest_outgoing(only)
    updates = {
        update.key_result: (objective, update)
        for objective, update in _updates(run, objectives, now, earlier or {}, only)
        if objective.cycle.id not in frozen
    }
    fresh = [
        (outlet.name, update)
        for outlet in wanting
        for objective, update in updates.values()
        if outlet.wants(objective, update.key_result) and _is_news(update, newest.get((outlet.name, update.key_result)))
    ]
    return len(run.send(fresh, at=now))


def _is_news(update: Update, last: Delivery | None) -> bool:
    if last is None:
        return update.value is not None  # nobody waits to hear of a key result that never had a value
    return last.state in UNSETTLED or not update.says_as(last.update)


def _updates(
    run: Run,
    objectives: Sequence[Objective],
    now: datetime,
    earlier: Mapping[str, Sequence[Status]],
    only: str | None,
) -> Iterable[tuple[Objective, Update]]:
    among = None if only is None else [only]
    entries, fresh = run.entries(among), run.freshness(among)
    for objective in objectives:
        for key_result in objective.key_results:
            if only is not None and key_result.id != only:
                continue
            known = entries.get(key_result.id, Entries())
            stands = standing(
                key_result,
                objective,
                entries=known,
                fresh=fresh.get(key_result.id),
                now=now,
                earlier=earlier.get(key_result.id, ()),
            )
            said = known.by_hand if stands.override is not None else known.measured or known.by_hand
            note = "" if said is None else note_of(said.causes, stands.metric, said.note)
            yield objective, update_of(stands, objective, run=run.seq, at=now, note=note)
