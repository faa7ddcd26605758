"""Which changes of items a key result's rule can see, so that a cause lists these and no others."""

from __future__ import annotations

from collections.abc import Sequence

from mapping.errors import RuleError
from mapping.measure import Leaf, leaves_of
from mapping.replay import STATE_FIELDS, ItemChange
from mapping.rules import Aggregate, Completion, Duration, KeyResult, Rollup, Ticked, parts_of
from mapping.where import compile_where
from mapping.words import Selection, WorkItem


class Lens:
    """What the measures of one key result look at."""

    def __init__(self, key_result: KeyResult) -> None:
        self.periodic = _is_periodic(key_result)
        self.leaves: dict[str, list[Leaf]] = {}
        for leaf in leaves_of(key_result.measure):
            if leaf.selection is not None:
                self.leaves.setdefault(leaf.selection.key, []).append(leaf)

    def done_statuses(self, selection: Selection) -> frozenset[str] | None:
        """Return the statuses that count as done in a selection, lower case; None where the state decides."""
        for leaf in self.leaves.get(selection.key, []):
            if isinstance(leaf, Completion) and leaf.done_statuses:
                return frozenset(name.casefold() for name in leaf.done_statuses)
        return None

    def sees(self, selection: Selection, change: ItemChange, fields: Sequence[str]) -> bool:
        """Return whether a change of these fields (none: coming or going) can move the value."""
        return any(
            (_belongs(_where(leaf), change.old) or _belongs(_where(leaf), change.new))
            and (not fields or any(self._reads(leaf, change, name) for name in fields))
            for leaf in self.leaves.get(selection.key, [])
        )

    def _reads(self, leaf: Leaf, change: ItemChange, name: str) -> bool:
        """Return whether a measure reads a field of the item that changed."""
        if isinstance(leaf, Ticked):
            return name in ("title", "key", *STATE_FIELDS)
        where = compile_where(leaf.where) if leaf.where else None
        if where is not None and where.reads_all:
            return True
        used = where.names if where is not None else frozenset[str]()
        if name in ("numbers", "fields"):
            return bool(_entries(change, name) & (used | {_weight(leaf)}))
        if name in STATE_FIELDS and (isinstance(leaf, Completion | Duration) or "done" in used):
            return True
        dated = (self.periodic or isinstance(leaf, Duration)) and name in ("on", "created_at", *STATE_FIELDS)
        nested = isinstance(leaf, Completion) and leaf.leaves and name == "parent"
        return dated or nested or name in used or name == _weight(leaf)


def _is_periodic(key_result: KeyResult) -> bool:
    measure = key_result.measure
    parts = parts_of(measure) if isinstance(measure, Rollup) else ()
    return key_result.metric.per is not None or any(part.metric.per is not None for part in parts)


def _where(leaf: Leaf) -> str | None:
    return None if isinstance(leaf, Ticked) else leaf.where


def _weight(leaf: Leaf) -> str:
    match leaf:
        case Aggregate():
            return leaf.field or ""
        case Completion():
            return leaf.by or ""
        case _:
            return ""


def _entries(change: ItemChange, name: str) -> set[str]:
    """Return the numbers or fields that differ."""
    if change.old is None or change.new is None:
        return set()
    old, new = dict(getattr(change.old, name)), dict(getattr(change.new, name))
    return {each for each in {*old, *new} if old.get(each) != new.get(each)}


def _belongs(where: str | None, item: WorkItem | None) -> bool:
    """Return whether the measure's filter lets the item through; one it fails on is shown rather than hidden."""
    if item is None:
        return False
    try:
        return where is None or compile_where(where).matches(item)
    except RuleError:
        return True
