"""What fell into one period, kept as small as the aggregate allows."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Protocol, Self

from mapping.decimals import ZERO, percentile, quotient
from mapping.rules import AggregateKind

HALF = Decimal(50)


class Cell(Protocol):
    """Takes values in any order."""

    count: int
    total: Decimal

    def add(self, value: Decimal, times: int, /) -> None:
        """Take a value that occurs so many times."""
        ...

    def merge(self, other: Self, /) -> None:
        """Take all that another cell of the same kind has."""
        ...

    def value(self) -> Decimal | None:
        """Return the aggregate; None where there is nothing to take it of."""
        ...


class Sums:
    """Count, sum or average."""

    __slots__ = ("count", "kind", "total")

    def __init__(self, kind: AggregateKind) -> None:
        self.kind = kind
        self.count = 0
        self.total = ZERO

    def add(self, value: Decimal, times: int, /) -> None:
        """Take a value that occurs so many times."""
        self.count += times
        self.total += value if times == 1 else value * times

    def merge(self, other: Self, /) -> None:
        """Take all that another cell has."""
        self.count += other.count
        self.total += other.total

    def value(self) -> Decimal | None:
        """Return count, sum or average."""
        if self.kind is not AggregateKind.AVERAGE:
            return self.total  # a count is the sum of ones, and of less where an item is shared
        return quotient(self.total, Decimal(self.count)) if self.count else None


class Extreme:
    """The least or the greatest."""

    __slots__ = ("count", "found", "pick", "total")

    def __init__(self, kind: AggregateKind) -> None:
        self.pick = min if kind is AggregateKind.MIN else max
        self.count = 0
        self.total = ZERO
        self.found: Decimal | None = None

    def add(self, value: Decimal, times: int, /) -> None:
        """Take a value that occurs so many times."""
        self.count += times
        self.found = value if self.found is None else self.pick(self.found, value)

    def merge(self, other: Self, /) -> None:
        """Take all that another cell has."""
        if other.found is not None:
            self.add(other.found, other.count)

    def value(self) -> Decimal | None:
        """Return the extreme."""
        return self.found


class Values:
    """Median, percentile, or the number of different values: as many entries as there are of these."""

    __slots__ = ("count", "p", "total", "values")

    def __init__(self, p: Decimal | None) -> None:
        self.p = p
        """None: how many different ones there are."""
        self.count = 0
        self.total = ZERO
        self.values: Counter[Decimal] = Counter()

    def add(self, value: Decimal, times: int, /) -> None:
        """Take a value that occurs so many times."""
        self.count += times
        self.values[value] += times

    def merge(self, other: Self, /) -> None:
        """Take all that another cell has."""
        self.count += other.count
        self.values.update(other.values)

    def value(self) -> Decimal | None:
        """Return the percentile, or how many values differ."""
        if self.p is None:
            return Decimal(len(self.values))
        return percentile(self.values, self.p) if self.values else None


def cell_for(kind: AggregateKind, p: Decimal | None) -> Cell:
    """Return an empty cell for an aggregate."""
    match kind:
        case AggregateKind.MIN | AggregateKind.MAX:
            return Extreme(kind)
        case AggregateKind.MEDIAN:
            return Values(HALF)
        case AggregateKind.PERCENTILE:
            return Values(p)
        case AggregateKind.DISTINCT:
            return Values(None)
        case _:
            return Sums(kind)
