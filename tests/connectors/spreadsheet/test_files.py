from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

import pytest

from connectors.spreadsheet import files
from mapping.errors import FixConfigError, TryAgainError
from mapping.words import Selection
from tests.connectors.spreadsheet.books import (
    SAVED_AT,
    opened,
    pack,
    raw_xlsx,
    sample,
    sample_of,
    save,
    saved_at,
    xlsx_parts,
)

NPS = {"cell": "B1"}


def nps(path: Path, value: int, sheet: str = "KPI") -> Path:
    return save(path, {sheet: [["NPS", value]]})


async def test_identify_says_what_stands_in_the_file_and_when_it_was_changed(tmp_path: Path) -> None:
    save(tmp_path / "k.xlsx", {"KPI": [["NPS", 36]], "Leads": [["Name"]]})
    async with opened(tmp_path / "k.xlsx") as source:
        identity = await source.identify()
    assert (identity.account, identity.server) == ("k.xlsx", "disk")
    assert identity.detail["sheets"] == "KPI, Leads"
    assert identity.detail["format"] == "xlsx"
    assert identity.detail["changed at"] == SAVED_AT.isoformat()
    assert identity.detail["size"].endswith("bytes")


async def test_a_glimpse_shows_the_number_and_its_place(tmp_path: Path) -> None:
    async with opened(nps(tmp_path / "k.xlsx", 36)) as source:
        found = await source.glimpse(Selection.of("kpis", NPS))
    assert (found.matches, found.example) == (1, "36 (k.xlsx, sheet KPI, cell B1 (beside it: NPS))")


async def test_a_file_is_opened_once_until_it_changes(tmp_path: Path) -> None:
    path = nps(tmp_path / "k.xlsx", 36)
    async with opened(path) as source:
        assert [(await sample_of(source, NPS)).value for _ in range(3)] == [36, 36, 36]
        assert source.requests() == 1
        later = datetime(2026, 11, 3, tzinfo=UTC)
        saved_at(nps(path, 40), later)
        changed = await sample_of(source, NPS)
        assert (changed.value, changed.at, source.requests()) == (Decimal(40), later, 2)


async def test_the_same_file_gives_the_same_sample_in_every_run(tmp_path: Path) -> None:
    path = nps(tmp_path / "k.xlsx", 36)
    assert await sample(path, NPS) == await sample(path, NPS)


def saving(path: Path, at_each_read: Callable[[int], None]) -> Callable[[Path, IO[bytes]], int]:
    """Return a reader during whose every read somebody saves the file."""
    read, reads = files._copy, iter(range(100))

    def reader(original: Path, copy: IO[bytes], *, at_most: int = 2**40) -> int:
        size = read(original, copy, at_most=at_most)
        at_each_read(next(reads))
        return size

    return reader


