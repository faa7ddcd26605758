"""Tables as csv and xlsx, safe to open: text stays text whatever it begins with, numbers are numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.exports.tables import Amount, Cell, Table, utc_text
from mapping.columns import written_number
from mapping.currencies import WITHOUT_CENTS
from mapping.decimals import decimal_text
from mapping.rules import Unit, UnitKind
from mapping.safe_text import safe
from mapping.show import Lang

if TYPE_CHECKING:
    from openpyxl.cell import Cell as XlsxCell
    from openpyxl.worksheet.worksheet import Worksheet

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold."""
LONGEST = 32_767
"""Characters in a cell of Excel."""
LEAST_WIDE, WIDEST = 12, 60
"""Of columns, in characters."""


def csv_text(table: Table, language: Lang) -> str:
    """Return a table as csv by RFC 4180: texts in quotes, numbers bare, percentages times 100 as their unit says."""
    lines = [",".join(_quoted(column.title(language)) for column in table.columns)]
    lines += [",".join(_csv_cell(cell) for cell in row) for row in table.rows]
    return "".join(f"{line}\r\n" for line in lines)


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None | "":
            return ""
        case Amount():
            return decimal_text(written_number(cell.value, cell.unit))
        case datetime():
            return utc_text(cell)
        case date():
            return cell.isoformat()
        case _:
            return _quoted(cell)


def _quoted(text: str) -> str:
    return '"' + safe(text).replace('"', '""') + '"'


def xlsx_bytes(tables: Sequence[Table], language: Lang) -> bytes:
    """Return tables as the sheets of a workbook. Percentages are fractions with the format of per cent.

    Excel keeps 15 digits of a number; csv and JSON keep all.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _fill(book.create_sheet(table.title), table, language)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, table: Table, language: Lang) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    titles = [column.title(language) for column in table.columns]
    for place, title in enumerate(titles):
        longest = max((len(cell) for row in table.rows if isinstance(cell := row[place], str)), default=0)
        letter = get_column_letter(place + 1)
        sheet.column_dimensions[letter].width = min(WIDEST, max(LEAST_WIDE, len(title) + 2, longest))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(titles))}{len(table.rows) + 1}"
    head = [_cell(sheet, title) for title in titles]
    for each in head:
        each.font = Font(bold=True)
    sheet.append(head)
    for row in table.rows:
        sheet.append([None if cell is None or cell == "" else _cell(sheet, cell) for cell in row])


def _cell(sheet: Worksheet, cell: Cell) -> XlsxCell:
    from openpyxl.cell import Cell as XlsxCell

    made = XlsxCell(sheet, row=1, column=1)  # append() gives it its place
    match cell:
        case Amount():
            made.value = _fraction(cell)
            made.number_format = _format(cell.unit)
        case datetime():
            made.value = cell.astimezone(UTC).replace(tzinfo=None, microsecond=0)  # a cell's time has no zone
            made.number_format = 'yyyy-mm-dd hh:mm:ss"Z"'
        case date():
            made.value = cell
            made.number_format = "yyyy-mm-dd"
        case _:
            text = _UNWRITABLE.sub("\ufffd", cell or "")[:LONGEST]
            made.value = text
            made.data_type = "s"  # openpyxl would make a formula of "=…" and an error of "#N/A"
            made.quotePrefix = safe(text) != text  # it stays text when somebody edits the cell
    return made


def _fraction(amount: Amount) -> Decimal:
    """Return the number as the cell holds it: per cent is what its format says, other units are as in csv."""
    return amount.value if amount.unit.kind is UnitKind.PERCENT else written_number(amount.value, amount.unit)


def _format(unit: Unit) -> str:
    if unit.kind is UnitKind.PERCENT:
        return "0.0%"
    if unit.kind is UnitKind.CURRENCY:
        return "#,##0" if unit.currency in WITHOUT_CENTS else "#,##0.00"
    return "General"
