"""What reading rests on: which kind of Jira it is, its statuses, its fields. Asked for once and shared by all reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from connectors.jira.boards import Boards
from connectors.jira.client import CloudClient
from connectors.jira.datacenter import DataCenterClient
from connectors.jira.fields import SiteField, links_of, points_candidates, resolve, ties_of
from connectors.jira.history import Historian
from connectors.jira.metadata import Metadata
from connectors.jira.options import STORY_POINTS
from connectors.jira.records import Reader, reader_for
from connectors.jira.site import Site
from connectors.jira.wire import Wire


class Readers:
    """Makes the readers of one connection."""

    def __init__(self, wire: Wire, metadata: Metadata) -> None:
        self._wire = wire
        self._metadata = metadata
        self._boards = Boards(wire)
        self._made: dict[frozenset[str], Reader] = {}
        self._asking = asyncio.Lock()
        self._finding = asyncio.Lock()
        """Apart, so that a census may begin as soon as it is known where."""
        self._site: Site | None = None
        self._fields: Sequence[SiteField] | None = None
        self._ids: dict[str, str | None] = {}
        """Of epics and the like on a Data Center, by key; None: not visible to us."""

    async def site(self) -> Site:
        """Return the client for the kind of Jira that this is."""
        async with self._finding:
            if self._site is None:
                cloud = await self._metadata.is_cloud()
                ties = None if cloud else ties_of(await self._all_fields())
                self._site = CloudClient(self._wire) if ties is None else DataCenterClient(self._wire, ties)
        return self._site

    async def get(self, fields: frozenset[str]) -> Reader:
        """Return the reader for some fields, made on first use."""
        async with self._asking:  # several reads begin at once, and one of them asks for all
            return self._made.get(fields) or await self._make(fields)

    async def renew(self, fields: frozenset[str]) -> Reader:
        """Return a reader for some fields made of what Jira says now."""
        async with self._asking:
            self._fields = None
            return await self._make(fields)

    async def historian(self, fields: frozenset[str]) -> Historian:
        """Return the historian for some fields; it needs the names of all fields on top of a reader."""
        reader = await self.get(fields)
        async with self._asking:
            listed = await self._all_fields()
        names: dict[str, list[str]] = {}
        for field in listed:
            names.setdefault(field.name.casefold(), []).append(field.id)
        return Historian(reader=reader, names=names, links=links_of(listed))

    async def ids_of(self, parents: Sequence[str]) -> Mapping[str, str | None]:
        """Return the ids of those parents that are given by key; None for one that is not visible to us."""
        site = await self.site()
        keys = sorted({parent for parent in parents if "-" in parent})
        unknown = [key for key in keys if key not in self._ids]
        if unknown and isinstance(site, DataCenterClient):
            found = await site.ids_of(unknown)
            self._ids |= {key: found.get(key) for key in unknown}
        return {key: self._ids.get(key) for key in keys}

    async def _all_fields(self) -> Sequence[SiteField]:
        if self._fields is None:
            self._fields = await self._metadata.fields()
        return self._fields

    async def _make(self, fields: frozenset[str]) -> Reader:
        cloud = isinstance(await self.site(), CloudClient)
        need_fields = fields or not cloud
        categories, listed = await asyncio.gather(
            self._metadata.categories(), self._all_fields() if need_fields else _nothing()
        )
        estimated = await self._estimated(listed) if STORY_POINTS in fields else {}
        numbers = resolve(self._wire.connection, fields, self._wire.options, listed, estimated)
        ties = None if cloud else ties_of(listed)
        reader = reader_for(self._wire.connection, self._wire.options, categories, numbers, ties)
        self._made[fields] = reader
        return reader

    async def _estimated(self, listed: Sequence[SiteField]) -> Mapping[str, Sequence[str]]:
        """Return what boards say about story points: the one that is named, or several where fields are in doubt."""
        options = self._wire.options
        if options.story_points is not None:
            return {}
        if options.board is not None:
            return {await self._boards.field_of(options.board): [f"board {options.board}"]}
        return {} if len(points_candidates(listed)) == 1 else await self._boards.fields()


async def _nothing() -> Sequence[SiteField]:
    return ()
