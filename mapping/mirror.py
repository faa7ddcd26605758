"""What the arithmetic asks of the mirror; the store implements it, tests write it as lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from mapping.words import Sample, Selection, WorkItem


class Mirror(Protocol):
    """Our copy of the sources at one moment."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection, ordered by id, each once."""
        ...

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        ...

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples of a series, oldest first."""
        ...

    def pulled(self, selection: Selection) -> bool:
        """Return whether a complete pull of the selection has ever been published (nothing matched is not nothing known)."""
        ...
