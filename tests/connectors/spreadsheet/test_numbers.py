from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from tests.connectors.spreadsheet import xls, xlsb
from tests.connectors.spreadsheet.books import SAVED_AT, Rows, glimpse, ods, opened, raw_xlsx, sample, sample_of, save

KPIS: Rows = [
    ["KPI", "Plan", "Actual"],
    ["Revenue", 1000, 740.25],
    ["NPS", 42, 36],
    ["Churn", 0.02, 0.031],
]


@pytest.fixture
def kpis(tmp_path: Path) -> Path:
    return save(
        tmp_path / "kpis.xlsx",
        {"Notes": [["nothing here"]], "KPI": KPIS},
        names={"NPS_now": "KPI!$C$3", "Block": "KPI!$A$1:$C$3", "Broken": "KPI!#REF!"},
        formats={"KPI": ("C4", "0.0%")},
    )


async def test_a_cell_is_read_by_its_address(kpis: Path) -> None:
    found = await sample(kpis, {"sheet": "KPI", "cell": "C3"})
    assert found.value == Decimal(36)
    assert found.at == SAVED_AT
    assert found.unit is None
    assert found.origin == "kpis.xlsx, sheet KPI, cell C3 (beside it: NPS, Actual)"


async def test_a_cell_is_read_by_its_defined_name(kpis: Path) -> None:
    found = await sample(kpis, {"name": "nps_NOW"})
    assert found.value == 36
    assert found.origin == "kpis.xlsx, sheet KPI, cell C3 (name nps_NOW, beside it: NPS, Actual)"


async def test_a_cell_is_read_at_the_crossing_of_its_labels(kpis: Path) -> None:
    found = await sample(kpis, {"sheet": "kpi", "row": " nps ", "column": "ACTUAL"})
    assert found.value == 36
    assert found.origin == "kpis.xlsx, sheet KPI, cell C3 (row NPS, column Actual)"


async def test_labels_are_found_again_after_rows_were_inserted(kpis: Path) -> None:
    terms = {"sheet": "KPI", "row": "NPS", "column": "Actual"}
    async with opened(kpis) as source:
        before = await sample_of(source, terms)
        save(kpis, {"KPI": [*KPIS[:1], ["Leads", 1, 2], *KPIS[1:]]})
        after = await sample_of(source, terms)
    assert (before.value, after.value) == (Decimal(36), Decimal(36))
    assert "cell C3" in before.origin
    assert "cell C4" in after.origin


async def test_a_percent_cell_is_a_fraction_and_says_so(kpis: Path) -> None:
    found = await sample(kpis, {"sheet": "KPI", "row": "Churn", "column": "Actual"})
    assert (found.value, found.unit) == (Decimal("0.031"), "percent")


@pytest.mark.parametrize(
    ("shown", "unit"),
    [
        ("#,##0.00 [$€-40C]", "EUR"),
        ('#,##0 "€"', "EUR"),
        ("[$£-809]#,##0", "GBP"),
        ("[$USD] #,##0", "USD"),
        ("[$$-409]#,##0", "USD"),
        ("$#,##0", None),
        ('0.0"%"', None),
        ("0.00", None),
    ],
)
async def test_a_money_format_gives_the_currency_only_where_it_is_plain(
    tmp_path: Path, shown: str, unit: str | None
) -> None:
    path = save(tmp_path / "money.xlsx", {"KPI": [["MRR", 12.5]]}, formats={"KPI": ("B1", shown)})
    found = await sample(path, {"cell": "B1"})
    assert (found.value, found.unit) == (Decimal("12.5"), unit)


