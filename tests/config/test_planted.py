"""A file with ten mistakes in it: all ten are named at once, each at its line and column."""

from __future__ import annotations

from pathlib import Path

from tests.config.kit import problems

PLANTED = """\
timezone: Europe/Pariss
conections: {}
connections:
  jira:
    connector: jira
    url: https://acme.atlassian.net
    email: sync@acme.test
    tokn: x
    token: ${JIRA_TOKEN}
  kpis: {connector: spreadsheet, file: kpis.xlsx}
cycles:
  2026-q4: {starts_on: 2026-10-01, ends_on: 2026-09-30}
objectives:
  launch:
    title: Launch the new checkout
    cycle: 2026-q3
    kind: comitted
    key_results:
      bugs:
        title: Fewer bugs
        title: Fewer open bugs
        metric: {baseline: 40, target: 40}
        measure: {count: {from: jirra, project: CHK, where: "!item.done"}}
      nps:
        title: A better NPS
        metric: {baseline: 20, at_least: 42}
        measure: {count: {from: jira, project: CHK, where: "item.kind = 1"}}
"""


def test_all_planted_mistakes_are_named_in_file_order(tmp_path: Path) -> None:
    found = problems(tmp_path, PLANTED, environ={})
    expected = [
        ("1:11", "unknown time zone 'Europe/Pariss'"),
        ("2:1", "unknown key 'conections': did you mean 'connections'?"),
        ("8:5", "unknown key 'tokn': did you mean 'token'?"),
        ("9:12", "environment variable JIRA_TOKEN is not set"),
        ("12:45", "cycle 2026-q4 ends on 2026-09-30, not after it starts (2026-10-01)"),
        ("16:12", "unknown cycle '2026-q3': did you mean '2026-q4'?"),
        ("17:11", "kind: unknown value 'comitted': did you mean 'committed'?"),
        ("21:9", "key 'title' stands twice (first on line 20)"),
        ("22:40", "baseline and target are both 40"),
        ("23:33", "unknown connection 'jirra': did you mean 'jira'?"),
        ("27:71", "where: Syntax error"),
    ]
    assert len(found) == len(expected), "\n".join(found)
    for problem, (place, words) in zip(found, expected, strict=True):
        assert problem.startswith(f"{place}: {words}"), problem
