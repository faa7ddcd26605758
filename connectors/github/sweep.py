"""Reads long lists in several lanes at once: slices of the time of last update, each from its oldest issue on.

GitHub's lists are serial by nature, for the next page is known only from the one before. A lane asks instead for what
was updated "since" the last update it has seen, so that it needs no cursor, may begin anywhere, and does not care what
moves: an issue that somebody touches leaves its place and comes again at the very end. The last lane has no end, and is
asked once more after all the others are through, so whatever was touched meanwhile is seen. Only an issue that is gone
is not seen, which is right.

Lanes that turn out long are cut in two, in the middle of what is left of their time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from mapping.errors import PartialReadError

T = TypeVar("T")
PAGE = 100
SHORTEST = timedelta(seconds=2)
"""A lane of less time is not cut: GitHub's times are whole seconds."""
MOST_ROUNDS = 100_000


@dataclass(slots=True, eq=False)
class Lane:
    """A slice of a repository's issues: those updated at or after ``since`` and before ``end``."""

    repo: str
    since: datetime | None
    """From where the next page is asked for; None: from the beginning."""
    end: datetime | None = None
    """None: no end, which only a repository's last lane has."""
    after: str | None = None
    """Where in the second of ``since`` to go on; only when a whole page was of one second."""
    total: int | None = None
    """How many issues were updated since ``since`` when it was first asked, those of later lanes too; None: unknown."""
    left: float = 0.0
    """About how many issues are still to come in it."""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What one request gave for one lane, oldest update first."""

    entries: Sequence[tuple[datetime, T]]
    more: bool
    cursor: str | None
    total: int | None
    """How many there are since the lane's ``since``, this page included; None where that is not told."""


Fetch = Callable[[Sequence[Lane]], Coroutine[Any, Any, Sequence[Page[T]]]]


@dataclass(slots=True)
class Road:
    """All the lanes of one repository, in the order of their time."""

    lanes: list[Lane]
    stale: bool = False
    """Whether any other lane was read beside or after the last one's latest page."""

    @property
    def last(self) -> Lane:
        """The lane without an end."""
        return self.lanes[-1]

    def arrived(self, batch: Sequence[Lane]) -> None:
        """After a round: let the last lane be asked once more when others were read beside it or after its end."""
        if any(lane in batch for lane in self.lanes[:-1]):
            self.stale = True
        elif self.last in batch:
            self.stale = False
        if self.stale and all(lane.over for lane in self.lanes):
            self.last.over = False

    def measure(self, batch: Sequence[Lane]) -> None:
        """Take what belongs to later lanes off what each has left."""
        for lane, following in zip(self.lanes, self.lanes[1:], strict=False):
            if lane in batch and not lane.over and following.total is not None:
                lane.left = max(0.0, lane.left - following.total)


@dataclass(slots=True)
class Sweep(Generic[T]):
    """Sweeps repositories in rounds of one page for each lane."""

    connection: str
    fetch: Fetch[T]
    most: int
    """How many lanes at once."""
    now: datetime
    """Until where the last lane may be cut; what was updated later is read all the same."""
    page: int = PAGE
    """A lane with fewer left than this is not cut."""
    _roads: list[Road] = field(default_factory=list)

    async def run(self, repos: Sequence[str], since: datetime | None = None) -> AsyncIterator[list[T]]:
        """Stream what there is since then, or altogether; some of it may come twice.

        Raises:
            PartialReadError: the server does not keep to the order asked for, or there is no end.
        """
        self._roads = [Road([Lane(repo, since)]) for repo in repos]
        found: list[T] = []
        for _ in range(MOST_ROUNDS):
            batch = self._batch()
            if not batch:
                yield found
                return
            pages = asyncio.create_task(self.fetch(batch))
            try:
                if found:
                    yield found  # whoever reads it does so while the next pages are on their way
                found = self._round(batch, await pages)
            finally:
                pages.cancel()
                await asyncio.gather(pages, return_exceptions=True)
        raise PartialReadError(f"{self.connection}: GitHub's list has no end: narrow the selection")

    def _round(self, batch: Sequence[Lane], pages: Sequence[Page[T]]) -> list[T]:
        """Take what one round gave, and decide where the next one reads."""
        found = [thing for lane, page in zip(batch, pages, strict=True) for thing in self._take(lane, page)]
        for road in self._roads:
            road.arrived(batch)
            road.measure(batch)
        self._cut()
        return found

    def _batch(self) -> list[Lane]:
        return [lane for road in self._roads for lane in road.lanes if not lane.over][: self.most]

    def _take(self, lane: Lane, page: Page[T]) -> list[T]:
        """Return the entries that are in the lane, and move it on."""
        at = [instant for instant, _ in page.entries]
        if at != sorted(at) or (at and lane.since is not None and at[0] < lane.since):
            raise PartialReadError(
                f"{self.connection}: GitHub's list of {lane.repo} does not come by time of update as asked for: "
                "something in between answers for it, narrow the selection or look at the proxy"
            )
        if lane.total is None:
            lane.total = page.total
        lane.left = self._guess(lane, at) if page.total is None else page.total - len(page.entries)
        inside = [thing for instant, thing in page.entries if lane.end is None or instant < lane.end]
        if not page.more or len(inside) < len(page.entries):
            lane.over = True
        elif not at:
            raise PartialReadError(f"{self.connection}: GitHub gave an empty page of {lane.repo} that is not the last")
        else:
            self._move(lane, at[-1], page.cursor)
        return inside

    def _guess(self, lane: Lane, at: Sequence[datetime]) -> float:
        """Return how many may be left where the server does not say: as dense as this page for the rest of the time."""
        if not at:
            return 0.0
        covered, ahead = at[-1] - at[0], (lane.end or self.now) - at[-1]
        return len(at) * (ahead / max(covered, SHORTEST))

    def _move(self, lane: Lane, reached: datetime, cursor: str | None) -> None:
        if reached != lane.since:
            lane.since, lane.after = reached, None
            return
        if cursor is None or cursor == lane.after:
            raise PartialReadError(
                f"{self.connection}: GitHub repeats a page while listing {lane.repo}: the list has no end"
            )
        lane.after = cursor

    def _cut(self) -> None:
        """Cut the longest lanes in two until there are as many as may be at once."""
        while sum(not lane.over for road in self._roads for lane in road.lanes) < self.most:
            cuttable = [
                (lane.left, -number, lane, road)
                for number, (road, lane) in enumerate((road, lane) for road in self._roads for lane in road.lanes)
                if not lane.over and lane.left > self.page and self._middle(lane) is not None
            ]
            if not cuttable:
                return
            _, _, lane, road = max(cuttable, key=lambda each: each[:2])
            middle = self._middle(lane)
            half = Lane(lane.repo, middle, lane.end, left=lane.left / 2)
            lane.end, lane.left = middle, lane.left / 2
            road.lanes.insert(road.lanes.index(lane) + 1, half)

    def _middle(self, lane: Lane) -> datetime | None:
        """Return the instant at which to cut a lane, in whole seconds; None when it is too short for that."""
        until = lane.end or self.now
        if lane.since is None or lane.after is not None or until - lane.since < 2 * SHORTEST:
            return None
        return (lane.since + (until - lane.since) / 2).replace(microsecond=0)
