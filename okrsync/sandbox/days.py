"""When things happened in the invented world: a cycle around the clock, and working hours before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = "Europe/Paris"
HISTORY_DAYS = 120
CYCLE_MONTHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The demo's cycle: whole calendar months, with the anchor somewhere around its middle."""

    starts_on: date
    ends_on: date
    today: date

    @property
    def elapsed(self) -> float:
        """Share of the days that are over. Only used to invent a believable world, never for a result."""
        return (self.today - self.starts_on).days / (self.ends_on - self.starts_on).days


def local_day(instant: datetime) -> date:
    """Return the company's date at an instant."""
    return instant.astimezone(ZoneInfo(ZONE)).date()


def month_start(day: date, months: int = 0) -> date:
    """Return the first day of a day's month, or of a month so many months away."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def span_around(anchor: datetime) -> Span:
    """Return three calendar months of which between a third and two thirds are over at the anchor."""
    today = local_day(anchor)
    wanted = today - timedelta(days=45)
    starts = [month_start(today, -1), month_start(today, -2)]
    start = min(starts, key=lambda day: abs((day - wanted).days))
    return Span(starts_on=start, ends_on=month_start(start, CYCLE_MONTHS), today=today)


def working_time(rng: Random, anchor: datetime, days_before: float) -> datetime:
    """Return an instant in working hours about so many days before the anchor, and at least an hour before it."""
    day = local_day(anchor - timedelta(days=days_before))
    day -= timedelta(days=max(0, day.weekday() - 4))  # weekends go to the Friday before
    clock = time(8 + rng.randrange(10), rng.randrange(60), rng.randrange(60), rng.randrange(1000) * 1000)
    instant = datetime.combine(day, clock, ZoneInfo(ZONE)).astimezone(UTC)
    return min(instant, anchor.astimezone(UTC) - timedelta(minutes=60 + rng.randrange(600)))


def midnight_utc(day: date) -> datetime:
    """Return the start of a date in UTC."""
    return datetime.combine(day, time(), UTC)
