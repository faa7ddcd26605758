"""How an item counts that feeds several key results. See docs/semantics.md, Double counting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from mapping.decimals import GRID, exact, tidy


class DoubleCounting(StrEnum):
    """What happens in a key result to an item that feeds others of the same cycle too."""

    ALLOW = "allow"
    """It counts in full (default)."""
    SPLIT = "split"
    """Its weight is divided equally among the key results that it feeds."""
    EXCLUSIVE = "exclusive"
    """It counts in the first of them, in the order of the file, and nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One key result's part of an item that feeds several."""

    policy: DoubleCounting
    feeds: tuple[str, ...]
    """Addresses of all key results that it feeds, in the order of the file; two at least."""
    place: int
    """Which of them this is, from 0."""

    @property
    def elsewhere(self) -> str | None:
        """The key result for which alone it counts, where that is another."""
        return self.feeds[0] if self.policy is DoubleCounting.EXCLUSIVE and self.place else None

    @property
    def divided(self) -> bool:
        """Whether its weight is divided."""
        return self.policy is DoubleCounting.SPLIT

    def of(self, weight: Decimal) -> Decimal:
        """Return this part of a weight; all parts sum exactly to it, the first takes what rounding leaves.

        >>> [Part(policy=DoubleCounting.SPLIT, feeds=("a", "b", "c"), place=n).of(Decimal(1)) for n in (0, 1)]
        [Decimal('0.333333333334'), Decimal('0.333333333333')]
        """
        if not self.divided:
            return weight
        count = len(self.feeds)
        with exact():
            each = (weight / count).quantize(GRID)
            return tidy(weight - each * (count - 1) if self.place == 0 else each)

    def said(self) -> str:
        """Return what was made of it, for people."""
        if self.elsewhere is not None:
            return f"counts for {self.elsewhere} alone"
        return f"feeds {len(self.feeds)} key results: counted as 1/{len(self.feeds)}"


Shares: TypeAlias = Mapping[str, Mapping[str, Part]]
"""Connection to item id to this key result's part, for items that feed several."""
NO_SHARES: Shares = {}


def part_of(shares: Shares, connection: str, item: str) -> Part | None:
    """Return the part of an item that feeds several key results; None for all others."""
    found = shares.get(connection)
    return None if found is None else found.get(item)
