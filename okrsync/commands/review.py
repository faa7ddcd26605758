"""Commands about readings that wait for a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor
from okrsync.place import Place

if TYPE_CHECKING:
    from store import Store

Note = Annotated[str, typer.Option(help="Why.")]
Addresses = Annotated[
    list[str] | None, typer.Argument(help="Addresses of key results: objective/key-result.", show_default=False)
]
Everything = Annotated[bool, typer.Option("--all", help="Everything that waits.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Decide on values that the guard holds, or that are merely suggested.",
        epilog="Examples: okrsync review list · okrsync review accept launch-checkout/bugs",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list", epilog="Examples: okrsync review list · okrsync review list --json")(waiting)
    group.command(
        epilog="Examples: okrsync review accept launch-checkout/bugs --note 'the project was split' · "
        "okrsync review accept --all"
    )(accept)
    group.command(epilog="Example: okrsync review reject launch-checkout/bugs --note 'an import went wrong'")(reject)
    app.add_typer(group, name="review")


def waiting(ctx: typer.Context, json: AsJson = False) -> None:
    """List what waits, with the value there is, the value that was read, and why it is held."""
    from okrsync import show
    from okrsync.show_reviews import reviews_table

    place: Place = ctx.obj
    with place.store() as store:
        found = store.reviews(only_open=True)
        last = store.last_check_ins()
    if json:
        typer.echo(show.as_json(list(found.values())))
    elif found:
        show.console().print(reviews_table(found, last))
        typer.echo("\nDecide with: okrsync review accept ADDRESS… or reject ADDRESS…, or --all")
    else:
        typer.echo("nothing waits for a decision")


def accept(
    ctx: typer.Context,
    key_results: Addresses = None,
    everything: Everything = False,
    note: Note = "",
    actor: Actor = None,
) -> None:
    """Publish what waits."""
    from flows import reviews
    from mapping.show import show_value
    from okrsync.telling import tell

    place: Place = ctx.obj
    with place.store() as store:
        who, outlets = place.actor(actor), place.outlets()
        for address in _chosen(store, key_results or [], everything=everything):
            entry = reviews.accept(store, address, author=who, now=datetime.now(UTC), note=note, outlets=outlets)
            said = entry.formula or "published"
            typer.echo(f"{address}: accepted, {show_value(entry.value, entry.metric.unit)} ({said})")
        tell(place, store, outlets)


def reject(
    ctx: typer.Context,
    key_results: Addresses = None,
    everything: Everything = False,
    note: Note = "",
    actor: Actor = None,
) -> None:
    """Keep the last good value; the same reading is not asked about again."""
    from flows import reviews

    place: Place = ctx.obj
    with place.store() as store:
        who = place.actor(actor)
        for address in _chosen(store, key_results or [], everything=everything):
            reviews.reject(store, address, author=who, now=datetime.now(UTC), note=note)
            typer.echo(f"{address}: rejected, the last good value stays")


def _chosen(store: Store, named: list[str], *, everything: bool) -> list[str]:
    """Return what is to be decided, after checking that all of it waits: one mistyped name decides nothing.

    Raises:
        FixConfigError: something named does not wait.
    """
    from flows import reviews

    if bool(named) == everything:
        raise typer.BadParameter("name key results, or say --all for everything that waits")
    if everything:
        return [*store.reviews(only_open=True)]
    for address in named:
        reviews.waiting(store, address)
    return list(dict.fromkeys(named))
