"""Places at which a run can be made to fail on purpose: every commit, fetch, send and rename has a name.

Reaching one does nothing unless somebody listens; what then happens is the listener's own affair
(see ``okrsync.failing``). Here, because every room names such places and may import nothing lower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]
_listeners: list[Listener] = []


def reach(name: str) -> None:
    """Say that the fail-point ``name`` is reached: room, what is being done, and the step that comes next.

    The name is written out where it is reached, so that a test can list them all from the source.
    """
    for listener in _listeners:
        listener(name)


def listen(listener: Listener) -> None:
    """Let a listener hear of every fail-point for the rest of the process."""
    _listeners.append(listener)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear of every fail-point within the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
