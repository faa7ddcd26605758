"""Asana as a source: what the rest of okrsync may ask of a connection."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw

from connectors.asana import fields as custom
from connectors.asana.client import AsanaClient
from connectors.asana.errors import GONE, HIDDEN
from connectors.asana.history import past
from connectors.asana.items import Reader, belongs, standing_of
from connectors.asana.listing import Listing, unreadable
from connectors.asana.near import almost
from connectors.asana.options import AsanaOptions
from connectors.asana.places import Places
from connectors.asana.records import STORY_FIELDS, Story, Task
from connectors.asana.selection import AsanaSelection
from connectors.asana.together import mapped
from connectors.port import CensusPage, Fate, Glimpse, Identity, OnSkip, Surroundings
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import PastChange, Sample, Selection, WorkItem

READING = "asana 1"
"""Part of the fingerprint; changes when the same record is read differently."""
GLIMPSED = 10
"""So many lists of a selection are looked at by a glimpse."""
BATCH = 50
"""Items that are handed on together when they are read one by one."""
FATES = {HIDDEN: Fate.HIDDEN, GONE: Fate.DELETED}
"""Asana answers 403 for what is there but not for us, and 404 for what is not there (any more)."""
ROUNDS = 3
SAME_TIME = timedelta(seconds=2)
"""A story and the change it makes are stamped a moment apart."""


class AsanaSource:
    """One Asana connection, open for reading."""

    def __init__(self, options: AsanaOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._around = surroundings
        self._connection = surroundings.connection
        self._at_once = max(1, surroundings.in_flight)
        self._client = AsanaClient(options, surroundings)
        self._places = Places(self._client, None if options.workspace is None else str(options.workspace))
        self._readers: dict[frozenset[str], Reader] = {}
        self._resolving = asyncio.Lock()
        self._missing: dict[str, int] = {}

    async def identify(self) -> Identity:
        """Return the account of the token and the workspaces it is in.

        Raises:
            FixConfigError: the workspace that the options name is none of them.
        """
        account = await self._client.account()
        if self._options.workspace is not None:
            await self._places.workspace()
        email = f" ({account.email})" if account.email else ""
        there = ", ".join(f"{each.name} ({each.gid})" for each in account.workspaces)
        return Identity(
            account=f"{account.name or account.gid}{email}",
            server=self._client.server,
            detail={"workspaces": there or "none", "requests a minute": str(self._options.requests_a_minute)},
        )

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Look at the first page of each list.

        Raises:
            FixConfigError: a project, section, portfolio or tag is not visible, or its name means several.
        """
        terms = _terms(selection)
        places = await self._places.of(terms)
        reader = await self._reader(frozenset())
        found: dict[str, Task] = {}
        statuses: set[str] = set()
        whole = len(places) <= GLIMPSED and not terms.subtasks
        for place in places[:GLIMPSED]:
            params = {**place.params, "opt_fields": ",".join(reader.opt_fields)}
            page, is_last = await self._client.first(place.path, params, what=f"the tasks of {place.label}")
            tasks = [task for raw in page if (task := self._task(raw, _ignore))]
            statuses |= {each.name for task in tasks for each in standing_of(task).statuses()}
            found |= {task.gid: task for task in tasks if belongs(task, terms)}
            whole = whole and is_last
        example = next((task.name for task in found.values() if task.name), None)
        return Glimpse(matches=len(found) if whole else None, example=example, remark=self._slip(statuses))

    def _slip(self, statuses: set[str]) -> str:
        """Return what to say of a section that the options name almost, for its tasks would count as to do."""
        options = self._options
        for option, names in (("in_progress", options.in_progress), ("wont_do", options.wont_do)):
            if slip := almost([str(each) for each in names], statuses):
                said, there = slip
                return f"{option} names {said!r}, and tasks here are in {there!r}: is that the one meant?"
        return ""

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the custom fields that rules mean, and of the way records are read.

        Raises:
            FixConfigError: a name of ``fields`` means no field, or several.
        """
        facts = [READING, *(await self._reader(fields)).facts()]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream all that matches, records and all; nothing comes twice."""
        terms = _terms(selection)
        reader = await self._reader(fields)
        listing = Listing(
            client=self._client,
            opt_fields=reader.opt_fields,
            subtasks=terms.subtasks,
            at_once=self._at_once,
            now=self._around.now,
        )
        async with aclosing(listing.tasks(await self._places.of(terms), on_skip)) as listed:
            async for tasks in listed:
                items = _items(reader, [task for task in tasks if belongs(task, terms)], on_skip)
                if items:
                    yield CensusPage(ids=tuple(item.id for item in items), items=items)

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Not offered: the census brings the records along.

        Raises:
            FixConfigError: always.
        """
        del selection, since, fields, on_skip  # the port's, for connectors that have it
        raise FixConfigError(f"{self._connection}: Asana gives no changes apart from the census: read that instead")

    async def by_ids(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream the tasks with these gids; those that are gone or hidden are absent.

        Each is a request of its own. A batch of ten would be counted as ten as well, and refused as one.
        """
        reader = await self._reader(fields)
        batch: list[WorkItem] = []
        wanted = dict.fromkeys(ids)

        async def ask(gid: str) -> tuple[str, Raw | int]:
            return gid, await self._client.task(gid, reader.opt_fields)

        async with aclosing(mapped(ask, wanted, self._at_once)) as answers:
            async for gid, answer in answers:
                if isinstance(answer, int):
                    self._missing[gid] = answer
                elif (task := self._task(answer, on_skip)) is not None:
                    batch += _items(reader, [task], on_skip)
                if len(batch) >= BATCH:
                    yield tuple(batch)
                    batch.clear()
        if batch:
            yield tuple(batch)

    async def history(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[PastChange]]:
        """Stream past changes of these tasks, task by task, oldest first; at least two requests each."""
        reader = await self._reader(fields)

        async def ask(gid: str) -> Sequence[PastChange] | SkipRecordError:
            try:
                return await self._past(gid, reader)
            except SkipRecordError as error:
                return error

        async with aclosing(mapped(ask, dict.fromkeys(ids), self._at_once)) as answers:
            async for told in answers:
                if isinstance(told, SkipRecordError):
                    on_skip(told)
                elif told:
                    yield told

    async def fates(self, ids: Sequence[str]) -> Mapping[str, Fate]:
        """Tell deleted from hidden; one that is there after all, or that was not asked for, is absent."""
        unknown = [gid for gid in dict.fromkeys(ids) if gid not in self._missing]

        async def ask(gid: str) -> tuple[str, Raw | int]:
            return gid, await self._client.task(gid, ("name",))

        async for gid, answer in mapped(ask, unknown, self._at_once):
            if isinstance(answer, int):
                self._missing[gid] = answer
        return {gid: FATES[self._missing[gid]] for gid in ids if gid in self._missing}

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Not offered.

        Raises:
            FixConfigError: always.
        """
        del selection, on_skip  # the port's, for connectors that have it
        raise FixConfigError(f"{self._connection}: Asana gives work items, no series: measure a count or a completion")

    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _reader(self, fields: frozenset[str]) -> Reader:
        async with self._resolving:
            if fields not in self._readers:
                wanted = await custom.resolve(fields, self._options, self._client, self._places)
                self._readers[fields] = Reader.of(self._connection, self._options, wanted)
        return self._readers[fields]

    async def _past(self, gid: str, reader: Reader) -> Sequence[PastChange]:
        """Return the past of one task.

        Raises:
            SkipRecordError: it cannot be read, or changes faster than it is read.
        """
        for _ in range(ROUNDS):
            answer = await self._client.task(gid, reader.opt_fields)
            if isinstance(answer, int):
                return ()
            task = self._readable(answer)
            stories = await self._stories(gid)
            changed_at = task.changed_at
            # A story younger than the record was written between the two answers: both are read again.
            if changed_at is None or all(story.created_at <= changed_at + SAME_TIME for story in stories):
                try:
                    return past(task, stories, reader)
                except ValueError as error:
                    raise SkipRecordError(
                        f"{self._connection}: the history of task {gid} {task.name!r} cannot be read: {error}"
                    ) from error
        raise SkipRecordError(f"{self._connection}: task {gid} changes faster than its history is read")

    async def _stories(self, gid: str) -> list[Story]:
        path, what = f"/tasks/{gid}/stories", f"the stories of task {gid}"
        return await self._client.listed(path, STORY_FIELDS, Story, what=what)

    def _readable(self, raw: Raw) -> Task:
        try:
            return msgspec.json.decode(raw, type=Task)
        except msgspec.MsgspecError as error:
            raise unreadable(self._connection, raw, error) from error

    def _task(self, raw: Raw, on_skip: OnSkip) -> Task | None:
        try:
            return self._readable(raw)
        except SkipRecordError as error:
            on_skip(error)
            return None


def _items(reader: Reader, tasks: Sequence[Task], on_skip: OnSkip) -> tuple[WorkItem, ...]:
    items: list[WorkItem] = []
    for task in tasks:
        try:
            items.append(reader.item(task))
        except SkipRecordError as error:
            on_skip(error)
    return tuple(items)


def _terms(selection: Selection) -> AsanaSelection:
    return AsanaSelection.model_validate(selection.terms())


def _ignore(_error: SkipRecordError) -> None:
    """A glimpse names no records; the pull does."""
