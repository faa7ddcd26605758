"""Google as the connector meets it: the token endpoint, Drive's files.get, Sheets' get and values:batchGet.

Every request of ours and every answer is held against Google's own descriptions where these are at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.spreadsheet.cells import parse_a1
from tests.connectors.contract import CANARY
from tests.connectors.spreadsheet.google_described import mask_of, masked
from tests.connectors.spreadsheet.google_described import problems as described_problems

SHEET_ID = "1AbCdEfGhIjKlMnOpQrStUvWxYz_0123456789-abcde"
EMAIL = "okrsync@acme-okr.iam.gserviceaccount.com"
CHANGED_AT = "2026-11-01T08:15:30.250Z"
SCOPES = {
    "https://www.googleapis.com/auth/spreadsheets.readonly",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
}
Json = dict[str, Any]
_RANGE = re.compile(r"'((?:[^']|'')+)'(?:!A1:([A-Z]+)(\d+))?")
_ERROR_TYPES = {"#N/A": "N_A", "#REF!": "REF", "#DIV/0!": "DIVIDE_BY_ZERO", "Loading...": "LOADING"}


@dataclass(frozen=True)
class Shown:
    """A number with its format."""

    value: float
    type: str
    pattern: str = ""


@dataclass(frozen=True)
class Wrong:
    """An error cell, as its text."""

    text: str


Value = str | int | float | bool | date | Shown | Wrong | None


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_pem() -> str:
    pem = private_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def key_json(**changed: str) -> str:
    """Return the JSON key of the account, as Google writes it."""
    key = {
        "type": "service_account",
        "project_id": "acme-okr",
        "private_key_id": "c0ffee",
        "private_key": private_pem(),
        "client_email": EMAIL,
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps(key | changed)


@dataclass
class GoogleServer:
    """One spreadsheet, and an account that it is shared with."""

    sheets: Mapping[str, Sequence[Sequence[Value]]]
    now: Callable[[], datetime]
    names: dict[str, Json] = field(default_factory=dict)
    """Named range to GridRange."""
    tables: dict[str, tuple[str, Json]] = field(default_factory=dict)
    """Table to sheet and GridRange."""
    merges: dict[str, list[Json]] = field(default_factory=dict)
    grid: tuple[int, int] = (1000, 26)
    title: str = "KPIs of Acme"
    locale: str = "fr_FR"
    zone: str = "Europe/Paris"
    version: int = 41
    formulas: dict[str, dict[int, str]] = field(default_factory=dict)
    """Letters of a column to its formulas, by row from 0."""
    scopes: frozenset[str] = frozenset(SCOPES)
    may_edit: bool = True
    written: list[Json] = field(default_factory=list)
    """The bodies of the writes, in order."""
    trashed: bool = False
    mime: str = "application/vnd.google-apps.spreadsheet"
    shared: bool = True
    key_known: bool = True
    fail: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
    """May answer instead."""
    after: Callable[[httpx.Request], None] = lambda _request: None
    """Called after each answer; it may edit the sheet."""
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.host}{request.url.path}")
        answer = self.fail(request) or self._answer(request)
        self.after(request)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "oauth2.googleapis.com":
            return self._token(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, self.now()) <= self.now():
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if SHEET_ID not in request.url.path:
            return refusal(404, "NOT_FOUND", "Requested entity was not found.")
        if request.url.host == "www.googleapis.com":
            if not self.shared:
                return refusal(404, "NOT_FOUND", f"File not found: {SHEET_ID}.")
            return self._good(request, self._file())
        if not self.shared:
            return refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
        query = parse_qs(request.url.query.decode())
        path = unquote(request.url.path)
        if path.endswith("/values:batchUpdate"):
            return self._write(request) if self.may_edit else refusal(403, "PERMISSION_DENIED", "no edit")
        if path.endswith("/values:batchGet") and query["valueRenderOption"] == ["FORMULA"]:
            return self._good(request, self._typed(query["ranges"][0]))
        if path.endswith("/values:batchGet"):
            assert query["valueRenderOption"] == ["UNFORMATTED_VALUE"]
            assert query["dateTimeRenderOption"] == ["SERIAL_NUMBER"]
            return self._good(request, self._values(query["ranges"]))
        return self._good(request, self._spreadsheet(query.get("ranges", [])))

    def _good(self, request: httpx.Request, answer: Json) -> httpx.Response:
        for fields in parse_qs(request.url.query.decode()).get("fields", []):
            answer = masked(answer, mask_of(fields))
        assert described_problems(request, answer) == []
        return httpx.Response(200, json=answer)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = jwt.decode(
            form["assertion"], private_key().public_key(), algorithms=["RS256"],
            audience="https://oauth2.googleapis.com/token", options={"verify_exp": False, "verify_iat": False},
        )  # fmt: skip
        assert claims["iss"] == EMAIL
        assert set(claims["scope"].split()) == self.scopes
        assert claims["exp"] - claims["iat"] <= 3600
        assert abs(claims["iat"] - self.now().timestamp()) <= 60
        if not self.key_known:
            body = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
            return httpx.Response(400, json=body)
        token = f"ya29.{CANARY}-{len(self.tokens)}"
        self.tokens[token] = self.now() + timedelta(seconds=3599)
        return httpx.Response(200, json={"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _file(self) -> Json:
        return {
            "kind": "drive#file", "id": SHEET_ID, "name": self.title, "mimeType": self.mime, "trashed": self.trashed,
            "version": str(self.version), "modifiedTime": CHANGED_AT,
        }  # fmt: skip

    def _values(self, ranges: list[str]) -> Json:
        found: list[Json] = []
        for asked in ranges:
            rows = [[_raw(value) for value in row] for row in self.sheets[_parts(asked)[0]]]
            for row in rows:
                while row and row[-1] in (None, ""):
                    row.pop()
            while rows and not rows[-1]:
                rows.pop()
            values = [["" if value is None else value for value in row] for row in rows]
            found.append({"range": asked, "majorDimension": "ROWS"} | ({"values": values} if values else {}))
        return {"spreadsheetId": SHEET_ID, "valueRanges": found}

    def _typed(self, asked: str) -> Json:
        name, _, columns = asked.rpartition("!")
        letters = columns.partition(":")[0]
        column, rows = ord(letters) - 65, self.sheets[name.strip("'")]
        there = {row: _raw(value[column]) for row, value in enumerate(rows) if len(value) > column}
        there |= self.formulas.get(letters, {})
        values = [[there[row]] if there.get(row) is not None else [] for row in range(max(there, default=-1) + 1)]
        found = {"range": asked, "majorDimension": "ROWS", "values": values}
        return {"spreadsheetId": SHEET_ID, "valueRanges": [found]}

    def _write(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert body["valueInputOption"] == "RAW"
        self.written.append(body)
        self.version += 1
        for part in body["data"]:
            name, _, at = part["range"].rpartition("!")
            row, column = parse_a1(at)
            rows = self.sheets[name.strip("'")]
            assert isinstance(rows, list), "a sheet that is written to is given as lists"
            line = list(rows[row])
            line += [None] * (column + 1 - len(line))
            line[column] = part["values"][0][0]
            rows[row] = line
        return self._good(request, {"spreadsheetId": SHEET_ID, "totalUpdatedCells": len(body["data"])})

    def _spreadsheet(self, ranges: list[str]) -> Json:
        asked = {_parts(each)[0]: _parts(each)[1] for each in ranges}
        sheets: list[Json] = []
        for number, (name, rows) in enumerate(self.sheets.items()):
            if asked and name not in asked:
                continue
            grid = {"rowCount": self.grid[0], "columnCount": self.grid[1]}
            sheet: Json = {
                "properties": {"sheetId": number, "title": name, "sheetType": "GRID", "gridProperties": grid}
            }
            sheet["merges"] = [{"sheetId": number, **merge} for merge in self.merges.get(name, [])]
            sheet["tables"] = [
                {"tableId": table, "name": table, "range": {"sheetId": number, **where}}
                for table, (on, where) in self.tables.items()
                if on == name
            ]
            if name in asked:
                sheet["data"] = [{"rowData": [{"values": [_data(value) for value in row]} for row in rows]}]
            sheets.append(sheet)
        chart = {"properties": {"sheetId": 99, "title": "Chart", "sheetType": "OBJECT"}}
        return {
            "spreadsheetId": SHEET_ID,
            "properties": {"title": self.title, "locale": self.locale, "timeZone": self.zone},
            "sheets": sheets + ([] if asked else [chart]),
            "namedRanges": [{"namedRangeId": name, "name": name, "range": where} for name, where in self.names.items()],
        }


def _parts(asked: str) -> tuple[str, str]:
    match = _RANGE.fullmatch(asked)
    assert match is not None, asked
    return match[1].replace("''", "'"), asked


def _raw(value: Value) -> str | int | float | bool | None:
    if isinstance(value, Shown):
        return value.value
    if isinstance(value, Wrong):
        return value.text
    if isinstance(value, datetime):
        return (value - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001  (serial numbers have no zone)
    if isinstance(value, date):
        return (value - date(1899, 12, 30)).days
    return value


def _data(value: Value) -> Json:
    if isinstance(value, Wrong):
        return {"effectiveValue": {"errorValue": {"type": _ERROR_TYPES.get(value.text, "ERROR"), "message": "?"}}}
    shown = value
    if isinstance(value, datetime):
        shown = Shown(0, "DATE_TIME")
    elif isinstance(value, date):
        shown = Shown(0, "DATE", "yyyy-mm-dd")
    if not isinstance(shown, Shown):
        return {} if value is None else {"effectiveValue": {"stringValue": str(value)}}
    format_ = {"type": shown.type} | ({"pattern": shown.pattern} if shown.pattern else {})
    return {"effectiveFormat": {"numberFormat": format_}}


def refusal(code: int, status: str, message: str, reason: str = "") -> httpx.Response:
    error: Json = {"code": code, "message": message, "status": status}
    if reason:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
        error["errors"] = [{"reason": reason, "message": message}]
    return httpx.Response(code, json={"error": error})
