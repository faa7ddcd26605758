"""The rules of a revision against those of the working tree, for the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from flows.against import Comparison, compare
from flows.revision import rules_at
from mapping.comparison import Effect
from okrsync import show
from okrsync.place import Place
from okrsync.show_against import lines, markdown


def run_against(place: Place, revision: str, *, days: int, as_markdown: bool, as_json: bool) -> bool:
    """Print what a change of the rules does; return whether it does anything.

    Raises:
        FixConfigError: no such revision, rules that cannot be loaded, or nothing was synced yet.
    """
    config = place.rules(offline=True)
    older = rules_at(revision, place.rules_path, place.settings)
    with place.store() as store:
        comparison = compare(older, config, store, now=datetime.now(UTC), days=days)
    if as_json:
        typer.echo(show.as_json(comparison))
    elif as_markdown:
        typer.echo(markdown(comparison), nl=False)
    else:
        typer.echo("\n".join(show.clean(line) for line in lines(comparison)))
    return does_anything(comparison)


def does_anything(comparison: Comparison) -> bool:
    """Return whether any number is another, today or on a past day, or a key result comes or goes."""
    return bool(comparison.objectives) or any(
        each.effect is not Effect.REWRITTEN or (each.past is not None and each.past.moved > 0)
        for each in comparison.changes
    )
