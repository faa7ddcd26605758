from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from connectors.sql import CONNECTOR
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import CANARY, Case, ConnectorContract, Scene
from tests.engines import NewDatabase

NOT_OURS = {
    Case.BUSY: "a database does not say how long to wait",
    Case.BUSY_FOR_EVER: "a database does not say how long to wait; a locked one is in test_engines",
    Case.REPEATED: "an answer has no pages",
    Case.TRUNCATED: "half an answer is an error of the driver; more rows than allowed are in test_reading",
}
MADE = (
    "CREATE TABLE deals (id integer, name text, stage text, amount numeric, changed text)",
    "INSERT INTO deals VALUES (7, 'Acme', 'Won', 120.10, '2026-10-03T08:30:00+02:00')",
    "INSERT INTO deals VALUES (8, 'Borealis', 'open', 80, '2026-10-04T08:30:00Z')",
    "INSERT INTO deals VALUES (9, 'Cumulus', 'lost', NULL, '2026-10-05')",
    "CREATE TABLE revenue (day text, total numeric)",
    "INSERT INTO revenue VALUES ('2026-10-02', 7.5), ('2026-10-01', 7)",
)
ITEMS = {
    "query": "SELECT id, name, stage, amount, changed FROM deals ORDER BY id",
    "id": "id",
    "kind": "deal",
    "title": "name",
    "status": "stage",
    "done": {"field": "stage", "is": ["won"]},
    "updated_at": "changed",
}


def statements(case: Case) -> list[str]:
    if case in NOT_OURS:
        pytest.skip(NOT_OURS[case])
    emptied = ["DELETE FROM deals"] if case is Case.EMPTY else []
    unreadable = ["INSERT INTO deals VALUES (10, 'Delta', 'open', 3, 'soon')"] if case is Case.UNREADABLE else []
    return [*MADE, *emptied, *unreadable]


def scene(case: Case, clock: FakeClock, folder: Path, **options: object) -> Scene:
    source = CONNECTOR.open(
        CONNECTOR.options.model_validate(options), surroundings(clock=clock, connection="crm", folder=folder)
    )
    return Scene(
        source=source,
        selection=Selection.of("crm", ITEMS),
        fields=frozenset({"amount"}),
        expected=0 if case is Case.EMPTY else 3,
        series={"query": "SELECT day AS at, total AS value FROM revenue"},
        unreadable="changed is 'soon', a time" if case is Case.UNREADABLE else "",
    )


class TestSqlite(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        (folder / "crm.db").unlink(missing_ok=True)
        if case is Case.REFUSED:
            (folder / "crm.db").write_bytes(b"an encrypted database is no SQLite file" * 100)
        else:
            with closing(sqlite3.connect(folder / "crm.db")) as made, made:
                for statement in statements(case):
                    made.execute(statement)
        return scene(case, clock, folder, file="crm.db")


class TestPostgres(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture(autouse=True)
    def _server(self, postgres: NewDatabase) -> None:
        self.new = postgres

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        url = self.new()
        with psycopg.connect(url, autocommit=True) as made:
            for statement in statements(case):
                made.execute(statement.encode())
        user = f"nobody:{CANARY}" if case is Case.REFUSED else f"postgres:{CANARY}"
        return scene(case, clock, folder, url=url.replace("postgres:@", f"{user}@", 1))
