"""The complete list of the tasks of a selection: several lists at once, subtasks below them, nothing twice.

The census brings the records along. Asana gives 100 tasks a page whether it tells all of them or their gids alone, so
reading them again by gid would only add requests; and what makes a task another item (the name of its section or of an
option, a project it was moved to) does not always count as a modification, so a delta would miss it.

A list is not a snapshot: its token remembers a rank. A task that moves up past it while later pages are read would be
in none of them. So lists of more than a page, and all lists of a selection that has several, are asked at the end what
was modified since the beginning: whatever was added, moved in or changed meanwhile belongs to it as well.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
from msgspec import Raw

from connectors.asana.client import AsanaClient
from connectors.asana.places import Place
from connectors.asana.records import Task, name_of
from connectors.asana.together import mapped, merged
from connectors.port import OnSkip
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError

OVERLAP = timedelta(minutes=5)
"""How far the last question reaches back before the beginning: our clock and Asana's differ."""
DEEPEST = 50
"""Levels of subtasks; Asana's own limit is far below."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that came together, and records among them that could not be read."""

    tasks: Sequence[Task]
    skipped: Sequence[SkipRecordError] = ()


@dataclass(slots=True, kw_only=True)
class Listing:
    """Reads the tasks of one selection, once."""

    client: AsanaClient
    opt_fields: Sequence[str]
    subtasks: bool
    at_once: int
    now: Callable[[], datetime]
    _seen: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    async def tasks(self, places: Sequence[Place], on_skip: OnSkip) -> AsyncGenerator[Sequence[Task], None]:
        """Stream all tasks of these places, page by page, each once.

        Raises:
            FixConfigError: a place is gone or hidden.
            PartialReadError: an end was not reached.
        """
        since = self.now().astimezone(UTC) - OVERLAP
        several = len(places) > 1
        rounds = [[partial(self._place, place, alone=not several) for place in places]]
        if several:
            rounds.append([partial(self._modified, place, since) for place in places if place.tells_changes])
        for streams in rounds:
            async with aclosing(self._new(merged(streams, self.at_once), on_skip)) as found:
                async for tasks in found:
                    yield tasks

    async def _new(self, batches: AsyncGenerator[Batch, None], on_skip: OnSkip) -> AsyncGenerator[Sequence[Task], None]:
        """Stream what was not seen before, with the subtasks below."""
        async with aclosing(batches):
            async for batch in batches:
                level = self._unseen(batch, on_skip)
                yield level
                if self.subtasks:
                    async with aclosing(self._all_below(level, on_skip)) as found:
                        async for tasks in found:
                            yield tasks

    async def _all_below(self, level: Sequence[Task], on_skip: OnSkip) -> AsyncGenerator[Sequence[Task], None]:
        """Stream the subtasks of tasks, level by level."""
        for _ in range(DEEPEST):
            parents = [task for task in level if task.num_subtasks > 0]
            if not parents:
                return
            children: list[Task] = []
            async with aclosing(mapped(self._below, parents, self.at_once)) as batches:
                async for batch in batches:
                    found = self._unseen(batch, on_skip)
                    children += found
                    yield found
            level = children
        raise PartialReadError(f"{self.client.connection}: subtasks go on below {DEEPEST} levels: the walk has no end")

    def _unseen(self, batch: Batch, on_skip: OnSkip) -> list[Task]:
        for error in batch.skipped:
            if str(error) not in self._told:
                self._told.add(str(error))
                on_skip(error)
        new = {task.gid: task for task in batch.tasks if task.gid not in self._seen}
        self._seen.update(new)
        return list(new.values())

    async def _place(self, place: Place, *, alone: bool) -> AsyncGenerator[Batch, None]:
        """Stream a list, and what was modified while it was read when that took more than one page."""
        since, count = self.now().astimezone(UTC) - OVERLAP, 0
        params = {**place.params, "opt_fields": ",".join(self.opt_fields)}
        async for page in self.client.pages(place.path, params, what=f"the tasks of {place.label}"):
            count += 1
            yield self._batch(page)
        if alone and count > 1 and place.tells_changes:
            async for batch in self._modified(place, since):
                yield batch

    async def _modified(self, place: Place, since: datetime) -> AsyncGenerator[Batch, None]:
        params = {**place.params, "modified_since": since.isoformat(), "opt_fields": ",".join(self.opt_fields)}
        async for page in self.client.pages(place.path, params, what=f"the changes of {place.label}"):
            yield self._batch(page)

    async def _below(self, parent: Task) -> Batch:
        """Return the subtasks of a task; none if it is gone since it was listed."""
        tasks: list[Task] = []
        skipped: list[SkipRecordError] = []
        params = {"opt_fields": ",".join(self.opt_fields)}
        what = f"the subtasks of task {parent.gid} {parent.name!r}"
        try:
            async for page in self.client.pages(f"/tasks/{parent.gid}/subtasks", params, what=what):
                batch = self._batch(page)
                tasks += batch.tasks
                skipped += batch.skipped
        except FixConfigError:
            if isinstance(await self.client.task(parent.gid, ("name",)), int):
                return Batch(())
            raise
        return Batch(tasks, skipped)

    def _batch(self, page: Sequence[Raw]) -> Batch:
        tasks: list[Task] = []
        skipped: list[SkipRecordError] = []
        for raw in page:
            try:
                tasks.append(msgspec.json.decode(raw, type=Task))
            except msgspec.MsgspecError as error:
                skipped.append(unreadable(self.client.connection, raw, error))
        return Batch(tasks, skipped)


def unreadable(connection: str, raw: Raw, error: Exception) -> SkipRecordError:
    """Return the error for a record that cannot be read, naming it."""
    skipped = SkipRecordError(f"{connection}: {name_of(raw)} cannot be read: {error}")
    skipped.__cause__ = error
    return skipped
