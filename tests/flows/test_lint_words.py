"""What each finding says in full: what it is about, with the numbers of the case, and what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.lint.finding import Ended, Finding, Known
from mapping.lint.linting import lint
from mapping.rules import selections_of
from tests.config.kit import loaded
from tests.flows.lint_cases import CASES, kr, one
from tests.flows.test_linting import case_of, days, report

SAID = {
    "OKR010": (
        "objective",
        "o",
        "",
        "o has 1 key result",
        "add 1 more, such as a number that keeps the first one honest",
    ),
    "OKR011": ("objective", "o", "", "o has 6 key results", "keep the 5 that say most, or make two objectives of it"),
    "OKR012": (
        "cycle",
        "q4",
        "",
        "cycle q4 has 2 company objectives",
        "a company has 3 to 5: add what else it is heading for",
    ),
    "OKR013": (
        "objective",
        "c5",
        "",
        "cycle q4 has 6 company objectives",
        "keep 5, and let teams have the others (level: team)",
    ),
    "OKR014": (
        "objective",
        "c3",
        "",
        "team shop has 4 objectives in cycle q4",
        "keep 3, and leave the others to the next cycle",
    ),
    "OKR015": (
        "objective",
        "c3",
        "",
        "person ana has 4 objectives in cycle q4",
        "keep 3, and leave the others to the next cycle",
    ),
    "OKR016": (
        "cycle",
        "q4",
        "ends_on",
        "cycle q4 lasts 91 days",
        "let it last 3 months at least, and check in more often instead",
    ),
    "OKR017": ("cycle", "q4", "ends_on", "cycle q4 lasts 366 days", "make a year of it, or quarters"),
    "OKR020": (
        "key_result",
        "o/a",
        "",
        "neither o/a nor its objective has an owner",
        "add owner: with a person's e-mail address",
    ),
    "OKR021": ("objective", "o", "", "o has no owner and no team", "add owner: (a person's e-mail address) or team:"),
    "OKR022": (
        "key_result",
        "o/a",
        "guard",
        "the guard of o/a is off, and nobody would see a wrong value",
        "add an owner, or take guard: none away",
    ),
    "OKR030": (
        "key_result",
        "o/a",
        "title",
        "o/a: “improve”, “quality” can be checked by nobody",
        "say what the rule says, 1 → 9",
    ),
    "OKR031": (
        "key_result",
        "o/a",
        "title",
        "o/a: the title says target 10, the metric 12",
        "write what is meant: the rule says 40 → 12",
    ),
    "OKR032": (
        "key_result",
        "o/a",
        "title",
        "o/a: the title says baseline 15%, the metric 12%",
        "write what is meant: the rule says 12% → 25%",
    ),
    "OKR033": (
        "key_result",
        "o/a",
        "title",
        "o/a: the title says $2,000,000, the metric is in EUR",
        "write what is meant: the rule says €1,000,000 → €2,500,000",
    ),
    "OKR034": (
        "key_result",
        "o/a",
        "title",
        "o/a: the title says per month, the target holds over the whole cycle",
        "write what is meant: the rule says 0 → 30",
    ),
    "OKR035": (
        "key_result",
        "o/a",
        "title",
        "o/a: the title goes down, the metric up",
        "write what is meant: the rule says 10 → 40",
    ),
    "OKR036": (
        "key_result",
        "o/a",
        "title",
        "o/a: by the title exactly 42 does not count, by the metric it is the other way",
        "write what is meant: the rule says 20 → at least 42",
    ),
    "OKR037": (
        "objective",
        "o",
        "title",
        "o: the title states a measure (Increase to €5,000,000.)",
        "say where it goes in the objective, and how far in a key result",
    ),
    "OKR040": (
        "key_result",
        "o/b",
        "measure",
        "o/b counts finished work, and nothing under o measures what came of it",
        (
            "pair it with a number that “Sell what we make” is to move (`latest` from kpis), or with a `duration` "
            "or the count of open bugs of the same work"
        ),
    ),
    "OKR041": (
        "key_result",
        "o/b",
        "measure",
        "o/b measures exactly what o/a does",
        "measure something else, or let a rollup refer to o/a",
    ),
    "OKR042": (
        "key_result",
        "o/a",
        "measure",
        "o/a reads cell C7 of kpis whatever it holds",
        "add label: with the text beside it, or name row: and column: instead",
    ),
    "OKR043": (
        "key_result",
        "o/a",
        "metric",
        "o/a is at 0 % until 9, then at 100 %",
        "add baseline: with the value it starts from",
    ),
    "OKR044": (
        "key_result",
        "o/a",
        "",
        "o/a is measured by nothing",
        "name where the number stands, if only a cell of a sheet: measure: {latest: …}",
    ),
}
"""Code to the last finding of its wrong rules: kind, name and key of the subject, what, and what to do."""


def said(finding: Finding) -> tuple[str, str, str, str, str]:
    subject = finding.subject
    return str(subject.kind), subject.name, subject.key, finding.what, finding.fix


@pytest.mark.parametrize("code", SAID)
def test_a_finding_says_where_it_is_what_it_is_and_what_to_do(code: str, tmp_path: Path) -> None:
    found = [each.finding for each in report(tmp_path, CASES[code][0]).found if each.finding.code == code]
    assert said(found[-1]) == SAID[code]


def test_findings_of_the_store_say_it_with_its_numbers(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(), environ={}, offline=True)
    (selection,) = selections_of(config.key_results()[0].measure)
    slow = days(Decimal(n) / 1000 for n in range(46))
    full = [Ended(cycle="q3", team="shop", key_result=f"p/{n}", progress=Decimal(1)) for n in range(2)]
    sure = {"o/o1": Decimal("0.95"), "o/o2": Decimal("0.9")}
    known = Known(matched={selection.key: 0}, days={"o/o1": slow}, ended=full, confidence=sure)
    assert {each.code: said(each) for each in lint(case_of(config, known))} == {
        "OKR050": (
            "key_result", "o/o1", "measure", f"o/o1: nothing matches {selection}",
            "correct the selection, or ask `okrsync check` what our account can see",
        ),
        "OKR052": (
            "key_result", "o/o1", "metric",
            "o/o1 needs 1.42 points of progress a day for 70%, and its best week gave 0.10",
            "find what would move it faster, or agree now on what can be reached",
        ),
        "OKR053": (
            "objective", "o", "", "team shop reached all 2 key results of q3 in full",
            "aim where 70 % would be a success, or say kind: committed",
        ),
        "OKR054": (
            "objective", "o", "", "team shop started 2 key results with a mean confidence of 93%",
            "aim where half the team doubts that it is reached",
        ),
    }  # fmt: skip


def test_a_target_met_at_the_start_is_told_with_the_value_or_the_day(tmp_path: Path) -> None:
    fix = "aim further, or take what is still to be done"
    config = loaded(tmp_path, one(kr("a", metric="{baseline: 50, at_least: 42}"), kr("b")), environ={}, offline=True)
    known = Known(days={"o/b": days(["1"], date(2026, 10, 24))})
    met = [each for each in lint(case_of(config, known)) if each.code == "OKR051"]
    assert [said(each) for each in met] == [
        ("key_result", "o/a", "metric", "o/a: the baseline 50 meets the target already", fix),
        ("key_result", "o/b", "metric", "o/b: the first reading, of 2026-10-24, stood at 100%", fix),
    ]
    assert not lint(case_of(config, Known(days={"o/b": days(["1"], date(2026, 10, 25))})))[1:]
