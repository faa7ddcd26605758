"""Writes single cells of a workbook and leaves all else in it as it is: styles, charts, macros, formulas.

A library that loads and saves a workbook drops what it does not know (charts, pictures) and the results of formulas.
So the one sheet is edited as text, and everything else is copied. ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.73 (row).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import IO
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from connectors.spreadsheet.cells import a1, parse_a1
from mapping.decimals import decimal_text
from mapping.errors import FixConfigError

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
At = tuple[int, int]
"""Row and column from 0."""
_CELL = r"<c\b[^>]*?\sr=\"{ref}\"[^>]*?(?:/>|>.*?</c>)"
_ANY_CELL = re.compile(r"<c\b[^>]*?\sr=\"([A-Z]+[0-9]+)\"[^>]*?(?:/>|>.*?</c>)", re.DOTALL)
_FORMULA = re.compile(r"<f[\s/>]")
_TYPE = re.compile(r"\s(?:t|cm|vm)=\"[^\"]*\"")
_BEHIND_CALC = ("oleSize", "customWorkbookViews", "pivotCaches", "smartTag", "webPublishing", "fileRecoveryPr", "ext")


def part_of(book: zipfile.ZipFile, sheet: str) -> str:
    """Return the path of a sheet inside the file.

    Raises:
        FixConfigError: there is no such sheet.
    """
    ids = {
        each.get("name"): next((value for name, value in each.attrib.items() if name.endswith("}id")), None)
        for each in ET.fromstring(book.read(WORKBOOK)).iter()  # noqa: S314 - the guarded reader has read this copy before
        if each.tag.endswith("}sheet")
    }
    targets = {each.get("Id"): each.get("Target") for each in ET.fromstring(book.read(RELATIONS))}  # noqa: S314 - as above
    target = targets.get(ids.get(sheet))
    if target is None:
        raise FixConfigError(f"the workbook has no sheet {sheet!r} that can be written to: check its name")
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def formulas_in(xml: str) -> set[At]:
    """Return the cells that hold formulas."""
    return {parse_a1(each[1]) for each in _ANY_CELL.finditer(xml) if _FORMULA.search(each[0])}


def edited(xml: str, values: Mapping[At, Decimal | str]) -> str:
    """Return a sheet's XML with these cells set; each keeps its style.

    Raises:
        FixConfigError: a cell holds a formula, or the sheet is written in a way that cannot be edited so.
    """
    for at, value in values.items():
        xml = _set(xml, at, value)
    return xml


def write_copy(source: IO[bytes], target: IO[bytes], sheet: str, values: Mapping[At, Decimal | str]) -> None:
    """Write the workbook ``source`` to ``target`` with these cells of a sheet set.

    Raises:
        FixConfigError: as ``part_of`` and ``edited``.
    """
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        changed = part_of(book, sheet)
        for info in book.infolist():
            content = book.read(info)
            if info.filename == changed:
                content = edited(content.decode("utf-8-sig"), values).encode()
            elif info.filename == WORKBOOK:
                content = recalculated(content.decode("utf-8-sig")).encode()
            copy.writestr(info, content, compress_type=info.compress_type)


def recalculated(xml: str) -> str:
    """Return the workbook's XML so that programs compute formulas anew when they open it: they may use our cells."""
    if 'fullCalcOnLoad="1"' in xml:
        return xml
    if "<calcPr" in xml:
        return re.sub(r"<calcPr\b(?:\s+fullCalcOnLoad=\"0\")?", '<calcPr fullCalcOnLoad="1"', xml, count=1)
    behind = re.search(rf"<(?:{'|'.join(_BEHIND_CALC)})|</workbook>", xml)
    return xml if behind is None else f'{xml[: behind.start()]}<calcPr fullCalcOnLoad="1"/>{xml[behind.start() :]}'


def _set(xml: str, at: At, value: Decimal | str) -> str:
    row, column = at
    found = re.search(rf"<row\b[^>]*?\sr=\"{row + 1}\"[^>]*?(?:/>|>(.*?)</row>)", xml, re.DOTALL)
    if found is None or found[1] is None:
        raise FixConfigError(
            f"row {row + 1} is written in a way that okrsync cannot edit: save the workbook once with Excel"
        )
    start, end, inner = found.start(1), found.end(1), found[1]
    ref = a1(row, column)
    cell = re.search(_CELL.format(ref=ref), inner, re.DOTALL)
    if cell is None:
        behind = next((each for each in _ANY_CELL.finditer(inner) if parse_a1(each[1])[1] > column), None)
        place = len(inner) if behind is None else behind.start()
        inner = inner[:place] + _cell(f' r="{ref}"', value) + inner[place:]
    else:
        if _FORMULA.search(cell[0]):
            raise FixConfigError(f"cell {ref} holds a formula, which is not written over: name another column")
        opening = re.match(r"<c\b([^>]*?)/?>", cell[0])
        kept = _TYPE.sub("", opening[1] if opening else f' r="{ref}"').rstrip()
        inner = inner[: cell.start()] + _cell(kept, value) + inner[cell.end() :]
    return xml[:start] + inner + xml[end:]


def _cell(attributes: str, value: Decimal | str) -> str:
    if isinstance(value, Decimal):
        return f"<c{attributes}><v>{decimal_text(value)}</v></c>"
    return f'<c{attributes} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
