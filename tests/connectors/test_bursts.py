"""Jira's regimes of limits: a burst is about one endpoint, a quota about all of them."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from connectors.http import HttpClient
from connectors.retry import Budget, Gate
from tests.connectors.clock import FakeClock, surroundings

BURST = {"Retry-After": "30", "RateLimit-Reason": "jira-burst-based", "X-RateLimit-Limit": "100"}
QUOTA = {"Retry-After": "30", "RateLimit-Reason": "jira-quota-tenant-based", "X-RateLimit-Remaining": "0"}


class Server:
    """Says "slow down" once to each of the paths named, and notes when each request came."""

    def __init__(self, clock: FakeClock, limited: dict[str, dict[str, str]]) -> None:
        self.clock = clock
        self.limited = limited
        self.came: list[tuple[str, float]] = []
        self.asked = asyncio.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.came.append((request.url.path, self.clock.elapsed - 1000))
        self.asked.set()
        headers = self.limited.pop(request.url.path, None)
        return httpx.Response(429, headers=headers) if headers else httpx.Response(200, json={})


def client(server: Server, *, in_flight: int = 8) -> HttpClient:
    around = surroundings(server, server.clock, in_flight=in_flight)
    return HttpClient(
        base_url="https://jira.test", vendor="Jira", headers={"a": SecretStr("none")}, surroundings=around
    )


async def limited_then_other(headers: dict[str, str], *, in_flight: int = 8) -> list[tuple[str, int]]:
    server = Server(FakeClock(), {"/search": headers})
    http = client(server, in_flight=in_flight)
    first = asyncio.create_task(http.post("search", json={}))
    await server.asked.wait()
    await asyncio.gather(http.post("bulk", json={}), http.post("bulk", json={}), first)
    await http.aclose()
    return [(path, round(at)) for path, at in server.came]


async def test_a_burst_keeps_only_its_endpoint_waiting() -> None:
    came = await limited_then_other(BURST)
    assert came[:3] == [("/search", 0), ("/bulk", 0), ("/bulk", 0)]
    assert came[3][0] == "/search"
    assert came[3][1] >= 30


async def test_a_quota_keeps_everything_waiting() -> None:
    came = await limited_then_other(QUOTA)
    assert came[0] == ("/search", 0)
    assert [at >= 30 for _, at in came] == [False, True, True, True]


async def test_who_waits_for_one_endpoint_takes_no_place_from_others() -> None:
    came = await limited_then_other(BURST, in_flight=1)
    assert came[:3] == [("/search", 0), ("/bulk", 0), ("/bulk", 0)]


async def test_issues_of_one_kind_of_address_are_one_endpoint() -> None:
    clock = FakeClock()
    server = Server(clock, {"/issue/CHK-1/changelog": BURST})
    http = client(server)
    await http.get("issue/CHK-1/changelog")
    await http.get("issue/CHK-2/changelog")
    await http.aclose()
    assert [path for path, _ in server.came] == ["/issue/CHK-1/changelog"] * 2 + ["/issue/CHK-2/changelog"]
    assert min(at for _, at in server.came[1:]) >= 30


@pytest.mark.parametrize("endpoint", ["", "POST /search"])
async def test_a_window_that_closes_while_waiting_for_a_place_is_waited_for(endpoint: str) -> None:
    clock = FakeClock()
    around = surroundings(clock=clock, in_flight=1)
    gate = Gate(around, Budget(900, clock.monotonic), "jira: Jira")
    passed: list[float] = []

    async def pass_() -> None:
        async with gate.pass_through("POST /search"):
            passed.append(clock.elapsed)

    async with gate.pass_through("POST /search"):
        waiting = asyncio.create_task(pass_())
        await asyncio.sleep(0)
        gate.close(20, endpoint)
    await waiting
    assert passed == [clock.elapsed]
    assert clock.slept == [20.0]
