"""Tests of rules: written by hand, or recorded from the mirror, they say what a rule comes to and where it differs."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from config.fixtures import RuleTest, read_tests
from config.validation import Problems
from config.wanted import wanted
from config.yaml_nodes import Branch, Plain, read_nodes
from flows.recording import Recorder
from flows.rule_tests import Result, run_tests
from mapping.errors import ConfigProblemsError, Problem
from mapping.listed import ListedMirror
from mapping.mirror import Departure
from mapping.outcome import outcome
from mapping.rules import selections_of
from mapping.words import ItemState
from okrsync.cli import app
from okrsync.yaml_out import dumped
from tests.config.kit import loaded
from tests.flows.kit import Company
from tests.flows.rows import KR, START, Rows
from tests.mapping.worlds import NOW, item

RULES = """\
timezone: Europe/Paris
connections:
  jira: {connector: jira, url: https://acme.atlassian.net, email: sync@acme.test, token: "${JIRA_TOKEN}"}
  kpis: {connector: spreadsheet, file: kpis.xlsx}
cycles:
  q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}
objectives:
  launch:
    title: Launch
    cycle: q4
    kind: committed
    double_counting: POLICY
    key_results:
      epic:
        title: Finish the epic
        measure: {completion: {from: jira, epic: CHK-12, by: story_points, missing: median}}
      bugs:
        title: From 40 to 10 bugs
        metric: {baseline: 40, target: 10}
        measure: {count: {from: jira, project: CHK, where: "!item.done && item.severity == 'high'"}}
      nps:
        title: NPS of 42
        metric: {baseline: 20, at_least: 42}
        measure: {latest: {from: kpis, sheet: KPI, row: NPS, column: Now}}
      share:
        title: Half of the orders
        metric: {baseline: 0%, target: 50%}
        measure:
          ratio:
            of: {count: {from: jira, project: CHK, where: item.done}}
            to: {count: {from: jira, project: ALL}}
      leads:
        title: 30 leads a month
        metric: {baseline: 0, target: 30, per: month}
        measure: {sum: {from: kpis, table: Leads, field: qualified, date: Day}}
      quick:
        title: Half within two days
        metric: {baseline: 9, at_most: 2}
        measure: {duration: {from: jira, project: CHK, time: cycle}}
      frozen:
        title: All that was promised
        measure: {completion: {from: jira, epic: CHK-1, scope: 2026-10-01}}
"""
GOOD = """\
tests:
  - name: points, and a median for what has none
    key_result: launch/epic
    now: 2026-11-15
    items:
      jira:
        - {key: CHK-13, state: done, numbers: {story_points: 3}}
        - {key: CHK-14, numbers: {story_points: 5}}
        - {key: CHK-15, state: in_progress}
        - {key: CHK-16, state: wont_do, numbers: {story_points: 99}}
    expect: {value: 25%, progress: 0.25, items: 3, done: 1, status: off_track}
  - key_result: launch/nps
    now: 2026-11-15
    cases:
      - {samples: {kpis: 20}, expect: {value: 20, progress: 0}}
      - {samples: {kpis: {2026-10-01: 20, 2026-11-14: 31, 2026-11-16: 99}}, expect: {value: 31, progress: 50%}}
      - {samples: {kpis: [{at: "2026-11-14T10:00", value: 42}]}, expect: {progress: 1, status: on_track}}
      - {samples: {}, expect: {no_data: never read}}
  - key_result: launch/bugs
    now: 2026-11-15
    expect: {no_data: false}
    cases:
      - name: only the severe ones
        items: {jira: [{fields: {severity: high}}, {fields: {severity: low}}, {state: done, fields: {severity: high}}]}
        expect: {value: 1, progress: 130%}
      - {name: nothing ever matched, items: {jira: []}, expect: {no_data: nothing has ever matched}}
      - {name: they match no more, items: {jira: []}, left: {jira: [{id: "1"}]}, expect: {value: 0, progress: "133.3%"}}
      - {name: no severity, items: {jira: {todo: 2}}, expect: {error: filter}}
  - key_result: launch/share
    now: 2026-11-15
    items: {"jira: project ALL": {done: 2, todo: 1}, "jira: project CHK": {done: 2, todo: 1}}
    expect: {value: 66.7%, progress: "133%"}
  - key_result: launch/leads
    now: 2026-12-01
    items: {kpis: [{on: 2026-10-31, numbers: {qualified: 20}}, {on: 2026-11-01, numbers: {qualified: 30}}]}
    expect: {value: 25}
  - key_result: launch/quick
    now: 2026-11-15
    items: {jira: [{state: done, started_at: 2026-11-01, done_at: 2026-11-04}]}
    expect: {value: 3}
  - key_result: launch/frozen
    now: 2026-11-15
    items: {jira: [{id: a, state: done}, {id: b}, {id: c}]}
    earlier: [{at: 2026-10-01, items: {jira: [{id: a}, {id: b}]}}]
    expect: {value: 50%}
