"""What goes to destinations: absolute values, what was written last, and whether a person's edit stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mapping.check_ins import CauseKind, CausePart
from mapping.rules import Cycle, KeyResult, Metric, Objective, ObjectiveKind
from mapping.show import show_delta
from mapping.standing import Standing
from mapping.status import Status

VALUE = "value"
STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What became of telling a destination how a key result stands."""

    destination: str
    at: datetime
    """When it ended; while it waits, when it was queued."""
    state: str
    value: Decimal | None
    status: Status
    detail: str
    attempts: int


class DeliveryState(StrEnum):
    """What became of a row of the outbox."""

    WAITING = "waiting"
    SENT = "sent"
    UNCHANGED = "unchanged"
    """It stood there already, or there was no value to write."""
    SUPERSEDED = "superseded"
    """A newer one for the same key result took its place before it went out."""
    CONFLICT = "conflict"
    """A person edited the other side: their edit was left alone."""
    FAILED = "failed"
    """Refused, or given up after many attempts; the next run queues it again."""


class OnConflict(StrEnum):
    """What happens where a person has edited what okrsync wrote."""

    REPORT = "report"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How a key result stands, in absolute terms: sending it twice says nothing new."""

    key_result: str
    title: str
    objective: str
    objective_title: str
    objective_kind: ObjectiveKind
    team: str | None
    owner: str | None
    cycle: Cycle
    metric: Metric
    run: int
    at: datetime
    value: Decimal | None
    raw_progress: Decimal | None
    progress: Decimal | None
    """Clamped."""
    status: Status
    confidence: Decimal | None
    author: str
    note: str
    """Why it moved, for people."""
    stale_reason: str | None = None
    no_data: str | None = None
    objective_owner: str | None = None
    retired: bool = False
    """Nobody declares it any more; the rest is how it stood when it was last told of."""

    def says_as(self, other: Update) -> bool:
        """Return whether two updates tell a destination the same."""
        mine, theirs = ((each.value, each.raw_progress, each.status, each.retired) for each in (self, other))
        return mine == theirs


def update_of(standing: Standing, objective: Objective, *, run: int, at: datetime, note: str) -> Update:
    """Return what destinations are told of a key result that stands like this."""
    return Update(
        key_result=standing.key_result,
        title=standing.title,
        objective=objective.id,
        objective_title=objective.title,
        objective_kind=objective.kind,
        team=objective.team,
        owner=standing.owner,
        cycle=objective.cycle,
        metric=standing.metric,
        run=run,
        at=at,
        value=standing.value,
        raw_progress=standing.raw_progress,
        progress=standing.progress,
        status=standing.status,
        confidence=standing.confidence,
        author=standing.author,
        note=note,
        stale_reason=standing.stale_reason,
        no_data=standing.no_data,
        objective_owner=objective.owner,
    )


def trial_of(key_result: KeyResult, objective: Objective, *, at: datetime) -> Update:
    """Return an update to look at a target with, never to be written: a key result that has reached its end."""
    return Update(
        key_result=key_result.id,
        title=key_result.title,
        objective=objective.id,
        objective_title=objective.title,
        objective_kind=objective.kind,
        team=objective.team,
        owner=key_result.owner,
        cycle=objective.cycle,
        metric=key_result.metric,
        run=0,
        at=at,
        value=key_result.metric.target,
        raw_progress=Decimal(1),
        progress=Decimal(1),
        status=Status.ON_TRACK,
        confidence=None,
        author="",
        note="",
    )


def note_of(causes: tuple[CausePart, ...], metric: Metric, said: str) -> str:
    """Return why a value moved, in one line: what a person said, else its causes with their amounts."""
    if said:
        return said
    parts = [
        f"{each.kind} {show_delta(each.amount, metric.unit)}" for each in causes if each.kind is not CauseKind.FIRST
    ]
    return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox."""

    id: str
    """The same for every attempt: receivers tell a repetition by it."""
    position: int
    destination: str
    key_result: str
    run: int
    update: Update
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime | None = None
    ended_at: datetime | None = None
    detail: str = ""
    """What came back, or why it did not go out."""


def sending(row: Delivery) -> Sending:
    """Return a row of the outbox as explanations show it."""
    return Sending(
        destination=row.destination,
        at=row.ended_at or row.created_at,
        state=str(row.state),
        value=row.update.value,
        status=row.update.status,
        detail=row.detail,
        attempts=row.attempts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What we know to have written for a key result at a destination, as comparable text by part."""

    target: str
    wrote: Mapping[str, str] = field(default_factory=dict)
    maybe: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Writes whose answer was not seen: what stands there may be any of them, and is ours."""

    def is_ours(self, part: str, found: str | None) -> bool:
        """Return whether what stands there is what we wrote, and so no person's edit."""
        return found == self.wrote.get(part) or found in self.maybe.get(part, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stands at a target, and what would stand there after the write; as comparable text by part."""

    found: Mapping[str, str | None] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)
    """In order: a part that meets a conflict keeps those behind it from being written. Empty: nothing to write."""
    blind: bool = False
    """The other side cannot be read: it tells a repetition by the id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do with an update after a look at the other side."""

    parts: tuple[str, ...]
    """To be written."""
    conflict: str = ""
    """Which edit by a person is left alone."""
    told: str = ""
    """What the write replaces although it was not ours."""


def judge(held: Held, delivered: Delivered | None, policy: OnConflict) -> Verdict:
    """Return which parts to write: none that stands already, and none that a person has edited unless policy says so.

    Args:
        held: what was found and is wanted.
        delivered: what we wrote at this target before, None when never.
        policy: for edits by people.
    """
    parts: list[str] = []
    told: list[str] = []
    for part, wanted in held.wanted.items():
        found = held.found.get(part)
        if not held.blind and found == wanted:
            continue
        edited = delivered is not None and not held.blind and _known(delivered, part)
        if edited and delivered is not None and not delivered.is_ours(part, found):
            last = delivered.wrote.get(part, "nothing")
            says = f"a person set {part} to {shown(found)} there, where okrsync had written {last}"
            if policy is OnConflict.REPORT:
                return Verdict(parts=tuple(parts), conflict=says, told="; ".join(told))
            told.append(f"overwritten: {says}")
        elif not _known(delivered, part) and found is not None:
            told.append(f"first write: {part} was {found}")
        parts.append(part)
    return Verdict(parts=tuple(parts), told="; ".join(told))


def shown(found: str | None) -> str:
    """Return what was found, for people."""
    return "nothing" if found is None else found


def _known(delivered: Delivered | None, part: str) -> bool:
    return delivered is not None and (part in delivered.wrote or part in delivered.maybe)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRecord:
    """How one destination fared."""

    destination: str
    sent: int = 0
    unchanged: int = 0
    conflicts: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """One line each: what did not go out, and why."""
    waiting: int = 0
    """Left for a later attempt."""
    preview: tuple[str, ...] = ()
    """Of a dry run: what would be written, one line each."""
