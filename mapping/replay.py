"""What differs between two mirrors, item by item, and mirrors half-way between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs

from mapping.check_ins import CauseKind
from mapping.mirror import Comparing, Departure, Mirror
from mapping.words import ItemState, Sample, Selection, WorkItem

ORDER = (
    CauseKind.SCOPE_ADDED,
    CauseKind.RE_ESTIMATED,
    CauseKind.EDITED,
    CauseKind.REOPENED,
    CauseKind.COMPLETED,
    CauseKind.SCOPE_REMOVED,
    CauseKind.MOVED,
    CauseKind.ARCHIVED,
    CauseKind.HIDDEN,
    CauseKind.DELETED,
    CauseKind.VANISHED,
)
"""The order in which causes are applied. What leaves goes last, so that no step in between runs out of items."""

LEFT = {
    Departure.UNMATCHED: CauseKind.SCOPE_REMOVED,
    Departure.VANISHED: CauseKind.VANISHED,
    Departure.DELETED: CauseKind.DELETED,
    Departure.HIDDEN: CauseKind.HIDDEN,
    Departure.ARCHIVED: CauseKind.ARCHIVED,
    Departure.MOVED: CauseKind.MOVED,
}

MOST_OF_TITLE = 40
"""Characters of a title that stands among others in a cause."""
STATE_FIELDS = ("state", "status", "status_id", "resolution", "done_at")
OTHER_FIELDS = ("kind", "parent", "level", "labels", "assignee", "created_at", "on", "key", "title", "url", "fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """One item that is not the same in both mirrors; None: no member there."""

    id: str
    old: WorkItem | None
    new: WorkItem | None
    departure: Departure | None = None
    """How it left, when ``new`` is None."""

    @property
    def called(self) -> str:
        """What people call it, as of now: its key, or its title in quotes where the key is only the vendor's number."""
        item = self.new or self.old
        if item is None:
            return self.id
        if item.key == item.id and item.key.isdecimal() and item.title:
            cut = "…" if len(item.title) > MOST_OF_TITLE else ""
            return f"“{item.title[:MOST_OF_TITLE]}{cut}”"
        return item.key

    def kinds(self, done: frozenset[str] | None) -> dict[CauseKind, tuple[str, ...]]:
        """Return what happened to it: cause to the fields it touched, none for coming and going.

        Args:
            done: ids and lower-case names of the statuses that count as done; None where the state decides.
        """
        if self.old is None:
            return {CauseKind.SCOPE_ADDED: ()}
        if self.new is None:
            return {LEFT[self.departure or Departure.UNMATCHED]: ()}
        kinds: dict[CauseKind, tuple[str, ...]] = {}
        for kind, names in (
            (CauseKind.RE_ESTIMATED, ("numbers",)),
            (CauseKind.EDITED, OTHER_FIELDS),
            (_moved(self.old, self.new, done), STATE_FIELDS),
        ):
            touched = tuple(name for name in names if getattr(self.old, name) != getattr(self.new, name))
            if touched:
                kinds[kind] = (*kinds.get(kind, ()), *touched)
        return kinds


def _moved(old: WorkItem, new: WorkItem, done: frozenset[str] | None) -> CauseKind:
    """Return what a move from one status to another is; closing without doing takes an item out of scope."""
    was, is_ = _is_done(old, done), _is_done(new, done)
    if is_ and not was:
        return CauseKind.COMPLETED
    if new.state is ItemState.WONT_DO and old.state is not ItemState.WONT_DO:
        return CauseKind.SCOPE_REMOVED
    if was and not is_:
        return CauseKind.REOPENED
    if old.state is ItemState.WONT_DO and new.state is not ItemState.WONT_DO:
        return CauseKind.SCOPE_ADDED
    return CauseKind.EDITED


