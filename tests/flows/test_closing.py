"""A closed cycle is frozen, signed, and carried over as rules that can be loaded."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from config.load import load
from config.settings import load_settings
from flows.closing import Verdict, close, why_not_genuine
from flows.signing import KEY_FILE
from mapping.errors import FixConfigError
from okrsync.cli import app
from store import Snapshot, Store
from tests.flows.rows import KR, START, Rows

OVER = datetime(2027, 1, 2, tzinfo=UTC)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made = Rows(tmp_path)
    made.write({f"t{n}": n < 4 for n in range(10)})
    made.sync(START)
    return made


def closed(rows: Rows, store: Store, verdicts: dict[str, Verdict] | None = None, *, early: bool = False) -> Snapshot:
    keys = rows.folder / "keys"
    return close(store, "q4", author="ana", key_folder=keys, now=OVER, verdicts=verdicts, early=early)


def run(rows: Rows, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["-C", str(rows.folder), *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_a_closed_cycle_has_its_scores_signed_by_a_key_that_others_cannot_read(rows: Rows) -> None:
    with rows.store() as store:
        snapshot = closed(rows, store)
        assert store.snapshots() == {"q4": snapshot}
    assert why_not_genuine(snapshot) is None
    (objective,) = json.loads(snapshot.body)["objectives"]
    (found,) = objective["key_results"]
    assert (found["id"], found["value"], found["score"], objective["score"]) == (KR, "0.4", "0.4", "0.4")
    assert found["computed_score"]["outcome"] == "partial"
    assert stat.S_IMODE((rows.folder / "keys" / KEY_FILE).stat().st_mode) == 0o600


def test_whatever_is_changed_afterwards_shows(rows: Rows) -> None:
    with rows.store() as store:
        snapshot = closed(rows, store)
    better = snapshot.body.replace('"0.4"', '"0.9"')
    assert why_not_genuine(replace(snapshot, body=better)) == "its text was changed: the digest is another"
    forged = replace(snapshot, body=better, digest=hashlib.sha256(better.encode()).hexdigest())
    assert why_not_genuine(forged) == "its signature is not of this text and this key"


def test_a_score_by_hand_stands_beside_the_computed_one_with_its_reason(rows: Rows) -> None:
    with rows.store() as store:
        snapshot = closed(rows, store, {KR: Verdict(score=Decimal("0.8"), reason="the rest was not needed")})
    (found,) = json.loads(snapshot.body)["objectives"][0]["key_results"]
    assert (found["score"], found["computed_score"]["value"]) == ("0.8", "0.4")
    assert found["score_by_hand"] == "the rest was not needed"


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        ({"work/none": Verdict(score=Decimal(1), reason="x")}, "is no key result of cycle q4"),
        ({KR: Verdict(score=Decimal(8), reason="x")}, "a score of 8 is none"),
        ({KR: Verdict(score=Decimal(1), reason="")}, "needs its reason"),
    ],
)
def test_verdicts_that_are_none_are_refused(rows: Rows, verdicts: dict[str, Verdict], says: str) -> None:
    with rows.store() as store:
        with pytest.raises(FixConfigError, match=says):
            closed(rows, store, verdicts)
        assert store.snapshots() == {}


def test_a_running_cycle_is_closed_only_on_demand_and_none_twice(rows: Rows) -> None:
    with rows.store() as store:
        early = START + timedelta(days=3)
        with pytest.raises(FixConfigError, match="runs until 2027-01-01: wait for its end"):
            close(store, "q4", author="ana", key_folder=rows.folder, now=early)
        snapshot = close(store, "q4", author="ana", key_folder=rows.folder, now=early, early=True)
        assert json.loads(snapshot.body)["objectives"][0]["score"] == "0.4"
        with pytest.raises(FixConfigError, match="is closed already"):
            closed(rows, store)


def test_nothing_is_published_into_a_closed_cycle(rows: Rows) -> None:
    with rows.store() as store:
        closed(rows, store)
    rows.write({f"t{n}": True for n in range(10)})
    assert rows.sync(OVER + timedelta(days=1)).changes == ()
    with rows.store() as store:
        assert [entry.value for entry in store.check_ins(KR)] == [Decimal("0.4")]


def test_commands_close_show_and_say_when_a_snapshot_was_changed(rows: Rows) -> None:
    code, told = run(rows, "close", "q4", "--early", "--as", "ana", "--score", f"{KR}=70%", "--reason", "late survey")
    assert code == 0, told
    assert "0.70    work/tasks  by hand: late survey" in told
    code, told = run(rows, "sync", "--in-process")
    assert (code, "Closed, so that nothing is published into it: q4." in told) == (0, True), told
    code, told = run(rows, "check-in", KR, "50%", "--as", "ana")
    assert (code, "q4 is closed: its scores stay as they were signed" in told) == (0, True), told
    code, told = run(rows, "closed")
    assert (code, "by ana  genuine" in told) == (0, True), told
    with rows.store() as store, store.writing() as connection:
        connection.execute(text("UPDATE snapshots SET body = replace(body, '0.7', '0.9')"))
    code, told = run(rows, "closed", "q4")
    assert (code, "its text was changed" in told) == (3, True), told


RULES = """
timezone: Europe/Paris
connections:
  board: {connector: spreadsheet, file: board.csv}
