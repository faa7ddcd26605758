"""Lists of the REST API: pages at once where GitHub says how many there are, one after another where it does not.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from msgspec import Raw

from connectors.github.etags import Etags
from connectors.http import HttpClient, Params, Reply
from mapping.errors import PartialReadError

PER_PAGE = 100
MOST_PAGES = 5_000
"""Of one list: GitHub itself ends most lists long before."""
NUMBERED_PAGES = 100
"""Beyond 10,000 records GitHub wants a cursor instead of a page number, and answers 422."""

T = TypeVar("T")
S = TypeVar("S")

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_PAGE = re.compile(r"(?<=[?&]page=)\d+(?=&|$)")


class Pages:
    """Reads lists to their end; raises PartialReadError when the end was not reached."""

    def __init__(self, http: HttpClient, connection: str, in_flight: int, etags: Etags) -> None:
        self._http = http
        self._etags = etags
        self._connection = connection
        self._in_flight = in_flight

    async def stream(self, path: str, params: Params, shape: type[T], *, remember: bool = False) -> AsyncIterator[T]:
        """Stream a list page by page, in order.

        Args:
            path: of the list.
            params: beside the size of a page.
            shape: what a page holds.
            remember: keep a list of one page, and ask only whether it still holds.

        Raises:
            PartialReadError: the end was not reached.
        """
        query = {**params, "per_page": PER_PAGE}
        first = await (self._etags.get(path, query) if remember else self._http.get(path, params=query))
        yield first.decode(shape)
        header = first.headers.get("link", "")
        following, last = link(header, "next"), link(header, "last")
        if following is None:
            await self.is_last(path, query, first)
            if remember:
                self._etags.keep(path, query, first)
            return
        seen = {following}
        numbered = self._numbered(following, last)
        async for reply in in_order(numbered, self._http.get, self._in_flight):
            seen.update(numbered)
            yield reply.decode(shape)
            following = link(reply.headers.get("link", ""), "next")
        if numbered and following is not None and following in seen:
            raise self._circle(path)
        async for page in self._one_after_another(path, following, seen, shape):
            yield page

    async def _one_after_another(
        self, path: str, following: str | None, seen: set[str], shape: type[T]
    ) -> AsyncIterator[T]:
        """Follow the links as they are, for a page number made up here would end at GitHub's own limit."""
        for _ in range(MOST_PAGES):
            if following is None:
                return
            reply = await self._http.get(following)
            yield reply.decode(shape)
            following = link(reply.headers.get("link", ""), "next")
            if following in seen:
                raise self._circle(path)
            if following is not None:
                seen.add(following)
        if following is not None:
            raise PartialReadError(f"{self._connection}: {path} has more than {MOST_PAGES} pages: narrow the selection")

    def _numbered(self, following: str, last: str | None) -> list[str]:
        """Return the addresses of all pages from the second on, where they are numbered and few enough."""
        if last is None or not _PAGE.search(following) or not _PAGE.search(last):
            return []
        count = page_number(last)
        if page_number(following) != 2 or not 2 < count <= NUMBERED_PAGES:
            return []
        return [_PAGE.sub(str(number), following) for number in range(2, count + 1)]

    async def is_last(self, path: str, query: Params, reply: Reply) -> bool:
        """Return whether a list's first page is its last.

        Raises:
            PartialReadError: it is full, and what leads to the next one got lost on the way.
        """
        if link(reply.headers.get("link", ""), "next") is not None:
            return False
        if "link" not in reply.headers and len(reply.decode(list[Raw])) >= PER_PAGE:
            await self._assert_end(path, query)
        return True

    async def _assert_end(self, path: str, query: Params) -> None:
        """Assert that a full page without any link is really the last: some proxies drop the Link header."""
        reply = await self._http.get(path, params={**query, "page": 2})
        if reply.decode(list[Raw]):
            raise PartialReadError(
                f"{self._connection}: GitHub's answers for {path} arrive without their Link header, so that the next "
                "page is unknown: let the proxy in between pass it"
            )

    def _circle(self, path: str) -> PartialReadError:
        return PartialReadError(
            f"{self._connection}: GitHub's link to the next page of {path} leads back to one that was read: "
            "the list has no end"
        )


async def in_order(keys: list[S], ask: Callable[[S], Awaitable[T]], in_flight: int) -> AsyncIterator[T]:
    """Ask for each key, several at once, and stream the answers in the order of the keys."""
    under_way: deque[asyncio.Task[T]] = deque()
    waiting = deque(keys)
    try:
        while waiting or under_way:
            while waiting and len(under_way) < in_flight:
                under_way.append(asyncio.ensure_future(_asked(ask, waiting.popleft())))
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _asked(ask: Callable[[S], Awaitable[T]], key: S) -> T:
    """Ask in here: a task cancelled before its first step would leave a request behind that nobody awaits."""
    return await ask(key)


def link(header: str, rel: str) -> str | None:
    """Return the address that a Link header names for a relation.

    >>> link('<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://x>; rel="last"', "next")
    'https://api.github.com/repositories/1/issues?page=2'
    """
    wanted = re.compile(rf";\s*rel\s*=\s*\"?{rel}\"?", re.IGNORECASE)
    return next((address for address, says in _LINK.findall(header) if wanted.search(says)), None)


def page_number(address: str) -> int:
    """Return the number of a page, 0 where its address has none."""
    (number,) = parse_qs(urlsplit(address).query).get("page", ["0"])[-1:]
    return int(number) if number.isdigit() else 0
