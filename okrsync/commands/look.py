"""Commands that only read the store: how things stand, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from okrsync.exits import Exit
from okrsync.place import Place

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; numbers are decimal strings.")]


AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="As of a day of the past (its end), or a time: 2026-11-01, 2026-11-01T18:00."),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="Examples: okrsync status · okrsync status --cycle 2026-q4 --json · okrsync status --as-of 2026-11-01 · "
        "okrsync status --tree · okrsync status --team payments"
    )(status)
    app.command(epilog="Examples: okrsync coverage · okrsync coverage --days 7 --exit-code")(coverage)
    app.command(epilog="Examples: okrsync forecast · okrsync forecast launch-checkout/epic --json")(forecast)
    app.command(epilog="Examples: okrsync why launch-checkout/epic · okrsync why launch-checkout/nps --json")(why)


def coverage(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="A key result is still when its work changed so long ago.")] = 14,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 when something is not covered.")] = False,
    json: AsJson = False,
) -> None:
    """Show key results without moving work, work without a key result, and work that counts several times."""
    from mapping.coverage import findings
    from mapping.plain import plain
    from okrsync import show
    from okrsync.show_coverage import report

    place: Place = ctx.obj
    config = place.rules(offline=True)
    with place.reader() as reader:
        found = reader.coverage(config.objectives, config.coverage, days=days)
    if json:
        typer.echo(show.as_json(plain(found)))
    else:
        show.console().print(report(found))
    if exit_code and findings(found):
        raise typer.Exit(Exit.FINDINGS)


def forecast(
    ctx: typer.Context,
    key_result: Annotated[
        str | None, typer.Argument(help="Address of a key result.", show_default="all of running cycles")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show where key results will be when their cycle ends, with the record of such forecasts."""
    from mapping.plain import plain
    from okrsync import show
    from okrsync.show_ahead import forecast_table

    place: Place = ctx.obj
    with place.reader() as reader:
        found = reader.forecasts(key_result)
    if json:
        typer.echo(show.as_json({"forecasts": [plain(each) for each in found]}))
        return
    show.console().print(forecast_table(found))


def status(
    ctx: typer.Context,
    cycle: Annotated[str | None, typer.Option(help="A cycle by its id.", show_default="the running one")] = None,
    team: Annotated[
        str | None, typer.Option(help="Only what a team owns or contributes to.", show_default="all")
    ] = None,
    tree: Annotated[bool, typer.Option("--tree", help="Show which objective serves which.")] = False,
    retired: Annotated[bool, typer.Option("--retired", help="List what is declared no more; history stays.")] = False,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """Show how the key results stand, as last published."""
    from dataclasses import replace

    from dashboard.as_json import overview_json
    from mapping.alignment import of_team, teams_of
    from okrsync import show
    from okrsync.show_tree import tree_of

    place: Place = ctx.obj
    if retired:
        _retired(place, json=json)
        return
    with place.reader(as_of=as_of) as reader:
        overview = reader.overview(cycle)
    if team is not None:
        mine = of_team(overview.objectives, team)
        if not mine and (known := teams_of(overview.objectives)):
            raise typer.BadParameter(f"no objective of {overview.cycle.id} is team {team!r}'s: try {', '.join(known)}")
        overview = replace(overview, objectives=mine)
    if json:
        typer.echo(show.as_json(overview_json(overview)))
        return
    out = show.console()
    out.print(show.heading(overview))
    out.print(tree_of(overview.objectives) if tree else show.overview_table(overview))
    out.print()
    if remarks := show.remarks(overview):
        out.print(remarks)
    out.print(show.tallies(overview))


def _retired(place: Place, *, json: bool) -> None:
    from mapping.show import show_value
    from okrsync import show

    with place.store() as store:
        found = store.retired_check_ins()
    if json:
        typer.echo(show.as_json({"retired": found}))
        return
    for address, last in found.items():
        stood = f"{show_value(last.value, last.metric.unit)}  {last.at:%Y-%m-%d}" if last else "never measured"
        typer.echo(f"{address}  {stood}")
    if not found:
        typer.echo("nothing was ever retired")


def why(
    ctx: typer.Context,
    key_result: Annotated[str, typer.Argument(help="Address of a key result: objective/key-result.")],
    items: Annotated[int, typer.Option(help="How many items to list; 0 for all.")] = 20,
    profile: Annotated[str | None, typer.Option(help="Show the status under this profile too, as viva.")] = None,
    profiles: Annotated[bool, typer.Option("--profiles", help="Show the status under every profile.")] = False,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """Show why a number is what it is: formula, query, items with weights, rule, run, freshness."""
    from dashboard.as_json import explanation_json
    from okrsync import show
    from okrsync.show_why import explanation

    place: Place = ctx.obj
    with place.reader(as_of=as_of) as reader:
        found = reader.explain(key_result)
    if profile is not None and profile not in (known := [each.profile for each in found.profiles]):
        raise typer.BadParameter(f"unknown status profile {profile!r}: there are {', '.join(known)}")
    if json:
        typer.echo(show.as_json(explanation_json(found)))
        return
    named = [each for each in found.profiles if profiles or each.profile == profile]
    show.console().print(explanation(found, most=items, profiles=named))
