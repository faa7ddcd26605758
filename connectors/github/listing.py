"""The complete list of what a selection matches in one repository, by REST or by GraphQL, with equal records."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw

from connectors.github.client import GitHubClient
from connectors.github.items import belongs
from connectors.github.options import GitHubSelection
from connectors.github.records import Record, UnknownMergeError, from_graphql, from_rest, hint
from connectors.http import Params
from connectors.port import OnSkip
from mapping.errors import FixConfigError, SkipRecordError

SHOWN = 8


class Listing:
    """Reads the records of a selection, repository by repository."""

    def __init__(self, client: GitHubClient, *, graphql: bool) -> None:
        self._client = client
        self._connection = client.connection
        self._graphql = graphql

    async def records(self, repo: str, terms: GitHubSelection, on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream the records that belong, oldest first, to the end; a record may come twice.

        Raises:
            FixConfigError: the repository or the milestone is not there, or not for us.
            PartialReadError: the end was not reached.
        """
        if self._graphql and terms.kind == "issues":
            async for page in self._client.graphql.issues(repo, await self._graphql_filters(repo, terms)):
                records = [record for raw in page if (record := self.read(raw, repo, from_graphql, on_skip))]
                yield [record for record in records if belongs(record, terms)]
            return
        async for found in self._by_rest(repo, terms, on_skip):
            yield found

    async def first(self, repo: str, terms: GitHubSelection) -> tuple[list[Record], bool]:
        """Return what belongs of the first page, and whether that is all; what cannot be read is left out."""
        page, whole = await self._client.first_issues(repo, await self._rest_filters(repo, terms))
        records = [record for raw in page if (record := self.read(raw, repo, from_rest, _ignore))]
        return [record for record in records if belongs(record, terms)], whole

    def read(
        self, raw: Raw, repo: str, reader: Callable[[Raw], Record], on_skip: OnSkip, *, kind: str = "both"
    ) -> Record | None:
        """Return a record, or None after handing ``on_skip`` an error that names it.

        Args:
            raw: as it came.
            repo: where it was listed, for the message.
            reader: ``from_rest`` or ``from_graphql``.
            on_skip: told of what cannot be read.
            kind: of the selection: nobody needs to hear of a pull request that was not asked for.
        """
        try:
            return reader(raw)
        except (msgspec.MsgspecError, UnknownMergeError) as error:
            known = hint(raw)
            if kind == "both" or known.pull_request == (kind == "pull_requests"):
                skipped = SkipRecordError(f"{self._connection}: {repo}{known.name} cannot be read: {error}")
                skipped.__cause__ = error
                on_skip(skipped)
            return None

    async def _by_rest(self, repo: str, terms: GitHubSelection, on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream a list of the REST API, which names an issue's parent by its address instead of its id.

        Items whose parent was not listed before them wait for the end of the list.
        """
        ids: dict[str, str] = {}
        waiting: list[tuple[Record, str]] = []
        async for page in self._client.issues(repo, await self._rest_filters(repo, terms)):
            ready: list[Record] = []
            for raw in page:
                record = self.read(raw, repo, from_rest, on_skip, kind=terms.kind)
                if record is None:
                    continue
                if record.address:
                    ids[_place(record.address)] = record.id
                if not belongs(record, terms):
                    continue
                if record.parent_address is None:
                    ready.append(record)
                else:
                    waiting.append((record, record.parent_address))
            yield ready
        if waiting:
            yield [
                msgspec.structs.replace(record, parent=await self._parent(address, ids)) for record, address in waiting
            ]

    async def _parent(self, address: str, ids: dict[str, str]) -> str | None:
        """Return the node id of a parent, asking for it once when it is in no list."""
        place = _place(address)
        if place not in ids:
            ids[place] = await self._client.node_id(address) or ""
        return ids[place] or None

    async def _rest_filters(self, repo: str, terms: GitHubSelection) -> Params:
        filters: dict[str, str | int] = {}
        if labels := [label for label in terms.labels if "," not in label]:
            filters["labels"] = ",".join(labels)
        if terms.milestone is not None:
            filters["milestone"] = await self._milestone(repo, terms.milestone)
        if terms.since is not None:
            filters["since"] = _midnight(terms.since)
        if terms.assignee is not None:
            filters["assignee"] = terms.assignee
        return filters

    async def _graphql_filters(self, repo: str, terms: GitHubSelection) -> dict[str, object]:
        filters: dict[str, object] = {}
        if terms.labels:
            filters["labels"] = terms.labels[:1]  # several are read as "any of them"; the rest is sorted out here
        if terms.milestone is not None:
            filters["milestoneNumber"] = str(await self._milestone(repo, terms.milestone))
        if terms.since is not None:
            filters["since"] = _midnight(terms.since)
        if terms.assignee is not None:
            filters["assignee"] = terms.assignee
        return filters

    async def _milestone(self, repo: str, wanted: int | str) -> int:
        """Return the number of a milestone given by title (first) or number.

        Raises:
            FixConfigError: the repository has no such milestone; the message lists those it has, nearest first.
        """
        there = await self._client.milestones(repo)
        by_name = {milestone.title.casefold(): milestone.number for milestone in there}
        by_name = {str(milestone.number): milestone.number for milestone in there} | by_name
        if isinstance(wanted, int):
            by_name = {str(milestone.number): milestone.number for milestone in there}
        number = by_name.get(str(wanted).casefold())
        if number is None:
            titles = nearest(str(wanted), (f"{milestone.title} (number {milestone.number})" for milestone in there))
            raise FixConfigError(
                f"{self._connection}: {repo} has no milestone {wanted!r}: "
                + (f"use one of {titles}" if titles else "it has none at all, take milestone out")
            )
        return number


def nearest(wanted: str, names: Iterable[str]) -> str:
    """Return the first few of the names, those most like the wanted one first."""

    def likeness(name: str) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, wanted.casefold(), name.casefold()).ratio(), name

    ordered = sorted(names, key=likeness)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more


def _ignore(_error: SkipRecordError) -> None:
    """A glimpse names no records; the pull does."""


def _place(address: str) -> str:
    return urlsplit(address).path.lower()  # owners and repositories are not case sensitive


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
