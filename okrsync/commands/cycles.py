"""Commands about the end of a cycle: closing it, looking at closed ones, carrying over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor
from okrsync.exits import Exit
from okrsync.place import Place

if TYPE_CHECKING:
    from flows.carrying import Carry

Cycle = Annotated[str, typer.Argument(help="Id of the cycle.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        epilog="Examples: okrsync close 2026-q4 · "
        "okrsync close 2026-q4 --score launch/nps=0.8 --reason 'the survey came late'"
    )(close)
    app.command(epilog="Examples: okrsync closed · okrsync closed 2026-q4 --json > 2026-q4.json")(closed)
    app.command(
        name="carry-over",
        epilog="Examples: okrsync carry-over 2026-q4 2027-q1 --restart launch/bugs --drop launch/epic > next.yaml · "
        "okrsync carry-over 2026-q4 2027-q1 --in-store --otherwise restart",
    )(carry_over)


def close(
    ctx: typer.Context,
    cycle: Cycle,
    score: Annotated[
        list[str] | None, typer.Option(help="A score by hand, KEY_RESULT=0.8; may be given several times.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why scores are given by hand.")] = "",
    early: Annotated[bool, typer.Option("--early", help="Close it although it is not over.")] = False,
    actor: Actor = None,
    json: AsJson = False,
) -> None:
    """Freeze a cycle's scores into a signed snapshot; syncs publish nothing into it any more."""
    import json as text

    from config.said import confidence_of
    from flows.closing import Verdict
    from flows.closing import close as freeze
    from okrsync import show
    from okrsync.telling import tell

    place: Place = ctx.obj
    verdicts = {}
    for each in score or ():
        address, equals, given = each.rpartition("=")
        if not equals:
            raise typer.BadParameter(f"{each!r} is no score: write KEY_RESULT=0.8")
        verdicts[address] = Verdict(score=confidence_of(given), reason=reason)
    outlets = place.outlets()
    with place.store() as store:
        snapshot = freeze(
            store,
            cycle,
            author=place.actor(actor),
            key_folder=place.data_folder,
            now=datetime.now(UTC),
            verdicts=verdicts,
            early=early,
            outlets=outlets,
        )
        lines = [*_scores(text.loads(snapshot.body)), f"{cycle} is closed; SHA-256 {snapshot.digest}"]
        typer.echo(show.as_json(snapshot) if json else "\n".join(lines))
        tell(place, store, outlets)


def _scores(body: Any) -> Iterator[str]:
    from okrsync.show import clean

    for objective in body["objectives"]:
        yield f"{_two(objective['score'])}  {clean(objective['title'])}"
        for each in objective["key_results"]:
            by_hand = f"  by hand: {clean(each['score_by_hand'])}" if each["score_by_hand"] else ""
            yield f"{_two(each['score'])}    {each['id']}{by_hand}"


def _two(score: str | None) -> str:
    """Return a score of the snapshot for people; the snapshot itself keeps every digit."""
    from decimal import Decimal

    from mapping.score import two_decimals

    return f"{'–' if score is None else two_decimals(Decimal(score)):>4}"


def closed(
    ctx: typer.Context,
    cycle: Annotated[str | None, typer.Argument(help="Id of a closed cycle.", show_default="all")] = None,
    json: AsJson = False,
) -> None:
    """Show closed cycles and whether they are still what was signed; with --json, the snapshot itself."""
    from flows.closing import why_not_genuine
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        found = store.snapshots()
    if cycle is not None and cycle not in found:
        raise typer.BadParameter(f"cycle {cycle!r} is not closed; closed are: {', '.join(found) or 'none'}")
    chosen = [each for id_, each in found.items() if cycle in (None, id_)]
    wrong = {each.cycle: why for each in chosen if (why := why_not_genuine(each))}
    if json:
        typer.echo(show.as_json(chosen[0] if cycle is not None else chosen))
    else:
        for each in chosen:
            state = wrong.get(each.cycle, "genuine")
            typer.echo(f"{each.cycle}  closed {each.closed_at:%Y-%m-%d} by {show.clean(each.closed_by)}  {state}")
        if not chosen:
            typer.echo("no cycle is closed")
    if wrong:
        raise typer.Exit(Exit.FINDINGS)


def carry_over(
    ctx: typer.Context,
    cycle: Cycle,
    into: Annotated[str, typer.Argument(help="Id of the next cycle.")],
    restart: Annotated[list[str] | None, typer.Option(help="Start this key result from where it stands.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Leave this key result behind.")] = None,
    keep: Annotated[list[str] | None, typer.Option("--continue", help="Keep baseline and target.")] = None,
    otherwise: Annotated[str, typer.Option(help="What happens to the others: continue, restart or drop.")] = "continue",
    in_store: Annotated[
        bool, typer.Option("--in-store", help="Carry over, in the store, what people keep there instead.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Print the objectives of a cycle as rules for the next one, to look at and commit."""
    from config.files import read_rules
    from config.validation import Problems
    from config.yaml_nodes import plain
    from flows.carrying import IN_STORE, Carry
    from flows.carrying import carry_over as carry
    from mapping.errors import FixConfigError
    from okrsync.yaml_out import dumped

    if otherwise not in list(Carry):
        raise typer.BadParameter(f"--otherwise {otherwise!r}: write one of {', '.join(Carry)}")
    place: Place = ctx.obj
    choices = {
        address: choice
        for given, choice in ((restart, Carry.RESTART), (drop, Carry.DROP), (keep, Carry.CONTINUE))
        for address in given or ()
    }
    if in_store:
        _carry_in_store(place, cycle, into, choices, Carry(otherwise), actor)
        return
    if not place.rules_path.exists():
        raise FixConfigError(f"there are no rules in {place.rules_path}: {IN_STORE}")
    rules = plain(read_rules(place.rules_path, Problems()))
    written = rules.get("objectives") if isinstance(rules, dict) else None
    with place.store() as store, place.reader() as reader:
        overview = reader.overview(cycle)
        declared = {each.id: each for each in store.declared(overview.cycle.id)}
    found = carry(
        overview,
        declared,
        written if isinstance(written, dict) else {},
        into=into,
        choices=choices,
        otherwise=Carry(otherwise),
    )
    typer.echo(dumped({"objectives": dict(found.objectives)}), nl=False)
    for line in found.remarks:
        typer.echo(f"look at {line}", err=True)


def _carry_in_store(
    place: Place, cycle: str, into: str, choices: Mapping[str, Carry], otherwise: Carry, actor: str | None
) -> None:
    from flows.carrying_kept import kept_over
    from flows.okrs import Desk
    from mapping.errors import FixConfigError
    from mapping.show import show_metric

    with place.store() as store, place.reader() as reader:
        overview = reader.overview(cycle)
        span = next((each for each in store.cycles() if each.id == into), None)
        if span is None:
            raise FixConfigError(f"no cycle {into!r} is declared: make it with okrsync okr add-cycle {into} FROM TO")
        found = kept_over(overview, store.register(), span, choices=choices, otherwise=otherwise)
        if found.objectives or found.key_results:
            desk = Desk(store=store, author=place.actor(actor), now=datetime.now(UTC))
            desk.declare(found.objectives, found.key_results)
    made = [(each.id, each.title) for each in found.objectives]
    made += [(each.id, show_metric(each.metric)) for each in found.key_results]
    typer.echo("\n".join(f"{id_}: {what}" for id_, what in made) or "nothing is left to carry over")
    for line in found.remarks:
        typer.echo(f"look at {line}", err=True)
