"""A clock that only sleeping moves, and surroundings that use it: tests wait for nothing.

Those who sleep at the same time wake in the order of their time, and the clock moves on only when everybody else has
gone as far as possible, so that what happens at once in life happens at once here.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from connectors.guard import Guard
from connectors.port import Surroundings

ON_LOOPBACK = Guard.of(["127.0.0.0/8", "::1", "localhost"])
"""Lets replayed vendors be reached, and nothing else that is not public."""
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeClock:
    """Time as a test sees it. ``slept`` keeps every wait in seconds."""

    instant: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    elapsed: float = 1000.0
    _asleep: list[tuple[float, int]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        me = (self.elapsed + seconds, next(self._order))
        self._asleep.append(me)
        try:
            await self._everybody_else()
            while min(self._asleep) != me:
                await self._everybody_else()
        finally:
            self._asleep.remove(me)
        passed = max(0.0, me[0] - self.elapsed)
        self.elapsed += passed
        self.instant += timedelta(seconds=passed)

    async def _everybody_else(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


def surroundings(
    handler: Handler | httpx.AsyncBaseTransport | None = None,
    clock: FakeClock | None = None,
    *,
    connection: str = "acme",
    folder: Path = Path(),
    budget_seconds: float = 900.0,
    in_flight: int = 8,
    guard: Guard = ON_LOOPBACK,
) -> Surroundings:
    """Return surroundings whose network is ``handler`` (None: the real one) and whose time is ``clock``."""
    clock = clock or FakeClock()
    return Surroundings(
        connection=connection,
        folder=folder,
        transport=handler if isinstance(handler, httpx.AsyncBaseTransport | None) else httpx.MockTransport(handler),
        guard=guard,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        budget_seconds=budget_seconds,
        in_flight=in_flight,
    )
