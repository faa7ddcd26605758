"""When Python looks for garbage that refers to itself: seldom while a command starts, and as ever while it works."""

from __future__ import annotations

import gc

WHILE_STARTING = 400_000
"""Imports make some hundred thousand objects that stay: looking through them finds none and costs 50 ms."""
WHILE_WORKING = 50_000


def starting() -> None:
    """Say that imports are to come."""
    gc.set_threshold(WHILE_STARTING)


def working() -> None:
    """Say that all is imported and work that may take long begins; what is there by now is not looked through again."""
    if not gc.get_freeze_count():  # the first time: later there may be garbage among it
        gc.freeze()
    gc.set_threshold(WHILE_WORKING)
