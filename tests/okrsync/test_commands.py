"""Commands as a user runs them, in processes of their own, on the demo's folder."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.flows.kit import Company, okrsync, printed

MISTAKES = """\
timezone: Europe/Pariss
connections:
  kpis:
    connector: spreadsheet
    fil: kpis.xlsx
  gh:
    connector: github
    token: ${A_TOKEN_NOBODY_SET}
cycles:
  q4: {starts_on: 2026-10-01, ends_on: 2026-09-01}
objectives:
  shop:
    title: Sell more
    cycle: q5
    key_results:
      one:
        title: bugs
        metric: {baseline: 10, target: 10}
        measure: {count: {from: gh, repo: acme/shop}}
      one:
        title: again
        measure: {count: {from: gh, repo: acme/shop}}
      two:
        title: score
        metric: {baseline: 1, at_least: 4}
        measure: {latest: {from: kpi, sheet: S, cell: A1}}
      three:
        titel: typo
        title: filter
        measure: {completion: {from: gh, repo: acme/shop, where: "item.done &&"}}
"""


def test_status_json_has_the_shape_that_scripts_rest_on(rivelle: Company) -> None:
    said = printed(okrsync("-C", str(rivelle.folder), "status", "--json"))
    assert isinstance(said["cycle"], str)
    assert isinstance(said["as_of"], str)
    results = said["key_results"]
    assert isinstance(results, list)
    assert len(results) >= 14
    epic = next(each for each in results if each["id"] == "new-checkout/epic")
    wanted = {"value", "baseline", "target", "progress", "raw_progress", "status", "stale_reason", "items", "done"}
    assert wanted <= epic.keys()
    assert Decimal(epic["value"]) == Decimal(epic["progress"])
    assert epic["stale_reason"] is None
    assert epic["done"] < epic["items"]


def test_status_for_people_is_plain_in_a_pipe(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "status")
    assert done.returncode == 0
    assert "new-checkout/epic" in done.stdout
    assert "\x1b" not in done.stdout


def test_status_ends_with_a_tally_and_reasons_that_key_results_share(rivelle: Company) -> None:
    where = ("-C", str(rivelle.folder))
    assert okrsync(*where, "status").stdout.splitlines()[-1].startswith("34 key results: ")
    for name in ("moods", "moods/ana", "moods/ben", "moods/cem", "moods/dora"):
        title = "Raise the mood from 5 to 8" if "/" in name else "Be well"
        assert okrsync(*where, "okr", "add", name, title).returncode == 0
    try:
        said = okrsync(*where, "status").stdout.splitlines()
        assert "∅ no data  moods/ana, moods/ben, moods/cem and 1 more: nobody has checked in yet" in said
        assert said[-1].endswith("5 ∅ no data")
    finally:
        assert okrsync(*where, "okr", "close", "moods").returncode == 0


def test_a_team_that_has_no_objective_is_refused_with_those_there_are(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "status", "--team", "Shoop")
    assert done.returncode == 2
    assert "Growth, Operations, Shop" in " ".join(done.stderr.split())


def test_a_check_in_says_what_it_stands_above_and_until_when(rivelle: Company) -> None:
    where = ("-C", str(rivelle.folder))
    said = okrsync(*where, "check-in", "be-known/members", "600", "--sticky", "--reason", "a list on paper")
    assert said.stdout.startswith("be-known/members: 600 members, entered by ")
    assert "automatic: 565 members, until resumed: a list on paper" in said.stdout
    assert okrsync(*where, "resume", "be-known/members").returncode == 0


def test_why_goes_down_to_items_weights_rule_and_run(rivelle: Company) -> None:
    said = printed(okrsync("-C", str(rivelle.folder), "why", "new-checkout/epic", "--json"))
    assert said["agrees"] is True
    reading = said["reading"]
    assert isinstance(reading, dict)
    counted = [each for each in reading["evidence"] if each["counted"]]
    assert sum(Decimal(each["weight"]) for each in counted) == Decimal(reading["denominator"])
    assert sum(Decimal(each["credit"]) for each in counted) == Decimal(reading["numerator"])
    text = okrsync("-C", str(rivelle.folder), "why", "new-checkout/epic").stdout
    for part in (
        "story points done",
        "epic SHOP-1",
        "measure: {completion: {from: jira",
        "value of run 1",
        "progress:",
    ):
        assert part in text


def test_why_shows_the_status_under_other_tools_rules(rivelle: Company) -> None:
    where = ("-C", str(rivelle.folder), "why", "new-checkout/epic")
    said = printed(okrsync(*where, "--json"))["profiles"]
    assert isinstance(said, list)
    assert {"okrsync", "viva", "servicenow"} <= {each["profile"] for each in said}
    assert [each["profile"] for each in said if each["own"]] == ["okrsync"]
    text = okrsync(*where, "--profile", "viva").stdout
    assert "behind by 25 % is taken as a share" in text
    assert "servicenow" not in text
    assert okrsync(*where, "--profile", "vivo").returncode == 2


def test_a_forecast_of_a_young_store_says_that_there_is_too_little_history(rivelle: Company) -> None:
    said = printed(okrsync("-C", str(rivelle.folder), "forecast", "new-checkout/epic", "--json"))["forecasts"]
    assert isinstance(said, list)
    assert said[0]["key_result"] == "new-checkout/epic"
    assert said[0]["why_not"].startswith("too little history: 0 daily changes")
    assert "new-checkout/epic" in okrsync("-C", str(rivelle.folder), "forecast").stdout


def test_coverage_lists_what_nothing_moves_and_what_serves_nothing(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "coverage", "--json", "--exit-code")
    said = printed(done)
    assert {"still", "untied", "many", "unread"} <= said.keys()
    found = any(said[name] for name in ("still", "untied", "unread"))
    assert done.returncode == (3 if found else 0)
    assert "Key results without moving work" in okrsync("-C", str(rivelle.folder), "coverage").stdout


def test_unknown_names_end_in_one_line_that_says_what_to_do(rivelle: Company, tmp_path: Path) -> None:
    for words, part in (
        (["-C", str(rivelle.folder), "why", "no/such"], "no key result 'no/such'"),
        (["-C", str(rivelle.folder), "status", "--cycle", "q9"], "no cycle 'q9'"),
        (["-C", str(rivelle.folder), "sync", "--connection", "jirra"], "did you mean 'jira'"),
        (["-C", str(rivelle.folder), "plan", "--key-result", "new-checkout/epics"], "did you mean 'new-checkout/epic'"),
        (["-C", str(tmp_path), "status"], "nothing was synced here yet"),
        (["-C", str(tmp_path), "sync"], "okrsync init"),
    ):
        done = okrsync(*words)
        assert done.returncode == 1, words
        assert part in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_exits_with_2(rivelle: Company) -> None:
    assert okrsync("-C", str(rivelle.folder), "sync", "--prefect", "--in-process").returncode == 2
    assert okrsync("nonsense").returncode == 2
    assert okrsync("-C", str(rivelle.folder / "nowhere"), "status").returncode == 2


def test_check_names_every_planted_mistake_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "okrsync.yaml").write_text(MISTAKES, encoding="utf-8")
    done = okrsync("-C", str(tmp_path), "check", "--offline", "--json")
    assert done.returncode == 3
    problems = printed(done)["problems"]
    assert isinstance(problems, list)
    found = {(each["line"], each["what"]) for each in problems}
    planted = {
        1: "Pariss", 5: "'fil'", 8: "A_TOKEN_NOBODY_SET", 10: "not after it starts", 14: "'q5'",
        18: "both 10", 20: "'one' stands twice", 26: "'kpi'", 28: "'titel'", 30: "where",
    }  # fmt: skip
    for line, part in planted.items():
        assert any(at == line and part in what for at, what in found), (line, part)
    assert all(each["column"] >= 1 and each["fix"] for each in problems)
    text = okrsync("-C", str(tmp_path), "check", "--offline").stdout
    assert "\nokrsync.yaml:1:11: unknown time zone" in f"\n{text}"
    assert str(tmp_path) not in text, "files are named from the folder that was given"


def test_a_vendor_is_named_behind_its_connection_only_where_that_has_another_name(tmp_path: Path) -> None:
    cloud = "{connector: jira, url: https://10.1.2.3, email: a@acme.test, token: '${A_TOKEN}'}"
    measured = "{title: T, measure: {completion: {from: %s, epic: A-1}}}"
    rules = (
        f"timezone: UTC\nconnections: {{jira: {cloud}, work: {cloud}}}\n"
        "cycles: {q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}}\n"
        f"objectives: {{a: {{title: A, cycle: q4, key_results: {{x: {measured % 'jira'}, y: {measured % 'work'}}}}}}}\n"
    )
    (tmp_path / "okrsync.yaml").write_text(rules, encoding="utf-8")
    said = okrsync("-C", str(tmp_path), "check", env={"A_TOKEN": "made-up"}).stdout
    ours, theirs = (line.partition(" ")[2] for line in said.splitlines() if line.startswith("okrsync.yaml:2:"))
    assert theirs.startswith("work: Jira: ")
    assert ours == theirs.replace("work: Jira: ", "jira: ")


def test_check_asks_each_connection_who_we_are_and_what_is_visible(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "check")
    assert done.returncode == 0, done.stdout
    assert "okrsync@rivelle.test" in done.stdout
    assert "epic SHOP-1: " in done.stdout
    rules = rivelle.folder / "okrsync.yaml"
    kept = rules.read_text(encoding="utf-8")
    try:
        rules.write_text(kept.replace("epic: SHOP-1,", "epic: SHOP-9999,"), encoding="utf-8")
        done = okrsync("-C", str(rivelle.folder), "check")
    finally:
        rules.write_text(kept, encoding="utf-8")
    assert done.returncode == 3
    (line,) = [line for line in done.stdout.splitlines() if re.search(r"okrsync\.yaml:\d+:\d+: ", line)]
    assert "SHOP-9999" in line


def test_plan_exit_code_tells_whether_there_is_something_to_do(rivelle: Company) -> None:
    assert okrsync("-C", str(rivelle.folder), "plan", "--exit-code").returncode == 3
    assert okrsync("-C", str(rivelle.folder), "plan").returncode == 0
    assert okrsync("-C", str(rivelle.folder), "sync").returncode == 0
    done = okrsync("-C", str(rivelle.folder), "plan", "--exit-code")
    assert done.returncode == 0
    assert "0 changes of" in done.stdout


def test_a_failed_connection_exits_with_4_and_a_run_without_any_with_1(rivelle: Company) -> None:
    from okrsync.sandbox import faults

    refused = faults.status(401, {"errorMessages": ["Client must be authenticated"], "errors": {}})
    rivelle.sandbox.jira_faults.add(refused)
    assert okrsync("-C", str(rivelle.folder), "sync").returncode == 4
    assert okrsync("-C", str(rivelle.folder), "sync", "--connection", "jira").returncode == 1


def test_init_writes_a_start_once_and_schema_knows_it(tmp_path: Path) -> None:
    done = okrsync("-C", str(tmp_path), "init", "jira", "spreadsheet")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "okrsync.yaml").read_text(encoding="utf-8")
    assert "connector: jira" in text
    assert "connector: github" not in text
    assert okrsync("-C", str(tmp_path), "init").returncode == 2
    assert okrsync("-C", str(tmp_path), "init", "--stdout", "jirra").returncode == 1
    schema = printed(okrsync("schema"))
    assert "objectives" in str(schema["properties"])


def test_a_start_has_nothing_that_lint_would_speak_of(tmp_path: Path) -> None:
    assert okrsync("-C", str(tmp_path), "init").returncode == 0
    found = okrsync("-C", str(tmp_path), "lint")
    assert found.returncode == 0, found.stdout


def test_the_demo_has_nothing_that_lint_would_speak_of(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "lint")
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing found.")


def test_draft_reads_a_sentence_and_refuses_one_without_a_measure(tmp_path: Path) -> None:
    done = okrsync("draft", "Passer le taux de conversion de 15 % à 25 %")
    assert done.returncode == 0, done.stderr
    assert "metric: {baseline: 15%, target: 25%}" in done.stdout
    assert "# Augmenter de 15" in done.stdout
    said = printed(okrsync("draft", "--json", "NPS > 42"))
    assert (said["kind"], said["target"], said["comparator"]) == ("at_least", "42", ">")
    refused = okrsync("draft", "Improve customer happiness")
    assert refused.returncode == 3
    assert refused.stdout == ""
    assert "carries no measure" in refused.stderr
    assert '{target: "-10%"}' in okrsync("draft", "-10 % de churn").stdout
    empty = okrsync("draft", "--json", "Être les meilleurs")
    assert empty.returncode == 3
    assert json.loads(empty.stdout)["kind"] is None


def test_init_drafts_key_results_that_pass_the_check(tmp_path: Path) -> None:
    wanted = [
        "Grow MRR from $120k to $200k",
        "Publier 3 articles par semaine",
        "Launch the shop",
        "NPS ≥ 42",
        "NPS > 42",
    ]
    wanted += [
        "Moins de 5 bugs",
        "Between 18 and 21 °C",
        "Raise 1.5 M€",
        "x10 followers (500 today)",
        "+5 pp (15 % today)",
    ]
    options = [part for sentence in wanted for part in ("--key-result", sentence)]
    assert okrsync("-C", str(tmp_path), "init", "spreadsheet", *options).returncode == 0
    text = (tmp_path / "okrsync.yaml").read_text(encoding="utf-8")
    assert all(f'title: "{sentence}"' in text for sentence in wanted)
    checked = okrsync("-C", str(tmp_path), "check", "--offline")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert okrsync("init", "--stdout", "spreadsheet", "--key-result", "Be great").returncode == 1


def test_dumps_of_equal_stores_are_equal(rivelle: Company) -> None:
    before = okrsync("-C", str(rivelle.folder), "db", "dump")
    assert before.returncode == 0
    assert "SHOP-13" in before.stdout
    assert okrsync("-C", str(rivelle.folder), "plan").returncode == 0
    assert okrsync("-C", str(rivelle.folder), "db", "dump").stdout == before.stdout
    assert okrsync("-C", str(rivelle.folder), "sync").returncode == 0
    after = okrsync("-C", str(rivelle.folder), "db", "dump").stdout
    assert after != before.stdout
    assert okrsync("-C", str(rivelle.folder), "sync").returncode == 0
    assert okrsync("-C", str(rivelle.folder), "db", "dump").stdout == after


def test_unknown_settings_are_warned_about(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "status", "--json", env={"OKRSYNC_DATABASE_ULR": "x"})
    assert done.returncode == 0
    assert "OKRSYNC_DATABASE_ULR" in done.stderr
    assert "did you mean OKRSYNC_DATABASE_URL" in done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize("words", [["status"], ["plan", "--help"]])
def test_colours_respect_no_color_on_a_terminal(rivelle: Company, words: list[str]) -> None:
    coloured, plain = (on_a_terminal(["-C", str(rivelle.folder), *words], no_color=each) for each in (False, True))
    assert "\x1b[3" not in plain
    if words == ["status"]:
        assert "\x1b[3" in coloured


def on_a_terminal(words: list[str], *, no_color: bool) -> str:
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    env |= {"TERM": "xterm-256color", **({"NO_COLOR": "1"} if no_color else {})}
    process = subprocess.Popen([sys.executable, "-m", "okrsync", *words], stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    said = b""
    while True:
        try:
            said += (piece := os.read(ours, 65536))
        except OSError:
            break
        if not piece:
            break
    os.close(ours)
    process.wait()
    return said.decode()
