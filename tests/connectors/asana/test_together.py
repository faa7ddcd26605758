from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import pytest

from connectors.asana.together import mapped, merged


class Gauge:
    """Counts how many are under way."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.ended: list[int] = []

    async def ask(self, number: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(10 - number):  # later ones are quicker
                await asyncio.sleep(0)
            if number == 7:
                raise ValueError("seven")
        finally:
            self.now -= 1
        self.ended.append(number)
        return number


async def stream(numbers: range) -> AsyncGenerator[int, None]:
    for number in numbers:
        await asyncio.sleep(0)
        if number == 7:
            raise ValueError("seven")
        yield number


async def test_results_come_in_the_order_of_what_was_asked_with_so_many_under_way() -> None:
    gauge = Gauge()
    assert [number async for number in mapped(gauge.ask, range(6), 3)] == list(range(6))
    assert gauge.most == 3


async def test_a_failure_ends_what_is_still_under_way() -> None:
    gauge = Gauge()
    with pytest.raises(ValueError, match="seven"):
        async for _ in mapped(gauge.ask, [7, 0, 0], 3):
            pass
    assert (gauge.now, gauge.ended) == (0, [])


async def test_who_stops_listening_leaves_nothing_under_way() -> None:
    gauge = Gauge()
    async with aclosing(mapped(gauge.ask, range(6), 4)) as answers:
        assert await anext(answers) == 0
    assert gauge.now == 0


@pytest.mark.parametrize("at_once", [1, 2, 5])
async def test_streams_are_merged_whole(at_once: int) -> None:
    streams = [partial(stream, range(start, start + 5)) for start in (10, 20, 30)]
    found = [number async for number in merged(streams, at_once)]
    assert sorted(found) == [*range(10, 15), *range(20, 25), *range(30, 35)]
    assert [number for number in found if number < 20] == list(range(10, 15))


async def test_no_streams_give_nothing() -> None:
    nothing: list[partial[AsyncGenerator[int, None]]] = []
    assert [number async for number in merged(nothing, 3)] == []


async def test_one_failed_stream_fails_all() -> None:
    with pytest.raises(ValueError, match="seven"):
        async for _ in merged([partial(stream, range(5, 9)), partial(stream, range(100, 200))], 2):
            pass


async def test_an_endless_stream_waits_until_somebody_listens() -> None:
    told: list[int] = []

    async def endless() -> AsyncGenerator[int, None]:
        while True:
            told.append(len(told))
            yield len(told)
            await asyncio.sleep(0)

    async with aclosing(merged([endless], 2)) as found:
        await anext(found)
        for _ in range(50):
            await asyncio.sleep(0)
    assert len(told) <= 5
