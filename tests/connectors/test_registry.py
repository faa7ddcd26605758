"""Connectors of other packages: they arrive by entry point, and a broken one harms nobody who does not name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.schema import json_schema
from config.templates import init
from connectors import registry
from connectors.jira import CONNECTOR as JIRA
from connectors.port import Capability
from mapping.errors import FixConfigError
from okrsync.cli import app
from okrsync.show_connectors import all_described
from tests.config.kit import HEAD, loaded, problem
from tests.connectors.packages import installed

RAIN = """
from connectors.port import Capability, Connector, OptionsModel, SelectionModel

class RainOptions(OptionsModel):
    place: str

class RainSelection(SelectionModel):
    gauge: str

    @property
    def shape(self):
        return "series"

CONNECTOR = Connector(
    name="rain",
    title="Rain gauges",
    options=RainOptions,
    selection=RainSelection,
    capabilities=frozenset({Capability.SERIES}),
    open=lambda options, surroundings: None,
)
"""
CONNECTION = "  rain: {connector: rain, place: Brest}\ncycles:"


@pytest.fixture
def packages(tmp_path: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def add(packages: ExitStack, folder: Path, package: str, entry: str, **modules: str) -> None:
    files = {f"{name}/__init__.py": text for name, text in modules.items()}
    packages.enter_context(installed(folder / "site", package, entry, files))


def rules(measure: str) -> str:
    head = HEAD.replace("cycles:", CONNECTION, 1)
    metric = "{baseline: 40, target: 10}"
    return f"{head}      k:\n        title: A key result\n        metric: {metric}\n        measure: {measure}\n"


def test_a_connector_of_another_package_is_used_like_our_own(packages: ExitStack, tmp_path: Path) -> None:
    add(packages, tmp_path, "acme-rain", "rain = acme_rain:CONNECTOR", acme_rain=RAIN)
    assert registry.names() == sorted([*registry.BUILT_IN, "rain"])
    assert registry.connector("rain").title == "Rain gauges"
    assert registry.refusals() == []
    config = loaded(tmp_path, rules("{latest: {from: rain, gauge: north}}"))
    assert config.connections["rain"].connector is registry.connector("rain")
    assert "rain.selection" in json_schema()["$defs"]


def test_what_it_cannot_do_is_told_where_the_rule_stands(packages: ExitStack, tmp_path: Path) -> None:
    add(packages, tmp_path, "acme-rain", "rain = acme_rain:CONNECTOR", acme_rain=RAIN)
    loaded(tmp_path, rules("{series: {from: rain, gauge: north, take: mean, over: 28 days}}"))
    said = problem(tmp_path, rules("{count: {from: rain, gauge: north}}"))
    assert said.startswith(
        "16:19: count needs work items, which connector rain cannot give: measure it with latest or series"
    )
    assert said.endswith(", or take it from a connection of " + ", ".join(registry.able(Capability.CENSUS)))


def test_a_start_needs_no_template_of_another_package(packages: ExitStack, tmp_path: Path) -> None:
    add(packages, tmp_path, "acme-rain", "rain = acme_rain:CONNECTOR", acme_rain=RAIN)
    runner = CliRunner()
    done = runner.invoke(app, ["init", "--stdout"])
    assert done.exit_code == 0
    assert re.findall(r"connector: (\w+)", done.stdout) == ["jira", "github", "spreadsheet"]
    with pytest.raises(FixConfigError, match="no template for connector rain: write its connection as its page says"):
        init(["rain"])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemError('no luck')", "SystemError: no luck"),
        ("CONNECTOR = 'rain'", "is no Connector"),
        ("", "has no attribute 'CONNECTOR'"),
        (RAIN.replace('name="rain"', 'name="snow"'), "calls itself 'snow'"),
    ],
)
def test_a_broken_one_is_named_with_its_package_and_harms_no_other(
    packages: ExitStack, tmp_path: Path, code: str, words: str
) -> None:
    add(packages, tmp_path, "acme-rain", "rain = acme_rain:CONNECTOR", acme_rain=code)
    with pytest.raises(FixConfigError) as caught:
        registry.connector("rain")
    for part in ("'rain'", "acme-rain 1.0", words, "update that package"):
        assert part in str(caught.value)
    assert registry.connector("jira") is JIRA
    assert sorted(each.name for each in registry.usable()) == sorted(registry.BUILT_IN)
    found, refused = all_described()
    assert len(found) == len(registry.BUILT_IN)
    assert refused == [str(caught.value)]
    said = problem(tmp_path, rules("{count: {from: jira, project: CHK}}"))
    assert said.startswith("5:21: connector 'rain' of package acme-rain 1.0 ")


def test_the_name_of_one_of_ours_is_not_to_be_had(packages: ExitStack, tmp_path: Path) -> None:
    add(packages, tmp_path, "acme-jira", "jira = acme_jira:CONNECTOR", acme_jira="raise SystemError('never imported')")
    assert registry.connector("jira") is JIRA
    assert registry.module_of("jira") == "connectors.jira"
    (line,) = registry.refusals()
    assert "package acme-jira 1.0 offers a connector 'jira', which is okrsync's own" in line


def test_a_name_that_two_packages_give_is_neithers(packages: ExitStack, tmp_path: Path) -> None:
    for package in ("acme-rain", "zeta-rain"):
        module = package.replace("-", "_")
        add(packages, tmp_path, package, f"rain = {module}:CONNECTOR", **{module: RAIN})
    with pytest.raises(FixConfigError, match=r"offered by acme-rain 1\.0 and zeta-rain 1\.0: uninstall all but one"):
        registry.connector("rain")


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(FixConfigError, match=f"use one of {', '.join(registry.names())}"):
        registry.connector("jirra")


def test_answers_that_cannot_be_read_leave_the_connector_usable(packages: ExitStack, tmp_path: Path) -> None:
    add(packages, tmp_path, "acme-rain", "rain = acme_rain:CONNECTOR", acme_rain=RAIN)
    (tmp_path / "site" / "acme_rain" / "quality.yaml").write_text("contract: {done: [x], todo: y}", encoding="utf-8")
    found, refused = all_described()
    assert [each.quality for each in found if each.connector.name == "rain"] == [None]
    assert len(refused) == 1
    assert "acme_rain/quality.yaml does not answer the rules" in refused[0]
