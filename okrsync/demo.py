"""Runs the demo: makes the folder, syncs as a Prefect flow, changes the world, syncs again."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.text import Text

from flows.prefect_home import prepare
from flows.sync_report import SyncReport
from flows.work import utc_now
from mapping.rules import Unit, UnitKind
from mapping.show import show_value
from okrsync import show
from okrsync.place import Place
from okrsync.sandbox.asana_site import AsanaSite
from okrsync.sandbox.demo import advance, create, serve
from okrsync.sandbox.records import serve_records
from okrsync.sandbox.server import Sandbox
from okrsync.serving import free_or, print_now, serve_page
from okrsync.show_deliver import destination_lines

LOOPBACK = "127.0.0.1"


def run_demo(folder: Path, *, seed: int, stay: bool, port: int) -> None:
    """Make the demo in ``folder``; on a terminal (``stay``) serve page and sandbox until Ctrl-C."""
    out = show.console()
    create(folder, seed=seed, now=utc_now())
    place = Place(folder=folder)
    with serve(folder) as sandbox:
        _say(out, f"A company of its own now lives in {folder}. Its Jira, GitHub and Asana answer at")
        _say(out, f"  {sandbox.jira_url}, {sandbox.github_url} and {sandbox.asana_url}")
        asyncio.run(_two_syncs(place, out, sandbox))
        if stay:
            _stay(place, out, port)
    if not stay:
        _try(out, folder, running=False)


async def _two_syncs(place: Place, out: Console, sandbox: Sandbox) -> None:
    prepare(place.data_folder)
    _say(out, "\nFirst sync, as a Prefect flow. Prefect's own server takes some seconds to start.")
    with out.status("Starting Prefect…"):
        from flows.sync import sync

        report = await sync(config=str(place.rules_path))
    _print_summary(out, report)
    with place.reader() as reader:
        overview = reader.overview()
    out.print(show.heading(overview))
    out.print(show.overview_table(overview))

    _say(out, "\nMeanwhile, at the company:")
    for line in advance(place.folder):
        out.print(Text(f"  · {line}"))
    before = standings(sandbox.asana)
    _say(out, "\nSecond sync.")
    report = await sync(config=str(place.rules_path))
    _print_summary(out, report)
    out.print(show.changes_table(report.changes))
    _say(out, "\nIn Asana, people see their goals move:")
    for moved in goal_lines(before, sandbox.asana):
        out.print(moved)


def standings(site: AsanaSite) -> dict[str, Decimal]:
    """Return the current value of each goal, as Asana has it now."""
    return {gid: Decimal(str(goal["metric"]["current_number_value"])) for gid, goal in site.goals.items()}


def goal_lines(before: Mapping[str, Decimal], site: AsanaSite) -> Iterator[Text]:
    """Return how far each goal of Asana moved since it stood as in ``before``."""
    for gid, value in standings(site).items():
        goal = site.goals[gid]
        unit = Unit(kind=UnitKind.PERCENT if goal["metric"]["unit"] == "percentage" else UnitKind.NUMBER)
        yield Text(f"  · “{goal['name']}” went from {show_value(before[gid], unit)} to {show_value(value, unit)}.")


def _print_summary(out: Console, report: SyncReport) -> None:
    out.print(show.connections_table(report.connections))
    out.print(show.summary(report))
    for told in destination_lines(report.destinations):
        out.print(told)


def _stay(place: Place, out: Console, port: int) -> None:
    _try(out, place.folder, running=True)
    serve_page(place, host=LOOPBACK, port=free_or(port, LOOPBACK))


def _try(out: Console, folder: Path, *, running: bool) -> None:
    _say(out, "\nThree commands to try" + (" in another terminal:" if running else ":"))
    okrsync = _command()
    lines = [
        f"{okrsync} -C {folder} status",
        f"{okrsync} -C {folder} why new-checkout/epic",
        f"{okrsync} -C {folder} plan",
    ]
    if not running:
        lines[2] = f"{okrsync} sandbox {folder}      # serves its Jira, GitHub and Asana again, for sync and plan"
    for line in lines:
        out.print(Text(f"  {line}", style="bold"))


def _command() -> str:
    """Return how the reader called us, so that the lines can be pasted."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "okrsync" and called.exists() else "okrsync"


def _say(out: Console, words: str) -> None:
    out.print(Text(words))


def run_sandbox(folder: Path, *, jira_records: Path | None, github_records: Path | None) -> None:
    """Serve a demo's vendors until Ctrl-C; recorded records take the place of the made-up ones."""
    with serve(folder) as sandbox:
        serve_records(sandbox, jira=jira_records, github=github_records)
        print_now(
            f"Jira:   {sandbox.jira_url}\nGitHub: {sandbox.github_url}\nAsana:  {sandbox.asana_url}\nCtrl-C ends."
        )
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
