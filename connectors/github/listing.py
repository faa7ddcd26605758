"""The complete list of what a selection matches in one repository over REST, records and all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec
from msgspec import Raw

from connectors.github.client import GONE, GitHubClient
from connectors.github.filters import Filters
from connectors.github.items import belongs
from connectors.github.lanes import RestLanes
from connectors.github.paging import PER_PAGE, in_order
from connectors.github.records import Record, RestIssue, UnknownMergeError, from_graphql, from_rest, hint, is_item
from connectors.github.selection import GitHubSelection
from connectors.github.sweep import Sweep
from connectors.http import Params
from connectors.port import OnSkip
from mapping.errors import SkipRecordError

R = TypeVar("R", bound=Raw | RestIssue)


class Reader:
    """Turns raw records into ours, and names those that cannot be read."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def read(
        self, raw: R, where: str, reader: Callable[[R], Record], on_skip: OnSkip, *, kind: str = "both"
    ) -> Record | None:
        """Return a record, or None after handing ``on_skip`` an error that names it.

        Args:
            raw: as it came, or decoded.
            where: it was listed, for the message.
            reader: ``from_rest`` or ``from_graphql``.
            on_skip: told of what cannot be read.
            kind: of the selection: nobody needs to hear of a pull request that was not asked for.
        """
        try:
            return reader(raw)
        except (msgspec.MsgspecError, UnknownMergeError) as error:
            known = hint(raw)
            if kind == "both" or known.pull_request == (kind == "pull_requests"):
                skipped = SkipRecordError(f"{self._connection}: {where}{known.name} cannot be read: {error}")
                skipped.__cause__ = error
                on_skip(skipped)
            return None

    def node(self, raw: Raw, on_skip: OnSkip) -> Record | None:
        """Return the record of a node that was asked for by its id; None as well for one that is gone or no item."""
        with suppress(msgspec.MsgspecError):  # nearly all are items: only what cannot be read is looked at twice
            return from_graphql(raw)
        return self.read(raw, "item ", from_graphql, on_skip) if is_item(raw) else None


class RestListing:
    """Reads repositories over REST: one page, or slices of the time of update side by side."""

    def __init__(self, client: GitHubClient, filters: Filters, reader: Reader) -> None:
        self._client = client
        self._filters = filters
        self._reader = reader
        self._ids: dict[str, str] = {}
        """Where the REST API has an issue to its node id: parents are named by their address only."""

    async def records(self, repo: str, terms: GitHubSelection, on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream the records that belong, to the end; a record may come twice.

        Items whose parent was not listed before them wait for the end of the list.

        Raises:
            FixConfigError: the repository or the milestone is not there, or not for us.
            PartialReadError: the end was not reached.
        """
        waiting: list[tuple[Record, str]] = []
        async for page in self._pages(repo, await self._filters.rest(repo, terms)):
            records = [self._reader.read(raw, repo, from_rest, on_skip, kind=terms.kinds) for raw in page]
            yield self._ready([record for record in records if record is not None], terms, waiting)
        if waiting:
            yield [await self.with_parent(record) for record, _ in waiting]

    async def first(self, repo: str, terms: GitHubSelection) -> tuple[list[Record], bool]:
        """Return what belongs of the first page, and whether that is all; what cannot be read is left out."""
        page, whole = await self._client.first_issues(repo, await self._filters.rest(repo, terms))
        records = [record for raw in page if (record := self._reader.read(raw, repo, from_rest, _ignore))]
        return [record for record in records if belongs(record, terms)], whole

    async def by_ids(self, ids: Sequence[str], on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream the items with these ids, each from where the mirror knew it; what is gone from there is absent."""
        addresses = self._client.addresses(list(dict.fromkeys(ids)))

        async def ask(id_: str) -> list[Record]:
            reply = await self._client.http.request("GET", addresses[id_], accept=GONE)
            if reply.status in GONE:
                return []
            record = self._reader.read(reply.decode(Raw), "item ", from_rest, on_skip)
            return [await self.with_parent(record)] if record is not None and record.id == id_ else []

        async for records in in_order(list(addresses), ask, self._client.in_flight):
            yield records

    async def with_parent(self, record: Record) -> Record:
        """Return the record with its parent's node id, which is asked for once when it was in no list."""
        if record.parent_address is None:
            return record
        place = _place(record.parent_address)
        if place not in self._ids:
            self._ids[place] = await self._client.node_id(record.parent_address) or ""
        return msgspec.structs.replace(record, parent=self._ids[place] or None)

    def _ready(self, records: list[Record], terms: GitHubSelection, waiting: list[tuple[Record, str]]) -> list[Record]:
        ready = []
        for record in records:
            if record.address:
                self._ids[_place(record.address)] = record.id
            if not belongs(record, terms):
                continue
            if record.parent_address is None:
                ready.append(record)
            else:
                waiting.append((record, record.parent_address))
        return ready

    async def _pages(self, repo: str, filters: Params) -> AsyncIterator[Sequence[Raw | RestIssue]]:
        """Stream the list: its only page, or all of it by slices of the time of update.

        Numbered pages would not do: all rows behind one that leaves the list move up, and one is then on no page.
        """
        first, whole = await self._client.first_issues(repo, filters)
        if whole:
            yield first
            return
        lanes = RestLanes(self._client, filters)
        most = 2 * self._client.in_flight  # the end of a round is then half as often waited for
        sweep = Sweep(self._client.connection, lanes.fetch, most, self._client.now(), page=2 * PER_PAGE)
        async for found in sweep.run([repo]):
            for start in range(0, len(found), PER_PAGE):
                yield found[start : start + PER_PAGE]
                await asyncio.sleep(0)  # or nobody would look at what arrives while a whole round is worked through


def _ignore(_error: SkipRecordError) -> None:
    """A glimpse names no records; the pull does."""


def _place(address: str) -> str:
    path = address.partition("://")[2].partition("/")[2]  # there is no query, and urlsplit is slow for every record
    return path.lower()  # owners and repositories are not case sensitive
