from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from mapping.words import ItemState
from tests.connectors.spreadsheet.books import SAVED_AT, Rows, Value, glimpse, ods, raw_xlsx, rows, sample, save

LEADS: Rows = [
    ["Lead", "Company", "Qualified", "Closed on", "Status", "Worth"],
    ["L-1", "Acme", 3, date(2026, 10, 5), "Done", 0.5],
    ["L-2", "Borealis", 4, date(2026, 10, 6), "Fait", 1],
    [None, None, None, None, None, None],
    ["L-3", "Cumulus", None, None, "Open", 2],
]


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    return save(tmp_path / "leads.xlsx", {"Notes": [["x"]], "Leads": LEADS})


async def test_rows_of_a_sheet_are_items(leads: Path) -> None:
    read = await rows(leads, {"table": "leads", "id": "lead"}, "qualified")
    assert read.skipped == []
    assert [item.id for item in read.items] == ["leads#L-1", "leads#L-2", "leads#L-3"]
    first = read.items[0]
    assert (first.connection, first.key, first.title, first.kind) == ("kpis", "leads row 2", "Acme", "row")
    assert (first.state, first.status, first.updated_at) == (ItemState.TODO, "", SAVED_AT)
    assert first.on == datetime(2026, 10, 5, tzinfo=UTC)
    assert first.numbers == {"qualified": Decimal(3), "Worth": Decimal("0.5")}
    assert first.fields == {"Lead": "L-1", "Company": "Acme", "Closed on": "2026-10-05", "Status": "Done"}


async def test_an_empty_number_is_absent_and_not_zero(leads: Path) -> None:
    last = (await rows(leads, {"table": "Leads"}, "qualified")).items[-1]
    assert last.numbers == {"Worth": Decimal(2)}
    assert last.on is None


async def test_without_an_id_column_a_row_is_its_place_below_the_header(leads: Path) -> None:
    read = await rows(leads, {"table": "Leads"})
    assert [(item.id, item.key) for item in read.items] == [
        ("Leads#1", "Leads row 2"),
        ("Leads#2", "Leads row 3"),
        ("Leads#4", "Leads row 5"),
    ]


async def test_words_of_a_column_say_what_is_done(leads: Path) -> None:
    terms = {
        "table": "Leads",
        "done": {"column": "Status", "is": ["done", "Fait"]},
        "wont_do": {"column": "Status", "is": "Lost"},
        "title": "Lead",
    }
    read = await rows(leads, terms)
    assert [(item.title, item.state, item.status) for item in read.items] == [
        ("L-1", ItemState.DONE, "Done"),
        ("L-2", ItemState.DONE, "Fait"),
        ("L-3", ItemState.TODO, "Open"),
    ]


async def test_a_tick_box_says_what_is_done(tmp_path: Path) -> None:
    path = save(
        tmp_path / "t.xlsx",
        {
            "Tasks": [
                ["Task", "Ready", "Stage"],
                ["a", True, "x"],
                ["b", False, "Doing"],
                ["c", None, ""],
                ["d", "yes", ""],
            ]
        },
    )
    terms = {"table": "Tasks", "done": {"column": "Ready"}, "in_progress": {"column": "Stage", "is": "doing"}}
    read = await rows(path, terms)
    assert [item.state for item in read.items] == [ItemState.DONE, ItemState.IN_PROGRESS, ItemState.TODO]
    assert len(read.skipped) == 1
    assert "kpis: t.xlsx, sheet Tasks, cell B5 holds 'yes', true, false or nothing was expected" in read.skipped[0]


async def test_a_named_table_ends_where_it_ends(tmp_path: Path) -> None:
    path = save(
        tmp_path / "t.xlsx",
        {"Sales": [["before", None, None], [None, "Name", "Sum"], [None, "a", 1], [None, "b", 2], ["after", None, 9]]},
        tables={"Deals": ("Sales", "B2:C4")},
    )
    read = await rows(path, {"table": "deals", "id": "Name"}, "Sum")
    assert [(item.id, item.key, item.numbers) for item in read.items] == [
        ("deals#a", "deals row 3", {"Sum": Decimal(1)}),
        ("deals#b", "deals row 4", {"Sum": Decimal(2)}),
    ]


