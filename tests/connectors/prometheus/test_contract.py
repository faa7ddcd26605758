from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.prometheus import CONNECTOR
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.prometheus.server import Prometheus
from tests.connectors.served import Answer, Served, serving

NOT_OURS = {
    Case.EMPTY: "a query without a number is no data: test_queries",
    Case.UNREADABLE: "points without a number are gaps: test_queries",
    Case.REPEATED: "Prometheus has no pages",
}


class TestPrometheus(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.servers:
            yield

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case in NOT_OURS:
            pytest.skip(NOT_OURS[case])
        server = Prometheus({"sum(orders)": lambda at: str(at % 1000)}, token=None if case is Case.REFUSED else CANARY)
        served = Served(server.reply)
        if case is Case.BUSY:
            served.faults = [Answer({}, 429, {"retry-after": str(BUSY_WAIT)})] * 2
        if case is Case.BUSY_FOR_EVER:
            served.faults = [Answer({}, 429, {"retry-after": "100"})] * 99
        if case is Case.TRUNCATED:
            served.faults = [Answer(b'{"status":"success","data":{"resultType":"matrix","resu')] * 99
        self.servers.enter_context(serving(served))
        options = CONNECTOR.options.model_validate({"url": served.url, "token": CANARY})
        terms = {"query": "sum(orders)", "range": "10d"}
        return Scene(
            source=CONNECTOR.open(options, surroundings(clock=clock, connection="prod", folder=folder)),
            selection=Selection.of("prod", terms),
            expected=11,
            series=terms,
        )
