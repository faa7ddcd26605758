"""Commands that move numbers: sync, and plan, which says what a sync would change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from okrsync.commands.look import AsJson, AsOf
from okrsync.exits import Exit
from okrsync.place import Place

Connections = Annotated[
    list[str] | None, typer.Option("--connection", help="Pull only this connection; may be given several times.")
]
KeyResults = Annotated[
    list[str] | None, typer.Option("--key-result", help="Sync only this key result; may be given several times.")
]
AcceptShrink = Annotated[
    bool, typer.Option("--accept-shrink", help="Accept that many items of a selection are gone at once.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync sync · okrsync sync --connection jira · okrsync sync --json")(sync)
    app.command(
        epilog="Examples: okrsync plan · okrsync plan --out night.plan · okrsync plan --against main --markdown"
    )(plan)
    app.command(epilog="Example: okrsync plan --out night.plan, look at it, then okrsync apply night.plan")(apply)


def sync(
    ctx: typer.Context,
    connection: Connections = None,
    key_result: KeyResults = None,
    accept_shrink: AcceptShrink = False,
    prefect: Annotated[bool, typer.Option("--prefect", help="Insist on running as a Prefect flow.")] = False,
    in_process: Annotated[bool, typer.Option("--in-process", help="Run without Prefect even if one is there.")] = False,
    json: AsJson = False,
) -> None:
    """Pull the connections, measure the key results, publish what changed.

    Runs as a Prefect flow when a Prefect API is configured or `okrsync up` is running, otherwise in this process.
    """
    if prefect and in_process:
        raise typer.BadParameter("--prefect and --in-process exclude each other")
    from okrsync import show
    from okrsync.running import Way, run_sync, wish_of

    place: Place = ctx.obj
    wish = wish_of(place, connection, key_result, accept_shrink=accept_shrink)
    how: Way | None = "prefect" if prefect else "in-process" if in_process else None
    report = run_sync(place, wish, how=how, quiet=json)
    if json:
        typer.echo(show.as_json(report))
    else:
        show.print_report(report)
    if not report.published:
        raise typer.Exit(Exit.FAILED)
    if report.failures:
        raise typer.Exit(Exit.PARTLY)


def plan(
    ctx: typer.Context,
    connection: Connections = None,
    key_result: KeyResults = None,
    accept_shrink: AcceptShrink = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 when a sync would change something.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Save the plan to this file, for `okrsync apply`.")] = None,
    as_of: AsOf = None,
    against: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Compare with the rules of this revision of git instead.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, max=400, help="With --against: past days to look at.")] = 30,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --against: as a pull request's comment.")] = False,
    json: AsJson = False,
) -> None:
    """Show what a sync would change, and why, without changing anything.

    With --as-of no vendor is asked: today's rules meet what was known then, and what stood published then. Nor with
    --against: the rules of a revision and those of the working tree meet what the last sync read.
    """
    from flows.plans import save
    from mapping.changes import Action
    from okrsync import show
    from okrsync.running import run_hindsight, run_plan, wish_of

    place: Place = ctx.obj
    if against is not None:
        if as_of is not None or out is not None or connection or key_result or accept_shrink:
            raise typer.BadParameter("--against goes with --days, --markdown, --json and --exit-code alone")
        _against(place, against, days=days, markdown=markdown, json=json, exit_code=exit_code)
        return
    if as_of is not None and (out is not None or connection or key_result):
        raise typer.BadParameter("--as-of looks back at everything: leave --out, --connection and --key-result away")
    wish = wish_of(place, connection, key_result, accept_shrink=accept_shrink)
    report = run_plan(place, wish, quiet=json) if as_of is None else run_hindsight(place, as_of)
    if json:
        typer.echo(show.as_json(report))
    else:
        show.print_report(report)
    if out is not None:
        saved = save(report, wish, out)
        typer.echo(f"Saved as {out} ({saved.digest}): okrsync apply {out}", err=json)
    if not report.published and as_of is None:
        raise typer.Exit(Exit.FAILED)
    if report.failures:
        raise typer.Exit(Exit.PARTLY)
    moves = any(change.action in (Action.CREATE, Action.CHANGE) for change in report.changes)
    if exit_code and (moves or report.declared):
        raise typer.Exit(Exit.FINDINGS)


def _against(place: Place, revision: str, *, days: int, markdown: bool, json: bool, exit_code: bool) -> None:
    from okrsync.against import run_against

    changes = run_against(place, revision, days=days, as_markdown=markdown, as_json=json)
    if changes and exit_code:
        raise typer.Exit(Exit.FINDINGS)


def apply(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A plan that `okrsync plan --out` saved.")],
    json: AsJson = False,
) -> None:
    """Publish a saved plan, only if that is still exactly what a sync would do."""
    from flows.plans import read
    from okrsync import show
    from okrsync.running import run_apply

    place: Place = ctx.obj
    report = run_apply(place, read(file), quiet=json)
    if json:
        typer.echo(show.as_json(report))
    else:
        show.print_report(report)
    if report.failures:
        raise typer.Exit(Exit.PARTLY)
