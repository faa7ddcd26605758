"""What the demo tells of Asana: its second sync moves the goals, and the page of the key result says so."""

from __future__ import annotations

from decimal import Decimal

from okrsync.demo import goal_lines, standings
from okrsync.sandbox.demo import load
from okrsync.sandbox.world_asana import GOAL_BUGS, GOAL_READY
from tests.flows.kit import Company, okrsync

WRITTEN = {GOAL_READY: "first-store/ready", GOAL_BUGS: "new-checkout/bugs"}


def test_the_second_sync_moves_the_goals_and_each_is_told_in_a_line(rivelle: Company) -> None:
    before = standings(load(rivelle.folder).world().asana)
    report = rivelle.sync()
    assert [(each.destination, each.sent, each.failures) for each in report.destinations] == [("goals", 2, ())]
    after = standings(rivelle.sandbox.asana)
    for gid, address in WRITTEN.items():
        assert before[gid] != after[gid] == round(Decimal(str(rivelle.values()[address])), 3)
    lines = [line.plain for line in goal_lines(before, rivelle.sandbox.asana)]
    bugs = f"{int(before[GOAL_BUGS])} to {int(after[GOAL_BUGS])}"
    assert lines[1] == f"  · “At most ten open checkout bugs” went from {bugs}."
    assert lines[0].endswith("%.")
    assert "goals: " in okrsync("-C", str(rivelle.folder), "why", WRITTEN[GOAL_BUGS]).stdout


def test_an_edit_in_the_goals_file_is_left_alone_and_told(rivelle: Company) -> None:
    kept = rivelle.folder / "asana-goals.json"
    text = kept.read_text(encoding="utf-8")
    bugs = standings(load(rivelle.folder).world().asana)[GOAL_BUGS]
    kept.write_text(text.replace(f'"current_number_value": {bugs}', '"current_number_value": 12.0'), encoding="utf-8")
    checked = okrsync("-C", str(rivelle.folder), "check")
    assert checked.returncode == 0, "it may well be meant so"
    assert f"has value 12, edited there after okrsync wrote {int(bugs)}" in checked.stdout
    report = rivelle.sync()
    (told,) = report.destinations
    assert (told.sent, len(told.conflicts)) == (1, 1)
    assert "a person set value to 12 there" in told.conflicts[0]
    assert standings(rivelle.sandbox.asana)[GOAL_BUGS] == 12


def test_goals_of_the_demo_can_be_imported(rivelle: Company) -> None:
    done = okrsync("-C", str(rivelle.folder), "import", "--connection", "asana", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "At most ten open checkout bugs" in done.stdout
