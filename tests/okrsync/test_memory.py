"""Garbage is looked for seldom while a command starts, and as ever while it works."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from okrsync.memory import WHILE_STARTING, WHILE_WORKING, starting, working
starting()
assert gc.get_threshold()[0] == WHILE_STARTING
import decimal, sqlite3, asyncio
working()
assert gc.get_threshold()[0] == WHILE_WORKING
aside = gc.get_freeze_count()
assert aside > 1000
kept = [[number] for number in range(1000)]
working()
assert gc.get_freeze_count() <= aside, "what came later may be garbage one day"
"""


def test_what_is_there_when_work_begins_is_put_aside_once() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
