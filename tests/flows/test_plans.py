"""A saved plan is applied only while the world still agrees with it, line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.plans import read
from mapping.errors import FixConfigError
from okrsync.cli import app
from tests.flows.rows import KR, Rows

TASKS = {f"t{n}": n < 4 for n in range(10)}


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made = Rows(tmp_path)
    made.write(TASKS)
    assert run(made, "sync", "--in-process").exit_code == 0
    made.write({**TASKS, "t7": True})
    return made


class Ran:
    def __init__(self, rows: Rows, *words: str) -> None:
        result = CliRunner().invoke(app, ["-C", str(rows.folder), *words])
        self.exit_code = result.exit_code
        self.output = result.output
        self.exception = result.exception


def run(rows: Rows, *words: str) -> Ran:
    return Ran(rows, *words)


def value(rows: Rows) -> str:
    with rows.store() as store:
        return str(store.last_check_ins()[KR].value)


def test_a_plan_that_still_holds_is_published(rows: Rows) -> None:
    plan = rows.folder / "night.plan"
    assert run(rows, "plan", "--out", str(plan)).exit_code == 0
    assert value(rows) == "0.4"
    done = run(rows, "apply", str(plan))
    assert done.exit_code == 0, done.output
    assert value(rows) == "0.5"


def test_a_world_that_moved_on_is_refused_with_both_sides_and_nothing_is_published(rows: Rows) -> None:
    plan = rows.folder / "night.plan"
    run(rows, "plan", "--out", str(plan))
    rows.write({**TASKS, "t7": True, "t8": True})
    refused = run(rows, "apply", str(plan))
    assert isinstance(refused.exception, FixConfigError)
    assert "work/tasks: change 0.4 → 0.5, now change 0.4 → 0.6" in str(refused.exception)
    assert value(rows) == "0.4"


def test_the_same_value_for_other_reasons_is_another_plan(rows: Rows) -> None:
    plan = rows.folder / "night.plan"
    run(rows, "plan", "--out", str(plan))
    rows.write({**TASKS, "t8": True})
    assert isinstance(run(rows, "apply", str(plan)).exception, FixConfigError)


def test_a_plan_applied_twice_is_refused_the_second_time(rows: Rows) -> None:
    plan = rows.folder / "night.plan"
    run(rows, "plan", "--out", str(plan))
    assert run(rows, "apply", str(plan)).exit_code == 0
    assert "now keep 0.5" in str(run(rows, "apply", str(plan)).exception)


def test_a_changed_file_is_refused(rows: Rows) -> None:
    plan = rows.folder / "night.plan"
    run(rows, "plan", "--out", str(plan))
    content = json.loads(plan.read_text(encoding="utf-8"))
    content["lines"][KR]["new"] = "0.9"
    plan.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FixConfigError, match="was changed since it was saved"):
        read(plan)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"okrsync_plan": 1}', "\x00\x01"])
def test_what_is_no_plan_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.plan"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FixConfigError, match=r"x\.plan: is no plan"):
        read(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FixConfigError, match=r"cannot be read \(No such file or directory\)"):
        read(tmp_path / "none.plan")
