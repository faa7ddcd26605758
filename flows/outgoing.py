"""What a run leaves in the outbox: every key result whose effective value or status is other than was last queued.

Rows are written in the transaction that publishes, so that nothing published is left untold and nothing is told that
was not published. What was queued last is compared with how the key result stands, not with what this run changed:
an override that ran out, a status that the calendar changed, a new destination and a failed delivery all go out so.
A sync compares all that is declared, whoever declared it; what a person does compares what it touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from flows.earlier import earlier_statuses
from mapping.declared import objective_of
from mapping.delivery import Delivery, DeliveryState, Update, note_of, update_of
from mapping.effective import Entries
from mapping.periods import local_date
from mapping.rollup import judged_by_parts, weighing
from mapping.rules import KeyResult, Objective, Rollup
from mapping.standing import Standing, standing
from mapping.status import Status
from store import Freshness, Run, Store

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


def enqueue_after(
    run: Run, store: Store, addresses: Collection[str], outlets: Iterable[Outlet], *, now: datetime
) -> int:
    """Queue what a person's deed changed for destinations, and return how many rows. Between publish and commit.

    Args:
        run: the deed; has published.
        store: the same store, as it was before the deed.
        addresses: of the key results that the deed touched.
        outlets: the destinations of the rules.
        now: the clock.
    """
    wanting = list(outlets)
    if not wanting or not addresses:
        return 0
    found = (run.objective_of(address) for address in dict.fromkeys(addresses))
    objectives = [each for each in found if each is not None]
    earlier = earlier_statuses(store, objectives, current=False)
    closed = store.snapshots()
    gone = enqueue_retired(run, wanting, now=now, closed=closed, among=addresses)
    return gone + enqueue(run, objectives, wanting, now=now, closed=closed, earlier=earlier)


def enqueue(
    run: Run,
    objectives: Sequence[Objective],
    outlets: Iterable[Outlet],
    *,
    now: datetime,
    closed: Iterable[str] = (),
    earlier: Mapping[str, Sequence[Status]] | None = None,
    judged_at: datetime | None = None,
) -> int:
    """Queue what destinations do not know yet, and return how many rows that made. Between publish and commit.

    Args:
        run: has published.
        objectives: with the key results to look at.
        outlets: the destinations of the rules.
        now: the clock.
        closed: cycles whose key results are frozen.
        earlier: statuses at the runs before, for profiles with hysteresis.
        judged_at: the moment whose status counts; now by default.
    """
    wanting = list(outlets)
    if not wanting:
        return 0
    frozen = frozenset(closed)
    open_ = [each for each in objectives if each.cycle.id not in frozen]
    newest = run.newest_outgoing(_among(open_))
    fresh = [
        (outlet.name, update)
        for objective, update in _Standings(run, open_, judged_at or now, earlier or {}).updates(at=now)
        for outlet in wanting
        if outlet.wants(objective, update.key_result) and _is_news(update, newest.get((outlet.name, update.key_result)))
    ]
    return len(run.send(fresh, at=now))


def enqueue_retired(
    run: Run,
    outlets: Iterable[Outlet],
    *,
    now: datetime,
    closed: Iterable[str] = (),
    among: Collection[str] | None = None,
) -> int:
    """Queue that key results are declared no longer, where they were told of, and return how many rows that made.

    Those of a cycle that is closed or over are left out: to tidy up behind it drops nothing. Called between publish
    and commit.

    Args:
        run: has published.
        outlets: the destinations of the rules.
        now: the clock.
        closed: cycles whose key results are frozen.
        among: addresses to look at; all by default.
    """
    candidates = run.retired() if among is None else run.retired().intersection(among)
    if not candidates:
        return 0
    register, frozen = run.register(), frozenset(closed)
    gone: dict[str, Objective] = {}
    for address in sorted(candidates):
        objective = register.objectives[objective_of(address)].body
        cycle = objective.cycle
        if cycle.id not in frozen and local_date(now, cycle.timezone) < cycle.ends_on:
            gone[address] = objective
    newest = run.newest_outgoing(list(gone))
    fresh = [
        (outlet.name, replace(last.update, run=run.seq, at=now, note="declared no longer", retired=True))
        for address, objective in gone.items()
        for outlet in outlets
        if outlet.wants(objective, address)
        and (last := newest.get((outlet.name, address))) is not None
        and (not last.update.retired or last.state in UNSETTLED)
    ]
    return len(run.send(fresh, at=now))


def _is_news(update: Update, last: Delivery | None) -> bool:
    if last is None:
        return update.value is not None  # nobody waits to hear of a key result that never had a value
    return last.state in UNSETTLED or not update.says_as(last.update)


def _among(objectives: Sequence[Objective]) -> list[str]:
    return [each.id for objective in objectives for each in objective.key_results]


class _Standings:
    """How key results stand as a run leaves them."""

    def __init__(
        self, run: Run, objectives: Sequence[Objective], now: datetime, earlier: Mapping[str, Sequence[Status]]
    ) -> None:
        self._run = run
        self._objectives = objectives
        self._now = now
        self._earlier = earlier
        among = _among(objectives)
        self._entries: dict[str, Entries] = run.entries(among)
        self._fresh: dict[str, Freshness] = run.freshness(among)
        self._found: dict[str, Standing] = {}

    def updates(self, *, at: datetime) -> Iterator[tuple[Objective, Update]]:
        """Yield what destinations are told of each key result, in order."""
        for objective in self._objectives:
            for key_result in objective.key_results:
                stands = self._of(key_result, objective)
                self._found[key_result.id] = stands
        for objective in self._objectives:
            for key_result in objective.key_results:
                stands = self._by_parts(key_result)
                known = self._entries.get(key_result.id, Entries())
                said = known.by_hand if stands.override is not None else known.measured or known.by_hand
                note = "" if said is None else note_of(said.causes, stands.metric, said.note)
                yield objective, update_of(stands, objective, run=self._run.seq, at=at, note=note)

    def _of(self, key_result: KeyResult, objective: Objective) -> Standing:
        return standing(
            key_result,
            objective,
            entries=self._entries.get(key_result.id, Entries()),
            fresh=self._fresh.get(key_result.id),
            now=self._now,
            earlier=self._earlier.get(key_result.id, ()),
        )

    def _by_parts(self, key_result: KeyResult) -> Standing:
        """Return how a key result stands; a roll-up as bad as its worst part, as everywhere it is shown."""
        stands = self._found[key_result.id]
        if not isinstance(key_result.measure, Rollup):
            return stands
        parts = {address: self._part(address) for address in weighing(key_result.measure)}
        statuses = {address: part.status for address, part in parts.items() if part is not None}
        return replace(stands, pace=judged_by_parts(key_result.measure, stands.pace, statuses))

    def _part(self, address: str) -> Standing | None:
        if address in self._found:
            return self._found[address]
        objective = self._run.objective_of(address)
        if objective is None:
            return None
        self._entries |= self._run.entries([address])
        self._fresh |= self._run.freshness([address])
        self._found[address] = self._of(objective.key_results[0], objective)
        return self._found[address]