"""


def cases(folder: Path, text: str, policy: str = "allow") -> list[RuleTest]:
    config = loaded(folder, RULES.replace("POLICY", policy), environ={}, offline=True)
    file = folder / "a.okrtest.yaml"
    file.write_text(text, encoding="utf-8")
    return read_tests([file], config)


def one_result(folder: Path, text: str, policy: str = "allow") -> Result:
    (result,) = run_tests(cases(folder, text, policy))
    return result


def run(folder: Path, *words: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["-C", str(folder), *words])
    return told.exit_code, told.output + str(told.exception or "")


def test_rules_of_every_kind_pass_on_worlds_written_by_hand(tmp_path: Path) -> None:
    results = run_tests(cases(tmp_path, GOOD))
    assert len(results) == 13
    assert [(each.test.name, str(each.differences[0])) for each in results if not each.passed] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{value: 25%", "{value: 26%"),
        ("progress: 0.25", "progress: 0.2500001"),
        ("items: 3", "items: 4"),
        ("done: 1,", "done: 2,"),
        ("status: off_track", "status: on_track"),
        ("progress: 50%", "progress: 51%"),
        ("no_data: never read", "no_data: never seen"),
        ("expect: {value: 1,", "expect: {no_data: true, value: 1,"),
        ("error: filter", "value: 2"),
        ("value: 66.7%", "value: 66.6%"),
        ("expect: {value: 3}", "expect: {error: anything}"),
    ],
)
def test_whatever_is_expected_otherwise_fails_alone(right: str, wrong: str, tmp_path: Path) -> None:
    assert GOOD.count(right) == 1
    failed = [each for each in run_tests(cases(tmp_path, GOOD.replace(right, wrong))) if not each.passed]
    assert len(failed) == 1


def test_a_failure_says_both_sides_and_the_arithmetic(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(RULES.replace("POLICY", "allow"), encoding="utf-8")
    (tmp_path / "a.okrtest.yaml").write_text(GOOD.replace("{value: 25%", "{value: 30%"), encoding="utf-8")
    code, said = run(tmp_path, "test", "--junit", str(tmp_path / "out" / "okrsync.xml"))
    assert code == 1
    assert "a.okrtest.yaml:2:5: launch/epic: points, and a median for what has none" in said
    assert "    value    expected 30%\n             found    0.25 (25%)" in said
    assert "3 of 12 story_points done" in said or "progress: (25% − 0%)" in said
    assert "13 tests, 1 failed." in said
    suite = ET.parse(tmp_path / "out" / "okrsync.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("13", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "value: expected 30%, found 0.25 (25%)"
    code, said = run(tmp_path, "test", "--json")
    assert (code, json.loads(said.rpartition("}")[0] + "}")["failed"]) == (1, 1)


def test_tests_among_the_rules_are_no_rules(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "okrsync.yaml").write_text(RULES.replace("POLICY", "allow"), encoding="utf-8")
    (folder / "a.okrtest.yaml").write_text(GOOD, encoding="utf-8")
    code, said = run(tmp_path, "-c", str(folder), "test")
    assert (code, said) == (0, "13 tests, none failed.\n")
    assert run(tmp_path, "-c", str(folder), "check", "--offline")[0] in (0, 3)


def test_the_file_in_the_documentation_passes(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "testing-rules.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0].replace("launch-checkout/", "launch/")
    rules = RULES.replace("POLICY", "allow").replace(" && item.severity == 'high'", "")
    config = loaded(tmp_path, rules, environ={}, offline=True)
    (tmp_path / "docs.okrtest.yaml").write_text(text, encoding="utf-8")
    results = run_tests(read_tests([tmp_path / "docs.okrtest.yaml"], config))
    assert [(each.test.name, each.differences) for each in results if not each.passed] == []
    assert len(results) == 5


def test_no_tests_at_all_is_said_and_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(RULES.replace("POLICY", "allow"), encoding="utf-8")
    code, said = run(tmp_path, "test")
    assert code == 1
    assert "no tests: put files named like shop.okrtest.yaml beside the rules" in said


def test_a_file_without_any_test_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(RULES.replace("POLICY", "allow"), encoding="utf-8")
    (tmp_path / "a.okrtest.yaml").write_text("tests: []\n", encoding="utf-8")
    code, said = run(tmp_path, "test")
    assert code == 1
    assert "the files hold no test" in said


SHARED = """\
tests:
  - key_result: launch/bugs
    now: 2026-11-15
    items:
      jira:
        - {id: a, fields: {severity: high}, feeds: [launch/bugs, launch/share]}
        - {id: b, fields: {severity: high}}
    expect: {value: VALUE}
