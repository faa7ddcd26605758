"""Google's wire: the answers of Sheets v4 and Drive v3 that are read, and the cells they come to.

https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets ·
https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/batchGet
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from connectors.spreadsheet.cells import (
    Area,
    Cell,
    CellKind,
    Directory,
    Name,
    Sheet,
    Table,
    a1,
    column_name,
    number_text,
)
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.formats import style_of
from mapping.errors import FixConfigError

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  (a serial number has no zone; the spreadsheet says which one is meant)
ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!"})
LOADING = "Loading..."
_DATES = frozenset({"DATE", "DATE_TIME"})
Raw = str | int | float | bool | None


class Grid(Struct, frozen=True, rename="camel"):
    """The size of a sheet."""

    row_count: int = 0
    column_count: int = 0


class GridRange(Struct, frozen=True, rename="camel"):
    """Half-open, counted from 0; what is missing is 0, or reaches to the end."""

    sheet_id: int = 0
    start_row_index: int = 0
    start_column_index: int = 0
    end_row_index: int | None = None
    end_column_index: int | None = None


class SheetProperties(Struct, frozen=True, rename="camel"):
    """One sheet."""

    title: str
    sheet_id: int = 0
    sheet_type: str = "GRID"
    grid_properties: Grid = Grid()


class NamedTable(Struct, frozen=True):
    """A table that people made one."""

    name: str = ""
    range: GridRange = GridRange()


class ErrorValue(Struct, frozen=True):
    """What is wrong with a cell."""

    type: str = ""


class EffectiveValue(Struct, frozen=True, rename="camel"):
    """Of a cell's value only its error, for the value itself comes by ``values:batchGet``."""

    error_value: ErrorValue | None = None


class NumberFormat(Struct, frozen=True):
    """How a number is shown: as percent, money, a date."""

    type: str = ""
    pattern: str | None = None


class EffectiveFormat(Struct, frozen=True, rename="camel"):
    """Of a cell's format only that of its number."""

    number_format: NumberFormat | None = None


class CellData(Struct, frozen=True, rename="camel"):
    """What ``values:batchGet`` does not tell of a cell."""

    effective_value: EffectiveValue = EffectiveValue()
    effective_format: EffectiveFormat = EffectiveFormat()


class RowData(Struct, frozen=True):
    """One row of cells."""

    values: list[CellData] = []


class GridData(Struct, frozen=True, rename="camel"):
    """A rectangle of cells."""

    start_row: int = 0
    start_column: int = 0
    row_data: list[RowData] = []


class SheetAnswer(Struct, frozen=True):
    """One sheet of ``spreadsheets.get``."""

    properties: SheetProperties
    merges: list[GridRange] = []
    tables: list[NamedTable] = []
    data: list[GridData] = []


class NamedRange(Struct, frozen=True):
    """A named range."""

    name: str
    range: GridRange = GridRange()


class Properties(Struct, frozen=True, rename="camel"):
    """What a spreadsheet says of itself."""

    title: str = ""
    locale: str = ""
    time_zone: str = ""


class Spreadsheet(Struct, frozen=True, rename="camel"):
    """The answer of ``spreadsheets.get``."""

    properties: Properties = Properties()
    sheets: list[SheetAnswer] = []
    named_ranges: list[NamedRange] = []


class ValueRange(Struct, frozen=True):
    """The values of one range; empty rows and cells at the end are left out, so rows differ in length."""

    range: str
    values: list[list[Raw]] = []


class Values(Struct, frozen=True, rename="camel"):
    """The answer of ``values:batchGet``, in the order that was asked for."""

    value_ranges: list[ValueRange] = []


class DriveFile(Struct, frozen=True, rename="camel"):
    """The answer of Drive's ``files.get``."""

    name: str
    version: str
    modified_time: datetime
    mime_type: str = ""
    trashed: bool = False


def quoted(sheet: str) -> str:
    """Return a sheet's name as A1 notation wants it.

    >>> quoted("Ana's KPIs")
    "'Ana''s KPIs'"
    """
    return "'" + sheet.replace("'", "''") + "'"


