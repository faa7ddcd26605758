"""Names that people meant: the one thing of a name, or an error that lists what is there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from mapping.errors import FixConfigError

SHOWN = 5
ALIKE = 0.8
"""Names are almost the same from this share of like letters on: ``Droped`` and ``Dropped`` are, 0.92."""


class Thing(Protocol):
    """Anything with a gid and a name."""

    @property
    def gid(self) -> str:
        """Its immutable id."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...


T = TypeVar("T", bound=Thing)


def the_one(said: str, there: Sequence[T], *, kind: str, where: str) -> T:
    """Return the one thing that is called so, upper and lower case aside.

    Args:
        said: the name as the rules give it.
        there: all that may be meant.
        kind: what it is, for the error: ``project``.
        where: the connection and the place it was looked up in, for the error.

    Raises:
        FixConfigError: nothing is called so, and what is near; or several are.
    """
    found = [each for each in there if each.name == said]
    found = found or [each for each in there if each.name.strip().casefold() == said.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        gids = ", ".join(each.gid for each in found[:SHOWN])
        raise FixConfigError(
            f"{where}: {len(found)} {kind}s are called {said!r}: write the gid of the one you mean ({gids})"
        )
    known = nearest(said, there)
    raise FixConfigError(
        f"{where}: there is no {kind} {said!r} that the token's account sees: "
        + (f"near it are {known}" if known else f"it sees no {kind} at all")
    )


def nearest(said: str, there: Iterable[Thing]) -> str:
    """Return the few things whose names are most like it, with their gids."""

    def likeness(thing: Thing) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, said.casefold(), thing.name.casefold()).ratio(), thing.name

    ordered = sorted(there, key=likeness)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(f"{each.name!r} ({each.gid})" for each in ordered[:SHOWN]) + more


def almost(said: Sequence[str], there: Iterable[str]) -> tuple[str, str] | None:
    """Return a name that nothing there has, and the one of those there that is almost it; None if all is well.

    Names that differ in their digits (``Sprint 12``, ``Sprint 13``) are never taken for each other.
    """
    named = {each.casefold() for each in said}
    names = {each.strip().casefold(): each for each in there}
    others = [each for each in names if each not in named]
    for each in said:
        if each.casefold() in names or each.isdigit():
            continue
        alike = [other for other in others if re.findall(r"\d+", other) == re.findall(r"\d+", each)]
        if near := difflib.get_close_matches(each.casefold(), alike, n=1, cutoff=ALIKE):
            return each, names[near[0]]
    return None
