"""The fail-points that the source names."""

from __future__ import annotations

import ast

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
