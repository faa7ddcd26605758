"""Issues of repositories over GraphQL: a census of ids in lanes, what changed since, what a renamed label hit.

A short list brings its records along; of a long one only ids are listed, a hundred lanes' pages in few requests, and
fields are read of what is new or changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.filters import Filters
from connectors.github.graphql import PAGE, Connection, TooHeavyError
from connectors.github.items import belongs
from connectors.github.lanes import LANES, GraphQLLanes
from connectors.github.lanes import Filters as LaneFilters
from connectors.github.listing import Reader
from connectors.github.records import Instant, Record, from_graphql
from connectors.github.selection import GitHubSelection
from connectors.github.sweep import Sweep
from connectors.port import OnSkip

FEW = 4
"""So many repositories are first looked at one by one, for most are short lists."""
SHORT = 500
"""Issues. A list up to this long brings its records along."""
OVERLAP = timedelta(minutes=5)
"""Before the watermark: GitHub's replicas lag a little, and clocks differ."""


class Listed(Struct, frozen=True):
    """A part of a census: records, and ids of what belongs without a record."""

    records: list[Record]
    ids: tuple[str, ...] = ()


class _Names(Struct, frozen=True):
    nodes: list[_Name]


class _Name(Struct, frozen=True):
    name: str


class _Bare(Struct, frozen=True, rename="camel"):
    id: str
    labels: _Names | None = None
    issue_type: _Name | None = None


class _Label(Struct, frozen=True, rename="camel"):
    id: str
    name: str
    created_at: Instant | None = None
    updated_at: Instant | None = None


class _LabelsOf(Struct, frozen=True):
    labels: Connection | None


class _IssuesOf(Struct, frozen=True):
    issues: Connection


class _LabelNode(Struct, frozen=True):
    node: _IssuesOf | None


class GraphQLIssues:
    """Reads the issues of repositories that a selection asks for."""

    def __init__(self, client: GitHubClient, filters: Filters, reader: Reader) -> None:
        self._client = client
        self._graphql = client.graphql
        self._filters = filters
        self._reader = reader

    async def census(
        self, repos: Sequence[str], terms: GitHubSelection, carried: set[str], on_skip: OnSkip
    ) -> AsyncIterator[Listed]:
        """Stream what matches; some of it may come twice.

        Args:
            repos: to read.
            terms: of the selection.
            carried: repositories that were read with all their records are added to it.
            on_skip: told of what cannot be read.

        Raises:
            NoGraphQLError: the server has no GraphQL; nothing was read then.
        """
        if len(repos) > FEW:
            async for listed in self._ids(repos, terms):
                yield listed
            return
        for repo in repos:
            whole = True
            async with aclosing(self._graphql.issues(repo, await self._filters.graphql(repo, terms))) as pages:
                async for page in pages:
                    yield Listed(self._records(page.nodes, repo, terms, on_skip))
                    if (page.total_count or 0) > SHORT:
                        whole = False
                        break
            if whole:
                carried.add(repo)
                continue
            async for listed in self._ids([repo], terms):
                yield listed

    async def changed(
        self, repos: Sequence[str], terms: GitHubSelection, since: datetime, on_skip: OnSkip
    ) -> AsyncIterator[list[Record]]:
        """Stream the records of what matches and changed since then, in itself or by a label of another name."""
        start = since - OVERLAP
        async for nodes in self._sweep(repos, terms, whole=True, since=start):
            yield self._records(nodes, "", terms, on_skip)
        for start_at in range(0, len(repos), LANES):
            for label in await self._renamed(repos[start_at : start_at + LANES], start):
                async for nodes in self._under(label):
                    yield self._records(nodes, "", terms, on_skip)

    async def _ids(self, repos: Sequence[str], terms: GitHubSelection) -> AsyncIterator[Listed]:
        async for nodes in self._sweep(repos, terms, whole=False, since=None):
            bare = [msgspec.json.decode(node, type=_Bare) for node in nodes]
            yield Listed([], tuple(one.id for one in bare if _matches(one, terms)))

    async def _sweep(
        self, repos: Sequence[str], terms: GitHubSelection, *, whole: bool, since: datetime | None
    ) -> AsyncIterator[list[Raw]]:
        filters: dict[str, LaneFilters] = {repo: await self._filters.graphql(repo, terms) for repo in repos}
        decides = frozenset({"labels"} if len(terms.labels) > 1 else ()) | ({"type"} if terms.type else set())
        lanes = GraphQLLanes(self._graphql, filters, whole=whole, terms=decides)
        if terms.since is not None:
            first = datetime.fromisoformat(str(filters[repos[0]]["since"]))
            since = first if since is None else max(first, since)
        sweep = Sweep(self._client.connection, lanes.fetch, lanes.most, self._client.now(), page=PAGE)
        async for nodes in sweep.run(repos, since):
            yield nodes

    def _records(self, nodes: Sequence[Raw], repo: str, terms: GitHubSelection, on_skip: OnSkip) -> list[Record]:
        found = [self._reader.read(node, repo, from_graphql, on_skip) for node in nodes]
        return [record for record in found if record is not None and belongs(record, terms)]

    async def _renamed(self, repos: Sequence[str], since: datetime) -> list[str]:
        """Return the ids of labels that changed after they were made: GitHub does not touch the issues under them."""
        found: list[str] = []
        waiting: list[tuple[str, str | None]] = [(repo, None) for repo in repos]
        seen: dict[str, set[str]] = {repo: set() for repo in repos}
        while waiting:
            asked: dict[str, object] = {}
            for number, (repo, after) in enumerate(waiting):
                owner, _, name = repo.partition("/")
                asked |= {f"owner{number}": owner, f"name{number}": name, f"after{number}": after}
            thing = f"labels of {' and '.join(repo for repo, _ in waiting)}"
            query = queries.labels(len(waiting))
            data = await self._graphql.ask(query, asked, dict[str, _LabelsOf], thing, patient=True)
            further: list[tuple[str, str | None]] = []
            for number, (repo, _) in enumerate(waiting):
                page = data[f"lane{number}"].labels
                if page is None:
                    continue
                found += [label.id for node in page.nodes if _changed_since(label := _label(node), since)]
                if (after := self._graphql.following(page.page_info, seen[repo], thing)) is not None:
                    further.append((repo, after))
            waiting = further
        return found

    async def _under(self, label: str) -> AsyncIterator[list[Raw]]:
        first, after, seen = PAGE, None, set[str]()
        while True:
            asked = {"id": label, "first": first, "after": after}
            try:
                data = await self._graphql.ask(
                    queries.LABELLED, asked, _LabelNode, "issues under a label", patient=False
                )
            except TooHeavyError as error:
                first = self._graphql.smaller(first, "issues under a label", error)
                continue
            if data.node is None:
                return  # taken away in the meantime; the census knows who still has it
            yield data.node.issues.nodes
            after = self._graphql.following(data.node.issues.page_info, seen, "issues under a label")
            if after is None:
                return


def _matches(bare: _Bare, terms: GitHubSelection) -> bool:
    if len(terms.labels) > 1:
        labels = {label.name.casefold() for label in (bare.labels.nodes if bare.labels else [])}
        if not all(label.casefold() in labels for label in terms.labels):
            return False
    kind = bare.issue_type.name if bare.issue_type else ""
    return terms.type is None or kind.casefold() == terms.type.casefold()


def _label(node: Raw) -> _Label:
    return msgspec.json.decode(node, type=_Label)


def _changed_since(label: _Label, since: datetime) -> bool:
    made, changed = label.created_at, label.updated_at
    return made is not None and changed is not None and made < since <= changed
