"""GitHub's GraphQL API: any error in an answer is a failure, and what is too heavy is asked for by halves.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.errors import NoGraphQLError, issues_off, not_visible
from connectors.http import HttpClient
from connectors.limits import SECONDARY_WAIT
from connectors.reply import Reply
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError

T = TypeVar("T")

PAGE, SMALLEST_PAGE = 100, 6
MOST_IDS = 100
MOST_PAGES = 20_000
HEAVY = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
SECONDARY = "secondary rate limit"
HEAVY_TEXTS = ("something went wrong while executing your query", "timeout", "timed out", "timedout")
RATE_LIMITED = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
TIMEOUTS = (502, 504)
"""What GitHub answers when a query took longer than 10 s."""
ABSENT = (404, 405, 501)
"""What a server answers that has no GraphQL."""
GONE = frozenset({"NOT_FOUND", "FORBIDDEN"})


class Error(Struct, frozen=True):
    """One entry of ``errors``."""

    message: str = ""
    type: str | None = None
    path: list[str | int] = []


class _Answer(Struct, frozen=True):
    data: Raw = Raw(b"null")
    errors: list[Error] = []


class PageInfo(Struct, frozen=True, rename="camel"):
    """Where a page of a connection ends."""

    has_next_page: bool
    end_cursor: str | None


class Connection(Struct, frozen=True, rename="camel"):
    """A page of a connection; nodes as they came."""

    page_info: PageInfo
    nodes: list[Raw]
    total_count: int | None = None


class Repository(Struct, frozen=True, rename="camel"):
    """A page of a repository's issues."""

    issues: Connection
    has_issues_enabled: bool = True


class _RepositoryData(Struct, frozen=True):
    repository: Repository


class NodesData(Struct, frozen=True):
    """The answer of a query for nodes by their ids, in the order asked for; null where one is gone or hidden."""

    nodes: list[Raw]


class TooHeavyError(Exception):
    """GitHub could not answer this much at once; asked for less, it may. Stays in this room."""


def limited(reply: Reply) -> float | None:
    """Return the least seconds to wait when a GraphQL answer of status 200 says that the points are used up."""
    if not reply.url.endswith("/graphql") or not any(text in reply.body for text in (b"RATE_LIMIT", b"rate limit")):
        return None
    try:
        errors = msgspec.json.decode(reply.body, type=_Answer).errors
    except msgspec.MsgspecError:
        return None  # not this kind of answer; whoever decodes it says what is wrong
    told = any(error.type in RATE_LIMITED or SECONDARY in error.message.lower() for error in errors)
    return SECONDARY_WAIT if told else None


