"""Commands by which OKRs go out: spreadsheets, text, print and slides."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from okrsync.commands.look import AsOf
from okrsync.commands.setup import Language
from okrsync.place import Place


class Format(StrEnum):
    """What a cycle can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    MD = "md"
    HTML = "html"
    PPTX = "pptx"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="Examples: okrsync export --out q4.xlsx --history · okrsync export --format md --language fr · "
        "okrsync export --cycle 2026-q4 --out review.pptx"
    )(export)


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
