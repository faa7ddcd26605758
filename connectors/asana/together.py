"""Several reads at once, within bounds: results in the order of what was asked, or as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def mapped(
    ask: Callable[[A], Coroutine[Any, Any, B]], each: Iterable[A], at_once: int
) -> AsyncGenerator[B, None]:
    """Stream what ``ask`` gives for each, in their order, with so many under way; the first failure ends it."""
    waiting = iter(each)
    running: deque[asyncio.Task[B]] = deque()
    try:
        while True:
            while len(running) < max(1, at_once):
                try:
                    running.append(asyncio.create_task(ask(next(waiting))))
                except StopIteration:
                    break
            if not running:
                return
            yield await running[0]
            running.popleft()
    finally:
        await _let_go(running)


async def merged(streams: Sequence[Callable[[], AsyncGenerator[B, None]]], at_once: int) -> AsyncGenerator[B, None]:
    """Stream what all of the streams give, as it comes, with so many open at once; the first failure ends it."""
    waiting = deque(streams)
    ready: asyncio.Queue[B | asyncio.Task[None]] = asyncio.Queue()
    room = asyncio.Semaphore(max(1, at_once))

    async def work() -> None:
        while waiting:
            async with aclosing(waiting.popleft()()) as stream:
                async for piece in stream:
                    await room.acquire()
                    ready.put_nowait(piece)

    workers = [asyncio.create_task(work()) for _ in range(min(max(1, at_once), len(streams)))]
    for worker in workers:
        worker.add_done_callback(ready.put_nowait)
    left = len(workers)
    try:
        while left:
            piece = await ready.get()
            if isinstance(piece, asyncio.Task):
                piece.result()
                left -= 1
            else:
                yield piece
                room.release()
    finally:
        await _let_go(workers)


async def _let_go(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what is still under way and wait for its end; its outcome no longer matters to anyone."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
