from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.web import CONNECTOR
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.served import Answer, Asked, Served, serving

DEALS = [
    {"id": 7, "name": "Acme", "stage": "Won", "amount": 120.10, "changed": "2026-10-03T08:30:00+02:00"},
    {"id": 8, "name": "Borealis", "stage": "open", "amount": 80, "changed": "2026-10-04T08:30:00Z"},
    {"id": 9, "name": "Cumulus", "stage": "lost", "amount": None, "changed": "2026-10-05"},
]
ITEMS = {
    "path": "/deals",
    "items": "deals[*]",
    "id": "id",
    "kind": "deal",
    "title": "name",
    "status": "stage",
    "done": {"field": "stage", "is": ["won"]},
    "wont_do": {"field": "stage", "is": ["lost"]},
    "updated_at": "changed",
    "pages": {"next": "next"},
}


class Deals:
    """An API of deals, two on a page."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def reply(self, asked: Asked) -> Answer:
        if self.case is Case.REFUSED:
            return Answer({"message": f"who is {asked.headers.get('authorization')}?"}, 401)
        if self.case is Case.BUSY_FOR_EVER:
            return Answer({}, 429, {"retry-after": "100"})
        if asked.path == "/me":
            return Answer({"name": "sync"})
        if asked.path == "/revenue":
            return Answer({"days": [{"day": "2026-10-02", "sum": 7.5}, {"day": "2026-10-01", "sum": 7}]})
        deals = [] if self.case is Case.EMPTY else list(DEALS)
        if self.case is Case.UNREADABLE:
            deals.append({"id": 10, "name": "Delta", "stage": "Won", "amount": 3, "changed": "soon"})
        start = int(asked.query.get("from", 0))
        page: dict[str, object] = {"deals": deals[start : start + 2]}
        if start + 2 < len(deals):
            page["next"] = f"/deals?from={start + 2}"
        elif self.case is Case.REPEATED:
            page["next"] = "/deals?from=2"
        answer = Answer(page)
        return Answer(answer.encoded()[:-9]) if self.case is Case.TRUNCATED and start else answer


class TestHttp(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.servers:
            yield

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        served = Served(Deals(case).reply)
        if case is Case.BUSY:
            served.faults = [Answer({}, 429, {"retry-after": str(BUSY_WAIT)})] * 2
        self.servers.enter_context(serving(served))
        options = CONNECTOR.options.model_validate({"url": served.url, "token": CANARY, "check": "/me"})
        return Scene(
            source=CONNECTOR.open(options, surroundings(clock=clock, connection="crm", folder=folder)),
            selection=Selection.of("crm", ITEMS),
            fields=frozenset({"amount"}),
            expected=0 if case is Case.EMPTY else len(DEALS),
            series={"path": "/revenue", "samples": "days[*]", "value": "sum", "at": "day"},
            unreadable="changed is 'soon', a time" if case is Case.UNREADABLE else "",
        )
