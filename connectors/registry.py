"""Which connectors there are. A new one is a room and a line here."""

from __future__ import annotations

from importlib import import_module

from connectors.port import Connector
from mapping.errors import FixConfigError

BUILT_IN = {
    "asana": "connectors.asana",
    "github": "connectors.github",
    "jira": "connectors.jira",
    "spreadsheet": "connectors.spreadsheet",
}
"""Name to the room that has a ``CONNECTOR``; imported only when a connection needs it."""


def names() -> list[str]:
    """Return the names of all connectors, sorted."""
    return sorted(BUILT_IN)


def connector(name: str) -> Connector:
    """Return the connector of that name.

    Raises:
        FixConfigError: no connector has that name.
    """
    if name not in BUILT_IN:
        raise FixConfigError(f"unknown connector {name!r}: use one of {', '.join(names())}")
    found: Connector = import_module(BUILT_IN[name]).CONNECTOR
    return found
