"""Lint finds what is worth a second look, names the line, and can be told to leave it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from config.load import Config
from flows.linting import LintReport, lint_rules
from mapping.forecast import Day
from mapping.lint.codes import CODES, Severity
from mapping.lint.finding import Case, Ended, Finding, Known
from mapping.lint.linting import lint
from mapping.lint.past import best_week
from mapping.lint.structure import months_later
from mapping.rules import selections_of
from okrsync.cli import app
from tests.config.kit import loaded
from tests.flows.lint_cases import CASES, TITLES_THAT_AGREE, TITLES_THAT_DO_NOT, kr, one, title
from tests.flows.rows import START, Rows

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
OF_THE_STORE = {"OKR050", "OKR051", "OKR052", "OKR053", "OKR054"}


def report(folder: Path, text: str) -> LintReport:
    return lint_rules(loaded(folder, text, environ={}, offline=True), None, now=NOW)


def codes(found: Iterable[Finding]) -> set[str]:
    return {each.code for each in found}


def found_in(folder: Path, text: str) -> set[str]:
    return codes(each.finding for each in report(folder, text).found)


@pytest.mark.parametrize("code", CASES)
def test_each_code_is_found_where_it_is_and_not_where_it_is_not(code: str, tmp_path: Path) -> None:
    wrong, right = CASES[code]
    assert code in found_in(tmp_path, wrong)
    assert code not in found_in(tmp_path, right)


def test_every_code_has_a_case_and_a_line_in_the_documentation() -> None:
    assert CASES.keys() | OF_THE_STORE | {"OKR001"} == CODES.keys()
    page = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (OKR\d+) \| (\w+) \| ([^|]+) \| ([^|]+) \|", page, flags=re.MULTILINE)
    said = {code: (severity, about.strip(), because.strip()) for code, severity, about, because in rows}
    assert said == {code: (str(each.severity), each.about, each.because) for code, each in CODES.items()}
    assert [row[0] for row in rows] == list(CODES)


@pytest.mark.parametrize(("said", "metric"), TITLES_THAT_AGREE)
def test_a_title_that_says_what_the_metric_says_is_left_alone(said: str, metric: str, tmp_path: Path) -> None:
    assert not {each for each in found_in(tmp_path, title(said, metric)) if each.startswith("OKR03")}


@pytest.mark.parametrize(("said", "metric", "code"), TITLES_THAT_DO_NOT)
def test_a_title_that_says_something_else_is_found_in_both_languages(
    said: str, metric: str, code: str, tmp_path: Path
) -> None:
    assert {each for each in found_in(tmp_path, title(said, metric)) if each.startswith("OKR03")} == {code}


@pytest.mark.parametrize("name", ["okrsync", "measures", "dora"])
def test_titles_of_the_examples_agree_with_their_metrics(name: str, tmp_path: Path) -> None:
    text = (ROOT / "config" / "examples" / f"{name}.yaml").read_text(encoding="utf-8")
    assert not {each for each in found_in(tmp_path, text) if each.startswith("OKR03")}


def test_a_finding_stands_at_the_key_that_says_it(tmp_path: Path) -> None:
    text = title("Bring open bugs down from 40 to 10", "{baseline: 40, target: 12}")
    (found,) = report(tmp_path, text).found
    line = text[: text.index('title: "Bring')].count("\n") + 1
    assert (found.place.line, found.place.column, found.place.file) == (line, 9, f"{tmp_path}/okrsync.yaml")
    assert found.finding.what == "o/a: the title says target 10, the metric 12"
    assert found.finding.fix == "write what is meant: the rule says 40 → 12"


def test_findings_in_a_folder_of_files_name_their_file(tmp_path: Path) -> None:
    head, _, objectives = one(kr("a")).partition("objectives:\n")
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(head, encoding="utf-8")
    (folder / "b.yaml").write_text(f"# okrsync: ignore OKR020 not here\nobjectives:\n{objectives}", encoding="utf-8")
    told = CliRunner().invoke(app, ["-C", str(tmp_path), "-c", str(folder), "lint", "--json"])
    assert told.exit_code == 3, told.output
    found = {(each["code"], Path(each["file"]).name, each["line"]) for each in json.loads(told.stdout)["findings"]}
    assert found == {("OKR010", "b.yaml", 3), ("OKR003", "b.yaml", 1)}


@pytest.mark.parametrize(
    "comment",
    [
        "  # okrsync: ignore OKR010\n  o:\n",
        "  # okrsync: ignore OKR010\n  # we know, the second follows in May\n  o:\n",
        "  o:  # okrsync: ignore OKR010 until May\n",
        "  o: # okrsync:ignore OKR010, OKR037\n",
    ],
)
def test_a_comment_on_the_line_or_above_it_silences_its_code(comment: str, tmp_path: Path) -> None:
    text = one(kr("a")).replace("  o:\n", comment)
    made = report(tmp_path, text)
    assert made.silenced == 1
    assert codes(each.finding for each in made.found) <= {"OKR003"}


def test_a_comment_silences_nothing_of_another_code_and_a_wrong_code_is_told(tmp_path: Path) -> None:
    text = one(kr("a")).replace("  o:\n", "  # okrsync: ignore OKR011 OKR77\n  # okrsync: ignore\n  o:\n")
    found = [(each.finding.code, each.place.line, each.finding.what) for each in report(tmp_path, text).found]
    assert [each[0] for each in found] == ["OKR002", "OKR003", "OKR002", "OKR010"]
    assert found[0][2] == "an ignore names 'OKR77', which is no code"
    assert found[2][2] == "an ignore names no code"


def test_cycles_that_are_over_are_passed(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(kr("a")), environ={}, offline=True)
    assert not lint_rules(config, None, now=datetime(2027, 1, 1, 12, tzinfo=UTC)).found


def test_rules_that_cannot_be_loaded_are_findings_too(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(title("x", "{baseline: 3, target: 3}"), encoding="utf-8")
    told = CliRunner().invoke(app, ["-C", str(tmp_path), "lint"])
    assert told.exit_code == 3
    assert "OKR001 error:" in told.output
    right = CliRunner().invoke(app, ["-C", str(tmp_path), "lint", "--help"])
    assert right.exit_code == 0


def test_lint_needs_no_store_and_no_secret_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(one(), encoding="utf-8")
    told = CliRunner().invoke(app, ["-C", str(tmp_path), "lint"])
    assert (told.exit_code, told.output) == (0, "Nothing found.\n")
    assert not (tmp_path / "okrsync.db").exists()


def test_hints_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(CASES["OKR043"][0], encoding="utf-8")
    all_of_it = CliRunner().invoke(app, ["-C", str(tmp_path), "lint"])
    assert all_of_it.exit_code == 3
    assert "OKR043 hint: o/a is at 0 % until 9, then at 100 %" in all_of_it.output
    assert CliRunner().invoke(app, ["-C", str(tmp_path), "lint", "--least", "warning"]).exit_code == 0


# what the store knows


def case_of(config: Config, known: Known, now: datetime = NOW) -> Case:
    return Case(objectives=config.objectives, now=now, known=known)


def days(progress: Iterable[str | int | Decimal], first: date = date(2026, 10, 1)) -> list[Day]:
    return [Day(first + timedelta(days=n), Decimal(each)) for n, each in enumerate(progress)]


def test_a_selection_that_matched_nothing_is_found(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(), environ={}, offline=True)
    (selection,) = selections_of(config.key_results()[0].measure)
    for matched, expected in ((0, {"OKR050"}), (3, set())):
        assert codes(lint(case_of(config, Known(matched={selection.key: matched})))) == expected


def test_a_target_that_the_baseline_or_an_early_reading_meets_is_found(tmp_path: Path) -> None:
    already = one(kr("a", metric="{baseline: 50, at_least: 42}"), kr("b"))
    config = loaded(tmp_path, already, environ={}, offline=True)
    assert "OKR051" in codes(lint(case_of(config, Known())))
    config = loaded(tmp_path, one(), environ={}, offline=True)
    for progress, first, expected in (
        ("1.2", date(2026, 10, 2), {"OKR051"}),
        ("0.9", date(2026, 10, 2), set()),
        ("1.2", date(2026, 11, 14), set()),
    ):
        assert codes(lint(case_of(config, Known(days={"o/o1": days([progress], first)})))) == expected


def test_a_pace_that_was_never_reached_is_found(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(kind="committed"), environ={}, offline=True)
    slow = days(Decimal(n) / 1000 for n in range(46))
    found = lint(case_of(config, Known(days={"o/o1": slow})))
    assert codes(found) == {"OKR052"}
    assert found[0].what == "o/o1 needs 2.08 points of progress a day for 100%, and its best week gave 0.10"
    quick = days(Decimal(n) / 50 for n in range(46))
    assert not lint(case_of(config, Known(days={"o/o1": quick})))
    assert not lint(case_of(config, Known(days={"o/o1": slow[:10]})))


def test_a_team_that_reached_everything_last_time_is_told_once(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(), environ={}, offline=True)
    full = [Ended(cycle="q3", team="shop", key_result=f"p/{n}", progress=Decimal(1)) for n in range(3)]
    found = lint(case_of(config, Known(ended=full)))
    assert [each.what for each in found] == ["team shop reached all 3 key results of q3 in full"]
    partly = [*full[:2], replace(full[2], progress=Decimal("0.99"))]
    assert not lint(case_of(config, Known(ended=partly)))
    later = [*full, replace(full[0], cycle="q3b", progress=Decimal("0.5"))]
    assert not lint(case_of(config, Known(ended=later)))
    assert not lint(case_of(loaded(tmp_path, one(kind="committed"), environ={}, offline=True), Known(ended=full)))


def test_a_team_that_is_sure_of_everything_is_told(tmp_path: Path) -> None:
    config = loaded(tmp_path, one(), environ={}, offline=True)
    sure = {"o/o1": Decimal("0.95"), "o/o2": Decimal("0.9")}
    assert codes(lint(case_of(config, Known(confidence=sure)))) == {"OKR054"}
    assert not lint(case_of(config, Known(confidence={**sure, "o/o2": Decimal("0.6")})))


def test_lint_looks_into_a_real_store(tmp_path: Path) -> None:
    rows = Rows(tmp_path, more="owner: ana")
    rows.write({"t1": True, "t2": True})
    rows.sync(START - timedelta(days=18))
    with rows.store() as store:
        config = loaded(tmp_path, (tmp_path / "okrsync.yaml").read_text(encoding="utf-8"))
        made = lint_rules(config, store, now=START)
    assert {"OKR051", "OKR040"} <= codes(each.finding for each in made.found)
    rows.write({})
    (tmp_path / "board.csv").write_text("id,done,scope\n", encoding="utf-8")
    rows.sync(START, accept_shrink=True)
    with rows.store() as store:
        made = lint_rules(config, store, now=START)
    assert "OKR050" in codes(each.finding for each in made.found)


@given(moves=st.lists(st.integers(-50, 50), min_size=8, max_size=60))
def test_no_week_moves_faster_than_the_best_one(moves: list[int]) -> None:
    total, progress = 0, []
    for move in moves:
        total += move
        progress.append(Decimal(total) / 1000)
    found = days(progress)
    best = best_week(found)
    assert best >= 0
    for start in range(len(found) - 7):
        assert (found[start + 7].progress - found[start].progress) / 7 <= best + Decimal("1e-12")


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(1, 24))
def test_months_later_is_in_that_month_and_never_a_later_day(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_severities_are_ordered_by_weight() -> None:
    assert [each.weight for each in (Severity.ERROR, Severity.WARNING, Severity.HINT)] == [0, 1, 2]
