"""A clock that only sleeping moves, and surroundings that use it: tests wait for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from connectors.port import Surroundings

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeClock:
    """Time as a test sees it. ``slept`` keeps every wait in seconds."""

    instant: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    elapsed: float = 1000.0

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds
        self.instant += timedelta(seconds=seconds)


def surroundings(
    handler: Handler | None = None,
    clock: FakeClock | None = None,
    *,
    connection: str = "acme",
    folder: Path = Path(),
    budget_seconds: float = 900.0,
    in_flight: int = 8,
) -> Surroundings:
    """Return surroundings whose network is ``handler`` and whose time is ``clock``."""
    clock = clock or FakeClock()
    return Surroundings(
        connection=connection,
        folder=folder,
        transport=httpx.MockTransport(handler) if handler else None,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        budget_seconds=budget_seconds,
        in_flight=in_flight,
    )
