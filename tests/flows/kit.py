"""A demo folder being served, and what tests do with it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.sync_report import SyncReport
from flows.work import Wish
from mapping.changes import Change
from okrsync.place import Place
from okrsync.running import in_process
from okrsync.sandbox.demo import GOALS_FILE, create, serve
from okrsync.sandbox.server import Sandbox
from store import Store
from tests.flows.starter import starter


@dataclass(frozen=True, kw_only=True)
class Company:
    """The sandbox's company with its folder."""

    folder: Path
    sandbox: Sandbox

    @property
    def place(self) -> Place:
        return Place(folder=self.folder)

    @property
    def database(self) -> Path:
        return self.folder / "okrsync.db"

    def sync(self, wish: Wish | None = None) -> SyncReport:
        return asyncio.run(in_process(self.place, wish or Wish(), _ignore))

    def plan(self, wish: Wish | None = None) -> SyncReport:
        return asyncio.run(in_process(self.place, wish or Wish(), _ignore, dry=True))

    def dump(self) -> str:
        with Store.open(f"sqlite:///{self.database}") as store:
            return store.dump_json()

    def values(self) -> dict[str, object]:
        with Store.open(f"sqlite:///{self.database}") as store:
            return {name: entry.value for name, entry in store.last_check_ins().items()}

    def runs(self) -> int:
        with Store.open(f"sqlite:///{self.database}") as store:
            return len(store.runs(1000))

    def keep(self, name: str) -> Path:
        """Copy the store aside, and Asana's goals as they stand with it; nobody has it open."""
        kept = self.folder.parent / name
        shutil.copyfile(self.database, kept)
        shutil.copyfile(self.folder / GOALS_FILE, kept.with_suffix(".json"))
        return kept

    def put_back(self, kept: Path) -> None:
        for suffix in ("-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(kept, self.database)
        shutil.copyfile(kept.with_suffix(".json"), self.folder / GOALS_FILE)


def _ignore(_progress: object) -> None:
    return None


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    create(folder, now=datetime.now(UTC))
    with serve(folder) as sandbox:
        yield Company(folder=folder, sandbox=sandbox)


def okrsync(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, in a process of its own; never raises for its exit code."""
    return starter().run(words, {**os.environ, "NO_COLOR": "1", **(env or {})})


def printed(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Return what a command with --json printed."""
    found: dict[str, object] = json.loads(done.stdout)
    return found


def by_address(report: SyncReport) -> dict[str, Change]:
    return {change.key_result: change for change in report.changes}
