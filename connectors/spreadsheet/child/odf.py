"""What calamine does not tell about an ods: errors, percent and money, merged cells, names, database ranges.

Follows OpenDocument 1.3 part 3, 9 (tables) and 19.385 (office:value-type); errors as LibreOffice writes them.
"""

from __future__ import annotations

import re
import zipfile
from typing import NamedTuple

from connectors.spreadsheet.cells import Area, CellKind, Directory, Name, Table
from connectors.spreadsheet.child.facts import Facts
from connectors.spreadsheet.child.wire import RefusedError, area_of
from connectors.spreadsheet.child.xml import parse

_ADDRESS = re.compile(r"\$?(?P<sheet>'(?:[^']|'')+'|[^.':]*)\.(?P<cell>\$?[A-Z]+\$?[0-9]+)")


class _CellFacts(NamedTuple):
    column: int
    times: int
    trouble: tuple[CellKind, str] | None
    style: str
    span: tuple[int, int]


def open_document(archive: zipfile.ZipFile) -> tuple[Directory, dict[str, Facts]]:
    """Return the directory of an ods and the facts about each of its sheets.

    Raises:
        RefusedError: it is encrypted, damaged, or reaches too far.
    """
    entries = set(archive.namelist())
    if "META-INF/manifest.xml" in entries:
        with archive.open("META-INF/manifest.xml") as stream:
            parse("META-INF/manifest.xml", stream, start=_refuse_encryption)
    if "content.xml" not in entries:
        raise RefusedError("is damaged: it has no content.xml: save it again")
    scan = _ContentScan()
    with archive.open("content.xml") as stream:
        parse("content.xml", stream, start=scan.start, end=scan.end, text=scan.text)
    directory = Directory(format="ods", sheets=tuple(scan.facts), names=tuple(scan.names), tables=tuple(scan.tables))
    return directory, scan.facts


def _refuse_encryption(element: str, _: dict[str, str]) -> None:
    if element == "encryption-data":
        raise RefusedError("is protected by a password: save it without one")


def _times(attributes: dict[str, str], name: str) -> int:
    given = attributes.get(name, "1")
    return max(int(given), 1) if given.isdigit() else 1


class _ContentScan:
    def __init__(self) -> None:
        self.facts: dict[str, Facts] = {}
        self.names: list[Name] = []
        self.tables: list[Table] = []
        self._depth = 0
        self._body = -1
        self._sheet: str | None = None
        self._table_depth = -1
        self._row = 0
        self._row_times = 1
        self._column = 0
        self._row_cells: list[_CellFacts] = []
        self._cell: dict[str, str] | None = None
        self._cell_depth = -1
        self._note_depth = -1
        self._texts: list[str] = []

    def start(self, element: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._cell is not None:
            self._inside_cell(element)
        elif element == "spreadsheet":
            self._body = self._depth
        elif element == "table" and self._depth == self._body + 1:
            self._sheet, self._table_depth, self._row = attributes.get("name", ""), self._depth, 0
            self.facts[self._sheet] = Facts()
        elif element == "named-range":
            self._named_range(attributes)
        elif element == "database-range":
            self._database_range(attributes)
        elif self._sheet is not None and element == "table-row":
            self._row_times, self._column, self._row_cells = _times(attributes, "number-rows-repeated"), 0, []
        elif self._sheet is not None and element in ("table-cell", "covered-table-cell"):
            self._cell, self._cell_depth, self._texts = attributes, self._depth, []

    def _inside_cell(self, element: str) -> None:
        if element == "annotation" and self._note_depth < 0:
            self._note_depth = self._depth

    def text(self, data: str) -> None:
        if self._cell is not None and self._note_depth < 0:
            self._texts.append(data)

    def end(self, element: str) -> None:
        if self._depth == self._note_depth:
            self._note_depth = -1
        elif self._cell is not None and self._depth == self._cell_depth:
            self._end_cell(self._cell)
            self._cell = None
        elif self._cell is None and self._sheet is not None:
            if self._depth == self._table_depth:
                self._sheet = None
            elif element == "table-row":
                self._end_row(self.facts[self._sheet])
        self._depth -= 1

    def _end_cell(self, attributes: dict[str, str]) -> None:
        times = _times(attributes, "number-columns-repeated")
        kind, text = attributes.get("value-type", ""), "".join(self._texts).strip()
        span = (_times(attributes, "number-rows-spanned"), _times(attributes, "number-columns-spanned"))
        if kind or text or "formula" in attributes or span != (1, 1):
            self._row_cells.append(
                _CellFacts(self._column, times, _trouble(attributes, kind, text), _style(attributes, kind), span)
            )
        self._column += times

    def _end_row(self, facts: Facts) -> None:
        for row in range(self._row, self._row + (self._row_times if self._row_cells else 0)):
            for cell in self._row_cells:
                self._note(facts, row, cell)
        self._row += self._row_times

    @staticmethod
    def _note(facts: Facts, row: int, cell: _CellFacts) -> None:
        facts.fill(row, cell.column, times=cell.times)
        facts.fill(row, cell.column + cell.times - 1, times=0)
        if cell.span != (1, 1):
            facts.merged.append(Area(row, cell.column, row + cell.span[0] - 1, cell.column + cell.span[1] - 1))
        if cell.trouble or cell.style:
            for column in range(cell.column, cell.column + cell.times):
                if cell.trouble:
                    facts.troubles[row, column] = cell.trouble
                else:
                    facts.styles[row, column] = cell.style

    def _named_range(self, attributes: dict[str, str]) -> None:
        target = _target(attributes.get("cell-range-address", ""))
        self.names.append(Name(name=attributes.get("name", ""), target=target, sheet=self._sheet))

    def _database_range(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "")
        sheet, _, cells = _target(attributes.get("target-range-address", "")).rpartition("!")
        area = area_of(cells)
        if area is not None and not name.startswith("__Anonymous"):
            header = 0 if attributes.get("contains-header") == "false" else 1
            unquoted = sheet.strip("'").replace("''", "'")
            self.tables.append(Table(name=name, sheet=unquoted, area=area, header_rows=header))


def _trouble(attributes: dict[str, str], kind: str, text: str) -> tuple[CellKind, str] | None:
    if attributes.get("calcext:value-type") == "error":
        return CellKind.ERROR, text or "an error"
    if "formula" in attributes and kind == "string" and (text.startswith("Err:") or text in _ERRORS):
        return CellKind.ERROR, text
    if "formula" in attributes and not kind and not text:
        return CellKind.UNCALCULATED, ""
    return None


_ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})


def _style(attributes: dict[str, str], kind: str) -> str:
    if kind == "percentage":
        return "%"
    return attributes.get("currency", "") if kind == "currency" else ""


def _target(address: str) -> str:
    """Return an address as Excel writes it.

    >>> _target("$'My KPIs'.$C$7:.$D$8")
    "'My KPIs'!$C$7:$D$8"
    """
    found = list(_ADDRESS.finditer(address))
    if not found:
        return address
    return f"{found[0]['sheet']}!" + ":".join(match["cell"] for match in found)
