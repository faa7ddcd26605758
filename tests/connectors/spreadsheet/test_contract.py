from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from connectors.port import Surroundings
from connectors.spreadsheet import CONNECTOR
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.spreadsheet.books import SAVED_AT, Value, save, saved_at
from tests.connectors.spreadsheet.google_server import SHEET_ID, GoogleServer, key_json
from tests.connectors.spreadsheet.graph_server import CLIENT, LINK, SECRET, TENANT, GraphServer, Kept

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


def busy(case: Case, request: httpx.Request, asked: list[str]) -> httpx.Response | None:
    """Answer "slow down": for ever, or to the first requests that are not for a token."""
    if case is Case.BUSY_FOR_EVER or (case is Case.BUSY and len(asked) <= 2):
        return httpx.Response(429, headers={"retry-after": str(BUSY_WAIT)}, json={"error": {"code": 429}})
    return None


def table_scene(case: Case, options: dict[str, object], around: Surroundings) -> Scene:
    return Scene(
        source=CONNECTOR.open(CONNECTOR.options.model_validate(options), around),
        selection=Selection.of("leads", {"table": "Leads", "id": "Ref", "done": {"column": "Ready"}, "title": "Name"}),
        fields=frozenset({"sum"}),
        expected=0 if case is Case.EMPTY else len(ROWS),
        series={"sheet": "Leads", "cell": "C2", "label": "Acme"},
        unreadable="cell C5 holds the text 'many'" if case is Case.UNREADABLE else "",
    )


class TestGoogleSheet(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REPEATED:
            pytest.skip("a sheet has no pages")
        rows = [HEADER] if case is Case.EMPTY else [HEADER, *ROWS]
        rows += [["L-4", "Delta", "many", None]] if case is Case.UNREADABLE else []
        server = GoogleServer({"Leads": rows}, now=clock.now, key_known=case is not Case.REFUSED)

        def fail(request: httpx.Request) -> httpx.Response | None:
            if case is Case.TRUNCATED and request.url.path.endswith(":batchGet"):
                return httpx.Response(200, content=b'{"valueRanges": [{"range": "Leads", "val')
            return busy(case, request, server.asked)

        server.fail = fail
        around = surroundings(server, clock, connection="leads", folder=folder)
        return table_scene(case, {"google_sheet": SHEET_ID, "key": key_json()}, around)


class TestSharePoint(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REPEATED:
            pytest.skip("a file has no pages; its versions have: test_sharepoint")
        rows = [HEADER] if case is Case.EMPTY else [HEADER, *ROWS]
        rows += [["L-4", "Delta", "many", None]] if case is Case.UNREADABLE else []
        whole = save(folder / "served.xlsx", {"Leads": rows}).read_bytes()
        server = GraphServer([Kept("1.0", "2026-11-02T07:30:00Z", whole)], now=clock.now, name="leads.xlsx")
        server.secret = "another" if case is Case.REFUSED else SECRET

        def fail(request: httpx.Request) -> httpx.Response | None:
            if case is Case.TRUNCATED and request.url.host == "acme.sharepoint.com":
                headers = {"content-length": str(len(whole))}
                return httpx.Response(200, headers=headers, stream=Piecewise(whole[:-100]))
            return busy(case, request, server.asked)

        server.fail = fail
        around = surroundings(server, clock, connection="leads", folder=folder)
        app = {"tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET}
        return table_scene(case, {"sharepoint": LINK, **app}, around)


class TestUrl(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REPEATED:
            pytest.skip("a file has no pages")
        rows = [HEADER] if case is Case.EMPTY else [HEADER, *ROWS]
        rows += [["L-4", "Delta", "many", None]] if case is Case.UNREADABLE else []
        whole = save(folder / "served.xlsx", {"Leads": rows}).read_bytes()
        asked: list[str] = []

        def server(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            if case is Case.REFUSED:
                return httpx.Response(401)
            if (slow := busy(case, request, asked)) is not None:
                return slow
            headers = {"last-modified": "Mon, 02 Nov 2026 07:30:00 GMT", "content-length": str(len(whole))}
            sent = whole[:-100] if case is Case.TRUNCATED else whole
            return httpx.Response(200, headers=headers, stream=Piecewise(sent))

        around = surroundings(server, clock, connection="leads", folder=folder)
        return table_scene(case, {"url": "https://acme.test/leads.xlsx?at=now", "token": CANARY}, around)


class Piecewise(httpx.AsyncByteStream):
    """A body as it comes from a network, so that its announced length is checked."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 4096):
            yield self._body[start : start + 4096]


class TestCsv(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        if case is Case.REFUSED:
            pytest.skip("csv knows no password")
        lines = (",".join("" if value is None else str(value) for value in row) for row in rows_of(case))
        (folder / "leads.csv").write_text("\n".join(lines))
        saved_at(folder / "leads.csv", SAVED_AT)
        return scene("leads.csv", folder, 0 if case is Case.EMPTY else len(ROWS), case)
