"""Asana's wire: which requests give which lists, and how their ends are known."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from pydantic import SecretStr

from connectors.asana.errors import GONE, HIDDEN, RefusedError, classify, refused
from connectors.asana.options import AccountOptions
from connectors.asana.records import Named
from connectors.http import HttpClient, Limits
from connectors.port import Surroundings
from mapping.errors import PartialReadError

LIMIT = 100
"""The most that Asana gives at once."""
MOST_PAGES = 50_000
STALE_PAGES = 3
"""So many pages one after the other that begin as earlier ones did are a circle, whatever their tokens say: each token
is signed anew."""
WINDOW = 2.0
"""Seconds over which requests are spread; what a minute allows is never sent in one burst."""

T = TypeVar("T")


class _NextPage(Struct, frozen=True):
    offset: str | None = None


class _Page(Struct, frozen=True):
    data: list[Raw]
    next_page: _NextPage | UnsetType | None = UNSET

    @property
    def is_last(self) -> bool:
        """Whether Asana says so; one that says nothing is the last only if it is not full."""
        return self.next_page is None or (self.next_page is UNSET and len(self.data) < LIMIT)


class _One(Struct, frozen=True):
    data: Raw


class _Gid(Struct, frozen=True):
    gid: object = None


class Account(Struct, frozen=True):
    """The account of the token, and the workspaces it is in."""

    gid: str
    name: str = ""
    email: str | None = None
    workspaces: list[Named] = []


class AsanaClient:
    """Reads Asana for one connection. Lists are streamed page by page, as the records came."""

    def __init__(self, options: AccountOptions, surroundings: Surroundings) -> None:
        self.connection = surroundings.connection
        self.server = urlsplit(options.url).netloc
        burst = max(1, int(options.requests_a_minute * WINDOW / 60))
        self._http = HttpClient(
            base_url=options.url,
            vendor="Asana",
            headers={"authorization": SecretStr(f"Bearer {options.token.get_secret_value().strip()}")},
            surroundings=surroundings,
            classify=classify,
            limits=Limits(rate=(burst, WINDOW)),
        )

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return self._http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def account(self) -> Account:
        """Return whose token this is."""
        raw = await self.one("/users/me", ("name", "email", "workspaces.name"), what="the token's account")
        return self.decode(raw, Account, "the token's account")

    async def one(self, path: str, fields: Iterable[str], *, what: str) -> Raw:
        """Return one record.

        Args:
            path: under the API's address.
            fields: its ``opt_fields``.
            what: what people call it, for the error.

        Raises:
            FixConfigError: it is gone or hidden.
        """
        try:
            return await self._one(path, fields)
        except RefusedError as error:
            raise refused(self.connection, what, error) from error

    async def record(self, path: str, fields: Iterable[str]) -> Raw:
        """Return one record.

        Raises:
            RefusedError: Asana's own refusal, for whoever knows what it means here.
        """
        return await self._one(path, fields)

    async def say(self, path: str, data: Mapping[str, object]) -> None:
        """Send a change once: when its answer is lost nobody knows whether it was made, and whoever sent it looks.

        Raises:
            RefusedError: Asana's own refusal.
            TryAgainError: busy, away, or the answer was lost.
        """
        await self._http.post(path, json={"data": dict(data)}, idempotent=False)

    async def task(self, gid: str, fields: Iterable[str]) -> Raw | int:
        """Return a task, or the status that says why not: 403 hidden, 404 gone."""
        try:
            return await self._one(f"/tasks/{quote(gid, safe='')}", fields)
        except RefusedError as error:
            if error.status in (HIDDEN, GONE):
                return error.status
            raise

    async def listed(
        self, path: str, fields: Sequence[str], shape: type[T], *, what: str, params: Mapping[str, str] | None = None
    ) -> list[T]:
        """Return a whole list of what holds tasks: projects, sections, tags; without ``fields`` in its compact form.

        Raises:
            FixConfigError: it is gone or hidden.
            PartialReadError: the end was not reached, or a record lacks what it needs.
        """
        query = {**(params or {}), **({"opt_fields": ",".join(fields)} if fields else {})}
        return [self.decode(raw, shape, what) async for page in self.pages(path, query, what=what) for raw in page]

    async def pages(self, path: str, params: Mapping[str, str], *, what: str) -> AsyncGenerator[list[Raw], None]:
        """Stream a list to its end, as ``what`` is called in errors.

        Raises:
            FixConfigError: it is gone or hidden.
            PartialReadError: the end was not reached.
        """
        firsts: set[str] = set()
        tokens: set[str] = set()
        stale, following = 0, None
        for _ in range(MOST_PAGES):
            page = await self._page(path, params, following, what)
            first = str(self.decode(page.data[0], _Gid, what).gid) if page.data else ""
            stale = stale + 1 if first in firsts else 0
            firsts.add(first)
            yield page.data
            if page.is_last:
                return
            following = page.next_page.offset if isinstance(page.next_page, _NextPage) else None
            if not following or following in tokens or stale >= STALE_PAGES:
                raise PartialReadError(
                    f"{self.connection}: Asana's token for the next page of {what} "
                    f"{'leads back to one that was read' if following else 'is missing'}: the list has no end"
                )
            tokens.add(following)
        raise PartialReadError(f"{self.connection}: {what} has more than {MOST_PAGES} pages: narrow the selection")

    async def first(self, path: str, params: Mapping[str, str], *, what: str) -> tuple[list[Raw], bool]:
        """Return the first page of a list, and whether that is all."""
        page = await self._page(path, params, None, what)
        return page.data, page.is_last

    def decode(self, raw: Raw, shape: type[T], what: str) -> T:
        """Return a record as its type.

        Raises:
            PartialReadError: it lacks what the type needs.
        """
        try:
            return msgspec.json.decode(raw, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(
                f"{self.connection}: Asana describes {what} in a shape that okrsync cannot read ({error}): "
                "look for a newer okrsync, or report it"
            ) from error

    async def _page(self, path: str, params: Mapping[str, str], offset: str | None, what: str) -> _Page:
        query: dict[str, str | int] = {**params, "limit": LIMIT}
        if offset is not None:
            query["offset"] = offset
        try:
            return (await self._http.get(path, params=query)).decode(_Page)
        except RefusedError as error:
            raise refused(self.connection, what, error) from error

    async def _one(self, path: str, fields: Iterable[str]) -> Raw:
        return (await self._http.get(path, params={"opt_fields": ",".join(fields)})).decode(_One).data
