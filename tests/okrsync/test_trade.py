"""Export as a user runs it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from openpyxl import load_workbook

from tests.flows.kit import Company, okrsync


def test_csv_goes_to_standard_output_with_a_row_for_each_key_result(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "export", "--language", "fr", "--page", "https://okr.test/")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    epic = next(row for row in rows if row["Id du résultat clé"] == "new-checkout/epic")
    assert epic["Unité"] == "%"
    assert epic["Lien"] == "https://okr.test/kr/new-checkout/epic"
    assert 0 < float(epic["Valeur"]) < 100


def test_the_name_of_the_file_tells_the_format(rivelle: Company, tmp_path: Path) -> None:
    where = ("-C", str(rivelle.folder), "export", "--history", "--out")
    for name in ("q4.xlsx", "q4.md", "q4.json", "q4.csv", "q4.html", "q4.pptx"):
        assert okrsync(*where, str(tmp_path / name)).returncode == 0
    assert load_workbook(tmp_path / "q4.xlsx").sheetnames == ["Key results", "Check-ins", "Comments"]
    assert json.loads((tmp_path / "q4.json").read_text(encoding="utf-8"))["okrsync_export"] == 1
    names = {path.suffix for path in tmp_path.iterdir()}
    assert names == {".xlsx", ".md", ".json", ".csv", ".html", ".pptx"}
    assert (tmp_path / "q4.check-ins.csv").is_file()
    assert (tmp_path / "q4.comments.csv").is_file()
    assert (tmp_path / "q4.csv").read_bytes().startswith("\ufeff".encode())


def test_what_cannot_be_written_is_said_with_what_to_do(rivelle: Company, tmp_path: Path) -> None:
    where = ("-C", str(rivelle.folder), "export")
    for words, says in (
        (("--format", "xlsx"), "add --out NAME.xlsx"),
        (("--history",), "check-ins and comments are further csvs"),
        (("--out", str(tmp_path / "q4.doc")), "tells no format"),
        (("--out", str(tmp_path / "missing" / "q4.csv")), "cannot write"),
        (("--page", "javascript:alert(1)"), "is no web address"),
        (("--cycle", "2020-q1"), "no cycle '2020-q1'"),
    ):
        done = okrsync(*where, *words)
        assert done.returncode != 0
        assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


VIVA = """\
Id,Title,Object Type,Owner,Period,Start Date,End Date,"Aligned To (weight, Objective ID)",Unit,Start,Target,Progress %
1,Grow the shop,Objective,Ana,Q4 2026,2026-10-01,2026-12-31,,,,,50
2,Reach 500 orders a day,Key result,Ben,Q4 2026,,,"Grow the shop(weight: 60%, Id: 1)",orders,100,500,25
3,Conversion,Key result,Ben,Q4 2026,,,"Grow the shop(weight: 40%, Id: 1)",%,15,25,0
"""


def test_an_import_into_an_empty_folder_can_be_looked_at_first_and_done_twice(tmp_path: Path) -> None:
    (tmp_path / "viva.csv").write_text(VIVA, encoding="utf-8")
    words = ("-C", str(tmp_path), "import", str(tmp_path / "viva.csv"), "--from", "viva", "--as", "ana")
    dry = okrsync(*words, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "6 would be taken over, 0 as they were" in dry.stdout
    assert okrsync("-C", str(tmp_path), "import", str(tmp_path / "none.csv")).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["viva.csv"]
    assert "6 taken over" in okrsync(*words).stdout
    assert json.loads(okrsync(*words, "--json").stdout)["run"] is None
    shown = json.loads(okrsync("-C", str(tmp_path), "status", "--json").stdout)["key_results"]
    assert {each["id"]: each["value"] for each in shown} == {"viva-1/viva-2": "200", "viva-1/viva-3": "0.15"}


def test_an_import_as_rules_is_a_file_that_holds_and_touches_no_store(tmp_path: Path) -> None:
    (tmp_path / "viva.csv").write_text(VIVA, encoding="utf-8")
    done = okrsync("-C", str(tmp_path), "import", str(tmp_path / "viva.csv"), "--from", "viva", "--as-rules")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["viva.csv"]
    assert "measure: by_hand  # fill in what measures it" in done.stdout
    assert "# viva-1/viva-3 stood at 15%" in done.stdout
    (tmp_path / "okrsync.yaml").write_text(done.stdout, encoding="utf-8")
    assert okrsync("-C", str(tmp_path), "check", "--offline").returncode == 0


def test_a_row_that_cannot_be_imported_is_named_with_its_line_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "viva.csv").write_text(VIVA.replace(",500,25", ",five,25"), encoding="utf-8")
    done = okrsync("-C", str(tmp_path), "import", str(tmp_path / "viva.csv"), "--from", "viva")
    assert done.returncode == 1
    assert "viva.csv, line 3, Target: 'five' is no number" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["viva.csv"]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(rivelle: Company, tmp_path: Path) -> None:
    book = tmp_path / "q4.xlsx"
    assert okrsync("-C", str(rivelle.folder), "export", "--out", str(book)).returncode == 0
    done = okrsync("-C", str(tmp_path), "import", str(book), "--sheet", "OKRs")
    assert "q4.xlsx has no sheet 'OKRs': there are Key results" in done.stderr
