"""Files made to break readers: each ends in one typed error that names the file, within the child's limits."""

from __future__ import annotations

import asyncio
import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.spreadsheet.child import caps
from connectors.spreadsheet.client import WorkbookChild
from mapping.errors import FixConfigError, TryAgainError
from tests.connectors.spreadsheet.books import (
    MAIN,
    ods,
    opened,
    pack,
    raw_xlsx,
    sample,
    sample_of,
    save,
    xlsx_parts,
)


def noise(size: int) -> str:
    """Return text that does not pack well, so that no ratio gives it away."""
    return random.Random(7).randbytes(size // 2).hex()


def far_cell(path: Path) -> Path:
    return raw_xlsx(path, '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')


def far_cell_in_ods(path: Path) -> Path:
    cell = '<table:table-cell office:value-type="float" office:value="1"/>'
    empty = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    far = f'<table:table-row><table:table-cell table:number-columns-repeated="16383"/>{cell}</table:table-row>'
    return ods(
        path, f'<table:table table:name="KPI"><table:table-row>{cell}</table:table-row>{empty}{far}</table:table>'
    )


def repeated_rows_in_ods(path: Path) -> Path:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    return ods(path, f'<table:table table:name="KPI">{row}</table:table>')


def row_flood(path: Path) -> Path:
    flood = "".join(f'<row r="{row}"><c><v>{row * 7919 % 1000003}</v></c></row>' for row in range(1, 200_003))
    return raw_xlsx(path, flood)


def cell_flood_in_ods(path: Path) -> Path:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1500"/>'
    row = f'<table:table-row table:number-rows-repeated="1000">{cell}</table:table-row>'
    return ods(path, f'<table:table table:name="KPI">{row}</table:table>')


def long_text(path: Path) -> Path:
    text = " ".join(str(number) for number in range(1_500_000))
    return raw_xlsx(path, f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>')


def text_many_times(path: Path) -> Path:
    parts = xlsx_parts("".join("<row>" + '<c t="s"><v>0</v></c>' * 50 + "</row>" for _ in range(60)))
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}"><si><t>{noise(30_000)}</t></si></sst>'.encode()
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        b' Target="sharedStrings.xml"/></Relationships>',
    )
    return pack(path, parts)


def ratio(path: Path) -> Path:
    return pack(path, xlsx_parts("<row/>" + " " * (30 * caps.MEGABYTE)))


