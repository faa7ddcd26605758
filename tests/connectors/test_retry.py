from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.retry import Budget, Gate, spoken
from mapping.errors import TryAgainError
from tests.connectors.clock import FakeClock, surroundings


def gate(clock: FakeClock, *, in_flight: int = 8, budget: float = 900.0) -> Gate:
    around = surroundings(clock=clock, in_flight=in_flight)
    return Gate(around, Budget(budget, clock.monotonic), "acme: Vendor")


def test_a_429_halves_what_is_in_flight_once_for_all_that_were_under_way() -> None:
    clock = FakeClock()
    door = gate(clock)
    began = clock.elapsed
    clock.elapsed += 1
    for _ in range(8):
        door.slow_down(began)
    assert door.allowed == 4
    clock.elapsed += 1
    door.slow_down(clock.elapsed)
    assert door.allowed == 2


def test_what_is_in_flight_never_falls_below_one() -> None:
    clock = FakeClock()
    door = gate(clock)
    for _ in range(10):
        clock.elapsed += 1
        door.slow_down(clock.elapsed)
    assert door.allowed == 1


def test_good_answers_bring_it_back_slowly_and_no_further_than_allowed() -> None:
    clock = FakeClock()
    door = gate(clock)
    door.slow_down(clock.elapsed)
    for _ in range(4):
        door.speed_up()
    assert 4.8 < door.allowed < 5.1
    for _ in range(1000):
        door.speed_up()
    assert door.allowed == 8


async def test_a_request_given_up_makes_room_for_the_next() -> None:
    door = gate(FakeClock(), in_flight=1)

    async def for_ever() -> None:
        async with door.pass_through():
            await asyncio.Event().wait()

    stuck, waiting = asyncio.create_task(for_ever()), asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    for task in (waiting, stuck):
        task.cancel()
    await asyncio.gather(stuck, waiting, return_exceptions=True)
    async with asyncio.timeout(1), door.pass_through():
        pass


async def test_a_window_beyond_the_budget_turns_everybody_away() -> None:
    clock = FakeClock()
    door = gate(clock, budget=100)
    door.close(101)
    for _ in range(3):
        with pytest.raises(TryAgainError, match="asks to wait 101 s, but this run has 100 s left"):
            async with door.pass_through():
                pytest.fail("came through a closed gate")
    assert clock.slept == []


waits = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=20)


@given(waits)
def test_the_budget_pays_for_the_time_covered_by_waits_and_no_more(pauses: list[tuple[int, int]]) -> None:
    clock = FakeClock(elapsed=0.0)
    budget = Budget(10_000.0, clock.monotonic)
    covered: set[int] = set()
    for passed, wait in pauses:
        clock.elapsed += passed
        budget.spend(wait)
        covered |= set(range(int(clock.elapsed), int(clock.elapsed) + wait))
    assert Decimal(budget.left) == 10_000 - len(covered)


@pytest.mark.parametrize(
    ("seconds", "said"), [(7, "7 s"), (0.4, "0 s"), (600, "600 s (10 min)"), (36_000, "36000 s (10.0 h)")]
)
def test_waits_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


async def test_places_go_to_who_has_waited_longest_and_none_is_lost_with_who_gave_up_waiting() -> None:
    door, order = gate(FakeClock(), in_flight=1), list[str]()

    async def pass_(name: str) -> None:
        async with door.pass_through():
            order.append(name)

    async with door.pass_through():
        first, tired, last = (asyncio.create_task(pass_(name)) for name in ("first", "tired", "last"))
        await asyncio.sleep(0)
        tired.cancel()
    await asyncio.gather(first, tired, last, return_exceptions=True)
    assert order == ["first", "last"]

    async with door.pass_through():
        given, following = (asyncio.create_task(pass_(name)) for name in ("given", "following"))
        await asyncio.sleep(0)
    given.cancel()  # the place is its own already, but it has not run since
    await asyncio.gather(given, following, return_exceptions=True)
    assert order == ["first", "last", "following"]
