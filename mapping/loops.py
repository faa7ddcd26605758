"""Loops in filters, held small: CEL's macros go over lists, and nothing but their nesting and growth can take long.

The engine stops after ten thousand steps, but a step may handle long texts, and a chain of ``map(x, x + x)`` doubles
them each time. So loops are not nested, one list is built at most, and a filter that loops reads short lists and texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mapping.errors import RuleError
from mapping.words import WorkItem

MOST_ELEMENTS = 100
LONGEST_TEXT = 1000
"""Characters; titles have at most 255 at the trackers."""

_LITERAL = (
    r"\b(?:[rR][bB]?|[bB][rR])(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"[^\"\n]*\"|'[^'\n]*')"
    r"|\"\"\"(?:\\[\s\S]|[^\\])*?\"\"\"|'''(?:\\[\s\S]|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
)
_PART = re.compile(
    rf"(?P<literal>{_LITERAL})|(?P<comment>//)|\.\s*(?P<macro>all|exists|exists_one|map|filter)\s*\(|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
)


def has_loop(text: str) -> bool:
    """Return whether a filter has a loop.

    Raises:
        RuleError: loops are nested, more than one list is built, or a comment may hide either.
    """
    inside: list[bool] = []
    looped, maps = False, 0
    for macro, opens in _brackets(text):
        if macro:
            looped = True
            maps += macro == "map"
            if any(inside):
                raise RuleError(f'filter {text!r} has a loop in a loop: write `x in ["a", "b"]` for the inner one')
        if opens:
            inside.append(bool(macro))
        elif inside:
            inside.pop()
    if maps > 1:
        raise RuleError(f"filter {text!r} builds {maps} lists with map: use one at most")
    return looped


def _brackets(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the macro that a bracket belongs to, or nothing, and whether the bracket opens."""
    for part in _PART.finditer(text):
        if part["comment"]:
            raise RuleError(f"filter {text!r} has a comment: write it behind # in the rules file")
        if part["literal"] is None:
            yield part["macro"] or "", part["close"] is None


def check_size(data: Mapping[str, object], text: str, item: WorkItem) -> None:
    """Refuse an item too large for a filter that loops.

    Raises:
        RuleError: a list or map has too many elements, or a text is too long.
    """
    for name, value in data.items():
        if isinstance(value, list | dict) and len(value) > MOST_ELEMENTS:
            what = f"{name} has {len(value)} elements, and a filter with a loop reads {MOST_ELEMENTS} at most"
            raise RuleError(f'filter {text!r} failed on {item.key}: {what}: ask without a loop, as "x" in item.labels')
        texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
        longest = max((len(each) for each in texts if isinstance(each, str)), default=0)
        if longest > LONGEST_TEXT:
            what = f"{name} has {longest} characters, and a filter with a loop reads {LONGEST_TEXT} at most"
            raise RuleError(f"filter {text!r} failed on {item.key}: {what}: ask without a loop")
