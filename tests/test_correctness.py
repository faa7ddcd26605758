"""The table of docs/correctness.md: all forty pitfalls are in it, and every test that it names exists."""

from __future__ import annotations

import re

import pytest

from connectors.registry import BUILT_IN
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


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_page_of_a_connector_names_the_pitfalls_that_its_tests_keep_shut(name: str) -> None:
    page = (ROOT / "docs" / "connectors" / f"{name}.md").read_text(encoding="utf-8")
    table = page.partition("\n## Pitfalls handled\n")[2]
    told = {int(each) for cells in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for each in cells.split(",")}
    shut = {number for number, (_, _, proofs) in ROWS.items() if f"`tests/connectors/{name}/" in proofs}
    assert told, f"docs/connectors/{name}.md has no table of pitfalls by the numbers of docs/correctness.md"
    assert shut <= told <= set(ROWS)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_page_of_a_connector_says_how_to_set_up_with_the_least_rights_and_what_its_limits_are(name: str) -> None:
    page = (ROOT / "docs" / "connectors" / f"{name}.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^##+ (.+)$", page, flags=re.MULTILINE)).lower()
    for word in ("set up", "select", "limits"):
        assert word in headings
    assert re.search(
        r"permission|read-only|grant|reading is enough|nothing (?:else|more)",
        page.partition("## Set up")[2],
        re.IGNORECASE,
    )
