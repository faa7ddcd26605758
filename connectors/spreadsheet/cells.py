"""Typed cells and sheets, as they arrive at our door from a reader, and how people address them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class CellKind(StrEnum):
    """What a cell holds. An empty cell is no cell at all."""

    NUMBER = "n"
    TEXT = "t"
    BOOL = "b"
    DATE = "d"
    """ISO date, or ISO date and time of the sheet's unnamed zone."""
    DURATION = "r"
    """A length of time or a time of day, as text."""
    ERROR = "e"
    """``#REF!``, ``#N/A`` and their like."""
    UNCALCULATED = "u"
    """A formula without a value: the program that wrote the file did not calculate."""
    UNREADABLE = "x"
    """The text says why."""


class Cell(NamedTuple):
    """One cell that is not empty."""

    kind: CellKind
    text: str
    """Numbers as their shortest exact text, dates as ISO, everything else as it stands."""
    style: str = ""
    """``%`` for a number shown as percent, an ISO 4217 code for one shown as money."""


class Area(NamedTuple):
    """A rectangle of cells, both corners included, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Return whether the cell lies inside."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def __str__(self) -> str:
        first, last = a1(self.top, self.left), a1(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A named table of a workbook."""

    name: str
    sheet: str
    area: Area
    header_rows: int = 1
    totals_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A defined name and what it refers to, as the file spells it (``KPI!$C$7``)."""

    name: str
    target: str
    sheet: str | None = None
    """The sheet whose own name it is; None for one of the whole workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What stands in a file: sheets in file order, names, tables."""

    format: str
    sheets: tuple[str, ...]
    names: tuple[Name, ...] = ()
    tables: tuple[Table, ...] = ()
    knows_names: bool = True
    """False where our reader finds no defined names in this format."""
    title: str = ""
    """What the spreadsheet is called, where that is not its file's name."""
    zone: str | None = None
    """The zone its dates are meant in, where it says one."""
    locale: str = ""
    """The locale it is shown in, where it says one."""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """The cells of one sheet. Rows and columns count from 0 here and from 1 and A for people."""

    file: str
    name: str | None
    """None for csv, which has no sheets."""
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: tuple[Area, ...] = ()
    tells_errors: bool = True
    """Whether error cells are told from empty ones (not in xls)."""
    widths: dict[int, int] = field(default_factory=dict)
    """csv: the number of fields of each row that is not blank, by row."""
    lines: dict[int, int] = field(default_factory=dict)
    """csv: the line of the file where a row ends, by row."""

    def at(self, row: int, column: int) -> Cell | None:
        """Return the cell, None if it is empty."""
        return self.rows.get(row, {}).get(column)

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Yield every cell with its row and column, in reading order."""
        for row in sorted(self.rows):
            for column in sorted(self.rows[row]):
                yield row, column, self.rows[row][column]

    def first_row(self) -> int | None:
        """Return the first row that is not empty."""
        return min(self.rows, default=None)

    def merged_over(self, row: int, column: int) -> Area | None:
        """Return the merged range that hides this cell behind its top left one."""
        for area in self.merged:
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                return area
        return None

    def place(self, row: int, column: int) -> str:
        """Return where a cell stands, for people: ``kpis.xlsx, sheet KPI, cell C7``."""
        return f"{self}, cell {a1(row, column)}"

    def __str__(self) -> str:
        return self.file if self.name is None else f"{self.file}, sheet {self.name}"


def number_text(value: float) -> str:
    """Return a number with the 15 digits that Excel keeps; whole numbers stay whole.

    >>> number_text(0.1 + 0.2), number_text(3.0)
    ('0.3', '3')
    """
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return repr(float(f"{value:.15g}"))


MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
_A1 = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")


def column_name(column: int) -> str:
    """Return the letters of a column counted from 0.

    >>> column_name(0), column_name(27)
    ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@cache
def column_number(letters: str) -> int:
    """Return the column counted from 0.

    >>> column_number("AB")
    27
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def a1(row: int, column: int) -> str:
    """Return the address people use.

    >>> a1(6, 2)
    'C7'
    """
    return f"{column_name(column)}{row + 1}"


def parse_a1(address: str) -> tuple[int, int]:
    """Return row and column, from 0, of an address such as ``C7`` or ``$C$7``.

    Raises:
        ValueError: it is no address of a single cell.

    >>> parse_a1("C7")
    (6, 2)
    """
    match = _A1.fullmatch(address.strip())
    if match is not None:
        row, column = int(match[2]) - 1, column_number(match[1])
        if row < MAX_ROW and column < MAX_COLUMN:
            return row, column
    raise ValueError(f"{address!r} is no cell address such as C7")


def plain(text: str) -> str:
    """Return a label as it is compared: spaces of any kind collapsed, case folded."""
    return " ".join(text.split()).casefold()
