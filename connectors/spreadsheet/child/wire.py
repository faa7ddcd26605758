"""What goes over the pipe: one JSON object a line, requests in, answers out.

In:  ``{"sheet": "KPI"}``. Out, at the start: ``{"directory": {...}}``; for a sheet any number of ``{"cells": [...]}``
and then ``{"end": {...}}``; instead of any of them ``{"refused": "why"}``.
"""

from __future__ import annotations

import json
from typing import IO, Any

from connectors.spreadsheet.cells import Area, parse_a1


class RefusedError(Exception):
    """The file, or the sheet asked for, cannot be read. The text says why and what to do, without the file's name."""


Answer = dict[str, Any]
WireCell = tuple[int, int, str, str, str]
"""Row, column, kind, text, style."""


def send(out: IO[bytes], answer: Answer) -> None:
    """Write one answer; half a surrogate pair from a broken file becomes a question mark."""
    out.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n")
    out.flush()


def area_of(reference: str) -> Area | None:
    """Return the area of ``A1:C3`` or ``$B$2``, None if it is none.

    >>> area_of("A1:C3")
    Area(top=0, left=0, bottom=2, right=2)
    """
    first, _, last = reference.partition(":")
    try:
        top, left = parse_a1(first)
        bottom, right = parse_a1(last or first)
    except ValueError:
        return None
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))
