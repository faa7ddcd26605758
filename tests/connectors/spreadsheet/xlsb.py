"""Writes a small xlsb by hand ([MS-XLSB]): no library that we have does."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.connectors.spreadsheet.books import pack

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, body: bytes = b"") -> bytes:
    """Return a record; kind and size take seven bits a byte."""
    return _variable(kind) + _variable(len(body)) + body


def _variable(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def row(number: int) -> bytes:
    return record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0))


def number(column: int, value: float) -> bytes:
    return record(5, struct.pack("<IId", column, 0, value))


def text(column: int, value: str) -> bytes:
    return record(6, struct.pack("<II", column, 0) + wide(value))


def error(column: int, code: int) -> bytes:
    return record(3, struct.pack("<IIB", column, 0, code))


def xlsb_parts(
    cells: bytes, *, sheet: str = "KPI", reach: tuple[int, int, int, int] = (0, 9, 0, 9)
) -> dict[str, bytes]:
    """Return the parts of a workbook with one sheet; ``reach`` is first and last row, first and last column."""
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide(sheet))
    book = record(131) + record(143) + bundle + record(144) + record(132)
    inside = record(148, struct.pack("<IIII", *reach)) + record(145) + cells + record(146)
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.bin" ContentType="application/vnd.ms-excel.worksheet"/></Types>'
    )

    def relation(kind: str, target: str) -> bytes:
        one = f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'.encode()

    return {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": relation("officeDocument", "xl/workbook.bin"),
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": relation("worksheet", "worksheets/sheet1.bin"),
        "xl/worksheets/sheet1.bin": record(129) + inside + record(130),
    }


def save_xlsb(path: Path, cells: bytes) -> Path:
    """Write a workbook with one sheet named KPI."""
    return pack(path, xlsb_parts(cells))
