"""GitHub as a source: what the rest of okrsync may ask of a connection."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from connectors.github.client import GitHubClient, User
from connectors.github.items import assert_fields, key_of, to_work_item
from connectors.github.listing import Listing, nearest
from connectors.github.options import GitHubOptions, GitHubSelection
from connectors.github.records import Record, from_graphql
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Surroundings
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import Sample, Selection, WorkItem

READING = "github 1"
"""Part of the fingerprint; changes when the same record is read differently."""
BY_IDS = 100
"""The most ids that one query may name."""


class GitHubSource:
    """One GitHub connection, open for reading."""

    def __init__(self, options: GitHubOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._client = GitHubClient(options, surroundings)
        self._listing = Listing(self._client, graphql=options.via == "graphql")

    async def identify(self) -> Identity:
        """Return the account of the token, when the token expires, and what is left of the quota."""
        account, detail = await self._account()
        rates = await self._client.rate_limit()
        for name in ("core", "graphql"):
            if name in rates:
                detail[f"{name} requests left"] = f"{rates[name].remaining} of {rates[name].limit}"
        return Identity(account=account, server=self._client.server, detail=detail)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Look at the first page of each repository.

        Raises:
            FixConfigError: a repository is not visible, has no issues, or knows no such milestone or label.
        """
        terms = _terms(selection)
        labels: dict[str, str] = {}
        matches: int | None = 0
        example: str | None = None
        for repo in terms.repositories():
            about = await self._client.repository(repo)
            if terms.kind == "issues" and not about.has_issues:
                raise FixConfigError(
                    f"{self._connection}: issues are switched off in {repo}: select another repository"
                )
            if terms.labels:
                labels |= {label.casefold(): label for label in await self._client.labels(repo)}
            records, whole = await self._listing.first(repo, terms)
            unique = len({record.id for record in records})
            matches = matches + unique if whole and matches is not None else None
            example = example or next((f"{key_of(record)} {record.title}" for record in records), None)
        self._assert_labels(terms, labels)
        return Glimpse(matches=matches, example=example)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the fields asked for and of the way records are read; REST and GraphQL read alike."""
        assert_fields(fields, self._connection)
        return hashlib.sha256("\n".join([READING, *sorted(fields)]).encode()).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream all that matches, records and all, repository by repository; nothing comes twice."""
        terms = _terms(selection)
        assert_fields(fields, self._connection)
        seen: set[str] = set()
        for repo in terms.repositories():
            async for records in self._listing.records(repo, terms, on_skip):
                new = {record.id: record for record in records if record.id not in seen}
                seen |= new.keys()
                items = tuple(item for record in new.values() if (item := self._item(record, fields, on_skip)))
                yield CensusPage(ids=tuple(item.id for item in items), items=items)

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Not offered: the census brings the records along.

        Raises:
            FixConfigError: always.
        """
        del selection, since, fields, on_skip  # the port's, for connectors that have it
        raise FixConfigError(f"{self._connection}: GitHub gives no changes apart from the census: read that instead")

    async def by_ids(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream the issues and pull requests with these node ids."""
        assert_fields(fields, self._connection)
        if self._options.token is None:
            raise FixConfigError(
                f"{self._connection}: GitHub gives items by their id only to an account: set token on the connection"
            )
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), BY_IDS):
            nodes = await self._client.graphql.nodes(wanted[start : start + BY_IDS])
            records = [record for raw in nodes if (record := self._listing.read(raw, "item ", from_graphql, on_skip))]
            yield [item for record in records if (item := self._item(record, fields, on_skip))]

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Not offered.

        Raises:
            FixConfigError: always.
        """
        del selection, on_skip  # the port's, for connectors that have it
        raise FixConfigError(f"{self._connection}: GitHub gives work items, no series: measure a count or a completion")

    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _account(self) -> tuple[str, dict[str, str]]:
        if self._options.token is None:
            return "anonymous", {"reads": "public repositories only"}
        reply = await self._client.user()
        detail = {}
        if expires := reply.headers.get("github-authentication-token-expiration"):
            detail["token expires"] = expires
        if scopes := reply.headers.get("x-oauth-scopes"):
            detail["scopes"] = scopes
        # "Resource not accessible by integration": the token of an App's installation belongs to no user.
        return ("App installation" if reply.status == 403 else reply.decode(User).login), detail

    def _item(self, record: Record, fields: frozenset[str], on_skip: OnSkip) -> WorkItem | None:
        try:
            return to_work_item(record, self._connection, fields)
        except SkipRecordError as error:
            on_skip(error)
            return None

    def _assert_labels(self, terms: GitHubSelection, there: dict[str, str]) -> None:
        """GitHub gives an empty list for a label that does not exist, as it does for one that nothing carries."""
        for label in terms.labels:
            if label.casefold() not in there:
                names = nearest(label, there.values())
                raise FixConfigError(
                    f"{self._connection}: label {label!r} does not exist in {', '.join(terms.repositories())}: "
                    + (f"labels are {names}" if names else "there are no labels at all")
                )


def _terms(selection: Selection) -> GitHubSelection:
    return GitHubSelection.model_validate(selection.terms())
