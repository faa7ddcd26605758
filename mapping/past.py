"""The mirror as it must have been before anybody looked: today's items, undone by what the vendor tells of their past.

See docs/semantics.md, The past. What cannot be known is assumed, and each assumption is counted in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import structs

from mapping.mirror import Departure, Mirror
from mapping.words import ItemState, PastChange, Sample, Selection, WorkItem

Changes = Mapping[tuple[str, str], Sequence[PastChange]]
"""Connection and id of an item to its past changes, oldest first; an item whose past was not read is absent."""

SINCE_CREATED = "counted since its creation, as if it had always matched"
NO_CREATION = "it does not say when it was created, so it counts from the beginning"
NO_HISTORY = "its past was not read: open until the time of its completion"
NO_COMPLETION = "done, and nothing tells since when: counted as done all along"


def as_it_was(item: WorkItem, changes: Sequence[PastChange], at: datetime) -> WorkItem | None:
    """Return an item as it was at an instant, undoing what happened after it; None when it was not created yet.

    Args:
        item: as it is now.
        changes: its past, oldest first; none younger than the state in ``item``.
        at: an aware instant; a change at that very instant has happened.
    """
    if item.created_at is not None and item.created_at > at:
        return None
    before: dict[str, Any] = {}
    for change in reversed(changes):
        if change.at > at:
            before[change.field] = change.old  # the earliest comes last and stays
    found = structs.replace(item, **_fields(item, before)) if before else item
    return structs.replace(found, done_at=_done_at(found, item, changes, at))


def _fields(item: WorkItem, before: Mapping[str, str | None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    numbers, texts = dict(item.numbers), dict(item.fields)
    for name, old in before.items():
        group, _, entry = name.partition(".")
        if entry and group == "numbers":
            _put(numbers, entry, None if old is None else Decimal(old))
        elif entry:
            _put(texts, entry, old)
        elif name == "state":
            values[name] = ItemState(old) if old else ItemState.TODO
        elif name == "labels":
            values[name] = tuple(old.split(",")) if old else ()
        else:
            values[name] = old if name in ("parent", "assignee") else old or ""
    return values | {"numbers": numbers, "fields": texts}


def _put(values: dict[str, Any], name: str, value: object) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _done_at(found: WorkItem, item: WorkItem, changes: Sequence[PastChange], at: datetime) -> datetime | None:
    """Return when it had last become done by then; None when it was not done."""
    if found.state is not ItemState.DONE:
        return None
    turned = [each.at for each in changes if each.field == "state" and each.new == ItemState.DONE and each.at <= at]
    if turned:
        return turned[-1]
    return item.done_at if item.done_at is not None and item.done_at <= at else found.created_at


@dataclass(kw_only=True)
class Remembered:
    """A mirror that reads each selection once: for whoever asks about many days."""

    mirror: Mirror
    items: dict[str, tuple[WorkItem, ...]] = field(default_factory=dict)
    values: dict[str, Sequence[Sample]] = field(default_factory=dict)

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection."""
        if selection.key not in self.items:
            self.items[selection.key] = tuple(self.mirror.members(selection))
        return iter(self.items[selection.key])

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples of a series."""
        if selection.key not in self.values:
            self.values[selection.key] = self.mirror.samples(selection)
        return self.values[selection.key]

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        return self.mirror.parents(selection)

    def pulled(self, selection: Selection) -> bool:
        """Return whether a complete pull of it has been published."""
        return self.mirror.pulled(selection)

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work on a member first began."""
        return self.mirror.started(selection)

    def as_of(self, instant: datetime) -> Mirror | None:
        """Return the mirror of another instant."""
        return self.mirror.as_of(instant)

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return how former members left."""
        return self.mirror.departed(selection)


@dataclass(kw_only=True)
class PastMirror:
    """A mirror of an instant before the first run: ``mapping.mirror.Mirror`` over what is known now.

    Members are those of ``known`` that had been created; whether a query would have matched them then, nobody can
    tell afterwards. What was assumed is counted in ``assumed``, for the selections that were asked for.
    """

    known: Mirror
    changes: Changes
    at: datetime
    assumed: Counter[str] = field(default_factory=Counter)

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the members as they were."""
        for item in self.known.members(selection):
            found = self._then(item)
            if found is not None:
                yield found

    def _then(self, item: WorkItem) -> WorkItem | None:
        changes = self.changes.get((item.connection, item.id))
        if changes is None:
            return self._by_dates(item)
        found = as_it_was(item, changes, self.at)
        if found is not None:
            self.assumed[SINCE_CREATED if item.created_at else NO_CREATION] += 1
        return found

    def _by_dates(self, item: WorkItem) -> WorkItem | None:
        """Go by its own dates alone, where the vendor tells no history."""
        if item.created_at is not None and item.created_at > self.at:
            return None
        if item.state is not ItemState.DONE:
            self.assumed[NO_HISTORY] += 1
            return item
        if item.done_at is None:
            self.assumed[NO_COMPLETION] += 1
            return item
        self.assumed[NO_HISTORY] += 1
        return item if item.done_at <= self.at else structs.replace(item, state=ItemState.TODO, done_at=None)

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that were the parent of another member."""
        named = {item.id: item.parent for item in map(self._quietly, self.known.members(selection)) if item is not None}
        return frozenset(parent for parent in named.values() if parent in named)

    def _quietly(self, item: WorkItem) -> WorkItem | None:
        """Return the item as it was, without counting what is assumed a second time."""
        counted = Counter(self.assumed)
        found = self._then(item)
        self.assumed = counted
        return found

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples up to the instant: dated rows, old versions of files, releases."""
        return [sample for sample in self.known.samples(selection) if sample.at <= self.at]

    def pulled(self, selection: Selection) -> bool:
        """Return whether the selection has been read since."""
        return self.known.pulled(selection)

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work on a member first began, by its past."""
        found: dict[str, datetime] = dict(self.known.started(selection))
        for item in self.known.members(selection):
            for change in self.changes.get((item.connection, item.id), ()):
                if change.field == "state" and change.new == ItemState.IN_PROGRESS:
                    found[item.id] = min(change.at, found.get(item.id, change.at))
                    break
        return {id_: at for id_, at in found.items() if at <= self.at}

    def as_of(self, instant: datetime) -> Mirror | None:
        """Return the mirror of another instant of the past."""
        return PastMirror(known=self.known, changes=self.changes, at=min(instant, self.at))

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return nobody: who had left before the first run is not known."""
        del selection
        return {}
