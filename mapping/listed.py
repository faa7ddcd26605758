"""A mirror of lists: items and samples written down, as for a test of a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mapping.mirror import Departure
from mapping.words import Sample, Selection, WorkItem


@dataclass(frozen=True, kw_only=True)
class ListedMirror:
    """``mapping.mirror.Mirror`` over lists. A selection that is in none of them was never read."""

    items: Mapping[Selection, Sequence[WorkItem]] = field(default_factory=dict)
    series: Mapping[Selection, Sequence[Sample]] = field(default_factory=dict)
    left: Mapping[Selection, Mapping[str, Departure]] = field(default_factory=dict)
    """Former members of a selection, and how they left."""
    begun: Mapping[Selection, Mapping[str, datetime]] = field(default_factory=dict)
    """When work on a member began, by its id."""
    earlier: Sequence[tuple[datetime, ListedMirror]] = ()
    """What runs before left, with their instants, the oldest first."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection, ascending by id."""
        return iter(sorted(self.items.get(selection, ()), key=lambda each: each.id))

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        members = self.items.get(selection, ())
        named = {each.parent for each in members}
        return frozenset(each.id for each in members if each.id in named)

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples of a series, oldest first."""
        return sorted(self.series.get(selection, ()), key=lambda each: each.at)

    def pulled(self, selection: Selection) -> bool:
        """Return whether the lists say anything of it, be it that nothing matches."""
        return selection in self.items or selection in self.series

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work on a member first began."""
        return self.begun.get(selection, {})

    def as_of(self, instant: datetime) -> ListedMirror | None:
        """Return what the last of the earlier runs up to an instant left; None when there was none."""
        past = [mirror for at, mirror in self.earlier if at <= instant]
        return past[-1] if past else None

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return how former members left."""
        there = {each.id for each in self.items.get(selection, ())}
        return {id_: how for id_, how in self.left.get(selection, {}).items() if id_ not in there}
