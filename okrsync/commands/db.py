"""Commands about the store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.exits import Exit
from okrsync.place import Place


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Look after the store.", no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Examples: okrsync db status · okrsync db status --json")(status)
    group.command(epilog="Example: okrsync db upgrade")(upgrade)
    group.command(epilog="Example: okrsync db backup okrs-2026-11-27.db")(backup)
    group.command(
        epilog="Example: OKRSYNC_DATABASE_URL=postgresql://okrs@db/okrs okrsync db restore okrs-2026-11-27.db"
    )(restore)
    group.command(epilog="Example: okrsync db verify")(verify)
    group.command(epilog="Example: okrsync db dump > before.json")(dump)
    app.add_typer(group, name="db")


def status(ctx: typer.Context, json: AsJson = False) -> None:
    """Show where the store is, its schema, and how much is in it."""
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        facts = store.facts_of_all()
    if json:
        typer.echo(show.as_json(facts))
        return
    typer.echo(f"{facts.where}  {facts.engine}, schema {facts.schema}")
    for table, rows in facts.rows.items():
        typer.echo(f"  {table:<16}{rows:>12,}")


def upgrade(ctx: typer.Context) -> None:
    """Bring the store to the schema of this okrsync; every command that opens it does so too."""
    place: Place = ctx.obj
    with place.store(create=True) as store:
        facts = store.facts_of_all()
    typer.echo(f"{facts.where} is at schema {facts.schema}")


def backup(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Write everything to one file, as one committed state; syncs may go on meanwhile.

    The file is a SQLite store itself, whatever engine it was taken from: `restore` takes it over on either.
    """
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store, show.counting() as told:
        rows = store.backup(file, told)
    typer.echo(f"{show.counted_as(rows, 'row')} written to {file}")


def restore(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="What `db backup` wrote.")]) -> None:
    """Take over a backup into a new, empty store, whole or not at all."""
    from okrsync import show

    place: Place = ctx.obj
    with place.filling() as store, show.counting() as told:
        rows = store.restore(file, told)
    typer.echo(f"{show.counted_as(rows, 'row')} restored")


def verify(ctx: typer.Context, json: AsJson = False) -> None:
    """Look for what cannot be: damage, lost references, causes that do not sum, values that do not come out again."""
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        found = store.verify()
    with place.reader() as reader:
        found += reader.disagreements()
    if json:
        typer.echo(show.as_json({"findings": found}))
    else:
        for line in found:
            typer.echo(show.clean(line))
        typer.echo(f"{show.counted_as(len(found), 'finding')}" if found else "sound: nothing is wrong")
    if found:
        raise typer.Exit(Exit.FINDINGS)


def dump(ctx: typer.Context) -> None:
    """Print everything in the store as canonical JSON: equal stores give equal text.

    Times of runs and internal numbers are left out, vendors' times and all values are kept.
    """
    place: Place = ctx.obj
    with place.store() as store:
        typer.echo(store.dump_json())
