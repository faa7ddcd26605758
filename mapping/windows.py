"""Which period of the cycle an item or a sample falls into, for measures that are taken per week, month or quarter."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime

from mapping.periods import begun, judged, local_date, periods_in, running, stated_date
from mapping.rules import Cycle, Period
from mapping.words import ItemState, WorkItem

NOT_DATED = "has no date"
OUTSIDE = "dated outside the cycle"
AHEAD = "dated after today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The periods of one cycle as seen on one day."""

    cycle: Cycle
    per: Period
    today: date

    @classmethod
    def of(cls, cycle: Cycle, per: Period, now: datetime) -> Window:
        """Return the window at an instant."""
        return cls(cycle=cycle, per=per, today=local_date(now, cycle.timezone))

    @property
    def count(self) -> int:
        """Return the number of periods that touch the cycle."""
        return len(periods_in(self.cycle, self.per))

    def place_item(self, item: WorkItem) -> int | str:
        """Return the index of the item's period, or why it has none."""
        instant = dated_at(item)
        return NOT_DATED if instant is None else self.place(instant)

    def place(self, instant: datetime) -> int | str:
        """Return the index of an instant's period, or why it has none."""
        day = stated_date(instant, self.cycle.timezone)
        if not self.cycle.starts_on <= day < self.cycle.ends_on:
            return OUTSIDE
        if day > self.today:
            return AHEAD
        return bisect_right(periods_in(self.cycle, self.per), day, key=lambda span: span.starts_on) - 1

    def judged(self) -> tuple[list[int], bool]:
        """Return the periods that speak for the cycle so far, and whether that is only the running one."""
        return judged(self.cycle, self.per, self.today)

    def running(self) -> int | None:
        """Return the period under way; None where it may not be judged."""
        return running(self.cycle, self.per, self.today)

    def begun(self) -> list[int]:
        """Return the periods that have begun."""
        return begun(self.cycle, self.per, self.today)


def dated_at(item: WorkItem) -> datetime | None:
    """Return the instant an item belongs to: what it states, else when it was done, else when it was created.

    A done item without a time of completion has none: dating it at its creation would move it into a wrong period.
    """
    if item.on is not None:
        return item.on
    return item.done_at if item.state is ItemState.DONE else item.created_at
