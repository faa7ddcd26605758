"""Which kinds of destinations there are: our own, each a module and a line here, and those of other packages.

A package offers one under ``[project.entry-points."okrsync.destinations"]``, as ``slack = "acme_slack:DESTINATION"``.
Ours go first: another package cannot take their names.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from connectors.destination import DestinationKind
from mapping.errors import FixConfigError

BUILT_IN = {
    "asana": "connectors.asana.goals",
    "okrsync": "connectors.okrsync",
    "spreadsheet": "connectors.spreadsheet.column",
    "webhook": "connectors.webhook",
}
"""Name to the module that has a ``DESTINATION``; imported only when a destination needs it."""
GROUP = "okrsync.destinations"


def names() -> list[str]:
    """Return the names of all kinds, sorted."""
    return sorted({*BUILT_IN, *(each.name for each in entry_points(group=GROUP))})


def destination_kind(name: str) -> DestinationKind:
    """Return the kind of that name.

    Raises:
        FixConfigError: there is none, or the package that offers it is broken.
    """
    if name in BUILT_IN:
        own: DestinationKind = import_module(BUILT_IN[name]).DESTINATION
        return own
    offered = [each for each in entry_points(group=GROUP) if each.name == name]
    if not offered:
        raise FixConfigError(f"unknown destination {name!r}: use one of {', '.join(names())}")
    try:
        found = offered[0].load()
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise FixConfigError(f"destination {name!r} cannot be loaded ({what}): update its package") from error
    if not isinstance(found, DestinationKind):
        raise FixConfigError(f"destination {name!r} is no DestinationKind ({found!r}): update its package")
    return found


def usable() -> list[DestinationKind]:
    """Return our own kinds, sorted by name: those that the JSON schema can know."""
    return [destination_kind(name) for name in sorted(BUILT_IN)]
