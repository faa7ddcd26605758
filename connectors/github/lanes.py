"""Pages of a sweep's lanes, over GraphQL in one query for many lanes, or over REST in one request for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.graphql import PAGE, Connection, GraphQL, Repository, TooHeavyError
from connectors.github.paging import PER_PAGE, in_order, link, page_number
from connectors.github.records import Instant, RestIssue
from connectors.github.sweep import Lane, Page
from connectors.http import Params
from connectors.reply import Reply
from mapping.errors import PartialReadError

LANES = 20
"""How many lanes one query holds when it reads whole issues: 2,000 at most."""
ID_LANES = 90
"""When it reads ids alone: 9,000 of the 500,000 nodes that GitHub lets a query name; too heavy, it is halved."""

Filters = Mapping[str, object]


class _Stamp(Struct, frozen=True, rename="camel"):
    updated_at: Instant


class _RestStamp(Struct, frozen=True):
    updated_at: Instant


class GraphQLLanes:
    """Gives pages of issues, ids only or whole, for many lanes in one query."""

    def __init__(self, graphql: GraphQL, filters: Mapping[str, Filters], *, whole: bool, terms: frozenset[str]) -> None:
        """Prepare.

        Args:
            graphql: to ask.
            filters: ``IssueFilters`` of each repository.
            whole: read issues with all their fields.
            terms: what of an issue decides beside the filters: ``labels``, ``type``.
        """
        self._graphql = graphql
        self._filters = filters
        self._whole = whole
        self._terms = terms
        self._first = PAGE
        self.most = LANES if whole else ID_LANES
        """How many lanes at once."""
        self._at_once = self.most

    async def fetch(self, batch: Sequence[Lane]) -> list[Page[Raw]]:
        """Return a page for each lane, in their order."""
        pages: list[Page[Raw]] = []
        while len(pages) < len(batch):
            part = batch[len(pages) : len(pages) + self._at_once]
            try:
                pages += await self._ask(part)
            except TooHeavyError as error:
                if len(part) > 1:
                    self._at_once = len(part) // 2
                else:
                    self._first = self._graphql.smaller(self._first, f"issues of {part[0].repo}", error)
        return pages

    async def _ask(self, part: Sequence[Lane]) -> list[Page[Raw]]:
        query = queries.lanes(len(part), whole=self._whole, labels="labels" in self._terms, types="type" in self._terms)
        variables: dict[str, object] = {"first": self._first}
        for number, lane in enumerate(part):
            owner, _, name = lane.repo.partition("/")
            variables |= {f"owner{number}": owner, f"name{number}": name, f"after{number}": lane.after}
            since = {} if lane.since is None else {"since": stamp(lane.since)}
            variables[f"filter{number}"] = {**self._filters.get(lane.repo, {}), **since}
        thing = " and ".join(dict.fromkeys(lane.repo for lane in part))
        patient = len(part) == 1 and self._first < PAGE
        answer = await self._graphql.ask(query, variables, dict[str, Repository], thing, patient=patient)
        return [self._page(self._lane(answer, number, lane), lane) for number, lane in enumerate(part)]

    def _lane(self, answer: Mapping[str, Repository], number: int, lane: Lane) -> Connection:
        found = answer.get(f"lane{number}")
        if found is None:
            raise PartialReadError(f"{self._graphql.connection}: GitHub left {lane.repo} out of its answer")
        return self._graphql.enabled(found, lane.repo).issues

    def _page(self, found: Connection, lane: Lane) -> Page[Raw]:
        try:
            entries = [(msgspec.json.decode(raw, type=_Stamp).updated_at, raw) for raw in found.nodes]
        except msgspec.MsgspecError as error:
            raise unstamped(self._graphql.connection, lane, error) from error
        info = found.page_info
        return Page(entries, info.has_next_page, info.end_cursor, found.total_count)


class RestLanes:
    """Gives pages of issues and pull requests as the REST list has them, lanes side by side."""

    def __init__(self, client: GitHubClient, filters: Params) -> None:
        self._http = client.http
        self._pages = client.pages
        self._connection = client.connection
        self._filters = filters
        self._in_flight = client.in_flight

    async def fetch(self, batch: Sequence[Lane]) -> list[Page[Raw | RestIssue]]:
        """Return a page for each lane, in their order."""
        return [page async for page in in_order(list(batch), self._ask, self._in_flight)]

    async def _ask(self, lane: Lane) -> Page[Raw | RestIssue]:
        path = f"/repos/{lane.repo}/issues"
        params: dict[str, str | int | Sequence[str]] = {
            **self._filters,
            **({} if lane.since is None else {"since": stamp(lane.since)}),
            "state": "all",
            "sort": "updated",
            "direction": "asc",
            "per_page": PER_PAGE,
        }
        if lane.after is not None:
            reply = await self._http.get(lane.after, shape=list[RestIssue])
        else:
            reply = await self._http.get(path, params=params, shape=list[RestIssue])
            await self._pages.is_last(path, params, reply)
        entries = self._entries(reply, lane)
        header = reply.headers.get("link", "")
        following, last = link(header, "next"), link(header, "last")
        total = len(entries) if following is None else PER_PAGE * page_number(last) if last else None
        return Page(entries, following is not None, following, total)

    def _entries(self, reply: Reply, lane: Lane) -> list[tuple[datetime, Raw | RestIssue]]:
        """Return a page's issues, decoded in one go; as they came when one of them cannot be, for that one is named."""
        try:
            return [(issue.updated_at, issue) for issue in reply.decode(list[RestIssue])]
        except PartialReadError:
            records = reply.decode(list[Raw])
        try:
            return [(msgspec.json.decode(raw, type=_RestStamp).updated_at, raw) for raw in records]
        except msgspec.MsgspecError as error:
            raise unstamped(self._connection, lane, error) from error


def stamp(instant: datetime) -> str:
    """Return an instant as GitHub writes it, down to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unstamped(connection: str, lane: Lane, error: Exception) -> PartialReadError:
    """Return the error for a record without a readable time of update: the sweep cannot go on from there."""
    return PartialReadError(
        f"{connection}: an issue of {lane.repo} has no readable time of update ({error}): the list cannot be read on"
    )