async def test_the_totals_of_a_named_table_are_no_row(tmp_path: Path) -> None:
    def totals(book: object) -> None:
        book["S"].tables["Deals"].totalsRowCount = 1  # type: ignore[index]

    path = save(
        tmp_path / "t.xlsx",
        {"S": [["Name", "Sum"], ["a", 1], ["b", 2], ["Total", 3]]},
        tables={"Deals": ("S", "A1:B4")},
        also=totals,
    )
    assert [item.title for item in (await rows(path, {"table": "Deals"})).items] == ["a", "b"]
    assert (await glimpse(path, {"table": "Deals"})).matches == 2


async def test_an_ods_database_range_is_a_table(tmp_path: Path) -> None:
    def row(*texts: str) -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
        )
        return f"<table:table-row>{cells}</table:table-row>"

    path = ods(
        tmp_path / "t.ods",
        f'<table:table table:name="S">{row("Name", "City")}{row("a", "Nice")}{row("b", "Brest")}</table:table>',
        more='<table:database-ranges><table:database-range table:name="Places" '
        'table:target-range-address="S.A1:S.B2"/></table:database-ranges>',
    )
    read = await rows(path, {"table": "Places"})
    assert [(item.title, item.fields["City"]) for item in read.items] == [("a", "Nice")]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"table": "Lead"}, "has no table and no sheet 'Lead': tables are none; sheets are Notes, Leads"),
        ({"table": "Leads", "id": "Leed"}, "row 1 has no header 'Leed'; nearest: 'Lead' in A1"),
        ({"table": "Leads", "done": {"column": "State"}}, "has no header 'State'; nearest: 'Status' in E1"),
        ({"table": "Leads", "date": "Day"}, "has no header 'Day'"),
        ({"table": "Leads", "header": 4}, "has nothing in row 4, where the headers were expected"),
        ({"table": "Leads", "text": ["Wurth"]}, "has no header 'Wurth'; nearest: 'Worth' in F1"),
    ],
)
async def test_what_the_rule_names_and_the_sheet_lacks_is_an_error(
    leads: Path, terms: dict[str, object], message: str
) -> None:
    with pytest.raises(FixConfigError, match=message):
        await rows(leads, terms)


async def test_doubled_headers_and_ids_are_errors_that_name_both_cells(tmp_path: Path) -> None:
    path = save(
        tmp_path / "d.xlsx", {"H": [["Name", "name "], ["a", "b"]], "I": [["Name"], ["a"], ["b"], ["a"]], "E": []}
    )
    with pytest.raises(FixConfigError, match="has the header 'name ' twice, in A1 and B1"):
        await rows(path, {"table": "H"})
    with pytest.raises(FixConfigError, match="has the id 'a' twice, in A2 and A4"):
        await rows(path, {"table": "I", "id": "Name"})
    with pytest.raises(FixConfigError, match=r"d\.xlsx, sheet E is empty"):
        await rows(path, {"table": "E"})


CELL = '<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def text_cell(at: str, text: str) -> str:
    return CELL.format(at=at, text=text)


BROKEN = (
    f'<row r="1">{text_cell("A1", "Name")}{text_cell("B1", "Sum")}{text_cell("C1", "Note")}</row>'
    f'<row r="2">{text_cell("A2", "a")}<c r="B2"><v>1</v></c><c r="C2" t="e"><v>#REF!</v></c></row>'
    f'<row r="3">{text_cell("A3", "b")}<c r="B3" t="e"><v>#N/A</v></c></row>'
    f'<row r="4">{text_cell("A4", "c")}{text_cell("B4", "12 k")}</row>'
    f'<row r="5">{text_cell("A5", "d")}<c r="B5"><f>1+1</f></c></row>'
    f'<row r="6"><c r="A6" t="e"><v>#NAME?</v></c><c r="B6"><v>1</v></c></row>'
    f'<row r="7"><c r="B7"><v>1</v></c></row>'
)


