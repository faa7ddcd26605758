"""A cycle told as a whole: how its key results stand, what moved them since it began, what is stuck, how it ended.

What is exported (spreadsheets, slides, print) is written from this one object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from flows.reader import StoreReader
from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind
from mapping.decimals import difference, tidy, total
from mapping.people import Comment, Override
from mapping.rules import Cycle
from mapping.standing import Overview, Standing
from mapping.status import Status
from store import Snapshot

STILL_AFTER = timedelta(days=14)
"""A key result short of its target whose value has not changed for so long is stuck."""
REACHED = frozenset({Status.ACHIEVED, Status.PARTIAL, Status.MISSED, Status.NOT_STARTED})


class Stuck(StrEnum):
    """Why nothing moves a key result."""

    NO_DATA = "no data"
    STALE = "stale"
    STILL = "still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One key result over a cycle."""

    standing: Standing
    start: Decimal | None
    """The value it had first in the cycle, else its baseline; None where neither is known."""
    moved: tuple[CausePart, ...]
    """The causes of all changes since then, summed by kind; the greatest first."""
    stuck: Stuck | None
    stuck_because: str
    """The reason as it was told; empty where the value merely stands still."""
    check_ins: tuple[CheckIn, ...]
    """Of the cycle, newest first."""
    comments: tuple[Comment, ...]
    """Oldest first."""
    overrides: tuple[Override, ...] = ()
    """Of the cycle, oldest first, whether they are in force or over."""
    score: Decimal | None = None
    """As the closed cycle's snapshot has it."""
    score_by_hand: str | None = None
    """The reason of a person who gave it."""

    def override_of(self, entry: CheckIn) -> Override | None:
        """Return how a check-in stood, or stands, above the automatic value; None where it did not."""
        return next((each for each in self.overrides if each.check_in.run == entry.run), None)

    @property
    def notes(self) -> tuple[tuple[datetime, str, str], ...]:
        """Instant, author and text of what people said, with their check-ins and as comments, oldest first."""
        said = [(each.at, each.author, each.note) for each in self.check_ins if each.note]
        return tuple(sorted([*said, *((each.at, each.author, each.text) for each in self.comments)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a cycle ended."""

    closed_at: datetime
    closed_by: str
    digest: str
    scores: Mapping[str, Decimal]
    """By id of the objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """A cycle with the story of each key result."""

    overview: Overview
    stories: Mapping[str, Story] = field(default_factory=dict)
    """By address."""
    closing: Closing | None = None
    """None while the cycle is open."""

    def of(self, standings: Sequence[Standing]) -> list[Story]:
        """Return the stories of some key results, in their order."""
        return [self.stories[each.key_result] for each in standings]


def report(reader: StoreReader, cycle: str | None = None) -> CycleReport:
    """Return a cycle as a whole; None means the running one, or the nearest.

    Raises:
        UnknownNameError: no such cycle, or nothing was synced yet.
    """
    overview = reader.overview(cycle)
    snapshot = reader.closed(overview.cycle.id, overview.as_of)
    body = {} if snapshot is None else json.loads(snapshot.body)
    ended = {each["id"]: each for objective in body.get("objectives", ()) for each in objective["key_results"]}
    stories = {
        each.key_result: _story(each, overview, reader, ended.get(each.key_result, {}))
        for objective in overview.objectives
        for each in objective.key_results
    }
    return CycleReport(overview=overview, stories=stories, closing=_closing(snapshot, body))


def _story(standing: Standing, overview: Overview, reader: StoreReader, ended: Mapping[str, str]) -> Story:
    cycle, now = overview.cycle, overview.as_of
    begins = datetime.combine(cycle.starts_on, time(), ZoneInfo(cycle.timezone)).astimezone(UTC)
    history = [each for each in reader.whole_history(standing.key_result) if begins <= each.at <= now]
    first = next((each.value for each in reversed(history) if each.value is not None), None)
    stuck, because = _stuck(standing, overview)
    score = ended.get("score")
    return Story(
        standing=standing,
        start=standing.metric.baseline if first is None else first,
        moved=_moved(standing, history, first),
        stuck=stuck,
        stuck_because=because,
        check_ins=tuple(history),
        comments=tuple(each for each in reader.comments(standing.key_result) if begins <= each.at <= now),
        overrides=tuple(each for each in reader.overrides(standing.key_result) if begins <= each.check_in.at <= now),
        score=None if score is None else Decimal(score),
        score_by_hand=ended.get("score_by_hand"),
    )


def _moved(standing: Standing, history: Sequence[CheckIn], first: Decimal | None) -> tuple[CausePart, ...]:
    """Return the causes whose sum is the way from the first value to the one shown.

    What people said counts as far as it stands above what is measured now: of one that was resumed nothing is left.
    """
    measured = [each for each in history if each.kind is not CheckInKind.BY_HAND]
    if not measured or len(measured) == len(history):
        return summed(history)
    parts = summed(measured)
    if standing.automatic is None or standing.value is None or first is None:
        return parts
    above = difference(difference(standing.value, first), total(part.amount for part in parts))
    return (CausePart(kind=CauseKind.BY_HAND, amount=tidy(above)), *parts) if above else parts


def summed(history: Sequence[CheckIn]) -> tuple[CausePart, ...]:
    """Return the causes of several check-ins summed by kind, the greatest change first; a first reading moves nothing.

    The items are those of all parts; of an item that changed twice the key stands once and counts twice.
    """
    parts: dict[CauseKind, list[CausePart]] = {}
    for cause in (cause for each in history for cause in each.causes):
        if cause.kind is not CauseKind.FIRST:
            parts.setdefault(cause.kind, []).append(cause)
    found = [
        CausePart(
            kind=kind,
            amount=tidy(total(part.amount for part in several)),
            items=tuple(sorted({item for part in several for item in part.items})),
            count=sum(part.count for part in several),
        )
        for kind, several in parts.items()
    ]
    return tuple(sorted(found, key=lambda part: (-abs(part.amount), part.kind)))


def _stuck(standing: Standing, overview: Overview) -> tuple[Stuck | None, str]:
    if standing.value is None:
        return Stuck.NO_DATA, standing.no_data or ""
    if standing.stale_reason:
        return Stuck.STALE, standing.stale_reason
    short = standing.progress is not None and standing.progress < 1 and standing.status not in REACHED
    since = standing.changed_at
    running = _is_running(overview.cycle, overview.as_of)
    if short and running and since is not None and overview.as_of - since >= STILL_AFTER:
        return Stuck.STILL, ""
    return None, ""


def _is_running(cycle: Cycle, now: datetime) -> bool:
    return cycle.starts_on <= now.astimezone(ZoneInfo(cycle.timezone)).date() < cycle.ends_on


def _closing(snapshot: Snapshot | None, body: Mapping[str, list[Mapping[str, str | None]]]) -> Closing | None:
    if snapshot is None:
        return None
    given = {str(each["id"]): each["score"] for each in body["objectives"]}
    scores = {objective: Decimal(score) for objective, score in given.items() if score is not None}
    return Closing(closed_at=snapshot.closed_at, closed_by=snapshot.closed_by, digest=snapshot.digest, scores=scores)
