"""B4: a storm of "slow down", half of the calls for ten minutes, with every Retry-After that vendors are known to send.

No call arrives inside a window that was forbidden, few calls more are sent than a quiet run needs, no absurd wait is
obeyed or passed over in silence, and the sync completes with the truth. The time is the test's own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest

from connectors.github import lanes, paging
from connectors.retry import LONGEST_WAIT
from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.ledger import Asked
from tests.connectors.clock import FakeClock
from tests.faults.kit import START, STRIDE, Make
from tests.faults.rules import ALL
from tests.faults.worlds import KINDS, Kind

STORM = timedelta(minutes=10)
LATENCY = 0.25
ITEMS: dict[Kind, int] = {"jira": 320, "jira-dc": 290, "github-rest": 500, "github-graphql": 900, "asana": 600}
"""Enough for two hundred calls and more."""
PAGE: dict[Kind, int] = {"jira": 3, "jira-dc": 3, "github-rest": 3, "github-graphql": 1, "asana": 3}
"""Of GraphQL one query holds many pages."""
EVERYTHING = ""


@dataclass(frozen=True)
class Weather:
    """One way of saying "slow down"."""

    name: str
    headers: Callable[[datetime], Mapping[str, str]]
    seconds: float
    """How long nobody may call; 0 where the answer does not say."""
    kinds: tuple[Kind, ...] = KINDS
    status: int = 429
    body: bytes = b'{"message": "slow down"}'
    absurd: bool = False
    per_endpoint: bool = False


def _after(value: str) -> Callable[[datetime], Mapping[str, str]]:
    return lambda _now: {"retry-after": value}


def _date(now: datetime) -> Mapping[str, str]:
    began = now.replace(microsecond=0)
    return {"retry-after": format_datetime(began + timedelta(seconds=31), usegmt=True),
            "date": format_datetime(began, usegmt=True)}  # fmt: skip


def _reset(now: datetime) -> Mapping[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(now.timestamp()) + 31)}


def _jira(reason: str) -> Callable[[datetime], Mapping[str, str]]:
    return lambda _now: {"retry-after": "30", "ratelimit-reason": reason}


JIRA: tuple[Kind, ...] = ("jira",)
GITHUB: tuple[Kind, ...] = ("github-rest", "github-graphql")
WEATHERS = [
    Weather("seconds", _after("30"), 30),
    Weather("a date", _date, 30),
    Weather("nought", _after("0"), 0),
    Weather("a negative number", _after("-5"), 0, absurd=True),
    Weather("a thousand million", _after("1000000000"), 0, absurd=True),
    Weather("words", _after("in a while"), 0, absurd=True),
    Weather("nothing", lambda _now: {}, 0),
    Weather("a secondary limit with seconds", _after("30"), 30, GITHUB, 403),
    Weather("a secondary limit in words", lambda _now: {}, 60, GITHUB, 403,
            b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'),
    Weather("a quota used up", _reset, 30, GITHUB, 403, b'{"message": "API rate limit exceeded"}'),
    Weather("points used up with 200", lambda _now: {}, 60, ("github-graphql",), 200,
            b'{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}'),
    Weather("a burst", _jira("jira-burst-based"), 30, JIRA, per_endpoint=True),
    Weather("a tenant's quota", _jira("jira-quota-tenant-based"), 30, JIRA),
    Weather("a global quota", _jira("jira-quota-global-based"), 30, JIRA),
    Weather("writes to one issue", _jira("jira-per-issue-on-write"), 30, JIRA, per_endpoint=True),
    Weather("unavailable", _after("30"), 30, status=503),
]  # fmt: skip


@dataclass
class Storm:
    """Strikes half of the calls for ten minutes, and notes who came while nobody was to."""

    weather: Weather
    clock: FakeClock
    chance: Random
    until: datetime
    windows: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Endpoint to when nobody may call it, by the monotonic clock."""
    struck: int = 0
    trespassed: list[str] = field(default_factory=list)

    def change(self) -> Change:
        def change(asked: Asked, reply: Reply) -> Reply:
            now = self.clock.monotonic()
            endpoint = asked.path if self.weather.per_endpoint else EVERYTHING
            for begin, end in self.windows.get(endpoint, ()):
                if begin < now < end:
                    self.trespassed.append(f"{asked.path} came {end - now:.2f} s too early")
            points = self.weather.status == 200 and asked.path != "/graphql"
            if points or self.clock.now() >= self.until or self.chance.random() < 0.5:
                return reply
            self.struck += 1
            # Whoever was under way when the answer came could not know yet.
            window = (now + LATENCY + 0.001, now + self.weather.seconds - 0.001)
            self.windows.setdefault(endpoint, []).append(window)
            headers = {"content-type": "application/json"} | dict(self.weather.headers(self.clock.now()))
            return replace(reply, status=self.weather.status, body=self.weather.body, headers=headers)

        change.__name__ = "storm"
        return change


EVERY = [(weather, kind) for weather in WEATHERS for kind in weather.kinds]
CASES = [
    (weather, kind)
    for weather, kind in EVERY
    if STRIDE == 1 or kind == weather.kinds[WEATHERS.index(weather) % len(weather.kinds)]
]


@pytest.mark.parametrize(("weather", "kind"), CASES, ids=[f"{kind}: {weather.name}" for weather, kind in CASES])
def test_a_storm_is_waited_out_with_few_calls_more_and_none_too_early(
    make: Make, weather: Weather, kind: Kind, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "NUMBERED_PAGES", 1000)
    monkeypatch.setattr(lanes, "ID_LANES", lanes.LANES)  # more at once would be through before the storm is
    rig = make(kind, page=PAGE[kind], latency=LATENCY)
    rig.world.fill(ITEMS[kind])
    storm = Storm(weather, rig.clock, Random(f"{kind} {weather.name}"), rig.clock.now() + STORM)
    rig.world.faults.add(storm.change())
    with caplog.at_level(logging.WARNING):
        report = rig.sync()
    calls = len(rig.world.ledger)
    needed = calls - storm.struck
    print(
        f"B4 {kind}, {weather.name}: {needed} calls needed, {storm.struck} struck, {calls / needed:.2f}x, "
        f"{(rig.clock.now() - START).total_seconds():.0f} s, {len(storm.trespassed)} too early"
    )
    assert rig.clock.now() >= storm.until  # it was there for all of its ten minutes
    assert storm.trespassed == []
    assert calls <= 1.3 * needed
    assert report.failures == ()
    assert rig.value(ALL) == ITEMS[kind]
    assert ("cannot wait for Retry-After" in caplog.text) == weather.absurd
    assert max(rig.clock.slept) <= LONGEST_WAIT + 2
