"""Commands about the past: rebuilding it from what vendors tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.sync import KeyResults
from okrsync.exits import Exit
from okrsync.place import Place

if TYPE_CHECKING:
    from flows.backfill import Told


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync backfill · okrsync backfill --since 2026-10-01 --key-result launch/epic")(
        backfill
    )


def backfill(
    ctx: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="First day.", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", show_default="each cycle's first day"
        ),
    ] = None,
    key_result: KeyResults = None,
    json: AsJson = False,
) -> None:
    """Rebuild daily readings before the first sync from the vendors' own history.

    Rebuilt readings are marked as such, with what had to be assumed. Doing it again changes nothing; one that was
    interrupted goes on where it stopped.
    """
    from flows.backfill import backfill as rebuild
    from okrsync import show
    from okrsync.running import known

    place: Place = ctx.obj
    config = place.rules()
    known("key result", key_result, [each.id for each in config.key_results()])
    with place.store() as store, _told(quiet=json) as told:
        report = asyncio.run(
            rebuild(
                config,
                store,
                now=lambda: datetime.now(UTC),
                since=None if since is None else since.date(),
                key_results=frozenset(key_result or ()),
                told=told,
            )
        )
    if json:
        typer.echo(show.as_json(report))
    else:
        typer.echo(
            f"{show.counted_as(report.days, 'daily reading')} rebuilt of {report.measured} measured; "
            f"the past of {show.counted_as(report.pasts, 'item')} was read."
        )
        for line in report.failures:
            typer.echo(f"left out: {show.clean(line)}", err=True)
    if report.failures:
        raise typer.Exit(Exit.PARTLY)


@contextmanager
def _told(*, quiet: bool) -> Iterator[Told]:
    from okrsync import show

    out = show.console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda _what, _done, _all: None
        return
    from rich.progress import Progress

    with Progress(console=out, transient=True) as bars:
        tasks = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield told
