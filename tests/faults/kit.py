"""A vendor that fails on purpose, rules, a real store, and a clock that only waiting moves: whole syncs for the table.

Every request of a sync goes into a sandbox that is also served on loopback: those of the shared client straight into
its app, or over HTTP where a fault breaks the connection itself; those of the jira library always over HTTP.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from config.load import load
from config.settings import load_settings
from connectors.github import client, graphql, issues, lanes, paging
from connectors.port import Surroundings
from flows.sync_report import SyncReport
from flows.work import Wish, opened
from mapping.changes import Change
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.server import Sandbox, free_port, sandbox_app, serving
from store import Store
from tests.connectors.clock import FakeClock, surroundings
from tests.faults.rules import ALL, write_other, write_rules
from tests.faults.worlds import Kind, World, world_of

STRIDE = int(os.environ.get("OKRSYNC_STRIDE", "8"))
"""How much of the table is played: 1 is all of it and takes a quarter of an hour; more thins it out for every day."""
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LISTS: dict[Kind, str] = {
    "jira": "/rest/api/3/search/jql",
    "jira-dc": "/rest/api/2/search",
    "github-rest": "/repo*/issues",
    "github-graphql": "/graphql",
    "asana": "/tasks",
}
"""Where each of them lists what the rules select."""


class Straight(httpx.AsyncBaseTransport):
    """Hands requests to the sandbox in this process; an answer takes a while by the test's clock."""

    def __init__(self, app: ASGIApp, clock: FakeClock, latency: float) -> None:
        self._app = httpx.ASGITransport(app)
        self._clock = clock
        self._latency = latency

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._app.handle_async_request(request)
        if self._latency:
            await self._clock.sleep(self._latency)
        return answer


@dataclass
class Served:
    """The sandbox that a module's tests share; each test puts a world and a clock of its own in place."""

    sandbox: Sandbox
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))

    def now(self) -> datetime:
        return self.clock.now()


@contextmanager
def served() -> Iterator[Served]:
    sandbox = Sandbox(jira=JiraSite(), github=GitHubSite(), port=free_port())
    found = Served(sandbox)
    with serving(sandbox, clock=found.now):
        yield found


@dataclass(kw_only=True)
class Rig:
    """One world, and what syncs it."""

    world: World
    folder: Path
    clock: FakeClock
    app: ASGIApp
    latency: float = 0.0
    over_http: bool = False
    in_flight: int = 4
    budget_seconds: float = 900.0
    terms: dict[str, object] | None = None

    def write_rules(self, *, anonymous: bool = False) -> None:
        connection = self.world.connection() | {"token": "${FAULTS_TOKEN}"}
        if anonymous:
            del connection["token"]
        write_rules(self.folder, connection, self.terms or self.world.terms(), most=5000)
        write_other(self.folder, 42, START)

    def sync(self, *, accept_shrink: bool = False) -> SyncReport:
        """Run a whole sync: pull, measure, plan, publish."""
        if not (self.folder / "okrsync.yaml").exists():
            self.write_rules()
        return asyncio.run(self._sync(Wish(accept_shrink=accept_shrink)))

    async def _sync(self, wish: Wish) -> SyncReport:
        path = self.folder / "okrsync.yaml"
        config = load(path, settings=load_settings(self.folder))
        async with opened(config, wish, now=self.clock.now) as work:
            connection = config.connections["source"]
            around = self.around(lambda ids: work.run.keys("source", ids))
            work.sources["source"] = connection.connector.open(connection.options, around)
            await asyncio.gather(*(work.pull(name) for name in work.names()))
            work.measure()
            return work.publish(through="in-process")

    def around(self, keys: Callable[[Sequence[str]], Mapping[str, str]]) -> Surroundings:
        """Return what a source is handed here."""
        around = surroundings(
            None if self.over_http else Straight(self.app, self.clock, self.latency),
            self.clock,
            connection="source",
            folder=self.folder,
            budget_seconds=self.budget_seconds,
            in_flight=self.in_flight,
        )
        return replace(around, keys=keys)

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.folder}/okrsync.db")

    def dump(self) -> str:
        with self.store() as store:
            return store.dump_json()

    def keep(self) -> Path:
        """Copy the store aside; nobody has it open."""
        return Path(shutil.copyfile(self.folder / "okrsync.db", self.folder / "kept.db"))

    def put_back(self, kept: Path) -> None:
        for suffix in ("-wal", "-shm"):
            (self.folder / f"okrsync.db{suffix}").unlink(missing_ok=True)
        shutil.copyfile(kept, self.folder / "okrsync.db")

    def value(self, key_result: str = ALL) -> object:
        """Return the last published value."""
        with self.store() as store:
            found = store.last_check_ins().get(key_result)
        return None if found is None else found.value

    def stale(self, key_result: str = ALL) -> str | None:
        """Return why a key result is stale."""
        with self.store() as store:
            return store.freshness()[key_result].stale_reason


Make = Callable[..., Rig]


def make_rig(where: Served, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, **given: object) -> Rig:
    """Return a rig of a kind over an empty world; ``page`` and ``seed`` are the world's, the rest the rig's own."""
    where.clock = clock = FakeClock(START)
    page = int(str(given.pop("page", 5)))
    world = world_of(kind, where.sandbox, clock, seed=given.pop("seed", 0), page=page)
    for script in (world.faults,):
        script.clear()
    world.ledger.clear()
    monkeypatch.setenv("FAULTS_TOKEN", world.account.token)
    small_github_pages(monkeypatch, page)
    folder.mkdir(parents=True, exist_ok=True)
    return Rig(world=world, folder=folder, clock=clock, app=sandbox_app(where.sandbox, where.now), **given)  # type: ignore[arg-type]


def small_github_pages(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Let the connector ask for small pages, so that few issues are many pages."""
    for where in (paging, lanes, client):
        monkeypatch.setattr(where, "PER_PAGE", page)
    for where in (lanes, issues):
        monkeypatch.setattr(where, "LANES", 2)
    monkeypatch.setattr(issues, "SHORT", 0)
    monkeypatch.setattr(graphql, "SMALLEST_PAGE", 1)
    for module in (graphql, lanes, issues):
        monkeypatch.setattr(module, "PAGE", page)


def of(report: SyncReport, key_result: str) -> Change:
    """Return what a sync did to a key result."""
    (found,) = (change for change in report.changes if change.key_result == key_result)
    return found


def seconds() -> float:
    """Return a stopwatch's reading, to print; nothing is asserted on it."""
    return time.perf_counter()
