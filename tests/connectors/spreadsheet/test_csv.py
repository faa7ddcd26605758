from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from tests.connectors.spreadsheet.books import SAVED_AT, rows, sample, save, saved_at

KPIS = "KPI,Plan,Actual\r\nNPS,42,36\r\n\r\nChurn,2 %,3.1 %\r\nRevenue,1000,740.25\r\n"


def csv(folder: Path, text: str | bytes, name: str = "kpis.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return saved_at(path, SAVED_AT)


async def test_numbers_are_read_by_label_and_by_cell(tmp_path: Path) -> None:
    path = csv(tmp_path, KPIS)
    found = await sample(path, {"row": "Revenue", "column": "Actual"})
    assert (found.value, found.at, found.origin) == (
        Decimal("740.25"),
        SAVED_AT,
        "kpis.csv, cell C5 (row Revenue, column Actual)",
    )
    churn = await sample(path, {"cell": "C4", "label": "Churn"})
    assert (churn.value, churn.unit) == (Decimal("0.031"), "percent")


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
async def test_a_file_is_read_in_the_declared_encoding(tmp_path: Path, encoding: str, declared: str | None) -> None:
    path = csv(tmp_path, "Libellé;Réel\nTaux d’équipement;12,5\n".encode(encoding))
    found = await sample(
        path, {"row": "Taux d’équipement", "column": "Réel"}, encoding=declared, delimiter=";", decimal="fr"
    )
    assert found.value == Decimal("12.5")


@pytest.mark.parametrize(
    ("content", "declared", "message"),
    [
        (
            "a,b\nLibellé,1\n".encode("cp1252"),
            None,
            "line 2: byte 10 is 0xE9, which is not utf-8: declare its encoding",
        ),
        ("a,b\n".encode("utf-16"), None, "line 1: byte 0 is 0xFF, which is not utf-8: .* encoding: utf-16"),
        (b"a,b\nc\x00,1\n", None, "line 2: holds a NUL character"),
        (b"abc", "utf-16", "is not utf-16"),
        (b"\x81,1\n", "cp1252", "byte 0 is 0x81, which is not cp1252"),
    ],
)
async def test_a_file_that_does_not_decode_is_never_guessed_at(
    tmp_path: Path, content: bytes, declared: str | None, message: str
) -> None:
    with pytest.raises(FixConfigError, match=r"^kpis: kpis\.csv.*" + message):
        await sample(csv(tmp_path, content), {"cell": "B2"}, encoding=declared)


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", None, "1234.5"),
        ("-7", None, "-7"),
        ("1 234,5", "fr", "1234.5"),
        ("25 %", "fr", "0.25"),
        ("1,234.5", "en", "1234.5"),
        ("(empty)", None, None),
        ("12,5", None, "12.5"),
        ("1,234", None, None),
        ("1.234,5", "en", None),
        ("nan", None, None),
    ],
)
async def test_numbers_are_read_in_the_declared_style_only(
    tmp_path: Path, text: str, decimal: str | None, value: str | None
) -> None:
    path = csv(tmp_path, f"KPI;Actual\nNPS;{text}\n")
    terms = {"row": "NPS", "column": "Actual"}
    if value is not None:
        assert (await sample(path, terms, delimiter=";", decimal=decimal)).value == Decimal(value)
        return
    with pytest.raises(FixConfigError, match=r"kpis\.csv, cell B2 holds the text .*, a number in style"):
        await sample(path, terms, delimiter=";", decimal=decimal)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"name": "NPS"}, "is csv and cannot hold the name 'NPS'"),
        ({"sheet": "KPI", "cell": "A1"}, "is csv and has no sheets"),
        ({"cell": "D9"}, "cell D9 is empty"),
        ({"row": "NPS", "column": "Actuel"}, "row 1 has no header 'Actuel'; nearest: 'Actual' in C1"),
    ],
)
async def test_what_csv_cannot_have_is_named(tmp_path: Path, terms: dict[str, object], message: str) -> None:
    with pytest.raises(FixConfigError, match=message):
        await sample(csv(tmp_path, KPIS), terms)


