"""Objectives that serve others, teams, ids that were others, and key results that nobody measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapping.measure import BY_HAND, measure_one
from mapping.rules import ByHand, Mode
from tests.config.kit import HEAD, key_result, loaded, place_of, problem, problems
from tests.mapping.worlds import World, day

NO_OBJECTIVES = HEAD.partition("  o:\n")[0]


def objective(name: str, *lines: str, key: str = "k", more: str = "") -> str:
    """Return an objective with further lines, and a key result with more behind its title."""
    own = "".join(f"    {line}\n" for line in lines)
    return (
        f"  {name}:\n    title: To {name}\n    cycle: 2026-q4\n{own}    key_results:\n"
        f"      {key}: {{title: It, metric: {{baseline: 0, target: 3}}, measure: by_hand{more}}}\n"
    )


def rules(*objectives: str) -> str:
    return NO_OBJECTIVES + "".join(objectives)


def test_an_objective_serves_another_and_names_who_contributes(tmp_path: Path) -> None:
    text = rules(
        objective("grow", "level: company"),
        objective("sell", "parent: grow", "team: sales", "teams: [support, web]", more=", team: field"),
    )
    grow, sell = loaded(tmp_path, text).objectives
    assert (grow.parent, grow.level) == (None, "company")
    assert (sell.parent, sell.team, sell.teams, sell.key_results[0].team) == (
        "grow", "sales", ("support", "web"), "field",
    )  # fmt: skip


def test_an_unknown_parent_is_placed_with_the_nearest_one(tmp_path: Path) -> None:
    text = rules(objective("grow"), objective("sell", "parent: grwo"))
    told = problem(tmp_path, text)
    assert told == f"{place_of(text, 'grwo')}: unknown objective 'grwo' as parent: did you mean 'grow'?"


@pytest.mark.parametrize("parents", [("a",), ("b", "a"), ("b", "c", "a")])
def test_parents_in_a_circle_are_told_once(tmp_path: Path, parents: tuple[str, ...]) -> None:
    text = rules(*(objective(name, f"parent: {parent}") for name, parent in zip("abc", parents, strict=False)))
    assert "the parents go round in a circle: a → " in problem(tmp_path, text)


def test_what_was_known_under_another_id_is_resolved_to_addresses(tmp_path: Path) -> None:
    text = rules(
        objective("grow", "was: growth", key="mrr", more=", was: revenue"),
        objective("sell", key="calls", more=", was: calls/all"),
        objective("ship", key="x", more=", was: y"),
    )
    assert loaded(tmp_path, text).renames == {
        "grow": "growth",
        "grow/mrr": "growth/revenue",
        "sell/calls": "calls/all",
        "ship/x": "ship/y",
    }


@pytest.mark.parametrize(
    ("objectives", "told"),
    [
        ((objective("a", "was: b"), objective("b")), "a was b, which is still declared"),
        ((objective("a", "was: a"),), "a was a, which is still declared"),
        ((objective("a", "was: z"), objective("b", "was: z")), "b and a both say that they were z"),
        ((objective("a", "was: z/k"),), "a is an objective, and was: z/k is none"),
        ((objective("a", more=", was: x/y/z"),), "a/k is a key result, and was: x/y/z is none"),
    ],
)
def test_a_was_that_cannot_be_is_placed(tmp_path: Path, objectives: tuple[str, ...], told: str) -> None:
    text = rules(*objectives)
    where, _, found = problem(tmp_path, text).partition(": ")
    assert found.startswith(told)
    assert text.splitlines()[int(where.partition(":")[0]) - 1].count("was: ") == 1


def test_a_key_result_by_hand_has_no_selections_and_people_set_it(tmp_path: Path) -> None:
    config = loaded(tmp_path, key_result(measure="by_hand"))
    (found,) = config.key_results()
    assert (found.measure, found.mode) == (ByHand(), Mode.MANUAL)
    assert config.selections_of("jira") == ()


def test_its_reading_is_no_data_and_says_why(tmp_path: Path) -> None:
    config = loaded(tmp_path, key_result(metric="{baseline: 0, target: 30, per: month}", measure="by_hand"))
    (found,) = config.objectives
    reading = measure_one(found.key_results[0], found.cycle, World(), day("2026-11-01"))
    assert (reading.value, reading.no_data) == (None, BY_HAND)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("{by_hand: {}}", "by_hand stands alone and without keys"),
        ("{ratio: {of: {by_hand: x}, to: {by_hand: y}}}", "by_hand stands alone and without keys"),
    ],
)
def test_by_hand_is_no_part_of_another_measure(tmp_path: Path, measure: str, told: str) -> None:
    assert all(told in each for each in problems(tmp_path, key_result(measure=measure)))


def test_a_mode_that_waits_for_a_measure_is_refused(tmp_path: Path) -> None:
    text = rules(objective("a", more=", mode: suggest"))
    assert "mode: suggest waits for values" in problem(tmp_path, text)
