"""How fast these vendors can be read with httpx and msgspec at all: many requests at once, typed, nothing kept.

As docs/performance.md describes the limit: Jira by ids and reads by ids, GitHub by slices of the time of update.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import msgspec

from bench.pulls.asked import JQL, NAMED

NEXT = re.compile(r'<([^>]*)>; rel="next"')
ISSUES = "/repos/acme/shop/issues"


class Id(msgspec.Struct):
    """An issue of a page of ids."""

    id: str


class Ids(msgspec.Struct, rename="camel"):
    """A page of ids."""

    issues: list[Id]
    next_page_token: str | None = None


class Named(msgspec.Struct):
    """Anything with a name."""

    id: str = ""
    name: str = ""


class Category(msgspec.Struct):
    """A status category."""

    key: str


class Status(Named, rename="camel"):
    """A status."""

    status_category: Category | None = None


class Person(msgspec.Struct, rename="camel"):
    """An assignee."""

    display_name: str | None = None


class Fields(msgspec.Struct):
    """The fields that are asked for."""

    summary: str
    status: Status
    issuetype: Named
    created: str
    updated: str
    parent: Id | None = None
    labels: list[str] = []
    assignee: Person | None = None
    resolution: Named | None = None
    resolutiondate: str | None = None
    statuscategorychangedate: str | None = None
    customfield_10016: float | None = None


class Issue(msgspec.Struct):
    """An issue of Jira."""

    id: str
    key: str
    fields: Fields


class Bulk(msgspec.Struct):
    """What a read by ids gives."""

    issues: list[Issue]


class Label(msgspec.Struct):
    """A label of GitHub."""

    name: str


class Login(msgspec.Struct):
    """An account."""

    login: str


class GitHubIssue(msgspec.Struct):
    """An issue of GitHub."""

    node_id: str
    number: int
    title: str
    state: str
    html_url: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    state_reason: str | None = None
    labels: list[Label] = []
    assignees: list[Login] = []
    comments: int = 0


def jira(url: str, in_flight: int) -> int:
    """Return how many issues were read."""
    pages, bulks = msgspec.json.Decoder(Ids), msgspec.json.Decoder(Bulk)

    async def pull(http: httpx.AsyncClient) -> int:
        gate = asyncio.Semaphore(in_flight)

        async def read(ids: list[str]) -> int:
            body = {"issueIdsOrKeys": ids, "fields": NAMED.split(","), "fieldsByKeys": False}
            async with gate:
                reply = await http.post("/rest/api/3/issue/bulkfetch", json=body)
            return len(bulks.decode(reply.content).issues)

        terms: dict[str, object] = {"jql": JQL, "fields": ["id"], "maxResults": 5000}
        reads: list[asyncio.Task[int]] = []
        while True:
            page = pages.decode((await http.post("/rest/api/3/search/jql", json=terms)).content)
            ids = [issue.id for issue in page.issues]
            reads += [asyncio.create_task(read(ids[at : at + 100])) for at in range(0, len(ids), 100)]
            if page.next_page_token is None:
                return sum(await asyncio.gather(*reads))
            terms["nextPageToken"] = page.next_page_token

    return _run(url, in_flight, pull)


def github(url: str, in_flight: int) -> int:
    """Return how many issues were read."""
    decoder = msgspec.json.Decoder(list[GitHubIssue])
    terms = {"state": "all", "sort": "updated", "direction": "asc", "per_page": "100"}

    async def pull(http: httpx.AsyncClient) -> int:
        first = await http.get(ISSUES, params={**terms, "per_page": "1"})
        begin, now = decoder.decode(first.content)[0].updated_at, datetime.now(UTC)
        step = (now - begin) / in_flight
        starts = [(begin + step * n).replace(microsecond=0) for n in range(in_flight)]
        ends = [*starts[1:], None]

        async def slice_of(start: datetime, end: datetime | None) -> int:
            address = f"{ISSUES}?{httpx.QueryParams({**terms, 'since': f'{start:%Y-%m-%dT%H:%M:%SZ}'})}"
            found = 0
            while True:
                reply = await http.get(address)
                page = decoder.decode(reply.content)
                inside = [each for each in page if end is None or each.updated_at < end]
                found += len(inside)
                following = NEXT.search(reply.headers.get("link", ""))
                if following is None or len(inside) < len(page):
                    return found
                address = following[1]

        return sum(await asyncio.gather(*(slice_of(*each) for each in zip(starts, ends, strict=True))))

    return _run(url, in_flight, pull)


def _run(url: str, in_flight: int, pull: Callable[[httpx.AsyncClient], Awaitable[int]]) -> int:
    async def run() -> int:
        most = in_flight + 1  # pages of ids go beside the reads
        limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60, trust_env=False) as http:
            return await pull(http)

    return asyncio.run(run())
