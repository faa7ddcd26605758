"""The records of an xls that calamine swallows: error cells, and cells that stand there twice.

[MS-XLS] 2.4.24 BoolErr, 2.4.127 Formula, 2.4.28 BoundSheet8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from connectors.spreadsheet.cells import CellKind
from connectors.spreadsheet.child.compound import stream_of
from connectors.spreadsheet.child.facts import Facts
from connectors.spreadsheet.child.wire import RefusedError
from connectors.spreadsheet.child.xlsb import ERRORS

_FORMULA, _END, _FILE_PASS, _BOUND_SHEET, _BOOL_ERR, _BEGIN = 0x06, 0x0A, 0x2F, 0x85, 0x205, 0x809
_LABEL_SST, _NUMBER, _LABEL, _RK, _MULTIPLE_RK = 0xFD, 0x203, 0x204, 0x27E, 0xBD
_SINGLE = frozenset({_FORMULA, _LABEL_SST, _NUMBER, _LABEL, _BOOL_ERR, _RK})
_BIFF8 = 0x0600
_ERROR_RESULT = 2


class XlsFacts:
    """Where the sheets of an xls begin, and what is to be known about their cells."""

    def __init__(self, data: bytes) -> None:
        book = stream_of(data, ("Workbook", "Book"))
        if book is None:
            raise RefusedError("is damaged or of an unknown kind (no workbook inside): save it again")
        self._book = book
        self._starts: dict[str, int] = {}
        wide = True
        for kind, body in _records(book, 0):
            if kind == _FILE_PASS:
                raise RefusedError("is protected by a password: save it without one")
            if kind == _BEGIN and len(body) >= 2:
                wide = struct.unpack_from("<H", body)[0] == _BIFF8
            elif kind == _BOUND_SHEET and len(body) >= 8:
                self._starts[_sheet_name(body, wide=wide)] = struct.unpack_from("<I", body)[0]

    def of(self, sheet: str) -> Facts:
        """Return the facts of a sheet; of one that was not found, that errors cannot be told."""
        facts = Facts(tells_errors=sheet in self._starts)
        if not facts.tells_errors:
            return facts
        for kind, body in _records(self._book, self._starts[sheet]):
            for place in _places(kind, body):
                facts.meet(*place)
            error = None
            if kind == _BOOL_ERR and len(body) >= 8 and body[7] == 1:
                error = body[6]
            elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == _ERROR_RESULT:
                error = body[8]
            if error is not None:
                row, column = struct.unpack_from("<HH", body)
                facts.troubles[row, column] = (CellKind.ERROR, ERRORS.get(error, "an error"))
        return facts


def _places(kind: int, body: bytes) -> Iterator[tuple[int, int]]:
    """Yield the cells to which a record gives a value ([MS-XLS] 2.4.175 for the one that has several)."""
    if len(body) < 6:
        return
    row, column = struct.unpack_from("<HH", body)
    if kind in _SINGLE:
        yield row, column
    elif kind == _MULTIPLE_RK:
        for each in range((len(body) - 6) // 6):
            yield row, column + each


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of the records of one substream; those of charts within it are left out."""
    depth = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        body = book[at + 4 : at + 4 + size]
        at += 4 + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth == 1:
            yield kind, body
        elif depth <= 0:
            return


def _sheet_name(body: bytes, *, wide: bool) -> str:
    length = body[6]
    if not wide:
        return body[7 : 7 + length].decode("cp1252", "replace")
    return (
        body[8 : 8 + 2 * length].decode("utf-16-le", "replace")
        if body[7] & 1
        else body[8 : 8 + length].decode("latin-1")
    )
