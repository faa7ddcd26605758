"""A key result over the rows of a csv file: the smallest whole sync there is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.load import load
from config.settings import load_settings
from flows.sync_report import SyncReport
from flows.work import Wish, Work, opened
from store import Store

KR = "work/tasks"
START = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
RULES = """
timezone: UTC
connections:
  board: {{connector: spreadsheet, file: board.csv}}
cycles:
  q4: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  work:
    title: Get it done
    cycle: q4
    key_results:
      tasks:
        title: All tasks
        {more}
        measure:
          completion:
            from: board
            table: Tasks
            id: id
            done: {{column: done, is: ["yes"]}}
            where: item.fields["scope"] == "in"
"""


@dataclass
class Rows:
    """A folder with rules, a file and a store."""

    folder: Path
    more: str = ""
    """Another line of the key result's rule."""

    def __post_init__(self) -> None:
        (self.folder / "okrsync.yaml").write_text(RULES.format(more=self.more), encoding="utf-8")

    def write(self, tasks: Mapping[str, bool], out: Iterable[str] = ()) -> None:
        """Write the file: task to whether it is done, and the tasks that are out of scope."""
        lines = ["id,done,scope", *(f"{id_},{'yes' if done else 'no'},in" for id_, done in tasks.items())]
        lines += [f"{id_},no,out" for id_ in out if id_ not in tasks]
        (self.folder / "board.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def store(self) -> Store:
        """Open the store."""
        return Store.open(f"sqlite:///{self.folder / 'okrsync.db'}")

    def sync(self, at: datetime, *, accept_shrink: bool = False, dry: bool = False) -> SyncReport:
        """Run the steps of a sync at an instant."""
        return asyncio.run(self._sync(at, Wish(accept_shrink=accept_shrink), dry=dry))

    async def _sync(self, at: datetime, wish: Wish, *, dry: bool) -> SyncReport:
        rules = self.folder / "okrsync.yaml"
        config = load(rules, settings=load_settings(self.folder, config=rules))
        async with opened(config, wish, now=lambda: at, dry=dry) as work:
            return await self._steps(work, dry=dry)

    async def _steps(self, work: Work, *, dry: bool) -> SyncReport:
        for name in work.names():
            await work.pull(name)
        work.measure()
        return work.preview() if dry else work.publish(through="in-process")
