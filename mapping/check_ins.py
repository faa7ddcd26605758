"""A key result's history: check-ins, what each change came from, and the days rebuilt before the first one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mapping.rules import Metric
from mapping.status import Status


class CauseKind(StrEnum):
    """Why a value changed. The parts of a change sum to the whole."""

    FIRST = "first reading"
    COMPLETED = "completed"
    REOPENED = "reopened"
    SCOPE_ADDED = "scope added"
    SCOPE_REMOVED = "scope removed"
    VANISHED = "deleted or hidden"
    """Gone, and the vendor does not say how."""
    DELETED = "deleted"
    HIDDEN = "hidden from us"
    ARCHIVED = "archived"
    MOVED = "moved elsewhere"
    RE_ESTIMATED = "re-estimated"
    EDITED = "edited"
    """Another field that the rule looks at changed (a label, a type, the parent)."""
    SOURCE_CHANGED = "source value changed"
    RULE_CHANGED = "rule changed"
    BY_HAND = "entered by hand"
    SHARED = "shared differently"
    """An item that counts here feeds other key results than before, and the rules split it or count it once."""
    CLOCK = "time passed"
    IMPORTED = "imported"
    """As another store or tool tells it; its own words are the detail, where it has any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePart:
    """One cause's share of the change of a value, in the value's unit."""

    kind: CauseKind
    amount: Decimal
    items: tuple[str, ...] = ()
    """What people call the items, sorted; at most the first 20."""
    count: int = 0
    detail: str = ""
    """For a source value: ``4.3 → 4.4 in kpis.xlsx, sheet KPI, C7``."""


class CheckInKind(StrEnum):
    """Where a check-in comes from."""

    MEASURED = "measured"
    """By a run, from the sources."""
    BY_HAND = "by hand"
    """By a person."""
    ACCEPTED = "accepted"
    """Measured, held by the guard or merely suggested, and then accepted by a person."""
    IMPORTED = "imported"
    """Taken over from another tool's export."""
    REPORTED = "reported"
    """By another okrsync, which measured it; its author is whose token it came with."""
    REBUILT = "rebuilt"
    """What would have been measured before anybody looked. Never written as a check-in: it stands in for one as of a
    day before the first sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One entry of a key result's history. Append-only, unique per (key result, run)."""

    key_result: str
    run: int
    at: datetime
    value: Decimal | None
    """None when the sources gave no data for the first time after having given some."""
    metric: Metric
    raw_progress: Decimal | None
    progress: Decimal | None
    items: int | None
    done: int | None
    formula: str
    no_data: str | None
    rule: str
    rule_version: str
    causes: tuple[CausePart, ...] = ()
    author: str = "okrsync"
    kind: CheckInKind = CheckInKind.MEASURED
    status: Status | None = None
    """As it stood when it was written; None where it was not kept."""
    confidence: Decimal | None = None
    """A person's, 0 to 1, that the target will be reached."""
    note: str = ""
    origin: str = ""
    """Of a check-in of before that was imported, with its kind as the source has it: file and row."""


def in_order(newest_first: Sequence[CheckIn], now: datetime | None = None) -> list[CheckIn]:
    """Return check-ins in the order of their runs, newest first as given, with instants in that order too.

    Clocks are set wrong and put right. Where instants do not follow the runs, or lie after ``now``, those stand that
    most agree on, of as many the later ones; the others count as of the check-in before them.
    """
    oldest_first = newest_first[::-1]
    agreed = _ascending([each.at for each in oldest_first], now)
    if len(agreed) == len(oldest_first):
        return list(newest_first)
    at = oldest_first[min(agreed)].at if agreed else now
    found = []
    for place, each in enumerate(oldest_first):
        at = each.at if place in agreed else at
        found.append(each if at is None else replace(each, at=at))
    return found[::-1]


def _ascending(instants: Sequence[datetime], now: datetime | None) -> set[int]:
    """Return the places of the most instants that never go back and are not after ``now``; of several, the last."""
    ends: list[datetime] = []  # the earliest instant that so many can end with
    places: list[int] = []
    before: dict[int, int | None] = {}
    for place, at in enumerate(instants):
        if now is not None and at > now:
            continue
        length = bisect_right(ends, at)
        ends[length : length + 1] = [at]
        places[length : length + 1] = [place]
        before[place] = places[length - 1] if length else None
    found: set[int] = set()
    last = places[-1] if places else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltReading:
    """What a key result would have read at the end of a day before anybody measured it."""

    key_result: str
    day: str
    """ISO date in the cycle's time zone."""
    at: datetime
    """The end of that day."""
    value: Decimal | None
    raw_progress: Decimal | None
    progress: Decimal | None
    no_data: str | None
    formula: str
    rule_version: str
    assumptions: tuple[str, ...] = ()
    """What had to be assumed, with the number of items: ``12 items counted since their creation …``."""

    def as_check_in(self, metric: Metric, rule: str) -> CheckIn:
        """Return it as the check-in that a sync of that day might have written; what was assumed is its note."""
        return CheckIn(
            key_result=self.key_result,
            run=0,
            at=self.at,
            value=self.value,
            metric=metric,
            raw_progress=self.raw_progress,
            progress=self.progress,
            items=None,
            done=None,
            formula=self.formula,
            no_data=self.no_data,
            rule=rule,
            rule_version=self.rule_version,
            kind=CheckInKind.REBUILT,
            note="; ".join(self.assumptions),
        )
