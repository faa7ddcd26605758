"""Commands about readings that wait for a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor, Address
from okrsync.place import Place

Note = Annotated[str, typer.Option(help="Why.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Decide on values that the guard holds, or that are merely suggested.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list", epilog="Examples: okrsync review list · okrsync review list --json")(waiting)
    group.command(epilog="Example: okrsync review accept launch-checkout/bugs --note 'the project was split'")(accept)
    group.command(epilog="Example: okrsync review reject launch-checkout/bugs --note 'an import went wrong'")(reject)
    app.add_typer(group, name="review")


def waiting(ctx: typer.Context, json: AsJson = False) -> None:
    """List what waits, with the value there is, the value that was read, and why it is held."""
    from mapping.show import show_value
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        found = store.reviews(only_open=True)
        last = store.last_check_ins()
    if json:
        typer.echo(show.as_json(list(found.values())))
        return
    for address, review in found.items():
        unit = review.proposal.metric.unit
        stands = show_value(last[address].value if address in last else None, unit)
        typer.echo(f"{address}  {stands} → {show_value(review.proposal.value, unit)}  {review.cause}: {review.detail}")
    if not found:
        typer.echo("nothing waits for a decision")


def accept(ctx: typer.Context, key_result: Address, note: Note = "", actor: Actor = None) -> None:
    """Publish what waits."""
    from flows import reviews
    from okrsync.telling import tell

    place: Place = ctx.obj
    with place.store() as store:
        who, outlets = place.actor(actor), place.outlets()
        entry = reviews.accept(store, key_result, author=who, now=datetime.now(UTC), note=note, outlets=outlets)
        typer.echo(f"{key_result}: accepted, {entry.formula}")
        tell(place, store, outlets)


def reject(ctx: typer.Context, key_result: Address, note: Note = "", actor: Actor = None) -> None:
    """Keep the last good value; the same reading is not asked about again."""
    from flows import reviews

    place: Place = ctx.obj
    with place.store() as store:
        reviews.reject(store, key_result, author=place.actor(actor), now=datetime.now(UTC), note=note)
    typer.echo(f"{key_result}: rejected, the last good value stays")
