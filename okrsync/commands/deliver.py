"""Commands about destinations: deliver what waits, see what became of it, link a goal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor, Address
from okrsync.exits import Exit
from okrsync.place import Place


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Examples: okrsync deliver · okrsync deliver --destination goals --dry-run")(deliver)
    app.command(epilog="Examples: okrsync deliveries · okrsync deliveries launch-checkout/bugs --json")(deliveries)
    app.command(epilog="Example: okrsync link launch-checkout/bugs 1209876543210987")(link)


def deliver(
    ctx: typer.Context,
    destination: Annotated[
        list[str] | None, typer.Option("--destination", help="Only this one; may be given several times.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Deliver what waits for destinations. Every sync does so by itself; this is for what came in between."""
    from flows.deliver import deliver as deliver_all
    from flows.deliver import failures_of
    from okrsync import show
    from okrsync.running import known
    from okrsync.show_deliver import destination_lines

    place: Place = ctx.obj
    config = place.rules()
    known("destination", destination, config.destinations)
    with place.store() as store:
        records = asyncio.run(
            deliver_all(config, store, now=lambda: datetime.now(UTC), names=destination or (), dry=dry_run)
        )
    if json:
        typer.echo(show.as_json(records))
    else:
        for line in destination_lines(records):
            show.console().print(line)
        if not records:
            typer.echo("the rules name no destination: docs/destinations.md shows how")
    if failures_of(records):
        raise typer.Exit(Exit.PARTLY)


def deliveries(
    ctx: typer.Context,
    key_result: Annotated[str | None, typer.Argument(help="Only of this address.", show_default="everything")] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 50,
    json: AsJson = False,
) -> None:
    """Show what was written to destinations, what waits, and why something did not go out."""
    from okrsync import show
    from okrsync.show_deliver import delivery_lines

    place: Place = ctx.obj
    with place.store() as store:
        rows = store.deliveries(key_result, limit)
    if json:
        typer.echo(show.as_json(rows))
        return
    for line in delivery_lines(rows):
        show.console().print(line)
    if not rows:
        typer.echo("nothing was delivered yet")


def link(
    ctx: typer.Context,
    key_result: Address,
    target: Annotated[str, typer.Argument(help="What to link it to: the gid of an Asana goal.")],
    destination: Annotated[str | None, typer.Option(help="Which destination, where there are several.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to what would be set there.")] = False,
    actor: Actor = None,
) -> None:
    """Give a goal the metric of a key result, in place of the one it has. No other command ever does."""
    from flows.linking import link as link_now
    from flows.linking import link_of
    from okrsync.running import known

    def agree(says: str) -> bool:
        typer.echo(says)
        return yes or typer.confirm("Set it so?", default=False)

    place: Place = ctx.obj
    config = place.rules()
    known("destination", [destination] if destination else None, config.destinations)
    with place.store(create=True) as store:
        wish = link_of(config, store, key_result, target, destination)
        done = asyncio.run(
            link_now(config, store, wish, agree=agree, author=place.actor(actor), now=lambda: datetime.now(UTC))
        )
    if not done:
        typer.echo("nothing was changed")
        raise typer.Exit(Exit.FAILED)
    typer.echo(f"{key_result}: linked to {target}")
    if wish.destination.choice.targets.get(key_result) != target:
        typer.echo(f'Now write under destinations, {wish.destination.name}, key_results:  {key_result}: "{target}"')
