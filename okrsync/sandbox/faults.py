"""A script of things that go wrong, played by a sandbox server in front of its right answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes

URL_HEADER = "x-sandbox-url"
"""The request's own address, for faults that point back to it; the door takes it off before sending."""
LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html lang='en'><head><title>Log in - single sign-on</title></head>"
    b"<body><h1>Log in to continue</h1><form method='post'><input name='username'></form></body></html>\n"
)
"""What a proxy or an expired session gives: 200, HTML, and not one issue."""


@dataclass(slots=True, kw_only=True)
class Reply:
    """An answer on its way out; a fault may change any of it."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    cut_at: int | None = None
    """Send only so many bytes of the body, then close the connection; Content-Length still promises all of them."""
    content_length: int | None = None
    """The length to declare instead of the true one; the connection is closed after the body."""
    drop: bool = False
    """Close the connection without a single byte."""
    delay_seconds: float = 0.0
    byte_seconds: float = 0.0
    """Send the body byte by byte, this long apart; 0 sends it whole."""

    @property
    def broken(self) -> bool:
        """Whether the answer cannot be sent as proper HTTP."""
        return self.drop or self.cut_at is not None or self.content_length is not None


Change = Callable[[Asked, Reply], Reply]


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule: which requests it strikes, and what it does to their answers."""

    name: str
    change: Change
    path: str = "*"
    """Shell pattern over the path without the server's prefix."""
    method: str = "*"
    nth: int | None = None
    """Strike only the n-th matching request, counted from 1; None: see ``times``."""
    times: int | None = None
    """Strike at most so many matching requests; None: all of them."""
    seen: int = 0
    """How many requests matched so far."""

    def strikes(self, asked: Asked) -> bool:
        """Count the request if it matches, and return whether the rule strikes it."""
        if not (fnmatchcase(asked.path, self.path) and fnmatchcase(asked.method, self.method)):
            return False
        self.seen += 1
        if self.nth is not None:
            return self.seen == self.nth
        return self.times is None or self.seen <= self.times


@dataclass(slots=True)
class FaultScript:
    """Rules in order; every rule that strikes is applied, the first one first."""

    faults: list[Fault] = field(default_factory=list)

    def add(
        self, change: Change, path: str = "*", *, method: str = "*", nth: int | None = None, times: int | None = None
    ) -> Fault:
        """Add a rule for one of the changes below; ``path`` and ``method`` are shell patterns."""
        name = getattr(change, "__name__", "fault")
        fault = Fault(name=name, change=change, path=path, method=method, nth=nth, times=times)
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go right again."""
        self.faults.clear()

    def play(self, asked: Asked, reply: Reply) -> Reply:
        """Return the answer after all the rules that strike this request; their names go into the ledger."""
        struck = [fault for fault in self.faults if fault.strikes(asked)]
        for fault in struck:
            reply = fault.change(asked, reply)
        asked.fault = ", ".join(fault.name for fault in struck)
        return reply


def _named(name: str, change: Change) -> Change:
    change.__name__ = name
    return change


def status(code: int, body: object = None, headers: Mapping[str, str] | None = None) -> Change:
    """Answer with a status; ``body`` becomes JSON unless it is bytes, ``headers`` come on top (Retry-After, say)."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        content = body if isinstance(body, bytes) else b"" if body is None else json_bytes(body)
        return replace(
            reply, status=code, body=content, headers=reply.headers | {k.lower(): v for k, v in (headers or {}).items()}
        )

    return _named(f"status {code}", change)


def login_page() -> Change:
    """Answer 200 with an HTML login page."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        return replace(reply, status=200, body=LOGIN_PAGE, headers={"content-type": "text/html; charset=utf-8"})

    return _named("login page", change)


def delay(seconds: float) -> Change:
    """Answer rightly, but late."""
    return _named("delay", lambda _asked, reply: replace(reply, delay_seconds=seconds))


def drip(seconds: float) -> Change:
    """Answer rightly, but byte by byte, each so many seconds after the one before."""
    return _named("drip", lambda _asked, reply: replace(reply, byte_seconds=seconds))


def cut(at: int) -> Change:
    """Break the connection after ``at`` bytes of the body."""
    return _named("cut", lambda _asked, reply: replace(reply, cut_at=at))


def truncate(at: int) -> Change:
    """Send only the first ``at`` bytes of the body as if they were all: proper HTTP, broken JSON."""
    return _named("truncate", lambda _asked, reply: replace(reply, body=reply.body[:at]))


def content_length(declared: int) -> Change:
    """Declare a wrong Content-Length and close the connection after the body."""
    return _named("content length", lambda _asked, reply: replace(reply, content_length=declared))


def drop() -> Change:
    """Close the connection without an answer."""
    return _named("drop", lambda _asked, reply: replace(reply, drop=True))


def mutate(act: Callable[[], object]) -> Change:
    """Change the world right after this answer was made, so that the next page is of another world."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        act()
        return reply

    return _named("mutate", change)


def warnings(kind: str = "JQL_FUNCTION_LIMIT_EXCEEDED") -> Change:
    """Add a warning to a Jira search: its result was cut short."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        page["warnings"] = [{"type": kind, "details": {"limit": 1000, "actual": 4000}}]
        return replace(reply, body=json_bytes(page))

    return _named("warnings", change)


def repeat_page() -> Change:
    """Give the first page again and again, each time naming a next one: token, Link header or cursor."""
    first: dict[str, Reply] = {}

    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.method == "GET" and not asked.path.endswith("/search/jql"):
            return replace(reply, headers=reply.headers | {"link": f'<{reply.headers[URL_HEADER]}>; rel="next"'})
        sent: dict[str, Any] = asked.json() if asked.body else dict(asked.params())
        variables: dict[str, Any] = sent.get("variables") or {}
        question = json.dumps([sent | {"nextPageToken": None, "variables": None}, variables | {"after": None}])
        page = first.setdefault(question, reply)
        return replace(page, body=json_bytes(_naming_a_next_page(json.loads(page.body))))

    return _named("repeat page", change)


def _naming_a_next_page(page: dict[str, Any]) -> dict[str, Any]:
    if "data" not in page:
        return page | {"nextPageToken": page.get("nextPageToken") or "c2FtZQ", "isLast": False}
    waiting = [page["data"]]
    while waiting:
        found = waiting.pop()
        if "pageInfo" in found:
            found["pageInfo"] |= {
                "hasNextPage": True,
                "endCursor": found["pageInfo"].get("endCursor") or "Y3Vyc29yOjE=",
            }
        waiting += [child for child in found.values() if isinstance(child, dict)]
    return page


def no_next_page() -> Change:
    """Cut the chain of pages: no token, no Link header, and Jira's ``isLast`` stays false."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        headers = {name: value for name, value in reply.headers.items() if name != "link"}
        page = json.loads(reply.body)
        if isinstance(page, dict) and page.pop("nextPageToken", None):
            page["isLast"] = False
        return replace(reply, headers=headers, body=json_bytes(page))

    return _named("no next page", change)


def graphql_errors(kind: str = "RESOURCE_LIMITS_EXCEEDED", message: str = "Resource limits exceeded") -> Change:
    """Answer a GraphQL query with 200, its data as far as it got, and errors."""

    def change(_asked: Asked, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        page["errors"] = [{"type": kind, "message": message, "path": ["repository", "issues"]}]
        return replace(reply, body=json_bytes(page))

    return _named("graphql errors", change)
