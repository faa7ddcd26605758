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
    assert load_workbook(tmp_path / "q4.xlsx").sheetnames == ["Key results", "Check-ins"]
    assert json.loads((tmp_path / "q4.json").read_text(encoding="utf-8"))["okrsync_export"] == 1
    names = {path.suffix for path in tmp_path.iterdir()}
    assert names == {".xlsx", ".md", ".json", ".csv", ".html", ".pptx"}
    assert (tmp_path / "q4.check-ins.csv").is_file()
    assert (tmp_path / "q4.csv").read_bytes().startswith("\ufeff".encode())


def test_what_cannot_be_written_is_said_with_what_to_do(rivelle: Company, tmp_path: Path) -> None:
    where = ("-C", str(rivelle.folder), "export")
    for words, says in (
        (("--format", "xlsx"), "add --out NAME.xlsx"),
        (("--history",), "check-ins are a second csv"),
        (("--out", str(tmp_path / "q4.doc")), "tells no format"),
        (("--out", str(tmp_path / "missing" / "q4.csv")), "cannot write"),
        (("--page", "javascript:alert(1)"), "is no web address"),
        (("--cycle", "2020-q1"), "no cycle '2020-q1'"),
    ):
        done = okrsync(*where, *words)
        assert done.returncode != 0
        assert says in done.stderr
    assert list(tmp_path.iterdir()) == []
