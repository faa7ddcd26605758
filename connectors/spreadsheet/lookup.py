"""Finds the one cell that a rule means, and checks the labels beside it on every read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.spreadsheet.cells import (
    CellKind,
    Directory,
    Name,
    Sheet,
    a1,
    column_name,
    column_number,
    parse_a1,
    plain,
)
from connectors.spreadsheet.selection import CellLabel, SpreadsheetSelection
from connectors.spreadsheet.values import Declared, written_number
from mapping.errors import FixConfigError

_TARGET = re.compile(
    r"=?(?P<sheet>'(?:[^']|'')+'|[^'!\[\]()]+)!(?P<first>\$?[A-Z]{1,3}\$?\d+)(?::(?P<last>\$?[A-Z]{1,3}\$?\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a number stands, and by which words it was recognised."""

    row: int
    column: int
    recognised: str

    def origin(self, sheet: Sheet) -> str:
        """Return where exactly it was read, for people."""
        place = sheet.place(self.row, self.column)
        return f"{place} ({self.recognised})" if self.recognised else place


def sheet_name(directory: Directory, file: str, wanted: str | None) -> str:
    """Return the sheet as the file spells it; None means the only one.

    Raises:
        FixConfigError: no such sheet, or none was named and there are several.
    """
    if wanted is None:
        if len(directory.sheets) == 1:
            return directory.sheets[0]
        raise FixConfigError(f"{file} has several sheets ({_listed(directory.sheets)}): say which: sheet: …")
    for name in directory.sheets:
        if plain(name) == plain(wanted):
            return name
    raise FixConfigError(f"{file} has no sheet {wanted!r}: {_nearest_of(wanted, directory.sheets)}")


def resolve_name(directory: Directory, file: str, wanted: str) -> tuple[str, int, int]:
    """Return sheet, row and column that a defined name refers to.

    Raises:
        FixConfigError: no such name, or it means no single cell.
    """
    if not directory.knows_names:
        raise FixConfigError(
            f"{file}: the name {wanted!r} cannot be looked up in {directory.format}: save the file as xlsx, "
            "or say sheet with row and column, or with cell"
        )
    found = [name for name in directory.names if name.name.casefold() == wanted.casefold()]
    # a sheet's own name may repeat a name of the workbook; the workbook's is the one meant from outside
    found = [name for name in found if name.sheet is None] or found
    if not found:
        raise FixConfigError(
            f"{file} has no name {wanted!r}: {_nearest_of(wanted, tuple(name.name for name in directory.names))}"
        )
    if len(found) > 1:
        where = " and ".join(f"{name.sheet} ({name.target})" for name in found)
        raise FixConfigError(f"{file} has the name {wanted!r} in {where}: give it one meaning, or say sheet and cell")
    return _single_cell(found[0], directory, file)


def _single_cell(name: Name, directory: Directory, file: str) -> tuple[str, int, int]:
    match = _TARGET.fullmatch(name.target.strip())
    if match is None:
        raise FixConfigError(
            f"{file}: the name {name.name!r} refers to {name.target[:80]!r}, which is no cell: mend the name"
        )
    if match["last"] is not None and match["last"].replace("$", "") != match["first"].replace("$", ""):
        raise FixConfigError(
            f"{file}: the name {name.name!r} refers to the range {name.target}: a single cell was expected"
        )
    sheet = match["sheet"]
    quoted = sheet.startswith("'")
    sheet = sheet[1:-1].replace("''", "'") if quoted else sheet
    return sheet_name(directory, file, sheet.removeprefix("$")), *parse_a1(match["first"])


def by_address(sheet: Sheet, row: int, column: int, selection: SpreadsheetSelection, declared: Declared) -> Found:
    """Return the cell of an address or a name, once its label is verified.

    ``declared`` tells text that is a number from text that is a label.

    Raises:
        FixConfigError: the label that the rule states does not stand there.
    """
    left = _first_label(sheet, ((row, each) for each in range(column - 1, -1, -1)), declared)
    above = _first_label(sheet, ((each, column) for each in range(row - 1, -1, -1)), declared)
    wanted = selection.label
    if isinstance(wanted, CellLabel):
        _verify_cell(sheet, wanted)
        recognised = f"label {wanted.is_} in {wanted.cell}"
    elif wanted is not None:
        if plain(wanted) not in {plain(left), plain(above)}:
            stands = " and ".join(
                f"{text!r} {where}" if text else f"nothing {where}"
                for text, where in ((left, "to its left"), (above, "above it"))
            )
            raise FixConfigError(
                f"{sheet.place(row, column)} has {stands}, the label {wanted!r} was expected{_moved(sheet, wanted)}"
            )
        recognised = f"label {wanted}"
    else:
        beside = [text for text in (left, above) if text]
        recognised = "beside it: " + ", ".join(beside) if beside else ""
    name = f"name {selection.name}" if selection.name else ""
    return Found(row=row, column=column, recognised=", ".join(part for part in (name, recognised) if part))


def _verify_cell(sheet: Sheet, wanted: CellLabel) -> None:
    row, column = parse_a1(wanted.cell)
    cell = sheet.at(row, column)
    if cell is None or plain(cell.text) != plain(wanted.is_):
        found = "nothing" if cell is None else repr(cell.text[:80])
        raise FixConfigError(
            f"{sheet.place(row, column)} holds {found}, "
            f"the label {wanted.is_!r} was expected{_moved(sheet, wanted.is_)}"
        )