async def test_a_broken_cell_in_a_column_that_counts_makes_the_read_partial(tmp_path: Path) -> None:
    path = raw_xlsx(tmp_path / "b.xlsx", BROKEN)
    read = await rows(path, {"table": "KPI", "id": "Name"}, "sum")
    assert [(item.id, item.numbers) for item in read.items] == [("KPI#a", {"sum": Decimal(1)})]
    for message, skipped in zip(
        (
            "cell B3 holds the error #N/A",
            "cell B4 holds the text '12 k' in a column of numbers",
            "cell B5 holds a formula that was never calculated",
            "cell A6 holds the error #NAME?",
            "cell A7 is empty, the id of the row was expected",
        ),
        read.skipped,
        strict=True,
    ):
        assert f"kpis: b.xlsx, sheet KPI, {message}" in skipped


async def test_a_column_of_numbers_can_be_declared_text(tmp_path: Path) -> None:
    path = save(tmp_path / "r.xlsx", {"T": [["Ref", "N"], [123, 1], ["A-12", 2]]})
    mixed = await rows(path, {"table": "T"}, "ref")
    assert [item.numbers for item in mixed.items] == [{"ref": Decimal(123), "N": Decimal(1)}]
    assert "cell A3 holds the text 'A-12' in a column of numbers" in mixed.skipped[0]
    assert "say that the column is text (text: [ref])" in mixed.skipped[0]
    read = await rows(path, {"table": "T", "text": ["Ref"]}, "ref")
    assert [(item.fields["ref"], item.numbers) for item in read.items] == [
        ("123", {"N": Decimal(1)}),
        ("A-12", {"N": Decimal(2)}),
    ]
    assert read.skipped == []


async def test_of_several_date_columns_none_is_guessed(tmp_path: Path) -> None:
    cells: list[list[Value]] = [["Name", "From", "To"], ["a", date(2026, 1, 1), date(2026, 2, 1)]]
    path = save(tmp_path / "d.xlsx", {"T": cells})
    assert (await rows(path, {"table": "T"})).items[0].on is None
    stated = await rows(path, {"table": "T", "date": "to"}, timezone="Europe/Paris")
    assert stated.items[0].on == datetime(2026, 1, 31, 23, tzinfo=UTC)


async def test_a_dated_row_without_a_date_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "d.xlsx", {"T": [["Name", "Day"], ["a", "31/03/2026"], ["b", "soon"], ["c", None]]})
    read = await rows(path, {"table": "T", "date": "Day"}, dates="day-first")
    assert [item.on for item in read.items] == [datetime(2026, 3, 31, tzinfo=UTC), None]
    assert "cell B3 holds 'soon', a date was expected (dates: day-first)" in read.skipped[0]
    ambiguous = await rows(path, {"table": "T", "date": "Day"})
    assert "cell B2 holds '31/03/2026', a date was expected (dates: iso)" in ambiguous.skipped[0]


async def test_a_table_of_headers_alone_is_a_complete_answer(tmp_path: Path) -> None:
    path = save(tmp_path / "h.xlsx", {"T": [["Name", "Sum"]]})
    read = await rows(path, {"table": "T"}, "sum")
    assert (read.items, read.skipped) == ([], [])
    assert (await glimpse(path, {"table": "T"})).matches == 0


async def test_many_rows_come_in_pages(tmp_path: Path) -> None:
    path = save(tmp_path / "m.xlsx", {"T": [["N"], *([n] for n in range(1, 1201))]})
    read = await rows(path, {"table": "T"}, "n")
    assert len(read.items) == 1200
    assert sum(item.numbers["n"] for item in read.items) == 1200 * 1201 // 2


async def test_one_number_is_no_table(leads: Path) -> None:
    with pytest.raises(FixConfigError, match="gives numbers, not a table"):
        await rows(leads, {"sheet": "Leads", "cell": "C2"})
    assert (await sample(leads, {"sheet": "Leads", "cell": "C2"})).value == 3
