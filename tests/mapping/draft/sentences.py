"""Reads the tables of sentences: eight fields of the metric, ``-`` for none, then the sentence behind a semicolon."""

from __future__ import annotations

from pathlib import Path

FIELDS = ("kind", "baseline", "target", "comparator", "unit", "currency", "per", "relative")


def sentences(name: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return the sentences of a file, each with the fields it is to give."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        if line.startswith("#"):
            continue
        fields, _, sentence = line.partition(" ; ")
        values = [None if each == "-" else each for each in fields.split()]
        found.append((sentence, dict(zip(FIELDS, values, strict=True))))
    return found
