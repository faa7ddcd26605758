"""Makes work items of the rows of a table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.port import OnSkip
from connectors.spreadsheet.cells import Area, Cell, CellKind, Directory, Sheet, Table, a1, plain
from connectors.spreadsheet.lookup import header_row, missing_header, sheet_name
from connectors.spreadsheet.selection import SpreadsheetSelection, StateColumn
from connectors.spreadsheet.values import Declared, instant_of, trouble, truth_of, written_number
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import ItemState, WorkItem

_VALUELESS = (CellKind.ERROR, CellKind.UNCALCULATED, CellKind.UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """The rows of a table that are not blank, under headers that differ."""

    name: str
    sheet: Sheet
    header: int
    columns: Mapping[str, int]
    """Header as it stands to column, from left to right."""
    rows: tuple[int, ...]

    def column(self, header: str) -> int:
        """Return the column under a header, compared without regard to case and spaces.

        Raises:
            FixConfigError: there is none.
        """
        for text, column in self.columns.items():
            if plain(text) == plain(header):
                return column
        raise FixConfigError(missing_header(self.sheet, self.header, header))


def table_area(directory: Directory, file: str, selection: SpreadsheetSelection) -> tuple[str, Table | None]:
    """Return the sheet a table stands on, and the named table if it is one; otherwise the sheet is the table.

    Raises:
        FixConfigError: neither a table nor a sheet has that name.
    """
    wanted = selection.table or ""
    for table in directory.tables:
        if table.name.casefold() == wanted.casefold():
            if selection.sheet is not None and plain(selection.sheet) != plain(table.sheet):
                raise FixConfigError(
                    f"{file}: the table {table.name} stands on sheet {table.sheet}, not {selection.sheet}"
                )
            return sheet_name(directory, file, table.sheet), table
    if selection.sheet is None and any(plain(name) == plain(wanted) for name in directory.sheets):
        return sheet_name(directory, file, wanted), None
    tables = ", ".join(table.name for table in directory.tables) or "none"
    raise FixConfigError(
        f"{file} has no table and no sheet {wanted!r}: tables are {tables}; sheets are {', '.join(directory.sheets)}"
    )


def table_rows(sheet: Sheet, table: Table | None, selection: SpreadsheetSelection) -> TableRows:
    """Return the headers and rows of a table.

    Raises:
        FixConfigError: no header row, or a header that stands there twice.
    """
    name = selection.table or ""
    if table is not None and table.header_rows == 0:
        raise FixConfigError(f"{sheet}: the table {name} has no header row: switch its header row on")
    head = table.area.top if table is not None else header_row(sheet, selection.header)
    area = table.area if table is not None else _all_of(sheet)
    if table is not None and selection.header is not None and selection.header != head + 1:
        raise FixConfigError(f"{sheet}: the table {name} has its headers in row {head + 1}: leave header out")
    columns: dict[str, int] = {}
    seen: dict[str, int] = {}
    for column, cell in sorted(sheet.rows.get(head, {}).items()):
        if not area.left <= column <= area.right:
            continue
        double = seen.setdefault(plain(cell.text), column)
        if double != column:
            places = f"{a1(head, double)} and {a1(head, column)}"
            raise FixConfigError(f"{sheet} has the header {cell.text!r} twice, in {places}: make headers differ")
        columns[" ".join(cell.text.split())] = column
    last = area.bottom - (table.totals_rows if table is not None else 0)
    used = set(columns.values())
    rows = tuple(
        row for row in sorted(sheet.rows) if head < row <= last and (used & sheet.rows[row].keys() or sheet.widths)
    )
    return TableRows(name=name, sheet=sheet, header=head, columns=columns, rows=rows)


def _all_of(sheet: Sheet) -> Area:
    columns = [column for row in sheet.rows.values() for column in row]
    return Area(0, min(columns, default=0), max(sheet.rows, default=0), max(columns, default=0))


def row_items(
    table: TableRows,
    selection: SpreadsheetSelection,
    declared: Declared,
    *,
    connection: str,
    changed_at: datetime,
    fields: frozenset[str],
    on_skip: OnSkip,
) -> Iterator[WorkItem]:
    """Yield the rows as work items, in file order. A row that cannot be read goes to ``on_skip``.

    Raises:
        FixConfigError: a column that the rule names is missing, or two rows have one id.
    """
    reader = _RowReader(table, selection, declared, fields)
    ids: dict[str, int] = {}
    for row in table.rows:
        try:
            item = reader.item(row, connection, changed_at)
        except SkipRecordError as error:
            on_skip(SkipRecordError(f"{connection}: {error}"))
            continue
        double = ids.setdefault(item.id, row)
        if double != row:
            column = table.column(selection.id or "")
            places = f"{a1(double, column)} and {a1(row, column)}"
            said = item.id.removeprefix(f"{table.name}#").removesuffix(reader.reading)
            raise FixConfigError(
                f"{table.sheet} has the id {said!r} twice, in {places}: make ids differ, or name another column as id"
            )
        yield item


def _reading(selection: SpreadsheetSelection) -> str:
    """Return what tells two readings of one row apart; empty where the rule says nothing of its state.

    Whether a row is done is said by the rule and not by the file, so the same row may be done to one rule and open
    to another; as one item, the rule that was read last would decide for both.
    """
    said = selection.model_dump_json(include=set(_TOLD), exclude_defaults=True)
    return "" if said == "{}" else f"@{digest(said)[:6]}"


_TOLD = ("title", "status", "done", "in_progress", "wont_do", "date", "text")
"""What a rule says of a row; two that say the same read the same."""


class _RowReader:
    """Knows what each column is for; a header is looked up once and not for every row."""

    def __init__(
        self, table: TableRows, selection: SpreadsheetSelection, declared: Declared, fields: frozenset[str]
    ) -> None:
        self._table = table
        self._declared = declared
        self.reading = _reading(selection)
        self._id = None if selection.id is None else table.column(selection.id)
        self._title = table.column(selection.title) if selection.title else None
        self._states = [
            (state, table.column(said.column), said)
            for state, said in (
                (ItemState.WONT_DO, selection.wont_do),
                (ItemState.DONE, selection.done),
                (ItemState.IN_PROGRESS, selection.in_progress),
            )
            if said is not None
        ]
        stated = selection.status or next((said.column for _, _, said in self._states if said.is_), None)
        self._status = table.column(stated) if stated else None
        asked = {name: column for name in fields if (column := self._column_or_none(name)) is not None}
        self._asked = frozenset(asked.values())
        self._names = {column: header for header, column in table.columns.items()} | {
            column: name for name, column in sorted(asked.items(), reverse=True)
        }
        as_text = {table.column(header) for header in selection.text}
        self._numeric = {
            column for column in table.columns.values() if column not in as_text and self._is_numeric(column)
        }
        self._date_stated = selection.date is not None
        self._date = table.column(selection.date) if selection.date else self._only_date_column(as_text)

    def _column_or_none(self, name: str) -> int | None:
        return next((column for header, column in self._table.columns.items() if plain(header) == plain(name)), None)

    def _filled(self, column: int) -> list[Cell]:
        sheet = self._table.sheet
        cells = (sheet.at(row, column) for row in self._table.rows)
        return [cell for cell in cells if cell is not None]

    def _is_numeric(self, column: int) -> bool:
        """Whether the cells are numbers: all of them, or, in a column that a rule asks for, any of them."""
        found = [written_number(cell, self._declared) is not None for cell in self._filled(column)]
        return any(found) if column in self._asked else bool(found) and all(found)

    def _only_date_column(self, as_text: set[int]) -> int | None:
        """Return the one column whose cells are all dates; None if there is none or more than one."""
        dated = [
            column
            for column in self._table.columns.values()
            if column not in as_text
            and (cells := self._filled(column))
            and all(instant_of(cell, self._declared) is not None for cell in cells)
        ]
        return dated[0] if len(dated) == 1 else None

    def item(self, row: int, connection: str, changed_at: datetime) -> WorkItem:
        """Return one row.

        Raises:
            SkipRecordError: a cell that counts cannot be read, or the row has more or fewer fields than the header.
        """
        table, sheet = self._table, self._table.sheet
        if sheet.widths and sheet.widths[row] != sheet.widths[table.header]:
            raise SkipRecordError(
                f"{sheet}, line {sheet.lines[row]} has {sheet.widths[row]} fields, its header has "
                f"{sheet.widths[table.header]}: quote values that hold the delimiter"
            )
        numbers, texts = self._content(row)
        key = f"{table.name} row {row + 1}"
        state = self._state(row)
        return WorkItem(
            connection=connection,
            id=f"{table.name}#{self._identity(row)}{self.reading}",
            key=key,
            title=self._title_of(row) or key,
            state=state,
            status=self._text(row, self._status),
            status_id=self._text(row, self._status),
            kind="row",
            updated_at=changed_at,
            on=self._on(row),
            numbers=numbers,
            fields=texts,
        )

    def _identity(self, row: int) -> str:
        if self._id is None:
            return str(row - self._table.header)
        text = self._text(row, self._id)
        if not text:
            raise SkipRecordError(f"{self._table.sheet.place(row, self._id)} is empty, the id of the row was expected")
        return text

    def _title_of(self, row: int) -> str:
        if self._title is not None:
            return self._text(row, self._title)
        cells = (
            (column, self._table.sheet.at(row, column)) for column in self._table.columns.values() if column != self._id
        )
        return next((cell.text for _, cell in cells if cell is not None and cell.kind is CellKind.TEXT), "")

    def _text(self, row: int, column: int | None) -> str:
        """Return the text of a cell that a rule names; empty if it is empty."""
        cell = None if column is None else self._table.sheet.at(row, column)
        if cell is None or column is None:
            return ""
        self._refuse(row, column, cell)
        return " ".join(cell.text.split())

    def _refuse(self, row: int, column: int, cell: Cell) -> None:
        if cell.kind in _VALUELESS:
            raise SkipRecordError(f"{self._table.sheet.place(row, column)} {trouble(cell)}")

    def _state(self, row: int) -> ItemState:
        for state, column, said in self._states:
            if self._is_in(row, column, said):
                return state
        return ItemState.TODO

    def _is_in(self, row: int, column: int, said: StateColumn) -> bool:
        cell = self._table.sheet.at(row, column)
        if cell is not None:
            self._refuse(row, column, cell)
        if said.is_:
            words = {plain(str(word).lower() if isinstance(word, bool) else word) for word in said.is_}
            return cell is not None and plain(cell.text) in words
        truth = truth_of(cell)
        if truth is None:
            raise SkipRecordError(
                f"{self._table.sheet.place(row, column)} holds {cell.text[:60] if cell else ''!r}, "
                "true, false or nothing was expected: say which words mean it (is: [Done])"
            )
        return truth

    def _on(self, row: int) -> datetime | None:
        cell = None if self._date is None else self._table.sheet.at(row, self._date)
        if cell is None or self._date is None:
            return None
        self._refuse(row, self._date, cell)
        instant = instant_of(cell, self._declared)
        if instant is None:
            raise SkipRecordError(
                f"{self._table.sheet.place(row, self._date)} holds {cell.text[:60]!r}, a date was expected "
                f"(dates: {self._declared.dates})"
            )
        return instant

    def _content(self, row: int) -> tuple[dict[str, Decimal], dict[str, str]]:
        numbers: dict[str, Decimal] = {}
        texts: dict[str, str] = {}
        sheet = self._table.sheet
        for column, name in self._names.items():
            cell = sheet.at(row, column)
            if cell is None:
                continue
            if cell.kind in _VALUELESS:
                if column in self._asked:
                    self._refuse(row, column, cell)
                continue  # nobody asked for it; whoever does later gets the refusal
            quantity = written_number(cell, self._declared) if column in self._numeric else None
            if quantity is not None:
                numbers[name] = quantity.value
            elif column in self._numeric:
                raise SkipRecordError(
                    f"{sheet.place(row, column)} holds the {cell.kind.name.lower()} {cell.text[:60]!r} in a column of "
                    f"numbers: correct it, or say that the column is text (text: [{name}])"
                )
            else:
                texts[name] = cell.text
        return numbers, texts


def digest(*parts: str) -> str:
    """Return a short digest of what readings depend on."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
