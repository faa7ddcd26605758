"""Rules that mean harm are refused, fail, or end: each within a tenth of a second of CPU, in a child that dies else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mapping.errors import RuleError
from mapping.loops import has_loop
from mapping.where import compile_where
from tests.mapping.hostile import FILTERS, FORMULAS
from tests.mapping.worlds import item

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {
    "filter concatenation in a loop": "true failed",
    "filter search in a loop": "false failed",
    "filter pattern from data": "false failed",
    "filter map of literals": "true true",
    "filter (a+)+$": "false false",
    "filter (a|a)*$": "true true",
    "filter (a|aa)+$": "false false",
    "filter (.*)*x": "false false",
    "filter ((a*)*)*b": "false false",
    "filter (x+x+)+y": "false false",
    "filter a?^50": "false false",
    "filter type": "false false",
    "filter proto struct": "false false",
    "filter nots": "false false",
    "filter minuses": "true true",
    "filter ors": "false false",
    "filter huge float": "true true",
    "filter long text": "false false",
    "filter NUL": "false false",
    "filter bytes": "false false",
    "formula long sum": "3003",
    "formula towers": str(3**40),
    "formula many arguments": "3",
    "formula division": "no value",
    "formula remainder": "no value",
}
"""What is legal CEL and ends; everything else is refused when rules are read, or fails on the item."""


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Return what became of each case: the child prints that only if the kernel has not killed it on the way."""
    command = [sys.executable, "-m", "tests.mapping.hostile"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"killed ({done.returncode}) in: {lines[-1] if lines else done.stderr}"
    outcomes: dict[str, str] = json.loads(lines[-1])["outcomes"]
    return outcomes


def test_every_hostile_rule_ends_within_its_share_of_cpu_and_none_is_read_as_a_value(told: dict[str, str]) -> None:
    assert len(told) == len(FILTERS) + len(FORMULAS) >= 60
    got = {name: outcome for name, outcome in told.items() if outcome not in ("refused", "failed", "failed failed")}
    assert got == ANSWERS


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("item.labels.exists(a, item.labels.exists(b, a == b))", "a loop in a loop"),
        ("item.labels.map(a, a).map(b, b).size() > 0", "builds 2 lists"),
        ("item.done // or not", "has a comment"),
    ],
)
def test_a_loop_too_many_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        compile_where(text)


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ('item.labels.exists(a, a == "x") && item.labels.all(b, b != "y")', True),
        ('item.title == ".exists(a, b.exists("', False),
        ("item.title == 'http://x'", False),
        ("item.labels.map(a, a + 'x').exists(b, b == 'yx')", True),
        ("(item.done)", False),
    ],
)
def test_loops_side_by_side_and_words_in_texts_are_fine(text: str, loops: bool) -> None:
    assert has_loop(text) is loops
    compile_where(text)


def test_a_filter_that_loops_says_what_is_too_large_for_it() -> None:
    many = item("1", labels=tuple(f"label-{n}" for n in range(101)))
    with pytest.raises(
        RuleError, match=r"failed on CHK-1: .*labels has 101 elements, and a filter with a loop reads 100"
    ):
        compile_where('item.labels.exists(a, a == "x")').matches(many)
    assert compile_where('"label-100" in item.labels').matches(many)


def test_a_filter_that_loops_reads_lists_and_texts_up_to_their_bounds() -> None:
    loop = compile_where('item.labels.exists(a, a == "label-1")')
    assert loop.matches(item("1", labels=tuple(f"label-{n}" for n in range(100))))
    assert loop.matches(item("1", labels=("label-1",), title="x" * 1000))
    for wrong in (item("1", title="x" * 1001), item("1", labels=("x" * 1001,)), item("1", fields={"a": "x" * 1001})):
        with pytest.raises(RuleError, match=r"has 1001 characters, and a filter with a loop reads 1000 at most"):
            compile_where('item.labels.exists(a, a == item.title) || item.exists(f, f == "x")').matches(wrong)
