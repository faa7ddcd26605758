"""How a connection of the rules is opened, and what it is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from config.load import Config
from connectors.guard import Guard
from connectors.port import Source, Surroundings

Keys = Callable[[str, Sequence[str]], Mapping[str, str]]
"""Connection and ids to keys by id."""


def open_source(
    config: Config, name: str, *, now: Callable[[], datetime], keys: Keys = lambda _connection, _ids: {}
) -> Source:
    """Open one connection of the rules; the first request is sent by whoever uses it.

    Args:
        config: the rules.
        name: of the connection.
        now: the clock.
        keys: what the mirror knows as the keys of a connection's items, by id.
    """
    connection = config.connections[name]
    return connection.connector.open(connection.options, surroundings_of(config, name, now=now, keys=keys))


def surroundings_of(
    config: Config, name: str, *, now: Callable[[], datetime], keys: Keys = lambda _connection, _ids: {}
) -> Surroundings:
    """Return what a connection of the rules is handed besides its options; see ``open_source``."""
    return Surroundings(
        connection=name,
        folder=config.folder,
        guard=Guard.of(config.settings.allowed_hosts),
        now=now,
        budget_seconds=config.settings.budget_seconds,
        in_flight=config.settings.in_flight,
        keys=lambda ids: keys(name, ids),
    )
