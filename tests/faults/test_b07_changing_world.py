"""B7: items come, change, leave and hide between any two answers; once the vendor rests, one more sync is the truth.

Each seed is a world of its own that goes through the true flow into a real store: two syncs while people work, then
some deeds at rest, then one sync that has to be right in what belongs, in every field, and in how each item left.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors import registry
from flows.pull import Pull, pull_connection
from mapping.mirror import Departure
from mapping.words import Outcome, PullResult, Selection
from okrsync.sandbox.server import sandbox_app
from store import Run, Store
from tests.connectors.clock import FakeClock, surroundings
from tests.faults.kit import START, Served, Straight, small_github_pages
from tests.faults.worlds import KINDS, Facts, Kind, World, world_of

RUNS = int(os.environ.get("OKRSYNC_RUNS", "25"))
"""Seeds for each kind of source; a thousand take some minutes each."""
BUSY: dict[Kind, float] = {"jira": 0.3, "jira-dc": 0.12, "github-rest": 0.3, "github-graphql": 0.4, "asana": 0.3}
"""How likely somebody does something after an answer; a Data Center needs many, as it has no list of ids alone."""
NONE: frozenset[str] = frozenset()


class Restless(Straight):
    """Answers, and then lets things happen: the next page is of another world."""

    world: World | None = None
    busy = 0.0
    between = 0
    """How many deeds were done between answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        while self.world is not None and self.world.chance.random() < self.busy:
            self.world.happen()
            self.between += 1
        return answer


@dataclass
class Night:
    """Syncs one selection of a world into a store."""

    world: World
    store: Store
    wire: Restless

    def __post_init__(self) -> None:
        given = self.world.connection() | {"token": self.world.account.token}
        self.connector = registry.connector(str(given.pop("connector")))
        self.options = self.connector.options.model_validate(given)
        self.selection = Selection.of("source", self.world.terms())

    async def sync(self, *, accept_shrink: bool) -> PullResult:
        with self.store.begin(started_at=self.world.clock.now()) as run:
            result = await self._pull(run, accept_shrink=accept_shrink)
            run.merge()
            run.publish(check_ins=[], freshness=[], declared=[], connections=[], now=self.world.clock.now())
            run.commit()
        return result

    async def _pull(self, run: Run, *, accept_shrink: bool) -> PullResult:
        clock = self.world.clock
        around = surroundings(self.wire, clock, connection="source", in_flight=3)
        around = replace(around, keys=lambda ids: run.keys("source", ids))
        source = self.connector.open(self.options, around)
        pull = Pull(
            name="source", connector=self.connector, source=source, run=run, fields=NONE, started_at=clock.now(),
            accept_shrink=accept_shrink,
        )  # fmt: skip
        try:
            (result,) = await pull_connection(pull, [self.selection])
        finally:
            await source.aclose()
        return result

    def members(self) -> dict[str, Facts]:
        return {item.id: (item.title, item.done) for item in self.store.mirror().members(self.selection)}

    def departed(self) -> dict[str, Departure]:
        return dict(self.store.mirror().departed(self.selection))


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stores") / "empty.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.mark.parametrize("kind", KINDS)
async def test_once_the_vendor_rests_one_more_sync_equals_the_truth(
    where: Served, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    small_github_pages(monkeypatch, 4)
    deeds, left, ended = Counter[str](), Counter[Departure](), Counter[Outcome]()
    between = 0
    for seed in range(RUNS):
        where.clock = clock = FakeClock(START)
        world = world_of(kind, where.sandbox, clock, seed=seed, page=3)
        world.ledger.clear()
        world.fill(world.chance.randrange(3, 20))
        wire = Restless(sandbox_app(where.sandbox, where.now), clock, 0.0)
        wire.world = world
        with Store.open(f"sqlite:///{shutil.copyfile(empty_store, tmp_path / 'store.db')}") as store:
            night = Night(world, store, wire)
            for wire.busy in (BUSY[kind], BUSY[kind]):
                accept = world.chance.random() < 0.5
                ended[(await night.sync(accept_shrink=accept)).outcome] += 1
            wire.busy = 0.0
            before = night.members()
            for _ in range(3):
                world.happen()
            clock.instant += timedelta(minutes=world.chance.choice((1, 60, 1440)))
            result = await night.sync(accept_shrink=True)
            told = f"seed {seed}: {result.reason}"
            assert result.outcome is Outcome.COMPLETE, told
            assert night.members() == world.members(), told
            departed = night.departed()
            gone = {id_: world.departure(id_) for id_ in before if id_ not in world.members()}
            assert {id_: departed.get(id_) for id_ in gone} == gone, told
        (tmp_path / "store.db").unlink()
        deeds += world.deeds
        left.update(gone.values())
        between += wire.between
    print(f"\nB7 {kind}: {RUNS} runs, {between} deeds between answers, {dict(deeds)}, {dict(left)}, {dict(ended)}")
    assert between >= RUNS
    assert min(deeds[name] for name in ("insert", "edit", "turn", "delete", "move", "hide")) >= RUNS / 5
    assert left[Departure.DELETED] > 0
