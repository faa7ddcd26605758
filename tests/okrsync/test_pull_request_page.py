"""The workflow in the documentation is one that may be copied: pinned, with the least rights, of commands there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from okrsync.cli import app
from okrsync.show_against import MARK

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rules-in-pull-requests.md").read_text(encoding="utf-8")
TEXT = PAGE.partition("```yaml\n")[2].partition("```")[0]
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_every_action_is_pinned_by_a_commit_with_its_version_beside_it() -> None:
    used = re.findall(r"uses: (\S+)(.*)", TEXT)
    assert len(used) == 4
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) for name, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", said) for _, said in used)


def test_nothing_is_granted_but_what_each_job_needs() -> None:
    assert WORKFLOW["permissions"] == {}
    granted = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}
    assert granted == {"rules": {"contents": "read"}, "plan": {"contents": "read", "pull-requests": "write"}}
    assert all(step["with"]["persist-credentials"] is False for step in STEPS if "checkout" in step.get("uses", ""))
    assert "pull_request_target" not in TEXT
    assert "secrets." not in str(WORKFLOW["jobs"]["rules"])


def test_no_text_of_a_pull_request_is_part_of_a_command() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert MARK in TEXT


def test_it_names_no_registry() -> None:
    assert "://" not in TEXT


def commands() -> Iterator[list[str]]:
    for step in STEPS:
        if step.get("run", "").startswith("okrsync "):
            yield shlex.split(step["run"].partition(" > ")[0])[1:]


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_in_it_is_understood(words: list[str], tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["-C", str(tmp_path), *words])
    assert told.exit_code != 2, told.output
    assert "there are no rules here" in told.output + str(told.exception)
