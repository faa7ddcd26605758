"""Commands for writing rules: check them, start a file, print their schema, see which connectors there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.exits import Exit
from okrsync.place import Place


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync check · okrsync check --offline · okrsync -c rules/ check")(check)
    app.command(epilog="Examples: okrsync init jira spreadsheet · okrsync init --stdout github > okrsync.yaml")(init)
    app.command(epilog="Example: okrsync schema > okrsync.schema.json")(schema)
    app.command(epilog="Examples: okrsync connectors · okrsync connectors jira · okrsync connectors --json")(connectors)


def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Check the files only; ask no connection.")] = False,
    json: AsJson = False,
) -> None:
    """Check the rules, and ask each connection who we are and whether each selection is visible.

    Reports every problem at once as file:line:column: what is wrong: what to do. Exits with 3 when there are any.
    """
    from okrsync.checking import run_check

    place: Place = ctx.obj
    if run_check(place, offline=offline, json=json):
        raise typer.Exit(Exit.FINDINGS)


def init(
    ctx: typer.Context,
    connectors: Annotated[
        list[str] | None, typer.Argument(help="Connectors to start with.", show_default="jira github spreadsheet")
    ] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the file instead of writing it.")] = False,
) -> None:
    """Write a commented start for a chosen set of connectors."""
    from config.templates import init as template
    from connectors.registry import connector, names

    chosen = connectors or names()
    for name in chosen:
        connector(name)
    text = template(chosen)
    if stdout:
        typer.echo(text, nl=False)
        return
    place: Place = ctx.obj
    path = place.rules_path
    if path.exists():
        raise typer.BadParameter(f"{path} exists already: move it away, or use --stdout")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {path}. Next: fill in the addresses, set the variables it names, then run `okrsync check`.")


def schema(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file.", show_default="standard output")
    ] = None,
) -> None:
    """Print the JSON Schema of the rules file, for editors."""
    import json

    from config.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def connectors(
    name: Annotated[str | None, typer.Argument(help="One connector, with every rule.", show_default="all")] = None,
    json: AsJson = False,
) -> None:
    """Show which connectors there are, what each can do, and how it keeps its numbers true, rule by rule.

    Those of other packages are among them. Exits with 3 when a package offers one that cannot be taken.
    """
    from okrsync import show
    from okrsync.show_connectors import UNSTATED, all_described, as_plain, described, rules_table, table

    found, refused = ([described(name)], []) if name else all_described()
    if json:
        plain = as_plain(found[0]) if name else {"connectors": [*map(as_plain, found)], "refused": refused}
        typer.echo(show.as_json(plain))
    else:
        out = show.console()
        out.print(table(found))
        if name:
            out.print(rules_table(found[0]) if found[0].quality else f"\n{UNSTATED}")
        for line in refused:
            typer.echo(show.clean(line), err=True)
    if refused:
        raise typer.Exit(Exit.FINDINGS)
