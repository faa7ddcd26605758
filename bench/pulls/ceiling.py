"""How much the fake servers can give, asked by raw sockets that look at nothing: they must not be what is measured.

Run: ``python -m bench.pulls.ceiling``. Prints requests and issues a second, 16 connections, no latency added.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping

from bench.pulls.__main__ import serving
from bench.pulls.asked import JQL, NAMED
from bench.pulls.world import FIRST_ID

ISSUES = 50_000
CONNECTIONS = 16
SECONDS = 3.0
LENGTH = re.compile(rb"content-length: (\d+)")


def post(path: str, body: Mapping[str, object]) -> bytes:
    """Return a request as it goes over the wire."""
    content = json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content


HUNDRED = [str(FIRST_ID + number) for number in range(100)]
ASKED: dict[str, tuple[str, int, bytes]] = {
    "jira, a page of 5,000 ids": (
        "jira",
        5000,
        post("/rest/api/3/search/jql", {"jql": JQL, "fields": ["id"], "maxResults": 5000}),
    ),
    "jira, 100 issues, named fields": (
        "jira",
        100,
        post("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": HUNDRED, "fields": NAMED.split(",")}),
    ),
    "jira, 100 issues, all fields": (
        "jira",
        100,
        post("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": HUNDRED, "fields": ["*all"]}),
    ),
    "github, a page of 100": (
        "github",
        100,
        b"GET /repos/acme/shop/issues?state=all&per_page=100 HTTP/1.1\r\nhost: x\r\n\r\n",
    ),
    "github, 100 nodes by id": (
        "github",
        100,
        post(
            "/graphql",
            {"query": "{ nodes(ids: $ids) }", "variables": {"ids": [f"I_kwDOA{number:09}" for number in range(100)]}},
        ),
    ),
}


async def asking(port: int, request: bytes, until: float) -> int:
    """Ask the same over and over on one connection; return how many answers came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
    came = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        came += 1
    writer.close()
    return came


async def together(port: int, request: bytes) -> float:
    """Return the answers a second on all connections."""
    began = time.perf_counter()
    came = await asyncio.gather(*(asking(port, request, began + SECONDS) for _ in range(CONNECTIONS)))
    return sum(came) / (time.perf_counter() - began)


def main() -> None:
    """Print what each kind of request may come to."""
    for vendor in ("jira", "github"):
        with serving(vendor, ISSUES, 0.0) as url:
            for name, (whose, holds, request) in ASKED.items():
                if whose == vendor:
                    rate = asyncio.run(together(int(url.rpartition(":")[2]), request))
                    print(f"{name:<32}{rate:8,.0f} requests/s {rate * holds:12,.0f} issues/s")


if __name__ == "__main__":
    main()