def nested(path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.txt", "a")
    return pack(path, xlsx_parts("<row/>") | {"xl/embeddings/object.bin": inner.getvalue()})


def nested_by_name(path: Path) -> Path:
    return pack(path, xlsx_parts("<row/>") | {"xl/embeddings/Book.xlsx": b"anything"})


def many_entries(path: Path) -> Path:
    return pack(path, xlsx_parts("<row/>") | {f"xl/media/{n}.png": b"" for n in range(1001)})


def lying_sizes(path: Path) -> Path:
    """Say in the zip's directory that the sheet unpacks to 1 KB; it unpacks to 3 MB."""
    pack(path, xlsx_parts(f"<!-- {noise(3 * caps.MEGABYTE)} --><row/>"))
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    while b"sheet1.xml" not in content[at : at + 80]:
        at = content.index(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = struct.pack("<I", 1024)
    path.write_bytes(content)
    return path


def declared_too_big(path: Path) -> Path:
    pack(path, xlsx_parts("<row/>"))
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 200 * caps.MEGABYTE)
    path.write_bytes(content)
    return path


LAUGHS = (
    '<!DOCTYPE worksheet [<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY {name} "{"&" + last + ";" * 1}{("&" + last + ";") * 9}">'
        for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def entities(path: Path) -> Path:
    parts = xlsx_parts('<row><c t="inlineStr"><is><t>&i;</t></is></c></row>')
    return pack(path, parts | {"xl/worksheets/sheet1.xml": LAUGHS.encode() + parts["xl/worksheets/sheet1.xml"]})


def entities_in_ods(path: Path) -> Path:
    ods(path, '<table:table table:name="KPI"><table:table-row/></table:table>')
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return pack(path, parts | {"content.xml": LAUGHS.replace("worksheet", "x").encode() + parts["content.xml"]})


def external_entity(path: Path) -> Path:
    parts = xlsx_parts('<row><c t="inlineStr"><is><t>&x;</t></is></c></row>')
    reach = b'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return pack(path, parts | {"xl/worksheets/sheet1.xml": reach + parts["xl/worksheets/sheet1.xml"]})


BOMBS: list[tuple[Callable[[Path], Path], str]] = [
    (far_cell, "reaches from A1 to XFD1048576"),
    (far_cell_in_ods, "reaches from A1 to XFD1048576"),
    (repeated_rows_in_ods, "reaches from A1 to XFD|holds more than 500,000 cells"),
    (row_flood, "reaches from A1 to A2000"),
    (cell_flood_in_ods, "holds more than 500,000 cells"),
    (long_text, "cell A1 holds a text of 10,888,889 characters, more than 32,767"),
    (text_many_times, "holds more than 64.0 MB of text"),
    (ratio, "packs 'xl/worksheets/sheet1.xml' .* times smaller than it is"),
    (nested, "holds another packed file, 'xl/embeddings/object.bin'"),
    (nested_by_name, "holds another packed file, 'xl/embeddings/Book.xlsx'"),
    (many_entries, "holds 1,006 zip entries, more than the 1,000 allowed"),
    (lying_sizes, "says 1,024 bytes and holds 3,"),
    (declared_too_big, "unpacks to 200.0 MB, more than the 100.0 MB allowed"),
    (entities, "declares an XML document type in xl/worksheets/sheet1.xml"),
    (entities_in_ods, "declares an XML document type in content.xml"),
    (external_entity, "declares an XML document type in xl/worksheets/sheet1.xml"),
]


@pytest.mark.parametrize(("make", "message"), BOMBS, ids=[make.__name__ for make, _ in BOMBS])
async def test_a_bomb_is_one_error_that_names_the_file(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / ("bomb.ods" if "ods" in make.__name__ else "bomb.xlsx"))
    with pytest.raises(FixConfigError, match=message) as caught:
        await sample(path, {"cell": "A1"})
    assert str(caught.value).startswith(f"kpis: {path.name}")
    assert len(str(caught.value)) < 400


async def test_a_reader_that_aborts_harms_only_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every way to break the reader is known beforehand: what passes our checks meets the limit of memory."""
    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28)); import os; os.abort()"
    monkeypatch.setattr("connectors.spreadsheet.client._BOOT", script)
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]]})
    with pytest.raises(FixConfigError, match=r"kpis: k\.xlsx broke its reader \(SIGABRT\)"):
        await sample(path, {"cell": "B1"})


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", TryAgainError, "its reader was killed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", FixConfigError, "more than 10 s of computing"),
        ("import sys; sys.exit(3)", FixConfigError, r"broke its reader \(exit code 3\)"),
        ("print('hello')", FixConfigError, "its reader spoke out of turn"),
        ("print('x' * 5_000_000)", FixConfigError, "its reader spoke out of turn"),
        ("print('{\"cells\": [[0]]}')", FixConfigError, "its reader spoke out of turn"),
    ],
)
async def test_however_the_child_ends_the_error_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[Exception], message: str
) -> None:
    monkeypatch.setattr("connectors.spreadsheet.client._BOOT", script)
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]]})
    with pytest.raises(error, match=r"kpis: k\.xlsx.*" + message):
        await sample(path, {"cell": "B1"})


async def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.spreadsheet.client._BOOT", "import time; time.sleep(60)")
    monkeypatch.setattr(caps, "WALL_SECONDS", 0.2)
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]]})
    with pytest.raises(TryAgainError, match=r"k\.xlsx took more than 0\.2 s to read"):
        await sample(path, {"cell": "B1"})


async def test_the_child_has_the_limits_it_should_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1]); import json, os, resource as r\n"
        "from connectors.spreadsheet.child import main\nmain.limit_ourselves()\n"
        "found = [r.getrlimit(each)[0] for each in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE)]\n"
        "heavy = {'pydantic', 'httpx', 'sqlalchemy', 'prefect'}\n"
        "modules = sorted({name.split('.')[0] for name in sys.modules} & heavy)\n"
        "print(json.dumps({'refused': json.dumps([found, modules, sorted(os.environ)])}))"
    )
    monkeypatch.setattr("connectors.spreadsheet.client._BOOT", probe)
    monkeypatch.setenv("JIRA_TOKEN", "canary")
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]]})
    with (tmp_path / "k.xlsx").open("rb") as copy, pytest.raises(FixConfigError) as caught:
        await WorkbookChild.start(copy, path.name)
    told = str(caught.value)
    assert f"[{caps.MEMORY_BYTES}, {caps.CPU_SECONDS}, 0, 0], []" in told
    assert "JIRA_TOKEN" not in told


async def test_a_child_killed_between_two_reads_is_replaced(tmp_path: Path) -> None:
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]], "More": [["NPS", 2]]})
    async with opened(path) as source:
        assert (await sample_of(source, {"sheet": "KPI", "cell": "B1"})).value == 1
        child = source._opened.book if source._opened else None
        assert isinstance(child, WorkbookChild)
        child._process.kill()
        await child._process.wait()
        assert (await sample_of(source, {"sheet": "More", "cell": "B1"})).value == 2


async def test_selections_asked_at_once_share_one_child(tmp_path: Path) -> None:
    path = save(tmp_path / "k.xlsx", {"KPI": [["NPS", 1]], "More": [["NPS", 2]]})
    async with opened(path) as source:
        terms = [{"sheet": sheet, "cell": "B1"} for sheet in ("KPI", "More") * 5]
        found = await asyncio.gather(*(sample_of(source, each) for each in terms))
        assert [each.value for each in found] == [1, 2] * 5
        assert source.requests() == 1


async def test_many_honest_rows_are_read(tmp_path: Path) -> None:
    flood = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 20_001))
    assert (await sample(raw_xlsx(tmp_path / "big.xlsx", flood), {"cell": "A20000"})).value == 20_000
