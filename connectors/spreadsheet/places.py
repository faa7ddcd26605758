"""Where a spreadsheet is kept, and what it is once it is open: the two things that all kinds of it have in common."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol, runtime_checkable

from connectors.spreadsheet.cells import Directory, Sheet
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.sniff import OLE, ZIP, what_is
from connectors.spreadsheet.client import WorkbookChild
from connectors.spreadsheet.csvfile import read_csv
from connectors.spreadsheet.options import SpreadsheetOptions
from mapping.errors import FixConfigError

CSV = Directory(format="csv", sheets=(), knows_names=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Which state of a spreadsheet it is."""

    mark: str
    """Equal marks hold equal content, as far as its keeper tells."""
    changed_at: datetime
    """When it was last changed, in UTC."""
    size: int | None = None
    """In bytes; None where there is no file."""


class Book(Protocol):
    """One edition of a spreadsheet, open."""

    directory: Directory

    async def sheet(self, name: str | None) -> Sheet:
        """Return the cells of a sheet of the directory; None is the only one of a csv."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it can still answer."""
        ...

    async def aclose(self) -> None:
        """Let go of it. Again does nothing."""
        ...


class Place(Protocol):
    """Where one spreadsheet is kept. Every method raises what ``Source`` raises, without the connection's name."""

    server: str
    """Who keeps it, for people."""
    fresh_for: float
    """For so many seconds nobody need look again whether it has changed."""

    @property
    def account(self) -> str:
        """As whom we look at it; empty where nobody asks."""
        ...

    @property
    def said(self) -> str:
        """What people call it, for messages."""
        ...

    async def edition(self) -> Edition:
        """Return the edition that is there now."""
        ...

    async def open(self) -> tuple[Book, Edition]:
        """Open what is there now."""
        ...

    def requests(self) -> int:
        """Return how many requests were sent, or how often a file was opened."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class KeepsEditions(Protocol):
    """What a place offers besides when it keeps old editions."""

    def past(self, since: datetime) -> AsyncIterator[tuple[Edition, Callable[[], Awaitable[Book]]]]:
        """Give the edition that stood at ``since`` and those after it, without the present one, oldest first.

        Each comes with a way to open it.
        """
        ...


class CsvBook:
    """A csv, read whole."""

    def __init__(self, sheet: Sheet) -> None:
        self.directory = CSV
        self.alive = True
        self._sheet = sheet

    async def sheet(self, name: str | None) -> Sheet:
        """Return the only sheet.

        Raises:
            FixConfigError: a sheet was named.
        """
        if name is not None:
            raise FixConfigError(f"{self._sheet.file} is csv and has no sheets: leave sheet out")
        return self._sheet

    async def aclose(self) -> None:
        """Nothing is held."""


async def open_file(copy: IO[bytes], said: str, options: SpreadsheetOptions, *, is_csv: bool) -> Book:
    """Open a file, given as a copy that nobody else changes; the caller closes the copy.

    Raises:
        FixConfigError: it is neither workbook nor csv, damaged, protected, too big, or not as declared.
        TryAgainError: the reader was killed from outside, or the machine is too busy.
    """
    if is_csv:
        encoding, delimiter = options.encoding or "utf-8", options.delimiter or ","
        return CsvBook(
            await asyncio.to_thread(lambda: read_csv(copy.read(), file=said, encoding=encoding, delimiter=delimiter))
        )
    for term in ("encoding", "delimiter"):
        if getattr(options, term) is not None:
            raise FixConfigError(f"{said} is a workbook: {term} goes with csv only: leave it out")
    head = copy.read(4096)
    copy.seek(0)
    if not head.startswith((ZIP, OLE)):
        raise FixConfigError(
            f"{said} is {what_is(head)} and no workbook: save it as xlsx, or as csv with the suffix .csv"
        )
    return await WorkbookChild.start(copy, said)


def check_size(size: int, said: str) -> None:
    """Raise FixConfigError for a file of more bytes than are opened at all."""
    if size > caps.FILE_BYTES:
        raise FixConfigError(
            f"{said} has {caps.shown(size)}, more than the {caps.shown(caps.FILE_BYTES)} allowed: split it"
        )


def unnamed_copy(data: bytes, said: str) -> IO[bytes]:
    """Return bytes as a file without a name, which the child process can be handed.

    Raises:
        FixConfigError: it is larger than allowed.
    """
    check_size(len(data), said)
    with ExitStack() as on_failure:
        copy = on_failure.enter_context(tempfile.TemporaryFile())
        copy.write(data)
        copy.flush()
        copy.seek(0)
        on_failure.pop_all()
    return copy
