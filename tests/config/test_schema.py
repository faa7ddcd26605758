"""The JSON Schema, the templates and the examples say what the loader says."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.load import load
from config.schema import json_schema
from config.settings import load_settings
from config.templates import init
from connectors.registry import names
from mapping.errors import ConfigProblemsError
from tests.config.kit import key_result

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config" / "examples" / "okrsync.yaml"


def accepts(text: str) -> bool:
    # The loader keeps dates and numbers exact; an editor's YAML 1.2 sees them as text and numbers.
    return bool(Draft202012Validator(json_schema()).is_valid(json.loads(json.dumps(yaml.safe_load(text), default=str))))


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((ROOT / "config" / "okrsync.schema.json").read_text(encoding="utf-8"))
    assert committed == json_schema(), "write it again: okrsync schema --out config/okrsync.schema.json"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_example_has_every_kind_of_key_result_and_is_fine() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert accepts(text)
    config = load(EXAMPLE, settings=load_settings(EXAMPLE.parent), offline=True)
    assert len(config.key_results()) >= 25
    for objective in config.objectives:
        assert 2 <= len(objective.key_results) <= 5, objective.id


@pytest.mark.parametrize("count", range(1, 4))
def test_a_start_for_any_choice_of_connectors_loads(tmp_path: Path, count: int) -> None:
    for chosen in itertools.combinations(names(), count):
        text = init(chosen, today=date(2026, 11, 22))
        path = tmp_path / "okrsync.yaml"
        path.write_text(text, encoding="utf-8")
        config = load(path, settings=load_settings(tmp_path), offline=True)
        assert sorted(each.connector.name for each in config.connections.values()) == sorted(chosen)
        assert config.key_results()
        assert accepts(text)
        assert text.startswith("# yaml-language-server: $schema=")


def test_a_start_is_offered_for_every_connector() -> None:
    for name in names():
        assert f"connector: {name}" in init([name])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("cycle: 2026-q4", "cykle: 2026-q4"),
        ("connector: jira", "connector: jirra"),
        ("project: CHK", "projekt: CHK"),
        ("baseline: 40", "basline: 40"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(tmp_path: Path, right: str, wrong: str) -> None:
    assert accepts(key_result())
    text = key_result().replace(right, wrong, 1)
    assert not accepts(text)
    path = tmp_path / "okrsync.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigProblemsError):
        load(path, settings=load_settings(tmp_path), offline=True)
