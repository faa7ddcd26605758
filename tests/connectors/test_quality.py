"""What connectors say of themselves is so: capabilities, the quality scale, and the tests that every one owes."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from connectors import destinations
from connectors.port import Capability
from connectors.quality import RULES, Level, quality_of
from connectors.registry import BUILT_IN, connector, module_of
from mapping.errors import FixConfigError
from tests.connectors.contract import ConnectorContract
from tests.flows.kit import okrsync, printed
from tests.proofs import ROOT, missing

NAMES = sorted(BUILT_IN)
TESTS = ROOT / "tests" / "connectors"


def page_of(name: str) -> str:
    return (ROOT / "docs" / "connectors" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_is_answered_and_what_shows_it_is_there(name: str) -> None:
    quality = quality_of(module_of(name))
    assert quality is not None, f"connectors/{name}/quality.yaml is missing"
    assert list(quality.answers) == list(RULES), "the answers stand in the order of the rules"
    proofs = [proof for answer in quality.answers.values() for proof in answer.done]
    assert [said for proof in proofs if (said := missing(proof))] == []
    reasons = [answer.reason for answer in quality.answers.values() if answer.level is not Level.DONE]
    assert all(len(reason.split()) >= 8 for reason in reasons), "a reason is a sentence"


@pytest.mark.parametrize("name", NAMES)
def test_every_connectors_tests_inherit_the_contract(name: str) -> None:
    found = []
    for file in sorted((TESTS / name).glob("test_*contract*.py")):
        module = importlib.import_module(f"tests.connectors.{name}.{file.stem}")
        classes = [each for each in vars(module).values() if isinstance(each, type)]
        found += [each for each in classes if issubclass(each, ConnectorContract) and each.__name__.startswith("Test")]
    assert found, f"no test class in tests/connectors/{name}/ inherits ConnectorContract"
    assert {each.connector.name for each in found} == {name}
    overridden = {each.__name__: sorted(set(owed()) & set(vars(each))) for each in found}
    assert not any(overridden.values()), f"tests of the contract are replaced: {overridden}"


def owed() -> list[str]:
    return [name for name in vars(ConnectorContract) if name.startswith("test_")]


def test_the_contract_asks_for_what_the_scale_says() -> None:
    words = " ".join(owed())
    for part in (
        "order",
        "aware",
        "twice",
        "refused_credentials",
        "busy",
        "empty",
        "unreadable",
        "never_looks_complete",
    ):
        assert part in words


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_the_connector_can_do(name: str) -> None:
    can = ", ".join(f"`{each}`" for each in Capability if each in connector(name).capabilities)
    assert re.findall(r"^Capabilities: (.*)\.$", page_of(name), flags=re.MULTILINE) == [can]


def test_nothing_is_declared_that_the_port_has_no_words_for() -> None:
    for name in NAMES:
        assert not connector(name).capabilities & {Capability.WEBHOOK}


def test_a_connector_says_that_it_can_be_written_to_where_there_is_such_a_destination() -> None:
    assert {name for name in NAMES if Capability.DESTINATION in connector(name).capabilities} == {
        name for name in destinations.names() if name in NAMES
    }


def test_the_command_shows_the_scale_to_people_and_machines() -> None:
    all_ = okrsync("connectors")
    assert (all_.returncode, all_.stderr) == (0, "")
    for name in NAMES:
        assert re.search(rf"^{name} .*(?:census|series).* \d+ of \d+", all_.stdout, flags=re.MULTILINE), all_.stdout
    one = printed(okrsync("connectors", "jira", "--json"))
    assert (one["name"], one["quality"]) == ("jira", "15 of 15")
    assert isinstance(one["rules"], dict)
    assert list(one["rules"]) == list(RULES)
    told = okrsync("connectors", "asana").stdout
    assert "exempt" in told
    assert "tests/connectors/asana/test_contract.py::TestAsana" in told
    assert json.loads(okrsync("connectors", "--json").stdout)["refused"] == []
    unknown = okrsync("connectors", "jirra")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "unknown connector 'jirra'" in unknown.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contract: {done: [x], exempt: y}", "exactly one of"),
        ("contract: {}", "exactly one of"),
        ("contract: {done: [x]}", "no answer to census-ends"),
        ("[1, 2", "does not answer the rules"),
        ("speed: {done: [x]}", "there is no rule speed"),
    ],
)
def test_answers_that_do_not_answer_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "lazy_quality").mkdir()
    (tmp_path / "lazy_quality" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "lazy_quality" / "quality.yaml").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lazy_quality", raising=False)
    with pytest.raises(FixConfigError) as caught:
        quality_of("lazy_quality")
    assert words in str(caught.value)


def test_a_proof_that_is_not_there_is_noticed() -> None:
    assert missing("tests/proofs.py::missing") is None
    assert missing("tests/proofs.py::found") == "tests/proofs.py::found: tests/proofs.py defines no 'found'"
    assert missing("tests/nothing.py::x") == "tests/nothing.py::x: there is no tests/nothing.py"
    assert missing("docs/connectors/jira.md#nowhere") is not None
    assert missing("docs/connectors/jira.md#set-up") is None
    assert missing("docs/connectors/jira.md") is not None
