from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

import httpx
from pydantic import SecretStr

from connectors.github import CONNECTOR
from connectors.github.options import GitHubOptions
from mapping.words import Selection
from okrsync.sandbox.accounts import GITHUB_ACCOUNT
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.github.server import Server, closed, issue, label, pull_request, refused
from tests.connectors.github.stage import START, Stage, Watched

Fault = Callable[[httpx.Request], httpx.Response | None]


def first_times(count: int, answer: httpx.Response) -> Fault:
    left = [answer] * count
    return lambda request: left.pop() if left else None


def server_for(case: Case) -> Server:
    records = [
        issue(1, labels=[label("zeta"), label("Alpha"), label("zeta")]),
        closed(2, parent_issue_url="https://api.github.com/repos/acme/shop/issues/4", parent_node_id="I_acme/shop_4"),
        pull_request(3, merged_at="2026-03-01T00:00:00Z", state="closed"),
        issue(4, assignee={"login": "ana"}, milestone={"number": 1, "title": "v1"}, type={"name": "Bug"}),
        closed(5, "not_planned"),
    ]
    server = Server(issues=records, page=2)
    match case:
        case Case.REFUSED:
            server.before = lambda request: refused(401, "Bad credentials")
        case Case.BUSY:
            answer = refused(403, "You have exceeded a secondary rate limit", **{"retry-after": str(BUSY_WAIT)})
            server.before = first_times(3, answer)
        case Case.BUSY_FOR_EVER:
            server.before = lambda request: refused(429, "Too many requests", **{"retry-after": "30"})
        case Case.EMPTY:
            server.issues = []
        case Case.UNREADABLE:
            server.issues.append(issue(6, title=None))
        case Case.REPEATED | Case.TRUNCATED:
            server.before = broken_second_page(server, cut=case is Case.TRUNCATED)
        case Case.PLAIN:
            pass
    return server


def broken_second_page(server: Server, *, cut: bool) -> Fault:
    """Let the second page be cut in the middle, or lead back to itself."""

    def fault(request: httpx.Request) -> httpx.Response | None:
        body = b"" if request.method == "GET" else request.content
        if "since" not in request.url.params and b'"after":"2"' not in body:
            return None
        answer = server.answer(request)
        if cut:
            return httpx.Response(200, content=answer.content[:-40], headers={"link": answer.headers.get("link", "")})
        content = answer.content.replace(b'"endCursor":"4"', b'"endCursor":"2"').replace(b"false", b"true", 1)
        return httpx.Response(200, content=content, headers={"link": f'<{request.url}>; rel="next"'})

    return fault


class GitHubContract(ConnectorContract):
    connector = CONNECTOR
    via: ClassVar[Literal["rest", "graphql"]]

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.ABLE:
            return self.able(clock)
        options = GitHubOptions(token=SecretStr(f"ghp_{CANARY}"), via=self.via)
        return Scene(
            source=CONNECTOR.open(options, surroundings(server_for(case), clock, connection="hub", folder=folder)),
            selection=Selection.of("hub", {"repo": "acme/shop"}),
            fields=frozenset({"comments", "milestone"}),
            expected=0 if case is Case.EMPTY else 4,
            unreadable="acme/shop#6",
        )

    def able(self, clock: FakeClock) -> Scene:
        """Return the sandbox, which has timelines and stars, with one issue closed and one open."""
        stage = Stage(clock=FakeClock(START + timedelta(days=60)))
        for closed_as in ("completed", None):
            stage.issue(closed=closed_as)
        stage.repository().stars.append("2026-09-01T00:00:00Z")
        around = surroundings(Watched(stage), clock, connection="hub")
        return Scene(
            source=CONNECTOR.open(
                GitHubOptions.model_validate({"token": GITHUB_ACCOUNT.token, "via": self.via}), around
            ),
            selection=Selection.of("hub", {"repo": "acme/shop"}),
            expected=2,
            series={"repo": "acme/shop", "series": "stars"},
        )


class TestOverRest(GitHubContract):
    via = "rest"


class TestOverGraphQL(GitHubContract):
    via = "graphql"
