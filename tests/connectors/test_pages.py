"""The examples on the pages of the generic connectors are rules that load as they stand."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from config.load import load
from config.settings import load_settings
from tests.proofs import ROOT

PAGES = ("http", "prometheus", "sql")
HEAD = """
cycles:
  2026-q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}
objectives:
  examples:
    title: What the page shows
    cycle: 2026-q4
    key_results:
"""


def blocks(name: str) -> tuple[str, list[str]]:
    """Return the connections of a page's first example, and its measures."""
    page = (ROOT / "docs" / "connectors" / f"{name}.md").read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    return found[0], [each for each in found if each.startswith("measure:")]


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_of_a_page_load(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connections, measures = blocks(name)
    for variable in set(re.findall(r"\$\{(\w+)\}", connections)):
        monkeypatch.setenv(variable, "made-up-for-the-test")
    rules = connections + HEAD
    for number, measure in enumerate(measures):
        metric = "" if "completion" in measure else "metric: {baseline: 0, target: 10}\n"
        body = f"title: Example\n{metric}{measure}"
        rules += f"      example-{number}:\n{textwrap.indent(body, '        ')}"
    (tmp_path / "okrsync.yaml").write_text(rules, encoding="utf-8")
    config = load(tmp_path / "okrsync.yaml", settings=load_settings(tmp_path))
    assert len(config.key_results()) == len(measures) >= 2
