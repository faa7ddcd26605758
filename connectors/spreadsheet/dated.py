"""Numbers beside their dates: a column of dates and one of numbers, or a row of numbers below dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.port import OnSkip
from connectors.spreadsheet.cells import Cell, CellKind, Sheet, a1, plain
from connectors.spreadsheet.lookup import Found, find_header, find_row, header_row
from connectors.spreadsheet.selection import SpreadsheetSelection
from connectors.spreadsheet.values import Declared, Quantity, instant_of, quantity_at, trouble
from mapping.errors import FixConfigError, SkipRecordError


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedNumber:
    """One number, the instant it is of, and where it stands."""

    at: datetime
    quantity: Quantity
    found: Found


@dataclass(frozen=True, slots=True)
class _Pair:
    """The cells of a number and of its date."""

    number: tuple[int, int]
    date: tuple[int, int]
    recognised: str


def dated_numbers(
    sheet: Sheet, selection: SpreadsheetSelection, declared: Declared, on_skip: OnSkip
) -> list[DatedNumber]:
    """Return the numbers that have a date, oldest first. A date without a number is no observation (a coming week).

    A date without a time is midnight in the declared zone. What cannot be read goes to ``on_skip``.

    Raises:
        FixConfigError: a header or label is missing, or one date stands there twice.
    """
    pairs = _across(sheet, selection, declared) if selection.dates_across else _down(sheet, selection)
    numbers: dict[datetime, DatedNumber] = {}
    for pair in pairs:
        try:
            number = _read(sheet, pair, declared)
        except (FixConfigError, SkipRecordError) as error:
            on_skip(SkipRecordError(str(error)))
            continue
        double = numbers.setdefault(number.at, number)
        if double is not number:
            places = f"{a1(double.found.row, double.found.column)} and {a1(*pair.number)}"
            raise FixConfigError(
                f"{sheet} has two numbers for {_day(sheet.at(*pair.date))}, in {places}: keep one of them"
            )
    return [numbers[at] for at in sorted(numbers)]


def _down(sheet: Sheet, selection: SpreadsheetSelection) -> Iterator[_Pair]:
    """Yield the rows below the headers that hold a number."""
    head = header_row(sheet, selection.header)
    dates, numbers = find_header(sheet, head, selection.dates or ""), find_header(sheet, head, selection.column or "")
    if dates == numbers:
        raise FixConfigError(f"{sheet}: {selection.dates!r} is the column of dates and of numbers: name two columns")
    headed = " ".join(sheet.rows[head][numbers].text.split())
    for row in sorted(sheet.rows):
        if row <= head:
            continue
        if sheet.widths and sheet.widths[row] != sheet.widths.get(head):
            raise FixConfigError(
                f"{sheet}, line {sheet.lines[row]} has {sheet.widths[row]} fields, its header has "
                f"{sheet.widths.get(head)}: a delimiter inside a value must be quoted"
            )
        if sheet.at(row, numbers) is not None:
            yield _Pair((row, numbers), (row, dates), f"column {headed}")


def _across(sheet: Sheet, selection: SpreadsheetSelection, declared: Declared) -> Iterator[_Pair]:
    """Yield the numbers of a row that stand below dates; columns of other things (labels, a total) are left alone."""
    head = header_row(sheet, selection.header)
    row, label = find_row(sheet, head, selection)
    dated = [column for column, cell in sheet.rows[head].items() if _is_date(cell, declared)]
    if not dated:
        raise FixConfigError(
            f"{sheet}, row {head + 1} has no dates, the headers of columns were expected to be dates "
            f"(dates: {declared.dates}): correct header, or make them dates"
        )
    for column in sorted(dated):
        if sheet.at(row, column) is not None:
            yield _Pair((row, column), (head, column), f"row {label}")


def _is_date(cell: Cell, declared: Declared) -> bool:
    return instant_of(cell, declared) is not None


def _read(sheet: Sheet, pair: _Pair, declared: Declared) -> DatedNumber:
    row, column = pair.number
    quantity = quantity_at(sheet, row, column, declared)
    cell = sheet.at(*pair.date)
    at = None if cell is None else instant_of(cell, declared)
    if at is None:
        raise SkipRecordError(
            f"{sheet.place(*pair.date)} {_instead(cell, declared)} for the number in {a1(row, column)}: "
            "fill it in, or move what is no observation (a total) elsewhere"
        )
    return DatedNumber(at=at, quantity=quantity, found=Found(row=row, column=column, recognised=_told(pair, cell)))


def _told(pair: _Pair, cell: Cell | None) -> str:
    return f"{pair.recognised}, {_day(cell)}"


def _day(cell: Cell | None) -> str:
    return plain(cell.text).removesuffix("t00:00:00") if cell is not None else ""


def _instead(cell: Cell | None, declared: Declared) -> str:
    if cell is None:
        return "is empty, a date was expected"
    if wrong := trouble(cell):
        return f"{wrong}; a date was expected"
    kind = "the text" if cell.kind is CellKind.TEXT else "the number" if cell.kind is CellKind.NUMBER else ""
    return f"holds {kind} {cell.text[:60]!r}, a date was expected (dates: {declared.dates})".replace("  ", " ")
