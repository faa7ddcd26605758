"""Destinations in the rules: which key results go where, and mistakes with their places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.load import Config
from mapping.delivery import OnConflict
from tests.config.kit import COUNT, ENVIRON, key_result, loaded, place_of, problem

SET = {**ENVIRON, "ASANA_TOKEN": "made-up-asana-token", "HOOK": "whsec_bWFkZSB1cCBhbmQgbG9uZyBlbm91Z2ggdG8gYmUgb25l"}
HOOK = 'url: https://hooks.example.com, secret: "${HOOK}"'


def rules(destination: str) -> str:
    return key_result() + f"destinations:\n  there: {{{destination}}}\n"


def config(folder: Path, destination: str) -> Config:
    return loaded(folder, rules(destination), environ=SET)


def takes(found: Config) -> bool:
    (objective,) = found.objectives
    return found.destinations["there"].wants(objective, "o/k")


@pytest.mark.parametrize("which", ["all", "[o/k]", "{objectives: o}", "{objectives: [o]}", "{o/k: anything}"])
def test_key_results_are_chosen_all_by_address_or_by_objective(tmp_path: Path, which: str) -> None:
    assert takes(config(tmp_path, f"to: webhook, {HOOK}, key_results: {which}"))


def test_a_goal_is_named_for_each_key_result(tmp_path: Path) -> None:
    there = config(tmp_path, 'to: asana, token: "${ASANA_TOKEN}", key_results: {o/k: 1209}').destinations["there"]
    assert there.target("o/k") == "1209"
    assert there.on_conflict is OnConflict.REPORT


def test_a_policy_is_taken(tmp_path: Path) -> None:
    found = config(tmp_path, f"to: webhook, {HOOK}, key_results: all, on_conflict: overwrite")
    assert found.destinations["there"].on_conflict is OnConflict.OVERWRITE


@pytest.mark.parametrize(
    ("destination", "at", "says"),
    [
        ("key_results: all", "there:", "key 'to' is missing"),
        ("to: fax, key_results: all", "fax", "unknown kind of destination 'fax'"),
        (f"to: webhook, {HOOK}", "there:", "key 'key_results' is missing"),
        (f"to: webhook, {HOOK}, key_results: some", "some", "write all, a list of addresses"),
        (f"to: webhook, {HOOK}, key_results: [q]", "q]", "'q' is no address of a key result"),
        (f"to: webhook, {HOOK}, key_results: all, on_conflict: win", "win", "on_conflict: unknown policy 'win'"),
        ("to: webhook, url: https://h.example.com, secret: abc, key_results: all", "abc", "stands in the file"),
        ('to: asana, token: "${ASANA_TOKEN}", key_results: all', "all", "must name the gid of its goal"),
        ('to: asana, token: "${ASANA_TOKEN}", key_results: {o/k: goal}', "goal}", "is not the gid of its goal"),
        (f"to: webhook, {HOOK}, key_results: all, colour: red", "colour", "unknown key 'colour'"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, destination: str, at: str, says: str) -> None:
    text = rules(destination)
    found = problem(tmp_path, text, environ=SET) if "secret: abc" not in destination else _first(tmp_path, text)
    assert says in found
    assert found.startswith(place_of(text, at))


def _first(folder: Path, text: str) -> str:
    from tests.config.kit import problems

    return next(each for each in problems(folder, text, environ=SET) if "stands in the file" in each)


@pytest.mark.parametrize(
    ("which", "at", "says"),
    [
        ("[o/k, o/q]", "o/q", "no key result 'o/q': did you mean 'o/k'?"),
        ("{teams: [sales]}", "sales", "no objective of team 'sales': remove it; none is known here"),
        ("{objectives: [p]}", "p]", "no objective 'p': use o"),
    ],
)
def test_what_nobody_has_declared_is_told_once_what_people_keep_is_known_too(
    tmp_path: Path, which: str, at: str, says: str
) -> None:
    text = rules(f"to: webhook, {HOOK}, key_results: {which}")
    found = loaded(tmp_path, text, environ=SET)
    there = found.destinations["there"]
    (told,) = there.strangers(found.objectives)
    assert says in str(told)
    assert f"{told.place.line}:{told.place.column}" == place_of(text, at)
    (ruled,) = found.objectives
    kept = replace(
        ruled, id="p", team="sales", key_results=(replace(ruled.key_results[0], id="o/q"),)
    )  # as people may keep it in the store
    assert there.strangers([*found.objectives, kept]) == []


def test_rules_may_name_destinations_alone_for_what_people_keep(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"destinations:\n  there: {{to: webhook, {HOOK}, key_results: all}}\n", environ=SET)
    assert list(found.destinations) == ["there"]
    assert "name no objective" in problem(tmp_path, "timezone: UTC\n")


def test_one_goal_has_one_writer(tmp_path: Path) -> None:
    other = f"      m:\n        title: Another\n        metric: {{baseline: 4, target: 1}}\n        measure: {COUNT}\n"
    both = 'destinations:\n  there: {to: asana, token: "${ASANA_TOKEN}", key_results: {o/k: 12, o/m: 12}}\n'
    assert "12 is written by o/k and by o/m" in problem(tmp_path, key_result() + other + both, environ=SET)
