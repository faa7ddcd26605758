"""A small HTTP/1.1 server for loopback: every answer comes a fixed time after its request, and is counted.

It knows just as much of HTTP as the clients measured here use: keep-alive, bodies with a length, no pipelining. Nothing
but bytes is held of a request, so that the server is never what is measured; see ``bench.pulls.ceiling``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    host: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``kind`` is what it is counted as; empty: not at all."""

    body: bytes
    kind: str = "other"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Answering = Callable[[Asked], Answer]


@dataclass(slots=True)
class Desk:
    """What all connections of a server share."""

    answering: Answering
    seconds: float
    """Between a request and its answer."""
    counts: Counter[str] = field(default_factory=Counter)

    def answer(self, asked: Asked) -> bytes:
        """Return the whole answer, as it goes over the wire."""
        if asked.path == "/counts":  # of the bench itself: how many requests there were since it last asked
            found, self.counts = self.counts, Counter()
            answer = Answer(json.dumps(found).encode(), "")
        else:
            answer = self.answering(asked)
            if answer.kind:
                self.counts[answer.kind] += 1
        lines = [
            f"HTTP/1.1 {answer.status} OK",
            "content-type: application/json",
            f"content-length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body


class _Connection(asyncio.Protocol):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._got = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        head, *lines = self._got[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        whole = end + 4 + int(headers.get("content-length", "0"))
        if len(self._got) < whole:
            return
        body, self._got = self._got[end + 4 : whole], self._got[whole:]
        method, target, _ = head.split(" ", 2)
        parts = urlsplit(target)
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query):
            query[name] = f"{query[name]},{value}" if name in query else value
        asked = Asked(method, parts.path, query, body, headers.get("host", ""))
        own = asked.path in ("/counts", "/change")  # the bench's own requests wait for nothing
        asyncio.get_running_loop().call_later(0 if own else self._desk.seconds, self._answer, asked)

    def _answer(self, asked: Asked) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._desk.answer(asked))


async def serve(answering: Answering, seconds: float) -> None:
    """Serve on a free port of loopback until killed; the port is the first line on standard output."""
    desk = Desk(answering, seconds)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(desk), "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()
