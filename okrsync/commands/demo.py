"""The demo: a whole company on this machine, without an account and without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from okrsync.place import Place

DEMO_FOLDER = Path("okrsync-demo")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync demo · okrsync demo my-demo --exit")(demo)
    app.command(epilog="Examples: okrsync sandbox okrsync-demo · okrsync sandbox --jira-records issues.json my-folder")(
        sandbox
    )


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Folder to make; an earlier demo there is started anew.")
    ] = DEMO_FOLDER,
    end: Annotated[
        bool,
        typer.Option("--exit", help="End after the second sync instead of serving.", show_default="without a terminal"),
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed makes another company's quarter.")] = 7,
    port: Annotated[int, typer.Option(help="Port of the page.", min=0, max=65535)] = 8765,
) -> None:
    """Sync a made-up company's Jira, GitHub, Asana and workbook into key results, twice, and show the numbers move."""
    from okrsync.demo import run_demo

    place: Place = ctx.obj
    run_demo(place.folder / folder, seed=seed, stay=not end and sys.stdout.isatty() and sys.stdin.isatty(), port=port)


def sandbox(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder that `okrsync demo` made.")] = DEMO_FOLDER,
    jira_records: Annotated[
        Path | None, typer.Option(help="Serve these recorded Jira issues (a JSON list) instead of a demo's.")
    ] = None,
    github_records: Annotated[
        Path | None, typer.Option(help="Serve these recorded GitHub issues (a JSON list) instead of a demo's.")
    ] = None,
) -> None:
    """Serve the sandbox's Jira, GitHub and Asana for a folder made earlier, at the addresses its config names."""
    from okrsync.demo import run_sandbox

    place: Place = ctx.obj
    run_sandbox(place.folder / folder, jira_records=jira_records, github_records=github_records)
