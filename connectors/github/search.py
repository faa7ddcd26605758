"""Searches, only where a rule asks for one: GitHub gives a thousand results at most, so longer ones are cut by time.

A search reads an index that lags behind, and may leave things out without a word; lists of repositories do not.
https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from connectors.github.client import GitHubClient
from connectors.github.lanes import stamp
from connectors.github.listing import Reader, RestListing
from connectors.github.records import Record, from_rest
from connectors.github.selection import GitHubSelection
from connectors.port import OnSkip
from mapping.errors import FixConfigError, PartialReadError

CAP = 1000
"""Results of one search that can be read, however many match."""
FIRST = datetime(2007, 10, 1, tzinfo=UTC)
"""Before GitHub's first issue."""
KINDS = {"issues": ("is:issue",), "pull_requests": ("is:pull-request",), "both": ("is:issue", "is:pull-request")}
_IS = re.compile(r"(?<!\S)-?(is|type):(issue|pr|pull-request)(?!\S)", re.IGNORECASE)
_CREATED = re.compile(r"(?<!\S)-?created:", re.IGNORECASE)


class _Found(Struct, frozen=True):
    total_count: int
    incomplete_results: bool
    items: list[Raw]


class _Id(Struct, frozen=True):
    node_id: str


@dataclass(frozen=True, slots=True)
class _Slice:
    """Results created from ``start`` to ``end``, both included, to the second; without any: all of them."""

    text: str
    start: datetime | None = None
    end: datetime | None = None

    @property
    def query(self) -> str:
        if self.start is None or self.end is None:
            return self.text
        return f"{self.text} created:{stamp(self.start)}..{stamp(self.end)}"


class Searches:
    """Reads the results of searches to their end."""

    def __init__(self, client: GitHubClient, reader: Reader, listing: RestListing) -> None:
        self._client = client
        self._reader = reader
        self._listing = listing

    async def records(self, terms: GitHubSelection, on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream what is found, oldest first in each slice.

        Raises:
            PartialReadError: GitHub ran out of time, or gave fewer results than it counted.
            FixConfigError: GitHub does not understand the search, or it cannot be cut into slices.
        """
        for text in self.texts(terms):
            waiting = [_Slice(text)]
            while waiting:
                part = waiting.pop()
                first = await self._page(part, 1)
                if first.total_count > CAP:
                    waiting += reversed(self._cut(part, first.total_count))
                    continue
                async for found in self._slice(part, first, terms, on_skip):
                    yield found

    async def count(self, terms: GitHubSelection) -> tuple[int, list[Raw]]:
        """Return how many results there are, and the first of them."""
        pages = [await self._page(_Slice(text), 1) for text in self.texts(terms)]
        return sum(page.total_count for page in pages), [raw for page in pages for raw in page.items]

    def texts(self, terms: GitHubSelection) -> list[str]:
        """Return what to search for: GitHub wants to be told whether issues or pull requests are meant."""
        text = terms.search or ""
        if _IS.search(text):
            if terms.kind is not None:
                raise FixConfigError(
                    f"{self._client.connection}: the search says by itself what is meant ({text}): take kind out"
                )
            return [text]
        return [f"{text} {kind}" for kind in KINDS[terms.kinds]]

    async def _slice(
        self, part: _Slice, first: _Found, terms: GitHubSelection, on_skip: OnSkip
    ) -> AsyncIterator[list[Record]]:
        page, number, came = first, 1, set[bytes]()
        while True:
            before = len(came)
            came.update(bytes(raw) for raw in page.items)  # a page that comes twice counts once
            records = [self._reader.read(raw, "search result ", from_rest, on_skip) for raw in page.items]
            yield [await self._listing.with_parent(record) for record in records if record is not None]
            if len(came) >= page.total_count or len(came) == before:
                break
            number += 1
            page = await self._page(part, number)
        if len(came) < page.total_count:
            raise PartialReadError(
                f"{self._client.connection}: GitHub counted {page.total_count} results of the search {terms.search!r} "
                f"and gave {len(came)}: select by repo or owner instead, lists are complete"
            )

    async def _page(self, part: _Slice, number: int) -> _Found:
        params: dict[str, str | int] = {
            "q": part.query,
            "sort": "created",
            "order": "asc",
            "per_page": 100,
            "page": number,
        }
        found = (await self._client.http.get("/search/issues", params=params)).decode(_Found)
        if found.incomplete_results:
            raise PartialReadError(
                f"{self._client.connection}: GitHub's search {part.query!r} ran out of time and gave a part only "
                "(incomplete_results): narrow it, or select by repo or owner instead"
            )
        return found

    def _cut(self, part: _Slice, count: int) -> list[_Slice]:
        if _CREATED.search(part.text):
            raise FixConfigError(
                f"{self._client.connection}: the search {part.text!r} finds {count} results, GitHub gives {CAP}, and "
                "it cannot be cut by created: while that stands in it: narrow it, or select by repo or owner"
            )
        start = part.start or FIRST
        end = part.end or (self._client.now().astimezone(UTC).replace(microsecond=0) + timedelta(days=1))
        if end - start < timedelta(seconds=1):
            raise PartialReadError(
                f"{self._client.connection}: the search {part.text!r} finds {count} results of one second, and GitHub "
                f"gives {CAP}: narrow it"
            )
        middle = (start + (end - start) / 2).replace(microsecond=0)
        return [_Slice(part.text, start, middle), _Slice(part.text, middle + timedelta(seconds=1), end)]


def _id_of(raw: Raw) -> str:
    """Return what tells a result from another, also of one that cannot be read."""
    try:
        return msgspec.json.decode(raw, type=_Id).node_id
    except msgspec.MsgspecError:
        return bytes(raw).hex()
