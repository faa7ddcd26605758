"""What rules do to what is declared: seen before, done in one transaction, audited, and no history is ever lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mapping.errors import ConfigProblemsError, FixConfigError
from tests.flows.house import House, key_result, objective

SHIP = objective("ship", key_result("tasks"), key_result("mood", measure="by_hand"))


@pytest.fixture
def house(tmp_path: Path, url: str) -> House:
    made = House(tmp_path, url)
    made.tasks(4)
    return made


def values(house: House, address: str) -> list[str]:
    """Return the values of all check-ins, oldest first."""
    with house.store() as store:
        return [f"{each.value.normalize():f}" for each in reversed(store.check_ins(address)) if each.value is not None]


def declared(house: House) -> dict[str, str]:
    return {line["id"]: line["act"] for line in house.json("plan")["declared"]}


def test_a_plan_shows_what_becomes_declared_and_a_sync_does_it_once(house: House) -> None:
    house.rules(SHIP)
    assert declared(house) == dict.fromkeys(["year", "ship", "ship/tasks", "ship/mood"], "create")
    assert "+ objective ship  new: To ship, key results: 2" in house.do("plan")
    house.sync()
    assert declared(house) == {}
    assert house.run("plan", "--exit-code").exit_code == 0


def test_every_change_is_shown_and_audited_with_both_sides(house: House) -> None:
    house.sync(SHIP)
    changed = SHIP.replace("To ship", "To ship it").replace("target: 10", "target: 20")
    house.rules(changed.replace("title: All of tasks", "title: All of tasks\n        owner: ben@acme.test"))
    assert house.run("plan", "--exit-code").exit_code == 3
    told = house.do("plan")
    assert "~ objective ship  title To ship → To ship it" in told
    assert "~ key result ship/tasks  owner – → ben@acme.test" in told
    assert "~ key result ship/mood  target 10 → 20" in told
    house.sync()
    (newest, _) = house.json("audit", "ship")
    assert (newest["actor"], newest["action"]) == ("ana", "change objective")
    assert (json.loads(newest["before"]), json.loads(newest["after"])) == (
        {"title": "To ship"}, {"title": "To ship it"},
    )  # fmt: skip


def test_what_is_dropped_is_retired_and_keeps_its_history(house: House) -> None:
    house.sync(SHIP)
    house.sync(objective("ship", key_result("mood", measure="by_hand")))
    assert values(house, "ship/tasks") == ["0.4"]
    assert "ship/tasks  40%" in house.do("status", "--retired")
    house.rules(SHIP)
    assert declared(house) == {"ship/tasks": "declare again"}


def test_a_rename_takes_all_history_along(house: House) -> None:
    house.sync(SHIP)
    house.do("check-in", "ship/tasks", "60%", "--sticky", "--reason", "the board lags")
    house.do("comment", "ship/tasks", "hm")
    renamed = objective(
        "launch", key_result("work", "was: tasks"), key_result("mood", measure="by_hand"), lines=("was: ship",)
    )
    house.rules(renamed)
    assert declared(house) == {"launch": "rename", "launch/work": "rename", "launch/mood": "rename"}
    assert "→ key result launch/work  was ship/tasks" in house.do("plan")
    house.tasks(5)
    house.sync()
    assert values(house, "launch/work") == ["0.4", "0.6", "0.5"]
    assert values(house, "ship/tasks") == []
    with house.store() as store:
        entries = store.entries()["launch/work"]
        assert entries.override is not None
        assert entries.override.reason == "the board lags"
        assert [each.text for each in store.comments("launch/work")] == ["hm"]
        assert set(store.freshness()) == {"launch/work", "launch/mood"}
        assert store.retired() == frozenset()
        assert store.verify() == []
    assert house.json("audit", "launch/work")[0]["action"] == "rename key result"
    assert declared(house) == {}, "a was that has been done does nothing"
    assert house.json("why", "launch/work")["agrees"]


LONG = "{completion: {from: board, table: Tasks, id: id, done: {column: done, is: [yes]}%s}}"


def test_of_two_long_rules_the_part_that_differs_is_shown(house: House) -> None:
    house.sync(objective("ship", key_result("tasks", measure=LONG % "")))
    house.rules(objective("ship", key_result("tasks", measure=LONG % ", wont_do: open")))
    said = " ".join(house.do("plan").split())
    assert "measure … table: Tasks}} → … table: Tasks, wont_do: open}}" in said


def test_a_key_result_moves_to_another_objective(house: House) -> None:
    house.sync(SHIP, objective("sell", key_result("calls", measure="by_hand")))
    moved = objective("sell", key_result("calls", measure="by_hand"), key_result("tasks", "was: ship/tasks"))
    house.sync(objective("ship", key_result("mood", measure="by_hand")), moved)
    assert values(house, "sell/tasks") == ["0.4"]


def test_a_rename_that_is_said_too_late_still_joins_the_histories(house: House) -> None:
    house.sync(objective("ship", key_result("tasks")))
    house.tasks(5)
    house.sync(objective("ship", key_result("work")))
    assert values(house, "ship/work") == ["0.5"]
    house.sync(objective("ship", key_result("work", "was: tasks")))
    assert values(house, "ship/work") == ["0.4", "0.5"]
    assert "sound" in house.do("db", "verify")


def test_histories_that_overlap_are_never_mixed(house: House) -> None:
    both = objective("ship", key_result("tasks"), key_result("work"))
    house.sync(both)
    house.rules(objective("ship", key_result("work", "was: tasks")))
    with house.store() as store:
        before = store.dump_json()
    refused = house.run("sync", "--in-process")
    assert isinstance(refused.exception, ConfigProblemsError)
    assert "okrsync.yaml:11:7: ship/tasks cannot become ship/work, which has a history" in str(refused.exception)
    with house.store() as store:
        assert store.dump_json() == before


def test_a_review_that_waits_is_accepted_under_the_new_address(house: House) -> None:
    house.sync(objective("ship", key_result("tasks", "mode: suggest")))
    house.sync(objective("ship", key_result("work", "mode: suggest", "was: tasks")))
    house.do("review", "accept", "ship/work")
    assert values(house, "ship/work") == ["0.4"]


def test_a_saved_plan_holds_what_is_declared_too(house: House) -> None:
    house.sync(SHIP)
    house.rules(SHIP.replace("To ship", "To ship it"))
    plan = str(house.folder / "night.plan")
    house.do("plan", "--out", plan)
    house.rules(SHIP.replace("To ship", "To ship them"))
    refused = house.run("apply", plan)
    assert isinstance(refused.exception, FixConfigError)
    assert 'objective ship: change {"title": "To ship it"}, now change {"title": "To ship them"}' in str(
        refused.exception
    )
    house.rules(SHIP.replace("To ship", "To ship it"))
    house.do("apply", plan)
    assert declared(house) == {}


def test_the_tree_shows_who_serves_whom_and_a_team_sees_its_own(house: House) -> None:
    house.sync(
        objective("grow", key_result("mood", measure="by_hand"), lines=("level: company",)),
        objective("ship", key_result("tasks"), lines=("parent: grow", "team: web", "teams: [ops]")),
    )
    tree = house.do("status", "--tree").splitlines()
    assert next(line for line in tree if "To ship" in line).startswith(("└── ", "    └── ", "│"))
    assert "serves To grow" in house.do("status", "--tree")
    (ship,) = house.json("status", "--team", "ops")["objectives"]
    assert (ship["id"], ship["parent"], ship["teams"]) == ("ship", "grow", ["ops"])