async def test_a_wrong_delimiter_is_suspected_by_name(tmp_path: Path) -> None:
    path = csv(tmp_path, "KPI;Actual\nNPS;36\n")
    with pytest.raises(FixConfigError, match="it holds only 'KPI;Actual': is the delimiter declared rightly"):
        await sample(path, {"row": "NPS", "column": "Actual"})
    assert (await sample(path, {"cell": "B2"}, delimiter=";")).value == 36
    tabbed = csv(tmp_path, "KPI\tActual\nNPS\t36\n", "kpis.tsv")
    assert (await sample(tabbed, {"cell": "B2"}, delimiter="tab")).value == 36


async def test_rows_are_items_and_columns_are_numbers_when_all_their_cells_are(tmp_path: Path) -> None:
    path = csv(tmp_path, "Name,Sum,Day,Done\nacme,1.5,2026-03-31,true\nbolt,2,2026-04-01T10:00:00,\n,,,\n")
    read = await rows(
        path, {"table": "Deals", "id": "Name", "done": {"column": "Done"}}, "sum", timezone="Europe/Paris"
    )
    assert read.skipped == []
    assert [(item.id.partition("@")[0], item.key, item.done, item.numbers) for item in read.items] == [
        ("Deals#acme", "Deals row 2", True, {"sum": Decimal("1.5")}),
        ("Deals#bolt", "Deals row 3", False, {"sum": Decimal(2)}),
    ]
    assert [item.on for item in read.items] == [
        datetime(2026, 3, 30, 22, tzinfo=UTC),
        datetime(2026, 4, 1, 8, tzinfo=UTC),
    ]


async def test_ragged_rows_are_named_by_their_line(tmp_path: Path) -> None:
    path = csv(tmp_path, 'Name,Sum\n"two\nlines",1\nAcme, Ltd,2\nshort\nok,3\n')
    read = await rows(path, {"table": "T"}, "sum")
    assert [item.numbers["sum"] for item in read.items] == [1, 3]
    assert "kpis.csv, line 4 has 3 fields, its header has 2" in read.skipped[0]
    assert "kpis.csv, line 5 has 1 fields, its header has 2" in read.skipped[1]
    with pytest.raises(FixConfigError, match="line 4 has 3 fields, its header has 2"):
        await sample(path, {"row": "Acme", "column": "Sum"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'a,b\n"open,1\n', "line 3: is not sound csv|line 2: is not sound csv"),
        (b"a," + b"x" * 200_000 + b"\n", "line 1: is not sound csv .*field limit"),
        (b"a\n" * 200_002, "more than 200,000 rows"),
        (b"," * 3000, "more than 200,000 rows, 2,000 columns"),
    ],
)
async def test_unsound_or_endless_csv_is_an_error_that_names_the_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(FixConfigError, match=message):
        await sample(csv(tmp_path, content), {"cell": "B2"})


async def test_a_workbook_named_csv_and_csv_named_xlsx_are_told(tmp_path: Path) -> None:
    book = save(tmp_path / "book.xlsx", {"A": [["NPS", 1]]}).rename(tmp_path / "book.csv")
    with pytest.raises(FixConfigError, match=r"book\.csv is a workbook by its content and csv by its name"):
        await sample(book, {"cell": "B1"})
    with pytest.raises(FixConfigError, match=r"kpis\.xlsx is plain text and no workbook"):
        await sample(csv(tmp_path, KPIS, "kpis.xlsx"), {"cell": "B1"})
    with pytest.raises(FixConfigError, match=r"kpis\.xls is an HTML page and no workbook"):
        await sample(csv(tmp_path, "<html><table><tr><td>1</td></tr></table>", "kpis.xls"), {"cell": "B1"})
