"""Asks an API that answers in JSON, page after page. The only file that knows what goes over the wire."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from urllib.parse import urljoin

import msgspec

from connectors.http import HttpClient, Params, Reply
from connectors.plain import shown, text_of
from connectors.port import Surroundings
from connectors.web.exact import PathError, decode, search
from connectors.web.options import HttpOptions, HttpSelection, Pages
from mapping.errors import FixConfigError, PartialReadError

MOST_PAGES = 2000
"""A walk that is longer does not end."""
_NEXT_LINK = re.compile(r'<([^<>]*)>[^,<>]*;\s*rel="?(?:[^",;]+ )*next\b', re.IGNORECASE)


class Answer:
    """One page: what it holds, and where it was read."""

    def __init__(self, reply: Reply, connection: str) -> None:
        self.url = reply.url
        self.where = f"{connection}: {reply.url}"
        self._next = _NEXT_LINK.search(reply.headers.get("link", ""))
        try:
            self._json = decode(reply.body)
        except msgspec.MsgspecError as error:
            raise PartialReadError(f"{self.where} answered with JSON that cannot be read ({error})") from error

    @property
    def next_link(self) -> str | None:
        """What the header Link says of the next page."""
        return self._next[1] if self._next else None

    def at(self, path: str) -> object:
        """Return what a path finds; None where there is nothing.

        Raises:
            FixConfigError: a function in the path cannot take what the answer holds.
        """
        try:
            return search(path, self._json)
        except PathError as error:
            raise FixConfigError(f"{self.where}: {path} cannot be read there ({error}): correct the path") from error

    def entries(self, path: str) -> list[object]:
        """Return the list that a path finds.

        Raises:
            FixConfigError: it finds no list.
        """
        found = self.at(path)
        if not isinstance(found, list):
            raise FixConfigError(
                f"{self.where}: {path} is {shown(found)}, a list was expected; the answer is {shown(self._json)}: "
                "correct the path"
            )
        return found

    def whole(self) -> object:
        """Return all of the answer."""
        return self._json


class WebClient:
    """Reads one API for one connection."""

    def __init__(self, options: HttpOptions, surroundings: Surroundings) -> None:
        self._connection = surroundings.connection
        self.http = HttpClient(
            base_url=options.url,
            vendor="the API",
            headers=options.sent_headers(),
            surroundings=surroundings,
        )

    async def check(self, path: str) -> None:
        """Read a path to see whether we may.

        Raises:
            FixConfigError: we may not.
        """
        reply = await self.http.request("GET", path, expect_json=False)
        if reply.is_web_page():
            raise FixConfigError(
                f"{self._connection}: {reply.url} is a web page, as a login is: name a path of the API as check"
            )

    async def answer(self, terms: HttpSelection) -> Answer:
        """Return the answer to a selection, or its first page."""
        return await self._ask(terms, terms.path, self._params(terms), terms.body)

    async def pages(self, terms: HttpSelection) -> AsyncGenerator[Answer, None]:
        """Stream the pages of a selection.

        Raises:
            PartialReadError: the pages lead in a circle or do not end, or say that more follow, but not to a rule
                that says where.
        """
        address, body = terms.path, terms.body
        params: Params | None = self._params(terms)
        seen: set[str] = set()
        while True:
            answer = await self._ask(terms, address, params, body)
            yield answer
            token = self._token(answer, terms.pages)
            if not token:
                return
            if token in seen or len(seen) >= MOST_PAGES:
                what = "in a circle: it repeated" if token in seen else f"through {MOST_PAGES} pages to"
                raise PartialReadError(f"{answer.where} leads {what} {shown(token.partition('?')[0])}")
            seen.add(token)
            if terms.pages is None or terms.pages.parameter is None:
                address, params = urljoin(answer.url, token), None
            elif terms.method == "POST":
                body = {**(body if isinstance(body, dict) else {}), terms.pages.parameter: token}
            else:
                params = {**self._params(terms), terms.pages.parameter: token}

    def _token(self, answer: Answer, pages: Pages | None) -> str:
        """Return the link or cursor of the next page; empty on the last one."""
        if pages is None:
            if answer.next_link is not None:
                raise PartialReadError(
                    f"{answer.where} has further pages (its header Link names one), and the rule does not say so: "
                    "add pages: {header: link}"
                )
            return ""
        if pages.header is not None:
            return answer.next_link or ""
        path = pages.next or pages.cursor or ""
        try:
            found = answer.at(path)
            return "" if found is False else text_of(found)
        except ValueError as error:
            raise FixConfigError(f"{answer.where}: {path} {error}: correct pages") from error

    @staticmethod
    def _params(terms: HttpSelection) -> Params:
        return {name: text_of(value) for name, value in terms.params.items()}

    async def _ask(self, terms: HttpSelection, address: str, params: Params | None, body: object) -> Answer:
        reply = await self.http.request(
            terms.method, address, params=params, json=body if terms.method == "POST" else None
        )
        return Answer(reply, self._connection)
