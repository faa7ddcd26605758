"""A walk by offsets through rows that shift: what a Data Center has instead of page tokens.

A row that leaves while we read moves all rows behind it one place up, and one of them is never seen: an issue that is
edited, deleted or moved is enough. So every page begins with the last row of the page before it, and the total is asked
for again at the end; when either tells of a shift, all is read again. Rows that are there twice are given once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from connectors.jira.pieces import SeenIds
from mapping.errors import PartialReadError

READINGS = 4
"""How often a selection is read before it is said to move too fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page: where it begins, what it holds, and how many rows there are in all."""

    start: int
    ids: Sequence[str]
    total: int
    most: int
    """The size of pages as the server has it, which may be less than what was asked for."""


Fetch = Callable[[int], Awaitable[Rows]]
"""Returns the page that begins at an offset."""


@dataclass(slots=True)
class _Reading:
    """One time through all pages, and whether the rows stood still meanwhile."""

    total: int
    shifted: bool = False
    last: str = field(default="")

    def check(self, page: Rows) -> None:
        self.shifted = self.shifted or page.total != self.total

    def follows(self, ids: Sequence[str]) -> None:
        """Take note of a stretch whose first row was the last one before."""
        if not ids or (self.last and ids[0] != self.last):
            self.shifted = True
        self.last = ids[-1] if ids else self.last


class Offsets:
    """Lists the ids of a selection, several pages at once."""

    def __init__(self, who: str, fetch: Fetch, count: Callable[[], Awaitable[int]], in_flight: int) -> None:
        self._who = who
        self._fetch = fetch
        self._count = count
        self._in_flight = in_flight

    async def ids(self) -> AsyncGenerator[list[str], None]:
        """Stream all ids, each once.

        Raises:
            PartialReadError: the rows kept shifting, or the server stopped giving them.
        """
        seen = SeenIds()
        for _ in range(READINGS):
            first = await self._fetch(0)
            reading = _Reading(first.total)
            if fresh := [id_ for id_ in first.ids if seen.add(id_)]:
                yield fresh
            if len(first.ids) >= first.total:
                return  # one answer is of one moment
            reading.follows([*first.ids])
            async for ids in self._others(first, reading):
                if fresh := [id_ for id_ in ids if seen.add(id_)]:
                    yield fresh
            if not reading.shifted and await self._count() == reading.total:
                return
        raise PartialReadError(
            f"{self._who} changed its list of issues faster than it could be read, {READINGS} times: "
            "the next run tries again"
        )

    async def _others(self, first: Rows, reading: _Reading) -> AsyncGenerator[Sequence[str], None]:
        """Stream what comes after the first page in order, each stretch beginning with the last row before it."""
        if not first.ids:
            raise self._nothing(first)
        size = max(first.most, 2)
        starts = [*range(len(first.ids) - 1, first.total - 1, size - 1)]
        ends = [*starts[1:], first.total - 1]
        tasks: list[asyncio.Task[list[str]]] = []
        try:
            for start, end in zip(starts, ends, strict=True):
                tasks.append(asyncio.create_task(self._stretch(start, end, reading)))
                if len(tasks) >= self._in_flight:
                    ids = await tasks.pop(0)
                    reading.follows(ids)
                    yield ids
            while tasks:
                ids = await tasks.pop(0)
                reading.follows(ids)
                yield ids
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stretch(self, start: int, end: int, reading: _Reading) -> list[str]:
        """Return the rows from offset ``start`` to ``end``, both included; a short page is not the last one."""
        found: list[str] = []
        while start + len(found) <= end:
            overlap = 1 if found else 0
            page = await self._fetch(start + len(found) - overlap)
            reading.check(page)
            if len(page.ids) <= overlap:
                if page.total > start + len(found):
                    raise self._nothing(page)
                break  # the list became shorter, which the totals tell
            if overlap and page.ids[0] != found[-1]:
                reading.shifted = True
            found += page.ids[overlap:]
        return found[: end - start + 1]

    def _nothing(self, page: Rows) -> PartialReadError:
        return PartialReadError(
            f"{self._who} gave no issues from number {page.start + 1} on, but says that there are {page.total}: "
            "the next run tries again"
        )
