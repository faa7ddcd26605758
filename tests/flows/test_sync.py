"""Whole runs in this process, against the sandbox over HTTP."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.work import Wish
from mapping.changes import Action
from mapping.check_ins import CauseKind
from okrsync.sandbox import faults
from okrsync.sandbox.faults import Change as FaultChange
from store import Store
from tests.flows.kit import Company, by_address, company


def test_second_sync_of_a_world_that_stands_still_changes_nothing(rivelle: Company) -> None:
    assert rivelle.sync().check_ins >= 5
    dump = rivelle.dump()
    again = rivelle.sync()
    assert again.check_ins == 0
    assert {change.action for change in again.changes} == {Action.KEEP}
    assert rivelle.dump() == dump


def test_every_change_of_the_world_comes_with_causes_that_sum_to_it(rivelle: Company) -> None:
    moved = [each for each in rivelle.sync().changes if each.action is Action.CHANGE]
    assert len(moved) >= 5
    for change in moved:
        assert change.old is not None
        assert change.new is not None
        assert change.old.value is not None
        assert change.new.value is not None
        assert sum(part.amount for part in change.causes) == change.new.value - change.old.value
    kinds = {part.kind for change in moved for part in change.causes}
    assert {CauseKind.COMPLETED, CauseKind.SCOPE_ADDED, CauseKind.SOURCE_CHANGED} <= kinds


def test_plan_says_what_the_sync_then_does_and_writes_nothing(rivelle: Company) -> None:
    before = rivelle.dump()
    planned = rivelle.plan()
    assert rivelle.dump() == before
    done = rivelle.sync()
    assert planned.check_ins == done.check_ins > 0
    for change, twin in zip(planned.changes, done.changes, strict=True):
        assert (change.key_result, change.action, change.causes) == (twin.key_result, twin.action, twin.causes)


def test_a_part_of_the_connections_leaves_the_others_as_they_were(rivelle: Company) -> None:
    report = rivelle.sync(Wish(connections=frozenset({"kpis"})))
    outcomes = {each.connection: each.outcome for each in report.connections}
    assert outcomes == {"jira": "skipped", "github": "skipped", "asana": "skipped", "kpis": "complete"}
    changes = by_address(report)
    assert changes["loved-by-customers/nps"].action is Action.CHANGE
    assert changes["new-checkout/epic"].action is Action.KEEP


def test_one_key_result_can_be_synced_alone(rivelle: Company) -> None:
    report = rivelle.sync(Wish(key_results=frozenset({"new-checkout/epic"})))
    assert [change.key_result for change in report.changes] == ["new-checkout/epic"]
    assert [each.connection for each in report.connections] == ["jira"]


FAULTS: dict[str, tuple[FaultChange, str]] = {
    "wrong token": (
        faults.status(401, {"errorMessages": ["Client must be authenticated"], "errors": {}}),
        "refuses the e-mail or token",
    ),
    "search removed": (faults.status(410, {"errorMessages": ["The requested API has been removed."]}), "410"),
    "repeated page token": (faults.repeat_page(), "token"),
    "login page": (faults.login_page(), "web page"),
    "truncated page": (faults.truncate(40), "JSON"),
    "cut connection": (faults.cut(40), "jira"),
    "warnings": (faults.warnings(), "JQL_FUNCTION_LIMIT_EXCEEDED"),
    "busy": (faults.status(429, headers={"Retry-After": "3600"}), "3600"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_broken_search_changes_no_value_and_harms_no_other_connection(rivelle: Company, name: str) -> None:
    values = rivelle.values()
    change, telling = FAULTS[name]
    rivelle.sandbox.jira_faults.add(change, "*/search/jql")
    report = rivelle.sync()
    after = rivelle.values()
    outcomes = {each.connection: each.outcome for each in report.connections}
    assert outcomes["jira"] in {"failed", "partial"}
    assert outcomes["github"] == outcomes["asana"] == outcomes["kpis"] == "complete"
    assert after["loved-by-customers/nps"] != values["loved-by-customers/nps"]
    assert after["new-checkout/epic"] == values["new-checkout/epic"]
    held = by_address(report)["new-checkout/epic"]
    assert held.action is Action.HOLD
    assert held.stale_reason is not None
    assert telling in held.stale_reason
    assert "\n" not in held.stale_reason
    assert len(report.failures) == 1

    rivelle.sandbox.jira_faults.clear()
    assert rivelle.sync().failures == ()
    assert rivelle.values()["new-checkout/epic"] != values["new-checkout/epic"]


def test_many_items_gone_at_once_are_held_until_accepted(tmp_path: Path) -> None:
    with company(tmp_path / "demo") as rivelle:
        rivelle.sync()
        values = rivelle.values()
        for key in [each.key for each in rivelle.sandbox.jira.facts() if each.key.startswith("SHOP-")][10:]:
            if rivelle.sandbox.jira.find(key) is not None:  # a story takes its sub-tasks along
                rivelle.sandbox.jira.delete(key)
        report = rivelle.sync()
        assert by_address(report)["new-checkout/bugs"].action is Action.HOLD
        assert "vanished at once" in str(by_address(report)["new-checkout/bugs"].stale_reason)
        assert rivelle.values() == values
        report = rivelle.sync(Wish(accept_shrink=True))
        assert by_address(report)["new-checkout/bugs"].action is not Action.HOLD


def test_the_next_sync_after_a_kill_ends_where_an_undisturbed_one_does(rivelle: Company) -> None:
    base = rivelle.keep("before-kills.db")
    rivelle.sync()
    undisturbed = rivelle.dump()
    killed = 0
    for nth in range(1, 12):
        rivelle.put_back(base)
        rivelle.sandbox.jira_faults.clear()
        process = subprocess.Popen(
            [sys.executable, "-m", "okrsync", "-C", str(rivelle.folder), "sync", "--in-process"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        rivelle.sandbox.jira_faults.add(faults.mutate(process.kill), nth=nth)
        killed += process.wait() == -9
        rivelle.sandbox.jira_faults.clear()
        rivelle.sync()
        assert rivelle.dump() == undisturbed, f"killed at request {nth}"
    assert killed >= 8


def test_a_connection_that_another_run_pulls_is_left_to_that_run(rivelle: Company) -> None:
    rivelle.sync()
    with Store.open(f"sqlite:///{rivelle.database}") as store:
        lease = store.acquire("connection:jira", "the night's run", seconds=3600, now=datetime.now(UTC))
        assert lease is not None
        report = rivelle.sync()
        (jira,) = [each for each in report.connections if each.connection == "jira"]
        assert jira.outcome == "skipped"
        assert "jira: another run is pulling it (the night's run)" in report.failures[0]
        assert not [change for change in report.changes if change.stale_reason], "nothing is stale for that"
        store.release(lease)
    assert rivelle.sync().failures == ()
