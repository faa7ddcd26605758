"""Issues come, go, move and change between any two answers; once the world rests, one more sync tells the truth.

The mirror here is as small as can be, and does what flows and store do with it: census, reads of what is new, what
changed since the watermark, and a last look at what was lost.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.jira import JiraSource
from mapping.errors import PartialReadError
from mapping.words import Selection, WorkItem
from okrsync.sandbox import company
from okrsync.sandbox.accounts import JIRA_ACCOUNT, JIRA_DC_ACCOUNT
from okrsync.sandbox.jira import jira_app
from okrsync.sandbox.jira_dc import jira_dc_app
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.world_jira import empty_jira
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.jira.stage import ANCHOR, NONE, Stage, fail

RUNS = int(os.environ.get("OKRSYNC_RUNS", "100"))
"""Seeds for each kind of Jira and of selection; a thousand are no problem either, and take a minute or two."""
STEP = timedelta(minutes=7)
"""From one change to the next: longer than the overlap of a delta, which would otherwise forgive everything."""
SELECTIONS = [Selection.of("jira", {"project": "SHOP"}), Selection.of("jira", {"epic": "SHOP-1"})]


@dataclass
class World:
    """A small site, to which things happen by chance."""

    site: JiraSite
    chance: Random
    now: datetime = ANCHOR
    busy: float = 0.0
    """How likely something happens after an answer."""

    @classmethod
    def of(cls, seed: int, *, data_center: bool) -> World:
        site = empty_jira("http://jira.test")
        site.data_center, site.most_rows, site.most_ids = data_center, 5, 4
        site.account = JIRA_DC_ACCOUNT if data_center else JIRA_ACCOUNT
        world = cls(site, Random(seed))
        world.create("Epic")
        for _ in range(world.chance.randrange(4, 22)):
            world.happen()
        return world

    def happen(self) -> None:
        deeds: list[Callable[[], None]] = [self.create, self.create, self.rename, self.turn, self.relabel, self.delete,
                                           self.move, self.adopt]  # fmt: skip
        self.chance.choice(deeds)()

    def tick(self) -> datetime:
        self.now += STEP
        return self.now

    def create(self, type_: str = "Story") -> None:
        site = self.site
        project = self.chance.choice(("SHOP", "SHOP", "GROW")) if site.issues else "SHOP"
        taken = [*site.issues.values()]
        id_ = str(10000 + len(taken) + len(site.deleted_ids))
        number = 1 + len([*taken, *site.deleted_ids, *site.moved])
        parent = self.chance.choice([None, "SHOP-1"]) if taken and project == "SHOP" else None
        site.create(id_=id_, key=f"{project}-{number}", type_=type_ if site.issues else "Epic", summary=f"Issue {id_}",
                    at=self.tick(), by=company.INES, parent=parent)  # fmt: skip

    def rename(self) -> None:
        self.site.rename(key := self.any(), f"{key} at {self.now:%H:%M}", at=self.tick(), by=company.INES)

    def turn(self) -> None:
        status = self.chance.choice(("To Do", "In Progress", "Done"))
        self.site.transition(self.any(), status, at=self.tick(), by=company.INES)

    def relabel(self) -> None:
        self.site.relabel(self.any(), [self.chance.choice("abc")], at=self.tick(), by=company.INES)

    def delete(self) -> None:
        if (key := self.any()) != "SHOP-1":
            self.site.delete(key)

    def move(self) -> None:
        key = self.any()
        if key == "SHOP-1":
            return
        project = self.chance.choice(("SHOP", "GROW"))
        number = 1 + len([*self.site.issues, *self.site.deleted_ids, *self.site.moved])
        self.site.move(key, f"{project}-{number}", at=self.tick(), by=company.INES)

    def adopt(self) -> None:
        if (key := self.any()) != "SHOP-1":
            self.site.reparent(key, self.chance.choice([None, "SHOP-1"]), at=self.tick(), by=company.INES)

    def any(self) -> str:
        return str(self.site.issues[self.chance.choice(sorted(self.site.issues))]["key"])

    def truth(self, selection: Selection) -> dict[str, tuple[str, str, str]]:
        """Return key, title and status of all that a selection matches now, by id."""
        in_project = "project" in selection.terms()
        epic = self.site.get("SHOP-1")["id"]
        return {
            id_: (issue["key"], issue["fields"]["summary"], issue["fields"]["status"]["name"])
            for id_, issue in self.site.issues.items()
            if (issue["key"].startswith("SHOP-") if in_project else issue["fields"].get("parent", {}).get("id") == epic)
        }


@dataclass
class Mirror:
    """What okrsync knows of one selection."""

    members: set[str] = field(default_factory=set)
    items: dict[str, WorkItem] = field(default_factory=dict)
    watermark: datetime | None = None

    async def sync(self, source: JiraSource, selection: Selection, started_at: datetime) -> None:
        found: set[str] = set()
        items = dict(self.items)

        async def keep(batches: AsyncIterator[object]) -> set[str]:
            read: set[str] = set()
            async for batch in batches:
                for item in batch:  # type: ignore[attr-defined]
                    items[item.id] = item
                    read.add(item.id)
            return read

        async for page in source.census(selection, NONE, fail):
            found.update(page.ids)
            unknown = [id_ for id_ in page.ids if id_ not in items or id_ not in self.members]
            await keep(source.by_ids(unknown, NONE, fail))
        if self.watermark is not None:
            found |= await keep(source.changed(selection, self.watermark, NONE, fail))
        await keep(source.by_ids(sorted(self.members - found), NONE, fail))
        self.members = {id_ for id_ in found if id_ in items}
        self.items = items
        newest = max((item.updated_at for item in items.values()), default=started_at)
        self.watermark = min(newest, started_at)

    def told(self) -> dict[str, tuple[str, str, str]]:
        return {id_: (self.items[id_].key, self.items[id_].title, self.items[id_].status) for id_ in self.members}


class Restless:
    """A server whose world changes right after an answer was made."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.world: World | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        if self.world is not None and self.world.chance.random() < self.world.busy:
            self.world.happen()


@pytest.mark.parametrize("selection", SELECTIONS, ids=["project", "epic"])
@pytest.mark.parametrize("kind", ["cloud", "center"])
async def test_once_the_world_rests_one_more_sync_tells_the_truth(
    stage: Stage, kind: str, selection: Selection
) -> None:
    made = jira_app if kind == "cloud" else jira_dc_app
    prefix = "/jira" if kind == "cloud" else "/jira-dc"
    served: list[World] = []
    restless = Restless(made(lambda: served[-1].site, lambda: served[-1].now))
    transport = httpx.ASGITransport(app=restless, root_path=prefix)
    # metadata, by the jira library, comes from the stage on loopback; all else from here
    options = stage.options(kind)
    source = JiraSource(options, surroundings(transport, FakeClock(ANCHOR), connection="jira", in_flight=2))
    await source.fingerprint(NONE)
    partial = 0
    for seed in range(RUNS):
        world = World.of(seed, data_center=kind == "center")
        served.append(world)
        restless.world = world
        mirror = Mirror()
        for busy in (0.0, 0.5, 0.3):
            world.busy = busy
            for _ in range(3):
                world.happen()
            try:
                await mirror.sync(source, selection, world.now)
            except PartialReadError:
                partial += 1
        world.busy = 0.0
        await mirror.sync(source, selection, world.now)
        assert mirror.told() == world.truth(selection), f"seed {seed}"
    await source.aclose()
    assert partial < RUNS