def _is_done(item: WorkItem, statuses: frozenset[str] | None) -> bool:
    if not statuses:
        return item.done
    return item.state is not ItemState.WONT_DO and bool({item.status.casefold(), item.status_id.casefold()} & statuses)


def item_changes(before: Mirror, after: Mirror, selection: Selection) -> tuple[ItemChange, ...]:
    """Return the items of a selection that differ, ordered by id, without holding the others.

    Raises:
        ValueError: a mirror does not give its members in ascending order of ids.
    """
    departed: Mapping[str, Departure] | None = None
    changes = []
    touched = after.touched(before, selection) if isinstance(after, Comparing) else None
    then, now = touched or (before.members(selection), after.members(selection))
    for old, new in _side_by_side(_ascending(then), _ascending(now)):
        item = new or old
        if item is None or old == new:
            continue
        departure = None
        if new is None:
            departed = after.departed(selection) if departed is None else departed
            departure = departed.get(item.id, Departure.UNMATCHED)
        changes.append(ItemChange(id=item.id, old=old, new=new, departure=departure))
    return tuple(changes)


def _ascending(items: Iterator[WorkItem]) -> Iterator[WorkItem]:
    last = ""
    for item in items:
        if last and item.id <= last:
            raise ValueError(f"members are out of order: {item.id!r} after {last!r}")
        last = item.id
        yield item


def _side_by_side(
    old: Iterator[WorkItem], new: Iterator[WorkItem]
) -> Iterator[tuple[WorkItem | None, WorkItem | None]]:
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.id < right.id):
            yield left, None
            left = next(old, None)
        elif left is None or right.id < left.id:
            yield None, right
            right = next(new, None)
        else:
            yield left, right
            left, right = next(old, None), next(new, None)


@dataclass(kw_only=True)
class HalfWay:
    """A mirror between two: the old one with some changes applied. Implements ``mapping.mirror.Mirror``."""

    before: Mirror
    after: Mirror
    overlay: dict[str, dict[str, WorkItem | None]] = field(default_factory=dict)
    """By selection key, then by item id; None takes an item out."""
    new_samples: bool = False
    reordered: set[str] = field(default_factory=set)
    """Keys of selections in which items have come, gone, or got another parent."""

    def apply(self, selection: Selection, change: ItemChange, fields: Sequence[str]) -> None:
        """Apply one cause of a change: coming, going, or the fields that it touched."""
        layer = self.overlay.setdefault(selection.key, {})
        if change.old is None or change.new is None or "parent" in fields:
            self.reordered.add(selection.key)
        if change.old is None or change.new is None:
            layer[change.id] = change.new
            return
        current = layer.get(change.id, change.old)
        if current is not None:
            layer[change.id] = structs.replace(current, **{name: getattr(change.new, name) for name in fields})

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the old members with their changes, then those that came; each once, not ordered by id."""
        layer = self.overlay.get(selection.key, {})
        seen = set()
        for item in self.before.members(selection):
            current = item
            if item.id in layer:
                seen.add(item.id)
                changed = layer[item.id]
                if changed is None:
                    continue
                current = changed
            yield current
        yield from (item for id_, item in layer.items() if id_ not in seen and item is not None)

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        if selection.key not in self.reordered:
            return self.before.parents(selection)
        named = {item.parent for item in self.members(selection)}  # twice over them all, so that none need be held
        return frozenset(item.id for item in self.members(selection) if item.id in named)

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the old samples, or the new ones once the sources' step has been taken."""
        return (self.after if self.new_samples else self.before).samples(selection)

    def pulled(self, selection: Selection) -> bool:
        """Return whether the selection had been read completely; what is half-way has been if the end has."""
        return self.after.pulled(selection)

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work began as known by the end: once begun, it stays so."""
        return self.after.started(selection)

    def as_of(self, instant: datetime) -> Mirror | None:
        """Return the past, which is the same all the way."""
        return self.after.as_of(instant)

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return how items left by the end."""
        return self.after.departed(selection)
