"""The mirror as it would be with some items in another state, to ask what a measure would make of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from msgspec import structs

from mapping.mirror import Departure, Mirror
from mapping.words import ItemState, Sample, Selection, WorkItem

ItemId: TypeAlias = "tuple[str, str]"
"""Connection and id."""
OPEN = frozenset({ItemState.TODO, ItemState.IN_PROGRESS})


@dataclass(slots=True)
class WhatIf:
    """A mirror whose items are as ``changed`` makes them; all else is as it was."""

    mirror: Mirror

    def changed(self, item: WorkItem) -> WorkItem:
        """Return the item as it would be."""
        return item

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items as they would be."""
        return map(self.changed, self.mirror.members(selection))

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return what the mirror says."""
        return self.mirror.parents(selection)

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return what the mirror says."""
        return self.mirror.samples(selection)

    def pulled(self, selection: Selection) -> bool:
        """Return what the mirror says."""
        return self.mirror.pulled(selection)

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return what the mirror says."""
        return self.mirror.departed(selection)

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return what the mirror says."""
        return self.mirror.started(selection)

    def as_of(self, instant: datetime) -> Mirror | None:
        """Return what the mirror says: what would be now was not then."""
        return self.mirror.as_of(instant)


@dataclass(slots=True)
class Finished(WhatIf):
    """Open items are done: all of them, or some."""

    now: datetime
    only: frozenset[ItemId] | None = None
    open: dict[ItemId, WorkItem] = field(default_factory=dict)
    """What was open, as far as it has been streamed."""

    def changed(self, item: WorkItem) -> WorkItem:
        """Return the item as done, where it is open and meant."""
        name = (item.connection, item.id)
        if item.state not in OPEN or (self.only is not None and name not in self.only):
            return item
        self.open[name] = item
        return structs.replace(item, state=ItemState.DONE, done_at=self.now)


@dataclass(slots=True)
class Unfinished(WhatIf):
    """Done items are still to do."""

    def changed(self, item: WorkItem) -> WorkItem:
        """Return the item as open, where it is done."""
        return structs.replace(item, state=ItemState.TODO, done_at=None) if item.state is ItemState.DONE else item
