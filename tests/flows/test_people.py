"""People outrank the machine, visibly: check-ins by hand, overrides that end, comments, the audit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.board import moves
from flows.people import Said, check_in, comment, resume
from flows.reader import StoreReader
from mapping.check_ins import CheckInKind
from mapping.errors import FixConfigError
from mapping.standing import Standing
from mapping.words import ItemState
from store import Store
from tests.store.kit import EPIC, START, Pull, item, sync

EPIC_KR = "launch/epic"
HOUR = timedelta(hours=1)
LATER = START + 30 * HOUR


def synced(store: Store, at: datetime, *, done: int) -> None:
    items = [item(n, state=ItemState.DONE if n < done else ItemState.TODO, updated_at=at) for n in range(4)]
    sync(store, Pull(selection=EPIC, items=items), at=at)


def stands(store: Store, now: datetime) -> Standing:
    overview = StoreReader(store, now=lambda: now).overview("2026-q4")
    return next(each for one in overview.objectives for each in one.key_results if each.key_result == EPIC_KR)


def test_a_check_in_by_hand_stands_above_the_automatic_value_which_stays_beside_it(store: Store) -> None:
    synced(store, START, done=1)
    said = Said(author="ana", value=Decimal("0.5"), confidence=Decimal("0.7"), note="two more are in review")
    entry = check_in(store, EPIC_KR, said, now=START + HOUR)
    assert (entry.kind, entry.author, entry.progress) == (CheckInKind.BY_HAND, "ana", Decimal("0.5"))
    assert sum(part.amount for part in entry.causes) == Decimal("0.25")
    found = stands(store, START + 2 * HOUR)
    assert found.value == Decimal("0.5")
    assert found.automatic is not None
    assert found.automatic.value == Decimal("0.25")
    assert (found.author, found.confidence) == ("ana", Decimal("0.7"))


def test_a_one_off_holds_while_the_automatic_value_stands_still_and_ends_when_it_moves(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, EPIC_KR, Said(author="ana", value=Decimal("0.5")), now=START + HOUR)
    synced(store, START + 2 * HOUR, done=1)
    assert stands(store, LATER).value == Decimal("0.5")
    synced(store, START + 3 * HOUR, done=3)
    found = stands(store, LATER)
    assert (found.value, found.override, found.automatic) == (Decimal("0.75"), None, None)
    ended = store.entries()[EPIC_KR].override
    assert ended is not None
    assert ended.ended_because == "the automatic value moved"


def test_a_sticky_one_holds_until_it_expires(store: Store) -> None:
    synced(store, START, done=1)
    until = START + 20 * HOUR
    said = Said(author="ana", value=Decimal("0.5"), sticky=True, expires_at=until, reason="doubles in the tracker")
    check_in(store, EPIC_KR, said, now=START + HOUR)
    synced(store, START + 3 * HOUR, done=3)
    held = stands(store, until - HOUR)
    assert held.value == Decimal("0.5")
    assert held.automatic is not None
    assert held.automatic.value == Decimal("0.75")
    assert stands(store, until).value == Decimal("0.75")


def test_resuming_lets_the_automatic_value_count_again_and_says_whether_there_was_need(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, EPIC_KR, Said(author="ana", value=Decimal("0.5"), sticky=True), now=START + HOUR)
    assert resume(store, EPIC_KR, author="ben", now=START + 2 * HOUR)
    assert not resume(store, EPIC_KR, author="ben", now=START + 3 * HOUR)
    assert stands(store, LATER).value == Decimal("0.25")


def test_what_people_do_makes_no_number_look_fresh_and_what_was_resumed_is_no_move(store: Store) -> None:
    synced(store, START, done=1)
    synced(store, START + HOUR, done=2)
    check_in(store, EPIC_KR, Said(author="ana", value=Decimal("0.9")), now=START + 2 * HOUR)
    reader = StoreReader(store, now=lambda: LATER)
    overview = reader.overview("2026-q4")
    assert overview.last_run is not None
    assert (overview.last_run.seq, [each.seq for each in reader.runs(9)]) == (2, [2, 1])
    assert [each.seq for each in store.runs(9)] == [3, 2, 1]
    (said,) = (each for each in moves(overview, reader) if each.standing.key_result == EPIC_KR)
    assert (said.before.value, said.after.value) == (Decimal("0.5"), Decimal("0.9"))
    resume(store, EPIC_KR, author="ana", now=START + 3 * HOUR)
    (again,) = (each for each in moves(reader.overview("2026-q4"), reader) if each.standing.key_result == EPIC_KR)
    assert (again.before.value, again.after.value) == (Decimal("0.25"), Decimal("0.5"))


def test_a_note_or_a_confidence_alone_moves_nothing(store: Store) -> None:
    synced(store, START, done=1)
    entry = check_in(store, EPIC_KR, Said(author="ana", confidence=Decimal("0.4"), note="hm"), now=START + HOUR)
    assert (entry.value, entry.causes) == (Decimal("0.25"), ())
    found = stands(store, LATER)
    assert (found.value, found.confidence, found.override) == (Decimal("0.25"), Decimal("0.4"), None)


def test_the_next_sync_compares_with_what_was_measured_and_not_with_what_was_said(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, EPIC_KR, Said(author="ana", value=Decimal("0.9"), sticky=True), now=START + HOUR)
    synced(store, START + 2 * HOUR, done=1)
    assert [entry.kind for entry in store.check_ins(EPIC_KR)] == [CheckInKind.BY_HAND, CheckInKind.MEASURED]


def test_who_did_what_is_kept_with_both_sides(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, EPIC_KR, Said(author="ana", value=Decimal("0.5")), now=START + HOUR)
    resume(store, EPIC_KR, author="ben", now=START + 2 * HOUR)
    newest, oldest = store.audit(EPIC_KR)
    assert (oldest.actor, oldest.action, newest.actor, newest.action) == ("ana", "check-in", "ben", "resume")
    assert json.loads(oldest.before or "") == {"value": "0.25"}
    assert json.loads(oldest.after or "")["value"] == "0.5"


def test_comments_are_kept_in_order(store: Store) -> None:
    synced(store, START, done=1)
    comment(store, EPIC_KR, "first", author="ana", now=START + HOUR)
    comment(store, EPIC_KR, "second", author="ben", now=START + 2 * HOUR)
    assert [(each.author, each.text) for each in store.comments(EPIC_KR)] == [("ana", "first"), ("ben", "second")]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (Said(author="ana"), "says nothing"),
        (Said(author="ana", confidence=Decimal(70)), "a confidence of 70 is none"),
        (Said(author="ana", value=Decimal(1), expires_at=START), "would have expired"),
        (Said(author="ana", note="x", sticky=True), "only a value can be made to last"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(store: Store, said: Said, says: str) -> None:
    synced(store, START, done=1)
    with pytest.raises(FixConfigError, match=says):
        check_in(store, EPIC_KR, said, now=START + HOUR)
    assert len(store.check_ins(EPIC_KR)) == 1


def test_an_unknown_key_result_is_named(store: Store) -> None:
    with pytest.raises(FixConfigError, match="no key result 'launch/none' is declared"):
        check_in(store, "launch/none", Said(author="ana", value=Decimal(1)), now=datetime.now(UTC))
