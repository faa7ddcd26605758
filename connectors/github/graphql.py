"""GitHub's GraphQL API: any error in an answer is a failure, and a page that is too heavy is asked for by halves.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.errors import not_visible
from connectors.http import HttpClient
from connectors.limits import SECONDARY_WAIT
from connectors.reply import Reply
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError

T = TypeVar("T")

PAGE, SMALLEST_PAGE = 100, 6
MOST_PAGES = 20_000
HEAVY = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
HEAVY_TEXTS = ("something went wrong while executing your query", "timeout", "timed out", "timedout")
RATE_LIMITED = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
TIMEOUTS = (502, 504)
"""What GitHub answers when a query took longer than 10 s."""
GONE = frozenset({"NOT_FOUND", "FORBIDDEN"})


class _Error(Struct, frozen=True):
    message: str = ""
    type: str | None = None
    path: list[str | int] = []


class _Answer(Struct, frozen=True):
    data: Raw = Raw(b"null")
    errors: list[_Error] = []


class _PageInfo(Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None


class _Issues(Struct, frozen=True, rename="camel"):
    page_info: _PageInfo
    nodes: list[Raw]


class _Repository(Struct, frozen=True):
    issues: _Issues


class _RepositoryData(Struct, frozen=True):
    repository: _Repository


class _NodesData(Struct, frozen=True):
    nodes: list[Raw]


class _Node(Struct, frozen=True):
    typename: str = msgspec.field(name="__typename")


class TooHeavyError(Exception):
    """GitHub could not answer this much at once. Stays in this module."""


def limited(reply: Reply) -> float | None:
    """Return the least seconds to wait when a GraphQL answer of status 200 says that the points are used up."""
    if not reply.url.endswith("/graphql") or b"RATE_LIMIT" not in reply.body:
        return None
    try:
        errors = msgspec.json.decode(reply.body, type=_Answer).errors
    except msgspec.MsgspecError:
        return None  # not this kind of answer; whoever decodes it says what is wrong
    return SECONDARY_WAIT if any(error.type in RATE_LIMITED for error in errors) else None


class GraphQL:
    """Asks GitHub's GraphQL API over the shared client."""

    def __init__(self, http: HttpClient, connection: str, address: str) -> None:
        self._http = http
        self._connection = connection
        self._address = address
        self._duplicate_flag = True

    async def issues(self, repo: str, filters: Mapping[str, object]) -> AsyncIterator[list[Raw]]:
        """Stream the issues of a repository, oldest first, to the end.

        Raises:
            PartialReadError: the end was not reached.
            FixConfigError: the repository is not there, or not for us.
            TryAgainError: even the smallest page is too much now.
        """
        owner, _, name = repo.partition("/")
        first, after, seen = PAGE, None, set[str]()
        for _ in range(MOST_PAGES):
            variables = {"owner": owner, "name": name, "first": first, "after": after, "filter": filters}
            try:
                data = await self._ask(queries.ISSUES, variables, _RepositoryData, repo, patient=first == SMALLEST_PAGE)
            except TooHeavyError as error:
                if first == SMALLEST_PAGE:
                    raise TryAgainError(
                        f"{self._connection}: GitHub cannot list even {first} issues of {repo} at once ({error}): "
                        "the next run tries again; via: rest asks for less"
                    ) from error
                first = max(SMALLEST_PAGE, first // 2)
                continue
            page = data.repository.issues
            yield page.nodes
            if not page.page_info.has_next_page:
                return
            after = page.page_info.end_cursor
            if after is None or after in seen:
                raise PartialReadError(
                    f"{self._connection}: GitHub repeats a page while listing {repo}: the list has no end"
                )
            seen.add(after)
        raise PartialReadError(f"{self._connection}: {repo} has more than {MOST_PAGES} pages: narrow the selection")

    async def nodes(self, ids: Sequence[str]) -> list[Raw]:
        """Return the nodes with these ids (100 at most); what is gone, hidden or something else is absent.

        Raises:
            TryAgainError: GitHub cannot answer now.
        """
        try:
            data = await self._ask(queries.NODES, {"ids": list(ids)}, _NodesData, "items by id", patient=len(ids) == 1)
        except TooHeavyError as error:
            if len(ids) == 1:
                raise TryAgainError(
                    f"{self._connection}: GitHub cannot give one item by its id ({error}): the next run tries again"
                ) from error
            half = len(ids) // 2
            return await self.nodes(ids[:half]) + await self.nodes(ids[half:])
        return [node for node in data.nodes if _is_item(node)]

    async def _ask(
        self, query: str, variables: Mapping[str, object], shape: type[T], thing: str, *, patient: bool
    ) -> T:
        """Send a query and return its data.

        Args:
            query: from ``queries``.
            variables: its values.
            shape: what ``data`` holds.
            thing: what is asked for, for messages.
            patient: repeat a query that timed out as it is, for it cannot be made smaller.
        """
        text = query if self._duplicate_flag else queries.without_duplicate_flag(query)
        reply = await self._http.request(
            "POST",
            self._address,
            json={"query": text, "variables": variables},
            accept=() if patient else TIMEOUTS,
        )
        if reply.status in TIMEOUTS:
            raise TooHeavyError(f"answered with {reply.status}")
        answer = reply.decode(_Answer)
        errors = [error for error in answer.errors if not (error.type in GONE and error.path[:1] == ["nodes"])]
        if self._duplicate_flag and any(queries.REMOVED_ARGUMENT in error.message for error in errors):
            self._duplicate_flag = False
            return await self._ask(query, variables, shape, thing, patient=patient)
        if errors:
            raise self._failure(errors[0], thing)
        try:
            return msgspec.json.decode(answer.data, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(
                f"{self._connection}: GitHub answered a query for {thing} in a shape that okrsync cannot read ({error})"
            ) from error

    def _failure(self, error: _Error, thing: str) -> OkrsyncError | TooHeavyError:
        message = "".join(letter for letter in " ".join(error.message.split()) if letter.isprintable())[:200]
        if error.type in HEAVY or any(text in message.lower() for text in HEAVY_TEXTS):
            return TooHeavyError(message)
        if error.type == "NOT_FOUND":
            return not_visible(self._connection, thing)
        if error.type in {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
            return FixConfigError(
                f"{self._connection}: GitHub does not let connection {self._connection} read {thing} ({message}): "
                "give its token read access to issues, pull requests and metadata"
            )
        return PartialReadError(f"{self._connection}: GitHub answered a query for {thing} with an error ({message})")


def _is_item(node: Raw) -> bool:
    """Return whether a node is an issue or a pull request; what is gone or hidden comes as null."""
    known = msgspec.json.decode(node, type=_Node | None)
    return known is not None and known.typename in {"Issue", "PullRequest"}
