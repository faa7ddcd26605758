"""The issues that both fake vendors serve: which there are, and when each was last updated. Nothing else is held."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime

FIRST_ID = 10_000
APART = 30
"""Seconds between the updates of two issues, the last one a day ago."""
DAY = 86_400


def iso(seconds: int) -> str:
    """Return seconds since 1970 as ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(slots=True)
class World:
    """Issues by number from 0 on; a changed one is done, and was updated at the moment it was changed."""

    count: int
    now: int
    """Seconds since 1970 when the server started."""
    changed: dict[int, int] = field(default_factory=dict)
    """Number to the second of its change."""
    order: list[int] = field(default_factory=list)
    """Numbers by time of update, oldest first."""
    times: list[int] = field(default_factory=list)
    """The times of ``order``."""

    def __post_init__(self) -> None:
        self._sort()

    def change(self, numbers: range, at: int) -> None:
        """Let somebody finish these."""
        self.changed |= dict.fromkeys(numbers, at)
        self._sort()

    def updated(self, number: int) -> int:
        """Return when an issue was last updated."""
        return self.changed.get(number, self.now - DAY - (self.count - number) * APART)

    def created(self, number: int) -> int:
        """Return when an issue was made."""
        return self.now - 2 * DAY - (self.count - number) * APART

    def done(self, number: int) -> bool:
        """Return whether an issue is done; a third are."""
        return number % 3 == 2 or number in self.changed

    def since(self, at: float) -> int:
        """Return the place in ``order`` of the first issue updated at or after an instant."""
        return bisect_left(self.times, at)

    def _sort(self) -> None:
        self.order = sorted(range(self.count), key=self.updated)
        self.times = [self.updated(number) for number in self.order]
