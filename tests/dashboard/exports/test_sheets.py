"""Spreadsheets: nothing in them is run, and every number is one."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dashboard.exports.sheets import csv_text, xlsx_bytes
from dashboard.exports.tables import Amount, Table, check_ins, comments, key_results
from mapping.columns import COLUMNS, Column, folded, unit_of, unit_text
from mapping.currencies import CODES
from mapping.rules import Unit, UnitKind
from mapping.safe_text import safe, unsafe
from tests.dashboard.exports.kit import EN, FR, NAUGHTY, renamed, told
from tests.dashboard.sketches import NOW

RUN = frozenset("=+-@\t\r\n＝＋－＠")
TWO = (Column("text", "Text", "Texte"), Column("number", "Number", "Nombre"))
MINUS = Decimal("-1234.5")
ALL = (*NAUGHTY, "x" * 40_000)


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def shown(text: str) -> str:
    return re.sub("^[ \u00a0\u3000\ufeff\u200b]*", "", text)


def naughty() -> Table:
    return Table(title="T", columns=TWO, rows=tuple((text, Amount(MINUS)) for text in ALL))


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_of_a_csv_begins_as_a_formula_does(text: str) -> None:
    whole = renamed(told(), text)
    for table in (key_results(whole, EN), check_ins(whole, EN), comments(whole, EN)):
        rows = cells_of(csv_text(table, "en"))
        for row, cells in zip(table.rows, rows[1:], strict=True):
            for cell, written in zip(row, cells, strict=True):
                if isinstance(cell, str):
                    assert unsafe(written) == cell
                    assert shown(written)[:1] not in RUN


def test_an_override_stands_with_reason_and_end_beside_its_check_in_and_comments_have_a_table() -> None:
    for table in (key_results(told(), EN), check_ins(told(), EN)):
        places = [column.name for column in table.columns]
        row = next(row for row in table.rows if row[places.index("override_reason")])
        assert row[places.index("override_reason")] == "the tracker counts doubles"
        assert row[places.index("override_until")] == NOW + timedelta(days=2)
    said = cells_of(csv_text(comments(told(), EN), "en"))
    assert said[0] == ["Key result id", "Key result", "At", "Author", "Comment"]
    assert said[1][3:] == ["ana", "waits for a supplier"]


@given(st.text())
def test_a_guarded_text_comes_back_as_it_was(text: str) -> None:
    assert unsafe(safe(text)) == text
    assert shown(safe(text))[:1] not in RUN


@given(st.text(alphabet="'=+- ＝a"))
def test_quotes_and_signs_in_any_order_come_back_as_they_were(text: str) -> None:
    assert unsafe(safe(text)) == text


def test_numbers_of_a_csv_are_bare_exact_and_count_in_their_unit() -> None:
    rows = (
        (None, Amount(MINUS)),
        ("x", Amount(Decimal("0.123456789012"), Unit(kind=UnitKind.PERCENT))),
        ("y", Amount(Decimal("0.000000000001"))),
        ("z", Amount(Decimal("1E+6"), Unit(kind=UnitKind.CURRENCY, currency="EUR"))),
    )
    text = csv_text(Table(title="T", columns=TWO, rows=rows), "fr")
    assert text.splitlines() == [
        '"Texte","Nombre"',
        ",-1234.5",
        '"x",12.3456789012',
        '"y",0.000000000001',
        '"z",1000000',
    ]


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes([naughty()], "en")))
    sheet = book["T"]
    for text, row in zip(ALL, sheet.iter_rows(min_row=2), strict=True):
        first, second = row
        assert first.data_type == ("s" if text else "n")  # nothing at all counts as a number without value
        assert (second.value, second.data_type) == (-1234.5, "n")
        if text:
            kept = text.replace("\x00", "\ufffd").replace("\x07", "\ufffd")[:32_767]
            assert first.value == kept
            assert bool(first.quotePrefix) == (safe(text) != text)


@pytest.mark.parametrize("text", NAUGHTY[:6])
def test_a_whole_cycle_of_naughty_names_has_no_formula_in_its_workbook(text: str) -> None:
    whole = renamed(told(), text)
    book = load_workbook(io.BytesIO(xlsx_bytes([each(whole, FR) for each in (key_results, check_ins, comments)], "fr")))
    assert book.sheetnames == ["Résultats clés", "Check-ins", "Commentaires"]
    found = [cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in found
    assert "e" not in found


def test_percentages_are_fractions_with_the_format_of_per_cent() -> None:
    table = key_results(told(), EN)
    book = load_workbook(io.BytesIO(xlsx_bytes([table], "en")))
    sheet = book["Key results"]
    heads = [cell.value for cell in sheet[1]]
    assert heads == [column.english for column in COLUMNS]
    place = heads.index("Progress")
    cell = sheet.cell(row=2, column=place + 1)
    expected = table.rows[0][place]
    assert isinstance(expected, Amount)
    assert (cell.value, cell.number_format) == (float(expected.value), "0.0%")
    assert sheet.freeze_panes == "A2"


@given(st.sampled_from([Unit(kind=kind) for kind in UnitKind if kind is not UnitKind.CURRENCY] + [Unit(name="bugs")]))
def test_a_unit_is_read_as_it_was_written(unit: Unit) -> None:
    assert unit_of(unit_text(unit)) == unit


def test_every_currency_is_read_as_it_was_written() -> None:
    for code in CODES:
        unit = Unit(kind=UnitKind.CURRENCY, currency=code)
        assert unit_of(unit_text(unit)) == unit
    assert unit_of("€") == Unit(kind=UnitKind.CURRENCY, currency="EUR")
    assert unit_of("all") == Unit(name="all")  # ALL is the lek, and "all" is a word


def test_no_header_means_two_columns() -> None:
    meant: dict[str, set[str]] = {}
    for column in COLUMNS:
        for header in (column.name, column.english, column.french, *column.also):
            meant.setdefault(folded(header), set()).add(column.name)
    assert {header: names for header, names in meant.items() if len(names) > 1} == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_libreoffice_opens_it_without_a_formula_and_with_negative_numbers(kind: str, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not on this machine: apt-get install libreoffice-calc to run this test")
    source = tmp_path / f"naughty.{kind}"
    if kind == "csv":
        source.write_bytes(("\ufeff" + csv_text(naughty(), "en")).encode())
    else:
        source.write_bytes(xlsx_bytes([naughty()], "en"))
    done = subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            *(["--infilter=CSV:44,34,76,1"] if kind == "csv" else []),
            "--convert-to",
            "fods",
            "--outdir",
            str(tmp_path / "out"),
            str(source),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    opened = (tmp_path / "out" / "naughty.fods").read_text(encoding="utf-8")
    assert done.returncode == 0
    assert "table:formula" not in opened
    assert opened.count('office:value="-1234.5"') == len(ALL)
