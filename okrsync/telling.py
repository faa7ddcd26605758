"""Sends at once what a person's deed has queued for destinations, and says where that did not go well."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import typer

from okrsync.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.destinations import ConfiguredDestination
    from okrsync.place import Place
    from store import Store

PATIENCE_SECONDS = 10.0
"""So long may a destination that is busy or away keep a person waiting; a later sync tries again."""


def tell(place: Place, store: Store, outlets: Sequence[ConfiguredDestination]) -> None:
    """Deliver what waits, once everything else that a command has to say is said.

    Raises:
        Exit: PARTLY: a destination refused or could not be reached, or a person's edit was met there.
    """
    waiting = [each for each in outlets if store.waiting(each.name)]
    for each in waiting:
        if each.missing:
            lacking = ", ".join(each.missing)
            sys.stderr.write(f"{each.name} hears of this with the next sync: {lacking} is not set here\n")
    names = [each.name for each in waiting if not each.missing]
    if not names:
        return
    from flows.deliver import deliver, failures_of
    from flows.work import utc_now
    from okrsync.show import clean

    config = place.rules(offline=True)
    records = asyncio.run(deliver(config, store, now=utc_now, names=names, budget_seconds=PATIENCE_SECONDS))
    for line in failures_of(records):
        sys.stderr.write(f"{clean(line)}\n")
    if failures_of(records):
        raise typer.Exit(Exit.PARTLY)
