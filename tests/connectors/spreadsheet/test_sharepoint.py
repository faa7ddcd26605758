"""Files on SharePoint and OneDrive: found four ways, downloaded without our credential, old versions as history."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from connectors.port import PastSeries
from connectors.spreadsheet.source import SpreadsheetSource
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError, TryAgainError
from mapping.words import Sample, Selection
from tests.connectors.clock import FakeClock
from tests.connectors.contract import CANARY
from tests.connectors.spreadsheet.books import Opening, Rows, connected, opened, sample_of, save
from tests.connectors.spreadsheet.graph_described import problems
from tests.connectors.spreadsheet.graph_server import (
    CLIENT,
    DRIVE,
    ITEM,
    LINK,
    SECRET,
    TENANT,
    GraphServer,
    Kept,
    refusal,
)

APP = {"tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET}
TERMS = {"row": "NPS", "column": "Actual"}
BY_PATH = {"site": "https://acme.sharepoint.com/sites/ops", "path": "OKR/kpis.xlsx"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(tmp_path: Path, clock: FakeClock) -> GraphServer:
    def book(rows: Rows) -> bytes:
        return save(tmp_path / "made.xlsx", {"KPI": rows}).read_bytes()

    header = ["Measure", "Actual"]
    return GraphServer(
        [
            Kept("4.0", "2026-11-01T08:15:30Z", book([header, ["NPS", 41.5]])),
            Kept("3.0", "2026-10-20T08:00:00Z", book([header, ["NPS", 38]])),
            Kept("2.0", "2026-10-10T10:00:00Z", book([header, ["eNPS", 30]])),
            Kept("1.0", "2026-10-01T08:00:00Z", book([header, ["NPS", 30]])),
        ],
        now=clock.now,
    )


def source_on(server: GraphServer, clock: FakeClock, **options: object) -> Opening:
    return connected(server, clock, **{"sharepoint": LINK, **APP, **options})


@pytest.mark.parametrize(
    "where",
    [
        LINK,
        {"drive": DRIVE, "item": ITEM},
        BY_PATH,
        {**BY_PATH, "library": "documents"},
        {"user": "ana@acme.test", "path": "/OKR/kpis.xlsx"},
    ],
)
async def test_a_file_is_found_by_link_id_or_path(server: GraphServer, clock: FakeClock, where: object) -> None:
    async with source_on(server, clock, sharepoint=where) as source:
        found = await sample_of(source, TERMS)
        identity = await source.identify()
    assert (found.value, found.at) == (Decimal("41.5"), datetime(2026, 11, 1, 8, 15, 30, tzinfo=UTC))
    assert found.origin == "kpis.xlsx, sheet KPI, cell B2 (row NPS, column Actual)"
    assert (identity.account, identity.server) == (f"app {CLIENT} of {TENANT}", "SharePoint")


async def test_csv_is_read_as_declared(server: GraphServer, clock: FakeClock) -> None:
    content = "Mesure;Réel\nNPS;41,5\n".encode("cp1252")
    server.name, server.versions = "kpis.csv", [replace(server.versions[0], content=content)]
    async with source_on(server, clock, encoding="cp1252", delimiter=";", decimal="fr") as source:
        assert (await sample_of(source, {"row": "NPS", "column": "Réel"})).value == Decimal("41.5")


async def test_nothing_is_downloaded_again_while_the_content_stays(server: GraphServer, clock: FakeClock) -> None:
    async with source_on(server, clock) as source:
        await sample_of(source, TERMS)
        server.asked.clear()
        clock.elapsed += 61
        await sample_of(source, TERMS)
        assert server.asked == [f"GET graph.microsoft.com/v1.0/drives/{DRIVE}/items/{ITEM}"]
        assert server.versions[1].content != server.versions[0].content
        server.versions.insert(0, Kept("5.0", "2026-11-02T08:00:00Z", server.versions[1].content))
        clock.elapsed += 61
        assert (await sample_of(source, TERMS)).value == 38


async def test_a_file_saved_while_it_is_read_is_read_again_and_then_left_for_later(
    server: GraphServer, clock: FakeClock
) -> None:
    def save_anew(request: httpx.Request) -> None:
        if request.url.path.endswith("/content") and len(server.versions) < most:
            name = f"{len(server.versions)}.1"
            server.versions.insert(0, Kept(name, "2026-11-02T08:00:00Z", server.versions[0].content))

    server.after, most = save_anew, 5
    async with source_on(server, clock) as source:
        assert (await sample_of(source, TERMS)).at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    most = 99
    async with source_on(server, clock) as source:
        with pytest.raises(TryAgainError, match=r"kpis: kpis\.xlsx is being saved"):
            await sample_of(source, TERMS)


async def past(
    source: SpreadsheetSource,
    since: datetime,
    terms: dict[str, object] | None = None,
    known: frozenset[datetime] = frozenset(),
) -> tuple[list[Sample], list[str]]:
    skipped: list[SkipRecordError] = []
    assert isinstance(source, PastSeries)
    batches = source.past_series(Selection.of("kpis", terms or TERMS), since, known, skipped.append)
    found = [each async for batch in batches for each in batch]
    return found, [str(each) for each in skipped]


async def test_old_versions_are_the_past_of_a_cell(server: GraphServer, clock: FakeClock) -> None:
    async with source_on(server, clock) as source:
        found, skipped = await past(source, datetime(2026, 1, 1, tzinfo=UTC))
        present = await sample_of(source, TERMS)
    assert [(each.at, int(each.value)) for each in found] == [
        (datetime(2026, 10, 1, 8, tzinfo=UTC), 30),
        (datetime(2026, 10, 20, 8, tzinfo=UTC), 38),
    ]
    assert {each.series for each in found} == {present.series}
    assert found[0].origin == "kpis.xlsx, sheet KPI, cell B2 (row NPS, column Actual)"
    assert len(skipped) == 1
    assert skipped[0].startswith("kpis: as of 2026-10-10T10:00:00+00:00: kpis.xlsx, sheet KPI, column A has no label")


async def test_only_the_version_that_stood_then_and_those_after_it_are_downloaded(
    server: GraphServer, clock: FakeClock
) -> None:
    async with source_on(server, clock) as source:
        found, skipped = await past(source, datetime(2026, 10, 15, tzinfo=UTC))
    assert [int(each.value) for each in found] == [38]
    assert len(skipped) == 1  # what stood on 15 October had another label
    assert sum("/content" in each for each in server.asked) == 2


async def test_what_is_known_already_is_not_downloaded_again(server: GraphServer, clock: FakeClock) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    async with source_on(server, clock) as source:
        found, _ = await past(source, long_ago)
        server.asked.clear()
        again, _ = await past(source, long_ago, known=frozenset(each.at for each in found))
    assert again == []
    assert sum("/content" in each for each in server.asked) == 1  # the one that could not be read


async def test_versions_in_a_circle_are_a_partial_read(server: GraphServer, clock: FakeClock) -> None:
    link = f"https://graph.microsoft.com/v1.0/drives/{DRIVE}/items/{ITEM}/versions?$skiptoken=1"
    around = httpx.Response(200, json={"value": [], "@odata.nextLink": link})
    server.fail = lambda request: around if request.url.path.endswith("/versions") else None
    async with source_on(server, clock) as source:
        with pytest.raises(PartialReadError, match=r"kpis: kpis\.xlsx: its list of versions leads in a circle"):
            await past(source, datetime(2026, 1, 1, tzinfo=UTC))


async def test_where_no_versions_are_kept_there_is_no_past(tmp_path: Path) -> None:
    path = save(tmp_path / "k.xlsx", {"KPI": [["Date", "NPS"], ["2026-10-05", 1], ["2026-10-12", 2]]})
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    async with opened(path) as source:
        assert await past(source, long_ago, {"cell": "B2"}) == ([], [])
        assert await past(source, long_ago, {"dates": "Date", "column": "NPS"}) == ([], [])
        with pytest.raises(FixConfigError, match="is a table: the past of its rows is not read"):
            await past(source, long_ago, {"table": "KPI"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client_secret": f"other-{CANARY}"}, f"Microsoft refuses the app {CLIENT} of tenant {TENANT} (AADSTS7000215"),
        ({"tenant": "nobody.test"}, "Microsoft knows no tenant nobody.test"),
        ({"sharepoint": f"{LINK}x"}, "finds no the file of the sharing link (404)"),
        ({"sharepoint": {**BY_PATH, "path": "OKR/none.xlsx"}}, "finds no none.xlsx (404)"),
        ({"sharepoint": {**BY_PATH, "library": "Docs"}}, "the site has no library 'Docs': it has Archive, Documents"),
    ],
)
async def test_what_is_wrong_with_the_set_up_is_named_and_no_secret_is(
    server: GraphServer, clock: FakeClock, options: dict[str, object], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with source_on(server, clock, **options) as source:
        with pytest.raises(FixConfigError) as caught:
            await sample_of(source, TERMS)
    assert message in str(caught.value)
    assert str(caught.value).count("kpis: ") == 1
    assert CANARY not in str(caught.value) + caplog.text
    assert "hidden" not in str(caught.value)


async def test_a_missing_permission_names_the_one_to_grant(server: GraphServer, clock: FakeClock) -> None:
    server.fail = lambda request: (
        refusal(403, "accessDenied", "Access denied") if request.url.host == "graph.microsoft.com" else None
    )
    async with source_on(server, clock) as source:
        with pytest.raises(FixConfigError, match=r"\(403\) .* Files\.Read\.All with an administrator's consent"):
            await sample_of(source, TERMS)


async def test_a_folder_is_no_file(server: GraphServer, clock: FakeClock) -> None:
    server.folder, server.name = True, "OKR"
    async with source_on(server, clock) as source:
        with pytest.raises(FixConfigError, match="kpis: OKR is a folder"):
            await sample_of(source, TERMS)


async def test_a_file_that_is_too_big_is_not_downloaded(server: GraphServer, clock: FakeClock) -> None:
    server.size = 101 * 1024 * 1024
    async with source_on(server, clock) as source:
        with pytest.raises(FixConfigError, match=r"kpis: kpis\.xlsx has 101\.0 MB, more than the 100\.0 MB allowed"):
            await sample_of(source, TERMS)
    assert not any("/content" in each for each in server.asked)


async def test_without_msal_the_error_says_what_to_install(
    server: GraphServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    async with source_on(server, clock) as source:
        with pytest.raises(FixConfigError, match=r"needs the package msal: pip install 'okrsync\[microsoft\]'"):
            await sample_of(source, TERMS)


async def test_a_token_is_bought_once_an_hour_and_again_when_it_is_refused(
    server: GraphServer, clock: FakeClock
) -> None:
    async with source_on(server, clock) as source:
        await sample_of(source, TERMS)
        assert len(server.tokens) == 1
        clock.instant += timedelta(minutes=56)
        clock.elapsed += 56 * 60
        await sample_of(source, TERMS)
        assert len(server.tokens) == 2
        server.tokens = dict.fromkeys(server.tokens, clock.now())
        clock.elapsed += 61
        await sample_of(source, TERMS)
        assert len(server.tokens) == 3


async def test_msal_waits_in_a_thread_and_its_requests_are_sent_by_our_loop(
    server: GraphServer, clock: FakeClock
) -> None:
    senders: set[int] = set()
    ticks = 0

    def note(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "login.microsoftonline.com":
            senders.add(threading.get_ident())
        return None

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    server.fail = note
    async with source_on(server, clock) as source:
        ticking = asyncio.create_task(tick())
        await source.identify()
        ticking.cancel()
    assert senders == {threading.get_ident()}
    assert ticks > 100  # while msal negotiated, everybody else went on


async def test_a_busy_login_is_waited_for(server: GraphServer, clock: FakeClock) -> None:
    server.fail = lambda request: (
        httpx.Response(429, headers={"retry-after": "7"})
        if request.url.host.startswith("login") and len(server.asked) < 3
        else None
    )
    async with source_on(server, clock) as source:
        assert (await sample_of(source, TERMS)).value == Decimal("41.5")
    assert max(clock.slept) >= 7


def test_the_description_finds_what_is_wrong() -> None:
    base = f"https://graph.microsoft.com/v1.0/drives/{DRIVE}/items/{ITEM}"
    assert problems(httpx.Request("GET", f"{base}?$select=id,colour&expand=x"), {"id": 5, "colour": 1}) == [
        "$select: no colour",
        "no parameter expand",
        "$.id: 5 is no Edm.String",
    ]
    assert problems(httpx.Request("GET", f"{base}/editions"), {}) == [
        f"no path /v1.0/drives/{DRIVE}/items/{ITEM}/editions: 'editions'"
    ]
