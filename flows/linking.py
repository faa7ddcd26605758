"""Making a target fit for a key result: a goal is given its metric. Only ever on a person's explicit word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.destinations import ConfiguredDestination
from config.load import Config
from connectors.destination import Destination, Linkable
from flows.deliver import open_destination
from flows.people import audited, declared
from mapping.effective import Entries, effective
from mapping.errors import FixConfigError
from mapping.rules import KeyResult
from store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is to be linked."""

    key_result: KeyResult
    destination: ConfiguredDestination
    target: str


def link_of(config: Config, store: Store, address: str, target: str, destination: str | None) -> Link:
    """Return what is to be linked: a key result of the rules, or one that people keep in the store.

    Raises:
        FixConfigError: no such key result or destination, a target that cannot be one, or that of another key result.
    """
    key_result = next((each for each in config.key_results() if each.id == address), None)
    if key_result is None:
        key_result, _ = declared(store, address)
    takers = {name: each for name, each in config.destinations.items() if each.kind.target}
    if destination is None and len(takers) == 1:
        destination = next(iter(takers))
    if destination not in takers:
        there = ", ".join(takers) or "none"
        raise FixConfigError(f"which destination is meant? name one with --destination: there are {there}")
    chosen = takers[destination]
    if not chosen.kind.target_is_right(target):
        raise FixConfigError(f"{target!r} is not {chosen.kind.target}: copy it from the address of its page")
    for other, theirs in chosen.choice.targets.items():
        if theirs == target and other != address:
            raise FixConfigError(
                f"{target} is where {other} is written to: no two key results share one, so name another "
                f"or take {other} off destination {destination} first"
            )
    return Link(key_result=key_result, destination=chosen, target=target)


async def link(
    config: Config,
    store: Store,
    wish: Link,
    *,
    agree: Callable[[str], bool],
    author: str,
    now: Callable[[], datetime],
) -> bool:
    """Link a target once a person agrees to what would be set there, and return whether they did.

    Raises:
        FixConfigError: the destination cannot be linked to, or refuses.
        TryAgainError: it is away, or its answer was lost: linking again does no harm.
    """
    there = open_destination(config, wish.destination, now=now)
    try:
        return await _link(there, store, wish, agree, author, now)
    finally:
        await there.aclose()


async def _link(
    there: Destination,
    store: Store,
    wish: Link,
    agree: Callable[[str], bool],
    author: str,
    now: Callable[[], datetime],
) -> bool:
    if not isinstance(there, Linkable):
        raise FixConfigError(f"{wish.destination.name}: nothing has to be linked there: name its target in the rules")
    key_result = wish.key_result
    stands = effective(key_result.mode, store.entries().get(key_result.id, Entries()), now())
    value = None if stands.shown is None else stands.shown.value
    says = await there.before_link(wish.target, key_result.metric, value)
    if not agree(says):
        return False
    await there.link(wish.target, key_result.metric, value)
    with store.begin(started_at=now(), kind="link") as run:
        run.merge()
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now())
        what = {"destination": wish.destination.name, "target": wish.target, "set": says}
        run.audit([audited(now(), author, "link", key_result.id, None, what)])
        run.commit()
    return True
