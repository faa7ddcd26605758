"""A cycle told as a whole: what moved sums to the change, what is stuck says why, a closed one has its scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from flows.closing import Verdict, close
from flows.people import Said, check_in, comment, resume
from flows.reader import StoreReader
from flows.report import CycleReport, Stuck, report
from mapping.check_ins import CauseKind
from mapping.words import ItemState
from store import Store
from tests.store.kit import DAY, EPIC, START, Pull, item, sync

KR = "launch/epic"
SOON = START + timedelta(hours=1)


def synced(store: Store, at: datetime, *, done: int) -> None:
    items = [item(n, state=ItemState.DONE if n < done else ItemState.TODO, updated_at=at) for n in range(4)]
    sync(store, Pull(selection=EPIC, items=items), at=at)


def told(store: Store, at: datetime) -> CycleReport:
    return report(StoreReader(store, now=lambda: at), "2026-q4")


def test_what_moved_sums_to_the_change_since_the_cycle_began(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, KR, Said(author="ana", value=Decimal("0.4"), note="nearly"), now=SOON)
    check_in(store, KR, Said(author="ana", value=Decimal("0.5")), now=START + 2 * DAY)
    story = told(store, START + 3 * DAY).stories[KR]
    assert story.start == Decimal("0.25")
    assert story.standing.value == story.start + sum(part.amount for part in story.moved)
    assert len(story.moved) == 1


def test_of_a_value_by_hand_that_was_resumed_nothing_is_left_in_what_moved(store: Store) -> None:
    synced(store, START, done=1)
    check_in(store, KR, Said(author="ana", value=Decimal("0.9"), sticky=True), now=SOON)
    synced(store, START + DAY, done=2)
    above = told(store, START + 2 * DAY).stories[KR]
    assert above.start is not None
    assert above.standing.value == above.start + sum(part.amount for part in above.moved) == Decimal("0.9")
    resume(store, KR, author="ana", now=START + 3 * DAY)
    below = told(store, START + 4 * DAY).stories[KR]
    assert [(part.kind, part.amount) for part in below.moved] == [(CauseKind.COMPLETED, Decimal("0.25"))]
    assert (below.start, below.standing.value) == (Decimal("0.25"), Decimal("0.5"))


def test_every_override_of_the_cycle_stands_with_its_reason_beside_the_check_in_that_made_it(store: Store) -> None:
    synced(store, START, done=1)
    for day, reason in ((1, "an import went wrong"), (3, "the tracker counts doubles")):
        said = Said(author="ana", value=Decimal(day) / 10, sticky=True, reason=reason, expires_at=START + 5 * DAY)
        check_in(store, KR, said, now=START + day * DAY)
    story = told(store, START + 4 * DAY).stories[KR]
    assert [(each.reason, each.over) for each in story.overrides] == [
        ("an import went wrong", True),
        ("the tracker counts doubles", False),
    ]
    found = [each and each.reason for each in map(story.override_of, story.check_ins)]
    assert found == ["the tracker counts doubles", "an import went wrong", None]
    (earlier,) = told(store, START + 2 * DAY).stories[KR].overrides
    assert earlier.reason == "an import went wrong"


def test_notes_and_comments_stand_in_the_order_in_which_they_were_said(store: Store) -> None:
    synced(store, START, done=1)
    comment(store, KR, "first", author="ben", now=SOON)
    check_in(store, KR, Said(author="ana", note="second"), now=START + DAY)
    comment(store, KR, "after the day asked for", author="ben", now=START + 9 * DAY)
    notes = told(store, START + 2 * DAY).stories[KR].notes
    assert [(who, what) for _at, who, what in notes] == [("ben", "first"), ("ana", "second")]


def test_what_stands_still_for_two_weeks_or_has_no_data_is_stuck(store: Store) -> None:
    synced(store, START, done=1)
    young, old = told(store, START + 13 * DAY), told(store, START + 14 * DAY)
    assert (young.stories[KR].stuck, old.stories[KR].stuck) == (None, Stuck.STILL)
    assert old.stories["launch/rate"].stuck is Stuck.NO_DATA
    assert old.stories["launch/rate"].stuck_because == "nothing has been measured yet"


def test_a_closed_cycle_has_its_scores_and_before_it_was_closed_none(store: Store, tmp_path: Path) -> None:
    synced(store, START, done=1)
    over = datetime(2027, 1, 4, tzinfo=UTC)
    verdict = Verdict(score=Decimal("0.8"), reason="late survey")
    close(store, "2026-q4", author="ana", key_folder=tmp_path, now=over, verdicts={KR: verdict})
    found = told(store, over + DAY)
    assert found.closing is not None
    assert found.closing.closed_by == "ana"
    assert found.closing.scores == {"launch": Decimal("0.8")}
    assert (found.stories[KR].score, found.stories[KR].score_by_hand) == (Decimal("0.8"), "late survey")
    assert told(store, over - DAY).closing is None
