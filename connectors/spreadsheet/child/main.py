"""Opens one workbook, says what stands in it, then answers for sheets until the pipe closes."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING

from connectors.spreadsheet.cells import Area, CellKind, Directory, number_text
from connectors.spreadsheet.child import caps, odf, ooxml, xlsb
from connectors.spreadsheet.child.archive import check_archive
from connectors.spreadsheet.child.facts import Facts, check_bounds
from connectors.spreadsheet.child.sniff import ENCRYPTED_PACKAGE, OLE, ZIP, format_of_zip
from connectors.spreadsheet.child.wire import RefusedError, WireCell, send
from connectors.spreadsheet.child.xls import XlsFacts

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Value = int | float | str | bool | time | date | datetime | timedelta


def limit_ourselves() -> None:
    """Take away memory, time, files to write and core dumps."""
    if sys.platform == "linux":  # macOS refuses or ignores a limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (caps.MEMORY_BYTES, caps.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (caps.CPU_SECONDS, caps.CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Reader:
    """One open workbook."""

    def __init__(self, stream: IO[bytes]) -> None:
        from python_calamine import CalamineError, CalamineWorkbook

        self.directory, self._facts = _look(stream)
        stream.seek(0)
        try:
            self._workbook: CalamineWorkbook = CalamineWorkbook.from_filelike(stream)
        except (CalamineError, OSError) as error:
            raise RefusedError(_unreadable(error)) from error
        if self.directory.format == "xls":
            self.directory = dataclasses.replace(self.directory, sheets=tuple(self._workbook.sheet_names))

    def send_sheet(self, name: str, out: IO[bytes]) -> None:
        """Send the cells of a sheet in batches, then what is merged.

        Raises:
            RefusedError: it is no worksheet, or too big.
        """
        from python_calamine import CalamineError

        try:
            facts = self._facts(name)
        except KeyError as error:
            raise RefusedError(f"has no cells in {name!r}: it is a chart or a dialogue, not a worksheet") from error
        try:
            sheet = self._workbook.get_sheet_by_name(name)
            if facts.bounds is None and sheet.start is not None and sheet.end is not None:
                check_bounds(Area(*sheet.start, *sheet.end))
            for batch in _batches(_cells(sheet, facts)):
                send(out, {"cells": batch})
            merged = facts.merged or [Area(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
        except (CalamineError, OSError) as error:
            raise RefusedError(f"has a sheet {name!r} that cannot be read: {_unreadable(error)}") from error
        send(out, {"end": {"merged": merged, "tells_errors": facts.tells_errors}})


def _unreadable(error: Exception) -> str:
    from python_calamine import PasswordError

    if isinstance(error, PasswordError):
        return "is protected by a password: save it without one"
    return f"is damaged or of an unknown kind ({str(error)[:200] or type(error).__name__}): save it again"


def _look(stream: IO[bytes]) -> tuple[Directory, Callable[[str], Facts]]:
    """Return the directory, and a function that gives the facts of a sheet."""
    head = stream.read(8)
    if head.startswith(OLE):
        data = head + stream.read()
        if ENCRYPTED_PACKAGE in data:
            raise RefusedError("is protected by a password: save it without one")
        return Directory(format="xls", sheets=(), knows_names=False), XlsFacts(data).of
    if not head.startswith(ZIP):
        raise RefusedError("is no workbook")
    archive = check_archive(stream)
    kind = format_of_zip(set(archive.namelist()))
    if kind == "xlsx":
        book = ooxml.open_workbook(archive)
        return book.directory, book.facts
    if kind == "ods":
        directory, facts = odf.open_document(archive)
        return directory, facts.__getitem__
    if kind == "xlsb":
        sheets, parts = xlsb.sheet_parts(archive)
        directory = Directory(format="xlsb", sheets=sheets, knows_names=False)
        return directory, lambda name: xlsb.facts_of(archive, parts[name])
    raise RefusedError("is a zip, but no xlsx, xlsb or ods: save it as one of these")


def _cells(sheet: CalamineSheet, facts: Facts) -> Iterator[WireCell]:
    """Yield the cells that are not empty; calamine's rows begin at row 1, its columns at the first that is used."""
    left = sheet.start[1] if sheet.start is not None else 0
    for place, (kind, text) in facts.troubles.items():
        yield (*place, kind.value, text, "")
    filled = 0
    for row, values in enumerate(sheet.iter_rows()):
        for column, value in enumerate(values, left):
            if value == "" or (row, column) in facts.troubles:
                continue
            filled += 1
            if filled > caps.FILLED_CELLS:
                raise RefusedError(f"holds more than {caps.FILLED_CELLS:,} cells: split the sheet")
            yield (row, column, *_typed(value), facts.styles.get((row, column), ""))


def _typed(value: Value) -> tuple[str, str]:
    """Return kind and text of a value as calamine gives it."""
    if isinstance(value, str):
        if len(value) > caps.TEXT_LENGTH:
            return CellKind.UNREADABLE.value, f"a text of {len(value):,} characters, more than {caps.TEXT_LENGTH:,}"
        return CellKind.TEXT.value, value
    if isinstance(value, bool):
        return CellKind.BOOL.value, "true" if value else "false"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            return CellKind.UNREADABLE.value, f"the number {value}"
        return CellKind.NUMBER.value, number_text(value)
    if isinstance(value, timedelta | time):
        return CellKind.DURATION.value, str(value)
    return CellKind.DATE.value, value.isoformat()


def _batches(cells: Iterator[WireCell]) -> Iterator[list[WireCell]]:
    batch: list[WireCell] = []
    size = 0
    for cell in cells:
        batch.append(cell)
        size += 24 + len(cell[3])
        if size > caps.BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def serve(stream: IO[bytes], requests: IO[bytes], out: IO[bytes]) -> None:
    """Answer until the requests end."""
    reader = Reader(stream)
    send(out, {"directory": dataclasses.asdict(reader.directory)})
    for line in requests:
        try:
            reader.send_sheet(json.loads(line)["sheet"], out)
        except RefusedError as refused:
            send(out, {"refused": str(refused)})


def main() -> None:
    """Run with the number of the file descriptor to read as the second argument, after the folder of the rooms."""
    out = sys.stdout.buffer
    limit_ourselves()
    try:
        with os.fdopen(int(sys.argv[2]), "rb") as stream:
            serve(stream, sys.stdin.buffer, out)
    except RefusedError as refused:
        send(out, {"refused": str(refused)})
    except MemoryError:
        send(out, {"refused": f"needs more than the {caps.shown(caps.MEMORY_BYTES)} of memory allowed: split the file"})
    except BaseException as error:  # noqa: BLE001  (see below)
        # calamine's PanicException is no Exception; whatever it is, the parent wants to say it in one line
        text = " ".join(str(error).split())[:200]
        send(out, {"refused": f"cannot be read, its reader broke down ({type(error).__name__}: {text}): save it again"})
        sys.exit(1)
