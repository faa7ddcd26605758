"""How much working time lies between two instants. Holidays come in as dates: who knows them lives elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = 7
MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """When work is done, by the clock on the wall."""

    timezone: str
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    """0 is Monday; ascending."""
    opens: int = 9 * 60
    """Minutes after local midnight."""
    closes: int = 17 * 60
    """Later than ``opens``; the moment itself is outside."""
    off: tuple[date, ...] = ()
    """Days without work, ascending, each on one of the weekdays."""

    @property
    def seconds_a_day(self) -> int:
        """Return the length of a whole working day."""
        return (self.closes - self.opens) * MINUTE


def working_seconds(start: datetime, end: datetime, hours: WorkingHours) -> int:
    """Return the working time from one instant to another, in whole seconds; 0 when the end comes first."""
    if end <= start:
        return 0
    zone = ZoneInfo(hours.timezone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return _until(last, hours) - _until(first, hours)
    between = _workdays(first.date() + timedelta(days=1), last.date(), hours)
    opening = hours.seconds_a_day - _until(first, hours) if _works(first.date(), hours) else 0
    return opening + between * hours.seconds_a_day + _until(last, hours)


def _works(day: date, hours: WorkingHours) -> bool:
    return day.weekday() in hours.weekdays and day not in hours.off


def _until(moment: datetime, hours: WorkingHours) -> int:
    """Return the working time of its own day that is over at a local moment."""
    if not _works(moment.date(), hours):
        return 0
    since_midnight = datetime.combine(moment.date(), moment.time()) - datetime.combine(moment.date(), time(0))
    return min(max(int(since_midnight.total_seconds()) - hours.opens * MINUTE, 0), hours.seconds_a_day)


def _workdays(start: date, end: date, hours: WorkingHours) -> int:
    """Return the number of working days from ``start`` to before ``end``, without walking through them."""
    weeks, rest = divmod((end - start).days, WEEK)
    odd = sum((start.weekday() + n) % WEEK in hours.weekdays for n in range(rest))
    return weeks * len(hours.weekdays) + odd - (bisect_left(hours.off, end) - bisect_left(hours.off, start))
