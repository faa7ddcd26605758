"""One Jira connection, open for reading: census by ids, changes since a watermark, reads by ids."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from connectors.jira import jql
from connectors.jira.client import IDS_A_CALL, RECORDS_A_PAGE, IssueError, JiraClient
from connectors.jira.fields import resolve
from connectors.jira.metadata import Metadata
from connectors.jira.options import JiraOptions, JiraSelection
from connectors.jira.records import FIELDS, Reader, reader_for
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Surroundings
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import Sample, Selection, WorkItem

OVERLAP = timedelta(minutes=5)
"""How far a delta reaches back before its watermark: the search index lags by seconds, after bulk edits by minutes."""
EPIC_LEVEL = 1
READ_AS = 1
"""Raised when records are read differently from before, so that everything is read again."""


class JiraSource:
    """Reads one site of Jira Cloud."""

    def __init__(self, options: JiraOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._in_flight = max(1, surroundings.in_flight)
        self._client = JiraClient(options, surroundings)
        self._metadata = Metadata(options, surroundings)
        self._readers: dict[frozenset[str], Reader] = {}
        self._reading_metadata = asyncio.Lock()

    async def identify(self) -> Identity:
        """Return the account, its site and its time zone."""
        account = await self._metadata.account()
        detail = {"time zone": account.time_zone, "deployment": account.deployment, "version": account.version}
        return Identity(
            account=f"{account.name} ({self._options.email})",
            server=f"{account.site} at {self._options.url}" if account.site else self._options.url,
            detail={name: value for name, value in detail.items() if value},
        )

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Return an estimate of how many issues match, and one of them.

        Raises:
            FixConfigError: an epic, project or filter that we cannot see, or a query that Jira does not accept.
        """
        chosen = _chosen(selection)
        for key in (chosen.epic,) if chosen.epic else chosen.epics or ():
            await self._check_epic(key)
        if chosen.project is not None:
            await self._client.project(chosen.project)
        if isinstance(chosen.filter, int):
            await self._client.filter(chosen.filter)
        restriction = chosen.restriction()
        example = await self._client.example(jql.census_of(restriction))
        return Glimpse(matches=await self._client.count(restriction), example=example)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of what a reading depends on besides the issues.

        A status that moves to another category changes no issue's time of update, and neither does another field for
        story points or another list of resolutions: only reading everything again brings these in. Asks Jira anew.

        Raises:
            FixConfigError: a name of ``fields`` means no field or several.
        """
        async with self._reading_metadata:
            reader = await self._read_metadata(fields)
        facts = {
            "read as": READ_AS,
            "browse": reader.browse,
            "categories": dict(sorted(reader.categories.items())),
            "numbers": dict(sorted(reader.numbers.items())),
            "wont_do": sorted(reader.wont_do),
        }
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the ids of all issues that match now, up to 5000 a page."""
        del fields, on_skip  # an id-only page holds no fields, and nothing that could be unreadable by itself
        async for ids in self._client.ids(jql.census_of(_chosen(selection).restriction())):
            yield CensusPage(ids=tuple(ids))

    async def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream issues changed since ``since``, less an overlap.

        One request when they fit a page, as on most nights. More than that would come in pages one after the other, so
        then only their ids are listed and the issues read by ids, many at once.
        """
        reader = await self._reader(fields)
        query = jql.changed_since(_chosen(selection).restriction(), since, OVERLAP)
        page = await self._client.first_records(query, [*FIELDS, *reader.field_ids], RECORDS_A_PAGE)
        if not page.more:
            yield list(_items(reader, page.records, on_skip))
            return
        async with aclosing(self._client.ids(query)) as listed:
            async for ids in listed:
                async with aclosing(self.by_ids(ids, fields, on_skip)) as batches:
                    async for items in batches:
                        yield items

    async def by_ids(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncGenerator[Sequence[WorkItem], None]:
        """Stream the issues with these ids as they arrive, several reads in flight; gone or hidden ones are absent."""
        reader = await self._reader(fields)
        wanted = list(dict.fromkeys(ids))
        chunks = [wanted[at : at + IDS_A_CALL] for at in range(0, len(wanted), IDS_A_CALL)]
        reads: set[asyncio.Task[list[msgspec.Raw]]] = set()
        try:
            while chunks or reads:
                while chunks and len(reads) < self._in_flight:
                    reads.add(asyncio.create_task(self._read(chunks.pop(0), on_skip, reader)))
                done, _ = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
                for read in done:
                    reads.discard(read)
                    yield list(_items(reader, read.result(), on_skip))
        finally:
            # Also when the caller stops early: nothing of this read goes on behind its back.
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Refuse: Jira's selections give work items.

        Raises:
            FixConfigError: always.
        """
        del on_skip
        raise FixConfigError(f"{self._connection}: Jira has no series: measure {selection} by completion, count or sum")

    def requests(self) -> int:
        """Return how many requests were sent, those of the jira library included."""
        return self._client.http.sent + self._metadata.sent

    async def aclose(self) -> None:
        """Close both clients."""
        await self._client.http.aclose()
        await self._metadata.aclose()

    async def _read(self, ids: Sequence[str], on_skip: OnSkip, reader: Reader) -> list[msgspec.Raw]:
        fields = [*FIELDS, *reader.field_ids]
        answer = await self._client.bulk(ids, fields)
        records = answer.issues
        if answer.issue_errors:
            # "When Jira can't return an issue due to a retriable error or payload constraint": a smaller call may do.
            again = await self._client.bulk([error.id for error in answer.issue_errors], fields)
            records = [*records, *again.issues]
            for error in again.issue_errors:
                on_skip(self._unreadable(error))
        return records

    def _unreadable(self, error: IssueError) -> SkipRecordError:
        return SkipRecordError(
            f"{self._connection}: Jira could not give the issue {error.id}, twice: {error.error_message}"
        )

    async def _reader(self, fields: frozenset[str]) -> Reader:
        async with self._reading_metadata:  # several reads begin at once, and one of them asks for all
            return self._readers.get(fields) or await self._read_metadata(fields)

    async def _read_metadata(self, fields: frozenset[str]) -> Reader:
        categories = await self._metadata.categories()
        site_fields = await self._metadata.fields() if fields else ()
        numbers = resolve(self._connection, fields, self._options, site_fields)
        reader = self._readers[fields] = reader_for(self._connection, self._options, categories, numbers)
        return reader

    async def _check_epic(self, key: str) -> None:
        epic = await self._client.issue(key)
        kind = epic.fields.issuetype
        if kind is not None and kind.hierarchy_level is not None and kind.hierarchy_level != EPIC_LEVEL:
            raise FixConfigError(
                f"{self._connection}: {key} is a {kind.name} (level {kind.hierarchy_level}), not an epic (level 1): "
                "name the epics under it with epics, or write a query with jql"
            )


def _chosen(selection: Selection) -> JiraSelection:
    return JiraSelection.model_validate(selection.terms())


def _items(reader: Reader, records: Sequence[msgspec.Raw], on_skip: OnSkip) -> Iterator[WorkItem]:
    for record in records:
        try:
            yield reader.item(record)
        except SkipRecordError as error:
            on_skip(error)
