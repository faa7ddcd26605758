"""Checks at start that our rooms are ours: their names are plain words that another package may hold too."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

ROOMS = ("config", "connectors", "dashboard", "flows", "mapping", "store")


def strangers() -> list[str]:
    """Return a sentence for each room that Python would import from somewhere else than beside ``okrsync``."""
    home = Path(__file__).resolve().parent.parent
    found = []
    for room in ROOMS:
        spec = find_spec(room)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None:
            found.append(f"the room {room!r} of okrsync is missing: install okrsync again")
        elif origin.parent.parent != home:
            found.append(
                f"another package holds the name {room!r} ({origin}): install okrsync in an environment of its own"
            )
    return found
