"""The fail-points that the source names, and processes that die between two statements."""

from __future__ import annotations

import ast
import multiprocessing
import os
import signal
from collections.abc import Callable

from sqlalchemy import Engine, event

from store import Store
from tests.proofs import ROOT

ROOMS = ("okrsync", "dashboard", "flows", "config", "connectors", "store", "mapping")


def named_in_source() -> dict[str, str]:
    """Return every fail-point that the source names, with the file that does."""
    found: dict[str, str] = {}
    for file in (each for room in ROOMS for each in sorted((ROOT / room).rglob("*.py"))):
        text, where = file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))
        if "from mapping.failpoints import reach" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reach":
                (given,) = node.args
                assert isinstance(given, ast.Constant), f"{where}, line {node.lineno}: write the name out"
                name = str(ast.literal_eval(given))
                assert name not in found, f"{name} is named in {where} and in {found[name]}"
                found[name] = where
    return found


def die_in(act: Callable[[str], object], url: str, moment: int | None) -> int:
    """Do something to a database in a process that is killed before that statement; commits count as statements.

    Returns:
        How the process ended; for None, which does it here and undisturbed, how many statements there are.
    """
    if moment is None:
        return _counted(act, url, None)
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_counted, args=(act, url, moment))
    process.start()
    process.join(120)
    return process.exitcode or 0


def _counted(act: Callable[[str], object], url: str, die_at: int | None) -> int:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, count)
    try:
        done = act(url)
        if isinstance(done, Store):
            done.close()
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, count)
    return seen
