"""A rules file for tests, and short ways to load one and to see what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from config.load import Config, load
from config.settings import load_settings
from mapping.errors import ConfigProblemsError

ENVIRON = {"JIRA_TOKEN": "made-up-jira-token", "GITHUB_TOKEN": "made-up-github-token"}

HEAD = """\
timezone: Europe/Paris
connections:
  jira: {connector: jira, url: https://acme.atlassian.net, email: sync@acme.test, token: "${JIRA_TOKEN}"}
  kpis: {connector: spreadsheet, file: kpis.xlsx}
cycles:
  2026-q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}
objectives:
  o:
    title: An objective
    cycle: 2026-q4
    key_results:
"""
"""Eleven lines; key results follow."""
COUNT = "{count: {from: jira, project: CHK}}"


def key_result(metric: str = "{baseline: 40, target: 10}", measure: str = COUNT) -> str:
    """Return a file with one key result, ``o/k``: its metric is on line 14, column 17, its measure on line 15."""
    return f"{HEAD}      k:\n        title: A key result\n        metric: {metric}\n        measure: {measure}\n"


def loaded(folder: Path, text: str | bytes, *, environ: Mapping[str, str] = ENVIRON, offline: bool = False) -> Config:
    """Write the rules into a folder and load them."""
    path = folder / "okrsync.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, settings=load_settings(folder), environ=environ, offline=offline)


def problems(folder: Path, text: str | bytes, *, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    """Return what is wrong with the rules as ``line:column: what: fix``."""
    with pytest.raises(ConfigProblemsError) as caught:
        loaded(folder, text, environ=environ)
    return [str(each).removeprefix(f"{folder}/okrsync.yaml:") for each in caught.value.problems]


def problem(folder: Path, text: str | bytes, *, environ: Mapping[str, str] = ENVIRON) -> str:
    """Return the only thing that is wrong with the rules."""
    found = problems(folder, text, environ=environ)
    assert len(found) == 1, found
    return found[0]


def place_of(text: str, words: str) -> str:
    """Return where words first stand in a text, as ``line:column``."""
    before = text[: text.index(words)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
