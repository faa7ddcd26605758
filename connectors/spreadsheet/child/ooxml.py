"""The parts of an xlsx that we read ourselves: names, tables, number formats, and what is wrong with cells.

Follows ECMA-376 part 1, 18.2 (workbook), 18.3 (worksheet), 18.5 (tables) and 18.8 (styles).
"""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass, field

from connectors.spreadsheet.cells import CellKind, Directory, Name, Table, parse_a1
from connectors.spreadsheet.child.facts import Facts
from connectors.spreadsheet.child.formats import style_of
from connectors.spreadsheet.child.wire import RefusedError, area_of
from connectors.spreadsheet.child.xml import Start, parse


@dataclass(slots=True)
class Workbook:
    """An opened xlsx: its directory, and where its sheets lie."""

    archive: zipfile.ZipFile
    parts: dict[str, str]
    """Names of zip entries as they are, by their lower case with forward slashes."""
    directory: Directory = field(default_factory=lambda: Directory(format="xlsx", sheets=()))
    sheet_parts: dict[str, str] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)
    """Style of each cell format, by its index."""
    calculates_on_load: bool = False

    def facts(self, sheet: str) -> Facts:
        """Return what is to be known about the cells of a sheet."""
        scan = _SheetScan(self.styles, self.calculates_on_load)
        part = self.sheet_parts[sheet]
        with self.archive.open(self.parts[part.lower()]) as stream:
            parse(part, stream, start=scan.start, end=scan.end, text=scan.text, cut_attributes=False)
        return scan.facts


def open_workbook(archive: zipfile.ZipFile) -> Workbook:
    """Read everything but the sheets.

    Raises:
        RefusedError: parts are missing or damaged.
    """
    parts = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry.filename for entry in archive.infolist()}
    book = Workbook(archive, parts)
    root = next(
        (target for kind, target in _relations(book, "").values() if kind == "officeDocument"), "xl/workbook.xml"
    )
    sheets, names = _read_workbook(book, root)
    relations = _relations(book, root)
    for name, relation in sheets:
        kind, target = relations.get(relation, ("", ""))
        if kind == "worksheet" and target.lower() in parts:
            book.sheet_parts[name] = target
    styles = next((target for kind, target in relations.values() if kind == "styles"), "xl/styles.xml")
    book.styles = _read_styles(book, styles)
    tables = [table for name, part in book.sheet_parts.items() for table in _read_tables(book, name, part)]
    book.directory = Directory(
        format="xlsx", sheets=tuple(name for name, _ in sheets), names=tuple(names), tables=tuple(tables)
    )
    return book


