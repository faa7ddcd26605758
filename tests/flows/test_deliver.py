"""Deliveries: absolute values, one effect each, edits by people left alone and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from flows.deliver import MOST_ATTEMPTS
from flows.leases import Leases
from flows.people import Said, check_in, resume
from flows.reader import StoreReader
from mapping.delivery import DeliveryState, OnConflict
from store import Store
from tests.connectors.asana import described
from tests.connectors.asana.kit import Office
from tests.flows.desk import NAME, Desk

K0, K1, K2 = "launch/k0", "launch/k1", "launch/k2"
HALF, QUARTER = Decimal("0.5"), Decimal("0.25")


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    if described.there():
        assert made.not_as_described() == []


@pytest.fixture
def desk(store: Store, office: Office, tmp_path: Path) -> Desk:
    return Desk.with_goals(store, office, tmp_path, 3)


def states(desk: Desk, address: str) -> list[DeliveryState]:
    return [row.state for row in desk.rows(address)]


def test_what_changed_is_queued_with_the_run_and_written_once(desk: Desk) -> None:
    assert desk.publish({K0: HALF, K1: QUARTER}) == 2
    record = desk.deliver()
    assert (record.sent, record.waiting, record.failures) == (2, 0, ())
    assert (desk.value(K0), desk.value(K1), desk.value(K2)) == (HALF, QUARTER, Decimal(0))
    assert desk.publish({}) == 0
    assert desk.deliver().sent == 0
    assert desk.effects(K0) == [0.5]


def test_a_goal_keeps_what_was_written_of_a_dropped_key_result_and_the_list_of_deliveries_says_so(desk: Desk) -> None:
    desk.publish({K0: HALF, K1: QUARTER})
    desk.deliver()
    desk.objective = replace(desk.objective, key_results=desk.objective.key_results[1:])
    assert desk.publish({}) == 1
    assert (desk.deliver().unchanged, desk.value(K0), desk.effects(K0)) == (1, HALF, [0.5])
    newest = desk.rows(K0)[0]
    assert (newest.state, newest.detail) == (DeliveryState.UNCHANGED, "declared no longer: what stands there stays")
    assert desk.publish({}) == 0


def test_what_is_dropped_when_its_cycle_is_over_is_tidied_up_and_told_to_nobody(desk: Desk) -> None:
    desk.publish({K0: HALF})
    desk.deliver()
    ends_on = desk.objective.cycle.ends_on
    desk.office.clock.instant = datetime(ends_on.year, ends_on.month, ends_on.day, 12, tzinfo=UTC)
    desk.publish({})  # that it is over is news
    desk.objective = replace(desk.objective, key_results=desk.objective.key_results[1:])
    assert desk.publish({}) == 0


def test_nothing_is_queued_by_a_run_that_does_not_commit(desk: Desk) -> None:
    with desk.store.begin(started_at=desk.office.clock.now()) as run:
        run.merge()
        run.send([], at=desk.office.clock.now())
        run.rollback()
    assert desk.rows() == []


def test_a_newer_update_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.publish({K0: HALF})
    assert states(desk, K0) == [DeliveryState.WAITING, DeliveryState.SUPERSEDED]
    assert desk.deliver().sent == 1
    assert desk.effects(K0) == [0.5]


def test_a_value_that_stands_there_already_is_not_written(desk: Desk) -> None:
    desk.set_by_a_person(K0, 0.5)
    desk.publish({K0: Decimal("0.5003")})
    record = desk.deliver()
    assert (record.sent, record.unchanged) == (0, 1)
    assert desk.effects(K0) == []


def test_what_stood_there_before_the_first_write_is_told(desk: Desk) -> None:
    desk.set_by_a_person(K0, 0.9)
    desk.publish({K0: HALF})
    desk.deliver()
    assert "first write: value was 0.9" in desk.rows(K0)[0].detail


def test_an_edit_by_a_person_is_left_alone_and_told(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.deliver()
    desk.set_by_a_person(K0, 0.4)
    desk.publish({K0: HALF})
    record = desk.deliver()
    assert record.sent == 0
    assert record.conflicts == (
        f"{K0}: a person set value to 0.4 there, where okrsync had written 0.25: it was left alone",
    )
    assert desk.value(K0) == Decimal("0.4")
    assert states(desk, K0)[0] is DeliveryState.CONFLICT


def test_a_conflict_ends_when_the_person_sets_it_back_or_says_the_same_here(desk: Desk) -> None:
    desk.publish({K0: QUARTER, K1: QUARTER})
    desk.deliver()
    desk.set_by_a_person(K0, 0.4)
    desk.set_by_a_person(K1, 0.4)
    desk.publish({K0: HALF, K1: HALF})
    assert len(desk.deliver().conflicts) == 2
    desk.set_by_a_person(K0, 0.25)
    now = desk.office.clock.now()
    check_in(desk.store, K1, Said(author="ana", value=Decimal("0.4"), sticky=True), now=now, outlets=[desk.rule])
    desk.publish({K0: Decimal("0.6")})
    record = desk.deliver()
    assert (record.sent, record.unchanged, record.conflicts) == (1, 1, ())
    assert desk.value(K0) == Decimal("0.6")


def test_a_conflict_is_looked_at_again_by_every_run_until_it_is_settled(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.deliver()
    desk.set_by_a_person(K0, 0.4)
    desk.publish({K0: HALF})
    desk.deliver()
    for _ in range(2):
        assert desk.publish({}) == 1
        assert len(desk.deliver().conflicts) == 1
    desk.set_by_a_person(K0, 0.25)
    desk.publish({})
    assert desk.deliver().sent == 1
    assert desk.publish({}) == 0
    assert desk.value(K0) == HALF


def test_a_policy_may_overwrite_and_says_so(desk: Desk) -> None:
    desk.on_conflict = OnConflict.OVERWRITE
    desk.publish({K0: QUARTER})
    desk.deliver()
    desk.set_by_a_person(K0, 0.4)
    desk.publish({K0: HALF})
    assert desk.deliver().sent == 1
    assert "overwritten: a person set value to 0.4" in desk.rows(K0)[0].detail


def test_a_lost_answer_is_looked_for_and_never_written_twice(desk: Desk) -> None:
    desk.loses = lambda request: request.method == "POST"
    desk.publish({K0: HALF})
    assert desk.deliver().sent == 1
    assert desk.effects(K0) == [0.5]
    assert "the answer was lost" in desk.rows(K0)[0].detail


def test_our_own_write_is_known_again_after_answer_and_second_look_were_lost(desk: Desk) -> None:
    lost = {"on": True}
    posted = {"seen": False}

    def loses(request: httpx.Request) -> bool:
        posted["seen"] |= request.method == "POST"
        return lost["on"] and posted["seen"]

    desk.loses = loses
    desk.publish({K0: HALF})
    assert desk.deliver().waiting == 1
    lost["on"] = False
    desk.publish({K0: Decimal("0.6")})
    desk.office.clock.instant += timedelta(hours=1)
    record = desk.deliver()
    assert (record.sent, record.conflicts) == (1, ())
    assert desk.effects(K0) == [0.5, 0.6]


def test_a_destination_that_is_down_harms_only_itself_and_is_tried_again_later(desk: Desk) -> None:
    desk.loses = lambda _request: True
    desk.publish({K0: HALF, K1: HALF, K2: HALF})
    record = desk.deliver()
    assert record.waiting == 3
    assert len(record.failures) == 3
    desk.loses = lambda _request: False
    assert desk.deliver().sent == 0, "its time has not come"
    desk.office.clock.instant += timedelta(hours=1)
    assert desk.deliver().sent == 3


def test_attempts_are_bounded_and_the_next_run_queues_what_failed(desk: Desk) -> None:
    desk.loses = lambda _request: True
    desk.publish({K0: HALF})
    for _ in range(MOST_ATTEMPTS):
        desk.deliver()
        desk.office.clock.instant += timedelta(hours=7)
    assert states(desk, K0) == [DeliveryState.FAILED]
    assert desk.rows(K0)[0].attempts == MOST_ATTEMPTS
    desk.loses = lambda _request: False
    assert desk.publish({}) == 1
    assert desk.deliver().sent == 1


def test_a_check_in_by_hand_and_its_end_go_out(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.deliver()
    now = desk.office.clock.now()
    check_in(desk.store, K0, Said(author="ana", value=HALF, sticky=True), now=now, outlets=[desk.rule])
    desk.deliver()
    assert desk.value(K0) == HALF
    resume(desk.store, K0, author="ana", now=now + timedelta(minutes=1), outlets=[desk.rule])
    desk.deliver()
    assert desk.effects(K0) == [0.25, 0.5, 0.25]


def test_an_override_that_ran_out_goes_out_with_the_next_run(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    now = desk.office.clock.now()
    until = now + timedelta(days=2)
    check_in(desk.store, K0, Said(author="ana", value=HALF, sticky=True, expires_at=until), now=now)
    assert desk.publish({}) == 1, "whoever checked in without the rules at hand"
    desk.deliver()
    desk.office.clock.instant = until + timedelta(hours=1)
    assert desk.publish({}) == 1
    desk.deliver()
    assert desk.effects(K0) == [0.5, 0.25]


def test_only_one_process_delivers_to_a_destination(desk: Desk) -> None:
    desk.publish({K0: HALF})
    other = Leases(store=desk.store, now=desk.office.clock.now, holder="elsewhere, process 1, a")
    assert other.take(NAME, "destination") is None
    record = desk.deliver()
    assert record.failures == ("another process is delivering (elsewhere, process 1, a)",)
    other.give_back()
    assert desk.deliver().sent == 1


def test_whoever_lost_the_lease_writes_nothing(desk: Desk) -> None:
    desk.publish({K0: HALF})

    def taken_over(request: httpx.Request) -> bool:
        if request.method == "GET":
            now = desk.office.clock.now() + timedelta(hours=1)
            assert desk.store.acquire(f"destination:{NAME}", "another", seconds=60, now=now) is not None
        return False

    desk.loses = taken_over
    record = desk.deliver()
    assert record.sent == 0
    assert "taken over by another" in record.failures[0]
    assert desk.effects(K0) == []


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(desk: Desk) -> None:
    desk.publish({K0: HALF})
    record = desk.deliver(dry=True)
    assert record.preview == (f"{K0}: value 0 → 0.5 (goal {desk.targets[K0]} (Goal 0) at localhost)",)
    assert desk.effects(K0) == []
    assert states(desk, K0) == [DeliveryState.WAITING]
    assert desk.rows(K0)[0].attempts == 0


def test_what_the_rules_send_there_no_longer_is_not_written(desk: Desk) -> None:
    desk.publish({K0: HALF, K1: HALF})
    del desk.targets[K0]
    assert desk.deliver().sent == 1
    assert states(desk, K0) == [DeliveryState.SUPERSEDED]


def test_another_goal_than_before_starts_anew(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.deliver()
    desk.targets[K0] = desk.office.site.add_goal("Another", precision=1, current_number_value=0.7)
    desk.publish({K0: HALF})
    assert desk.deliver().sent == 1
    assert "first write: value was 0.7" in desk.rows(K0)[0].detail


def test_why_tells_what_was_delivered(desk: Desk) -> None:
    desk.publish({K0: HALF})
    desk.deliver()
    found = StoreReader(desk.store, now=desk.office.clock.now).explain(K0).deliveries
    assert [(each.destination, each.state, each.value) for each in found] == [(NAME, "sent", HALF)]


def test_lost_answers_and_edits_in_between_leave_one_effect_each_and_no_edit_overwritten(
    store: Store, office: Office, tmp_path: Path
) -> None:
    """200 writes are applied and their answers lost; 50 more are edited by a person before anybody can look again."""
    lost, edited = 200, 50
    desk = Desk.with_goals(store, office, tmp_path, lost + edited)
    names = [each.id for each in desk.objective.key_results]
    by_goal = {gid: name for name, gid in desk.targets.items()}
    people = set(names[lost:])
    posted: set[str] = set()
    meddled: set[str] = set()

    def loses(request: httpx.Request) -> bool:
        name = by_goal[request.url.path.split("/goals/")[1].partition("/")[0]]
        if request.method == "POST":
            posted.add(name)
            return True
        if name in posted and name in people and name not in meddled:
            meddled.add(name)
            desk.set_by_a_person(name, 0.9)
            return True
        return False

    desk.loses = loses
    values = {name: Decimal(n + 1) / 1000 for n, name in enumerate(names)}
    assert desk.publish(values) == lost + edited
    records = desk.until_done()
    assert meddled == people
    assert all(len(desk.effects(name)) == 1 for name in names)
    assert all(desk.value(name) == values[name] for name in names[:lost])
    assert all(desk.value(name) == Decimal("0.9") for name in people)
    told = {line.partition(":")[0] for record in records for line in record.conflicts}
    assert told == people
    ends = {row.key_result: row.state for row in desk.rows()}
    assert all(ends[name] is DeliveryState.SENT for name in names[:lost])
    assert all(ends[name] is DeliveryState.CONFLICT for name in people)


def test_a_note_is_no_news_to_a_destination(desk: Desk) -> None:
    desk.publish({K0: HALF})
    now = desk.office.clock.now()
    check_in(desk.store, K0, Said(author="ana", note="all well"), now=now, outlets=[replace(desk.rule)])
    assert len(desk.rows(K0)) == 1


class KilledError(BaseException):
    """Ends the process there and then, as far as this test can."""


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_killed_before_or_after_a_write_it_is_there_once_and_known_for_our_own(desk: Desk, method: str) -> None:
    killed = {"not yet": True}

    def kill(request: httpx.Request) -> bool:
        if killed["not yet"] and request.method == method:
            killed["not yet"] = False
            raise KilledError
        return False

    desk.loses = kill
    desk.publish({K0: HALF})
    with pytest.raises(KilledError):
        desk.deliver()
    record = desk.deliver()
    assert (record.sent + record.unchanged, record.conflicts) == (1, ())
    assert desk.effects(K0) == [0.5]
    desk.publish({K0: Decimal("0.6")})
    assert desk.deliver().sent == 1


def test_killed_after_a_write_a_newer_value_takes_ours_for_no_persons_edit(desk: Desk) -> None:
    desk.publish({K0: QUARTER})
    desk.deliver()
    desk.publish({K0: HALF})

    def kill(request: httpx.Request) -> bool:
        if request.method == "POST":
            raise KilledError
        return False

    desk.loses = kill
    with pytest.raises(KilledError):
        desk.deliver()
    desk.loses = lambda _request: False
    desk.publish({K0: Decimal("0.6")})
    record = desk.deliver()
    assert (record.sent, record.conflicts) == (1, ())
    assert desk.effects(K0) == [0.25, 0.5, 0.6]


def test_a_status_whose_answer_was_lost_is_posted_once(desk: Desk) -> None:
    desk.options = {"status_updates": "on_change"}
    lost = {"/setMetricCurrentValue": True, "/status_updates": True}

    def loses(request: httpx.Request) -> bool:
        end = "/" + request.url.path.rpartition("/")[2]
        return request.method == "POST" and lost.pop(end, False)

    desk.loses = loses
    desk.publish({K0: QUARTER})
    desk.until_done()
    assert (desk.effects(K0), len(desk.effects(K0, "status"))) == ([0.25], 1)
    desk.publish({K0: Decimal("0.26")})
    desk.until_done()
    assert (desk.effects(K0), len(desk.effects(K0, "status"))) == ([0.25, 0.26], 1)
    assert lost == {}


def test_a_status_that_a_person_posted_is_left_and_the_value_written_all_the_same(desk: Desk) -> None:
    desk.options = {"status_updates": "on_change"}
    desk.publish({K0: QUARTER})
    desk.deliver()
    (posted,) = desk.office.site.status_updates.values()
    posted["status_type"] = "dropped"
    desk.publish({K0: HALF})
    record = desk.deliver()
    assert desk.effects(K0) == [0.25, 0.5]
    assert record.conflicts[0].startswith(f"{K0}: a person set status to dropped there")
    assert len(desk.effects(K0, "status")) == 1