class GraphQL:
    """Asks GitHub's GraphQL API over the shared client."""

    def __init__(self, http: HttpClient, connection: str, address: str) -> None:
        self._http = http
        self.connection = connection
        self._address = address
        self._lacks: set[str] = set()
        """What the server's schema does not have, of what may be missing."""
        self._answered = False
        self._most_ids = MOST_IDS

    async def issues(self, repo: str, filters: Mapping[str, object]) -> AsyncGenerator[Connection, None]:
        """Stream the issues of a repository with their fields, oldest first, to the end.

        Raises:
            PartialReadError: the end was not reached.
            FixConfigError: the repository is not there, or not for us.
            TryAgainError: even the smallest page is too much now.
            NoGraphQLError: the server has no GraphQL.
        """
        owner, _, name = repo.partition("/")
        first, after, seen = PAGE, None, set[str]()
        while True:
            variables = {"owner": owner, "name": name, "first": first, "after": after, "filter": filters}
            try:
                data = await self.ask(queries.ISSUES, variables, _RepositoryData, repo, patient=first == SMALLEST_PAGE)
            except TooHeavyError as error:
                first = self.smaller(first, f"issues of {repo}", error)
                continue
            page = self.enabled(data.repository, repo).issues
            yield page
            after = self.following(page.page_info, seen, repo)
            if after is None:
                return

    async def nodes(self, query: str, ids: Sequence[str], variables: Mapping[str, object] | None = None) -> list[Raw]:
        """Return the nodes with these ids in order, null where one is gone or hidden.

        Raises:
            TryAgainError: GitHub cannot answer now.
        """
        if len(ids) > self._most_ids:
            return await self._halves(query, ids, variables)
        asked = {**(variables or {}), "ids": list(ids)}
        try:
            data = await self.ask(query, asked, NodesData, "items by id", patient=len(ids) == 1)
        except TooHeavyError as error:
            if len(ids) == 1:
                raise TryAgainError(
                    f"{self.connection}: GitHub cannot give one item by its id ({error}): the next run tries again"
                ) from error
            self._most_ids = max(1, len(ids) // 2)  # what was too much once would be again
            return await self._halves(query, ids, variables)
        if len(data.nodes) != len(ids):
            raise PartialReadError(
                f"{self.connection}: GitHub gave {len(data.nodes)} nodes for {len(ids)} ids: the next run tries again"
            )
        return data.nodes

    async def _halves(self, query: str, ids: Sequence[str], variables: Mapping[str, object] | None) -> list[Raw]:
        half = len(ids) // 2
        return [*await self.nodes(query, ids[:half], variables), *await self.nodes(query, ids[half:], variables)]

    async def ask(self, query: str, variables: Mapping[str, object], shape: type[T], thing: str, *, patient: bool) -> T:
        """Send a query and return its data.

        Args:
            query: from ``queries``.
            variables: its values.
            shape: what ``data`` holds.
            thing: what is asked for, for messages.
            patient: repeat a query that timed out as it is, for it cannot be made smaller.

        Raises:
            TooHeavyError: it was too much at once.
            NoGraphQLError: the server has no GraphQL; only of the first query.
        """
        text = queries.without(query, self._lacks)
        accept = (*(() if patient else TIMEOUTS), *(() if self._answered else ABSENT))
        reply = await self._http.request(
            "POST", self._address, json={"query": text, "variables": variables}, accept=accept, shape=_Answer
        )
        if reply.status in TIMEOUTS:
            raise TooHeavyError(f"answered with {reply.status}")
        if reply.status in ABSENT:
            raise NoGraphQLError(f"{self.connection}: there is no GraphQL API at {reply.url} ({reply.status})")
        answer = self._answer(reply)
        errors = [error for error in answer.errors if not (error.type in GONE and error.path[:1] == ["nodes"])]
        if (
            lacking := {name for name in queries.OPTIONAL if any(_unknown(error, name) for error in errors)}
            - self._lacks
        ):
            self._lacks |= lacking
            return await self.ask(query, variables, shape, thing, patient=patient)
        if errors:
            raise self._failure(errors[0], thing)
        try:
            return msgspec.json.decode(answer.data, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(
                f"{self.connection}: GitHub answered a query for {thing} in a shape that okrsync cannot read ({error})"
            ) from error

    def _answer(self, reply: Reply) -> _Answer:
        """Return what came; anything but an answer to the first query means that there is no GraphQL here."""
        answer: _Answer | None = None
        with suppress(PartialReadError):  # only a server that has answered before is told what is wrong
            answer = reply.decode(_Answer)
        if not self._answered and (answer is None or (not answer.errors and bytes(answer.data) == b"null")):
            raise NoGraphQLError(f"{self.connection}: what answers at {reply.url} is no GraphQL API")
        self._answered = True
        return answer or reply.decode(_Answer)

    def enabled(self, repository: Repository, repo: str) -> Repository:
        """Return the repository.

        Raises:
            FixConfigError: its issues are switched off: the list would be empty.
        """
        if not repository.has_issues_enabled:
            raise issues_off(self.connection, repo)
        return repository

    def smaller(self, first: int, what: str, error: TooHeavyError) -> int:
        """Return half a page size.

        Raises:
            TryAgainError: it is the smallest already.
        """
        if first <= SMALLEST_PAGE:
            raise TryAgainError(
                f"{self.connection}: GitHub cannot list even {first} {what} at once ({error}): "
                "the next run tries again; via: rest asks for less"
            ) from error
        return max(SMALLEST_PAGE, first // 2)

    def following(self, info: PageInfo, seen: set[str], thing: str) -> str | None:
        """Return the cursor of the next page, None at the end.

        Raises:
            PartialReadError: the cursor was given before, or there are more pages than any list has.
        """
        if not info.has_next_page:
            return None
        if len(seen) >= MOST_PAGES:  # always another cursor: a proxy's, say, that knows no end
            raise self.endless(thing)
        if info.end_cursor is None or info.end_cursor in seen:
            raise PartialReadError(
                f"{self.connection}: GitHub repeats a page while listing {thing}: the list has no end"
            )
        seen.add(info.end_cursor)
        return info.end_cursor

    def endless(self, thing: str) -> PartialReadError:
        """Return the error for a list that does not come to its end."""
        return PartialReadError(f"{self.connection}: {thing} has more than {MOST_PAGES} pages: narrow the selection")

    def _failure(self, error: Error, thing: str) -> OkrsyncError | TooHeavyError:
        message = "".join(letter for letter in " ".join(error.message.split()) if letter.isprintable())[:200]
        if error.type in HEAVY or any(text in message.lower() for text in HEAVY_TEXTS):
            return TooHeavyError(message)
        if error.type == "NOT_FOUND":
            return not_visible(self.connection, thing)
        if error.type in {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
            return FixConfigError(
                f"{self.connection}: GitHub does not let connection {self.connection} read {thing} ({message}): "
                "give its token read access to issues, pull requests and metadata, and to projects where they are read"
            )
        return PartialReadError(f"{self.connection}: GitHub answered a query for {thing} with an error ({message})")


def _unknown(error: Error, name: str) -> bool:
    """Return whether an error says that the server's schema does not know a field or an argument."""
    said = error.message
    return f"'{name}'" in said and ("doesn't exist on type" in said or "doesn't accept argument" in said)
