"""Which requests a connector's code can send: the paths that stand in it, for tests that want to see each one sent."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.proofs import ROOT

_PATH = re.compile(r"(?:/|rest/)[\w{}./-]+")
HOLE = "{}"


def paths_in(room: str) -> set[str]:
    """Return every path that a room's code writes, with ``{}`` for what it fills in: ``/repos/{}/issues``."""
    found: set[str] = set()
    for file in sorted((ROOT / "connectors" / room).glob("*.py")):
        found |= {text for text in _texts(file) if _PATH.fullmatch(text)}
    return found


def pattern_of(path: str) -> re.Pattern[str]:
    """Return what matches a path as it is sent; a hole may hold a repository, which has a slash of its own."""
    return re.compile(".+".join(map(re.escape, path.split(HOLE))))


def _texts(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    pieces = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in node.values}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(each.value) if isinstance(each, ast.Constant) else HOLE for each in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            found.append(node.value)
    return found