def _first_label(sheet: Sheet, places: Iterable[tuple[int, int]], declared: Declared) -> str:
    """Return the first text on the way that is no number, spaces collapsed; empty if there is none."""
    for row, column in places:
        cell = sheet.at(row, column)
        if cell is not None and cell.kind is CellKind.TEXT and written_number(cell, declared) is None:
            return " ".join(cell.text.split())
    return ""


def _moved(sheet: Sheet, label: str) -> str:
    """Return where a label stands now, or the nearest one, as the end of a message."""
    texts = {a1(row, column): cell.text for row, column, cell in sheet.cells() if cell.kind is CellKind.TEXT}
    same = [address for address, text in texts.items() if plain(text) == plain(label)]
    if same:
        return f"; it stands in {_listed(tuple(same))} now: correct the rule"
    return _nearest_at(label, texts)


def by_labels(sheet: Sheet, selection: SpreadsheetSelection) -> Found:
    """Return the cell at the crossing of a row label and a column header, both found anew.

    Raises:
        FixConfigError: a label or header is missing or stands there twice.
    """
    head = header_row(sheet, selection.header)
    column = find_header(sheet, head, selection.column or "")
    row, stands_as = find_row(sheet, head, selection)
    headed = " ".join(sheet.rows[head][column].text.split())
    return Found(row=row, column=column, recognised=f"row {stands_as}, column {headed}")


def find_row(sheet: Sheet, head: int, selection: SpreadsheetSelection) -> tuple[int, str]:
    """Return the row below the headers that has the label, and the label as it stands.

    Raises:
        FixConfigError: the label is missing or stands there twice.
    """
    row_label = selection.row or ""
    below = [row for row in sheet.rows if row > head]
    if selection.labels is not None:
        labels = column_number(selection.labels)
    else:
        labels = min((min(sheet.rows[row]) for row in (head, *below)), default=0)
    candidates = {row: cell.text for row in sorted(below) if (cell := sheet.at(row, labels)) is not None}
    matching = [row for row, text in candidates.items() if plain(text) == plain(row_label)]
    if not matching:
        near = _nearest_at(row_label, {a1(row, labels): text for row, text in candidates.items()})
        raise FixConfigError(
            f"{sheet}, column {column_name(labels)} has no label {row_label!r}{near}: correct the rule or the sheet"
        )
    if len(matching) > 1:
        places = _listed(tuple(a1(row, labels) for row in matching))
        raise FixConfigError(
            f"{sheet} has the label {row_label!r} twice or more, in {places}: make labels differ, or say cell"
        )
    if sheet.widths and sheet.widths[matching[0]] != sheet.widths.get(head):
        raise FixConfigError(
            f"{sheet}, line {sheet.lines[matching[0]]} has {sheet.widths[matching[0]]} fields, "
            f"its header has {sheet.widths.get(head)}: a delimiter inside a value must be quoted"
        )
    return matching[0], " ".join(candidates[matching[0]].split())


def header_row(sheet: Sheet, stated: int | None) -> int:
    """Return the row of headers, from 0.

    Raises:
        FixConfigError: the sheet, or the stated row, is empty.
    """
    row = sheet.first_row() if stated is None else stated - 1
    if row is None or row not in sheet.rows:
        what = (
            "is empty"
            if stated is None or not sheet.rows
            else f"has nothing in row {stated}, where the headers were expected"
        )
        raise FixConfigError(f"{sheet} {what}")
    return row


def find_header(sheet: Sheet, row: int, header: str) -> int:
    """Return the column of a header in its row.

    Raises:
        FixConfigError: it is missing or stands there twice.
    """
    headers = {column: cell.text for column, cell in sheet.rows[row].items()}
    matching = [column for column, text in headers.items() if plain(text) == plain(header)]
    if len(matching) > 1:
        places = _listed(tuple(a1(row, column) for column in matching))
        raise FixConfigError(
            f"{sheet} has the header {header!r} twice or more, in {places}: make headers differ, or say cell"
        )
    if matching:
        return matching[0]
    raise FixConfigError(missing_header(sheet, row, header))


def missing_header(sheet: Sheet, row: int, header: str) -> str:
    """Return the message for a header that does not stand in its row."""
    headers = {a1(row, column): cell.text for column, cell in sorted(sheet.rows[row].items())}
    elsewhere = [
        a1(at, column) for at, column, cell in sheet.cells() if at != row and plain(cell.text) == plain(header)
    ]
    if elsewhere:
        hint = f"; it stands in {_listed(tuple(elsewhere))}: correct the rule, or say the row of headers (header: …)"
    elif len(headers) == 1 and sheet.name is None:
        hint = f"; it holds only {next(iter(headers.values()))[:80]!r}: is the delimiter declared rightly?"
    else:
        hint = _nearest_at(header, headers) + ": correct the rule or the sheet"
    return f"{sheet}, row {row + 1} has no header {header!r}{hint}"


def _nearest_at(wanted: str, texts: Mapping[str, str]) -> str:
    """Return the nearest texts with their addresses as the end of a message; nothing when there are no texts."""
    near = _near(wanted, texts.values())
    named = [f"{text[:60]!r} in {address}" for address, text in texts.items() if not near or text in near]
    return f"; {'nearest' if near else 'there are'}: {_listed(tuple(named), 3)}" if named else ""


def _nearest_of(wanted: str, names: tuple[str, ...]) -> str:
    near = tuple(_near(wanted, names))
    if near:
        return f"nearest: {_listed(near)}"
    return f"it has {_listed(names)}" if names else "it has none at all"


def _near(wanted: str, texts: Iterable[str]) -> list[str]:
    folded = {plain(text): text for text in texts}
    return [folded[match] for match in difflib.get_close_matches(plain(wanted), folded, n=3, cutoff=0.5)]


def _listed(names: tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
