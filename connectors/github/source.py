"""GitHub as a source: what the rest of okrsync may ask of a connection."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.fates import Fates
from connectors.github.glimpses import Glimpses
from connectors.github.history import Histories
from connectors.github.identity import identify
from connectors.github.items import to_work_item
from connectors.github.options import GitHubOptions
from connectors.github.paging import in_order
from connectors.github.projects import PREFIX
from connectors.github.readings import Readings
from connectors.github.records import Record
from connectors.github.selection import GitHubSelection
from connectors.github.series import SeriesReader
from connectors.port import CensusPage, Fate, Glimpse, Identity, OnSkip, Surroundings
from mapping.errors import SkipRecordError
from mapping.words import PastChange, Sample, Selection, WorkItem

READING = "github 2"
"""Part of the fingerprint; changes when the same record is read differently."""
BY_IDS = 100
"""The most ids that one query may name."""


class GitHubSource:
    """One GitHub connection, open for reading."""

    def __init__(self, options: GitHubOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._now = surroundings.now
        self._client = GitHubClient(options, surroundings)
        self._readings = Readings(self._client, options)
        self._glimpses = Glimpses(self._client, self._readings)
        self._series = SeriesReader(self._client, self._readings)
        self._histories = Histories(self._client, self._readings)
        self._fates = Fates(self._client)

    async def identify(self) -> Identity:
        """Return the account of the credential, when it expires, and what is left of the quota."""
        return await identify(self._client, self._options)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Look at the first page of what a selection names.

        Raises:
            FixConfigError: a repository is not visible, has no issues, or knows no such milestone or label.
        """
        return await self._glimpses.look(_terms(selection))

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the fields asked for, of the way records are read, and of the week.

        The same for REST and GraphQL, which read alike. Of the week, because some changes at GitHub move no issue's
        time of update (a milestone or an issue type of another name, a label deleted): once a week all is read again.
        """
        year, week, _ = self._now().astimezone(UTC).isocalendar()
        parts = [READING, f"{year}-{week}", *sorted(fields)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream all that matches, short lists records and all, of long ones the ids; nothing comes twice."""
        seen: set[str] = set()
        async for listed in self._readings.census(selection.key, _terms(selection), fields, on_skip):
            items = [item for record in listed.records if (item := self._item(record, fields, on_skip))]
            new = {item.id: item for item in items if item.id not in seen}
            seen.update(new)
            ids = list(dict.fromkeys(id_ for id_ in listed.ids if id_ not in seen))
            seen.update(ids)
            if new or ids:
                yield CensusPage(ids=(*new, *ids), items=tuple(new.values()))

    async def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream what changed at or after ``since`` of that which the census before listed by ids only."""
        async for records in self._readings.changed(selection.key, _terms(selection), since, on_skip):
            if items := [item for record in records if (item := self._item(record, fields, on_skip))]:
                yield items

    async def by_ids(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream the issues, pull requests and project items with these node ids, several requests in flight.

        Without an account they are read one by one where the mirror knew them, for REST knows no items by their id.
        """
        if not self._readings.can_graphql:
            async for records in self._readings.rest.by_ids(ids, on_skip):
                yield [item for record in records if (item := self._item(record, fields, on_skip))]
            return
        wanted = sorted(dict.fromkeys(ids), key=lambda id_: id_.startswith(PREFIX))  # stable: a group is of one kind
        issues = [id_ for id_ in wanted if not id_.startswith(PREFIX)]
        groups = [issues[start : start + BY_IDS] for start in range(0, len(issues), BY_IDS)]
        placed = wanted[len(issues) :]
        groups += [placed[start : start + BY_IDS] for start in range(0, len(placed), BY_IDS)]

        async def ask(group: list[str]) -> list[Record]:
            if group[0].startswith(PREFIX):
                return await self._readings.projects.by_ids(group, on_skip)
            nodes = await self._client.graphql.nodes(queries.NODES, group)
            return [record for node in nodes if (record := self._readings.reader.node(node, on_skip))]

        async for records in in_order(groups, ask, self._client.in_flight):
            yield [item for record in records if (item := self._item(record, fields, on_skip))]

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Stream the samples of releases, deployments, merged pull requests, workflow runs or stars."""
        async for samples in self._series.samples(selection, _terms(selection), on_skip):
            yield samples

    async def history(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[PastChange]]:
        """Stream the past changes of these items, oldest first within an item."""
        async for changes in self._histories.changes(ids, fields, on_skip):
            yield changes

    async def fates(self, ids: Sequence[str]) -> Mapping[str, Fate]:
        """Tell what became of items: transferred, deleted or hidden; one that GitHub says nothing of is absent."""
        return await self._fates.of(ids)

    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _item(self, record: Record, fields: frozenset[str], on_skip: OnSkip) -> WorkItem | None:
        try:
            return to_work_item(record, self._connection, fields)
        except SkipRecordError as error:
            on_skip(error)
            return None


def _terms(selection: Selection) -> GitHubSelection:
    return GitHubSelection.model_validate(selection.terms())
