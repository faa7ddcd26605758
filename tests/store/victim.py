"""A process that syncs and is killed in the middle: by itself before its n-th statement, or by its parent."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from decimal import Decimal
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy import Engine, event

from mapping.words import ItemState, WorkItem
from store import Store
from tests.store.kit import CELL, DAY, EPIC, START, Pull, item, sample, sync

STEPS = 4


def world(step: int, size: int = 60) -> list[WorkItem]:
    """Return the vendor's items at a step: some done, some gone, some new, some with another estimate."""
    chance = random.Random(step)
    there = [n for n in range(size + 10 * step) if n % 7 != step]
    return [
        item(
            f"{n:04}",
            state=ItemState.DONE if n % (STEPS + 1) <= step else ItemState.TODO,
            numbers={"points": Decimal(n + (step if n % 11 == 0 else 0))},
            updated_at=START + step * DAY,
            title=f"Step {n} {'x' * chance.randrange(50)}",
        )
        for n in there
    ]


def perform(url: str, step: int, size: int = 60) -> None:
    """Sync one step of the world; a step performed again changes nothing."""
    items = world(step, size)
    gone = frozenset(f"{n:04}" for n in range(0, size, 2))
    with Store.open(url) as store:
        sync(
            store,
            Pull(selection=EPIC, items=items, vanished=gone, watermark=START + step * DAY),
            Pull(selection=CELL, samples=[sample(f"4.{step}"), sample(str(step), START + step * DAY)]),
            at=START + step * DAY,
        )


def die_before(statement: int | None) -> None:
    """Kill this process right before its n-th statement from now; a commit counts as a statement."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def perform_and_die(url: str, step: int, size: int, die_at: int | None) -> None:
    die_before(die_at)
    perform(url, step, size)


def start(url: str, step: int, *, size: int = 60, die_at: int | None = None) -> BaseProcess:
    """Start a victim in a fresh process that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.victim"])
    process = context.Process(target=perform_and_die, args=(url, step, size, die_at))
    process.start()
    return process


def statements_of(url: str, step: int) -> int:
    """Return how many statements and commits performing a step takes. Performs it."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    try:
        perform(url, step)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
        event.remove(Engine, "commit", count)
    return seen
