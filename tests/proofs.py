"""Whether what a document names as its proof is there: a test or a function in a file, a heading on a page."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def _names(file: Path) -> frozenset[str]:
    """Return the names of all functions, methods and classes that a file defines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, kinds))


@cache
def _anchors(file: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings)


def missing(proof: str) -> str | None:
    """Return what is wrong with ``tests/x/test_y.py::test_z``, ``connectors/x.py::f`` or ``docs/x.md#heading``."""
    path, mark, name = re.split(r"(::|#|$)", proof, maxsplit=1)
    file = ROOT / path
    if not file.is_file():
        return f"{proof}: there is no {path}"
    if mark == "#":
        return None if name in _anchors(file) else f"{proof}: {path} has no heading {name!r}"
    if mark == "::":
        return None if name in _names(file) else f"{proof}: {path} defines no {name!r}"
    return f"{proof}: says nothing of where in {path}"
