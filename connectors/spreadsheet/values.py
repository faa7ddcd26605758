"""Makes a number, a date or a truth of a cell, or says exactly why not. Nothing is guessed and nothing becomes 0."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.spreadsheet.cells import Cell, CellKind, Sheet
from connectors.spreadsheet.options import DateStyle
from mapping.errors import AmountError, FixConfigError
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import UnitKind

_WRITTEN_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_TRUTHS = {"true": True, "false": False, "vrai": True, "faux": False}
"""What spreadsheet programs write into csv for a tick box, in English and French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the options say about cells that stand as text."""

    decimal: NumberStyle | None
    """None: text is no number."""
    dates: DateStyle
    zone: ZoneInfo
    locale: str = ""
    """What the spreadsheet says of itself; shown as a hint where a notation should be declared, never used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A value and its unit as the cell tells it.

    The unit is ``percent`` (then the value is a fraction), an ISO 4217 code, ``done``, or None.
    """

    value: Decimal
    unit: str | None = None


def quantity_at(sheet: Sheet, row: int, column: int, declared: Declared) -> Quantity:
    """Return the number in a cell.

    Raises:
        FixConfigError: there is none; the text names file, sheet, cell, what was found and what was expected.
    """
    hidden_by = sheet.merged_over(row, column)
    if hidden_by is not None:
        raise FixConfigError(
            f"{sheet.place(row, column)} is part of the merged range {hidden_by}, whose value is in its first cell: "
            "address that cell, or take the merge apart"
        )
    cell = sheet.at(row, column)
    if cell is None:
        found = "is empty" if sheet.tells_errors else "is empty or holds an error (which of them could not be told)"
        raise FixConfigError(f"{sheet.place(row, column)} {found}, a number was expected: fill it in")
    quantity = quantity_of(cell, declared)
    if isinstance(quantity, str):
        raise FixConfigError(f"{sheet.place(row, column)} {quantity}")
    return quantity


def quantity_of(cell: Cell, declared: Declared) -> Quantity | str:
    """Return the number of a cell, or what is wrong with it and what to do, to be put behind its place."""
    match cell.kind:
        case CellKind.NUMBER:
            return Quantity(value=Decimal(cell.text), unit="percent" if cell.style == "%" else cell.style or None)
        case CellKind.BOOL:
            return Quantity(value=Decimal(cell.text == "true"), unit=UnitKind.DONE.value)
        case CellKind.TEXT:
            return _written_quantity(cell.text, declared)
        case CellKind.DATE:
            return f"holds the date {cell.text}, a number was expected: address another cell, or format it as a number"
        case CellKind.DURATION:
            return f"holds the time {cell.text}, a number was expected: write it as a number of hours or days"
    return trouble(cell)


def trouble(cell: Cell) -> str:
    """Return what is wrong with a cell that holds no value, to be put behind its place."""
    match cell.kind:
        case CellKind.ERROR:
            return f"holds the error {cell.text}: mend its formula"
        case CellKind.UNCALCULATED:
            return (
                "holds a formula that was never calculated: the program that wrote the file does not calculate: "
                "open it in Excel or LibreOffice and save it"
            )
        case CellKind.UNREADABLE:
            return f"holds {cell.text}: correct it"
        case _:
            return ""


def _written_quantity(text: str, declared: Declared) -> Quantity | str:
    shown = text if len(text) <= 60 else text[:60] + "…"
    if declared.decimal is None:
        return (
            f"holds the text {shown!r}, a number was expected: make it a number, "
            f"or declare how numbers are written (decimal: en, fr or plain{_hint(declared)})"
        )
    try:
        amount = parse_value(text, style=declared.decimal)
    except AmountError as error:
        return f"holds the text {shown!r}, a number in style {declared.decimal.value} was expected: {error}"
    unit = None if amount.unit is None else amount.unit.currency or amount.unit.kind.value
    return Quantity(value=amount.value, unit=None if unit == UnitKind.NUMBER.value else unit)


def _hint(declared: Declared) -> str:
    return f"; the sheet's locale is {declared.locale}" if declared.locale else ""


def written_number(cell: Cell, declared: Declared) -> Quantity | None:
    """Return the number of a number cell, a tick box or a text that reads as a number; None for anything else.

    Words such as ``done`` are text here: a column of them is a status.
    """
    quantity = quantity_of(cell, declared)
    if isinstance(quantity, str) or (cell.kind is CellKind.TEXT and quantity.unit == UnitKind.DONE.value):
        return None
    return quantity


def instant_of(cell: Cell, declared: Declared) -> datetime | None:
    """Return the instant in UTC of a date cell, or of a text in the declared style; None for anything else.

    A date without a time is midnight in the declared zone.
    """
    if cell.kind not in (CellKind.DATE, CellKind.TEXT):
        return None
    style: DateStyle = "iso" if cell.kind is CellKind.DATE else declared.dates
    try:
        text, zone = cell.text.strip(), declared.zone
        read = _iso(text, zone) if style == "iso" else _written_date(text, style, zone)
    except ValueError:  # 31/02/2026 is no date, and text is no date: the caller says what it expected
        return None
    return None if read is None else read.astimezone(UTC)


def _iso(text: str, zone: ZoneInfo) -> datetime | None:
    # 20260331 is a number to most people, so dashes are asked for
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo is not None else read.replace(tzinfo=zone)


def _written_date(text: str, style: DateStyle, zone: ZoneInfo) -> datetime | None:
    match = _WRITTEN_DATE.fullmatch(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day, month = (first, second) if style == "day-first" else (second, first)
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def truth_of(cell: Cell | None) -> bool | None:
    """Return what a tick box says; an empty one is false, anything that is no truth is None."""
    if cell is None:
        return False
    if cell.kind is CellKind.BOOL:
        return cell.text == "true"
    return _TRUTHS.get(cell.text.strip().casefold()) if cell.kind is CellKind.TEXT else None
