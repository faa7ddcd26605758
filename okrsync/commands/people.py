"""Commands by which people speak: check-ins by hand, back to the automatic value, comments, and who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from okrsync.commands.look import AsJson
from okrsync.place import Place

Address = Annotated[str, typer.Argument(help="Address of a key result: objective/key-result.")]
Actor = Annotated[
    str | None, typer.Option("--as", help="Who acts; by default OKRSYNC_USER, else the name of the login.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(
        name="check-in",
        epilog="Examples: okrsync check-in launch-checkout/nps 41 --confidence 70% --note 'survey of May' · "
        "okrsync check-in launch-checkout/bugs 12 --until 2026-12-01 --reason 'the tracker counts doubles'",
    )(check_in)
    app.command(epilog="Example: okrsync resume launch-checkout/bugs")(resume)
    app.command(epilog="Example: okrsync comment launch-checkout/nps 'the survey comes late this month'")(comment)
    app.command(epilog="Examples: okrsync audit · okrsync audit launch-checkout/bugs --json")(audit)


def check_in(
    ctx: typer.Context,
    key_result: Address,
    value: Annotated[str | None, typer.Argument(help="The value, as in the rules: 41, 25%, 1.2M€, done.")] = None,
    confidence: Annotated[str | None, typer.Option(help="That the target will be reached: 0.7 or 70%.")] = None,
    note: Annotated[str, typer.Option(help="What there is to say.")] = "",
    sticky: Annotated[
        bool, typer.Option("--sticky", help="Stand until `okrsync resume`, not only until the automatic value moves.")
    ] = False,
    until: Annotated[
        datetime | None, typer.Option(help="Stand until this day begins.", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a person knows better.")] = "",
    actor: Actor = None,
    json: AsJson = False,
) -> None:
    """Check in by hand. The value stands above the automatic one, which stays visible beside it."""
    from config.said import confidence_of, start_of_day, value_of
    from flows import people
    from mapping.effective import Entries, effective
    from okrsync import show
    from okrsync.telling import tell

    place: Place = ctx.obj
    now, outlets = datetime.now(UTC), place.outlets()
    with place.store() as store:
        found, objective = people.declared(store, key_result)
        said = people.Said(
            author=place.actor(actor),
            value=None if value is None else value_of(value, found),
            confidence=None if confidence is None else confidence_of(confidence),
            note=note,
            sticky=sticky or until is not None,
            expires_at=None if until is None else start_of_day(until.date(), objective.cycle.timezone),
            reason=reason,
        )
        entry = people.check_in(store, key_result, said, now=now, outlets=outlets)
        stands = effective(found.mode, store.entries([key_result]).get(key_result, Entries()), now)
        beside = f"; {show.stands_above(stands.automatic, stands.override)}" if stands.automatic is not None else ""
        typer.echo(show.as_json(entry) if json else f"{key_result}: {entry.formula or entry.note or 'noted'}{beside}")
        if objective.cycle.id in store.snapshots():
            typer.echo(f"{objective.cycle.id} is closed: its scores stay as they were signed", err=True)
        tell(place, store, outlets)


def resume(ctx: typer.Context, key_result: Address, actor: Actor = None) -> None:
    """Let the automatic value count again."""
    from flows import people
    from okrsync.telling import tell

    place: Place = ctx.obj
    with place.store() as store:
        who, outlets = place.actor(actor), place.outlets()
        ended = people.resume(store, key_result, author=who, now=datetime.now(UTC), outlets=outlets)
        typer.echo(f"{key_result}: the automatic value counts {'again' if ended else 'already'}")
        tell(place, store, outlets)


def comment(
    ctx: typer.Context,
    key_result: Address,
    text: Annotated[str, typer.Argument(help="What there is to say.")],
    actor: Actor = None,
) -> None:
    """Leave a comment on a key result; `okrsync why` and its page show it."""
    from flows import people

    place: Place = ctx.obj
    with place.store() as store:
        people.comment(store, key_result, text, author=place.actor(actor), now=datetime.now(UTC))
    typer.echo(f"{key_result}: noted")


def audit(
    ctx: typer.Context,
    subject: Annotated[str | None, typer.Argument(help="Only of this address.", show_default="everything")] = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 50,
    json: AsJson = False,
) -> None:
    """Show who changed what by hand, field by field, with what was before and after."""
    from okrsync import show
    from okrsync.show_audit import audit_lines

    place: Place = ctx.obj
    with place.store() as store:
        entries, known = store.audit(subject, limit), store.register().key_results
    if json:
        typer.echo(show.as_json(entries))
        return
    for entry in entries:
        key_result = known.get(entry.subject)
        typer.echo("\n".join(audit_lines(entry, None if key_result is None else key_result.body.metric.unit)))
    if not entries:
        typer.echo("nothing was changed by hand")
