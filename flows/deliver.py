"""Delivering what waits in the outbox: look first, write absolute values, look again where an answer was lost.

One process at a time writes to a destination, under a lease. What is about to be written is noted before it goes out,
so that after a lost answer or a kill what stands there is known for our own and never taken for a person's edit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from config.destinations import ConfiguredDestination
from config.load import Config
from connectors.destination import Destination, HearsOfRetired, Write
from connectors.guard import Guard
from connectors.port import Surroundings
from flows.leases import DESTINATION, Leases
from mapping.delivery import (
    Delivered,
    Delivery,
    DeliveryState,
    DestinationRecord,
    Held,
    Verdict,
    judge,
    shown,
)
from mapping.errors import FixConfigError, OkrsyncError, TryAgainError
from mapping.failpoints import reach
from store import Lease, Store

log = logging.getLogger(__name__)

MOST_ROWS = 2000
"""So many in one go; the rest in the next."""
MOST_ATTEMPTS = 12
"""At growing waits these take a day and a half; then the row has failed, and the next run queues it again."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
LOST_IN_A_ROW = 3
"""After so many failures to reach it one after the other a destination is left for this time."""
BUDGET_SECONDS = 60.0
"""How long one destination may keep others waiting because it is busy."""

Opened = Callable[[ConfiguredDestination], Destination]


