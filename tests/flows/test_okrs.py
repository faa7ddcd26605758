"""OKRs that people keep in the store live beside those of the file, and a sync leaves them alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from store import Store
from tests.flows.house import House, key_result, objective

SHIP = objective("ship", key_result("tasks"))


@pytest.fixture
def house(tmp_path: Path, url: str) -> House:
    made = House(tmp_path, url)
    made.tasks(4)
    made.do("okr", "add-cycle", "year", "2026-01-01", "2027-12-31")
    made.do("okr", "add", "grow", "Grow the business", "--level", "company", "--cycle", "year")
    made.do("okr", "add", "grow/mrr", "Grow MRR from $120k to $200k", "--owner", "ana@acme.test")
    return made


def stands(house: House, address: str) -> dict[str, object]:
    found: dict[str, object] = next(
        each for each in house.json("status", "--cycle", "year")["key_results"] if each["id"] == address
    )
    return found


def refused(house: House, *words: str) -> str:
    result = house.run(*words)
    assert isinstance(result.exception, FixConfigError), result.output
    return str(result.exception)


def test_a_sentence_becomes_a_key_result_that_people_check_in(house: House) -> None:
    before = stands(house, "grow/mrr")
    assert (before["value"], before["baseline"], before["target"]) == (None, "120000", "200000")
    house.do("check-in", "grow/mrr", "140000", "--confidence", "60%")
    found = stands(house, "grow/mrr")
    assert (found["value"], found["progress"], found["confidence"]) == ("140000", "0.25", "0.6")
    assert (found["automatic"], found["override"]) == (None, None), "nothing is measured that could be overridden"
    assert "$140,000, entered by ana" in house.do("why", "grow/mrr")
    assert "sound" in house.do("db", "verify")


def test_the_audit_tells_field_by_field_what_changed_as_people_read_it(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000", "--confidence", "60%", "--note", "two\nlines")
    house.do("okr", "edit", "grow/mrr", "--title", "Grow MRR", "--owner", "")
    said = house.do("audit", "grow/mrr", "--limit", "2").splitlines()
    assert said[0].endswith("UTC  ana  change key result grow/mrr")
    assert said[1:3] == ["    title: Grow MRR from $120k to $200k → Grow MRR", "    owner: ana@acme.test → –"]
    assert said[3].endswith("UTC  ana  check-in grow/mrr")
    assert said[4:] == ["    value: $140,000", "    confidence: 60%", "    note: two lines"]
    assert json.loads(house.json("audit", "grow/mrr")[1]["after"])["value"] == "140000", "as plain data for programs"


def test_what_is_declared_is_listed_in_columns(house: House) -> None:
    head, *rows = house.do("okr", "list").splitlines()
    starts = [head.index(name) for name in ("id", "kept by", "title", "aim", "owner")]
    cells = [[row[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)] for row in rows]
    assert cells == [
        ["grow", "people", "Grow the business", "", ""],
        ["grow/mrr", "people", "Grow MRR from $120k to $200k", "$120,000 → $200,000", "ana@acme.test"],
    ]


def test_a_sync_measures_its_own_and_leaves_theirs_alone(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    house.sync(SHIP)
    house.sync(objective("other", key_result("tasks")))
    assert stands(house, "grow/mrr")["value"] == "140000"
    assert {each["id"]: each["origin"] for each in house.json("okr", "list")["okrs"]} == {
        "grow": "people", "grow/mrr": "people", "other": "file", "other/tasks": "file",
    }  # fmt: skip
    assert house.run("plan", "--exit-code").exit_code == 0


def test_a_cycle_that_the_file_drops_stays_where_people_have_objectives(house: House) -> None:
    house.sync(SHIP)
    rules = (house.folder / "okrsync.yaml").read_text(encoding="utf-8")
    (house.folder / "okrsync.yaml").write_text(rules.replace("year", "other"), encoding="utf-8")
    acts = {line["id"]: line["act"] for line in house.json("plan")["declared"]}
    assert acts == {"other": "create", "year": "hand over", "ship": "change"}
    house.sync()
    assert stands(house, "grow/mrr")["objective"] == "grow"


def test_an_objective_that_the_file_drops_stays_where_people_have_key_results(house: House) -> None:
    house.sync(SHIP, objective("sell", key_result("calls", measure="by_hand")))
    house.do("okr", "add", "sell/nps", "Reach an NPS of 42 or more")
    house.rules(SHIP)
    assert "⇒ objective sell  no longer in the file; people's from now on" in house.do("plan")
    house.sync()
    assert stands(house, "sell/nps")["target"] == "42"
    assert "sell/calls" in house.do("status", "--retired")
    house.do("okr", "edit", "sell", "--title", "Sell more")


def test_the_file_takes_over_only_when_it_says_so(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    mine = objective("grow", key_result("mrr", measure="by_hand"))
    house.rules(mine)
    told = str(house.run("sync", "--in-process").exception)
    assert "okrsync.yaml:7:3: objective grow was made by people in the store: choose another id, or write" in told
    assert "okrsync.yaml:11:7: key result grow/mrr was made by people" in told
    taking = objective("grow", key_result("mrr", "take_over: true", measure="by_hand"), lines=("take_over: true",))
    house.sync(taking)
    assert house.json("audit", "grow/mrr")[0]["action"] == "take over key result"
    assert stands(house, "grow/mrr")["value"] == "140000"
    house.sync(taking)
    assert "declared in the rules" in refused(house, "okr", "edit", "grow/mrr", "--owner", "ben")


def test_the_file_takes_over_by_naming_what_was(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    house.sync(objective("sell", key_result("revenue", "was: grow/mrr", measure="by_hand")))
    assert stands(house, "sell/revenue")["value"] == "140000"


def test_an_edit_is_audited_with_both_sides_and_held_against_the_new_target(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    house.do("okr", "edit", "grow/mrr", "--metric", "{baseline: 120000 USD, target: 220000 USD}", "--owner", "")
    newest = house.json("audit", "grow/mrr")[0]
    assert (newest["action"], json.loads(newest["before"])["target"]) == ("change key result", "$200,000")
    assert json.loads(newest["after"])["target"] == "$220,000"
    found = stands(house, "grow/mrr")
    assert (found["progress"], found["owner"]) == ("0.2", None)
    assert "is so already" in house.do("okr", "edit", "grow/mrr", "--owner", "")


def test_a_new_id_takes_history_along(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    house.do("okr", "add", "sell", "Sell", "--cycle", "year", "--parent", "grow")
    house.do("okr", "edit", "grow", "--rename", "growth")
    house.do("okr", "edit", "growth/mrr", "--rename", "revenue")
    assert stands(house, "growth/revenue")["value"] == "140000"
    whole = {each["id"]: each["parent"] for each in house.json("status", "--cycle", "year")["objectives"]}
    assert whole == {"growth": None, "sell": "growth"}
    assert "sound" in house.do("db", "verify")


def test_what_is_closed_keeps_its_history_and_can_be_made_again(house: House) -> None:
    house.do("check-in", "grow/mrr", "140000")
    assert house.do("okr", "close", "grow").split("\n")[:2] == ["grow/mrr: closed", "grow: closed"]
    assert "grow/mrr  $140,000" in house.do("status", "--retired")
    house.do("okr", "add", "grow", "Grow again", "--cycle", "year")
    house.do("okr", "add", "grow/mrr", "Grow MRR from $120k to $200k")
    assert stands(house, "grow/mrr")["value"] == "140000"


def test_a_backup_holds_them_whole(house: House, tmp_path: Path) -> None:
    house.do("check-in", "grow/mrr", "140000")
    house.do("db", "backup", str(tmp_path / "kept.db"))
    with Store.open(f"sqlite:///{tmp_path / 'kept.db'}") as kept, house.store() as store:
        assert kept.dump_json() == store.dump_json()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "grow/x", "Do better"), "tells no metric"),
        (("add", "grow/x", "Grow MRR by 20%"), "does not tell all of a metric"),
        (("add", "grow/x", "X", "--metric", "{baseline: 4, target: 4}"), "--metric:1:"),
        (("add", "none/x", "Reach an NPS of 42 or more"), "no objective 'none' is declared: make it first"),
        (("add", "grow", "Again", "--cycle", "year"), "objective 'grow' is there already"),
        (("add", "a b", "Again", "--cycle", "year"), "'a b' cannot be an id"),
        (("add", "sell", "Sell", "--cycle", "year", "--parent", "none"), "no objective 'none' is declared"),
        (("edit", "grow", "--parent", "grow"), "round in a circle: grow → grow"),
        (("edit", "grow/mrr", "--rename", "a/b"), "'a/b' cannot be an id"),
        (("edit", "none", "--title", "x"), "no objective 'none' is declared"),
        (("close", "grow/none"), "no key result 'grow/none' is declared"),
        (("add-cycle", "year", "2026-01-01", "2026-02-01"), "cycle 'year' is there already"),
        (("add-cycle", "c", "2026-02-01", "2026-02-01"), "not after it starts"),
        (("add-cycle", "c", "2026-01-01", "2026-02-01", "--timezone", "Mars"), "unknown time zone 'Mars'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path / 'okrsync.db'}")
    house.do("okr", "add-cycle", "year", "2026-01-01", "2027-12-31")
    house.do("okr", "add", "grow", "Grow the business", "--cycle", "year")
    house.do("okr", "add", "grow/mrr", "Grow MRR from $120k to $200k")
    with house.store() as store:
        before = store.dump_json(), len(store.runs())
    assert told in refused(house, "okr", *words)
    with house.store() as store:
        assert (store.dump_json(), len(store.runs())) == before


def test_a_closed_cycle_takes_nothing_new(house: House) -> None:
    house.do("close", "year", "--early")
    assert "cycle year is closed" in refused(house, "okr", "edit", "grow/mrr", "--owner", "ben")
    assert "cycle year is closed" in refused(house, "okr", "add", "grow/nps", "Reach an NPS of 42 or more")


def test_the_days_of_a_cycle_are_corrected_and_what_is_in_it_follows(house: House) -> None:
    said = house.do("okr", "edit-cycle", "year", "--ends-on", "2026-12-31", "--timezone", "Europe/Paris")
    assert "year: 2026-01-01 to 2026-12-31, Europe/Paris" in said
    assert "is so already" in house.do("okr", "edit-cycle", "year", "--ends-on", "2026-12-31")
    with house.store() as store:
        spans = {(str(each.cycle.ends_on), each.cycle.timezone) for each in store.declared()}
        assert spans == {("2026-12-31", "Europe/Paris")}
        assert next(each.action for each in store.audit("year")) == "change cycle"
    assert "not after it starts" in str(house.run("okr", "edit-cycle", "year", "--ends-on", "2020-01-01").exception)
    assert "there are year" in str(house.run("okr", "edit-cycle", "yaer", "--ends-on", "2028-01-01").exception)
    house.do("close", "year", "--early")
    assert "is closed" in str(house.run("okr", "edit-cycle", "year", "--ends-on", "2028-01-01").exception)
