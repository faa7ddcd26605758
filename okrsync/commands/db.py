"""Commands about the store itself."""

from __future__ import annotations

import typer

from okrsync.place import Place


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Look after the store.", no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: okrsync db dump > before.json")(dump)
    app.add_typer(group, name="db")


def dump(ctx: typer.Context) -> None:
    """Print everything in the store as canonical JSON: equal stores give equal text.

    Times of runs and internal numbers are left out, vendors' times and all values are kept.
    """
    place: Place = ctx.obj
    with place.store() as store:
        typer.echo(store.dump_json())
