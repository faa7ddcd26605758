"""Commands about the tokens of the REST API."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.commands.people import Actor
from okrsync.place import Place

Name = Annotated[str, typer.Argument(help="What the token is known by; reports are shown under this name.")]


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    WRITE = "write"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Make, list and revoke the tokens with which other servers report and read.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command(epilog="Example: okrsync token create payments --scope write --objective launch-checkout")(create)
    group.command("list", epilog="Example: okrsync token list")(list_)
    group.command(epilog="Example: okrsync token revoke payments")(revoke)
    app.add_typer(group, name="token")


def create(
    ctx: typer.Context,
    name: Name,
    scope: Annotated[Scope, typer.Option(help="What it may do.")] = Scope.READ,
    objective: Annotated[
        list[str] | None, typer.Option("--objective", help="Let it write to this one only; may be given several times.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Make a token and print it. It is kept as a digest only, so this is the one time it can be seen."""
    from flows.tokens import create_token

    place: Place = ctx.obj
    with place.store(create=True) as store:
        who, now = place.actor(actor), datetime.now(UTC)
        secret = create_token(store, name, scope=scope, objectives=objective or (), author=who, now=now)
    typer.echo(secret)


def list_(ctx: typer.Context, json: AsJson = False) -> None:
    """List the tokens, revoked ones too."""
    from okrsync import show

    place: Place = ctx.obj
    with place.store() as store:
        found = store.tokens()
    if json:
        typer.echo(show.as_json(found))
        return
    for each in found:
        only = f", only {', '.join(each.objectives)}" if each.objectives else ""
        ended = f", revoked {each.revoked_at:%Y-%m-%d}" if each.revoked_at else ""
        typer.echo(f"{each.name}  {each.scope}{only}  made {each.created_at:%Y-%m-%d} by {each.created_by}{ended}")
    if not found:
        typer.echo("there is no token: okrsync token create NAME")


def revoke(ctx: typer.Context, name: Name, actor: Actor = None) -> None:
    """End a token for good, at once."""
    from flows.tokens import revoke as revoke_token

    place: Place = ctx.obj
    with place.store() as store:
        revoke_token(store, name, author=place.actor(actor), now=datetime.now(UTC))
    typer.echo(f"{name}: revoked")
