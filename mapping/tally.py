"""Accumulators: each takes the items of a selection one by one and ends as a reading. Memory stays flat."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from mapping.decimals import ZERO
from mapping.mirror import PlainCounts
from mapping.readings import Contribution, Reading
from mapping.words import WorkItem

NOT_MATCHED = "not matched by the filter"


class Tally(Protocol):
    """Takes items in any order, each once."""

    def add(self, item: WorkItem, parent: bool, /) -> None:
        """Take one item; ``parent`` says whether another member is its child."""
        ...

    def values(self) -> list[Decimal | None]:
        """Return one value per period, or the only one; None where there is none."""
        ...

    def reading(self) -> Reading:
        """Return the reading over all periods, with its evidence."""
        ...


class PlainTally(Tally, Protocol):
    """A tally that may look at nothing but the state and one number of an item.

    Items are counted once for all plain tallies that look at the same number: a key result more costs nothing an item.
    """

    @property
    def plain(self) -> str | None:
        """Return the number that is all it looks at beside the state (empty: each item is 1); None: at more."""
        ...

    def add_counts(self, counts: PlainCounts, /) -> None:
        """Take many items at once; only where it is plain and needs not tell parents."""
        ...


def spoken(name: str) -> str:
    """Return a field's name for people: ``story points``."""
    return name.replace("_", " ")


def items_word(count: int) -> str:
    """Return ``1 item`` or ``5 items``."""
    return "1 item" if count == 1 else f"{count} items"


def contribution(
    item: WorkItem, *, weight: Decimal | None, credit: Decimal = ZERO, counted: bool, note: str = ""
) -> Contribution:
    """Return an item's part in a reading."""
    return Contribution(
        connection=item.connection,
        item=item.id,
        key=item.key,
        title=item.title,
        state=item.state,
        status=item.status,
        url=item.url,
        weight=weight,
        credit=credit,
        counted=counted,
        note=note,
    )
