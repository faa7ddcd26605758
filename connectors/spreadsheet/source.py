"""Turns the cells of one spreadsheet into work items and samples."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.port import Capability, CensusPage, Connector, Glimpse, Identity, OnSkip, Surroundings
from connectors.spreadsheet.cells import Directory, Sheet, parse_a1
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.dated import dated_numbers
from connectors.spreadsheet.files import FilePlace
from connectors.spreadsheet.google import GooglePlace
from connectors.spreadsheet.lookup import Found, by_address, by_labels, resolve_name, sheet_name
from connectors.spreadsheet.microsoft import SharePointPlace
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import CSV, Book, Edition, KeepsEditions, Place
from connectors.spreadsheet.rows import TableRows, digest, row_items, table_area, table_rows
from connectors.spreadsheet.selection import SpreadsheetSelection
from connectors.spreadsheet.values import Declared, quantity_at
from connectors.spreadsheet.web import UrlPlace
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, SkipRecordError, TryAgainError
from mapping.numbers import NumberStyle
from mapping.words import Sample, Selection, WorkItem

PAGE = 500
READING = "2"
"""Goes into the fingerprint: raise it when the same spreadsheet would be read differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One edition of the spreadsheet, open, and how its cells are read."""

    book: Book
    edition: Edition
    declared: Declared

    @property
    def directory(self) -> Directory:
        return self.book.directory


class SpreadsheetSource:
    """One spreadsheet. It is opened anew when it has changed; until then all selections come from one reading of it."""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._monotonic = surroundings.monotonic
        self._place = place_of(options, surroundings)
        self._lock = asyncio.Lock()
        self._opened: _Opened | None = None
        self._looked_at = 0.0

    async def identify(self) -> Identity:
        """Say which spreadsheet it is, who keeps it, what stands in it and when it was changed."""
        with self._named():
            async with self._lock:
                opened = await self._open()
        directory, edition = opened.directory, opened.edition
        said = {
            "title": directory.title,
            "format": f"csv in {self._options.encoding or 'utf-8'}" if directory is CSV else directory.format,
            "sheets": ", ".join(directory.sheets),
            "size": "" if edition.size is None else caps.shown(edition.size),
            "changed at": edition.changed_at.isoformat(),
            "time zone": directory.zone or "",
            "locale": directory.locale,
        }
        detail = {name: text for name, text in said.items() if text}
        return Identity(account=self._place.account or self._place.said, server=self._place.server, detail=detail)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Read the selection: there is no cheaper way. Of numbers the last is shown with its place, of rows one."""
        wanted = self._terms(selection)
        if wanted.shape == "series":
            samples = await self._samples(selection, wanted, lambda _: None)
            last = f"{samples[-1].value} ({samples[-1].origin})" if samples else None
            return Glimpse(matches=len(samples), example=last)
        items, count = await self._items(wanted, frozenset(), lambda _: None)
        return Glimpse(matches=count, example=items[0].title if items else None)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the options; what stands in the spreadsheet shows in the items themselves."""
        return digest(READING, self._options.model_dump_json(), *sorted(fields))

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the rows of a table with their ids."""
        wanted = self._terms(selection)
        if wanted.shape != "items":
            raise FixConfigError(f"{selection} gives numbers, not a table: use it as a series")
        items, _ = await self._items(wanted, fields, on_skip)
        for start in range(0, len(items), PAGE):
            page = tuple(items[start : start + PAGE])
            yield CensusPage(ids=tuple(item.id for item in page), items=page)

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Give the number as it stands now, as observed when the file was last changed, or the dated numbers."""
        wanted = self._terms(selection)
        if wanted.shape != "series":
            raise FixConfigError(f"{selection} is a table, not numbers: use it for items")
        samples = await self._samples(selection, wanted, on_skip)
        for start in range(0, len(samples), PAGE):
            yield samples[start : start + PAGE]

    async def past_series(
        self, selection: Selection, since: datetime, known: Collection[datetime], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[Sample]]:
        """Give the number as it stood at ``since`` and in each edition after it, dated by the edition's last change.

        An edition in which it cannot be read goes to ``on_skip``: a label may have come later than the file. Dated
        numbers have their past in the sheet as it is now, and most places keep no old editions: these give none.
        """
        wanted = self._terms(selection)
        if wanted.shape != "series":
            raise FixConfigError(f"{selection} is a table: the past of its rows is not read")
        if wanted.dated or not isinstance(self._place, KeepsEditions):
            return
        with self._named():
            async for edition, open_it in self._place.past(since):
                if edition.changed_at in known:
                    continue
                try:
                    samples = await self._of_edition(selection, wanted, edition, await open_it())
                except FixConfigError as error:
                    when = edition.changed_at.isoformat()
                    on_skip(SkipRecordError(f"{self._connection}: as of {when}: {error}"))
                    continue
                yield samples

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
        """Return how many requests were sent, or how often the file was opened."""
        return self._place.requests()

    async def aclose(self) -> None:
        """End the child and let go of connections."""
        await self._close_book()
        await self._place.aclose()

    async def _close_book(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.book.aclose()

    def _terms(self, selection: Selection) -> SpreadsheetSelection:
        try:
            return SpreadsheetSelection.model_validate(selection.terms())
        except ValidationError as error:
            raise FixConfigError(f"{selection}: {error.errors()[0]['msg']}") from error

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the connection's name before every error that does not name it yet."""
        try:
            yield
        except (FixConfigError, TryAgainError, PartialReadError) as error:
            said = f"{self._connection}: "
            if str(error).startswith(said):
                raise
            kinds: tuple[type[OkrsyncError], ...] = (FixConfigError, TryAgainError, PartialReadError)
            kind = next(each for each in kinds if isinstance(error, each))
            raise kind(f"{said}{error}") from error

    def _skipping(self, on_skip: OnSkip) -> OnSkip:
        return lambda error: on_skip(SkipRecordError(f"{self._connection}: {error}"))

    async def _samples(self, selection: Selection, wanted: SpreadsheetSelection, on_skip: OnSkip) -> list[Sample]:
        """Return the number as it stands now, or all that have a date, oldest first."""
        with self._named():
            async with self._lock:
                opened = await self._open()
                if not wanted.dated:
                    return await self._undated(opened, selection, wanted)
                sheet = await self._sheet_of(opened, wanted.sheet)
            numbers = dated_numbers(sheet, wanted, opened.declared, self._skipping(on_skip))
            return [
                Sample(
                    connection=self._connection,
                    series=selection.key,
                    at=number.at,
                    value=number.quantity.value,
                    unit=number.quantity.unit,
                    origin=number.found.origin(sheet),
                )
                for number in numbers
            ]

    async def _undated(self, opened: _Opened, selection: Selection, wanted: SpreadsheetSelection) -> list[Sample]:
        """Return the one number of an edition, as observed when that was made."""
        sheet, found = await self._find(opened, wanted)
        quantity = quantity_at(sheet, found.row, found.column, opened.declared)
        sample = Sample(
            connection=self._connection,
            series=selection.key,
            at=opened.edition.changed_at,
            value=quantity.value,
            unit=quantity.unit,
            origin=found.origin(sheet),
        )
        return [sample]

    async def _of_edition(
        self, selection: Selection, wanted: SpreadsheetSelection, edition: Edition, book: Book
    ) -> list[Sample]:
        try:
            opened = _Opened(book=book, edition=edition, declared=self._declared(book.directory))
            return await self._undated(opened, selection, wanted)
        finally:
            await book.aclose()

    async def _find(self, opened: _Opened, wanted: SpreadsheetSelection) -> tuple[Sheet, Found]:
        if wanted.name is not None:
            if opened.directory is CSV:
                raise FixConfigError(
                    f"{self._place.said} is csv and cannot hold the name {wanted.name!r}: say row and column, or cell"
                )
            name, row, column = resolve_name(opened.directory, self._place.said, wanted.name)
            sheet = await opened.book.sheet(name)
            return sheet, by_address(sheet, row, column, wanted, opened.declared)
        sheet = await self._sheet_of(opened, wanted.sheet)
        if wanted.cell is not None:
            return sheet, by_address(sheet, *parse_a1(wanted.cell), wanted, opened.declared)
        return sheet, by_labels(sheet, wanted)

    async def _items(
        self, wanted: SpreadsheetSelection, fields: frozenset[str], on_skip: OnSkip
    ) -> tuple[list[WorkItem], int]:
        """Return the rows that can be read, and how many there are."""
        with self._named():
            async with self._lock:
                opened = await self._open()
                table = await self._table(opened, wanted)
            items = row_items(
                table, wanted, opened.declared,
                connection=self._connection, changed_at=opened.edition.changed_at, fields=fields, on_skip=on_skip,
            )  # fmt: skip
            return list(items), len(table.rows)

    async def _table(self, opened: _Opened, wanted: SpreadsheetSelection) -> TableRows:
        """Return a table; a csv is one, and the rule gives it the name that its rows are called by."""
        if opened.directory is CSV:
            return table_rows(await opened.book.sheet(wanted.sheet), None, wanted)
        name, table = table_area(opened.directory, self._place.said, wanted)
        return table_rows(await opened.book.sheet(name), table, wanted)

    async def _sheet_of(self, opened: _Opened, wanted: str | None) -> Sheet:
        if opened.directory is not CSV:
            wanted = sheet_name(opened.directory, self._place.said, wanted)
        return await opened.book.sheet(wanted)

    def _declared(self, directory: Directory) -> Declared:
        """Return how cells that stand as text are read: by the options alone, but for the zone of a Google sheet."""
        options = self._options
        style = NumberStyle(options.decimal) if options.decimal else None
        return Declared(
            decimal=NumberStyle.PLAIN if style is None and directory is CSV else style,
            dates=options.dates,
            zone=ZoneInfo(options.timezone or directory.zone or "UTC"),
            locale=directory.locale,
        )

    async def _open(self) -> _Opened:
        """Return the spreadsheet as it stands now, from memory while it has not changed."""
        opened = self._opened
        if opened is not None and opened.book.alive:
            if self._monotonic() - self._looked_at < self._place.fresh_for:
                return opened
            edition = await self._place.edition()
            self._looked_at = self._monotonic()
            if edition.mark == opened.edition.mark:
                return opened
        await self._close_book()
        book, edition = await self._place.open()
        self._looked_at = self._monotonic()
        self._opened = _Opened(book=book, edition=edition, declared=self._declared(book.directory))
        return self._opened


def place_of(options: SpreadsheetOptions, surroundings: Surroundings) -> Place:
    """Return where the spreadsheet is kept; opens nothing yet."""
    if options.url is not None:
        return UrlPlace(options, surroundings)
    if options.google_sheet is not None:
        return GooglePlace(options, surroundings)
    if options.sharepoint is not None:
        return SharePointPlace(options, surroundings)
    return FilePlace(options, surroundings)


def open_spreadsheet(options: SpreadsheetOptions, surroundings: Surroundings) -> SpreadsheetSource:
    """Return the source for a spreadsheet. Opens nothing yet."""
    return SpreadsheetSource(options, surroundings)


CONNECTOR = Connector(
    name="spreadsheet",
    title="Spreadsheet (xlsx, xls, xlsb, ods, csv; on disk, on the web, Google Sheets, SharePoint, OneDrive)",
    options=SpreadsheetOptions,
    selection=SpreadsheetSelection,
    capabilities=frozenset({Capability.CENSUS, Capability.SERIES, Capability.DESTINATION}),
    open=open_spreadsheet,
)
