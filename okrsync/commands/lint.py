"""The command about the rules' quality: lint."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.lint.codes import CODES, Severity
from okrsync.commands.look import AsJson
from okrsync.exits import Exit
from okrsync.place import Place

if TYPE_CHECKING:
    from config.ignores import Placed
    from flows.linting import LintReport
    from store import Store


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Examples: okrsync lint · okrsync lint --least warning --no-store · okrsync lint --json")(lint)


def lint(
    ctx: typer.Context,
    least: Annotated[Severity, typer.Option(help="Leave out what weighs less.")] = Severity.HINT,
    store: Annotated[bool, typer.Option(help="Look at the store too, where there is one.")] = True,
    ignore: Annotated[bool, typer.Option(help="Heed the comments # okrsync: ignore.")] = True,
    json: AsJson = False,
) -> None:
    """Find what is worth a second look in valid rules: too many of anything, titles that say another metric, ….

    Asks no vendor and needs no secret. Codes and their reasons: docs/lint.md.
    """
    from okrsync import show

    report = _report(ctx.obj, store=store, least=least, ignore=ignore)
    if json:
        typer.echo(show.as_json({"findings": [_plain(each) for each in report.found], "silenced": report.silenced}))
    else:
        _print(report)
    if report.found:
        raise typer.Exit(Exit.FINDINGS)


def _report(place: Place, *, store: bool, least: Severity, ignore: bool) -> LintReport:
    from flows.linting import lint_rules, refused
    from mapping.errors import ConfigProblemsError

    try:
        config = place.rules(offline=True)
    except ConfigProblemsError as error:
        return refused(error.problems)
    now = datetime.now(UTC)
    opened = _store(place) if store else None
    if opened is None:
        return lint_rules(config, None, now=now, least=least, ignore=ignore)
    with opened:
        return lint_rules(config, opened, now=now, least=least, ignore=ignore)


def _store(place: Place) -> Store | None:
    """Open the store; None where nothing was synced yet, or it cannot be reached: lint works without."""
    from mapping.errors import OkrsyncError

    try:
        return place.store()
    except OkrsyncError as error:
        if not place.nothing_synced:
            sys.stderr.write(f"okrsync: warning: the store was not looked at: {error}\n")
        return None


def _print(report: LintReport) -> None:
    from okrsync import show

    out = show.console()
    for each in report.found:
        finding = each.finding
        out.print(f"{each.place}:", f"{finding.code} {finding.severity}:", show.clean(finding.what), soft_wrap=True)
        out.print(f"    {CODES[finding.code].because}: {show.clean(finding.fix)}", style="dim", soft_wrap=True)
    silenced = f"; {show.counted_as(report.silenced, 'finding')} silenced by comments" if report.silenced else ""
    typer.echo(f"{show.counted_as(len(report.found), 'finding') if report.found else 'Nothing found'}{silenced}.")


def _plain(each: Placed) -> dict[str, object]:
    finding = each.finding
    return {
        "code": finding.code,
        "severity": finding.severity,
        "file": each.place.file,
        "line": each.place.line,
        "column": each.place.column,
        "subject": finding.subject.name,
        "what": finding.what,
        "because": CODES[finding.code].because,
        "fix": finding.fix,
    }
