"""GitHub's wire: which requests give which lists, and how their ends are known."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Raw, Struct
from pydantic import SecretStr

from connectors.github.errors import classify
from connectors.github.graphql import GraphQL, limited
from connectors.github.options import GitHubOptions
from connectors.http import HttpClient, Limits, Params, Reply
from connectors.port import Surroundings
from mapping.errors import PartialReadError

PER_PAGE = 100
MOST_PAGES = 5_000
"""Of one list: GitHub itself ends most lists long before."""
RATE = (100, 8.0)
"""Below the 900 requests a minute of GitHub's secondary limits, even with a burst at the start."""
GONE = (404, 410)

T = TypeVar("T")

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_NEXT = re.compile(r";\s*rel\s*=\s*\"?next\"?", re.IGNORECASE)


class User(Struct, frozen=True):
    """The account of a token."""

    login: str


class Rate(Struct, frozen=True):
    """How many requests are left in this hour."""

    limit: int
    remaining: int


class RateLimit(Struct, frozen=True):
    """The answer of "Get rate limit status"; its ``rate`` is left out by newer versions of the API."""

    resources: dict[str, Rate]


class Repository(Struct, frozen=True):
    """What is worth knowing of a repository before reading it."""

    full_name: str
    has_issues: bool = True


class Milestone(Struct, frozen=True):
    """A milestone; its own counts include pull requests and are never used."""

    number: int
    title: str


class Label(Struct, frozen=True):
    """A label of a repository."""

    name: str


class _ParentIssue(Struct, frozen=True):
    node_id: str


class GitHubClient:
    """Reads GitHub for one connection. Lists are streamed page by page, as the records came."""

    def __init__(self, options: GitHubOptions, surroundings: Surroundings) -> None:
        headers: dict[str, str | SecretStr] = {
            "accept": "application/vnd.github+json",
            "x-github-api-version": options.api_version,
        }
        if options.token is not None:
            headers["authorization"] = SecretStr(f"Bearer {options.token.get_secret_value().strip()}")
        self.connection = surroundings.connection
        self.server = urlsplit(options.url).netloc
        self._http = HttpClient(
            base_url=options.url,
            vendor="GitHub",
            headers=headers,
            surroundings=surroundings,
            classify=classify,
            limited=limited,
            limits=Limits(rate=RATE),
        )
        self.graphql = GraphQL(self._http, surroundings.connection, graphql_address(options.url))

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return self._http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def user(self) -> Reply:
        """Return the account of the token; 403 for an App's installation, which is no user."""
        return await self._http.request("GET", "/user", accept=(403,))

    async def rate_limit(self) -> dict[str, Rate]:
        """Return what is left of the quotas by name, free of charge; empty where an Enterprise Server has none."""
        reply = await self._http.request("GET", "/rate_limit", accept=(404,))
        return {} if reply.status == 404 else reply.decode(RateLimit).resources

    async def repository(self, repo: str) -> Repository:
        """Return a repository.

        Raises:
            FixConfigError: it is not there, or not for us.
        """
        return (await self._http.get(f"/repos/{repo}")).decode(Repository)

    async def milestones(self, repo: str) -> list[Milestone]:
        """Return all milestones of a repository, open and closed."""
        pages = self._pages(f"/repos/{repo}/milestones", {"state": "all"}, list[Milestone])
        return [milestone async for page in pages for milestone in page]

    async def labels(self, repo: str) -> list[str]:
        """Return the names of the labels of a repository."""
        pages = self._pages(f"/repos/{repo}/labels", {}, list[Label])
        return [label.name async for page in pages for label in page]

    async def issues(self, repo: str, filters: Params) -> AsyncIterator[list[Raw]]:
        """Stream issues and pull requests in every state, oldest first, to the end.

        Raises:
            PartialReadError: the end was not reached.
        """
        async for page in self._pages(f"/repos/{repo}/issues", _all_states(filters), list[Raw]):
            yield page

    async def first_issues(self, repo: str, filters: Params) -> tuple[list[Raw], bool]:
        """Return the first page of ``issues``, and whether that is all."""
        reply = await self._http.get(f"/repos/{repo}/issues", params={**_all_states(filters), "per_page": PER_PAGE})
        return reply.decode(list[Raw]), next_link(reply.headers.get("link", "")) is None

    async def node_id(self, address: str) -> str | None:
        """Return the node id of the issue at an address of the API; None when it is gone or hidden."""
        reply = await self._http.request("GET", address, accept=GONE)
        return None if reply.status in GONE else reply.decode(_ParentIssue).node_id

    async def _pages(self, path: str, params: Params, shape: type[list[T]]) -> AsyncIterator[list[T]]:
        """Stream a list. Links are followed as they are: a page number made up here would end at GitHub's own limit."""
        where, query, seen = path, {**params, "per_page": PER_PAGE}, set[str]()
        for number in range(MOST_PAGES):
            reply = await self._http.get(where, params=query if number == 0 else None)
            page = reply.decode(shape)
            yield page
            following = next_link(reply.headers.get("link", ""))
            if following is None:
                if number == 0 and len(page) >= PER_PAGE and "link" not in reply.headers:
                    await self._assert_end(path, query)
                return
            if following in seen:
                raise PartialReadError(
                    f"{self.connection}: GitHub's link to the next page of {path} leads back to one that was read: "
                    "the list has no end"
                )
            seen.add(following)
            where = following
        raise PartialReadError(f"{self.connection}: {path} has more than {MOST_PAGES} pages: narrow the selection")

    async def _assert_end(self, path: str, query: Params) -> None:
        """Assert that a full page without any link is really the last: some proxies drop the Link header."""
        reply = await self._http.get(path, params={**query, "page": 2})
        if reply.decode(list[Raw]):
            raise PartialReadError(
                f"{self.connection}: GitHub's answers for {path} arrive without their Link header, so that the next "
                "page is unknown: let the proxy in between pass it"
            )


def graphql_address(url: str) -> str:
    """Return where the GraphQL API is: beside the REST API, which is at /api/v3 on Enterprise Server."""
    base = url.strip().rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql"


def next_link(header: str) -> str | None:
    """Return the address that a Link header names as the next page.

    >>> next_link('<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://x>; rel="last"')
    'https://api.github.com/repositories/1/issues?page=2'
    """
    return next((address for address, says in _LINK.findall(header) if _NEXT.search(says)), None)


def _all_states(filters: Params) -> Params:
    return {**filters, "state": "all", "sort": "created", "direction": "asc"}
