"""A column as a destination: the right cell of the right row, and everything else in the file as it was."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font
from pydantic import ValidationError

from connectors.destination import Write
from connectors.spreadsheet.column import ColumnOptions, SheetColumn
from connectors.spreadsheet.edit import edited, recalculated
from connectors.spreadsheet.google_key import WRITING
from mapping.delivery import STATUS, VALUE, Update
from mapping.errors import FixConfigError, TryAgainError
from mapping.status import Status
from tests.connectors.asana.test_goals import UPDATE
from tests.connectors.clock import FakeClock, Handler, surroundings
from tests.connectors.spreadsheet.google_server import SHEET_ID, GoogleServer, Value, key_json

T = TypeVar("T")
EPIC, BUGS = "launch/epic", "launch/bugs"
NAMES = {"sheet": "OKRs", "key_column": "Key result", "value_column": "Actual"}
SAID = {**NAMES, "status_column": "Status"}


def book_at(folder: Path) -> Path:
    """Write a workbook with a title, a header, two key results, a formula, a style, a chart and another sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "OKRs"
    for line in (["Our OKRs"], [], ["Key result", "Owner", "Actual", "Status", "Double"]):
        sheet.append(line)
    sheet.append([EPIC, "Ana", 0.1, "on track", "=C4*2"])
    sheet.append([BUGS, "Ben", None, None, "=C5*2"])
    sheet["C4"].number_format = "0%"
    sheet["C4"].font = Font(bold=True)
    sheet["A1"].font = Font(size=20)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=3, min_row=4, max_row=5))
    sheet.add_chart(chart, "G2")
    book.create_sheet("Notes").append(["do not touch", "=OKRs!C4"])
    path = folder / "okrs.xlsx"
    book.save(path)
    return path


def using(
    do: Callable[[SheetColumn], Awaitable[T]],
    folder: Path,
    said: Mapping[str, str] = {"file": "okrs.xlsx", **SAID},
    handler: Handler | None = None,
) -> T:
    async def run() -> T:
        clock = FakeClock()
        options = ColumnOptions.model_validate(said)
        there = SheetColumn(options, surroundings(handler, clock, folder=folder))
        try:
            return await do(there)
        finally:
            await there.aclose()

    return asyncio.run(run())


def update(address: str, value: str, status: Status = Status.AT_RISK) -> Update:
    return replace(UPDATE, key_result=address, value=Decimal(value), status=status)


def writing(*updates: Update) -> Callable[[SheetColumn], Awaitable[None]]:
    async def do(there: SheetColumn) -> None:
        writes = []
        for each in updates:
            held = await there.read(each.key_result, each)
            parts = tuple(part for part, wanted in held.wanted.items() if held.found[part] != wanted)
            writes.append(Write(id="1", target=each.key_result, update=each, held=held, parts=parts))
        await there.write(writes)

    return do


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_several_cells_are_set_at_once_and_read_back_as_equal(tmp_path: Path) -> None:
    path = book_at(tmp_path)
    both = [update(EPIC, "0.256"), update(BUGS, "12", Status.ON_TRACK)]
    using(writing(*both), tmp_path)
    sheet = load_workbook(path)["OKRs"]
    assert [[cell.value for cell in row] for row in sheet["C4:E5"]] == [
        [0.256, "at risk", "=C4*2"],
        [12, "on track", "=C5*2"],
    ]
    held = using(lambda there: there.read(EPIC, both[0]), tmp_path)
    assert held.found == held.wanted == {VALUE: "0.256", STATUS: "at risk"}


def test_everything_else_in_the_file_stays_byte_for_byte(tmp_path: Path) -> None:
    path = book_at(tmp_path)
    before = parts_of(path)
    using(writing(update(EPIC, "0.256")), tmp_path)
    after = parts_of(path)
    changed = {name for name in before if before[name] != after[name]}
    assert list(after) == list(before)
    assert changed == {"xl/worksheets/sheet1.xml"}
    assert any("chart" in name for name in after)
    cell = load_workbook(path)["OKRs"]["C4"]
    assert (cell.number_format, cell.font.bold) == ("0%", True)
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    assert [each.name for each in tmp_path.iterdir()] == ["okrs.xlsx"]


def test_a_file_that_was_saved_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = book_at(tmp_path)

    async def do(there: SheetColumn) -> None:
        wish = update(EPIC, "0.256")
        held = await there.read(EPIC, wish)
        original = there._place.put  # a person saves right before the file is put in place

        async def put(name: str, values: object) -> None:
            book = load_workbook(path)
            book["OKRs"]["C4"] = 0.9
            book.save(path)
            await original(name, values)  # type: ignore[arg-type] # handed on as it came

        there._place.put = put  # type: ignore[method-assign] # as above
        await there.write([Write(id="1", target=EPIC, update=wish, held=held, parts=(VALUE,))])

    with pytest.raises(TryAgainError, match="was saved while okrsync was writing: nothing was changed"):
        using(do, tmp_path)
    assert load_workbook(path)["OKRs"]["C4"].value == 0.9
    assert [each.name for each in tmp_path.iterdir()] == ["okrs.xlsx"]


@pytest.mark.parametrize("lock", ["~$okrs.xlsx", ".~lock.okrs.xlsx#"])
def test_a_file_that_is_open_in_a_program_waits(tmp_path: Path, lock: str) -> None:
    book_at(tmp_path)
    (tmp_path / lock).touch()
    with pytest.raises(TryAgainError, match="is open in a program"):
        using(writing(update(EPIC, "0.256")), tmp_path)


