"""A folder with rules, a vendor over HTTP and a store, that can be copied: where runs are killed and tried again."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url

from config.load import Config, load
from config.settings import load_settings
from flows.sync_report import SyncReport
from flows.work import Wish, opened
from okrsync.sandbox.asana_site import AsanaSite
from store import Store
from store.dump import Dump
from store.engine import engine_of
from tests.connectors.clock import FakeClock
from tests.faults.kit import START, Served
from tests.faults.rules import DONE, OTHER, write_other, write_rules
from tests.faults.worlds import World, world_of

ITEMS = 12
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where something is done that may be killed. Can be handed to another process."""

    folder: Path
    url: str
    at: datetime
    env: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> Config:
        rules = self.folder / "okrsync.yaml"
        settings = load_settings(self.folder, config=rules).model_copy(update={"database_url": self.url})
        return load(rules, settings=settings)

    def store(self) -> Store:
        return Store.open(self.url)

    def sync(self, wish: Wish | None = None, *, dry: bool = False) -> SyncReport:
        """Run the steps of a sync; what it opens it closes."""
        return asyncio.run(self._sync(wish or Wish(), dry=dry))

    async def _sync(self, wish: Wish, *, dry: bool) -> SyncReport:
        async with opened(self.config(), wish, now=lambda: self.at, dry=dry) as work:
            await asyncio.gather(*(work.pull(name) for name in work.names()))
            work.measure()
            if dry:
                return work.preview()
            work.publish(through="in-process")
            return await work.deliver()

    def dump(self) -> Dump:
        with self.store() as store:
            return store.dump()

    def faults(self) -> list[str]:
        """Return what is wrong with the store as it lies there, and with the database under it."""
        found = []
        if make_url(self.url).get_backend_name() == "sqlite" and Path(str(make_url(self.url).database)).exists():
            engine = engine_of(self.url)
            with engine.connect() as connection:
                found = [line for (line,) in connection.execute(text("PRAGMA integrity_check")) if line != "ok"]
            engine.dispose()
        with self.store() as store:
            return found + store.verify()

    def copy(self, into: Path | None = None, *, tablespace: str = "pg_default") -> Scene:
        """Return a scene just like this one, with a folder and a database of its own."""
        number = next(_numbers)
        folder = (into or self.folder.parent) / f"copy{number}"
        shutil.copytree(self.folder, folder)
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            return replace(self, folder=folder, url=f"sqlite:///{folder / 'okrsync.db'}")
        with server_of(self.url) as connection:
            name = f"copy{number}_{os.getpid()}"
            statement = f"CREATE DATABASE {name} TEMPLATE {url.database} TABLESPACE {tablespace}"
            connection.execute(statement.encode())
        return replace(self, folder=folder, url=url.set(database=name).render_as_string(hide_password=False))

    def remove(self) -> None:
        """Take away what a copy takes up."""
        shutil.rmtree(self.folder)
        url = make_url(self.url)
        if url.get_backend_name() != "sqlite":
            with server_of(self.url) as connection:
                connection.execute(f"DROP DATABASE {url.database} WITH (FORCE)".encode())


def server_of(url: str) -> psycopg.Connection:
    """Connect to the database that every server has, and of which nobody makes copies."""
    there = make_url(url).set(database="postgres", drivername="postgresql")
    return psycopg.connect(there.render_as_string(hide_password=False), autocommit=True)


@dataclass
class Stage:
    """What tests set scenes up with: the vendor's world, its clock, and empty databases on one engine."""

    where: Served
    folder: Path
    new_database: Callable[[], str]
    page: int = 5

    def __post_init__(self) -> None:
        self.where.clock = FakeClock(START)
        self.world: World = world_of("jira", self.where.sandbox, self.where.clock, seed=1, page=self.page)
        self.world.faults.clear()
        self.world.fill(ITEMS, done=ITEMS // 3)

    def scene(self, *, empty: bool = False, goals: bool = False) -> Scene:
        """Return a scene that was synced once, or one whose database nobody has opened yet.

        Args:
            empty: do not sync.
            goals: two of the key results go to goals, which every scene of this stage shares.
        """
        folder = self.folder / f"scene{next(_numbers)}"
        folder.mkdir()
        connection = self.world.connection() | {"token": "${FAULTS_TOKEN}"}
        more = self._destinations() if goals else ""
        write_rules(folder, connection, self.world.terms(), most=50, more=more)
        url = self.new_database()
        if url.startswith("sqlite:"):
            url = f"sqlite:///{folder / 'okrsync.db'}"
        env = {"FAULTS_TOKEN": self.world.account.token, "ASANA_TOKEN": self.office.account.token}
        env |= {"OKRSYNC_ALLOWED_HOSTS": "127.0.0.1"}
        made = Scene(folder=folder, url=url, at=self.where.now(), env=env)
        os.environ.update(env)
        write_other(folder, 42, START)
        if not empty:
            assert made.sync().failures == ()
        return made

    @property
    def office(self) -> AsanaSite:
        return self.where.sandbox.asana

    def _destinations(self) -> str:
        """Return the part of the rules that sends two key results to goals; both are made here."""
        self.where.sandbox.asana = AsanaSite()
        goals = {
            DONE: self.office.add_goal("Finish it", precision=1),
            OTHER: self.office.add_goal("Win customers", unit="none", target_number_value=100),
        }
        terms = {"to": "asana", "token": "${ASANA_TOKEN}", "url": self.where.sandbox.asana_url, "key_results": goals}
        return f"destinations:\n  goals: {json.dumps(terms)}\n"

    def suggest(self, scene: Scene) -> None:
        """Let new values of two key results wait for a person from now on."""
        rules = scene.folder / "okrsync.yaml"
        text = rules.read_text(encoding="utf-8")
        for title in ("title: Finish it", "title: Win customers"):
            text = text.replace(title, f"{title}\n        mode: suggest")
        rules.write_text(text, encoding="utf-8")

    def move_on(self, scene: Scene) -> Scene:
        """Let things happen at the vendors, and return the scene as of the day after."""
        for _ in range(8):
            self.world.happen()
        self.where.clock.instant += timedelta(days=1)
        later = replace(scene, at=self.where.now())
        write_other(later.folder, 44, later.at)
        return later


def gone(path: Path) -> None:
    """Remove a file that need not be there."""
    with suppress(FileNotFoundError):
        path.unlink()
