"""The periods of a cycle as spans of local dates, and the local date of an instant. See docs/semantics.md, Periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from mapping.decimals import quotient
from mapping.rules import Cycle, Period

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A week, month or quarter as far as it lies in the cycle; half-open local dates."""

    starts_on: date
    ends_on: date
    share: Decimal
    """The part of the calendar's period that lies in the cycle; 1 for a whole one."""

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on

    @property
    def whole(self) -> bool:
        """Whether the cycle holds all of it."""
        return self.share == 1


@lru_cache(maxsize=64)
def periods_in(cycle: Cycle, per: Period) -> tuple[Span, ...]:
    """Return the periods that touch the cycle, in order; the first and last are cut at its borders."""
    spans = []
    start = _start_of(cycle.starts_on, per)
    while start < cycle.ends_on:
        end = _start_of(start + timedelta(days=_LONGER_THAN[per]), per)
        first, last = max(start, cycle.starts_on), min(end, cycle.ends_on)
        share = quotient(Decimal((last - first).days), Decimal((end - start).days))
        spans.append(Span(starts_on=first, ends_on=last, share=share))
        start = end
    return tuple(spans)


_LONGER_THAN = {Period.WEEK: 7, Period.MONTH: 31, Period.QUARTER: 92}
"""Days that lead from a period's first day into the next period, and never beyond it."""


def _start_of(day: date, per: Period) -> date:
    if per is Period.WEEK:
        return day - timedelta(days=day.weekday())
    month = day.month if per is Period.MONTH else 3 * ((day.month - 1) // 3) + 1
    return date(day.year, month, 1)


def local_date(instant: datetime, timezone: str) -> date:
    """Return the local date of an instant."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def stated_date(instant: datetime, timezone: str) -> date:
    """Return the date a source states: midnight in UTC is a bare date and means that day in every zone."""
    return instant.astimezone(UTC).date() if _bare(instant) else local_date(instant, timezone)


def has_come(instant: datetime, now: datetime, timezone: str) -> bool:
    """Return whether an instant lies at or before now; a bare date from the local beginning of its day."""
    return stated_date(instant, timezone) <= local_date(now, timezone) if _bare(instant) else instant <= now


def _bare(instant: datetime) -> bool:
    return instant.astimezone(UTC).time() == MIDNIGHT


def judged(cycle: Cycle, per: Period, today: date) -> tuple[list[int], bool]:
    """Return the indices of the periods that speak for the cycle so far, and whether that is only the running one.

    These are the completed whole periods; while there is none, the running one. The cut periods at the cycle's
    borders are left out, unless the cycle holds no whole one.
    """
    spans = periods_in(cycle, per)
    whole = [index for index, span in enumerate(spans) if span.whole] or list(range(len(spans)))
    complete = [index for index in whole if spans[index].ends_on <= today]
    if complete:
        return complete, False
    return [index for index, span in enumerate(spans) if today in span], True


def running(cycle: Cycle, per: Period, today: date) -> int | None:
    """Return the index of the period under way; None outside the cycle and in a cut period beside whole ones."""
    spans = periods_in(cycle, per)
    some_whole = any(span.whole for span in spans)
    return next((n for n, span in enumerate(spans) if today in span and (span.whole or not some_whole)), None)


def begun(cycle: Cycle, per: Period, today: date) -> list[int]:
    """Return the indices of the periods that have begun, whole or not."""
    return [index for index, span in enumerate(periods_in(cycle, per)) if span.starts_on <= today]
