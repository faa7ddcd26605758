"""One world, served once for the whole folder; tests that change it take a copy of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from okrsync.sandbox.accounts import GITHUB_ACCOUNT, JIRA_ACCOUNT
from okrsync.sandbox.server import Sandbox, address, free_port, serving
from okrsync.sandbox.world import World, build

ANCHOR = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
SEED = 7


def world_at(port: int, *, seed: int = SEED, steps: tuple[datetime, ...] = ()) -> World:
    base = address(port)
    return build(seed=seed, anchor=ANCHOR, jira_url=f"{base}/jira", github_url=f"{base}/github", steps=steps)


def sandbox_at(port: int) -> Sandbox:
    world = world_at(port)
    return Sandbox(jira=world.jira, github=world.github, port=port)


def jira_client(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.jira_url, auth=(JIRA_ACCOUNT.person.email, JIRA_ACCOUNT.token))


def github_client(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.github_url, headers={"Authorization": f"Bearer {GITHUB_ACCOUNT.token}"})


@pytest.fixture(scope="session")
def shared() -> Iterator[Sandbox]:
    """The sandbox that no test may change."""
    with serving(sandbox_at(free_port()), clock=lambda: ANCHOR) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def stage() -> Iterator[Sandbox]:
    """The server behind ``own``; starting one for every test would take most of the time."""
    with serving(sandbox_at(free_port()), clock=lambda: ANCHOR) as sandbox:
        yield sandbox


@pytest.fixture
def own(stage: Sandbox) -> Sandbox:
    """A sandbox with a new world, an empty ledger and no faults: to play faults on and to change."""
    world = world_at(stage.port)
    stage.jira, stage.github, stage.refresh = world.jira, world.github, None
    for ledger in (stage.jira_ledger, stage.github_ledger):
        ledger.clear()
    for script in (stage.jira_faults, stage.github_faults):
        script.clear()
    return stage


@pytest.fixture(scope="session")
def jira(shared: Sandbox) -> Iterator[httpx.Client]:
    with jira_client(shared) as client:
        yield client


@pytest.fixture(scope="session")
def github(shared: Sandbox) -> Iterator[httpx.Client]:
    with github_client(shared) as client:
        yield client
