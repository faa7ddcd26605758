"""The table of docs/reliability.md: every row names its figures and tests that exist, and no suite is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.points import named_in_source
from tests.proofs import ROOT, missing

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (B\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("row", "fault", "holds", "measured", "proofs"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_says_what_was_measured_and_names_tests_that_exist(
    row: str, fault: str, holds: str, measured: str, proofs: str
) -> None:
    named = re.findall(r"`([^`]+)`", proofs)
    assert named, row
    assert [said for each in named if (said := missing(each))] == []
    assert re.search(r"\d", measured), "no figure"
    assert min(len(fault.split()), len(holds.split())) >= 5


def test_every_suite_of_the_fault_table_has_its_row() -> None:
    suites = {each.name for each in Path(__file__).parent.glob("test_b*.py")}
    assert suites == set(re.findall(r"test_b\d\d_\w+\.py", PAGE))


def test_the_page_lists_every_fail_point() -> None:
    listed = re.findall(r"`([a-z]+(?:\.[a-z-]+)+)`", PAGE[PAGE.index("## Fail on purpose") :])
    assert sorted(listed) == sorted(named_in_source())
