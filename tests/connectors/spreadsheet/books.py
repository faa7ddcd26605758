"""Writes the files that the tests read, and opens sources on them."""

from __future__ import annotations

import os
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from connectors.port import Glimpse, Surroundings
from connectors.spreadsheet import CONNECTOR
from connectors.spreadsheet.source import SpreadsheetSource
from mapping.errors import SkipRecordError
from mapping.words import Sample, Selection, WorkItem
from tests.connectors.clock import FakeClock, Handler, surroundings

SAVED_AT = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
Value = str | int | float | bool | date | None
Rows = Sequence[Sequence[Value]]
Opening = AbstractAsyncContextManager[SpreadsheetSource]


def save(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    names: Mapping[str, str] | None = None,
    tables: Mapping[str, tuple[str, str]] | None = None,
    formats: Mapping[str, tuple[str, str]] | None = None,
    merged: Sequence[tuple[str, str]] = (),
    also: Callable[[Workbook], None] | None = None,
) -> Path:
    """Write an xlsx: names to targets, tables to (sheet, range), formats by sheet to (cell, format)."""
    book = Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.remove(book.worksheets[0])
    for name, target in (names or {}).items():
        book.defined_names[name] = DefinedName(name, attr_text=target)
    for name, (sheet_name, area) in (tables or {}).items():
        book[sheet_name].add_table(Table(displayName=name, ref=area))
    for sheet_name, (cell, shown) in (formats or {}).items():
        book[sheet_name][cell].number_format = shown
    for sheet_name, area in merged:
        book[sheet_name].merge_cells(area)
    if also is not None:
        also(book)
    book.save(path)
    return saved_at(path, SAVED_AT)


def saved_at(path: Path, instant: datetime) -> Path:
    """Set the file's time of change."""
    os.utime(path, (instant.timestamp(), instant.timestamp()))
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_APPLICATION = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx_parts(sheet_data: str, *, workbook: str = "", sheet: str = "KPI", after: str = "") -> dict[str, bytes]:
    """Return the parts of a workbook with one sheet whose ``sheetData`` holds the given XML."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_APPLICATION}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_APPLICATION}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}">'
        f'<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets>{workbook}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet_data}</sheetData>{after}</worksheet>',
    }
    return {name: text.encode() for name, text in parts.items()}


def pack(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return saved_at(path, SAVED_AT)


def raw_xlsx(path: Path, sheet_data: str, *, workbook: str = "", after: str = "") -> Path:
    """Write a workbook with one sheet named KPI, as no library would write it."""
    return pack(path, xlsx_parts(sheet_data, workbook=workbook, after=after))


def ods(path: Path, tables: str, *, more: str = "") -> Path:
    """Write an ods with the given ``table:table`` elements."""
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
        for prefix, rest in {"office": "office", "table": "table", "text": "text"}.items()
    )
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    content = (
        f"<office:document-content {spaces} {calc}><office:body><office:spreadsheet>"
        f"{tables}{more}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return pack(
        path,
        {"mimetype": kind.encode(), "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode()},
    )


@asynccontextmanager
async def opened(path: Path, **options: object) -> AsyncIterator[SpreadsheetSource]:
    """Open a source named ``kpis`` on a file, and close it."""
    async with _closing({"file": path.name, **options}, Surroundings(connection="kpis", folder=path.parent)) as source:
        yield source


@asynccontextmanager
async def connected(
    server: Handler, clock: FakeClock | None = None, **options: object
) -> AsyncIterator[SpreadsheetSource]:
    """Open a source named ``kpis`` on a stand-in for the network, and close it."""
    async with _closing(options, surroundings(server, clock, connection="kpis")) as source:
        yield source


@asynccontextmanager
async def _closing(options: Mapping[str, object], around: Surroundings) -> AsyncIterator[SpreadsheetSource]:
    source = CONNECTOR.open(CONNECTOR.options.model_validate(options), around)
    assert isinstance(source, SpreadsheetSource)
    try:
        yield source
    finally:
        await source.aclose()


async def sample(path: Path, terms: Mapping[str, object], **options: object) -> Sample:
    """Return the one sample of a series."""
    async with opened(path, **options) as source:
        return await sample_of(source, terms)


async def sample_of(source: SpreadsheetSource, terms: Mapping[str, object]) -> Sample:
    """Return the one sample of a series of an open source."""
    skipped: list[SkipRecordError] = []
    found = [each async for batch in source.series(Selection.of("kpis", terms), skipped.append) for each in batch]
    assert len(found) == 1
    assert skipped == []
    return found[0]


@dataclass
class Sampled:
    """The samples of a series, and what could not be read."""

    samples: list[Sample] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


async def samples(path: Path, terms: Mapping[str, object], **options: object) -> Sampled:
    """Return all samples of a series."""
    async with opened(path, **options) as source:
        return await samples_of(source, terms)


async def samples_of(source: SpreadsheetSource, terms: Mapping[str, object]) -> Sampled:
    """Return all samples of a series of an open source."""
    read = Sampled()
    async for batch in source.series(Selection.of("kpis", terms), lambda error: read.skipped.append(str(error))):
        read.samples.extend(batch)
    return read


async def glimpse(path: Path, terms: Mapping[str, object], **options: object) -> Glimpse:
    """Return a glimpse of a selection."""
    async with opened(path, **options) as source:
        return await source.glimpse(Selection.of("kpis", terms))


@dataclass
class Rowed:
    """The rows of a table, and what could not be read."""

    items: list[WorkItem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


async def rows(path: Path, terms: Mapping[str, object], *asked: str, **options: object) -> Rowed:
    """Return the rows of a table; ``asked`` are the fields that rules read."""
    async with opened(path, **options) as source:
        return await table_of(source, terms, *asked)


async def table_of(source: SpreadsheetSource, terms: Mapping[str, object], *asked: str) -> Rowed:
    """Return the rows of a table of an open source."""
    read = Rowed()
    census = source.census(Selection.of("kpis", terms), frozenset(asked), lambda error: read.skipped.append(str(error)))
    async for page in census:
        assert page.ids == tuple(item.id for item in page.items)
        read.items.extend(page.items)
    return read
