"""Accumulators: each takes the items of a selection one by one and ends as a reading. Memory stays flat."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from mapping.decimals import ZERO
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
