"""Serves the page for the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvicorn

from dashboard.app import create_app
from flows.reader import StoreReader
from mapping.errors import FixConfigError
from okrsync.place import Place


def page(place: Place, *, host: str, port: int, say: Callable[[str], None]) -> Callable[[], Awaitable[None]]:
    """Return what serves the page until it is cancelled or interrupted.

    Raises:
        FixConfigError: when called, if the port is taken.
    """

    async def run() -> None:
        with place.reader() as reader:
            await serve_reader(reader, host=host, port=port, language=place.settings.language, say=say)

    return run


async def serve_reader(reader: StoreReader, *, host: str, port: int, language: str, say: Callable[[str], None]) -> None:
    """Serve the page over an open reader."""
    import socket

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FixConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another with --port"
        ) from error
    app = create_app(reader, default_language=language)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    say(f"The page: http://{host}:{listener.getsockname()[1]}/")
    await server.serve(sockets=[listener])


def serve_page(place: Place, *, host: str, port: int) -> None:
    """Serve the page until Ctrl-C."""
    asyncio.run(_serve(place, host, port))


async def _serve(place: Place, host: str, port: int) -> None:
    await page(place, host=host, port=port, say=lambda line: print_now(f"{line}  (Ctrl-C ends)"))()


def print_now(line: str) -> None:
    """Print a line at once, even into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
