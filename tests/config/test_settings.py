"""Where okrsync runs: settings from environment, .env and secrets folder, strongest first."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import load_settings, unknown_variables
from mapping.errors import FixConfigError


def test_defaults_lie_beside_the_rules(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.config == tmp_path / "okrsync.yaml"
    assert settings.database_url == f"sqlite:///{tmp_path / 'okrsync.db'}"
    assert settings.data_dir == tmp_path / ".okrsync"


def test_a_named_file_takes_its_store_along(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, config=Path("team/rules.yaml"))
    assert settings.database_url == f"sqlite:///{tmp_path / 'team' / 'okrsync.db'}"


def test_the_environment_outranks_the_file_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OKRSYNC_LANGUAGE=fr\nOKRSYNC_IN_FLIGHT=4\n", encoding="utf-8")
    monkeypatch.setenv("OKRSYNC_IN_FLIGHT", "2")
    settings = load_settings(tmp_path)
    assert (settings.language, settings.in_flight) == ("fr", 2)


def test_impossible_values_are_all_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_IN_FLIGHT", "none")
    monkeypatch.setenv("OKRSYNC_BUDGET_SECONDS", "-1")
    with pytest.raises(FixConfigError) as caught:
        load_settings(tmp_path)
    assert "OKRSYNC_IN_FLIGHT" in str(caught.value)
    assert "OKRSYNC_BUDGET_SECONDS" in str(caught.value)


def test_a_database_address_with_a_password_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_DATABASE_URL", "postgresql://okr:s3cr3t@db.acme.test/okr")
    assert "s3cr3t" not in repr(load_settings(tmp_path))


def test_unknown_variables_are_told_with_the_nearest_known_one() -> None:
    (line,) = unknown_variables(
        {"OKRSYNC_DATABASE_ULR": "x", "OKRSYNC_LANGUAGE": "fr", "OKRSYNC_REAL_DATA": "x", "HOME": "/"}
    )
    assert "OKRSYNC_DATABASE_ULR" in line
    assert "did you mean OKRSYNC_DATABASE_URL" in line


def test_a_secrets_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_SECRETS_DIR", "nowhere")
    with pytest.raises(FixConfigError, match="nowhere is no folder"):
        load_settings(tmp_path)


def test_internal_hosts_are_listed_with_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_ALLOWED_HOSTS", " jira.acme.test, 10.20.0.0/16 ,[::1]:8080,")
    assert load_settings(tmp_path).allowed_hosts == ("jira.acme.test", "10.20.0.0/16", "[::1]:8080")
    monkeypatch.delenv("OKRSYNC_ALLOWED_HOSTS")
    assert load_settings(tmp_path).allowed_hosts == ()


def test_an_internal_host_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_ALLOWED_HOSTS", "jira.acme.test,http://10.0.0.1")
    with pytest.raises(FixConfigError, match=r"OKRSYNC_ALLOWED_HOSTS: .*'http://10\.0\.0\.1' "):
        load_settings(tmp_path)