@pytest.mark.parametrize(
    ("said", "address", "says"),
    [
        ({"sheet": "OKR"}, EPIC, "has no sheet 'OKR': there are OKRs, Notes"),
        ({"value_column": "Now"}, EPIC, "has no row with the headers Key result, Now"),
        ({}, "launch/none", "has no row for launch/none in column Key result"),
        ({"value_column": "Double"}, EPIC, "cell E4 holds a formula, which is not written over"),
    ],
)
def test_what_cannot_be_found_or_must_not_be_written_is_told(
    tmp_path: Path, said: dict[str, str], address: str, says: str
) -> None:
    path = book_at(tmp_path)
    before = path.read_bytes()
    with pytest.raises(FixConfigError, match=says):
        using(writing(update(address, "0.5")), tmp_path, {"file": "okrs.xlsx", **NAMES, **said})
    assert path.read_bytes() == before


def test_two_rows_of_one_key_result_are_refused(tmp_path: Path) -> None:
    path = book_at(tmp_path)
    book = load_workbook(path)
    book["OKRs"]["A5"] = EPIC
    book.save(path)
    with pytest.raises(FixConfigError, match="has 2 rows for launch/epic"):
        using(writing(update(EPIC, "0.5")), tmp_path)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<row r="4"><c r="A4"/><c r="D4"/></row>', '<row r="4"><c r="A4"/><c r="C4"><v>0.5</v></c><c r="D4"/></row>'),
        ('<row r="4"><c r="A4"/></row>', '<row r="4"><c r="A4"/><c r="C4"><v>0.5</v></c></row>'),
        ('<row r="4"><c r="C4" s="7"/></row>', '<row r="4"><c r="C4" s="7"><v>0.5</v></c></row>'),
        (
            '<row r="4" ht="9"><c r="C4" s="7" t="s"><v>3</v></c></row>',
            '<row r="4" ht="9"><c r="C4" s="7"><v>0.5</v></c></row>',
        ),
        ('<row r="4"><c r="AC4"/></row>', '<row r="4"><c r="C4"><v>0.5</v></c><c r="AC4"/></row>'),
    ],
)
def test_a_cell_is_put_where_it_belongs_and_keeps_its_style(xml: str, expected: str) -> None:
    around = '<sheetData><row r="3"/>{}<row r="14"><c r="C14"/></row></sheetData>'
    assert edited(around.format(xml), {(3, 2): Decimal("0.5")}) == around.format(expected)


def test_text_is_written_as_text() -> None:
    row = edited('<row r="4"><c r="A4"/></row>', {(3, 1): "a < b & c"})
    assert '<c r="B4" t="inlineStr"><is><t xml:space="preserve">a &lt; b &amp; c</t></is></c>' in row


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<calcPr calcId="1"/>', '<calcPr fullCalcOnLoad="1" calcId="1"/>'),
        ("<sheets/><extLst/></workbook>", '<sheets/><calcPr fullCalcOnLoad="1"/><extLst/></workbook>'),
        ("<sheets/></workbook>", '<sheets/><calcPr fullCalcOnLoad="1"/></workbook>'),
    ],
)
def test_formulas_are_computed_anew_when_the_file_is_opened(xml: str, expected: str) -> None:
    assert recalculated(xml) == expected
    assert recalculated(expected) == expected


def test_only_a_workbook_that_can_be_written_is_taken() -> None:
    with pytest.raises(ValidationError, match="only these can be written to"):
        ColumnOptions.model_validate({"file": "okrs.ods", **NAMES})
    with pytest.raises(ValidationError, match="exactly one of file"):
        ColumnOptions.model_validate(NAMES)


def google(**changes: object) -> tuple[GoogleServer, Callable[..., None]]:
    clock = FakeClock()
    rows: list[Sequence[Value]] = [["Key result", "Actual", "Status"], [EPIC, 0.1, ""], [BUGS]]
    server = GoogleServer({"OKRs": rows}, now=clock.now, scopes=frozenset(WRITING))
    for name, value in changes.items():
        setattr(server, name, value)

    def write(*updates: Update) -> None:
        using(writing(*updates), Path(), {"google_sheet": SHEET_ID, "key": key_json(), **SAID}, server)

    return server, write


def test_a_google_sheet_is_written_in_one_request_as_plain_values() -> None:
    server, write = google()
    write(update(EPIC, "0.256"), update(BUGS, "12", Status.ON_TRACK))
    (body,) = server.written
    assert {part["range"]: part["values"][0][0] for part in body["data"]} == {
        "'OKRs'!B2": 0.256,
        "'OKRs'!C2": "at risk",
        "'OKRs'!B3": 12.0,
        "'OKRs'!C3": "on track",
    }


def test_a_formula_in_a_google_sheet_is_not_written_over() -> None:
    server, write = google(formulas={"B": {1: "=1+1"}})
    with pytest.raises(FixConfigError, match="cell B2 holds a formula"):
        write(update(EPIC, "0.256"))
    assert server.written == []


def test_a_google_sheet_that_was_edited_meanwhile_is_left_alone() -> None:
    server, write = google()

    def edit(request: httpx.Request) -> None:
        if "FORMULA" in str(request.url):
            server.version += 1

    server.after = edit
    with pytest.raises(TryAgainError, match="is being edited"):
        write(update(EPIC, "0.256"))
    assert server.written == []


def test_an_account_that_may_only_read_is_told_what_to_do() -> None:
    _, write = google(may_edit=False)
    with pytest.raises(FixConfigError, match="share it with this address as editor"):
        write(update(EPIC, "0.256"))
