"""What became of an item that is neither listed nor read by its id: transferred, deleted, or hidden from us.

GitHub tells them apart only at the address that the issue had: 301 transferred, 410 deleted, 404 not there or not for
us. https://docs.github.com/en/rest/issues/issues#get-an-issue
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from connectors.github.client import GitHubClient
from connectors.github.paging import in_order
from connectors.github.projects import PREFIX
from connectors.port import Fate

MOVED, NOT_FOUND, GONE = 301, 404, 410


class _Issue(Struct, frozen=True):
    node_id: str


class Fates:
    """Asks for the fates of items, each at the address that the mirror last knew."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    async def of(self, ids: Sequence[str]) -> dict[str, Fate]:
        """Return the fates; an item that is there after all, or whose address is unknown, is absent."""
        addresses = {id_: path for id_, path in self._client.addresses(ids).items() if not id_.startswith(PREFIX)}

        async def ask(id_: str) -> tuple[str, Fate | None]:
            return id_, await self._fate(id_, addresses[id_])

        found = in_order(list(addresses), ask, self._client.in_flight)
        return {id_: fate async for id_, fate in found if fate is not None}

    async def _fate(self, id_: str, path: str) -> Fate | None:
        reply = await self._client.http.request("GET", path, accept=(MOVED, NOT_FOUND, GONE))
        if reply.status == MOVED:
            return await self._moved(id_, reply.headers.get("location", ""))
        if reply.status == GONE:
            return Fate.DELETED
        if reply.status == NOT_FOUND:
            return Fate.HIDDEN
        # There is something at the old address: the same issue, or what took the name of a repository since.
        return None if reply.decode(_Issue).node_id == id_ else Fate.MOVED

    async def _moved(self, id_: str, location: str) -> Fate | None:
        """A repository of another name answers 301 as well, and gives the same issue there."""
        if not location:
            return Fate.MOVED
        reply = await self._client.http.request("GET", location, accept=(NOT_FOUND, GONE))
        if reply.status == GONE:
            return Fate.DELETED
        if reply.status == NOT_FOUND:
            return Fate.HIDDEN
        return None if reply.decode(_Issue).node_id == id_ else Fate.MOVED