@dataclass(kw_only=True)
class _Round:
    """One go at one destination."""

    rule: ConfiguredDestination
    store: Store
    now: Callable[[], datetime]
    there: Destination
    leases: Leases | None
    """None for a dry run."""
    known: dict[str, Delivered] = field(default_factory=dict)
    record: DestinationRecord
    lost: int = 0

    @property
    def lease(self) -> Lease:
        """The lease under which everything is written."""
        if self.leases is None:
            raise RuntimeError("a dry run writes nothing")
        return self.leases.held[f"{DESTINATION}:{self.rule.name}"]

    async def run(self) -> None:
        """Deliver what is due, as many at once as the destination takes."""
        self.known = self.store.delivered(self.rule.name)
        rows = self.store.due(self.rule.name, now=self.now(), most=MOST_ROWS)
        for start in range(0, len(rows), self.there.at_once):
            if self.lost >= LOST_IN_A_ROW:
                return
            await self._several(rows[start : start + self.there.at_once])

    async def _several(self, rows: Sequence[Delivery]) -> None:
        writes: dict[str, tuple[Delivery, Write, Verdict]] = {}
        for row in rows:
            if self.lost >= LOST_IN_A_ROW:
                break
            if self._left(row):
                continue
            held = await self._look(row)
            if held is not None and (made := self._judged(row, held)) is not None:
                writes[row.id] = (row, *made)
        if not writes:
            return
        if self.leases is None:
            self._preview([(row, write) for row, write, _ in writes.values()])
            return
        self._note_intent([write for _, write, _ in writes.values()])
        reach("flows.deliver.send")
        try:
            await self.there.write([write for _, write, _ in writes.values()])
        except OkrsyncError as error:
            for row, write, verdict in writes.values():
                await self._after_a_loss(row, write, verdict, error)
            return
        reach("flows.deliver.sent")
        self.lost = 0
        for row, write, verdict in writes.values():
            self._sent(row, write.held, verdict, "")

    async def _look(self, row: Delivery) -> Held | None:
        """Return what stands there, or None where that could not be told."""
        try:
            return await self.there.read(self.rule.target(row.key_result), row.update)
        except OkrsyncError as error:
            self._failed(row, error)
            return None

    def _judged(self, row: Delivery, held: Held) -> tuple[Write, Verdict] | None:
        """Return the write to make, or None where there is none."""
        last = self._last(row.key_result)
        verdict = judge(held, last, self.rule.on_conflict)
        if verdict.parts:
            target = self.rule.target(row.key_result)
            return Write(id=row.id, target=target, update=row.update, held=held, parts=verdict.parts), verdict
        if verdict.conflict:
            self._conflict(row, verdict)
        else:
            self._unchanged(row, held)
        return None

    def _last(self, key_result: str) -> Delivered | None:
        """Return what we wrote of a key result where it is written now; another target than then knows nothing."""
        last = self.known.get(key_result)
        return last if last is not None and last.target == self.rule.target(key_result) else None

    def _note_intent(self, writes: Sequence[Write]) -> None:
        """Note what may stand there from now on, before anything goes out."""
        noted: dict[str, Delivered] = {}
        for write in writes:
            if write.held.blind:
                continue
            key_result = write.update.key_result
            last = self._last(key_result) or Delivered(target=write.target)
            maybe = {**last.maybe}
            for part in write.parts:
                wanted = write.held.wanted[part]
                maybe[part] = (*(each for each in maybe.get(part, ()) if each != wanted), wanted)
            noted[key_result] = replace(last, maybe=maybe)
        self.known.update(noted)
        self.store.settle(self.rule.name, at=self.now(), held=self.lease, delivered=noted)

    async def _after_a_loss(self, row: Delivery, write: Write, verdict: Verdict, error: OkrsyncError) -> None:
        """Look whether the write is there although its answer says nothing good; else leave it for another attempt."""
        if write.held.blind or isinstance(error, FixConfigError):
            self._failed(row, error)
            return
        try:
            held = await self.there.read(write.target, row.update)
        except OkrsyncError:
            self._failed(row, error)
            return
        if all(held.found.get(part) == held.wanted.get(part) for part in write.parts):
            self.lost = 0
            self._sent(row, held, verdict, "the answer was lost, a second look found it there")
            return
        again = judge(held, self._last(row.key_result), self.rule.on_conflict)
        if again.conflict:
            self._conflict(row, again)
        else:
            self._failed(row, error)

    def _sent(self, row: Delivery, held: Held, verdict: Verdict, how: str) -> None:
        told = "; ".join(each for each in (_wanted(held), how, verdict.told) if each)
        if verdict.conflict:
            self._keep(row, held, verdict.parts)
            self._conflict(row, verdict)
            return
        self._end(row, DeliveryState.SENT, told, held)
        self.record = replace(self.record, sent=self.record.sent + 1)

    def _unchanged(self, row: Delivery, held: Held) -> None:
        told = f"{_wanted(held)} stood there already" if held.wanted else "no value to write: what stands there stays"
        self._end(row, DeliveryState.UNCHANGED, told, held)
        self.record = replace(self.record, unchanged=self.record.unchanged + 1)

    def _left(self, row: Delivery) -> bool:
        """Return whether nothing is to be written whatever stands there, and note why."""
        if not self.rule.choice.takes(row.update.objective, row.update.team, row.key_result):
            self._not_wanted(row)
            return True
        if row.update.retired and not isinstance(self.there, HearsOfRetired):
            self._end(row, DeliveryState.UNCHANGED, "declared no longer: what stands there stays", Held())
            self.record = replace(self.record, unchanged=self.record.unchanged + 1)
            return True
        return False

    def _not_wanted(self, row: Delivery) -> None:
        if self.leases is not None:
            ended = [(row, DeliveryState.SUPERSEDED, "the rules send it there no longer")]
            self.store.settle(self.rule.name, at=self.now(), held=self.lease, ended=ended)

    def _conflict(self, row: Delivery, verdict: Verdict) -> None:
        says = f"{row.key_result}: {verdict.conflict}: it was left alone"
        log.warning("%s: %s", self.rule.name, says)
        if self.leases is not None:
            fix = "check the same value in with okrsync, set it back there, or choose on_conflict: overwrite"
            ended = [(_tried(row), DeliveryState.CONFLICT, f"{verdict.conflict}: {fix}")]
            self.store.settle(self.rule.name, at=self.now(), held=self.lease, ended=ended)
        self.record = replace(self.record, conflicts=(*self.record.conflicts, says))

    def _failed(self, row: Delivery, error: OkrsyncError) -> None:
        """Let the row wait, or end it: where a person must act, and after many attempts."""
        tried = _tried(row)
        final = isinstance(error, FixConfigError) or tried.attempts >= MOST_ATTEMPTS
        self.lost += isinstance(error, TryAgainError)
        self.record = replace(self.record, failures=(*self.record.failures, f"{row.key_result}: {error}"))
        if self.leases is None:
            return
        if final:
            self.store.settle(
                self.rule.name, at=self.now(), held=self.lease, ended=[(tried, DeliveryState.FAILED, str(error))]
            )
        else:
            until = self.now() + wait_after(tried.attempts)
            self.store.settle(self.rule.name, at=self.now(), held=self.lease, postponed=[(tried, until, str(error))])

    def _end(self, row: Delivery, state: DeliveryState, detail: str, held: Held) -> None:
        if self.leases is None:
            return
        noted = self._confirmed(row, held, tuple(held.wanted))
        self.store.settle(
            self.rule.name, at=self.now(), held=self.lease, delivered=noted, ended=[(_tried(row), state, detail)]
        )

    def _keep(self, row: Delivery, held: Held, parts: Sequence[str]) -> None:
        noted = self._confirmed(row, held, parts)
        self.store.settle(self.rule.name, at=self.now(), held=self.lease, delivered=noted)

    def _confirmed(self, row: Delivery, held: Held, parts: Sequence[str]) -> dict[str, Delivered]:
        """Return what is known to stand there now that these parts were written, or found."""
        target = self.rule.target(row.key_result)
        last = self._last(row.key_result) or Delivered(target=target)
        wrote = {**last.wrote, **{part: held.wanted[part] for part in parts}}
        maybe = {part: each for part, each in last.maybe.items() if part not in parts}
        noted = {row.key_result: Delivered(target=target, wrote=wrote, maybe=maybe)}
        self.known.update(noted)
        return noted

    def _preview(self, writes: Sequence[tuple[Delivery, Write]]) -> None:
        lines = tuple(
            f"{row.key_result}: {part} {shown(write.held.found.get(part))} → {write.held.wanted[part]} "
            f"({self.there.describe(write.target)})"
            for row, write in writes
            for part in write.parts
        )
        self.record = replace(self.record, preview=self.record.preview + lines)


