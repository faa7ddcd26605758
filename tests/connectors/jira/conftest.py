from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.jira import JiraOptions, JiraSource
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.jira.described import PRESENT
from tests.connectors.jira.replay import Site, serving
from tests.connectors.jira.stage import Stage, staged


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site) as url:
        yield url


@pytest.fixture
def options(address: str) -> JiraOptions:
    return JiraOptions.model_validate({"url": address, "email": "sync@acme.test", "token": "t0k3n-made-up"})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def source(options: JiraOptions, clock: FakeClock) -> AsyncIterator[JiraSource]:
    opened = JiraSource(options, surroundings(clock=clock, connection="jira"))
    yield opened
    await opened.aclose()


@pytest.fixture(scope="session")
def _served() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(_served: Stage) -> Iterator[Stage]:
    """The sandbox's Jiras with a new world; whatever a test makes okrsync ask of them must be as described."""
    _served.renew()
    yield _served
    if PRESENT:
        assert _served.not_as_described() == []
