"""Small things that both kinds of Jira need."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from connectors.jira.shapes import Change

T = TypeVar("T")

BULKY = frozenset({"description", "environment", "comment", "remoteissuelink", "link", "attachment", "rank"})
"""Fields that no work item has and whose changes would only fill memory; by their untranslated names."""


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the values in pieces of at most ``size``."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


async def aenumerate(pages: AsyncIterable[T], start: int) -> AsyncGenerator[tuple[int, T], None]:
    """Count what comes."""
    number = start
    async for page in pages:
        yield number, page
        number += 1


def relevant(changes: Iterable[Change]) -> list[Change]:
    """Return the changes without what is only about descriptions and links, and those left with nothing not at all."""
    kept = [
        msgspec.structs.replace(
            change, items=[item for item in change.items if item.field.replace(" ", "").casefold() not in BULKY]
        )
        for change in changes
    ]
    return [change for change in kept if change.items]


class SeenIds:
    """A set of ids in a few bits each: a selection of half a million takes no memory worth naming."""

    BLOCK = 1 << 15

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[str] = set()

    def add(self, id_: str) -> bool:
        """Remember an id; return whether it is new."""
        if not (id_.isascii() and id_.isdigit() and len(id_) <= 18):
            new = id_ not in self._others
            self._others.add(id_)
            return new
        block, place = divmod(int(id_), self.BLOCK)
        bits = self._blocks.setdefault(block, bytearray(self.BLOCK // 8))
        byte, bit = divmod(place, 8)
        new = not bits[byte] >> bit & 1
        bits[byte] |= 1 << bit
        return new
