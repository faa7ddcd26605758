from __future__ import annotations

from pathlib import Path

import pytest

from connectors.port import Surroundings
from connectors.spreadsheet import CONNECTOR
from mapping.words import Selection
from tests.connectors.clock import FakeClock
from tests.connectors.contract import Case, ConnectorContract, Scene
from tests.connectors.spreadsheet.books import SAVED_AT, Value, save, saved_at

HEADER: list[Value] = ["Ref", "Name", "Sum", "Ready"]
ROWS: list[list[Value]] = [["L-1", "Acme", 3, True], ["L-2", "Borealis", 4.5, False], ["L-3", "Cumulus", None, None]]
NOT_OURS = {
    Case.BUSY: "a file on disk never says: slow down",
    Case.BUSY_FOR_EVER: "a file on disk never says: slow down; one that is always being saved is in test_files",
    Case.REPEATED: "a file has no pages",
    Case.TRUNCATED: "half a file is a file that cannot be read: test_files",
}


def scene(file: str, folder: Path, expected: int, case: Case) -> Scene:
    options = CONNECTOR.options.model_validate({"file": file})
    return Scene(
        source=CONNECTOR.open(options, Surroundings(connection="leads", folder=folder)),
        selection=Selection.of("leads", {"table": "Leads", "id": "Ref", "done": {"column": "Ready"}, "title": "Name"}),
        fields=frozenset({"sum"}),
        expected=expected,
        series={"sheet": "Leads", "cell": "C2", "label": "Acme"}
        if file.endswith("xlsx")
        else {"cell": "C2", "label": "Acme"},
        unreadable="cell C5 holds the text 'many'" if case is Case.UNREADABLE else "",
    )


def rows_of(case: Case) -> list[list[Value]]:
    if case in NOT_OURS:
        pytest.skip(NOT_OURS[case])
    if case is Case.EMPTY:
        return [HEADER]
    return [HEADER, *ROWS, ["L-4", "Delta", "many", None]] if case is Case.UNREADABLE else [HEADER, *ROWS]


class TestWorkbook(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REFUSED:
            (folder / "leads.xlsx").write_bytes(
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
            )
        else:
            save(folder / "leads.xlsx", {"Leads": rows_of(case)})
        return scene("leads.xlsx", folder, 0 if case is Case.EMPTY else len(ROWS), case)


class TestCsv(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REFUSED:
            pytest.skip("csv knows no password")
        lines = (",".join("" if value is None else str(value) for value in row) for row in rows_of(case))
        (folder / "leads.csv").write_text("\n".join(lines))
        saved_at(folder / "leads.csv", SAVED_AT)
        return scene("leads.csv", folder, 0 if case is Case.EMPTY else len(ROWS), case)
