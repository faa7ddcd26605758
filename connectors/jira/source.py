"""One Jira connection, open for reading: census by ids, changes since a watermark, reads by ids, history and fates."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from datetime import datetime, timedelta

import msgspec
from msgspec import structs

from connectors.jira import jql
from connectors.jira.history import Historian
from connectors.jira.identity import identity_of
from connectors.jira.metadata import Metadata
from connectors.jira.options import JiraOptions
from connectors.jira.pieces import SeenIds, chunks
from connectors.jira.readers import Readers
from connectors.jira.records import Reader
from connectors.jira.roster import fates_of
from connectors.jira.selection import JiraSelection
from connectors.jira.shapes import FIELDS, Issue
from connectors.jira.site import IDS_A_CALL, RECONCILED, Bulk, IssueId, Past, Site
from connectors.jira.tree import DEEPEST, Tree, moving
from connectors.jira.wire import Wire
from connectors.port import CensusPage, Fate, Glimpse, Identity, OnSkip, Surroundings
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import PastChange, Sample, Selection, WorkItem

OVERLAP = timedelta(minutes=5)
"""How far a delta reaches back before its watermark: the search index lags by seconds, after bulk edits by minutes."""
EPIC_DEPTH = 2
"""Below an epic are its stories, and below these their sub-tasks."""
READ_AS = 2
"""Raised when records are read differently from before, so that everything is read again."""


class JiraSource:
    """Reads one Jira, Cloud or Data Center."""

    def __init__(self, options: JiraOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._around = surroundings
        self._connection = surroundings.connection
        self._in_flight = max(1, surroundings.in_flight)
        self._wire = Wire(options, surroundings)
        self._metadata = Metadata(self._wire)
        self._readers = Readers(self._wire, self._metadata)
        self._trees: dict[str, list[str]] = {}
        """Selection to the queries that its subtree was found by in this run."""

    async def identify(self) -> Identity:
        """Return the account, its site, its time zone, and when the token ends."""
        return identity_of(await self._metadata.account(), self._options, self._around.now())

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Return a hint how many issues match, and one of them.

        Raises:
            FixConfigError: an issue, project or filter that we cannot see, or a query that Jira does not accept.
        """
        chosen = _chosen(selection)
        site = await self._readers.site()
        for key in chosen.roots:
            await self._check_root(site, key, chosen)
        if chosen.project is not None:
            await site.project(chosen.project)
        if isinstance(chosen.filter, int):
            await site.filter(chosen.filter)
        restriction = self._one_query(site, chosen)
        if restriction is None:  # a subtree: what is right below says that there is something, not how much
            return Glimpse(matches=None, example=await site.example(site.below(chosen.roots)))
        example = await site.example(restriction)
        return Glimpse(matches=await site.count(restriction), example=example)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of what a reading depends on besides the issues.

        A status that moves to another category changes no issue's time of update, and neither does another field for
        story points or another list of resolutions: only reading everything again brings these in. Asks Jira anew.

        Raises:
            FixConfigError: a name of ``fields`` means no field or several.
        """
        reader = await self._readers.renew(fields)
        facts = {
            "read as": READ_AS,
            "browse": reader.browse,
            "categories": dict(sorted(reader.categories.items())),
            "numbers": dict(sorted(reader.numbers.items())),
            "ties": reader.ties.field_ids if reader.ties else None,
            "wont_do": sorted(reader.wont_do),
        }
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the ids of all issues that match now, up to 5000 a page."""
        del fields, on_skip  # an id-only page holds no fields, and nothing that could be unreadable by itself
        async with aclosing(self._ids(selection)) as pages:
            async for ids in pages:
                yield CensusPage(ids=tuple(ids))

    async def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream issues changed since ``since``, less an overlap.

        As long as they fit a few pages these are read as they come. More than that would come one page after the
        other, so then only their ids are listed and the issues read by ids, many at once.
        """
        reader, site = await self._readers.get(fields), await self._readers.site()
        for restriction in await self._restrictions(selection):
            query = jql.changed_since(restriction, since, OVERLAP)
            seen, more = SeenIds(), False
            with self._settled(selection):
                async with aclosing(site.records(query, _wanted(reader))) as pages:
                    async for page in pages:
                        for record in page.records:
                            seen.add(_id_of(record))
                        yield await self._items(reader, page.records, on_skip)
                        more = page.more
            if not more:
                continue
            async with aclosing(site.ids(query)) as listed:
                async for ids in listed:
                    fresh = [id_ for id_ in ids if seen.add(id_)]
                    async with aclosing(self.by_ids(fresh, fields, on_skip)) as batches:
                        async for items in batches:
                            yield items

    async def by_ids(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncGenerator[Sequence[WorkItem], None]:
        """Stream the issues with these ids as they arrive, several reads in flight; gone or hidden ones are absent."""
        reader, site = await self._readers.get(fields), await self._readers.site()
        left = chunks(list(dict.fromkeys(ids)), IDS_A_CALL)
        reads: set[asyncio.Task[Bulk[Issue | msgspec.Raw]]] = set()
        try:
            while True:
                while len(reads) < self._in_flight and (some := next(left, None)) is not None:
                    reads.add(asyncio.create_task(site.decoded(some, _wanted(reader), reader.shape)))
                if not reads:
                    return
                done, _ = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
                for read in done:
                    reads.discard(read)
                    bulk = read.result()
                    for id_, reason in bulk.withheld.items():
                        on_skip(self._withheld(id_, reason))
                    yield await self._items(reader, bulk.records, on_skip)
        finally:
            # Also when the caller stops early: nothing of this read goes on behind its back.
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)

    async def touched(
        self, selection: Selection, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> Sequence[WorkItem]:
        """Return those of these issues that a selection matches right now, as a webhook needs it within seconds.

        Cloud brings its search index up to date for them first; what is gone or no longer matches is absent.
        """
        reader, site = await self._readers.get(fields), await self._readers.site()
        found: dict[str, WorkItem] = {}
        for some in chunks(list(dict.fromkeys(ids)), RECONCILED):
            there = [_id_of(record) for record in (await site.bulk(some, ["id"])).records]
            if not there:
                continue  # a query that names an issue that is gone would be refused
            for restriction in await self._restrictions(selection):
                with self._settled(selection):
                    records = await site.among(restriction, there, _wanted(reader))
                found |= {item.id: item for item in await self._items(reader, records, on_skip)}
        return [*found.values()]

    async def history(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[PastChange]]:
        """Stream past changes of issues, one batch an issue, oldest first; gone or hidden ones are absent."""
        historian, site = await self._readers.historian(fields), await self._readers.site()
        wanted = _wanted(historian.reader)
        async with aclosing(site.histories(list(dict.fromkeys(ids)), wanted)) as pasts:
            async for past in pasts:
                try:
                    yield await self._past(historian, past)
                except (msgspec.DecodeError, ValueError, OverflowError) as error:
                    on_skip(historian.reader.unreadable(past.record, error))

    async def fates(self, ids: Sequence[str]) -> Mapping[str, Fate]:
        """Tell deleted from hidden and archived by the projects that the issues were in."""
        return await fates_of(await self._readers.site(), self._around.keys(ids))

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Refuse: Jira's selections give work items.

        Raises:
            FixConfigError: always.
        """
        del on_skip
        raise FixConfigError(f"{self._connection}: Jira has no series: measure {selection} by completion, count or sum")

    def requests(self) -> int:
        """Return how many requests were sent, those of the jira library included."""
        return self._wire.sent + self._metadata.sent

    async def aclose(self) -> None:
        """Close all clients."""
        await self._wire.aclose()
        await self._metadata.aclose()

    async def _ids(self, selection: Selection) -> AsyncGenerator[list[str], None]:
        site, chosen = await self._readers.site(), _chosen(selection)
        restriction = self._one_query(site, chosen)
        if restriction is not None:
            async for ids in site.ids(restriction):
                yield ids
            return
        depth = await self._depth(site, chosen)
        tree = Tree(connection=self._connection, site=site, roots=chosen.roots, depth=depth)
        async for ids in tree.ids():
            yield ids
        self._trees[selection.key] = tree.restrictions

    async def _restrictions(self, selection: Selection) -> Sequence[str]:
        """Return the queries that a selection is made of, walking down its tree if this run has not yet done so."""
        restriction = self._one_query(await self._readers.site(), _chosen(selection))
        if restriction is not None:
            return [restriction]
        if selection.key not in self._trees:
            async for _ in self._ids(selection):
                pass
        return self._trees[selection.key]

    def _settled(self, selection: Selection) -> AbstractContextManager[None]:
        """Return what to read a part of a selection in: a tree's queries name issues that may be gone by now."""
        return moving(self._connection) if selection.key in self._trees else nullcontext()

    def _one_query(self, site: Site, chosen: JiraSelection) -> str | None:
        if not chosen.roots:
            return chosen.restriction()
        if chosen.issue is not None:
            return None
        whole = site.subtree(chosen.roots)
        return site.below(chosen.roots) if chosen.depth == 1 else whole

    async def _depth(self, site: Site, chosen: JiraSelection) -> int:
        """Return how many levels there can be below the roots, so that nobody asks what is below a sub-task."""
        below = DEEPEST
        if chosen.issue is None:
            below = EPIC_DEPTH
        elif (kind := (await site.issue(chosen.issue)).fields.issuetype) and kind.hierarchy_level is not None:
            below = kind.hierarchy_level + 1
        return min(below, chosen.depth or below)

    async def _check_root(self, site: Site, key: str, chosen: JiraSelection) -> None:
        root = await site.issue(key)
        if chosen.issue is None and await site.is_epic(root) is False:
            kind = root.fields.issuetype
            called = kind.name if kind else "issue"
            level = f" (level {kind.hierarchy_level})" if kind and kind.hierarchy_level is not None else ""
            raise FixConfigError(
                f"{self._connection}: {key} is a {called}{level}, not an epic: "
                f"write issue: {key} for all below it, or a query with jql"
            )

    async def _items(
        self, reader: Reader, records: Sequence[Issue | msgspec.Raw], on_skip: OnSkip
    ) -> Sequence[WorkItem]:
        items = list(_items(reader, records, on_skip))
        if reader.ties is None:
            return items
        ids = await self._readers.ids_of([item.parent for item in items if item.parent])
        return [
            structs.replace(item, parent=ids[item.parent]) if item.parent is not None and item.parent in ids else item
            for item in items
        ]

    async def _past(self, historian: Historian, past: Past) -> Sequence[PastChange]:
        if past.cut:
            raise ValueError(f"{past.cut}, so that its past would begin too late")
        issue = historian.reader.decode(past.record)
        parent = historian.reader.parent(issue)
        if parent is not None and historian.reader.ties is not None:
            parent = (await self._readers.ids_of([parent])).get(parent, parent)
        return historian.past(issue, past.changes, parent)

    def _withheld(self, id_: str, reason: str) -> SkipRecordError:
        return SkipRecordError(f"{self._connection}: Jira could not give the issue {id_}, twice: {reason}")


def _chosen(selection: Selection) -> JiraSelection:
    return JiraSelection.model_validate(selection.terms())


def _wanted(reader: Reader) -> Sequence[str]:
    return [*FIELDS, *reader.field_ids]


def _id_of(record: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(record, type=IssueId).id
    except msgspec.DecodeError:
        return ""


def _items(reader: Reader, records: Sequence[Issue | msgspec.Raw], on_skip: OnSkip) -> Iterator[WorkItem]:
    for record in records:
        try:
            yield reader.item(record)
        except SkipRecordError as error:
            on_skip(error)
