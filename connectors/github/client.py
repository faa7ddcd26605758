"""GitHub's wire: which requests give which lists, and whose credential they carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Raw, Struct
from pydantic import SecretStr

from connectors.github.auth import AppAuthority
from connectors.github.errors import classify
from connectors.github.etags import Etags
from connectors.github.graphql import GraphQL, limited
from connectors.github.options import GitHubOptions
from connectors.github.paging import PER_PAGE, Pages
from connectors.http import HttpClient, Limits, Params, Reply
from connectors.port import Surroundings
from mapping.errors import FixConfigError

RATE = (600, 120.0)
"""600 requests at once and then 5 a second: never more than the 900 a minute of GitHub's secondary limits."""
REFUSED = (403, 404)
GONE = (404, 410)
_KEY = re.compile(r"(?P<repo>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)#(?P<number>\d+)")


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
    archived: bool = False
    stargazers_count: int = 0


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
        self.in_flight = max(1, surroundings.in_flight)
        self.now = surroundings.now
        self._keys = surroundings.keys
        self._shows_pull_requests: set[str] = set()
        self.app = (
            None
            if options.app is None
            else AppAuthority(options, surroundings.connection, surroundings.folder, surroundings.now)
        )
        self.http = HttpClient(
            base_url=options.url,
            vendor="GitHub",
            headers=headers,
            surroundings=surroundings,
            classify=classify,
            limited=limited,
            limits=Limits(rate=RATE),
            authority=self.app,
        )
        if self.app is not None:
            self.app.use(self.http)
        etags = Etags(self.http, options.url, options.token)
        self.pages = Pages(self.http, surroundings.connection, self.in_flight, etags)
        self.graphql = GraphQL(self.http, surroundings.connection, graphql_address(options.url))

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return self.http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def user(self) -> Reply:
        """Return the account of the token; 403 for an App's installation, which is no user."""
        return await self.http.request("GET", "/user", accept=(403,))

    async def rate_limit(self) -> dict[str, Rate]:
        """Return what is left of the quotas by name, free of charge; empty where an Enterprise Server has none."""
        reply = await self.http.request("GET", "/rate_limit", accept=(404,))
        return {} if reply.status == 404 else reply.decode(RateLimit).resources

    async def repository(self, repo: str) -> Repository:
        """Return a repository.

        Raises:
            FixConfigError: it is not there, or not for us.
        """
        return (await self.http.get(f"/repos/{repo}")).decode(Repository)

    async def milestones(self, repo: str) -> list[Milestone]:
        """Return all milestones of a repository, open and closed."""
        pages = self.pages.stream(f"/repos/{repo}/milestones", {"state": "all"}, list[Milestone], remember=True)
        return [milestone async for page in pages for milestone in page]

    async def labels(self, repo: str) -> list[str]:
        """Return the names of the labels of a repository."""
        pages = self.pages.stream(f"/repos/{repo}/labels", {}, list[Label], remember=True)
        return [label.name async for page in pages for label in page]

    async def assert_pull_requests(self, repo: str) -> None:
        """Assert that pull requests are for us: without the right to read them, the list of issues merely lacks them.

        Asked once in the life of the client.

        Raises:
            FixConfigError: they are not.
        """
        if repo in self._shows_pull_requests:
            return
        one: Params = {"state": "all", "per_page": 1}
        reply = await self.http.request("GET", f"/repos/{repo}/pulls", params=one, accept=REFUSED)
        if reply.status in REFUSED:
            raise FixConfigError(
                f"{self.connection}: GitHub shows no pull requests of {repo} ({reply.status}): "
                f"give the token of connection {self.connection} read access to pull requests"
            )
        self._shows_pull_requests.add(repo)

    async def first_issues(self, repo: str, filters: Params) -> tuple[list[Raw], bool]:
        """Return the first page of issues and pull requests in every state, oldest first, and whether that is all.

        Raises:
            PartialReadError: the page is full, and what leads to the next one got lost on the way.
        """
        path, query = f"/repos/{repo}/issues", {**all_states(filters), "per_page": PER_PAGE}
        reply = await self.http.get(path, params=query)
        return reply.decode(list[Raw]), await self.pages.is_last(path, query, reply)

    def addresses(self, ids: Sequence[str]) -> dict[str, str]:
        """Return where the REST API had items when the mirror last saw them; those it does not know are absent."""
        keys = self._keys(ids)
        found = {id_: _KEY.fullmatch(keys.get(id_, "")) for id_ in ids}
        return {id_: f"/repos/{match['repo']}/issues/{match['number']}" for id_, match in found.items() if match}

    async def node_id(self, address: str) -> str | None:
        """Return the node id of the issue at an address of the API; None when it is gone or hidden."""
        reply = await self.http.request("GET", address, accept=GONE)
        return None if reply.status in GONE else reply.decode(_ParentIssue).node_id


def graphql_address(url: str) -> str:
    """Return where the GraphQL API is: beside the REST API, which is at /api/v3 on Enterprise Server."""
    base = url.strip().rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql"


def all_states(filters: Params) -> Params:
    """Return the filters of a list with open and closed issues, oldest first."""
    return {**filters, "state": "all", "sort": "created", "direction": "asc"}
