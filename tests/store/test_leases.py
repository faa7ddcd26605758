"""Leases: one holder at a time, and no commit under a fence that is not the newest."""

from __future__ import annotations

import threading
from datetime import timedelta
from random import Random

import pytest

from mapping.errors import TryAgainError
from store import Lease, Store
from tests.store.kit import START, Pull, item, measured, publish, stage

NAME = "connection:jira"
ROUNDS = 200


def take(store: Store, holder: str, seconds_later: float = 0) -> Lease | None:
    return store.acquire(NAME, holder, seconds=60, now=START + timedelta(seconds=seconds_later))


def test_a_lease_has_one_holder_until_it_runs_out(store: Store) -> None:
    first = take(store, "night")
    assert first is not None
    assert take(store, "day", 59) is None
    assert store.holder_of(NAME) == "night"
    second = take(store, "day", 60)
    assert second is not None
    assert (first.fence, second.fence) == (1, 2)
    assert store.holder_of(NAME) == "day"


def test_a_renewed_lease_lasts_longer_and_a_lost_one_cannot_be_renewed(store: Store) -> None:
    first = take(store, "night")
    assert first is not None
    renewed = store.renew(first, seconds=60, now=START + timedelta(seconds=50))
    assert renewed is not None
    assert take(store, "day", 100) is None
    assert take(store, "day", 110) is not None
    assert store.renew(renewed, seconds=60, now=START + timedelta(seconds=111)) is None


def test_a_lease_given_back_is_free_and_its_fence_still_grows(store: Store) -> None:
    first = take(store, "night")
    assert first is not None
    store.release(first)
    second = take(store, "day")
    assert second is not None
    assert second.fence == 2
    store.release(first)  # not its own any more
    assert take(store, "noon") is None


def test_the_lease_of_a_holder_that_is_known_to_be_dead_is_taken_at_once(store: Store) -> None:
    assert take(store, "night") is not None
    assert store.acquire(NAME, "day", seconds=60, now=START, dead="noon") is None
    lease = store.acquire(NAME, "day", seconds=60, now=START, dead="night")
    assert lease is not None
    assert lease.fence == 2


def published(store: Store, held: list[Lease]) -> None:
    with store.begin(started_at=START) as run:
        stage(run, Pull(items=[item(1)]))
        run.merge()
        publish(run, START, measured(run, START))
        run.commit(held)


def test_a_holder_that_was_held_up_publishes_nothing(store: Store) -> None:
    first = take(store, "night")
    assert first is not None
    assert take(store, "day", 61) is not None
    with pytest.raises(TryAgainError, match="connection:jira: taken over by day while this run was held up"):
        published(store, [first])
    assert store.runs() == []


def test_a_holder_whose_lease_ran_out_without_a_taker_may_publish(store: Store) -> None:
    first = take(store, "night")
    assert first is not None
    published(store, [first])
    assert len(store.runs()) == 1


def test_of_workers_that_race_one_wins_each_round_and_stale_commits_are_refused(store: Store) -> None:
    """Four workers and two schedulers want one sync; the one that was paused wakes after its lease was taken over."""
    chance = Random(12)
    refused = 0
    clock = 0.0
    paused: Lease | None = None
    for round_ in range(ROUNDS):
        clock += 61
        won: list[Lease] = []
        start = threading.Barrier(6)

        def race(who: int, at: float = clock, won: list[Lease] = won, start: threading.Barrier = start) -> None:
            start.wait(30)
            lease = take(store, f"worker {who}", at)
            if lease is not None:
                won.append(lease)

        crowd = [threading.Thread(target=race, args=(who,)) for who in range(6)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(60)
        assert len(won) == 1, f"round {round_}: {won}"
        if paused is not None:
            with pytest.raises(TryAgainError):
                published(store, [paused])
            refused += 1
        paused = won[0]
        if chance.random() < 0.02:
            published(store, won)
    assert refused == ROUNDS - 1
    assert [run.seq for run in store.runs(ROUNDS)] == list(range(len(store.runs(ROUNDS)), 0, -1))
