"""Commands by which OKRs go out and come in: spreadsheets, text, print and slides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from okrsync.commands.look import AsJson, AsOf
from okrsync.commands.people import Actor
from okrsync.commands.setup import Language
from okrsync.place import Place

if TYPE_CHECKING:
    from mapping.numbers import NumberStyle


class Format(StrEnum):
    """What a cycle can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    MD = "md"
    HTML = "html"
    PPTX = "pptx"


class Source(StrEnum):
    """What can be imported."""

    CSV = "csv"
    XLSX = "xlsx"
    ASANA_GOALS = "asana-goals"
    VIVA = "viva"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="Examples: okrsync export --out q4.xlsx --history · okrsync export --format md --language fr · "
        "okrsync export --cycle 2026-q4 --out review.pptx"
    )(export)
    app.command(
        name="import",
        epilog="Examples: okrsync import okrs.xlsx --dry-run · okrsync import goals.json --from asana-goals · "
        "okrsync import --connection asana · okrsync import viva.csv --from viva --as-rules > imported.yaml · "
        "okrsync import q4.xlsx --history",
    )(import_)


def export(
    ctx: typer.Context,
    cycle: Annotated[str | None, typer.Option(help="Id of the cycle.", show_default="the running one")] = None,
    as_of: AsOf = None,
    format_: Annotated[
        Format | None, typer.Option("--format", "-f", help="What to write.", show_default="by --out, else csv")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file.", show_default="standard output")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="With the check-ins of the cycle.")] = False,
    language: Annotated[
        Language | None, typer.Option(help="Of headers and words.", show_default="OKRSYNC_LANGUAGE")
    ] = None,
    page: Annotated[str | None, typer.Option(help="Address where the page is served; adds links to it.")] = None,
) -> None:
    """Write a cycle's OKRs as a spreadsheet, as JSON, as Markdown, as a page to print, or as slides."""
    from flows.report import report
    from okrsync.exporting import Export, format_of, write

    place: Place = ctx.obj
    chosen = Format(format_of(format_, out, list(Format)))
    with place.reader(as_of=as_of) as reader:
        told = report(reader, cycle)
    lang = language.value if language else place.settings.language
    made = Export(told, chosen, language=lang, history=history, page=page)
    for path in write(made, out):
        typer.echo(f"Wrote {path}", err=True)


def import_(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The file.", show_default="none, with --connection")] = None,
    source: Annotated[
        Source | None, typer.Option("--from", help="What it is an export of.", show_default="by its name")
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Take the goals of this Asana connection of the rules instead of a file.")
    ] = None,
    cycle: Annotated[
        str | None, typer.Option(help="Put everything into this cycle.", show_default="as the source says")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook.", show_default="the first")] = None,
    numbers: Annotated[
        str, typer.Option(help="How numbers in texts are written: plain, en (1,234.5) or fr (1 234,5).")
    ] = "plain",
    as_rules: Annotated[
        bool, typer.Option("--as-rules", help="Print rules to be committed instead; the store stays as it is.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken over.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Take over check-ins of before: of `okrsync export --history`, or others.")
    ] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="With --history: COLUMN=HEADER where a header is called otherwise, as value='Current score'."
        ),
    ] = None,
    actor: Actor = None,
    json: AsJson = False,
) -> None:
    """Take over OKRs from a spreadsheet, Asana Goals or Viva Goals; people own them. Twice changes nothing.

    With --history, check-ins of before of key results that are declared already, from this or another tool.
    A row that cannot be taken over is named with its place, and nothing is written.
    """
    from flows.importing import import_okrs
    from mapping.numbers import NumberStyle
    from okrsync import importing, show
    from okrsync.telling import tell

    if numbers not in list(NumberStyle):
        raise typer.BadParameter(f"--numbers {numbers!r}: write one of {', '.join(NumberStyle)}")
    place: Place = ctx.obj
    if history:
        if file is None or source not in (None, Source.CSV, Source.XLSX) or connection or cycle or as_rules:
            raise typer.BadParameter("--history takes a csv, a workbook or JSON: leave the other sources away")
        _history(place, file, column or [], sheet, NumberStyle(numbers), actor, dry=dry_run, json=json)
        return
    if column:
        raise typer.BadParameter("--column goes with --history")
    wish = importing.wish_of(file, source, connection, cycle=cycle, sheet=sheet, numbers=NumberStyle(numbers))
    if as_rules:
        ruled = place.rules(offline=True).objectives if place.rules_path.exists() else ()
        cycles = {each.cycle.id: each.cycle for each in ruled}
        found = importing.read(wish, cycles, place)
        typer.echo(importing.as_rules(found, cycles), nl=False)
        for line in found.remarks:
            typer.echo(f"look at {line}", err=True)
        return
    with place.trial() as store:  # what cannot be read leaves no empty store behind
        found = importing.read(wish, {each.id: each for each in store.cycles()}, place)
    with place.trial() if dry_run else place.store(create=True) as store:
        who, outlets = place.actor(actor), place.outlets()
        report = import_okrs(
            store, found, source=wish.said, actor=who, now=datetime.now(UTC), dry=dry_run, outlets=outlets
        )
        lines = [show.as_json(report)] if json else [show.clean(line) for line in importing.lines_of_report(report)]
        typer.echo("\n".join(lines))
        if not dry_run:
            tell(place, store, outlets)


def _history(
    place: Place,
    file: Path,
    column: Sequence[str],
    sheet: str | None,
    numbers: NumberStyle,
    actor: str | None,
    *,
    dry: bool,
    json: bool,
) -> None:
    from flows.past_imports import import_history
    from okrsync import past_importing, show
    from okrsync.telling import tell

    who, outlets = place.actor(actor), place.outlets()
    columns = past_importing.columns_of(column)
    wish = past_importing.Wish(path=file, sheet=sheet, columns=columns, numbers=numbers, author=who)
    with place.store() as store:
        past = past_importing.read(wish, store.declared())
        report = import_history(
            store, past, source=file.name, actor=who, now=datetime.now(UTC), dry=dry, outlets=outlets
        )
        lines = [show.as_json(report)] if json else map(show.clean, past_importing.lines_of_report(report))
        typer.echo("\n".join(lines))
        if not dry:
            tell(place, store, outlets)
