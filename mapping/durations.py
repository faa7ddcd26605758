"""How long an item took, by the clock or by working hours. See docs/semantics.md, Durations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from mapping.decimals import quotient
from mapping.hours import working_seconds
from mapping.rules import Duration, DurationKind, TimeUnit
from mapping.words import ItemState, WorkItem

HOUR = Decimal(3600)
DAY = Decimal(86400)
NOT_DONE = "not done yet"
CLOSED = "closed, so it ages no more"
NO_CREATION = "no time of creation"
NO_START = "no record of when work began"
NO_END = "done without a time of completion"
BACKWARDS = "done before it began"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """Times items for one measure."""

    measure: Duration
    started: Mapping[str, datetime]
    """When work on an item began, by its id, as far as that is on record."""
    now: datetime

    def time(self, item: WorkItem) -> Decimal | str:
        """Return the duration in the measure's unit, on the grid; or why there is none."""
        ends = self._ends(item)
        if isinstance(ends, str):
            return ends
        start, end = ends
        if end < start:
            return BACKWARDS
        hours, days = self.measure.hours, self.measure.unit is TimeUnit.DAYS
        if hours is None:
            seconds = Decimal((end - start) // timedelta(microseconds=1)).scaleb(-6)
            return quotient(seconds, DAY if days else HOUR)
        worked = Decimal(working_seconds(start, end, hours))
        return quotient(worked, Decimal(hours.seconds_a_day) if days else HOUR)

    def _ends(self, item: WorkItem) -> tuple[datetime, datetime] | str:
        if self.measure.kind is DurationKind.AGE:
            if item.state in (ItemState.DONE, ItemState.WONT_DO):
                return CLOSED
            return NO_CREATION if item.created_at is None else (item.created_at, self.now)
        if item.state is not ItemState.DONE:
            return NOT_DONE
        lead = self.measure.kind is DurationKind.LEAD
        start = item.created_at if lead else self.started.get(item.id)
        if start is None:
            return NO_CREATION if lead else NO_START
        return NO_END if item.done_at is None else (start, item.done_at)