async def test_a_file_that_is_being_saved_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nps(tmp_path / "k.xlsx", 36)
    seen: list[int] = []

    def touch(read: int) -> None:
        seen.append(read)
        saved_at(path, datetime(2026, 11, 3, 0, 0, read, tzinfo=UTC))

    monkeypatch.setattr(files, "RETRY_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(files, "_copy", saving(path, touch))
    with pytest.raises(TryAgainError, match=r"kpis: k\.xlsx is being saved: it changed twice"):
        await sample(path, NPS)
    assert seen == [0, 1]


async def test_a_save_that_ends_in_time_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nps(tmp_path / "k.xlsx", 36)

    def save_once(read: int) -> None:
        if read == 0:
            saved_at(nps(path, 40), datetime(2026, 11, 3, tzinfo=UTC))

    monkeypatch.setattr(files, "RETRY_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(files, "_copy", saving(path, save_once))
    assert (await sample(path, NPS)).value == 40


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kpi.xlsx", r"no file kpi\.xlsx in .*: nearest: kpis\.xlsx"),
        ("elsewhere/kpis.xlsx", "there is no such folder"),
        ("kpis.xlsx/more.xlsx", "no file kpis.xlsx/more.xlsx"),
        ("~$kpis.xlsx", "is the lock file of a program that has a workbook open"),
        (".~lock.kpis.ods#", "is the lock file"),
        (".", "is no ordinary file"),
        ("pipe", "is no ordinary file"),
        ("zeros.xlsx", r"zeros\.xlsx has 100\.0 MB, more than the 100\.0 MB allowed"),
        ("empty.xlsx", r"empty\.xlsx is empty and no workbook"),
        ("page.xlsx", "page.xlsx is an HTML page and no workbook"),
        ("report.xlsx", "report.xlsx is a PDF and no workbook"),
        ("cut.xlsx", "cut.xlsx is damaged: not a sound zip"),
        ("word.xlsx", "word.xlsx is a zip, but no xlsx, xlsb or ods"),
        ("old.xls", "old.xls is damaged"),
        ("secret.xlsx", "secret.xlsx is protected by a password"),
        ("secret.ods", "secret.ods is protected by a password"),
        ("hollow.xlsx", "hollow.xlsx has no cells in 'KPI'"),
        ("torn.xlsx", r"torn\.xlsx is damaged: xl/worksheets/sheet1\.xml is no sound XML"),
        ("astray.xlsx", "astray.xlsx is damaged: it has a cell at 'A0', which is no address"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str, message: str) -> None:
    book = nps(tmp_path / "kpis.xlsx", 36).read_bytes()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "~$kpis.xlsx").write_bytes(b"user")
    (tmp_path / ".~lock.kpis.ods#").write_bytes(b"user")
    with (tmp_path / "zeros.xlsx").open("wb") as zeros:
        zeros.truncate(100 * 1024 * 1024 + 1)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
    for made, content in {
        "empty.xlsx": b"",
        "page.xlsx": b"\n<!DOCTYPE html><html>Please sign in</html>",
        "report.xlsx": b"%PDF-1.7",
        "cut.xlsx": book[: len(book) // 2],
        "old.xls": ole,
        "secret.xlsx": ole + "EncryptedPackage".encode("utf-16-le"),
    }.items():
        (tmp_path / made).write_bytes(content)
    pack(tmp_path / "word.xlsx", {"word/document.xml": b"<x/>"})
    pack(tmp_path / "secret.ods", {"content.xml": b"?", "META-INF/manifest.xml": b"<m><encryption-data/></m>"})
    raw_xlsx(tmp_path / "torn.xlsx", "<row><c>")
    raw_xlsx(tmp_path / "astray.xlsx", '<row><c r="A0"><v>1</v></c></row>')
    parts = xlsx_parts("")
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b'/worksheet"', b'/chartsheet"')
    pack(tmp_path / "hollow.xlsx", parts)
    with pytest.raises(FixConfigError, match=message) as caught:
        async with opened(tmp_path / "kpis.xlsx", file=name) as source:
            await sample_of(source, NPS)
    assert str(caught.value).startswith("kpis: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_we_may_not_read_is_named(tmp_path: Path) -> None:
    path = nps(tmp_path / "k.xlsx", 36)
    path.chmod(0)
    with pytest.raises(FixConfigError, match="give the service the right to read it"):
        await sample(path, NPS)


async def test_paths_are_meant_from_the_folder_of_the_config_and_may_lead_out_of_it(tmp_path: Path) -> None:
    path = nps(tmp_path / "shared.xlsx", 36)
    folder = tmp_path / "config"
    folder.mkdir()
    async with opened(folder / "x", file="../shared.xlsx") as source:
        assert (await sample_of(source, NPS)).value == 36
    async with opened(folder / "x", file=str(path)) as source:
        assert (await sample_of(source, NPS)).value == 36


@pytest.mark.parametrize("suffix", [".xls", ".xlsm", ".bin", ""])
async def test_a_workbook_is_known_by_its_content(tmp_path: Path, suffix: str) -> None:
    path = nps(tmp_path / "k.xlsx", 36).rename(tmp_path / f"k{suffix}")
    assert (await sample(path, NPS)).value == 36


@pytest.mark.parametrize(("term", "value"), [("encoding", "utf-8"), ("delimiter", ";")])
async def test_what_goes_with_csv_only_is_refused_for_a_workbook(tmp_path: Path, term: str, value: str) -> None:
    with pytest.raises(FixConfigError, match=f"is a workbook: {term} goes with csv only"):
        await sample(nps(tmp_path / "k.xlsx", 36), NPS, **{term: value})


async def test_another_way_of_reading_is_another_fingerprint(tmp_path: Path) -> None:
    path = nps(tmp_path / "k.xlsx", 36)

    async def fingerprint(*fields: str, **options: object) -> str:
        async with opened(path, **options) as source:
            return await source.fingerprint(frozenset(fields))

    assert await fingerprint() == await fingerprint()
    found = [
        await fingerprint(),
        await fingerprint("sum"),
        await fingerprint(decimal="fr"),
        await fingerprint(dates="day-first"),
    ]
    assert len(set(found)) == len(found)


async def test_what_a_file_cannot_tell_is_refused(tmp_path: Path) -> None:
    async with opened(nps(tmp_path / "k.xlsx", 36)) as source:
        selection = Selection.of("kpis", {"table": "KPI"})
        with pytest.raises(FixConfigError, match="does not tell which rows changed"):
            source.changed(selection, SAVED_AT, frozenset(), lambda _: None)
        with pytest.raises(FixConfigError, match="not read by ids"):
            source.by_ids(["KPI#1"], frozenset(), lambda _: None)
