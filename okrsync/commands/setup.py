"""Commands for writing rules: check them, start a file, print their schema, see which connectors there are."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.exits import Exit
from okrsync.place import Place


class Language(StrEnum):
    """Languages that sentences are read in."""

    EN = "en"
    FR = "fr"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync check · okrsync check --offline · okrsync -c rules/ check")(check)
    app.command(
        epilog="Examples: okrsync init jira spreadsheet · okrsync init --stdout github > okrsync.yaml · "
        "okrsync init jira --key-result 'Grow MRR from $120k to $200k'"
    )(init)
    app.command(
        epilog="Examples: okrsync draft 'Grow MRR from $120k to $200k' · okrsync draft --json 'NPS ≥ 42'",
        # "-10 % churn" is a sentence and asks for no help
        context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    )(draft)
    app.command(epilog="Example: okrsync schema > okrsync.schema.json")(schema)
    app.command(epilog="Examples: okrsync connectors · okrsync connectors jira · okrsync connectors --json")(connectors)


def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Check the files only; ask nobody.")] = False,
    json: AsJson = False,
) -> None:
    """Check the rules, ask each connection what it can see, and look at each target of the destinations.

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
    key_result: Annotated[
        list[str] | None,
        typer.Option("--key-result", help="A key result as a sentence, drafted into the file; may be repeated."),
    ] = None,
) -> None:
    """Write a commented start for a chosen set of connectors."""
    from config.templates import START
    from config.templates import init as template

    text = template(connectors or START, sentences=key_result or ())
    if stdout:
        typer.echo(text, nl=False)
        return
    place: Place = ctx.obj
    path = place.rules_path
    if path.exists():
        raise typer.BadParameter(f"{path} exists already: move it away, or use --stdout")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(
        f"Wrote {path}. Next: fill in the addresses, put the variables it names into {path.parent / '.env'} "
        "(NAME=value; keep it out of version control), then run `okrsync check`."
    )


def draft(
    sentence: Annotated[str, typer.Argument(help="A key result as people write it, in English or French.")],
    language: Annotated[
        Language | None, typer.Option(help="The language of the sentence.", show_default="found from its words")
    ] = None,
    json: AsJson = False,
) -> None:
    """Read a sentence as a metric: prints the lines for the rules file and the metric read back as a sentence.

    Says what the sentence does not tell. Exits with 3 when it carries no measure.
    """
    from mapping.draft.drafting import draft as drafted
    from mapping.draft.drafting import draft_json
    from mapping.draft.rule import rule_lines
    from okrsync import show

    made = drafted(sentence, language.value if language else None)
    if json:
        typer.echo(show.as_json(draft_json(made)))
    elif made.kind is None:
        typer.echo(f"okrsync: {sentence!r} carries no measure. Not told: {'; '.join(made.unclear)}.", err=True)
    else:
        typer.echo("\n".join((f"# {made.sentence}", *rule_lines(made, sentence))))
    if made.kind is None:
        raise typer.Exit(Exit.FINDINGS)


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
