"""Readings that wait: held by the guard or suggested, accepted, rejected, superseded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from flows.reader import StoreReader
from flows.reviews import accept, reject
from flows.sync_report import SyncReport
from mapping.changes import Action, Change
from mapping.check_ins import CheckInKind
from mapping.errors import FixConfigError
from mapping.reviews import ReviewCause, ReviewState
from mapping.status import Status
from tests.flows.kit import okrsync
from tests.flows.rows import KR, START, Rows

DAY = timedelta(days=1)
TEN: Mapping[str, bool] = {f"t{n}": n < 4 for n in range(10)}
"""Ten tasks, four done."""
THREE: Mapping[str, bool] = {"t0": True, "t1": True, "t2": False}


def only(report: SyncReport) -> Change:
    (change,) = report.changes
    return change


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made = Rows(tmp_path)
    made.write(TEN)
    assert only(made.sync(START)).action is Action.CREATE
    return made


def shrunken(rows: Rows, day: int = 1) -> Change:
    rows.write(THREE, out=TEN)  # the rows are all there, most of them out of scope
    return only(rows.sync(START + day * DAY, accept_shrink=False))


def test_a_shrunken_selection_is_held_with_the_last_good_value_and_asked_about(rows: Rows) -> None:
    change = shrunken(rows)
    assert change.action is Action.HOLD
    assert change.review is not None
    assert change.review.cause is ReviewCause.SHRUNK
    assert "okrsync review accept work/tasks" in (change.stale_reason or "")
    with rows.store() as store:
        assert list(store.reviews(only_open=True)) == [KR]
        stands = StoreReader(store, now=lambda: START + DAY).explain(KR).standing
        assert (stands.value, stands.status) == (Decimal("0.4"), Status.STALE)


def test_an_accepted_reading_is_published_under_the_name_of_who_accepted_it(rows: Rows) -> None:
    shrunken(rows)
    with rows.store() as store:
        entry = accept(store, KR, author="ana", now=START + DAY, note="the board was split")
        assert (entry.value, entry.kind, entry.author) == (Decimal("0.666666666667"), CheckInKind.ACCEPTED, "ana")
        assert sum((part.amount for part in entry.causes), Decimal("0.4")) == entry.value
        assert store.reviews()[KR].state is ReviewState.ACCEPTED
        explained = StoreReader(store, now=lambda: START + DAY).explain(KR)
        assert (explained.standing.value, explained.standing.stale_reason, explained.agrees) == (
            entry.value,
            None,
            True,
        )
        assert [each.action for each in store.audit(KR)] == ["accept", "create key result"]
    assert only(rows.sync(START + 2 * DAY)).action is Action.KEEP


def test_a_rejected_reading_is_not_asked_about_again_until_it_changes(rows: Rows) -> None:
    shrunken(rows)
    with rows.store() as store:
        reject(store, KR, author="ben", now=START + DAY, note="an import went wrong")
    again = shrunken(rows, 2)
    assert (again.action, again.review) == (Action.HOLD, None)
    assert again.stale_reason == "what was read was rejected by ben: an import went wrong"
    rows.write({"t0": True, "t1": False}, out=TEN)
    assert only(rows.sync(START + 3 * DAY)).review is not None


def test_a_reading_that_is_well_again_takes_the_question_back(rows: Rows) -> None:
    shrunken(rows)
    rows.write({**TEN, "t9": True})
    assert only(rows.sync(START + 2 * DAY)).action is Action.CHANGE
    with rows.store() as store:
        assert store.reviews()[KR].state is ReviewState.SUPERSEDED
        assert not store.reviews(only_open=True)


def test_the_same_reading_night_after_night_is_one_question(rows: Rows) -> None:
    first = shrunken(rows).review
    second = shrunken(rows, 2).review
    assert first is not None
    assert second is not None
    assert second.run == first.run


def test_what_a_person_vouched_for_is_not_held(rows: Rows) -> None:
    rows.write(THREE, out=TEN)  # the rows are all there, most of them out of scope
    assert only(rows.sync(START + DAY, accept_shrink=True)).action is Action.CHANGE


def test_a_key_result_that_asks_suggests_and_is_not_stale_for_that(tmp_path: Path) -> None:
    rows = Rows(tmp_path, more="mode: suggest")
    rows.write(TEN)
    change = only(rows.sync(START))
    assert (change.action, change.stale_reason) == (Action.SUGGEST, None)
    with rows.store() as store:
        assert store.reviews()[KR].cause is ReviewCause.SUGGESTED
        assert store.check_ins(KR) == []
        accept(store, KR, author="ana", now=START)
        assert store.check_ins(KR)[0].value == Decimal("0.4")
    assert only(rows.sync(START + DAY)).action is Action.KEEP


def test_a_first_value_that_was_rejected_is_no_data_with_who_rejected_it(tmp_path: Path) -> None:
    rows = Rows(tmp_path, more="mode: suggest")
    rows.write(TEN)
    rows.sync(START)
    why = "nothing has been measured yet: the first value was rejected by ben: the board is empty"
    with rows.store() as store:
        reject(store, KR, author="ben", now=START + DAY, note="the board is empty")
        stands = StoreReader(store, now=lambda: START + DAY).explain(KR).standing
        assert (stands.value, stands.no_data, stands.status) == (None, why, Status.NO_DATA)
    again = only(rows.sync(START + 2 * DAY))
    assert (again.action, again.reading.value, again.review) == (Action.KEEP, None, None)
    with rows.store() as store:
        stands = StoreReader(store, now=lambda: START + 2 * DAY).explain(KR).standing
        assert (stands.value, stands.no_data, stands.status, stands.stale_reason) == (None, why, Status.NO_DATA, None)
    rows.write({**TEN, "t9": True})
    assert only(rows.sync(START + 3 * DAY)).action is Action.SUGGEST, "another value is asked about"


def test_what_is_suggested_is_shown_with_its_value_and_can_be_accepted_together(tmp_path: Path) -> None:
    rows = Rows(tmp_path, more="mode: suggest")
    rows.write(TEN)
    where = ("-C", str(rows.folder))
    synced = okrsync(*where, "sync", "--in-process")
    assert "waits for review: first reading +40 pp" in " ".join(synced.stdout.split())
    assert "1 waiting for `okrsync review`" in synced.stdout
    assert "a first value waits for review" in okrsync(*where, "status").stdout
    listed = okrsync(*where, "review", "list").stdout
    assert "suggested: its mode is to ask" in listed
    assert "okrsync review accept ADDRESS" in listed
    assert okrsync(*where, "review", "accept").returncode == 2
    wrong = okrsync(*where, "review", "accept", KR, "work/nothing")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert okrsync(*where, "review", "accept", "--all").stdout == f"{KR}: accepted, 40% (4 of 10 items done)\n"
    assert okrsync(*where, "review", "list").stdout == "nothing waits for a decision\n"


def test_nothing_can_be_decided_where_nothing_waits(rows: Rows) -> None:
    with rows.store() as store, pytest.raises(FixConfigError, match="no reading of 'work/tasks' waits"):
        accept(store, KR, author="ana", now=START)


def test_a_guard_that_is_off_holds_nothing(tmp_path: Path) -> None:
    rows = Rows(tmp_path, more="guard: none")
    rows.write(TEN)
    rows.sync(START)
    assert shrunken(rows).action is Action.CHANGE