def directory_of(answer: Spreadsheet) -> Directory:
    """Return what stands in a spreadsheet; charts and connected data are no sheets of cells."""
    by_id = {sheet.properties.sheet_id: sheet.properties for sheet in grids(answer)}
    return Directory(
        format="Google Sheets",
        sheets=tuple(each.title for each in by_id.values()),
        names=tuple(
            Name(name=named.name, target=f"{quoted(by_id[named.range.sheet_id].title)}!{_absolute(area)}")
            for named in answer.named_ranges
            if named.range.sheet_id in by_id and (area := area_of(named.range, by_id[named.range.sheet_id]))
        ),
        tables=tuple(
            Table(name=table.name, sheet=sheet.properties.title, area=area_of(table.range, sheet.properties))
            for sheet in grids(answer)
            for table in sheet.tables
        ),
        title=answer.properties.title,
        zone=answer.properties.time_zone or None,
        locale=answer.properties.locale,
    )


def grids(answer: Spreadsheet) -> list[SheetAnswer]:
    """Return the sheets that hold cells."""
    return [sheet for sheet in answer.sheets if sheet.properties.sheet_type in ("GRID", "SHEET_TYPE_UNSPECIFIED")]


def area_of(found: GridRange, sheet: SheetProperties) -> Area:
    """Return a range with both corners included."""
    bottom, right = found.end_row_index, found.end_column_index
    return Area(
        found.start_row_index,
        found.start_column_index,
        (sheet.grid_properties.row_count if bottom is None else bottom) - 1,
        (sheet.grid_properties.column_count if right is None else right) - 1,
    )


def _absolute(area: Area) -> str:
    first, last = (
        f"${column_name(column)}${row + 1}" for row, column in ((area.top, area.left), (area.bottom, area.right))
    )
    return first if first == last else f"{first}:{last}"


def reach(values: ValueRange) -> str | None:
    """Return the range in A1 notation that the values fill, from A1 on; None when there are none."""
    columns = max((len(row) for row in values.values), default=0)
    return f"A1:{a1(len(values.values) - 1, columns - 1)}" if columns else None


def cells_of(sheet: Sheet, values: ValueRange, told: Mapping[tuple[int, int], CellData]) -> None:
    """Fill a sheet with cells, typed by the formats and errors that Google tells of them.

    Raises:
        FixConfigError: there are more than we take.
    """
    filled = 0
    for row, line in enumerate(values.values):
        for column, value in enumerate(line):
            if value is None or value == "":
                continue
            filled += 1
            sheet.rows.setdefault(row, {})[column] = _cell(value, told.get((row, column), CellData()))
        if filled > caps.FILLED_CELLS:
            raise FixConfigError(f"{sheet} holds more than {caps.FILLED_CELLS:,} cells: split the sheet")


def told_of(data: list[GridData]) -> Iterator[tuple[tuple[int, int], CellData]]:
    """Yield what is told of each cell, by its place."""
    for grid in data:
        for row, line in enumerate(grid.row_data, grid.start_row):
            for column, cell in enumerate(line.values, grid.start_column):
                yield (row, column), cell


def _cell(value: Raw, told: CellData) -> Cell:
    error = told.effective_value.error_value
    shown = told.effective_format.number_format or NumberFormat()
    if value == LOADING or (error is not None and error.type == "LOADING"):
        return Cell(CellKind.UNREADABLE, f"{LOADING!r}, for Google has not finished its formula")
    if error is not None or (isinstance(value, str) and value.strip() in ERRORS):
        return Cell(CellKind.ERROR, str(value))
    if isinstance(value, bool):
        return Cell(CellKind.BOOL, "true" if value else "false")
    if isinstance(value, int | float):
        return _number(value, shown)
    text = str(value)
    if len(text) > caps.TEXT_LENGTH:
        return Cell(CellKind.UNREADABLE, f"a text of {len(text):,} characters, more than {caps.TEXT_LENGTH:,}")
    return Cell(CellKind.TEXT, text)


def _number(value: float, shown: NumberFormat) -> Cell:
    if shown.type in _DATES:
        return _date(value, shown.type)
    if shown.type == "TIME":
        return Cell(CellKind.DURATION, str(timedelta(seconds=round(value * 86_400))))
    style = "%" if shown.type == "PERCENT" else style_of("", shown.pattern or "")
    return Cell(CellKind.NUMBER, number_text(value), style)


def _date(value: float, kind: str) -> Cell:
    try:
        at = EPOCH + timedelta(milliseconds=round(value * 86_400_000))
    except OverflowError:
        return Cell(CellKind.UNREADABLE, f"the date with serial number {value}")
    whole_day = kind == "DATE" and at.time() == EPOCH.time()
    return Cell(CellKind.DATE, at.date().isoformat() if whole_day else at.isoformat())


def utc(at: datetime) -> datetime:
    """Return an instant of Drive's in UTC."""
    return at.astimezone(UTC)