async def test_a_tick_box_is_one_or_zero(tmp_path: Path) -> None:
    path = save(tmp_path / "done.xlsx", {"KPI": [["Certified", True], ["Audited", False]]})
    yes, no = await sample(path, {"cell": "B1"}), await sample(path, {"cell": "B2"})
    assert (yes.value, yes.unit, no.value, no.unit) == (Decimal(1), "done", Decimal(0), "done")


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ("0.30000000000000004", "0.3"),
        ("42", "42"),
        ("42.0", "42"),
        ("-1E-3", "-0.001"),
        ("9007199254740991", "9007199254740991"),
        ("1234567.891", "1234567.891"),
        ("1e20", "100000000000000000000"),
    ],
)
async def test_numbers_keep_the_fifteen_digits_that_excel_keeps(tmp_path: Path, stored: str, value: str) -> None:
    path = raw_xlsx(tmp_path / "n.xlsx", f'<row r="1"><c r="A1"><v>{stored}</v></c></row>')
    assert (await sample(path, {"cell": "A1"})).value == Decimal(value)


async def test_the_only_sheet_needs_no_name(tmp_path: Path) -> None:
    path = save(tmp_path / "one.xlsx", {"Tabelle1": [["NPS", 36]]})
    assert (await sample(path, {"cell": "B1"})).value == 36


async def test_a_label_beside_a_cell_is_verified(kpis: Path) -> None:
    for label in ("NPS", "actual", {"cell": "A3", "is": "nps"}):
        found = await sample(kpis, {"sheet": "KPI", "cell": "C3", "label": label})
        assert found.value == 36
    assert (await sample(kpis, {"name": "NPS_now", "label": "NPS"})).value == 36


@pytest.mark.parametrize("label", ["NPS", {"cell": "A3", "is": "NPS"}])
async def test_a_label_that_moved_is_an_error_that_says_where_it_stands_now(tmp_path: Path, label: object) -> None:
    path = save(tmp_path / "moved.xlsx", {"KPI": [*KPIS[:1], ["Leads", 1, 2], *KPIS[1:]]})
    with pytest.raises(FixConfigError, match=r"^kpis: moved\.xlsx, sheet KPI, cell .*'NPS' was expected.*A4") as caught:
        await sample(path, {"cell": "C3", "label": label})
    assert "Revenue" in str(caught.value)


async def test_a_missing_row_label_names_the_nearest_ones_and_where_they_stand(kpis: Path) -> None:
    with pytest.raises(FixConfigError, match=r"column A has no label 'Revenues'; nearest: 'Revenue' in A2"):
        await sample(kpis, {"sheet": "KPI", "row": "Revenues", "column": "Actual"})


async def test_a_missing_header_names_the_nearest_ones_and_where_they_stand(kpis: Path) -> None:
    with pytest.raises(FixConfigError, match=r"row 1 has no header 'Actuals'; nearest: 'Actual' in C1"):
        await sample(kpis, {"sheet": "KPI", "row": "NPS", "column": "Actuals"})


async def test_a_header_below_a_title_is_found_once_its_row_is_said(tmp_path: Path) -> None:
    path = save(tmp_path / "titled.xlsx", {"KPI": [["Our numbers", None, None], *KPIS]})
    terms = {"row": "NPS", "column": "Actual"}
    with pytest.raises(FixConfigError, match=r"has no header 'Actual'; it stands in C2: .*header: "):
        await sample(path, terms)
    assert (await sample(path, terms | {"header": 2})).value == 36


async def test_labels_may_stand_in_another_column(tmp_path: Path) -> None:
    path = save(tmp_path / "b.xlsx", {"KPI": [["#", "KPI", "Actual"], ["1", "NPS", 36]]})
    assert (await sample(path, {"row": "NPS", "column": "Actual", "labels": "B"})).value == 36


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["KPI", "Actual"], ["NPS", 1], ["nps", 2]], "has the label 'NPS' twice or more, in A2, A3"),
        ([["KPI", "Actual", "Actual "], ["NPS", 1, 2]], "has the header 'Actual' twice or more, in B1, C1"),
    ],
)
async def test_doubled_labels_are_an_error_that_names_both_cells(tmp_path: Path, rows: Rows, message: str) -> None:
    path = save(tmp_path / "double.xlsx", {"KPI": rows})
    with pytest.raises(FixConfigError, match=message):
        await sample(path, {"row": "NPS", "column": "Actual"})


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"sheet": "KPIs", "cell": "C3"}, "has no sheet 'KPIs': nearest: KPI"),
        ({"cell": "C3"}, r"has several sheets \(Notes, KPI\): say which"),
        ({"name": "NPS_nwo"}, "has no name 'NPS_nwo': nearest: NPS_now"),
        ({"name": "Block"}, "a single cell was expected"),
        ({"name": "Broken"}, "which is no cell"),
    ],
)
async def test_what_is_not_there_is_named_with_what_is(kpis: Path, terms: dict[str, object], message: str) -> None:
    with pytest.raises(FixConfigError, match=message):
        await sample(kpis, terms)


