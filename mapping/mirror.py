"""What the arithmetic asks of the mirror; the store implements it, tests write it as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from mapping.words import ItemState, Sample, Selection, WorkItem

PlainCounts: TypeAlias = "Mapping[tuple[ItemState, Decimal | None], int]"
"""How often each pair of a state and a number occurs; None where items lack the number."""


class Departure(StrEnum):
    """How an item left a selection."""

    UNMATCHED = "unmatched"
    """It still exists and is visible to us, but the selection no longer matches it."""
    VANISHED = "vanished"
    """It was deleted, or hidden from us; the vendor does not say which."""
    DELETED = "deleted"
    HIDDEN = "hidden"
    """It may well be there, but not for our account."""
    ARCHIVED = "archived"
    MOVED = "moved"
    """It lives on elsewhere under another id."""


class Mirror(Protocol):
    """Our copy of the sources at one moment."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection, ascending by the code points of their ids, each once."""
        ...

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        ...

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples of a series, oldest first."""
        ...

    def pulled(self, selection: Selection) -> bool:
        """Return whether a complete pull of it has ever been published (nothing matched is not nothing known)."""
        ...

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work on a member first began, by item id, as far as that is on record."""
        ...

    def as_of(self, instant: datetime) -> Mirror | None:
        """Return the mirror as the last run up to an instant left it; None when there was no run yet."""
        ...

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return how former members left, by item id; an id that is a member now is not in it."""
        ...


@runtime_checkable
class Comparing(Protocol):
    """What a mirror offers besides when it knows where it may differ from one before it."""

    def touched(self, before: Mirror, selection: Selection) -> tuple[Iterator[WorkItem], Iterator[WorkItem]] | None:
        """Return members then and members now, ordered as ``members`` gives them: all that differ, and few others.

        None where that is not known of these two.
        """
        ...


@runtime_checkable
class Counting(Protocol):
    """What a mirror offers besides when it can count members without giving each of them."""

    def counts(self, selection: Selection, number: str) -> PlainCounts | None:
        """Return how often each pair of a state and that number occurs; without a number each item is 1.

        None where only the members themselves tell.
        """
        ...
