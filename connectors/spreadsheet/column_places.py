"""Where a column is written: a workbook on disk, replaced whole by a copy with the cells set, or a Google sheet."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO

from connectors.port import Surroundings
from connectors.spreadsheet.cells import Sheet, a1
from connectors.spreadsheet.edit import At, formulas_in, part_of, write_copy
from connectors.spreadsheet.files import Version, copy_whole, version_of
from connectors.spreadsheet.google import GooglePlace
from connectors.spreadsheet.google_key import WRITING
from connectors.spreadsheet.google_wire import quoted
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import Book, Edition, open_file
from mapping.errors import FixConfigError, TryAgainError


class FileColumn:
    """A workbook on disk."""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._said = options.file or ""
        self._path = surroundings.folder / self._said
        self._copy: IO[bytes] | None = None
        self._version: Version | None = None
        self._sheet: Sheet | None = None
        self._formulas: set[At] = set()

    async def sheet(self, name: str) -> Sheet:
        """Return the sheet as it stands on disk now.

        Raises:
            FixConfigError: there is no such file or sheet, or it cannot be read.
            TryAgainError: it is being saved.
        """
        if self._sheet is None or await asyncio.to_thread(version_of, self._path, self._said) != self._version:
            self._forget()
            copy, self._version = await copy_whole(self._path, self._said)
            self._copy = copy
            self._sheet = await self._read(copy, name)
            self._formulas = await asyncio.to_thread(_formulas, copy, name)
        return self._sheet

    async def formulas(self, _name: str, cells: Sequence[At]) -> set[At]:
        """Return which of these cells hold formulas."""
        return self._formulas & set(cells)

    async def put(self, name: str, values: Mapping[At, Decimal | str]) -> None:
        """Put a copy with these cells set in the place of the file, in one step.

        Raises:
            FixConfigError: it may not be written.
            TryAgainError: it is open in a program, or was saved meanwhile: nothing was changed.
        """
        copy, version = self._copy, self._version
        if copy is None or version is None:
            raise RuntimeError("a sheet is read before it is written")
        try:
            await asyncio.to_thread(self._replace, copy, version, name, values)
        finally:
            self._forget()

    async def aclose(self) -> None:
        """Let go of the copy."""
        self._forget()

    async def _read(self, copy: IO[bytes], name: str) -> Sheet:
        book: Book = await open_file(copy, self._said, self._options, is_csv=False)
        try:
            if name not in book.directory.sheets:
                there = ", ".join(book.directory.sheets)
                raise FixConfigError(f"{self._said} has no sheet {name!r}: there are {there}")
            return await book.sheet(name)
        finally:
            await book.aclose()

    def _replace(self, copy: IO[bytes], version: Version, name: str, values: Mapping[At, Decimal | str]) -> None:
        folder, own = self._path.parent, self._path.name
        if (folder / f"~${own}").exists() or (folder / f".~lock.{own}#").exists():
            raise TryAgainError(f"{self._said} is open in a program, which would save over it: close it there")
        copy.seek(0)
        made: Path | None = None
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{own}.", delete=False) as target:
                made = Path(target.name)
                write_copy(copy, target, name, values)
                target.flush()
                os.fsync(target.fileno())
            shutil.copymode(self._path, made)
            if version_of(self._path, self._said) != version:
                raise TryAgainError(f"{self._said} was saved while okrsync was writing: nothing was changed")
            made.replace(self._path)
            made = None
        except OSError as error:
            raise FixConfigError(
                f"{self._said} cannot be written ({error.strerror}): give the service the right to write in its folder"
            ) from error
        finally:
            if made is not None:
                with contextlib.suppress(OSError):
                    made.unlink()

    def _forget(self) -> None:
        if self._copy is not None:
            self._copy.close()
        self._copy = self._version = self._sheet = None


def _formulas(copy: IO[bytes], name: str) -> set[At]:
    copy.seek(0)
    with zipfile.ZipFile(copy) as book:
        return formulas_in(book.read(part_of(book, name)).decode("utf-8-sig"))


class GoogleColumn:
    """A Google sheet that its service account may edit."""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._place = GooglePlace(options, surroundings, scopes=WRITING)
        self._book: Book | None = None
        self._edition: Edition | None = None
        self._formulas: dict[At, bool] = {}

    async def sheet(self, name: str) -> Sheet:
        """Return the sheet; read once until something is put, for reads are counted."""
        if self._book is None:
            self._book, self._edition = await self._place.open()
        return await self._book.sheet(name)

    async def formulas(self, name: str, cells: Sequence[At]) -> set[At]:
        """Return which of these cells hold formulas; whole columns are asked for, once."""
        columns = sorted({column for _, column in cells if (0, column) not in self._formulas})
        for column in columns:
            for row, value in enumerate(await self._place.column(quoted(name), column)):
                self._formulas[row, column] = isinstance(value, str) and value.startswith("=")
            self._formulas.setdefault((0, column), False)
        return {at for at in cells if self._formulas.get(at)}

    async def put(self, name: str, values: Mapping[At, Decimal | str]) -> None:
        """Set cells in one request.

        Raises:
            FixConfigError: the account may not edit the sheet.
            TryAgainError: it was edited since it was read, or the answer was lost.
        """
        edition = self._edition
        self._book, self._edition, self._formulas = None, None, {}
        if edition is None or (await self._place.edition()).mark != edition.mark:
            raise self._place.being_edited()
        await self._place.put({f"{quoted(name)}!{a1(*at)}": value for at, value in values.items()})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._place.aclose()