ERRORS = """<row r="1">
<c r="A1" t="e"><f>A9</f><v>#REF!</v></c><c r="B1" t="e"><v>#N/A</v></c>
<c r="C1"><f>1+1</f></c><c r="D1"><f>1+1</f><v></v></c><c r="E1" t="str"><f>""</f><v></v></c>
<c r="F1"><f>1+1</f><v>2</v></c><c r="G1"><v>inf</v></c><c r="H1" t="inlineStr"><is><t>12,5</t></is></c></row>"""


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("A1", "cell A1 holds the error #REF!"),
        ("B1", "cell B1 holds the error #N/A"),
        ("C1", "cell C1 holds a formula that was never calculated"),
        ("D1", "cell D1 holds a formula that was never calculated"),
        ("E1", "cell E1 is empty, a number was expected"),
        ("G1", "cell G1 holds the number inf"),
        ("H1", "cell H1 holds the text '12,5', a number was expected"),
        ("Z9", "cell Z9 is empty, a number was expected"),
    ],
)
async def test_a_cell_without_a_number_is_an_error_that_names_file_sheet_and_cell(
    tmp_path: Path, cell: str, message: str
) -> None:
    path = raw_xlsx(tmp_path / "odd.xlsx", ERRORS)
    with pytest.raises(FixConfigError, match=message) as caught:
        await sample(path, {"cell": cell})
    assert str(caught.value).startswith("kpis: odd.xlsx, sheet KPI, cell ")
    with pytest.raises(FixConfigError, match=message):
        await glimpse(path, {"cell": cell})


async def test_a_calculated_formula_is_a_number(tmp_path: Path) -> None:
    assert (await sample(raw_xlsx(tmp_path / "odd.xlsx", ERRORS), {"cell": "F1"})).value == 2


async def test_a_library_that_writes_zero_for_its_formulas_is_not_believed(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><f>B1</f><v>0</v></c><c r="B1"><v>0</v></c><c r="C1"><f>B1+7</f><v>7</v></c></row>'
    path = raw_xlsx(tmp_path / "lib.xlsx", cells, workbook='<calcPr calcId="1" fullCalcOnLoad="1"/>')
    with pytest.raises(FixConfigError, match="cell A1 holds a formula that was never calculated"):
        await sample(path, {"cell": "A1"})
    assert (await sample(path, {"cell": "B1"})).value == 0
    assert (await sample(path, {"cell": "C1"})).value == 7
    excel = raw_xlsx(tmp_path / "excel.xlsx", cells)
    assert (await sample(excel, {"cell": "A1"})).value == 0


async def test_text_is_a_number_only_in_the_declared_style(tmp_path: Path) -> None:
    path = save(tmp_path / "t.xlsx", {"KPI": [["1 234,5", "25 %", "2 M€", "n/a"]]})
    read = [await sample(path, {"cell": cell}, decimal="fr") for cell in ("A1", "B1", "C1")]
    assert [(found.value, found.unit) for found in read] == [
        (Decimal("1234.5"), None),
        (Decimal("0.25"), "percent"),
        (Decimal(2_000_000), "EUR"),
    ]
    with pytest.raises(FixConfigError, match="cell D1 holds the text 'n/a', a number in style fr was expected"):
        await sample(path, {"cell": "D1"}, decimal="fr")


async def test_a_date_where_a_number_was_expected_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "d.xlsx", {"KPI": [["Due", date(2026, 3, 31)]]})
    with pytest.raises(FixConfigError, match="cell B1 holds the date 2026-03-31, a number was expected"):
        await sample(path, {"cell": "B1"})


