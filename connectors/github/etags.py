"""Answers that GitHub need not send again: kept with their ETag while the process lives, for personal tokens only.

An answer "304 Not Modified" costs nothing of the quota. An ETag is bound to the token, so hourly tokens of Apps make
it void; and that of a first page says nothing about the others, so only lists of one page are kept, after they were
read whole, and no lists of issues, whose membership must be asked for.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TypeAlias

from pydantic import SecretStr

from connectors.http import HttpClient, Params
from connectors.reply import Reply

MOST, LARGEST = 256, 512 * 1024
"""Answers kept in the whole process, and bytes of one."""
NOT_MODIFIED = 304
Key: TypeAlias = tuple[str, str, str]

_kept: OrderedDict[Key, Reply] = OrderedDict()


class Etags:
    """Reads through what was kept for one token."""

    def __init__(self, http: HttpClient, server: str, token: SecretStr | None) -> None:
        self._http = http
        secret = token.get_secret_value().strip() if token is not None else ""
        # A digest, so that no token lies about in a key; no token, nothing to be bound to.
        self._account = hashlib.sha256(f"{server}\n{secret}".encode()).hexdigest() if secret else ""

    async def get(self, path: str, params: Params) -> Reply:
        """Return the answer for a list's first page, the kept one when GitHub says that it still holds."""
        kept = _kept.get(self._key(path, params)) if self._account else None
        if kept is None:
            return await self._http.get(path, params=params)
        headers = {"if-none-match": kept.headers["etag"]}
        reply = await self._http.request("GET", path, params=params, headers=headers, accept=(NOT_MODIFIED,))
        return kept if reply.status == NOT_MODIFIED else reply

    def keep(self, path: str, params: Params, reply: Reply) -> None:
        """Keep an answer that was the whole list."""
        if not self._account or "etag" not in reply.headers or len(reply.body) > LARGEST:
            return
        key = self._key(path, params)
        _kept[key] = reply
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)

    def _key(self, path: str, params: Params) -> Key:
        return self._account, path, repr(sorted(params.items()))