def _tried(row: Delivery) -> Delivery:
    return replace(row, attempts=row.attempts + 1)


def _wanted(held: Held) -> str:
    return ", ".join(f"{part} {wanted}" for part, wanted in held.wanted.items())


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts that came to nothing."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)


async def deliver(
    config: Config,
    store: Store,
    *,
    now: Callable[[], datetime],
    names: Sequence[str] = (),
    dry: bool = False,
    opened: Opened | None = None,
    budget_seconds: float = BUDGET_SECONDS,
) -> tuple[DestinationRecord, ...]:
    """Deliver what is due at each destination, all at the same time; one that is down harms only itself.

    Args:
        config: the rules.
        store: with the outbox.
        now: the clock.
        names: only these destinations; all by default.
        dry: look and say what would be written, and write nothing.
        opened: opens a destination; a test's own.
        budget_seconds: how long one that is busy or away may keep others waiting.
    """
    rules = [each for name, each in config.destinations.items() if not names or name in names]
    if not rules:
        return ()
    open_one = opened or (lambda rule: open_destination(config, rule, now=now, budget_seconds=budget_seconds))
    leases = None if dry else Leases(store=store, now=now)
    async with leases.kept() if leases is not None else nullcontext():
        return tuple(await asyncio.gather(*(_one(rule, store, now, leases, open_one) for rule in rules)))


async def _one(
    rule: ConfiguredDestination, store: Store, now: Callable[[], datetime], leases: Leases | None, opened: Opened
) -> DestinationRecord:
    record = DestinationRecord(destination=rule.name, waiting=store.waiting(rule.name))
    if not record.waiting:
        return record
    reach("flows.deliver.claim")
    other = None if leases is None else leases.take(rule.name, DESTINATION)
    if other is not None:
        return replace(record, failures=(f"another process is delivering ({other})",))
    try:
        there = opened(rule)
    except OkrsyncError as error:
        return replace(record, failures=(str(error),))
    this = _Round(rule=rule, store=store, now=now, there=there, leases=leases, record=record)
    try:
        await this.run()
    except OkrsyncError as error:  # the lease was lost, or the store is away: what was not noted is looked at again
        this.record = replace(this.record, failures=(*this.record.failures, str(error)))
    finally:
        await there.aclose()
    return replace(this.record, waiting=store.waiting(rule.name))


def open_destination(
    config: Config,
    rule: ConfiguredDestination,
    *,
    now: Callable[[], datetime],
    budget_seconds: float = BUDGET_SECONDS,
) -> Destination:
    """Open one destination of the rules; the first request is sent by whoever uses it.

    Raises:
        FixConfigError: a variable that its options need is not set.
    """
    surroundings = Surroundings(
        connection=rule.name,
        folder=config.folder,
        guard=Guard.of(config.settings.allowed_hosts),
        now=now,
        budget_seconds=min(config.settings.budget_seconds, budget_seconds),
        in_flight=config.settings.in_flight,
    )
    opened: Destination = rule.kind.open(rule.options, surroundings)
    return opened


def failures_of(records: Sequence[DestinationRecord]) -> tuple[str, ...]:
    """Return one line for everything that did not go out, and for every edit by a person that was met."""
    return tuple(
        f"{each.destination}: {line.removeprefix(f'{each.destination}: ')}"
        for each in records
        for line in (*each.failures, *each.conflicts)
    )
