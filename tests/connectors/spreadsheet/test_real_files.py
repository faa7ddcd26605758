"""Real spreadsheets of many programs; values were taken by hand, from their XML or by another reader."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from tests.connectors.spreadsheet.books import opened, rows, sample

FOLDER = Path(os.environ.get("OKRSYNC_REAL_DATA", "../shared/real")) / "spreadsheets"
FOLDER = FOLDER if FOLDER.is_absolute() else Path(__file__).parents[3] / FOLDER
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no real records: set OKRSYNC_REAL_DATA to their folder")

SHEETS = {
    "any_sheets.ods": "Visible, Hidden, VeryHidden, Chart",
    "any_sheets.xlsb": "Visible, Hidden, VeryHidden, Chart",
    "date.ods": "Sheet1",
    "date.xlsx": "Sheet1",
    "date_1904.xlsx": "Sheet1",
    "empty_sheet.xlsx": "Sheet1",
    "errors.xlsx": "Feuil1, Feuil2, Feuil3",
    "formula.issue.xlsx": "Sheet1",
    "header-row.xlsx": "Sheet1",
    "inventory-table.xlsx": "Sheet1",
    "issues.ods": "datatypes, Sheet1, issue2, issue5, issue6, spc_chrs",
    "issues.xls": "datatypes, Sheet1, issue2, issue5, issue6",
    "issues.xlsb": "datatypes, issue2, Sheet1, issue5, issue6, spc_chrs",
    "issues.xlsx": "datatypes, Sheet1, issue2, issue5, issue6, spc_chrs",
    "merged_range.xlsx": "Sheet1, Sheet2",
    "number_rows_repeated.ods": "Sheet1, Sheet2, Sheet3",
    "pivots.xlsx": "PivotSheet1, PivotSheet2, PivotSheet3, PivotSheet4, DataSheet, DataSheet2",
    "readings.xlsx": "Sheet1",
    "special_cells.ods": "sheet1",
    "string-ref.xlsx": "Sheet1, Sheet2",
    "temperature-in-middle.xlsx": "Sheet1",
    "temperature-table.xlsx": "Sheet1, Sheet2",
    "with-annotation.ods": "table1",
}


async def test_every_file_is_read_or_refused_for_the_right_reason() -> None:
    told: dict[str, str] = {}
    for path in sorted(FOLDER.iterdir()):
        async with opened(path) as source:
            try:
                told[path.name] = (await source.identify()).detail["sheets"]
            except FixConfigError as error:
                told[path.name] = str(error)
    refused = {"pass_protected.xlsx": "kpis: pass_protected.xlsx is protected by a password: save it without one"}
    assert told == SHEETS | refused


@pytest.mark.parametrize(
    ("file", "terms", "value"),
    [
        ("any_sheets.ods", {"sheet": "visible", "cell": "B3"}, "6"),
        ("any_sheets.xlsb", {"sheet": "Visible", "cell": "A2"}, "3"),
        ("date.ods", {"cell": "B2"}, "16"),
        ("date.xlsx", {"cell": "B3"}, "17"),
        ("date_1904.xlsx", {"cell": "B1"}, "15"),
        ("formula.issue.xlsx", {"cell": "A1"}, "23"),
        ("formula.issue.xlsx", {"cell": "G13"}, "2"),
        ("header-row.xlsx", {"row": "put data here", "column": "Column B", "header": 9}, "2"),
        ("inventory-table.xlsx", {"row": "2", "column": "quantity"}, "200"),
        ("inventory-table.xlsx", {"row": "Orange", "column": "Quantity", "labels": "B"}, "60"),
        ("issues.ods", {"sheet": "datatypes", "cell": "A2"}, "1.5"),
        ("issues.ods", {"sheet": "datatypes", "cell": "A4"}, "0"),
        ("issues.xls", {"sheet": "issue5", "cell": "A1"}, "0.5"),
        ("issues.xlsb", {"sheet": "issue2", "cell": "A3", "label": {"cell": "B3", "is": "c"}}, "3"),
        ("issues.xlsx", {"sheet": "datatypes", "cell": "A1"}, "1"),
        ("pivots.xlsx", {"sheet": "PivotSheet1", "header": 3, "row": "yellow", "column": "Sum of Size"}, "6.25552"),
        ("pivots.xlsx", {"sheet": "PivotSheet4", "cell": "B4", "label": "Grand Total"}, "115"),
        ("readings.xlsx", {"row": "Paris", "column": "Celsius"}, "18.5"),
        ("temperature-in-middle.xlsx", {"row": "celsius", "column": "value"}, "22.2222"),
        ("temperature-table.xlsx", {"sheet": "Sheet2", "row": "else", "column": "value2"}, "64"),
    ],
)
async def test_numbers_are_those_of_the_file(file: str, terms: dict[str, object], value: str) -> None:
    assert (await sample(FOLDER / file, terms)).value == Decimal(value)


@pytest.mark.parametrize(
    ("file", "terms", "message"),
    [
        ("any_sheets.xlsb", {"sheet": "Chart", "cell": "A1"}, "has no cells in 'Chart'"),
        ("date.xlsx", {"cell": "A1"}, "cell A1 holds the date 2021-01-01"),
        ("date_1904.xlsx", {"cell": "A2"}, "cell A2 holds the date 2021-01-02"),
        ("date.xlsx", {"cell": "A3"}, "cell A3 holds the time 10 days, 15:10:10"),
        ("empty_sheet.xlsx", {"cell": "A1"}, "cell A1 is empty"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A1"}, "holds the error #DIV/0!"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A2"}, r"holds the error #NAME\?"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A3"}, "holds the error #VALUE!"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A4"}, "holds the error #NULL!"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A5"}, "holds the error #REF!"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A6"}, "holds the error #NUM!"),
        ("errors.xlsx", {"sheet": "Feuil1", "cell": "A7"}, "holds the error #N/A"),
        ("formula.issue.xlsx", {"cell": "J14"}, "holds the text 'US'"),
        ("issues.xls", {"name": "OneRange"}, "cannot be looked up in xls"),
        ("issues.xls", {"sheet": "Sheet1", "cell": "A1"}, "sheet Sheet1, cell A1 is empty"),
        ("issues.xlsx", {"name": "MyBrokenRange"}, "refers to 'Sheet1!#REF!', which is no cell"),
        ("issues.xlsx", {"name": "MyDataTypes"}, "a single cell was expected"),
        ("issues.xlsx", {"name": "OneRange"}, "sheet Sheet1, cell A1 is empty"),
        ("issues.ods", {"name": "OneRange"}, "sheet Sheet1, cell A1 is empty"),
        ("merged_range.xlsx", {"sheet": "Sheet1", "cell": "D1"}, "part of the merged range C1:D2"),
        ("string-ref.xlsx", {"sheet": "Sheet1", "cell": "A2"}, "holds the text '-8086931554011838357'"),
        ("with-annotation.ods", {"cell": "A1"}, "holds the text 'cell a.1'"),
    ],
)
async def test_what_is_no_number_is_named(file: str, terms: dict[str, object], message: str) -> None:
    with pytest.raises(FixConfigError, match=message):
        await sample(FOLDER / file, terms)


async def test_a_named_table_gives_its_rows() -> None:
    read = await rows(FOLDER / "inventory-table.xlsx", {"table": "Table1", "id": "Item", "title": "Type"}, "quantity")
    assert [(item.id.partition("@")[0], item.title, item.numbers["quantity"]) for item in read.items] == [
        ("Table1#1", "Apple", Decimal(50)),
        ("Table1#2", "Banana", Decimal(200)),
        ("Table1#3", "Orange", Decimal(60)),
        ("Table1#4", "Pear", Decimal(100)),
    ]


async def test_a_sheet_of_dated_rows_gives_items_with_dates() -> None:
    read = await rows(FOLDER / "pivots.xlsx", {"table": "DataSheet", "id": "Id", "done": {"column": "IsBlue"}}, "value")
    assert len(read.items) == 10
    first = read.items[0]
    assert (first.on, first.done, first.numbers["value"]) == (datetime(2024, 11, 1, tzinfo=UTC), True, Decimal(10))
    assert sum(item.numbers["value"] for item in read.items) == 125


async def test_repeated_rows_of_ods_are_rows() -> None:
    read = await rows(FOLDER / "number_rows_repeated.ods", {"table": "Sheet3"})
    assert [(item.key, item.title) for item in read.items[:2]] == [("Sheet3 row 4", "C"), ("Sheet3 row 5", "C")]
