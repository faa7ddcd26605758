from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.jira import CONNECTOR, JiraOptions
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.jira.replay import BULK, DOING, DONE, SEARCH, Fault, Site, error, issue, serving
from tests.connectors.served import Answer, Asked


class TestJira(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.servers:
            yield

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        site = Site(id_page=2)
        site.issues = [
            issue(1, labels=["b", "a", "b"]),
            issue(2, now=DOING, customfield_10016=3.5),
            issue(3, now=DONE, customfield_10016=0),
        ]
        expected = 3
        if case is Case.EMPTY:
            site.issues, expected = [], 0
        if case is Case.UNREADABLE:
            site.issues.append(issue(4, updated="yesterday"))
        if case is Case.ABLE:
            site.issues[2]["changelog"] = {"histories": [TO_DONE]}
        if case in FAULTS:
            site.faults.append(FAULTS[case]())
        address = self.servers.enter_context(serving(site))
        account = {"email": "sync@acme.test", "token": CANARY}
        options = JiraOptions.model_validate({"url": "https://acme.test", "api_url": address} | account)
        return Scene(
            source=CONNECTOR.open(options, surroundings(clock=clock, connection="jira")),
            selection=Selection.of("jira", {"project": "CHK"}),
            fields=frozenset({"story_points"}),
            expected=expected,
            unreadable="CHK-4",
        )


TO_DONE = {
    "id": "9",
    "created": "2026-10-20T16:06:08.000+0800",
    "items": [
        {"field": "status", "fieldId": "status", "from": "1", "fromString": "To Do", "to": "3", "toString": "Done"}
    ],
}


def first_answers_are_busy() -> Fault:
    left = {SEARCH: 2, BULK: 1, "/rest/api/3/status": 1, "/rest/api/3/field": 1}

    def fault(asked: Asked) -> Answer | None:
        left[asked.path] = left.get(asked.path, 0) - 1
        busy = Answer(b"", 429, {"Retry-After": str(BUSY_WAIT), "RateLimit-Reason": "jira-burst-based"})
        return busy if left[asked.path] >= 0 else None

    return fault


def later_pages_are_the_first() -> Fault:
    pages = iter(["same", "same", "same"])

    def fault(asked: Asked) -> Answer | None:
        if asked.path != SEARCH:
            return None
        return Answer({"issues": [{"id": "10001"}, {"id": "10002"}], "nextPageToken": next(pages)})

    return fault


def last_page_is_cut() -> Fault:
    def fault(asked: Asked) -> Answer | None:
        if asked.path != SEARCH or "nextPageToken" not in asked.body:
            return None
        return Answer(b'{"issues": [{"id": "100')

    return fault


FAULTS = {
    Case.REFUSED: lambda: lambda _asked: error("Client must be authenticated to access this resource.", status=401),
    Case.BUSY: first_answers_are_busy,
    Case.BUSY_FOR_EVER: lambda: lambda _asked: Answer(b"", 429, {"Retry-After": str(BUSY_WAIT)}),
    Case.REPEATED: later_pages_are_the_first,
    Case.TRUNCATED: last_page_is_cut,
}
