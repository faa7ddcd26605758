"""Turns the cells of one file into work items and samples."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.port import Capability, CensusPage, Connector, Glimpse, Identity, OnSkip, Surroundings
from connectors.spreadsheet.cells import Directory, Sheet, parse_a1
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.sniff import OLE, ZIP, what_is
from connectors.spreadsheet.client import WorkbookChild
from connectors.spreadsheet.csvfile import SUFFIXES, read_csv
from connectors.spreadsheet.files import Version, copy_whole, version_of
from connectors.spreadsheet.lookup import Found, by_address, by_labels, resolve_name, sheet_name
from connectors.spreadsheet.options import SpreadsheetOptions, SpreadsheetSelection
from connectors.spreadsheet.rows import TableRows, digest, row_items, table_area, table_rows
from connectors.spreadsheet.values import Declared, Quantity, quantity_at
from mapping.errors import FixConfigError, TryAgainError
from mapping.numbers import NumberStyle
from mapping.words import Sample, Selection, WorkItem

PAGE = 500
READING = "1"
"""Goes into the fingerprint: raise it when the same file would be read differently."""


@dataclass(slots=True, kw_only=True)
class _Opened:
    """One version of the file: csv as its sheet, a workbook as its child."""

    version: Version
    child: WorkbookChild | None = None
    sheets: dict[str | None, Sheet] = field(default_factory=dict)


class SpreadsheetSource:
    """One file. Every read looks whether it changed on disk; until then all selections come from one reading of it."""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._path = surroundings.folder / options.file
        self._is_csv = self._path.suffix.lower() in SUFFIXES
        style = NumberStyle(options.decimal) if options.decimal else None
        self._declared = Declared(
            decimal=NumberStyle.PLAIN if style is None and self._is_csv else style,
            dates=options.dates,
            zone=ZoneInfo(options.timezone),
        )
        self._lock = asyncio.Lock()
        self._opened: _Opened | None = None
        self._reads = 0

    async def identify(self) -> Identity:
        """Say which file it is, what stands in it and when it was changed."""
        with self._named():
            async with self._lock:
                opened = await self._open()
        detail = {"size": caps.shown(opened.version.size), "changed at": opened.version.changed_at.isoformat()}
        if opened.child is not None:
            detail["format"] = opened.child.directory.format
            detail["sheets"] = ", ".join(opened.child.directory.sheets)
        else:
            detail["format"] = f"csv in {self._encoding}"
        return Identity(account=self._options.file, server="file on disk", detail=detail)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Read the selection: a file has no cheaper way. A number is shown with its place, a table by its first row."""
        wanted = self._terms(selection)
        if wanted.shape == "series":
            quantity, origin, _ = await self._number(wanted)
            return Glimpse(matches=1, example=f"{quantity.value} ({origin})")
        items, _ = await self._items(wanted, frozenset(), lambda _: None)
        table, _ = await self._table(wanted)
        return Glimpse(matches=len(table.rows), example=items[0].title if items else None)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the options; what stands in the file shows in the items themselves."""
        return digest(READING, self._options.model_dump_json(), *sorted(fields))

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the rows of a table with their ids."""
        wanted = self._terms(selection)
        if wanted.shape != "items":
            raise FixConfigError(f"{self._connection}: {selection} is one number, not a table: use it as a series")
        items, _ = await self._items(wanted, fields, on_skip)
        for start in range(0, len(items), PAGE):
            page = tuple(items[start : start + PAGE])
            yield CensusPage(ids=tuple(item.id for item in page), items=page)

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Give the number as it stands now, as observed when the file was last changed."""
        del on_skip  # there is one number, and its fault is the pull's
        wanted = self._terms(selection)
        if wanted.shape != "series":
            raise FixConfigError(f"{self._connection}: {selection} is a table, not one number: use it for items")
        quantity, origin, changed_at = await self._number(wanted)
        yield [
            Sample(
                connection=self._connection,
                series=selection.key,
                at=changed_at,
                value=quantity.value,
                unit=quantity.unit,
                origin=origin,
            )
        ]

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Raise: a file does not tell which of its rows changed; the census carries them all."""
        del selection, since, fields, on_skip
        raise FixConfigError(f"{self._connection}: a spreadsheet does not tell which rows changed: read its census")

    def by_ids(self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[Sequence[WorkItem]]:
        """Raise: rows are read all at once; the census carries them."""
        del ids, fields, on_skip
        raise FixConfigError(f"{self._connection}: a spreadsheet is not read by ids: read its census")

    def requests(self) -> int:
        """Return how often the file was opened."""
        return self._reads

    async def aclose(self) -> None:
        """End the child."""
        opened, self._opened = self._opened, None
        if opened is not None and opened.child is not None:
            await opened.child.aclose()

    @property
    def _encoding(self) -> str:
        return self._options.encoding or "utf-8"

    def _terms(self, selection: Selection) -> SpreadsheetSelection:
        try:
            return SpreadsheetSelection.model_validate(selection.terms())
        except ValidationError as error:
            raise FixConfigError(f"{selection}: {error.errors()[0]['msg']}") from error

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the connection's name before every error."""
        try:
            yield
        except FixConfigError as error:
            raise FixConfigError(f"{self._connection}: {error}") from error
        except TryAgainError as error:
            raise TryAgainError(f"{self._connection}: {error}") from error

    async def _number(self, wanted: SpreadsheetSelection) -> tuple[Quantity, str, datetime]:
        """Return the number, where it stood, and when the file was changed."""
        with self._named():
            async with self._lock:
                opened = await self._open()
                sheet, found = await self._find(opened, wanted)
            return (
                quantity_at(sheet, found.row, found.column, self._declared),
                found.origin(sheet),
                opened.version.changed_at,
            )

    async def _find(self, opened: _Opened, wanted: SpreadsheetSelection) -> tuple[Sheet, Found]:
        if wanted.name is not None:
            directory = self._directory(opened, f"the name {wanted.name!r}")
            name, row, column = resolve_name(directory, self._options.file, wanted.name)
            sheet = await self._sheet(opened, name)
            return sheet, by_address(sheet, row, column, wanted, self._declared)
        sheet = await self._sheet(opened, self._sheet_of(opened, wanted.sheet))
        if wanted.cell is not None:
            return sheet, by_address(sheet, *parse_a1(wanted.cell), wanted, self._declared)
        return sheet, by_labels(sheet, wanted)

    async def _table(self, wanted: SpreadsheetSelection) -> tuple[TableRows, Version]:
        with self._named():
            async with self._lock:
                opened = await self._open()
                if opened.child is None:
                    return self._csv_table(opened, wanted), opened.version
                name, table = table_area(opened.child.directory, self._options.file, wanted)
                sheet = await self._sheet(opened, name)
            return table_rows(sheet, table, wanted), opened.version

    def _csv_table(self, opened: _Opened, wanted: SpreadsheetSelection) -> TableRows:
        """A csv is one table; the rule gives it the name that its rows are called by."""
        self._sheet_of(opened, wanted.sheet)
        return table_rows(opened.sheets[None], None, wanted)

    async def _items(
        self, wanted: SpreadsheetSelection, fields: frozenset[str], on_skip: OnSkip
    ) -> tuple[list[WorkItem], Version]:
        table, version = await self._table(wanted)
        with self._named():
            items = row_items(
                table, wanted, self._declared,
                connection=self._connection, changed_at=version.changed_at, fields=fields, on_skip=on_skip,
            )  # fmt: skip
            return list(items), version

    def _sheet_of(self, opened: _Opened, wanted: str | None) -> str | None:
        if opened.child is not None:
            return sheet_name(opened.child.directory, self._options.file, wanted)
        if wanted is not None:
            raise FixConfigError(f"{self._options.file} is csv and has no sheets: leave sheet out")
        return None

    def _directory(self, opened: _Opened, what: str) -> Directory:
        if opened.child is None:
            raise FixConfigError(f"{self._options.file} is csv and cannot hold {what}: say row and column, or cell")
        return opened.child.directory

    async def _sheet(self, opened: _Opened, name: str | None) -> Sheet:
        if name not in opened.sheets:
            if opened.child is None or name is None:
                raise FixConfigError(f"{self._options.file} has no sheet {name!r}")
            opened.sheets[name] = await opened.child.sheet(name)
        return opened.sheets[name]

    async def _open(self) -> _Opened:
        """Return the file as it stands on disk now, from memory while its size and time of change are the same."""
        version = await asyncio.to_thread(version_of, self._path, self._options.file)
        opened = self._opened
        if opened is not None and opened.version == version and (opened.child is None or opened.child.alive):
            return opened
        await self.aclose()
        copy, version = await copy_whole(self._path, self._options.file)
        self._reads += 1
        with copy:
            self._opened = await (self._open_csv(copy, version) if self._is_csv else self._open_workbook(copy, version))
        return self._opened

    async def _open_csv(self, copy: IO[bytes], version: Version) -> _Opened:
        sheet = await asyncio.to_thread(
            lambda: read_csv(
                copy.read(),
                file=self._options.file,
                encoding=self._encoding,
                delimiter=self._options.delimiter or ",",
            )
        )
        return _Opened(version=version, sheets={None: sheet})

    async def _open_workbook(self, copy: IO[bytes], version: Version) -> _Opened:
        file = self._options.file
        for term in ("encoding", "delimiter"):
            if getattr(self._options, term) is not None:
                raise FixConfigError(f"{file} is a workbook: {term} goes with csv only: leave it out")
        head = copy.read(4096)
        copy.seek(0)
        if not head.startswith((ZIP, OLE)):
            raise FixConfigError(
                f"{file} is {what_is(head)} and no workbook: save it as xlsx, or as csv with the suffix .csv"
            )
        return _Opened(version=version, child=await WorkbookChild.start(copy, file))


def open_spreadsheet(options: SpreadsheetOptions, surroundings: Surroundings) -> SpreadsheetSource:
    """Return the source for a file. Opens nothing yet."""
    return SpreadsheetSource(options, surroundings)


CONNECTOR = Connector(
    name="spreadsheet",
    title="Spreadsheet (xlsx, xls, xlsb, ods, csv)",
    options=SpreadsheetOptions,
    selection=SpreadsheetSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.SERIES}),
    open=open_spreadsheet,
)
