"""Deleted, moved, archived and hidden: each way of leaving is told apart, and what is only out of sight is held."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows.departures import why_held
from flows.sync_report import SyncReport
from flows.work import Wish
from mapping.changes import Action, Change
from mapping.check_ins import CauseKind
from mapping.mirror import Departure
from okrsync.place import Place
from okrsync.running import in_process
from okrsync.sandbox import company
from okrsync.sandbox.accounts import JIRA_ACCOUNT
from store import Store
from tests.connectors.jira.stage import ANCHOR, Stage, staged

ALL = "created >= 2000-01-01"
RULES = """
timezone: UTC
connections:
  jira: {{connector: jira, url: {url}, email: {email}, token: "${{JIRA_SANDBOX_TOKEN}}"}}
cycles:
  now: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  work:
    title: Everything that there is
    cycle: now
    key_results:
      all:
        title: Count it
        metric: {{baseline: 0, target: 900}}
        measure: {{count: {{from: jira, jql: "{jql}"}}}}
      shop:
        title: Count the shop's
        metric: {{baseline: 0, target: 900}}
        measure: {{count: {{from: jira, project: SHOP}}}}
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(served: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    served.renew()
    rules = RULES.format(url=served.sandbox.jira_url, email=JIRA_ACCOUNT.person.email, jql=ALL)
    (tmp_path / "okrsync.yaml").write_text(rules, encoding="utf-8")
    monkeypatch.setenv("JIRA_SANDBOX_TOKEN", JIRA_ACCOUNT.token)
    return served


def sync(folder: Path, *, accept_shrink: bool = False) -> SyncReport:
    return asyncio.run(in_process(Place(folder=folder), Wish(accept_shrink=accept_shrink), lambda _progress: None))


def of(report: SyncReport, name: str) -> Change:
    (found,) = (change for change in report.changes if change.key_result == f"work/{name}")
    return found


def causes(report: SyncReport, name: str) -> dict[CauseKind, int]:
    return {part.kind: int(part.amount) for part in of(report, name).causes}


def test_a_deleted_issue_is_told_as_deleted(stage: Stage, tmp_path: Path) -> None:
    sync(tmp_path)
    stage.cloud.delete(next(one["key"] for one in stage.cloud.issues.values() if one["key"].startswith("GROW-")))
    assert causes(sync(tmp_path), "all") == {CauseKind.DELETED: -1}


def test_a_moved_issue_is_the_same_item_under_another_key(stage: Stage, tmp_path: Path) -> None:
    sync(tmp_path)
    moved = next(one for one in stage.cloud.issues.values() if one["fields"]["issuetype"]["name"] == "Bug")
    stage.cloud.move(moved["key"], "GROW-999", at=ANCHOR + timedelta(minutes=30), by=company.INES)
    report = sync(tmp_path)
    assert causes(report, "shop") == {CauseKind.SCOPE_REMOVED: -1}
    assert of(report, "all").action is Action.KEEP  # membership follows the query
    with Store.open(f"sqlite:///{tmp_path}/okrsync.db") as store:
        events = store.dump()["events"]
    assert isinstance(events, dict)
    (told,) = [of_item for name, of_item in events.items() if name == f"jira {moved['id']}"]
    assert isinstance(told, list)
    assert [event[:3] for event in told if isinstance(event, list) and event[0] == "key"] == [
        ["key", f'"{moved["key"]}"', '"GROW-999"']
    ]


@pytest.mark.parametrize(("why", "kind"), [("archived", CauseKind.ARCHIVED), ("deleted", CauseKind.DELETED)])
def test_a_project_that_was_archived_or_deleted_is_told_as_such(
    stage: Stage, tmp_path: Path, why: str, kind: CauseKind
) -> None:
    sync(tmp_path)
    gone = sum(one["key"].startswith("GROW-") for one in stage.cloud.issues.values())
    stage.cloud.withdraw("GROW", why)
    assert causes(sync(tmp_path), "all") == {kind: -gone}


def test_a_project_that_we_lost_sight_of_holds_the_number_until_it_is_back(stage: Stage, tmp_path: Path) -> None:
    sync(tmp_path)
    gone = sum(one["key"].startswith("GROW-") for one in stage.cloud.issues.values())
    stage.cloud.withdraw("GROW", "hidden")
    report = sync(tmp_path)
    held = of(report, "all")
    assert held.action is Action.HOLD
    assert f"lost sight of {gone} items of GROW: give the account permission to browse there" in str(held.stale_reason)
    assert of(report, "shop").action is Action.KEEP  # what others lost is none of its business
    stage.cloud.restore("GROW")
    assert of(sync(tmp_path), "all").action is Action.KEEP


def test_what_stays_hidden_can_be_let_go(stage: Stage, tmp_path: Path) -> None:
    sync(tmp_path)
    gone = sum(one["key"].startswith("GROW-") for one in stage.cloud.issues.values())
    stage.cloud.withdraw("GROW", "hidden")
    assert causes(sync(tmp_path, accept_shrink=True), "all") == {CauseKind.HIDDEN: -gone}


class TestWhyHeld:
    def test_a_few_that_are_gone_may_go(self) -> None:
        assert why_held(dict.fromkeys("abcd", Departure.VANISHED), {}, 4) is None
        assert why_held(dict.fromkeys("abcdef", Departure.DELETED), {}, 31) is None
        assert why_held(dict.fromkeys("abcdef", Departure.DELETED), {}, 13, 0.5) is None

    def test_what_lives_on_elsewhere_has_not_vanished(self) -> None:
        assert why_held(dict.fromkeys("abcdef", Departure.MOVED), {}, 6) is None

    def test_a_fifth_of_all_at_once_is_held(self) -> None:
        held = why_held(dict.fromkeys("abcdef", Departure.VANISHED), {}, 30)
        assert (held or "").startswith("6 of 30 items vanished at once, which")

    def test_half_of_all_at_once_is_held_and_says_what_is_known(self) -> None:
        gone = (
            dict.fromkeys("abc", Departure.DELETED)
            | dict.fromkeys("de", Departure.ARCHIVED)
            | {"f": Departure.VANISHED}
        )
        assert (why_held(gone, {}, 12) or "").startswith(
            "6 of 12 items vanished at once (2 archived, 3 deleted), which"
        )

    def test_one_that_is_hidden_is_enough_and_its_place_is_named(self) -> None:
        gone = {"1": Departure.HIDDEN, "2": Departure.DELETED, "3": Departure.HIDDEN}
        keys = {"1": "SHOP-1", "2": "CHK-1", "3": "acme/shop#4"}
        assert (why_held(gone, keys, 100) or "").startswith(
            "lost sight of 2 items of SHOP, acme/shop: give the account"
        )
        assert (why_held(gone, {}, 100) or "").startswith("lost sight of 2 items: give the account")
        many = {str(number): Departure.HIDDEN for number in range(5)}
        named = {id_: f"P{id_}-1" for id_ in many}
        assert " of P0, P1, P2 and 2 more: " in (why_held(many, named, 100) or "")
