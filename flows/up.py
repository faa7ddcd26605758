"""The whole service on one machine: a Prefect server, the schedule, and whatever page the caller brings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.load import Schedule
from flows.prefect_home import QUIET, api_file
from mapping.errors import FixConfigError, TryAgainError

STARTS_WITHIN_SECONDS = 120


async def run_up(
    rules: Path,
    schedule: Schedule,
    data_folder: Path,
    *,
    port: int,
    page: Callable[[], Awaitable[None]],
    say: Callable[[str], None],
) -> None:
    """Run Prefect's server, the schedule and the page until one of them ends or the task is cancelled.

    Raises:
        FixConfigError: the port is taken.
        TryAgainError: the server did not come up; its log file is named.
    """
    with prefect_server(data_folder, port) as api:
        say(f"Prefect answers at {api.removesuffix('/api')}")
        from flows.deployment import run_schedule

        say(f"Syncing at {schedule.cron} ({schedule.timezone})")
        async with asyncio.TaskGroup() as group:
            syncing = group.create_task(run_schedule(rules, schedule))
            await page()
            syncing.cancel()


@contextmanager
def prefect_server(data_folder: Path, port: int) -> Iterator[str]:
    """Run a Prefect server with its own database in ``data_folder``; yield its API's address."""
    home = data_folder / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    api = f"http://127.0.0.1:{port}/api"
    if _healthy(api):
        raise FixConfigError(f"port {port} is taken by another Prefect server: stop it, or choose with --prefect-port")
    os.environ.update({"PREFECT_HOME": str(home), "PREFECT_API_URL": api})
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    log = home / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:  # noqa: S603 - our own interpreter
        try:
            _wait(server, api, log)
            api_file(data_folder).write_text(json.dumps({"api_url": api}), encoding="utf-8")
            yield api
        finally:
            api_file(data_folder).unlink(missing_ok=True)
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=10)
            server.kill()


def _wait(server: subprocess.Popen[bytes], api: str, log: Path) -> None:
    import time

    for _ in range(STARTS_WITHIN_SECONDS * 4):
        if server.poll() is not None:
            raise TryAgainError(f"the Prefect server ended with code {server.returncode}: see {log}")
        if _healthy(api):
            return
        time.sleep(0.25)
    raise TryAgainError(f"the Prefect server did not answer within {STARTS_WITHIN_SECONDS} s: see {log}")


def _healthy(api: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=1) as answer:  # noqa: S310 - an http address of our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
