"""Google Sheets: values as they are, formats and errors as Google tells them, versions from Drive."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from connectors.spreadsheet import CONNECTOR
from mapping.errors import FixConfigError, TryAgainError
from mapping.words import Sample
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import CANARY
from tests.connectors.spreadsheet.books import Opening, Rowed, connected, sample_of, samples_of, table_of
from tests.connectors.spreadsheet.google_described import problems
from tests.connectors.spreadsheet.google_server import (
    EMAIL,
    SHEET_ID,
    GoogleServer,
    Shown,
    Value,
    Wrong,
    key_json,
    refusal,
)

KPI: list[list[Value]] = [
    ["Measure", "Actual", "Note"],
    ["NPS", 41.5, ""],
    ["Share", Shown(0.25, "PERCENT", "0%"), None],
    ["Revenue", Shown(2_000_000, "CURRENCY", '#,##0.00 "€"'), None],
    ["Sum", 0.1 + 0.2],
    ["Broken", Wrong("#N/A")],
    ["Written", "1 234,5"],
    ["Late", Wrong("Loading...")],
    ["Typed", "#REF!"],
    ["Day", date(2026, 10, 5)],
    ["Empty"],
    ["Ready", True],
    [],
]


def server_of(clock: FakeClock, **changes: object) -> GoogleServer:
    server = GoogleServer({"KPI": KPI}, now=clock.now)
    for name, value in changes.items():
        setattr(server, name, value)
    return server


def source_on(server: GoogleServer, clock: FakeClock, **options: object) -> Opening:
    return connected(server, clock, **{"google_sheet": SHEET_ID, "key": key_json(), **options})


async def number(row: str, **options: object) -> Sample:
    clock = FakeClock()
    async with source_on(server_of(clock), clock, **options) as source:
        return await sample_of(source, {"row": row, "column": "Actual"})


async def failing(server: GoogleServer, clock: FakeClock, **options: object) -> str:
    async with source_on(server, clock, **options) as source:
        with pytest.raises(FixConfigError) as caught:
            await sample_of(source, {"row": "NPS", "column": "Actual"})
    return str(caught.value)


@pytest.mark.parametrize(
    ("row", "value", "unit"),
    [
        ("NPS", "41.5", None),
        ("Share", "0.25", "percent"),
        ("Revenue", "2000000", "EUR"),
        ("Sum", "0.3", None),
        ("Ready", "1", "done"),
    ],
)
async def test_numbers_come_unformatted_with_the_unit_of_their_format(row: str, value: str, unit: str | None) -> None:
    found = await number(row)
    assert (found.value, found.unit) == (Decimal(value), unit)
    assert found.at == datetime(2026, 11, 1, 8, 15, 30, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Broken", "cell B6 holds the error #N/A: mend its formula"),
        ("Late", "cell B8 holds 'Loading...', for Google has not finished its formula"),
        ("Typed", "cell B9 holds the error #REF!"),
        ("Day", "cell B10 holds the date 2026-10-05, a number was expected"),
        ("Empty", "cell B11 is empty, a number was expected"),
        ("Written", r"cell B7 holds the text '1 234,5', .* \(decimal: en, fr or plain; the sheet's locale is fr_FR\)"),
        ("Gone", "has no label 'Gone'"),
    ],
)
async def test_what_is_no_number_is_an_error_with_its_place_and_never_0(row: str, message: str) -> None:
    with pytest.raises(FixConfigError, match=r"^kpis: KPIs of Acme, sheet KPI, .*" + message.removeprefix(", ")):
        await number(row)


async def test_the_locale_is_a_hint_and_the_declaration_counts() -> None:
    assert (await number("Written", decimal="fr")).value == Decimal("1234.5")


async def test_all_small_sheets_of_a_file_come_in_one_request_of_values() -> None:
    clock = FakeClock()
    sheets: dict[str, list[list[Value]]] = {"KPI": KPI, "Ana's": [["NPS", 7]], "Empty": []}
    server = server_of(clock, sheets=sheets)
    async with source_on(server, clock) as source:
        assert (await sample_of(source, {"sheet": "KPI", "row": "NPS", "column": "Actual"})).value == Decimal("41.5")
        assert (await sample_of(source, {"sheet": "ana's", "cell": "B1", "label": "NPS"})).value == 7
        with pytest.raises(FixConfigError, match="KPIs of Acme, sheet Empty, cell A1 is empty"):
            await sample_of(source, {"sheet": "Empty", "cell": "A1"})
        with pytest.raises(FixConfigError, match="has no sheet 'Chart': it has KPI, Ana's, Empty"):
            await sample_of(source, {"sheet": "Chart", "cell": "A1"})
        assert [unquote(each).rpartition("/")[2] for each in server.asked] == [
            "token", SHEET_ID, SHEET_ID, "values:batchGet", SHEET_ID, SHEET_ID,
        ]  # fmt: skip
        assert source.requests() == 6


async def test_a_sheet_with_a_huge_grid_is_read_only_when_a_rule_needs_it() -> None:
    clock = FakeClock()
    server = server_of(clock, grid=(100_000, 26))
    async with source_on(server, clock) as source:
        await source.identify()
        assert not any("batchGet" in each for each in server.asked)
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == Decimal("41.5")


async def test_named_ranges_tables_and_merges_are_known() -> None:
    clock = FakeClock()
    rows: list[list[Value]] = [["", ""], ["", "Ref", "Sum"], ["", "L-1", 3], ["", "L-2", 4]]
    where = {"startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 3}
    merge = {"startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 2, "endColumnIndex": 3}
    server = server_of(
        clock,
        sheets={"KPI": KPI, "My leads": rows},
        names={
            "NpsNow": {"startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2},
            "Whole": {"sheetId": 1},
            "Lost": {"sheetId": 77},
        },
        tables={"Leads": ("My leads", where)},
        merges={"My leads": [merge]},
    )
    async with source_on(server, clock) as source:
        found = await sample_of(source, {"name": "npsnow", "label": "NPS"})
        assert (found.value, found.origin) == (
            Decimal("41.5"),
            "KPIs of Acme, sheet KPI, cell B2 (name npsnow, label NPS)",
        )
        with pytest.raises(FixConfigError, match=r"refers to the range 'My leads'!\$A\$1:\$Z\$1000"):
            await sample_of(source, {"name": "Whole"})
        with pytest.raises(FixConfigError, match="has no name 'Lost'"):
            await sample_of(source, {"name": "Lost"})
        with pytest.raises(FixConfigError, match="cell C4 is part of the merged range C3:C4"):
            await sample_of(source, {"sheet": "My leads", "cell": "C4"})
        read: Rowed = await table_of(source, {"table": "Leads", "id": "Ref"}, "Sum")
        assert [(item.id, int(item.numbers["Sum"])) for item in read.items] == [("Leads#L-1", 3), ("Leads#L-2", 4)]


async def test_dates_are_serial_numbers_meant_in_the_zone_of_the_sheet() -> None:
    clock = FakeClock()
    weeks: list[list[Value]] = [["Date", "Actual"], [date(2026, 10, 5), 1], [datetime(2026, 10, 6, 12, 30), 2]]  # noqa: DTZ001
    server = server_of(clock, sheets={"KPI": weeks}, zone="America/New_York")
    async with source_on(server, clock) as source:
        read = await samples_of(source, {"dates": "Date", "column": "Actual"})
    async with source_on(server, clock, timezone="UTC") as source:
        declared = await samples_of(source, {"dates": "Date", "column": "Actual"})
    assert [each.at for each in read.samples] == [
        datetime(2026, 10, 5, 4, tzinfo=UTC),
        datetime(2026, 10, 6, 16, 30, tzinfo=UTC),
    ]
    assert declared.samples[0].at == datetime(2026, 10, 5, tzinfo=UTC)


async def test_a_zone_of_its_own_making_must_be_declared() -> None:
    clock = FakeClock()
    server = server_of(clock, zone="GMT-07:00")
    assert "is set to the time zone 'GMT-07:00', which is no IANA name" in await failing(server, clock)
    async with source_on(server, clock, timezone="America/Denver") as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == Decimal("41.5")


async def test_nothing_is_read_again_while_the_version_stays() -> None:
    clock = FakeClock()
    server = server_of(clock)
    async with source_on(server, clock) as source:
        await sample_of(source, {"row": "NPS", "column": "Actual"})
        server.asked.clear()
        await sample_of(source, {"row": "Share", "column": "Actual"})
        assert server.asked == []
        clock.elapsed += 61
        await sample_of(source, {"row": "Share", "column": "Actual"})
        assert server.asked == [f"GET www.googleapis.com/drive/v3/files/{SHEET_ID}"]
        clock.elapsed += 61
        server.version, server.sheets = 42, {"KPI": [["Measure", "Actual"], ["NPS", 50]]}
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == 50


async def test_a_sheet_edited_while_it_is_read_is_read_once_more_and_then_left_for_later() -> None:
    clock = FakeClock()
    server = server_of(clock)

    def edit(request: httpx.Request) -> None:
        if request.url.path.endswith("batchGet") and server.version < 42:
            server.version += 1

    server.after = edit
    async with source_on(server, clock) as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == Decimal("41.5")
    server.after = lambda _: setattr(server, "version", server.version + 1)
    async with source_on(server, clock) as source:
        with pytest.raises(TryAgainError, match=r"kpis: KPIs of Acme is being edited"):
            await sample_of(source, {"row": "NPS", "column": "Actual"})


async def test_a_429_without_a_time_is_backed_off_from() -> None:
    clock = FakeClock()
    server = server_of(clock)

    def fail(request: httpx.Request) -> httpx.Response | None:
        slow = refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Read requests'")
        return slow if "batchGet" in request.url.path and len(server.asked) < 8 else None

    server.fail = fail
    async with source_on(server, clock) as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == Decimal("41.5")
    assert len(clock.slept) >= 3


async def test_drives_own_403_for_slow_down_is_waited_for() -> None:
    clock = FakeClock()
    server = server_of(clock)
    slow = refusal(403, "PERMISSION_DENIED", "User Rate Limit Exceeded", "userRateLimitExceeded")
    server.fail = lambda request: slow if "drive" in request.url.path and len(server.asked) < 4 else None
    async with source_on(server, clock) as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Actual"})).value == Decimal("41.5")
    assert clock.slept


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shared": False}, f"shows {EMAIL} no sheet of this id (404): share it with this address, and check the id"),
        ({"trashed": True}, "KPIs of Acme is in Google Drive's trash: restore it"),
        ({"mime": "application/vnd.ms-excel"}, "is no Google sheet but application/vnd.ms-excel in Drive"),
        ({"key_known": False}, f"Google refuses the key of {EMAIL} (Invalid JWT Signature.; invalid_grant)"),
    ],
)
async def test_a_sheet_out_of_reach_says_what_to_do(changes: dict[str, object], message: str) -> None:
    clock = FakeClock()
    told = await failing(server_of(clock, **changes), clock)
    assert told.startswith("kpis: ")
    assert told.count("kpis: ") == 1
    assert message in told


async def test_a_wrong_id_and_an_api_switched_off_are_told_apart() -> None:
    clock = FakeClock()
    assert "no sheet of this id (404)" in await failing(server_of(clock), clock, google_sheet="x" * 44)
    server = server_of(clock)
    off = refusal(403, "PERMISSION_DENIED", "Google Sheets API has not been used in project 1", "SERVICE_DISABLED")
    server.fail = lambda request: off if request.url.host.startswith("sheets") else None
    assert "Google Sheets is not switched on in the project of okrsync@acme-okr" in await failing(server, clock)
    hidden = refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
    server.fail = lambda request: hidden if request.url.host.startswith("sheets") else None
    assert f"does not show the sheet to {EMAIL} (403" in await failing(server, clock)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "{}"}, "the key is no JSON key of a service account"),
        ({"key": key_json(type="authorized_user")}, "the key is no JSON key of a service account"),
        ({"key": key_json(token_uri="http://evil.test/token")}, "the key is no JSON key of a service account"),
        ({"key": key_json(private_key=f"-----BEGIN {CANARY}")}, "the private key of okrsync@acme-okr"),
        ({"key": None, "key_file": "none.json"}, "the key_file none.json cannot be read (No such file"),
    ],
)
async def test_a_key_that_is_none_is_named_and_not_shown(options: dict[str, object], message: str) -> None:
    clock = FakeClock()
    told = await failing(server_of(clock), clock, **options)
    assert message in told
    assert CANARY not in told


async def test_the_key_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(key_json())
    clock = FakeClock()
    options = CONNECTOR.options.model_validate({"google_sheet": SHEET_ID, "key_file": "key.json"})
    source = CONNECTOR.open(options, surroundings(server_of(clock), clock, folder=tmp_path))
    identity = await source.identify()
    await source.aclose()
    assert (identity.account, identity.server) == (EMAIL, "Google Sheets")
    assert identity.detail["title"] == "KPIs of Acme"
    assert identity.detail["time zone"] == "Europe/Paris"
    assert identity.detail["locale"] == "fr_FR"


async def test_without_google_auth_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth.crypt", None)
    clock = FakeClock()
    assert "needs the package google-auth: pip install 'okrsync[google]'" in await failing(server_of(clock), clock)


async def test_a_token_is_renewed_before_it_ends_and_after_it_is_taken_back() -> None:
    clock = FakeClock()
    server = server_of(clock)
    async with source_on(server, clock) as source:
        await source.identify()
        clock.instant += timedelta(minutes=56)
        clock.elapsed += 56 * 60
        await source.identify()
        assert len(server.tokens) == 2
        server.tokens = dict.fromkeys(server.tokens, clock.now())
        clock.elapsed += 61
        await source.identify()
        assert len(server.tokens) == 3


async def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clock = FakeClock()
    server = server_of(clock)
    async with source_on(server, clock) as source:
        await source.identify()
        token = next(iter(server.tokens))
    assert token not in caplog.text
    assert "PRIVATE KEY" not in caplog.text
    assert "assertion" not in caplog.text


def test_the_description_finds_what_is_wrong() -> None:
    base = f"https://sheets.googleapis.com/v4/spreadsheets/{SHEET_ID}"
    wrong = httpx.Request("GET", f"{base}/values:batchGet?range=A1&valueRenderOption=PLAIN")
    assert problems(wrong, {"valueRange": []}) == [
        "no parameter range",
        "parameter valueRenderOption = PLAIN",
        "$: Additional properties are not allowed ('valueRange' was unexpected)",
    ]
    masks = httpx.Request("GET", f"{base}?fields=sheets(properties(name)),title")
    assert problems(masks, {}) == ["fields/sheets/properties: no field name", "fields: no field title"]
    assert problems(httpx.Request("GET", f"{base}/cells"), {}) == [f"no method GET v4/spreadsheets/{SHEET_ID}/cells"]
