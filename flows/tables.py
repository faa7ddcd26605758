"""Reads a table of OKRs from a csv or a workbook: which column is which, and what stands in each row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.spreadsheet.cells import Cell, CellKind, Sheet, a1
from connectors.spreadsheet.csvfile import SUFFIXES
from connectors.spreadsheet.files import copy_whole
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import open_file
from mapping.columns import CHECK_INS, COLUMNS, Column, folded
from mapping.errors import FixConfigError
from mapping.rows import BadRowsError, Entry, Row
from mapping.safe_text import unsafe

DELIMITERS = ",;\t"
_UNREADABLE = frozenset({CellKind.ERROR, CellKind.UNCALCULATED, CellKind.UNREADABLE})


def _names(columns: Iterable[Column]) -> dict[str, str]:
    return {
        folded(header): column.name
        for column in columns
        for header in (column.name, column.english, column.french, *column.also)
    }


NAMES: Mapping[str, str] = _names(COLUMNS)
"""Header to column."""
_NEEDED = (
    ({"key_result_id", "title"}, "Key result", "key-result='Name of KR'"),
    ({"at"}, "Date", "date='Last update'"),
    ({"value", "progress"}, "Value", "value='Current score'"),
)
"""Of a table of check-ins: one of these columns, what to call it, and how to map another."""
PAST_NAMES: Mapping[str, str] = _names(CHECK_INS)
"""The same for a table of check-ins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A table as it was read."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    """With the folded header of the file as the name of each entry."""


async def lines_of(path: Path, sheet: str | None = None) -> Lines:
    """Return the table below the first row that is not empty.

    Raises:
        BadRowsError: cells that hold an error, or a formula that was never calculated.
        FixConfigError: no such file, it is no table, or it has no rows.
        TryAgainError: it is being saved.
    """
    is_csv = path.suffix.lower() in SUFFIXES
    options = SpreadsheetOptions(file=path.name, delimiter=delimiter_of(path) if is_csv else None)
    copy, _version = await copy_whole(path, path.name)
    with copy:
        book = await open_file(copy, path.name, options, is_csv=is_csv)
        try:
            names = book.directory.sheets
            if sheet is not None and not is_csv and sheet not in names:
                raise FixConfigError(f"{path.name} has no sheet {sheet!r}: there are {', '.join(names)}")
            read = await book.sheet(None if is_csv else sheet or names[0])
        finally:
            await book.aclose()
    return _lines(read)


async def sheets_of(path: Path) -> Sequence[str]:
    """Return the names of the sheets of a workbook.

    Raises:
        FixConfigError: no such file, or it is no workbook.
        TryAgainError: it is being saved.
    """
    copy, _version = await copy_whole(path, path.name)
    with copy:
        book = await open_file(copy, path.name, SpreadsheetOptions(file=path.name), is_csv=False)
        try:
            return tuple(book.directory.sheets)
        finally:
            await book.aclose()


def delimiter_of(path: Path) -> str:
    """Return what sets the headers of a csv apart: the first line has more of it than of the others."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next(iter(file), "")
    except (OSError, UnicodeDecodeError):
        return ","  # reading it says what is wrong
    return max(DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))


def _lines(sheet: Sheet) -> Lines:
    top = sheet.first_row()
    if top is None:
        raise FixConfigError(f"{sheet} is empty: it needs a row of headers and rows below it")
    headers = {place: _text(cell, sheet) for place, cell in sorted(sheet.rows[top].items())}
    troubles: list[str] = []
    read = [_row(sheet, number, headers, troubles) for number in sorted(sheet.rows) if number != top]
    rows = [row for row in read if row.entries]
    if troubles:
        raise BadRowsError(troubles)
    return Lines(headers=tuple(headers.values()), rows=tuple(rows))


def _row(sheet: Sheet, number: int, headers: Mapping[int, str], troubles: list[str]) -> Row:
    line = sheet.lines.get(number)
    entries: dict[str, Entry] = {}
    for place, cell in sorted(sheet.rows[number].items()):
        header = headers.get(place)
        if header is None:
            continue
        where = f"{sheet}, cell {a1(number, place)}" if line is None else f"{sheet}, line {line}, {header}"
        if cell.kind in _UNREADABLE:
            troubles.append(f"{where}: {cell.text or 'a formula without a value'}: correct it, or save the file again")
        else:
            entries.setdefault(folded(header), _entry(cell, where, sheet))
    return Row(place=f"{sheet}, line {number + 1 if line is None else line}", entries=entries)


def _entry(cell: Cell, where: str, sheet: Sheet) -> Entry:
    if cell.kind is CellKind.NUMBER:
        return Entry(cell.text, where, percent=cell.style == "%", exact=True)
    if cell.kind is CellKind.DATE and len(cell.text) > len("2026-10-01"):
        return Entry(f"{cell.text}Z", where)  # the times of our own workbooks are in UTC, and cells have no zone
    if cell.kind is CellKind.BOOL:
        return Entry("done" if cell.text.casefold() in ("true", "1") else "not done", where)
    return Entry(_text(cell, sheet), where)


def _text(cell: Cell, sheet: Sheet) -> str:
    """Return a text; only csv needs the quote that keeps it from being run."""
    return unsafe(cell.text) if sheet.name is None else cell.text


def own_rows(lines: Lines) -> tuple[Sequence[Row], list[str]]:
    """Return the rows of our own table by column, and what of the file is not read.

    Raises:
        FixConfigError: no column says what the objectives are.
    """
    named = {folded(header): NAMES.get(folded(header)) for header in lines.headers}
    if not {"objective_title", "objective_id"} & {name for name in named.values() if name}:
        heads = ", ".join(lines.headers[:8])
        past = {PAST_NAMES.get(header) for header in named}
        hint = "to import check-ins of before add --history" if {"at", "value"} <= past else "see docs/import-export.md"
        raise FixConfigError(f"no column is called Objective: the first row says {heads}: {hint}")
    return _by_column(lines, named)


def past_rows(lines: Lines, mapped: Mapping[str, str]) -> tuple[Sequence[Row], frozenset[str], list[str]]:
    """Return the rows of a table of check-ins by column, the columns that it has, and what of the file is not read.

    Args:
        lines: the table.
        mapped: column to the header of the file that holds it, where that has another name; they go first.

    Raises:
        FixConfigError: no such header, or no column says which key result is meant, when, or its value.
    """
    there = {folded(header) for header in lines.headers}
    for column, header in mapped.items():
        if folded(header) not in there:
            raise FixConfigError(f"no column is called {header!r}: {column} is one of {', '.join(lines.headers)}")
    taken = {folded(header): column for column, header in mapped.items()}
    named = {
        header: taken.get(header) or (name if (name := PAST_NAMES.get(header)) not in mapped else None)
        for header in map(folded, lines.headers)
    }
    columns = frozenset(name for name in named.values() if name)
    heads = ", ".join(lines.headers[:8])
    for wanted, called, example in _NEEDED:
        if not wanted & columns:
            raise FixConfigError(
                f"no column is called {called}: the first row says {heads}: name it, as --column {example}"
            )
    rows, remarks = _by_column(lines, named)
    return rows, columns, remarks


def _by_column(lines: Lines, named: Mapping[str, str | None]) -> tuple[Sequence[Row], list[str]]:
    unread = [header for header in lines.headers if named[folded(header)] is None]
    rows = [
        Row(
            place=row.place,
            entries={name: entry for header, entry in row.entries.items() if (name := named.get(header)) is not None},
        )
        for row in lines.rows
    ]
    return rows, [f"column {header!r} is not read" for header in unread]
