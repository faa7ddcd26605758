"""Commands for OKRs that people keep in the store instead of a rules file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor
from okrsync.place import Place

if TYPE_CHECKING:
    from mapping.rules import Cycle
    from store import Store


class Level(StrEnum):
    """Whose level an objective belongs to."""

    COMPANY = "company"
    TEAM = "team"
    PERSON = "person"


class Kind(StrEnum):
    """What is expected of an objective."""

    COMMITTED = "committed"
    ASPIRATIONAL = "aspirational"


Target = Annotated[str, typer.Argument(help="Id of an objective, or address of a key result: objective/key-result.")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
OnDay = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
Owner = Annotated[str | None, typer.Option(help="Who answers for it; '' for nobody.")]
Team = Annotated[str | None, typer.Option(help="Whose it is; '' for nobody's.")]
Teams = Annotated[list[str] | None, typer.Option("--with-team", help="A team that contributes; may be repeated.")]
Parent = Annotated[str | None, typer.Option(help="The objective that it serves; '' for none.")]
InCycle = Annotated[str | None, typer.Option(help="Its cycle.", show_default="the running one")]
OfLevel = Annotated[Level | None, typer.Option(help="Whose level it belongs to.")]
OfKind = Annotated[Kind | None, typer.Option(help="committed: 100 % is expected; aspirational: 70 % is a success.")]
OfMetric = Annotated[
    str | None, typer.Option(help="As in the rules: '{baseline: 40, target: 10}' or done.", show_default="from TITLE")
]
Weight = Annotated[float | None, typer.Option(min=0, help="Share in the objective's progress.")]
OBJECTIVE_ONLY = ("teams", "parent", "cycle", "level", "kind")
KEY_RESULT_ONLY = ("metric", "weight")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Keep OKRs in the store.", no_args_is_help=True, rich_markup_mode=None)
    group.command(
        epilog="Examples: okrsync okr add grow 'Grow the business' --cycle 2026-q4 --level company · "
        "okrsync okr add grow/mrr 'Grow MRR from $120k to $200k' --owner ana@acme.test"
    )(add)
    group.command(
        epilog="Examples: okrsync okr edit grow/mrr --metric '{baseline: 120000 USD, target: 250000 USD}' · "
        "okrsync okr edit grow --rename growth"
    )(edit)
    group.command(epilog="Example: okrsync okr close grow/mrr")(close)
    group.command(name="list", epilog="Examples: okrsync okr list · okrsync okr list --json")(list_)
    group.command(name="add-cycle", epilog="Example: okrsync okr add-cycle 2027-q1 2027-01-01 2027-04-01")(add_cycle)
    group.command(name="edit-cycle", epilog="Example: okrsync okr edit-cycle 2027-q1 --ends-on 2027-04-05")(edit_cycle)
    app.add_typer(group, name="okr")


def add(
    ctx: typer.Context,
    address: Target,
    title: Annotated[str, typer.Argument(help="What is to be reached, in a sentence.")],
    cycle: InCycle = None,
    owner: Owner = None,
    team: Team = None,
    teams: Teams = None,
    parent: Parent = None,
    level: OfLevel = None,
    kind: OfKind = None,
    metric: OfMetric = None,
    weight: Weight = None,
    actor: Actor = None,
) -> None:
    """Make an objective, or a key result that people check in; its metric is told by the title or by --metric."""
    from config.stated import metric_in, metric_told
    from flows.okrs import Desk
    from mapping.rules import Objective
    from mapping.show import show_metric

    place: Place = ctx.obj
    said = _terms(
        address, title=title, cycle=cycle, owner=owner, team=team, teams=teams,
        parent=parent, level=level, kind=kind, metric=metric, weight=weight,
    )  # fmt: skip
    with place.store(create=True) as store:
        desk = Desk(store=store, author=place.actor(actor), now=datetime.now(UTC))
        if "/" in address:
            said.pop("metric", None)
            stated = metric_told(title) if metric is None else metric_in(metric)
            made = desk.add_key_result(address, metric=stated, terms=said)
            typer.echo(
                f"{address}: {show_metric(made.metric)}; people check in with `okrsync check-in {address} VALUE`"
            )
            return
        said["cycle"] = _cycle(store, cycle)
        desk.add_objective(Objective(id=address, **said))  # type: ignore[arg-type] # terms are its fields
    typer.echo(f"{address}: made")


def edit(
    ctx: typer.Context,
    address: Target,
    title: Annotated[str | None, typer.Option(help="What is to be reached, in a sentence.")] = None,
    cycle: InCycle = None,
    owner: Owner = None,
    team: Team = None,
    teams: Teams = None,
    parent: Parent = None,
    level: OfLevel = None,
    kind: OfKind = None,
    metric: OfMetric = None,
    weight: Weight = None,
    rename: Annotated[str | None, typer.Option(help="A new id, without the objective's; history comes along.")] = None,
    actor: Actor = None,
) -> None:
    """Change what people made; what the rules declare is changed there."""
    from config.stated import metric_in
    from flows.okrs import Desk
    from okrsync.telling import tell

    place: Place = ctx.obj
    said = _terms(
        address, title=title, cycle=cycle, owner=owner, team=team, teams=teams,
        parent=parent, level=level, kind=kind, metric=metric, weight=weight,
    )  # fmt: skip
    if not said and rename is None:
        raise typer.BadParameter("nothing is said to be changed: give --title, --owner, --metric …")
    with place.store() as store:
        if metric is not None:
            said["metric"] = metric_in(metric)
        if cycle is not None:
            said["cycle"] = _cycle(store, cycle)
        outlets = place.outlets()
        desk = Desk(store=store, author=place.actor(actor), now=datetime.now(UTC), outlets=outlets)
        changed = desk.edit(address, said, name=rename)
        typer.echo(f"{address}: {'changed' if changed else 'is so already'}")
        tell(place, store, outlets)


def close(ctx: typer.Context, address: Target, actor: Actor = None) -> None:
    """Retire what people made, an objective with its key results; history stays (`okrsync status --retired`)."""
    from flows.okrs import Desk
    from okrsync.telling import tell

    place: Place = ctx.obj
    with place.store() as store:
        outlets = place.outlets()
        desk = Desk(store=store, author=place.actor(actor), now=datetime.now(UTC), outlets=outlets)
        typer.echo("\n".join(f"{each}: closed" for each in desk.close(address)))
        tell(place, store, outlets)


def list_(ctx: typer.Context, json: AsJson = False) -> None:
    """List what is declared, with whose it is to change: the file's, people's, or imported."""
    from mapping.show import show_metric
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        known = store.register()
    living = [
        (each.body, each.origin)
        for table in (known.objectives, known.key_results)
        for each in table.values()
        if not each.retired
    ]
    if json:
        each = [{"id": body.id, "title": body.title, "owner": body.owner, "origin": origin} for body, origin in living]
        typer.echo(show.as_json({"okrs": each}))
        return
    aims = {each.body.id: show_metric(each.body.metric) for each in known.key_results.values()}
    rows = [(body.id, str(origin), body.title, aims.get(body.id, ""), body.owner or "") for body, origin in living]
    if rows:
        show.console().print(show.okrs_table(sorted(rows)))
    else:
        typer.echo("nothing is declared yet: okrsync okr add, or objectives in the rules and okrsync sync")


def add_cycle(
    ctx: typer.Context,
    cycle: Annotated[str, typer.Argument(help="Id of the new cycle.")],
    starts_on: Day,
    ends_on: Day,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name, such as Europe/Paris.", show_default="as the cycles there are")
    ] = None,
    actor: Actor = None,
) -> None:
    """Make a cycle, from its first day to the first day after it."""
    from flows.okrs import Desk
    from mapping.rules import Cycle

    place: Place = ctx.obj
    with place.store(create=True) as store:
        zone = timezone or next((each.timezone for each in store.cycles()), "UTC")
        span = Cycle(id=cycle, starts_on=starts_on.date(), ends_on=ends_on.date(), timezone=zone)
        Desk(store=store, author=place.actor(actor), now=datetime.now(UTC)).add_cycle(span)
    typer.echo(f"{cycle}: {span.starts_on} to {span.ends_on}, {zone}")


def edit_cycle(
    ctx: typer.Context,
    cycle: Annotated[str, typer.Argument(help="Id of the cycle.")],
    starts_on: OnDay = None,
    ends_on: OnDay = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/Paris.")] = None,
    actor: Actor = None,
) -> None:
    """Change the days of a cycle that people made; what the rules declare is changed there."""
    from flows.okrs import Desk
    from okrsync.telling import tell

    days = {"starts_on": starts_on, "ends_on": ends_on}
    said: dict[str, object] = {name: day.date() for name, day in days.items() if day is not None}
    said |= {"timezone": timezone} if timezone else {}
    if not said:
        raise typer.BadParameter("nothing is said to be changed: give --starts-on, --ends-on or --timezone")
    place: Place = ctx.obj
    outlets = place.outlets()
    with place.store() as store:
        desk = Desk(store=store, author=place.actor(actor), now=datetime.now(UTC), outlets=outlets)
        found = desk.edit_cycle(cycle, said)
        now = f"{found.starts_on} to {found.ends_on}, {found.timezone}" if found else "is so already"
        typer.echo(f"{cycle}: {now}")
        tell(place, store, outlets)


def _terms(address: str, **given: object) -> dict[str, object]:
    """Return what was said, by the names of fields; an empty text means nothing.

    Raises:
        BadParameter: something that only the other of objective and key result has.
    """
    said = {name: value for name, value in given.items() if value is not None}
    strange = [name for name in (OBJECTIVE_ONLY if "/" in address else KEY_RESULT_ONLY) if name in said]
    if strange:
        raise typer.BadParameter(
            f"{strange[0]} is nothing that {'a key result' if '/' in address else 'an objective'} has"
        )
    return {name: _term(name, value) for name, value in said.items()}


def _term(name: str, value: object) -> object:
    from mapping.rules import ObjectiveKind

    match name, value:
        case "teams", list():
            return tuple(str(each) for each in value if each)
        case "kind", _:
            return ObjectiveKind(str(value))
        case "level", _:
            return str(value)
        case "weight", _:
            return Decimal(str(value))
        case _, "":
            return None
        case _:
            return value


def _cycle(store: Store, wanted: str | None) -> Cycle:
    """Return a cycle of the store; without a name the running one."""
    from mapping.periods import local_date

    cycles = store.cycles()
    now = datetime.now(UTC)
    running = [each for each in cycles if each.starts_on <= local_date(now, each.timezone) < each.ends_on]
    fitting = [each for each in cycles if each.id == wanted] if wanted else running
    if len(fitting) != 1:
        what = f"there is no cycle {wanted!r}" if wanted else "there is not one running cycle: name it with --cycle"
        there = ", ".join(each.id for each in cycles) or "none, make one with `okrsync okr add-cycle`"
        raise typer.BadParameter(f"{what}; there are {there}")
    return fitting[0]