def _relations(book: Workbook, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and target of what a part points to, by relation id (Open Packaging Conventions, 9.3)."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            full = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], full)

    _parse_part(book, posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _parse_part(book: Workbook, part: str, start: Start) -> None:
    entry = book.parts.get(part.lower())
    if entry is None:
        return
    with book.archive.open(entry) as stream:
        parse(part, stream, start=start)


def _read_workbook(book: Workbook, part: str) -> tuple[list[tuple[str, str]], list[Name]]:
    """Return sheets with their relation ids, and defined names (18.2.20 and 18.2.5)."""
    entry = book.parts.get(part.lower())
    if entry is None:
        raise RefusedError(f"is damaged: it has no {part}: save it again")
    scan = _WorkbookScan()
    with book.archive.open(entry) as stream:
        parse(part, stream, start=scan.start, end=scan.end, text=scan.text)
    book.calculates_on_load = scan.calculates_on_load
    names = []
    for name, local, target in scan.names:
        owner = scan.sheets[int(local)][0] if local.isdigit() and int(local) < len(scan.sheets) else None
        names.append(Name(name=name, target="".join(target), sheet=owner))
    return scan.sheets, names


class _WorkbookScan:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.names: list[tuple[str, str, list[str]]] = []
        self.calculates_on_load = False
        self._in_name = False

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if element == "sheet":
            self.sheets.append((attributes.get("name", ""), attributes.get("id", "")))
        elif element == "definedName":
            self._in_name = True
            self.names.append((attributes.get("name", ""), attributes.get("localSheetId", ""), []))
        elif element == "calcPr":
            self.calculates_on_load = attributes.get("fullCalcOnLoad") in ("1", "true")

    def text(self, data: str) -> None:
        if self._in_name:
            self.names[-1][2].append(data)

    def end(self, element: str) -> None:
        if element == "definedName":
            self._in_name = False


def _read_styles(book: Workbook, part: str) -> list[str]:
    codes: dict[str, str] = {}
    styles: list[str] = []
    inside = False

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if element == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif element in ("cellXfs", "cellStyleXfs"):
            inside = element == "cellXfs"
        elif element == "xf" and inside:
            number = attributes.get("numFmtId", "0")
            styles.append(style_of(number, codes.get(number)))

    # without styles nothing is shown as percent or money, which is what no style means
    _parse_part(book, part, start)
    return styles


def _read_tables(book: Workbook, sheet: str, part: str) -> list[Table]:
    tables: list[Table] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        area = area_of(attributes.get("ref", "")) if element == "table" else None
        if area is not None:
            tables.append(
                Table(
                    name=attributes.get("displayName") or attributes.get("name", ""),
                    sheet=sheet,
                    area=area,
                    header_rows=_count(attributes, "headerRowCount", 1),
                    totals_rows=_count(attributes, "totalsRowCount", 0),
                )
            )

    for kind, target in _relations(book, part).values():
        if kind == "table":
            _parse_part(book, target, start)
    return tables


def _count(attributes: dict[str, str], name: str, default: int) -> int:
    given = attributes.get(name, "")
    return int(given) if given.isdigit() else default


class _SheetScan:
    """Walks the cells of a sheet part (18.3.1.4) and notes what calamine leaves out."""

    def __init__(self, styles: list[str], calculates_on_load: bool) -> None:
        self.facts = Facts()
        self._styles = styles
        self._calculates_on_load = calculates_on_load
        self._row = -1
        self._column = -1
        self._type = ""
        self._style = ""
        self._formula = False
        self._filled = False
        self._value: list[str] = []
        self._in_value = False
        self._values = 0

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if element == "c":
            self._start_cell(attributes)
        elif element == "v":
            self._in_value = self._filled = True
            self._values += 1
        elif element == "f":
            self._formula = self._filled = True
        elif element == "is":
            self._filled = True
        elif element == "row":
            self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdigit() else self._row + 1
            self._column = -1
        elif element == "mergeCell":
            area = area_of(attributes.get("ref", ""))
            if area is not None:
                self.facts.merged.append(area)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        # row and column may be left out; then a cell follows the one before it
        address = attributes.get("r")
        if address is None:
            self._column += 1
        else:
            try:
                self._row, self._column = parse_a1(address)
            except ValueError as error:
                raise RefusedError(f"is damaged: it has a cell at {address[:20]!r}, which is no address") from error
        self._type = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = self._filled = False
        self._value.clear()
        self._values = 0

    def text(self, data: str) -> None:
        if self._in_value:
            self._value.append(data)

    def end(self, element: str) -> None:
        if element == "v":
            self._in_value = False
        elif element == "c" and self._filled:
            self._end_cell()

    def _end_cell(self) -> None:
        place, value = (self._row, self._column), "".join(self._value).strip()
        self.facts.fill(*place)
        if self._values > 1:
            self.facts.contradict(*place)
        elif self._type == "e":
            self.facts.troubles[place] = (CellKind.ERROR, value or "an error")
        elif self._formula and self._type != "str" and not value:
            self.facts.troubles[place] = (CellKind.UNCALCULATED, "")
        elif self._formula and self._calculates_on_load and value in ("0", "0.0"):
            # libraries that cannot calculate write 0 and ask for a calculation on load; Excel clears that wish
            self.facts.troubles[place] = (CellKind.UNCALCULATED, value)
        elif self._type == "n" and self._style.isdigit() and int(self._style) < len(self._styles):
            style = self._styles[int(self._style)]
            if style:
                self.facts.styles[place] = style
