"""Connections: variables filled in, options checked, and no secret in any message."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.jira.options import JiraOptions
from mapping.errors import FixConfigError
from tests.config.kit import HEAD, key_result, loaded, place_of, problem, problems

RULES = key_result()
TOKEN = place_of(RULES, '"${JIRA_TOKEN}"')
URL = place_of(RULES, "https://")


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = problem(tmp_path, RULES.replace("${JIRA_TOKEN}", "abc123-secret"))
    assert found.startswith(f"{TOKEN}: token stands in the file")
    assert "${JIRA_TOKEN}" in found
    assert "abc123" not in found


def test_a_secret_in_the_wrong_option_is_not_repeated_either(tmp_path: Path) -> None:
    wrong = RULES.replace("url: https://acme.atlassian.net", 'url: "${JIRA_TOKEN}"')
    found = problem(tmp_path, wrong)
    assert found.startswith(f"{URL}: url")
    assert "made-up-jira-token" not in found


def test_an_empty_variable_counts_as_missing(tmp_path: Path) -> None:
    assert "JIRA_TOKEN is not set" in problem(tmp_path, RULES, environ={"JIRA_TOKEN": ""})


def test_the_file_env_beside_the_rules_gives_variables_and_the_environment_outranks_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("JIRA_TOKEN=from-the-file\n", encoding="utf-8")
    assert token(loaded(tmp_path, RULES, environ={}).connections["jira"].options) == "from-the-file"
    assert token(loaded(tmp_path, RULES, environ={"JIRA_TOKEN": "outside"}).connections["jira"].options) == "outside"


def test_two_dollar_signs_before_a_brace_are_no_variable(tmp_path: Path) -> None:
    text = RULES.replace("file: kpis.xlsx", 'file: "$${HOME}.xlsx"')
    assert loaded(tmp_path, text).connections["kpis"].options.model_dump()["file"] == "${HOME}.xlsx"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("${file:absent}", "secret file absent does not exist"),
        ("${file:empty}", "secret file empty is empty"),
        ("${file:../outside}", "'../outside' is no name of a secret file"),
        ("${file:.hidden}", "'.hidden' is no name of a secret file"),
        ("${1}", "'${1}' is no variable"),
    ],
)
def test_what_cannot_be_filled_in_is_told_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, words: str
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "outside").write_text("no secret", encoding="utf-8")
    monkeypatch.setenv("OKRSYNC_SECRETS_DIR", "secrets")
    assert problem(tmp_path, RULES.replace("${JIRA_TOKEN}", reference)).startswith(f"{TOKEN}: {words}")


def test_a_secret_file_without_a_folder_of_secrets_says_which_setting_is_missing(tmp_path: Path) -> None:
    found = problem(tmp_path, RULES.replace("${JIRA_TOKEN}", "${file:jira}"))
    assert "OKRSYNC_SECRETS_DIR" in found


def test_a_missing_variable_hides_no_other_mistake_of_its_connection(tmp_path: Path) -> None:
    text = RULES.replace("url: https://acme.atlassian.net", "url: ftp://acme")
    found = problems(tmp_path, text, environ={})
    assert [each.split(": ")[0] for each in found] == [place_of(text, "ftp:"), place_of(text, '"${JIRA')]


def test_without_secrets_the_rules_load_and_only_the_options_ask_for_them(tmp_path: Path) -> None:
    config = loaded(tmp_path, RULES, environ={}, offline=True)
    assert config.connections["kpis"].options.model_dump()["file"] == "kpis.xlsx"
    with pytest.raises(FixConfigError, match="connection jira needs JIRA_TOKEN"):
        _ = config.connections["jira"].options


def test_without_secrets_other_mistakes_are_still_problems(tmp_path: Path) -> None:
    from mapping.errors import ConfigProblemsError

    with pytest.raises(ConfigProblemsError, match="did you mean 'email'"):
        loaded(tmp_path, RULES.replace("email:", "emial:"), environ={}, offline=True)


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("x: {connector: jirra}", "4:18", "unknown connector 'jirra': did you mean 'jira'?"),
        ("x: {file: kpis.xlsx}", "4:3", "key 'connector' is missing"),
        ("x: kpis.xlsx", "4:6", "connection x is 'kpis.xlsx'"),
        ("x: {connector: spreadsheet}", "4:3", "say exactly one of file, url, google_sheet or sharepoint"),
        ("x: {connector: spreadsheet, file: [a]}", "4:37", "file is no text"),
        ("x: {connector: spreadsheet, file: a, decimal: ff}", "4:49", "decimal: unknown value 'ff'"),
        ("x: {connector: github, token: 12345678}", "4:33", "token stands in the file"),
    ],
)
def test_a_wrong_connection_is_told_at_its_place(tmp_path: Path, line: str, place: str, words: str) -> None:
    lines = RULES.splitlines()
    lines[3] = f"  {line}"
    found = problem(tmp_path, "\n".join(lines))
    assert found.startswith(f"{place}: {words}"), found


def test_rules_on_a_wrong_connection_are_not_blamed_for_it(tmp_path: Path) -> None:
    text = HEAD.replace("connector: jira,", "connector: jirra,") + RULES.removeprefix(HEAD)
    assert "unknown connector" in problem(tmp_path, text)


def token(options: object) -> str:
    assert isinstance(options, JiraOptions)
    assert options.token is not None
    return options.token.get_secret_value()
