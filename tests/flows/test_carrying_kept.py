"""What people keep goes on into the next cycle in the store; and what only people keep has no automatic value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.flows.house import House, key_result, objective


@pytest.fixture
def house(tmp_path: Path, url: str) -> House:
    """A house without rules: two objectives that people keep, one serving the other."""
    made = House(tmp_path, url)
    made.do("okr", "add-cycle", "q4", "2026-10-01", "2027-01-01", "--timezone", "UTC")
    made.do("okr", "add", "company", "Grow", "--cycle", "q4", "--level", "company")
    made.do("okr", "add", "sales", "Sell", "--cycle", "q4", "--parent", "company")
    made.do("okr", "add", "company/mrr", "Grow MRR from 0 to 10")
    made.do("okr", "add", "sales/leads", "Grow leads from 5 to 20")
    made.do("okr", "add", "sales/demo", "Give a demo at the fair", "--metric", "done")
    made.do("check-in", "company/mrr", "4")
    made.do("check-in", "sales/leads", "25")
    return made


def metrics(house: House) -> dict[str, tuple[Decimal | None, Decimal]]:
    with house.store() as store:
        known = store.register().key_results.values()
    return {
        each.body.id: (each.body.metric.baseline, each.body.metric.target)
        for each in known
        if "-q1/" in each.body.id and not each.retired
    }


def test_objectives_and_key_results_go_on_under_ids_of_the_next_cycle(house: House) -> None:
    house.do("okr", "add-cycle", "q1", "2027-01-01", "2027-04-01", "--timezone", "UTC")
    said = house.do("carry-over", "q4", "q1", "--in-store", "--otherwise", "restart", "--drop", "sales/demo")
    assert metrics(house) == {
        "company-q1/mrr": (Decimal(4), Decimal(10)),
        "sales-q1/leads": (Decimal(5), Decimal(20)),
    }
    assert "look at sales/leads: stands at 25, its target or beyond, so its baseline stays: set a new target" in said
    with house.store() as store:
        sales = store.register().objectives["sales-q1"].body
        assert (sales.parent, sales.cycle.id) == ("company-q1", "q1")
        assert store.entries(["company-q1/mrr"]) == {}
        assert [each.actor for each in store.audit("sales-q1/leads")] == ["ana"]
    assert "nothing is left to carry over" in house.do("carry-over", "q4", "q1", "--in-store", "--drop", "sales/demo")
    assert "sales-q1/demo: done" in house.do("carry-over", "q4", "q1", "--in-store")


def test_the_next_cycle_has_to_be_there_and_rules_are_told_apart(house: House) -> None:
    assert "make it with okrsync okr add-cycle q1" in str(house.run("carry-over", "q4", "q1", "--in-store").exception)
    assert "carried over there with --in-store" in str(house.run("carry-over", "q4", "q1").exception)
    unknown = house.run("carry-over", "q4", "q4", "--in-store", "--drop", "sales/none")
    assert "'sales/none' is no key result of cycle q4" in str(unknown.exception)


def test_key_results_that_people_keep_below_an_objective_of_the_rules_are_remarked_upon(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path}/okrsync.db")
    house.rules(objective("work", key_result("all")))
    house.tasks(2)
    house.do("sync", "--in-process")
    house.do("okr", "add", "work/love", "Reach a love score of 8")
    told = house.do("carry-over", "year", "next")
    assert "work-next:" in told
    assert "look at work/love: is not in the rules, so it is left out" in told
    house.do("okr", "add-cycle", "next", "2028-01-01", "2029-01-01", "--timezone", "UTC")
    told = house.do("carry-over", "year", "next", "--in-store")
    assert "work-next/love: left out, for the rules own its objective: declare work-next first" in told


def test_what_only_people_keep_has_nothing_to_resume_and_nothing_that_expires(house: House) -> None:
    assert "there is no automatic value to go back to" in str(house.run("resume", "company/mrr").exception)
    sticky = house.run("check-in", "company/mrr", "5", "--until", "2999-01-01")
    assert "what one says stands until another does" in str(sticky.exception)
