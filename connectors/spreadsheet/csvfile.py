"""Reads csv as declared: encoding and delimiter are what the options say, never a guess."""

from __future__ import annotations

import csv
import io

from connectors.spreadsheet.cells import Cell, CellKind, Sheet
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.sniff import OLE, ZIP, what_is
from mapping.errors import FixConfigError

SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
_WIDE_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_csv(data: bytes, *, file: str, encoding: str, delimiter: str) -> Sheet:
    """Return the sheet; blank lines stay as empty rows, so that row numbers are those of the file.

    A byte order mark is taken off when the encoding is utf-8.

    Raises:
        FixConfigError: the file does not decode, is not csv, or is too big. The text names byte or line.
    """
    if data.startswith((ZIP, OLE)):
        raise FixConfigError(f"{file} is a workbook by its content and csv by its name: rename it")
    text = _decode(data, file, encoding)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FixConfigError(
            f"{file}, line {line}: holds a NUL character, so it is no csv in {encoding}: {_hint(data)}"
        )
    sheet = Sheet(file=file, name=None)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    filled, row = 0, 0
    try:
        for row, fields in enumerate(reader):
            if any(field.strip() for field in fields):
                sheet.rows[row] = {i: Cell(CellKind.TEXT, field) for i, field in enumerate(fields) if field.strip()}
                sheet.widths[row] = len(fields)
                sheet.lines[row] = reader.line_num
                filled += len(sheet.rows[row])
            if row >= caps.ROWS or len(fields) > caps.COLUMNS or filled > caps.FILLED_CELLS:
                raise FixConfigError(
                    f"{file}, line {reader.line_num}: more than {caps.ROWS:,} rows, {caps.COLUMNS:,} columns or "
                    f"{caps.FILLED_CELLS:,} cells: split the file"
                )
    except csv.Error as error:
        raise FixConfigError(
            f"{file}, line {reader.line_num}: is not sound csv ({error}): look for a quote that is not closed"
        ) from error
    return sheet


def _decode(data: bytes, file: str, encoding: str) -> str:
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FixConfigError(
            f"{file}, line {line}: byte {error.start} is 0x{data[error.start]:02X}, "
            f"which is not {encoding}: {_hint(data)}"
        ) from error
    except UnicodeError as error:  # utf-16 without its byte order mark says no position
        raise FixConfigError(f"{file} is not {encoding} ({error}): {_hint(data)}") from error


def _hint(data: bytes) -> str:
    wide = _WIDE_BOMS.get(data[:2])
    if wide is not None:
        return f"it begins like {wide}: declare encoding: {wide}"
    if what_is(data[:4096]).startswith("binary"):
        return "it is no text: give a csv file"
    return "declare its encoding, for example encoding: cp1252"