async def test_a_cell_hidden_by_a_merge_says_where_the_value_is(tmp_path: Path) -> None:
    path = save(tmp_path / "m.xlsx", {"KPI": [["NPS", 36, None, None]]}, merged=[("KPI", "B1:D1")])
    assert (await sample(path, {"cell": "B1"})).value == 36
    with pytest.raises(FixConfigError, match="cell C1 is part of the merged range B1:D1"):
        await sample(path, {"cell": "C1"})


async def test_a_rule_for_a_number_is_no_census_and_a_table_is_no_series(kpis: Path) -> None:
    with pytest.raises(FixConfigError, match="is a table, not numbers"):
        await sample(kpis, {"table": "KPI"})


def ods_cell(attributes: str, text: str = "") -> str:
    return f"<table:table-cell {attributes}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"


ODS = (
    '<table:table table:name="My KPIs"><table:table-row table:number-rows-repeated="2"><table:table-cell '
    'table:number-columns-repeated="16384"/></table:table-row><table:table-row>'
    + ods_cell('office:value-type="string"', "Churn")
    + ods_cell('office:value-type="percentage" office:value="0.031"', "3.1%")
    + ods_cell('office:value-type="currency" office:currency="EUR" office:value="12.5"', "12,50 €")
    + ods_cell('table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"', "#DIV/0!")
    + ods_cell('table:formula="of:=1+1"')
    + ods_cell('table:number-columns-spanned="2" office:value-type="float" office:value="7"', "7")
    + "<table:covered-table-cell/>"
    + "</table:table-row></table:table>"
)
NAMED = (
    '<table:named-expressions><table:named-range table:name="churn" '
    "table:cell-range-address=\"$'My KPIs'.$B$3\"/></table:named-expressions>"
)


async def test_ods_tells_percent_money_and_names(tmp_path: Path) -> None:
    path = ods(tmp_path / "k.ods", ODS, more=NAMED)
    churn = await sample(path, {"name": "churn", "label": "Churn"})
    assert (churn.value, churn.unit, "cell B3" in churn.origin) == (Decimal("0.031"), "percent", True)
    money = await sample(path, {"cell": "C3"})
    assert (money.value, money.unit) == (Decimal("12.5"), "EUR")
    assert (await sample(path, {"cell": "F3"})).value == 7


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("D3", "holds the error #DIV/0!"),
        ("E3", "never calculated"),
        ("G3", "merged range F3:G3"),
        ("A1", "is empty, a number was expected"),
        ("A3", "holds the text 'Churn'"),
    ],
)
async def test_ods_cells_without_a_number_are_errors(tmp_path: Path, cell: str, message: str) -> None:
    with pytest.raises(FixConfigError, match=f"cell {cell} .*{message}"):
        await sample(ods(tmp_path / "k.ods", ODS), {"cell": cell})


TWICE = {
    "twice.xlsx": '<row r="1"><c r="A1"><v>41.5</v></c><c r="A1"><v>0</v></c></row>',
    "both.xlsx": '<row r="1"><c r="A1"><v>41.5</v><v>0</v></c></row>',
    "far.xlsx": '<row r="1"><c r="A1"><v>41.5</v></c></row><row r="2"/><row r="1"><c r="A1"><v>0</v></c></row>',
}


@pytest.mark.parametrize("name", [*TWICE, "twice.xlsb", "twice.xls"])
async def test_a_cell_that_a_broken_file_has_twice_is_no_number(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("xlsb"):
        xlsb.save_xlsb(path, xlsb.row(0) + xlsb.number(0, 41.5) + xlsb.number(0, 0))
    elif name.endswith("xls"):
        xls.save_xls(path, xls.book("KPI", xls.number(0, 0, 41.5) + xls.number(0, 0, 0)))
    else:
        raw_xlsx(path, TWICE[name])
    with pytest.raises(FixConfigError, match=rf"kpis: {name}, sheet KPI, cell A1 holds two values: the file says both"):
        await sample(path, {"sheet": "KPI", "cell": "A1"})