cycles:
  q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}
  q1: {starts_on: 2027-01-01, ends_on: 2027-04-01}
objectives:
  work:
    title: "Get it done: properly"
    cycle: q4
    key_results:
      open:
        title: Open tasks down
        metric: {baseline: 40, target: 1.5}
        measure: {count: {from: board, table: T, done: {column: done, is: ["yes"]}, where: "!item.done"}}
      share:
        title: Share
        metric: {baseline: 10%, target: 50%}
        measure:
          ratio:
            of: {count: {from: board, table: T, done: {column: done, is: ["yes"]}, where: item.done}}
            to: {count: {from: board, table: T}}
      all:
        title: All
        measure: {completion: {from: board, table: T, done: {column: done, is: ["yes"]}}}
"""


@pytest.fixture
def three(tmp_path: Path) -> Rows:
    made = Rows(tmp_path)
    (tmp_path / "okrsync.yaml").write_text(RULES, encoding="utf-8")
    made.write({f"t{n}": n < 4 for n in range(10)})
    made.sync(START)
    return made


def test_rows_that_one_rule_calls_done_are_still_open_to_another_that_does_not(three: Rows) -> None:
    with three.store() as store:
        values = {id_: entry.value for id_, entry in store.last_check_ins().items()}
    assert values == {"work/open": Decimal(6), "work/share": Decimal("0.4"), "work/all": Decimal("0.4")}


def carried(rows: Rows, *words: str) -> str:
    result = CliRunner().invoke(app, ["-C", str(rows.folder), "carry-over", "q4", "q1", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def loaded(rows: Rows, carried_over: str) -> Sequence[str]:
    """Load the rules with what was carried over, and return the metrics of the next cycle."""
    rules = rows.folder / "okrsync.yaml"
    base = RULES[: RULES.index("objectives:")]
    rules.write_text(base + carried_over, encoding="utf-8")
    config = load(rules, settings=load_settings(rows.folder, config=rules))
    assert [each.id for each in config.objectives] == ["work-q1"]
    assert config.objectives[0].cycle.id == "q1"
    return [f"{each.id} {each.metric.baseline} {each.metric.target}" for each in config.key_results()]


def test_continued_key_results_keep_their_way(three: Rows) -> None:
    found = loaded(three, carried(three))
    assert found == ["work-q1/open 40 1.5", "work-q1/share 0.1 0.5", "work-q1/all 0 1"]


def test_restarted_ones_begin_where_they_stand_and_dropped_ones_stay_behind(three: Rows) -> None:
    found = carried(three, "--restart", "work/open", "--restart", "work/share", "--drop", "work/all")
    assert loaded(three, found) == ["work-q1/open 6 1.5", "work-q1/share 0.4 0.5"]


def test_an_unknown_key_result_is_named(three: Rows) -> None:
    code, told = run(three, "carry-over", "q4", "q1", "--drop", "work/none")
    assert (code, "'work/none' is no key result of cycle q4" in told) == (1, True), told
