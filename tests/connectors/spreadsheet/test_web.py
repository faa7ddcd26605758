"""A file behind an https address: fetched when it changed, and never taken for something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from connectors.spreadsheet.web import DOWNLOAD
from mapping.errors import FixConfigError
from tests.connectors.clock import FakeClock, Handler
from tests.connectors.spreadsheet.books import Opening, connected, sample_of, save

URL = "https://acme.test/files/kpis.csv?key=hidden"
CSV = b"Measure,Actual\nNPS,41.5\n"
TERMS = {"row": "NPS", "column": "Actual"}


def source_on(server: Handler, clock: FakeClock | None = None, **options: object) -> Opening:
    return connected(server, clock, **{"url": URL, **options})


def serving(body: bytes, headers: Mapping[str, str]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(200, content=body, headers=dict(headers))


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (URL, {}),
        ("https://acme.test/export", {"content-type": "text/csv; charset=utf-8"}),
        ("https://acme.test/export", {"content-disposition": 'attachment; filename="kpis.csv"'}),
        ("https://acme.test/export", {"content-disposition": "attachment; filename*=UTF-8''k%C3%A9pis.csv"}),
    ],
)
async def test_csv_is_known_by_its_name_or_its_media_type(url: str, headers: dict[str, str]) -> None:
    async with source_on(serving(CSV, headers), url=url) as source:
        assert (await sample_of(source, TERMS)).value == Decimal("41.5")


async def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    body = save(tmp_path / "k.xlsx", {"KPI": [["Measure", "Actual"], ["NPS", 41.5]]}).read_bytes()
    async with source_on(serving(body, {"last-modified": "Mon, 02 Nov 2026 07:30:00 GMT"})) as source:
        found = await sample_of(source, TERMS)
    assert (found.value, found.at) == (Decimal("41.5"), datetime(2026, 11, 2, 7, 30, tzinfo=UTC))
    assert found.origin == "https://acme.test/files/kpis.csv, sheet KPI, cell B2 (row NPS, column Actual)"


async def test_an_unchanged_file_is_asked_for_and_not_sent_again() -> None:
    clock, asked = FakeClock(), list[tuple[str | None, str | None]]()
    dated = {"etag": '"v1"', "last-modified": "Mon, 02 Nov 2026 07:30:00 GMT"}

    def server(request: httpx.Request) -> httpx.Response:
        asked.append((request.headers.get("if-none-match"), request.headers.get("if-modified-since")))
        if request.headers.get("if-none-match") == dated["etag"]:
            return httpx.Response(304, headers=dated)
        return httpx.Response(200, content=CSV, headers=dated)

    async with source_on(server, clock) as source:
        await sample_of(source, TERMS)
        await sample_of(source, TERMS)
        assert asked == [(None, None)]
        clock.elapsed += 61
        assert (await sample_of(source, TERMS)).value == Decimal("41.5")
        assert asked[1:] == [('"v1"', "Mon, 02 Nov 2026 07:30:00 GMT")]
        assert source.requests() == 2


async def test_a_server_that_knows_no_304_is_believed_by_the_bytes() -> None:
    clock, bodies = FakeClock(), [CSV, CSV, b"Measure,Actual\nNPS,50\n"]

    def server(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=bodies.pop(0))

    async with source_on(server, clock) as source:
        found = []
        for _ in range(3):
            found.append((await sample_of(source, TERMS)).value)
            clock.elapsed += 61
    assert found == [Decimal("41.5"), Decimal("41.5"), 50]


@pytest.mark.parametrize("stated", ["", "yesterday", "Mon, 02 Nov 2099 07:30:00 GMT"])
async def test_a_file_without_a_sound_date_is_of_the_start_of_our_day(stated: str) -> None:
    clock = FakeClock()
    async with source_on(serving(CSV, {"last-modified": stated}), clock, timezone="Europe/Paris") as source:
        assert (await sample_of(source, TERMS)).at == datetime(2026, 11, 1, 23, tzinfo=UTC)


async def test_a_token_goes_to_the_server_and_not_to_where_it_sends_us() -> None:
    seen: dict[str, str | None] = {}

    def server(request: httpx.Request) -> httpx.Response:
        seen[request.url.host] = request.headers.get("authorization")
        if request.url.host == "acme.test":
            return httpx.Response(302, headers={"location": "https://files.test/kpis.csv?signed=1"})
        return httpx.Response(200, content=CSV)

    async with source_on(server, token="secret-token") as source:
        assert (await sample_of(source, TERMS)).value == Decimal("41.5")
    assert seen == {"acme.test": "Bearer secret-token", "files.test": None}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(200, html="<html><form>Log in</form></html>"), "is a web page and no spreadsheet"),
        (httpx.Response(200, content=b"%PDF-1.7", headers={"content-type": "application/pdf"}), "is a PDF"),
        (httpx.Response(404), r"knows no https://acme\.test/files/kpis\.(csv|bin) \(404\)"),
        (httpx.Response(302, headers={"location": "http://acme.test/kpis.csv"}), "sends .* on to http://acme.test"),
        (httpx.Response(302, headers={"location": "https://10.0.0.1/k.csv"}), "10.0.0.1 is a private address"),
        (httpx.Response(304), "was answered with 304 although nothing is held"),
    ],
)
async def test_what_is_no_file_is_an_error_without_the_query(response: httpx.Response, message: str) -> None:
    async with source_on(lambda _request: response, url=URL.replace(".csv", ".bin")) as source:
        with pytest.raises(FixConfigError, match=message) as caught:
            await sample_of(source, TERMS)
    assert str(caught.value).startswith("kpis: ")
    assert "hidden" not in str(caught.value)


async def test_the_other_side_is_named_without_the_query() -> None:
    async with source_on(serving(CSV, {"etag": "1"}), token="secret-token") as source:
        identity = await source.identify()
    assert (identity.account, identity.server) == ("https://acme.test/files/kpis.csv", "acme.test")
    assert identity.detail["format"] == "csv in utf-8"


def test_a_download_is_bounded_like_a_file() -> None:
    assert DOWNLOAD.body == 100 * 1024 * 1024


async def test_a_wrong_encoding_is_named_as_for_files() -> None:
    async with source_on(serving("Mesure;Réel\nNPS;1 234,5\n".encode("cp1252"), {}), delimiter=";") as source:
        with pytest.raises(FixConfigError, match=r"kpis\.csv, line 1: byte 8 is 0xE9, which is not utf-8"):
            await sample_of(source, TERMS)
    declared = source_on(
        serving("Mesure;Réel\nNPS;1 234,5\n".encode("cp1252"), {}), delimiter=";", encoding="cp1252", decimal="fr"
    )
    async with declared as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Réel"})).value == Decimal("1234.5")
