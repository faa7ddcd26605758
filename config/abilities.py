"""What a measure needs its connector to be able to do, so that a lack is told where the rule stands, not at night."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from config.measure_model import SERIES, DurationKeys
from connectors import registry
from connectors.port import Capability, Connector
from mapping.rules import DurationKind

GIVES: Mapping[Capability, tuple[str, str]] = {
    Capability.CENSUS: ("work items", "measure it with latest or series"),
    Capability.SERIES: ("samples of a number", "measure it with completion, count, sum or average"),
    Capability.HISTORY: ("the past of work items, to know when work began", "measure it with time: lead"),
}
"""What a capability gives, and how to do without it."""


def needed(kind: str, keys: BaseModel | None) -> Capability:
    """Return what a measure asks of its connector.

    Args:
        kind: as the rule names it, ``count``.
        keys: its own keys, checked; None when there is something wrong with them.
    """
    if kind in SERIES:
        return Capability.SERIES
    if isinstance(keys, DurationKeys) and keys.time is DurationKind.CYCLE:
        return Capability.HISTORY
    return Capability.CENSUS


def lack(kind: str, keys: BaseModel | None, connector: Connector) -> tuple[str, str] | None:
    """Return what the connector lacks for a measure, and what to do; None when it lacks nothing."""
    capability = needed(kind, keys)
    if capability in connector.capabilities:
        return None
    gives, otherwise = GIVES[capability]
    others = ", ".join(registry.able(capability))
    fix = f"{otherwise}, or take it from a connection of {others}" if others else otherwise
    return f"{kind} needs {gives}, which connector {connector.name} cannot give", fix
