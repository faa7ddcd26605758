"""A column of dates makes a sheet a series with its past."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.spreadsheet.cells import Cell, CellKind, Sheet
from connectors.spreadsheet.dated import dated_numbers
from connectors.spreadsheet.selection import SpreadsheetSelection
from connectors.spreadsheet.values import Declared
from mapping.errors import FixConfigError
from mapping.numbers import NumberStyle
from tests.connectors.spreadsheet.books import Rows, glimpse, samples, save

WEEKS: Rows = [
    ["Date", "Plan", "Actual"],
    [date(2026, 10, 12), 30, 33],
    [date(2026, 10, 5), 20, 21.5],
    [date(2026, 10, 19), 40, None],
    [date(2026, 10, 26), 50, None],
]
TERMS = {"sheet": "KPI", "dates": "date", "column": "actual"}


async def test_each_row_with_a_number_is_a_sample_at_the_local_midnight_of_its_date(tmp_path: Path) -> None:
    path = save(tmp_path / "k.xlsx", {"KPI": WEEKS})
    read = await samples(path, TERMS, timezone="Europe/Paris")
    assert [(each.at, each.value) for each in read.samples] == [
        (datetime(2026, 10, 4, 22, tzinfo=UTC), Decimal("21.5")),
        (datetime(2026, 10, 11, 22, tzinfo=UTC), Decimal(33)),
    ]
    assert read.skipped == []
    assert read.samples[0].origin == "k.xlsx, sheet KPI, cell C3 (column Actual, 2026-10-05)"


async def test_headers_may_be_the_dates(tmp_path: Path) -> None:
    rows: Rows = [
        ["Measure", date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19), "Total"],
        ["NPS", 21, 25, None, 46],
        ["Leads", 1, 2, 3, 6],
    ]
    read = await samples(save(tmp_path / "k.xlsx", {"KPI": rows}), {"row": "nps", "dates_across": True})
    assert [(each.at.date(), each.value) for each in read.samples] == [
        (date(2026, 10, 5), Decimal(21)),
        (date(2026, 10, 12), Decimal(25)),
    ]
    assert read.samples[1].origin == "k.xlsx, sheet KPI, cell C2 (row NPS, 2026-10-12)"


async def test_csv_has_dated_numbers_in_declared_notations(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("Jour;Réel\n05/10/2026;1 234,5\n12/10/2026;25 %\n19/10/2026;\n26/10/2026;2 M€\n")
    terms = {"dates": "Jour", "column": "Réel"}
    read = await samples(path, terms, delimiter=";", decimal="fr", dates="day-first")
    assert [(each.at.date(), each.value, each.unit) for each in read.samples] == [
        (date(2026, 10, 5), Decimal("1234.5"), None),
        (date(2026, 10, 12), Decimal("0.25"), "percent"),
        (date(2026, 10, 26), Decimal(2_000_000), "EUR"),
    ]


async def test_what_cannot_be_read_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    rows: Rows = [
        ["Date", "Actual"],
        [date(2026, 10, 5), "n/a"],
        ["soon", 4],
        [None, 99],
        [20261012, 5],
        [date(2026, 10, 19), 7],
    ]
    read = await samples(save(tmp_path / "k.xlsx", {"KPI": rows}), {"dates": "Date", "column": "Actual"})
    assert [each.value for each in read.samples] == [7]
    assert len(read.skipped) == 4
    for told, (cell, what) in zip(
        read.skipped,
        [
            ("B2", "holds the text 'n/a', a number was expected"),
            ("A3", "holds the text 'soon', a date was expected (dates: iso) for the number in B3"),
            ("A4", "is empty, a date was expected for the number in B4: fill it in, or move what is no observation"),
            ("A5", "holds the number '20261012', a date was expected"),
        ],
        strict=True,
    ):
        assert told.startswith(f"kpis: k.xlsx, sheet KPI, cell {cell} {what}")


async def test_a_date_that_stands_there_twice_is_an_error_with_both_places(tmp_path: Path) -> None:
    rows: Rows = [["Date", "Actual"], [date(2026, 10, 5), 1], [date(2026, 10, 12), 2], [date(2026, 10, 5), 3]]
    path = save(tmp_path / "k.xlsx", {"KPI": rows})
    with pytest.raises(FixConfigError, match=r"kpis: k\.xlsx, sheet KPI has two numbers for 2026-10-05, in B2 and B4"):
        await samples(path, {"dates": "Date", "column": "Actual"})


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"dates": "Day", "column": "Actual"}, "row 1 has no header 'Day'"),
        ({"dates": "Date", "column": "Real"}, "row 1 has no header 'Real'"),
        ({"dates": "Date", "column": "Date"}, "name two columns"),
        ({"row": "20", "dates_across": True}, "has no label '20'"),
        ({"row": "Date", "dates_across": True, "header": 9}, "has nothing in row 9"),
    ],
)
async def test_what_the_rule_names_must_stand_there(tmp_path: Path, terms: dict[str, object], message: str) -> None:
    with pytest.raises(FixConfigError, match=message):
        await samples(save(tmp_path / "k.xlsx", {"KPI": WEEKS}), terms)


async def test_headers_without_a_date_are_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "k.xlsx", {"KPI": [["Measure", "May", "June"], ["NPS", 1, 2]]})
    with pytest.raises(FixConfigError, match="row 1 has no dates, the headers of columns were expected to be dates"):
        await samples(path, {"row": "NPS", "dates_across": True})


async def test_a_glimpse_tells_how_many_there_are_and_the_last(tmp_path: Path) -> None:
    seen = await glimpse(save(tmp_path / "k.xlsx", {"KPI": WEEKS}), TERMS)
    assert seen.matches == 2
    assert seen.example == "33 (k.xlsx, sheet KPI, cell C2 (column Actual, 2026-10-12))"


DAYS = st.lists(st.dates(date(2000, 1, 1), date(2099, 12, 31)), unique=True, max_size=30)


@given(days=DAYS, values=st.data())
def test_order_of_rows_and_gaps_do_not_matter(days: list[date], values: st.DataObject) -> None:
    numbers = [values.draw(st.none() | st.integers(-1000, 1000)) for _ in days]
    sheet = Sheet(file="k", name="KPI")
    sheet.rows[0] = {0: Cell(CellKind.TEXT, "Date"), 1: Cell(CellKind.TEXT, "Actual")}
    for row, (day, number) in enumerate(zip(days, numbers, strict=True), 1):
        sheet.rows[row] = {0: Cell(CellKind.DATE, day.isoformat())}
        if number is not None:
            sheet.rows[row][1] = Cell(CellKind.NUMBER, str(number))
    selection = SpreadsheetSelection.model_validate({"dates": "Date", "column": "Actual"})
    declared = Declared(decimal=NumberStyle.PLAIN, dates="iso", zone=ZoneInfo("America/New_York"))
    skipped: list[Exception] = []
    found = dated_numbers(sheet, selection, declared, skipped.append)
    expected = sorted((day, number) for day, number in zip(days, numbers, strict=True) if number is not None)
    assert [(each.at.astimezone(declared.zone).date(), int(each.quantity.value)) for each in found] == expected
    assert all(each.at.astimezone(declared.zone).hour == 0 for each in found)
    assert skipped == []
