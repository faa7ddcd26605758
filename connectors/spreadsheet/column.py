"""A column of a spreadsheet as a destination: the row is found by the key result's address in a key column.

A workbook on disk, or a Google sheet. Only the cells of the column are written, as plain values; a formula there is
refused. https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/batchUpdate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.destination import DestinationKind, Write
from connectors.port import OptionsModel, Surroundings
from connectors.spreadsheet.cells import Cell, CellKind, Sheet, number_text, plain
from connectors.spreadsheet.column_places import FileColumn, GoogleColumn
from connectors.spreadsheet.edit import At
from connectors.spreadsheet.options import SpreadsheetOptions, Text
from mapping.delivery import STATUS, VALUE, Held, Update
from mapping.errors import FixConfigError

AT_ONCE = 500
HEADER_WITHIN = 50
"""The header stands in one of so many first rows."""
SUFFIXES = (".xlsx", ".xlsm")


class ColumnOptions(OptionsModel):
    """What may stand in a destination beside ``to: spreadsheet``."""

    file: Text | None = Field(default=None, description="Path of an xlsx file, relative to the folder of the config.")
    google_sheet: str | None = Field(
        default=None, description="The sheet's address in the browser, or its id. Share it with the account as editor."
    )
    key: SecretStr | None = Field(
        default=None, description="google_sheet: JSON key of the service account; write ${GOOGLE_KEY}."
    )
    key_file: Text | None = Field(default=None, description="google_sheet: file with that key.")
    sheet: Text = Field(description="Name of the sheet.")
    key_column: Text = Field(description="Header of the column that holds the addresses: objective/key-result.")
    value_column: Text = Field(description="Header of the column that values are written to.")
    status_column: Text | None = Field(default=None, description="Header of a column for the status; none by default.")

    @field_validator("file")
    @classmethod
    def _is_a_workbook(cls, file: str | None) -> str | None:
        if file is not None and Path(file).suffix.lower() not in SUFFIXES:
            raise ValueError(f"{file!r} is no xlsx file: only these can be written to")
        return file

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        self.place()
        return self

    def place(self) -> SpreadsheetOptions:
        """Return where the spreadsheet is, as for reading."""
        return SpreadsheetOptions(file=self.file, google_sheet=self.google_sheet, key=self.key, key_file=self.key_file)


class ColumnPlace(Protocol):
    """Where the spreadsheet is kept."""

    async def sheet(self, name: str) -> Sheet:
        """Return a sheet as it stands now, the same one until something was put."""
        ...

    async def formulas(self, name: str, cells: Sequence[At]) -> set[At]:
        """Return which of these cells of it hold formulas."""
        ...

    async def put(self, name: str, values: Mapping[At, Decimal | str]) -> None:
        """Set cells of the sheet that was read last. Raises TryAgainError when it has changed since."""
        ...

    async def aclose(self) -> None:
        """Let go of it."""
        ...


class SheetColumn:
    """One column, and perhaps one for the status."""

    at_once = AT_ONCE

    def __init__(self, options: ColumnOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._who = surroundings.connection
        place = FileColumn if options.file is not None else GoogleColumn
        self._place: ColumnPlace = place(options.place(), surroundings)

    async def read(self, target: str, update: Update) -> Held:
        """Return what stands in the row of a key result.

        Raises:
            FixConfigError: no such sheet, header or row, two rows of one address, or a formula in the column.
        """
        sheet = await self._place.sheet(self._options.sheet)
        if update.value is None:
            return Held()
        cells = self._cells(sheet, target)
        for at in await self._place.formulas(self._options.sheet, list(cells.values())):
            raise FixConfigError(
                f"{self._who}: {sheet.place(*at)} holds a formula, which is not written over: name another column"
            )
        wanted = {VALUE: number_text(float(update.value)), STATUS: update.status.replace("_", " ")}
        parts = [part for part in (VALUE, STATUS) if part in cells]
        return Held(
            found={part: _text(sheet.at(*cells[part])) for part in parts},
            wanted={part: wanted[part] for part in parts},
        )

    async def write(self, writes: Sequence[Write]) -> None:
        """Set the cells of several key results at once."""
        sheet = await self._place.sheet(self._options.sheet)
        values: dict[At, Decimal | str] = {}
        for each in writes:
            cells = self._cells(sheet, each.target)
            for part in each.parts:
                wanted = each.held.wanted[part]
                values[cells[part]] = Decimal(wanted) if part == VALUE else wanted
        await self._place.put(self._options.sheet, values)

    def describe(self, target: str) -> str:
        """Return where a key result's cell is."""
        return f"row {target}, column {self._options.value_column} of {self._options.file or 'the Google sheet'}"

    async def aclose(self) -> None:
        """Let go of the file or the connections."""
        await self._place.aclose()

    def _cells(self, sheet: Sheet, address: str) -> dict[str, At]:
        """Return the cells of a key result, by part."""
        header, columns = self._header(sheet)
        key = columns[plain(self._options.key_column)]
        rows = [row for row in sheet.rows if row > header and _text(sheet.at(row, key)) == address]
        if len(rows) != 1:
            what = "has no row for" if not rows else f"has {len(rows)} rows for"
            raise FixConfigError(
                f"{self._who}: {sheet} {what} {address} in column {self._options.key_column}: "
                "write each address into one row"
            )
        cells = {VALUE: (rows[0], columns[plain(self._options.value_column)])}
        if self._options.status_column is not None:
            cells[STATUS] = (rows[0], columns[plain(self._options.status_column)])
        for at in cells.values():
            if (area := sheet.merged_over(*at)) is not None:
                where = f"{self._who}: {sheet.place(*at)}"
                raise FixConfigError(f"{where} is hidden in the merged cells {area}: unmerge them")
        return cells

    def _header(self, sheet: Sheet) -> tuple[int, dict[str, int]]:
        asked = (self._options.key_column, self._options.value_column, self._options.status_column)
        wanted = {plain(each) for each in asked if each is not None}
        for row in sorted(sheet.rows)[:HEADER_WITHIN]:
            labels = [(plain(cell.text), column) for column, cell in sheet.rows[row].items()]
            columns = {label: column for label, column in labels if label in wanted}
            if len(columns) == len(wanted):
                if sum(label in wanted for label, _ in labels) > len(wanted):
                    raise FixConfigError(f"{self._who}: {sheet}, row {row + 1} has a header twice: rename one")
                return row, columns
        names = ", ".join(each for each in asked if each is not None)
        raise FixConfigError(f"{self._who}: {sheet} has no row with the headers {names}: check their names")


def _text(cell: Cell | None) -> str | None:
    """Return what stands in a cell as it is compared; None for an empty one."""
    if cell is None:
        return None
    return number_text(float(cell.text)) if cell.kind is CellKind.NUMBER else cell.text.strip()


DESTINATION = DestinationKind(
    name="spreadsheet",
    title="A column of a workbook on disk or of a Google sheet",
    options=ColumnOptions,
    open=SheetColumn,
)
