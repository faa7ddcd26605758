"""The command line: which commands there are and what may be said before them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from okrsync import __version__
from okrsync.commands import (
    cycles,
    db,
    deliver,
    demo,
    lint,
    look,
    okr,
    past,
    people,
    review,
    service,
    setup,
    sync,
    testing,
    token,
    trade,
)

app = typer.Typer(
    name="okrsync",
    help="Keeps key results true: pulls work from Jira, GitHub, Asana and spreadsheets, and explains every number.",
    epilog="Start with `okrsync demo`: it needs no account and no network.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"okrsync {__version__}")
        raise typer.Exit


@app.callback()
def before(
    ctx: typer.Context,
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            "-C",
            help="Folder of the rules, settings and store. Files that a command names are found from where you are.",
            show_default="this folder",
            exists=True,
            file_okay=False,
        ),
    ] = Path(),
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Rules file, or folder of rules files.", show_default="okrsync.yaml"),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log on standard error.")] = False,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold what every command needs to know."""
    from okrsync.place import Place

    ctx.obj = Place(folder=folder, config=config, verbose=verbose)


for room in (
    demo,
    setup,
    lint,
    testing,
    sync,
    look,
    okr,
    people,
    past,
    cycles,
    review,
    trade,
    deliver,
    token,
    service,
    db,
):
    room.register(app)
