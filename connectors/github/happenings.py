"""What happened in repositories and when: releases, deployments, merged pull requests, workflow runs, stars.

Lists come newest first and are read back to a day; what is older is only counted, where GitHub counts rightly.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.graphql import PAGE, Connection, TooHeavyError
from connectors.github.lanes import stamp
from connectors.github.records import Instant
from connectors.github.selection import GitHubSelection
from connectors.http import Params
from mapping.errors import PartialReadError

T = TypeVar("T")
CAP = 1000
"""Workflow runs that one filtered list gives, however many there are."""
ANY, SUCCESS, FAILURE = "any", "success", "failure"
FAILED = frozenset({"FAILURE", "ERROR"})
HOUR = Decimal(3600)
MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. ``hours`` is how long it took, where that means anything."""

    id: str
    at: datetime
    hours: Decimal | None = None


class _Release(Struct, frozen=True):
    id: int
    published_at: Instant | None = None
    draft: bool = False


class _Status(Struct, frozen=True, rename="camel"):
    created_at: Instant
    state: str


class _Statuses(Struct, frozen=True):
    nodes: list[_Status]


class _Deployment(Struct, frozen=True, rename="camel"):
    id: str
    created_at: Instant
    statuses: _Statuses | None = None


class _Name(Struct, frozen=True):
    name: str


class _Names(Struct, frozen=True):
    nodes: list[_Name]


class _Merged(Struct, frozen=True, rename="camel"):
    id: str
    created_at: Instant
    updated_at: Instant
    merged_at: Instant
    labels: _Names | None = None


class _Star(Struct, frozen=True, rename="camel"):
    created_at: Instant


class _Run(Struct, frozen=True):
    id: int
    created_at: Instant
    updated_at: Instant
    run_started_at: Instant | None = None
    conclusion: str | None = None


class _Runs(Struct, frozen=True):
    total_count: int
    workflow_runs: list[_Run]


class _Found(Struct, frozen=True):
    found: Connection


class _FoundData(Struct, frozen=True):
    repository: _Found


