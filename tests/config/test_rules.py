"""What is wrong with rules: every problem at once, each at its place, each with what to do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mapping.rules import MetricKind, Period, PeriodPolicy, UnitKind
from tests.config.kit import ENVIRON, HEAD, key_result, loaded, problem, problems

METRICS: dict[str, tuple[MetricKind, str | None, str, UnitKind]] = {
    "{baseline: 40, target: 10}": (MetricKind.DECREASE, "40", "10", UnitKind.NUMBER),
    "{baseline: 20, at_least: 42}": (MetricKind.AT_LEAST, "20", "42", UnitKind.NUMBER),
    "{at_least: 4.6}": (MetricKind.AT_LEAST, None, "4.6", UnitKind.NUMBER),
    "{at_most: 3%}": (MetricKind.AT_MOST, None, "0.03", UnitKind.PERCENT),
    "{baseline: 15%, target: 25 %}": (MetricKind.INCREASE, "0.15", "0.25", UnitKind.PERCENT),
    "{baseline: 480, target: x10}": (MetricKind.INCREASE, "480", "4800", UnitKind.NUMBER),
    "{baseline: 2.1%, target: double}": (MetricKind.INCREASE, "0.021", "0.042", UnitKind.PERCENT),
    "{baseline: 860, target: +25%}": (MetricKind.INCREASE, "860", "1075", UnitKind.NUMBER),
    "{baseline: 5%, target: -10%}": (MetricKind.DECREASE, "0.05", "0.045", UnitKind.PERCENT),
    "{baseline: 5%, target: +10pp}": (MetricKind.INCREASE, "0.05", "0.15", UnitKind.PERCENT),
    "{baseline: 1.2 M€, target: 2 M€}": (MetricKind.INCREASE, "1200000", "2000000", UnitKind.CURRENCY),
    "{baseline: 0, target: 1 000 000}": (MetricKind.INCREASE, "0", "1000000", UnitKind.NUMBER),
    "done": (MetricKind.BINARY, None, "1", UnitKind.DONE),
}


@pytest.mark.parametrize("written", METRICS)
def test_metrics_read_as_people_write_them(tmp_path: Path, written: str) -> None:
    kind, baseline, target, unit = METRICS[written]
    (found,) = loaded(tmp_path, key_result(metric=written)).key_results()
    metric = found.metric
    assert (metric.kind, metric.target, metric.unit.kind) == (kind, Decimal(target), unit)
    assert metric.baseline == (None if baseline is None else Decimal(baseline))


def test_periodic_targets_say_their_span_and_how_spans_become_one(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, key_result("{baseline: 0, target: 30, per: month, over: worst}")).key_results()
    assert (found.metric.per, found.metric.over) == (Period.MONTH, PeriodPolicy.WORST)


def test_a_completion_needs_no_metric_and_goes_from_0_to_100_percent(tmp_path: Path) -> None:
    text = f"{HEAD}      k: {{title: t, measure: {{completion: {{from: jira, epic: CHK-1, by: story_points}}}}}}\n"
    config = loaded(tmp_path, text)
    (found,) = config.key_results()
    assert (found.id, found.metric.baseline, found.metric.target) == ("o/k", Decimal(0), Decimal(1))
    assert config.fields_of("jira") == {"story_points"}
    assert len(config.selections_of("jira")) == 1


BAD_METRICS = {
    "{baseline: 40, target: 40}": "both 40",
    "{baseline: 40}": "",
    "{target: 10}": "baseline",
    "{baseline: 0, target: x10}": "0",
    "{baseline: 1, target: 2, at_least: 3}": "",
    "{baseline: 1, target: lots}": "lots",
    "{baseline: 1, target: '1,234'}": "1,234",
    "{baseline: 1, target: 15, unit: percent}": "15",
    "{baseline: 1 €, target: 2 $}": "unit",
    "{baseline: 1, target: 2, per: fortnight}": "fortnight",
    "{baseline: 1, target: 2, ower: mean}": "ower",
    "{baseline: .nan, target: 2}": "nan",
    "[1, 2]": "",
    "nearly": "nearly",
}


@pytest.mark.parametrize("written", BAD_METRICS)
def test_a_metric_that_makes_no_sense_is_told_at_its_place(tmp_path: Path, written: str) -> None:
    found = problems(tmp_path, key_result(metric=written))
    assert all(each.startswith("14:") for each in found), found
    assert any(BAD_METRICS[written] in each for each in found), found


BAD_MEASURES = {
    "{count: {from: jirra, project: CHK}}": "did you mean 'jira'",
    "{count: {from: jira, projekt: CHK}}": "did you mean 'project'",
    "{cuont: {from: jira, project: CHK}}": "did you mean 'count'",
    "{count: {project: CHK}}": "from",
    "{count: {from: jira}}": "",
    "{count: {from: jira, project: CHK, epic: CHK-1}}": "exactly one",
    "{sum: {from: jira, project: CHK}}": "field",
    "{count: {from: jira, project: CHK}, sum: {from: jira, project: CHK, field: x}}": "one",
    "{latest: {from: jira, project: CHK}}": "latest needs samples of a number, which connector jira cannot give",
    "{duration: {from: kpis, table: Leads, time: cycle}}": "duration needs the past of work items, to know when work "
    "began, which connector spreadsheet cannot give: measure it with time: lead, or take it from a connection of asana",
    "{latest: {from: kpis, table: Leads}}": "latest needs a single number, and this selection gives work items",
    "{completion: {from: kpis, sheet: K, cell: A1}}": "single number",
    "{count: {from: jira, project: CHK, where: 'item.done &&'}}": "where",
    "{count: {from: jira, project: CHK, where: 'item.key'}}": "true or false",
    "{count: {from: jira, project: CHK, where: 'nothing.known'}}": "where",
    "{completion: {from: jira, project: CHK, in_progress: 2}}": "in_progress",
    "{completion: {from: jira, project: CHK, missing: guess}}": "missing",
    "{ratio: {of: {count: {from: jira, project: CHK}}}}": "to",
    "{}": "",
    "done": "",
}


@pytest.mark.parametrize("written", BAD_MEASURES)
def test_a_measure_that_makes_no_sense_is_told_at_its_place(tmp_path: Path, written: str) -> None:
    share = "completion" in written  # goes from 0 % to 100 %
    found = problems(
        tmp_path, key_result("{baseline: 0%, target: 100%}" if share else "{baseline: 40, target: 10}", written)
    )
    assert all(each.startswith("15:") for each in found), found
    assert any(BAD_MEASURES[written] in each for each in found), found


def test_missing_variables_are_named_all_at_once_and_may_have_defaults(tmp_path: Path) -> None:
    text = key_result().replace("email: sync@acme.test", 'email: "${MAIL:-sync@acme.test}"')
    assert loaded(tmp_path, text).connections["jira"].options.model_dump()["email"] == "sync@acme.test"
    text = text.replace("${MAIL:-sync@acme.test}", "${MAIL}")
    found = problems(tmp_path, text, environ={})
    assert len(found) == 2
    assert all(part in "".join(found) for part in ("MAIL", "JIRA_TOKEN", "export"))


def test_rules_that_only_look_at_the_store_need_no_secrets(tmp_path: Path) -> None:
    assert loaded(tmp_path, key_result(), environ={}, offline=True).key_results()[0].id == "o/k"


def test_secrets_come_from_a_folder_and_never_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "jira").write_text("s3cr3t-value\n", encoding="utf-8")
    monkeypatch.setenv("OKRSYNC_SECRETS_DIR", str(tmp_path / "secrets"))
    config = loaded(tmp_path, key_result().replace("${JIRA_TOKEN}", "${file:jira}"))
    assert "s3cr3t-value" not in repr(config)
    assert "s3cr3t" not in str(config.connections["jira"].options)


def test_a_rule_has_the_same_version_however_it_is_laid_out(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, key_result("{baseline: 40, target: 10}")).key_results()
    (two,) = loaded(tmp_path, key_result("{target: 10.0, baseline: 40}")).key_results()
    (other,) = loaded(tmp_path, key_result("{target: 11, baseline: 40}")).key_results()
    assert one.rule_version == two.rule_version != other.rule_version
    assert len(one.rule_version) == 12


def test_a_folder_of_files_is_one_set_of_rules_and_doubles_name_both_places(tmp_path: Path) -> None:
    from config.load import load
    from config.settings import load_settings
    from mapping.errors import ConfigProblemsError

    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(key_result(), encoding="utf-8")
    (folder / "b.yaml").write_text(
        "objectives:\n  second:\n    title: t\n    cycle: 2026-q4\n    key_results:\n"
        "      k: {title: t, measure: {completion: {from: jira, project: X}}}\n",
        encoding="utf-8",
    )
    settings = load_settings(tmp_path, config=folder)
    assert [each.id for each in load(folder, settings=settings, environ=ENVIRON).key_results()] == ["o/k", "second/k"]
    (folder / "c.yaml").write_text(
        "cycles:\n  2026-q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}\n", encoding="utf-8"
    )
    with pytest.raises(ConfigProblemsError) as caught:
        load(folder, settings=settings, environ=ENVIRON)
    assert "c.yaml:2:3" in str(caught.value)
    assert "a.yaml" in str(caught.value)


HOSTILE: dict[str, str | bytes] = {
    "alias bomb": "a: &a [x]\n"
    + "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}' if n else '*a'] * 9)}]" for n in range(12)),
    "alias to itself": "a: &a [*a]",
    "merge key": "a: &a {x: 1}\nb: {<<: *a}",
    "depth": "a: " + "[" * 5000 + "]" * 5000,
    "deep maps": "".join(f"{' ' * n}k{n}:\n" for n in range(300)),
    "size": "a: " + "x" * 2_000_000,
    "python tag": "a: !!python/object/apply:os.system [id]",
    "unknown tag": "a: !secret x",
    "tabs": "connections:\n\tjira: {}",
    "NUL": b"a: \x00",
    "bad UTF-8": b"a: \xff\xfe\xfa",
    "UTF-16": "a: 1".encode("utf-16"),
    "control character": b"a: \x07",
    "two documents": "a: 1\n---\nb: 2",
    "list on top": "- a\n- b",
    "text on top": "hello",
    "unclosed quote": 'a: "x',
    "unclosed brace": "a: {b: 1",
    "double keys": "timezone: UTC\ntimezone: UTC",
    "key of a list": "? [a, b]\n: c",
    "null sections": "connections:\ncycles:\nobjectives: 3",
    "numbers as sections": "connections: 7",
    "huge integer": key_result("{baseline: 1, target: " + "9" * 5000 + "}"),
    "huge exponent": key_result("{baseline: 1, target: 1e999999999}"),
    "huge relative": key_result("{baseline: 1, target: x1e999999}"),
    "infinity": key_result("{baseline: 1, target: .inf}"),
    "no end of values": "a: [" + ",".join(["x"] * 190_000) + "]",
    "no end of unknown keys": "\n".join(f"k{n}: 1" for n in range(45_000)),
    "no end of double keys": "a: {" + ",".join(["a: 1"] * 45_000) + "}",
    "no end of unknown options": key_result().replace(
        "file: kpis.xlsx", "file: kpis.xlsx, " + ", ".join(f"o{n}: 1" for n in range(2000))
    ),
    "boolean for a number": key_result("{baseline: true, target: 2}"),
    "a norwegian owner": key_result().replace("title: A key result", "title: A key result\n        owner: [no]"),
    "sexagesimal": key_result("{baseline: 1, target: 12:30:45}"),
    "id with a slash": key_result().replace("      k:\n", "      k/k:\n"),
    "id with a line break": key_result().replace("      k:\n", '      "k\\nk":\n'),
    "empty id": key_result().replace("      k:\n", '      "":\n'),
    "long rule": key_result(measure="{count: {from: jira, project: CHK, where: '" + "true && " * 2000 + "true'}}"),
    "deep rule": key_result(
        measure="{count: {from: jira, project: CHK, where: '" + "(" * 500 + "true" + ")" * 500 + "'}}"
    ),
    "rule with a loop": key_result(measure="{count: {from: jira, project: CHK, where: 'while true'}}"),
    "nested ratio": key_result(measure="{ratio: {of: " * 60 + "x" + "}}" * 60),
    "variable in a variable": key_result().replace("${JIRA_TOKEN}", "${A${B}}"),
    "unclosed variable": key_result().replace("${JIRA_TOKEN}", "${A"),
    "address with a password": key_result().replace("https://acme", "https://me:secret@acme"),
    "file scheme": key_result().replace("https://acme.atlassian.net", "file:///etc/passwd"),
    "zone path": key_result().replace("Europe/Paris", "../../etc/passwd"),
    "cycle over itself": key_result().replace("ends_on: 2027-01-01", "ends_on: 2026-10-01"),
    "impossible date": key_result().replace("2026-10-01", "2026-02-30"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_or_wrong_rules_end_in_problems_with_place_and_hint(tmp_path: Path, name: str) -> None:
    for each in problems(tmp_path, HOSTILE[name]):
        line, column, rest = each.split(":", 2)
        assert int(line) >= 1
        assert int(column) >= 1
        assert ": " in rest
        assert len(each) < 2000
        assert "secret@" not in each


def test_after_two_hundred_problems_the_rest_is_not_looked_for(tmp_path: Path) -> None:
    found = problems(tmp_path, str(HOSTILE["no end of unknown options"]).replace("timezone", "tiemzone"))
    assert found[0].startswith("1:1: unknown key 'tiemzone'")
    assert len(found) == 202
    assert found[-1].endswith("more than 200 problems: correct those above first")


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    assert problem(tmp_path, "").startswith("1:1: the rules name no objective")
