"""The records of an xlsb that calamine swallows: error cells and merged cells ([MS-XLSB] 2.1.4, 2.4)."""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from connectors.spreadsheet.cells import Area, CellKind
from connectors.spreadsheet.child.facts import Facts
from connectors.spreadsheet.child.wire import RefusedError
from connectors.spreadsheet.child.xml import parse

_ROW, _BLANK, _ERROR, _FORMULA_ERROR, _RICH_TEXT, _BUNDLE_SHEET, _MERGE = 0, 1, 3, 11, 62, 156, 176
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
_CUT = "is damaged: a record is cut short: save it again"


def sheet_parts(archive: zipfile.ZipFile) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the names of all sheets, and the part of each worksheet by its name; chart sheets have none.

    Raises:
        RefusedError: the workbook part is damaged.
    """
    targets: dict[str, str] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            )

    with archive.open("xl/_rels/workbook.bin.rels") as stream:
        parse("xl/_rels/workbook.bin.rels", stream, start=start)
    names: list[str] = []
    parts: dict[str, str] = {}
    with archive.open("xl/workbook.bin") as stream:
        for kind, body in _records(stream):
            if kind == _BUNDLE_SHEET:
                relation, rest = _wide_string(body[8:])
                name, _ = _wide_string(rest)
                names.append(name)
                if relation in targets:
                    parts[name] = targets[relation]
    return tuple(names), parts


def facts_of(archive: zipfile.ZipFile, part: str) -> Facts:
    """Return what is to be known about the cells of a sheet.

    Raises:
        RefusedError: the part is damaged, or reaches too far.
    """
    facts, row = Facts(), 0
    with archive.open(part) as stream:
        for kind, body in _records(stream):
            if kind == _ROW:
                (row,) = _unpack("<I", body)
            elif kind in (_ERROR, _FORMULA_ERROR):
                column, _, code = _unpack("<IIB", body)
                facts.fill(row, column)
                facts.troubles[row, column] = (CellKind.ERROR, ERRORS.get(code, "an error"))
            elif _BLANK < kind <= _FORMULA_ERROR or kind == _RICH_TEXT:
                facts.fill(row, _unpack("<I", body)[0])
            elif kind == _MERGE:
                top, bottom, left, right = _unpack("<IIII", body)
                facts.merged.append(Area(top, left, bottom, right))
    return facts


def _unpack(shape: str, body: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack_from(shape, body)
    except struct.error as error:
        raise RefusedError(_CUT) from error


def _records(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each record; kind takes up to 2 bytes and size up to 4, seven bits a byte."""
    while (kind := _variable(stream, 2)) is not None:
        size = _variable(stream, 4)
        body = stream.read(size or 0)
        if size is None or len(body) < size:
            raise RefusedError(_CUT)
        yield kind, body


def _variable(stream: IO[bytes], longest: int) -> int | None:
    number = 0
    for place in range(longest):
        byte = stream.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << (7 * place)
        if not byte[0] & 0x80:
            break
    return number


def _wide_string(body: bytes) -> tuple[str, bytes]:
    (length,) = _unpack("<I", body)
    end = 4 + 2 * length
    if len(body) < end:
        raise RefusedError(_CUT)
    return body[4:end].decode("utf-16-le", "replace"), body[end:]
