"""Tests of rules, read from files beside them: items and samples as YAML, and what shall come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from config.files import TESTS, read_file
from config.fixture_model import ExpectKeys
from config.fixture_world import WorldReader
from config.load import Config
from config.said import moment_of
from config.validation import Problems, branch_of, one_of, own_keys, unknown_key, validated
from config.wanted import wanted
from config.yaml_nodes import Branch, Entry, Items, Leaf, kind_of
from mapping.errors import ConfigProblemsError, FixConfigError, OkrsyncError, Place
from mapping.expectation import Expectation
from mapping.listed import ListedMirror
from mapping.rules import KeyResult, Objective

FOLDER = "okrsync-tests"
"""Beside the rules, for those who keep tests apart."""
TERMS = ("name", "key_result", "now", "items", "samples", "left", "earlier", "expect", "cases")
JOINED = ("items", "samples", "left", "expect")
"""What a case adds to instead of replacing it."""


@dataclass(frozen=True, kw_only=True)
class RuleTest:
    """One case: a mirror written down, an instant, and what a key result shall come to."""

    name: str
    place: Place
    key_result: KeyResult
    objective: Objective
    now: datetime
    mirror: ListedMirror
    expect: Expectation


def files_of_tests(config_path: Path, named: Sequence[Path]) -> list[Path]:
    """Return the files of tests: those named (a folder means all in it), or those beside the rules.

    Raises:
        FixConfigError: a named path is not there, or there are no tests at all.
    """
    folder = config_path if config_path.is_dir() else config_path.parent
    places = list(named) or [folder, folder / FOLDER, folder.parent / FOLDER if config_path.is_dir() else folder]
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += sorted(each for each in place.iterdir() if each.name.endswith(TESTS))
        elif place.is_file():
            found.append(place)
        elif named:
            raise FixConfigError(f"{place}: there is no such file of tests")
    if not found:
        raise FixConfigError(
            f"no tests: put files named like shop{TESTS[0]} beside the rules or into {folder / FOLDER}, "
            "or record one with `okrsync record KEY-RESULT`"
        )
    return list(dict.fromkeys(found))


def read_tests(files: Iterable[Path], config: Config) -> list[RuleTest]:
    """Return the cases of some files, in their order.

    Raises:
        ConfigProblemsError: all that is wrong with the files.
    """
    problems = Problems()
    reader = _Reader(config, problems)
    found = [test for file in files for test in reader.file(file)]
    if problems.found:
        raise ConfigProblemsError(problems.found)
    return found


@dataclass(slots=True)
class _Reader:
    config: Config
    problems: Problems
    known: Mapping[str, tuple[KeyResult, Objective]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {each.id: (each, one) for one in self.config.objectives for each in one.key_results}

    def file(self, path: Path) -> list[RuleTest]:
        node = read_file(path, self.problems)
        if not isinstance(node, Branch):
            if node is not None:
                self.problems.add(node.place, f"the file is {kind_of(node)}", "begin with tests: and a list below it")
            return []
        for name, entry in node.entries.items():
            if name != "tests":
                unknown_key(name, entry.key_place, ["tests"], self.problems)
        return [test for each in self._list(node.entries.get("tests"), "tests") for test in self._test(each)]

    def _list(self, entry: Entry | None, name: str) -> list[Branch]:
        """Return the groups of keys in a list."""
        if entry is None:
            return []
        if not isinstance(entry.node, Items):
            self.problems.add(entry.node.place, f"{name} is {kind_of(entry.node)}", "write a list, an entry a line")
            return []
        for node in entry.node.nodes:
            if not isinstance(node, Branch):
                self.problems.add(node.place, f"an entry of {name} is {kind_of(node)}", "write its keys with values")
        return [node for node in entry.node.nodes if isinstance(node, Branch)]

    def _test(self, node: Branch) -> list[RuleTest]:
        cases = self._list(node.entries.get("cases"), "cases")
        common = Branch(node.spot, {name: entry for name, entry in node.entries.items() if name != "cases"})
        if "cases" not in node.entries:
            return self._case(common, "")
        made = [self._case(_joined(common, each), f"case {n}") for n, each in enumerate(cases, start=1)]
        return [test for tests in made for test in tests]

    def _case(self, node: Branch, otherwise: str) -> list[RuleTest]:
        """Return the case, or nothing where something is wrong with it."""
        before = len(self.problems.found)
        for name, entry in node.entries.items():
            if name not in TERMS:
                unknown_key(name, entry.key_place, TERMS, self.problems)
        found = self._key_result(node)
        expect = node.entries.get("expect")
        if expect is None or (isinstance(expect.node, Branch) and not expect.node.entries):
            self.problems.add(node.place, "nothing is expected", "add expect: {value: …, status: …}")
        if found is None or expect is None:
            return []
        key_result, objective = found
        now = self._now(node, objective)
        if now is None:
            return []
        world = WorldReader(key_result, objective, now, self.problems)
        mirror, shares = world.read(node)
        expected = self._expected(expect, key_result)
        if len(self.problems.found) > before or expected is None:
            return []
        name = self._text(node, "name") or otherwise
        return [
            RuleTest(
                name=f"{key_result.id}: {name}" if name else key_result.id,
                place=node.place,
                key_result=replace(key_result, shares=shares),
                objective=objective,
                now=now,
                mirror=mirror,
                expect=expected,
            )
        ]

    def _text(self, node: Branch, name: str) -> str:
        entry = node.entries.get(name)
        if entry is None:
            return ""
        if isinstance(entry.node, Leaf):
            return entry.node.text
        self.problems.add(entry.node.place, f"{name} is {kind_of(entry.node)}", "write one value behind it")
        return ""

    def _key_result(self, node: Branch) -> tuple[KeyResult, Objective] | None:
        address = self._text(node, "key_result")
        if address in self.known:
            return self.known[address]
        entry = node.entries.get("key_result")
        if entry is None:
            self.problems.add(node.place, "key 'key_result' is missing", "add key_result: objective/key-result")
        else:
            self.problems.add(entry.node.place, f"no key result {address!r}", one_of(address, self.known))
        return None

    def _now(self, node: Branch, objective: Objective) -> datetime | None:
        said = self._text(node, "now")
        if not said:
            fix = "add now: with a day (its end is meant) or a time, as 2026-11-01"
            self.problems.add(node.place, "key 'now' is missing: the result depends on the day", fix)
            return None
        try:
            return moment_of(said, objective.cycle.timezone)
        except OkrsyncError as error:
            what, _, fix = str(error).rpartition(": ")
            self.problems.add(node.entries["now"].node.place, what, fix)
            return None

    def _expected(self, entry: Entry, key_result: KeyResult) -> Expectation | None:
        node = branch_of(entry, "expect", self.problems)
        if node is None:
            return None
        own = own_keys(node, ExpectKeys, tuple(ExpectKeys.model_fields), self.problems)
        keys = validated(ExpectKeys, own, self.problems, at=entry.key_place)
        if keys is None:
            return None
        return Expectation(
            value=wanted("value", node, key_result.metric.unit, self.problems),
            progress=wanted("progress", node, None, self.problems),
            status=keys.status,
            items=keys.items,
            done=keys.done,
            formula=keys.formula,
            no_data=keys.no_data,
            error=keys.error,
        )


def _joined(common: Branch, own: Branch) -> Branch:
    """Return what all cases of a test share with what one of them adds or says otherwise."""
    entries = dict(common.entries)
    for name, entry in own.entries.items():
        first = entries.get(name)
        if name in JOINED and first is not None and isinstance(first.node, Branch) and isinstance(entry.node, Branch):
            node = Branch(entry.node.spot, {**first.node.entries, **entry.node.entries})
            entries[name] = Entry(entry.key_spot, node)
        else:
            entries[name] = entry
    return Branch(own.spot, entries)