class Happenings:
    """Reads what a selection of shape series asks for, one repository at a time."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    async def count(self, repo: str, terms: GitHubSelection) -> int | None:
        """Return how many there are altogether; None where only reading them all tells."""
        if terms.series == "stars":
            return (await self._client.repository(repo)).stargazers_count
        if terms.series == "workflow_runs":
            return (await self._runs_page(repo, terms, None, 1, size=1)).total_count
        if terms.series == "merged_pull_requests" and len(terms.labels) < 2:
            page = await self._page(queries.MERGED, repo, self._merged_variables(terms), 1, None)
            return page.total_count
        return None

    async def since(self, repo: str, terms: GitHubSelection, start: datetime | None) -> dict[str, Happening]:
        """Return what happened from ``start`` on, or ever, by id.

        Raises:
            PartialReadError: the end was not reached.
        """
        match terms.series:
            case "releases":
                found = await self._releases(repo)
            case "deployments":
                found = await self._deployments(repo, terms, start)
            case "merged_pull_requests":
                found = await self._merged(repo, terms, start)
            case "stars":
                found = await self._stars(repo, start)
            case _:
                found = await self._runs(repo, terms, start)
        return {one.id: one for one in found if start is None or one.at >= start}

    async def _releases(self, repo: str) -> list[Happening]:
        pages = self._client.pages.stream(f"/repos/{repo}/releases", {}, list[_Release], remember=True)
        return [
            Happening(str(one.id), one.published_at.astimezone(UTC))
            async for page in pages
            for one in page
            if one.published_at is not None and not one.draft
        ]

    async def _deployments(self, repo: str, terms: GitHubSelection, start: datetime | None) -> list[Happening]:
        asked = {"environments": [terms.environment] if terms.environment else None}
        walk = self._walk(queries.DEPLOYMENTS, repo, asked, _Deployment, lambda one: one.created_at, start)
        return [found async for one in walk if (found := _ended(one, terms.conclusion or SUCCESS)) is not None]

    async def _merged(self, repo: str, terms: GitHubSelection, start: datetime | None) -> list[Happening]:
        """Walk from the latest update back, and again over what was updated during the walk until nothing was.

        GitHub orders pull requests by their update and not by their merge; a pull request that is touched meanwhile
        jumps to the front, past a walk that is under way.
        """
        found: dict[str, Happening] = {}
        asked, back_to, wanted = self._merged_variables(terms), start, {name.casefold() for name in terms.labels}
        for _ in range(MOST_ROUNDS):
            newest, more = back_to, False
            walk = self._walk(queries.MERGED, repo, asked, _Merged, lambda one: one.updated_at, back_to)
            async for one in walk:
                labels = {label.name.casefold() for label in (one.labels.nodes if one.labels else [])}
                more = more or one.id not in found
                newest = one.updated_at if newest is None else max(newest, one.updated_at)
                if wanted <= labels:
                    merged = one.merged_at.astimezone(UTC)
                    found[one.id] = Happening(one.id, merged, hours_between(one.created_at, one.merged_at))
            if not more or newest is None or newest == back_to:
                return list(found.values())
            back_to = newest
        raise PartialReadError(
            f"{self._client.connection}: pull requests of {repo} change faster than they can be read: "
            "the next run tries again"
        )

    def _merged_variables(self, terms: GitHubSelection) -> Mapping[str, object]:
        return {"branch": terms.branch, "labels": terms.labels[:1] or None}  # several would be "any of them"

    async def _stars(self, repo: str, start: datetime | None) -> list[Happening]:
        walk = self._walk(queries.STARGAZERS, repo, {}, _Star, lambda one: one.created_at, start)
        return [Happening(f"{number}", one.created_at.astimezone(UTC)) async for number, one in _numbered(walk)]

    async def _walk(
        self,
        query: str,
        repo: str,
        variables: Mapping[str, object],
        shape: type[T],
        at: Callable[[T], datetime],
        start: datetime | None,
    ) -> AsyncIterator[T]:
        """Stream nodes newest first, down to those at ``start``."""
        graphql, first, after, seen = self._client.graphql, PAGE, None, set[str]()
        while True:
            try:
                page = await self._page(query, repo, variables, first, after)
            except TooHeavyError as error:
                first = graphql.smaller(first, f"entries of {repo}", error)
                continue
            for raw in page.nodes:
                node = self._decoded(raw, shape, repo)
                if start is not None and at(node) < start:
                    return
                yield node
            after = graphql.following(page.page_info, seen, repo)
            if after is None:
                return

    async def _page(
        self, query: str, repo: str, variables: Mapping[str, object], first: int, after: str | None
    ) -> Connection:
        owner, _, name = repo.partition("/")
        asked = {**variables, "owner": owner, "name": name, "first": first, "after": after}
        return (await self._client.graphql.ask(query, asked, _FoundData, repo, patient=first < PAGE)).repository.found

    def _decoded(self, raw: Raw, shape: type[T], repo: str) -> T:
        try:
            return msgspec.json.decode(raw, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(f"{self._client.connection}: an entry of {repo} cannot be read: {error}") from error

    async def _runs(self, repo: str, terms: GitHubSelection, start: datetime | None) -> list[Happening]:
        """Read workflow runs in slices of time, each of a thousand at most."""
        end = self._client.now().astimezone(UTC).replace(microsecond=0) + timedelta(days=1)
        waiting = [(start or datetime(2018, 10, 1, tzinfo=UTC), end)]
        found: list[Happening] = []
        while waiting:
            span = waiting.pop()
            first = await self._runs_page(repo, terms, span, 1)
            if first.total_count > CAP:
                waiting += self._halves(repo, span, first.total_count)
                continue
            found += [_of_run(run) for run in await self._whole_span(repo, terms, span, first)]
        return found

    async def _whole_span(
        self, repo: str, terms: GitHubSelection, span: tuple[datetime, datetime], first: _Runs
    ) -> list[_Run]:
        page, number, before = first, 1, 0
        runs = {run.id: run for run in page.workflow_runs}
        while before < len(runs) < first.total_count:  # a page that brings nothing new is the last one worth asking for
            number, before = number + 1, len(runs)
            page = await self._runs_page(repo, terms, span, number)
            runs |= {run.id: run for run in page.workflow_runs}
        if len(runs) < min(first.total_count, page.total_count):
            raise PartialReadError(
                f"{self._client.connection}: GitHub counted {first.total_count} workflow runs of {repo} and gave "
                f"{len(runs)}: the next run tries again"
            )
        return list(runs.values())

    def _halves(self, repo: str, span: tuple[datetime, datetime], count: int) -> list[tuple[datetime, datetime]]:
        start, end = span
        if end - start < timedelta(seconds=1):
            raise PartialReadError(
                f"{self._client.connection}: {repo} has {count} workflow runs of one second, and GitHub gives {CAP}: "
                "name one workflow"
            )
        middle = (start + (end - start) / 2).replace(microsecond=0)
        return [(middle + timedelta(seconds=1), end), (start, middle)]

    async def _runs_page(
        self,
        repo: str,
        terms: GitHubSelection,
        span: tuple[datetime, datetime] | None,
        number: int,
        *,
        size: int = PAGE,
    ) -> _Runs:
        workflow = f"/workflows/{quote(terms.workflow, safe='')}" if terms.workflow else ""
        conclusion = terms.conclusion or ANY
        params: dict[str, str | int] = {"status": "completed" if conclusion == ANY else conclusion}
        if terms.branch is not None:
            params["branch"] = terms.branch
        if span is not None:
            params["created"] = f"{stamp(span[0])}..{stamp(span[1])}"
        asked: Params = {**params, "per_page": size, "page": number}
        return (await self._client.http.get(f"/repos/{repo}/actions{workflow}/runs", params=asked)).decode(_Runs)


def _ended(one: _Deployment, wanted: str) -> Happening | None:
    """Return a deployment that ended as wanted; it succeeded if it ever did, for the next one makes it inactive."""
    statuses = one.statuses.nodes if one.statuses else []
    succeeded = sorted(status.created_at for status in statuses if status.state == "SUCCESS")
    failed = not succeeded and any(status.state in FAILED for status in statuses)
    if (wanted == SUCCESS and not succeeded) or (wanted == FAILURE and not failed):
        return None
    took = hours_between(one.created_at, succeeded[0]) if succeeded else None
    return Happening(one.id, one.created_at.astimezone(UTC), took)


def _of_run(run: _Run) -> Happening:
    began = run.run_started_at or run.created_at
    return Happening(str(run.id), run.created_at.astimezone(UTC), hours_between(began, run.updated_at))


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Return the hours from one instant to another, to the second."""
    span = end - start
    return Decimal(span.days * 86_400 + span.seconds) / HOUR


async def _numbered(walk: AsyncIterator[T]) -> AsyncIterator[tuple[int, T]]:
    number = 0
    async for one in walk:
        yield number, one
        number += 1
