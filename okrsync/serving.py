"""Serves the page for the command line."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

import uvicorn

from config.load import Schedule
from dashboard.app import create_app
from flows.reader import StoreReader
from flows.reports import Counter
from mapping.errors import FixConfigError
from okrsync.memory import working
from okrsync.place import Place

ENDINGS = (KeyboardInterrupt, asyncio.CancelledError)
"""How a service ends: by Ctrl-C and by SIGTERM."""


async def serve_reader(
    reader: StoreReader, *, host: str, port: int, language: Literal["en", "fr"], counter: Counter | None = None
) -> None:
    """Serve the page over an open reader."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FixConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another with --port"
        ) from error
    app = create_app(reader, default_language=language, counter=counter)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    print_now(f"The page: http://{host}:{listener.getsockname()[1]}/  (Ctrl-C ends)")
    await server.serve(sockets=[listener])


def serve_page(place: Place, *, host: str, port: int) -> None:
    """Serve the page until Ctrl-C or SIGTERM, which is how a service ends and no failure."""
    with suppress(*ENDINGS):
        asyncio.run(_ended_in_order(_page(place, host, port)))


def run_service(place: Place, *, host: str, port: int, prefect_port: int) -> None:
    """Run Prefect's server, the schedule and the page until Ctrl-C or SIGTERM.

    Raises:
        FixConfigError: the rules name no schedule, or a port is taken.
    """
    from flows.up import run_up

    schedule = schedule_of(place)
    service = run_up(
        place.rules_path,
        schedule,
        place.data_folder,
        port=prefect_port,
        page=lambda: _page(place, host, port),
        say=print_now,
    )
    with suppress(*ENDINGS):
        asyncio.run(_ended_in_order(service))


async def _ended_in_order(work: Awaitable[None]) -> None:
    """Await ``work``; SIGTERM, as systemd and containers send it, cancels it, so that what it has started ends too."""
    working()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(task.cancel))
    await work


def free_or(port: int, host: str) -> int:
    """Return the port if nobody listens there, otherwise 0: any free one."""
    with socket.socket() as probe:
        return 0 if probe.connect_ex((host, port)) == 0 else port


def schedule_of(place: Place) -> Schedule:
    """Return the schedule that the rules name.

    Raises:
        FixConfigError: they say ``schedule: none``.
    """
    schedule = place.rules().schedule
    if schedule is None:
        raise FixConfigError(f"{place.rules_path} says schedule: none: name a cron, as schedule: {{cron: 0 2 * * *}}")
    return schedule


async def _page(place: Place, host: str, port: int) -> None:
    with place.reader(create=True) as reader, place.store() as store:
        counter = Counter(store=store, now=lambda: datetime.now(UTC), outlets=place.outlets())
        await serve_reader(reader, host=host, port=port, language=place.settings.language, counter=counter)


def print_now(line: str) -> None:
    """Print a line at once, even into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