"""


@pytest.mark.parametrize(("policy", "value"), [("split", "1.5"), ("exclusive", "2"), ("allow", "2")])
def test_an_item_that_feeds_several_counts_by_the_policy(policy: str, value: str, tmp_path: Path) -> None:
    assert one_result(tmp_path, SHARED.replace("VALUE", value), policy).passed
    assert not one_result(tmp_path, SHARED.replace("VALUE", "9"), policy).passed


HEAD = "tests:\n  - key_result: launch/nps\n    now: 2026-11-15\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n", "1:1: the file is a list"),
        ("test: []\n", "1:1: unknown key 'test': did you mean 'tests'?"),
        ("tests: 3\n", "1:8: tests is '3': write a list"),
        ("tests:\n  - key_result: launch/nsp\n    now: 2026-11-15\n    expect: {value: 1}\n", "2:17: no key result"),
        ("tests:\n  - key_result: launch/nps\n    expect: {value: 1}\n", "2:5: key 'now' is missing"),
        (HEAD, "2:5: nothing is expected"),
        (HEAD + "    expect: {valeu: 1}\n", "4:14: unknown key 'valeu': did you mean 'value'?"),
        (HEAD + "    expect: {value: 5%}\n", "4:21: value: '5%' is in another unit: write it in a bare number"),
        (HEAD + "    expect: {status: green}\n", "4:22: status: unknown value 'green'"),
        (HEAD + "    samples: {jira: 3}\n    expect: {value: 1}\n", "4:15: launch/nps draws on nothing called 'jira'"),
        (HEAD + "    samples: {kpis: many}\n    expect: {value: 1}\n", "4:21: "),
        (HEAD + "    samples: {kpis: {someday: 3}}\n    expect: {value: 1}\n", "'someday' is no day and no time"),
        (HEAD + "    items: {kpis: {open: 3}}\n    expect: {value: 1}\n", "4:20: 'open' is no state"),
        (HEAD + "    items: {kpis: {todo: many}}\n    expect: {value: 1}\n", "4:26: todo is no number of items"),
        (HEAD + "    items: {kpis: {todo: 99999999}}\n    expect: {value: 1}\n", "from 0 to 10000"),
        (
            HEAD.replace("nps", "share") + "    items: {jira: {}}\n    expect: {value: 1}\n",
            "draws on 2 selections of jira",
        ),
        (HEAD + "    items: {kpis: [{stat: done}]}\n    expect: {value: 1}\n", "4:21: unknown key 'stat'"),
        (HEAD + "    items: {kpis: [{id: a, feeds: [x]}]}\n    expect: {value: 1}\n", "4:13: feeds names x"),
        (HEAD.replace("2026-11-15", "soon") + "    expect: {value: 1}\n", "3:10: 'soon' is no day and no time"),
    ],
)
def test_a_mistake_in_a_test_names_its_place_and_what_to_do(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblemsError) as caught:
        cases(tmp_path, text)
    assert says in str(caught.value), str(caught.value)


# recorded


def test_every_key_result_of_a_company_can_be_recorded_and_passes_at_once(rivelle: Company) -> None:
    out = rivelle.folder.parent / "recorded"
    addresses = [each.id for each in rivelle.place.rules(offline=True).key_results()]
    assert len(addresses) > 20
    for number, address in enumerate(addresses):
        code, said = run(rivelle.folder, "record", address, "--out", str(out / f"{number:02}.okrtest.yaml"))
        assert code == 0, said
    code, said = run(rivelle.folder, "test", str(out))
    assert (code, said) == (0, f"{len(addresses)} tests, none failed.\n")


def test_a_recorded_test_holds_only_what_the_rule_reads(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"t1": True, "t2": False}, out=["t3"])
    rows.sync(START)
    code, said = run(tmp_path, "record", KR)
    assert code == 0, said
    said = re.sub(r"Tasks#(t\d)@\w+", r"\1", said)
    assert said == (
        "tests:\n"
        "- key_result: work/tasks\n"
        "  now: '2026-10-20T02:00:00+00:00'\n"
        "  items:\n"
        "    board:\n"
        "    - id: t1\n"
        "      state: done\n"
        "      fields: {scope: in}\n"
        "    - id: t2\n"
        "      state: todo\n"
        "      fields: {scope: in}\n"
        "    - id: t3\n"
        "      state: todo\n"
        "      fields: {scope: out}\n"
        "  expect: {value: 0.5, progress: 0.5, status: on_track, items: 2, done: 1}\n"
    )


def test_a_rule_that_is_changed_fails_the_test_that_was_recorded_before(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"t1": True, "t2": False}, out=["t3"])
    rows.sync(START)
    assert run(tmp_path, "record", KR, "--out", str(tmp_path / "okrsync-tests" / "t.okrtest.yaml"))[0] == 0
    assert run(tmp_path, "test")[0] == 0
    rules = tmp_path / "okrsync.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace('scope"] == "in"', 'scope"] != "x"'), encoding="utf-8")
    code, said = run(tmp_path, "test")
    assert code == 1
    assert "expected 0.5\n             found    0.333333333333 (33.3%)" in said


STATES = st.sampled_from(list(ItemState))
ITEMS = st.lists(st.tuples(STATES, st.sampled_from(["high", "low"]), st.integers(0, 9) | st.none()), max_size=6)


@given(drawn=ITEMS, left=st.dictionaries(st.sampled_from("xyz"), st.sampled_from(list(Departure)), max_size=2))
def test_a_recorded_world_is_read_as_the_world_it_was(
    drawn: list[tuple[ItemState, str, int | None]],
    left: dict[str, Departure],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("world")
    config = loaded(folder, RULES.replace("POLICY", "allow"), environ={}, offline=True)
    items = [
        item(str(n), state, points=points, fields={"severity": severity}, labels=("a",), assignee="ben")
        for n, (state, severity, points) in enumerate(drawn)
    ]
    (objective,) = config.objectives
    for key_result in objective.key_results[:2]:
        (selection,) = selections_of(key_result.measure)
        mirror = ListedMirror(items={selection: items}, left={selection: left})
        world = Recorder(key_result, objective, NOW).world(mirror)
        case: dict[str, Plain] = {
            "key_result": key_result.id,
            "now": NOW.isoformat(),
            **world,
            "expect": {"status": "at_risk"},
        }
        text = dumped({"tests": [case]}, flow=True)
        (folder / "t.okrtest.yaml").write_text(text, encoding="utf-8")
        assert "ben" not in text
        (read,) = read_tests([folder / "t.okrtest.yaml"], config)
        assert outcome(key_result, objective, read.mirror, NOW) == outcome(key_result, objective, mirror, NOW)


def test_what_rests_on_too_much_is_not_recorded(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({f"t{n}": False for n in range(5001)})
    rows.sync(START)
    code, said = run(tmp_path, "record", KR)
    assert code == 1
    assert "work/tasks rests on 5001 items, and a test holds 5000 at most" in said


def test_record_refuses_what_it_would_overwrite_and_what_was_never_read(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    assert "nothing was synced here yet" in run(tmp_path, "record", KR)[1]
    rows.write({"t1": True})
    rows.sync(START)
    out = tmp_path / "t.okrtest.yaml"
    assert run(tmp_path, "record", KR, "--out", str(out))[0] == 0
    assert "is there already" in run(tmp_path, "record", KR, "--out", str(out))[1]
    assert "name it so" in run(tmp_path, "record", KR, "--out", str(tmp_path / "t.yaml"))[1]
    assert "no key result 'work/task'" in run(tmp_path, "record", "work/task")[1]
    rules = tmp_path / "okrsync.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("table: Tasks", "table: board"), encoding="utf-8")
    assert "draws on what was never read (board: " in run(tmp_path, "record", KR)[1]


@given(percent=st.decimals(min_value=-1000, max_value=1000, places=1), away=st.decimals("-0.0009", "0.0009", places=6))
def test_a_percentage_fits_exactly_what_rounds_to_it(percent: Decimal, away: Decimal) -> None:
    problems: list[Problem] = []
    node = read_nodes(f"value: {percent}%".encode(), file="t", problems=problems)
    assert isinstance(node, Branch)
    found = wanted("value", node, None, Problems())
    assert found is not None
    value = percent / 100 + away
    assert found.fits(value) is (abs(away) <= Decimal("0.0005"))
    assert found.fits(percent / 100)
