"""The table of docs/correctness.md: all forty pitfalls are in it, and every test that it names exists."""

from __future__ import annotations

import re

import pytest

from tests.proofs import ROOT, missing

PAGE = ROOT / "docs" / "correctness.md"
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = {int(row[0]): row[1:] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_all_forty_are_there_in_their_order() -> None:
    assert list(ROWS) == list(range(1, 41))
    assert PAGE.read_text(encoding="utf-8").count("\n| ") == 40 + 2, "a row that is no row of the table"


@pytest.mark.parametrize("number", ROWS)
def test_each_names_what_is_done_and_a_test_that_exists(number: int) -> None:
    pitfall, remedy, proofs = ROWS[number]
    assert len(pitfall.split()) >= 3
    assert len(remedy.split()) >= 7
    named = re.findall(r"`([^`]+)`", proofs)
    assert named
    assert [said for each in named if (said := missing(each))] == []
    assert all(each.startswith("tests/") and "::test_" in each for each in named)


def test_pages_of_connectors_speak_of_pitfalls_by_these_numbers() -> None:
    for page in sorted((ROOT / "docs" / "connectors").glob("*.md")):
        for table in re.findall(
            r"^\| number \| where \|\n(?:\|.*\n?)+", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            numbers = [
                int(each) for cells in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for each in cells.split(",")
            ]
            assert set(numbers) <= set(ROWS), page.name
