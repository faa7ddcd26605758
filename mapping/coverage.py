"""Two-way coverage: key results without moving work, and work that no key result is served by.

Looked at is what the mirror holds: the selections of the rules, and those declared for coverage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from mapping.decimals import ZERO, exact
from mapping.ledger import counted, ledger
from mapping.mirror import Mirror
from mapping.periods import local_date
from mapping.rules import Completion, KeyResult, Objective, selections_of
from mapping.whatif import OPEN, Finished, ItemId, Unfinished
from mapping.where import compile_where
from mapping.words import ItemState, Selection, WorkItem

MOST_KEYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StillKeyResult:
    """A key result that no work moves."""

    key_result: str
    title: str
    because: str
    last_change_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntiedWork:
    """Work that no key result is served by, of one project and under one parent."""

    connection: str
    project: str
    """As the keys say: ``CHK``, ``acme/shop``; empty where they say nothing."""
    parent: str | None
    parent_name: str
    """Key and title where the mirror holds it, else its id."""
    items: int
    open: int
    points: Decimal | None
    """Sum of the declared weight over the items that have it."""
    keys: tuple[str, ...]
    """Sorted; at most the first 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FedByMany:
    """An item that feeds several key results of a running cycle."""

    connection: str
    item: str
    key: str
    title: str
    url: str | None
    key_results: tuple[str, ...]
    """In the order of the rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """What is not covered, either way."""

    as_of: datetime
    days: int
    still: tuple[StillKeyResult, ...]
    untied: tuple[UntiedWork, ...]
    many: tuple[FedByMany, ...]
    unread: tuple[str, ...]
    """Selections declared for coverage that were never read completely."""


def coverage(
    objectives: Sequence[Objective],
    declared: Sequence[Completion],
    mirror: Mirror,
    now: datetime,
    *,
    days: int,
) -> CoverageReport:
    """Return what is not covered, either way, of the cycles that run at ``now``.

    Args:
        objectives: as ruled; those of cycles that do not run are passed over.
        declared: selections to look over beside those of the key results, with their weight and filter.
        mirror: the sources.
        now: an aware instant.
        days: a key result is still when no item that counts in it changed for so many days.
    """
    running = [each for each in objectives if _runs(each, now)]
    found = ledger(running, mirror, now)
    tied: set[ItemId] = set()
    still = []
    for objective in running:
        for key_result in objective.key_results:
            serving = _serving(key_result, objective, mirror, now)
            tied |= serving
            standing = _still(key_result, mirror, serving, now, days)
            still += [standing] if standing is not None else []
    many = tuple(
        FedByMany(
            connection=connection,
            item=item,
            key=fed.part.key,
            title=fed.part.title,
            url=fed.part.url,
            key_results=tuple(fed.by),
        )
        for (connection, item), fed in sorted(found.items())
        if len(fed.by) > 1
    )
    unread = [each.selection for each in declared if not mirror.pulled(each.selection)]
    return CoverageReport(
        as_of=now,
        days=days,
        still=tuple(still),
        untied=_Untied(mirror, tied, running).work(declared),
        many=many,
        unread=tuple(str(selection) for selection in dict.fromkeys(unread)),
    )


def _runs(objective: Objective, now: datetime) -> bool:
    cycle = objective.cycle
    return cycle.starts_on <= local_date(now, cycle.timezone) < cycle.ends_on


def _serving(key_result: KeyResult, objective: Objective, mirror: Mirror, now: datetime) -> set[ItemId]:
    """Return the items that count in a key result as they are, or would if they were done, or were not yet.

    A bug that was closed serves a count of open bugs, and a story under way serves a count of finished ones.
    """
    worlds: tuple[Mirror, ...] = (mirror, Finished(mirror, now), Unfinished(mirror))
    return {
        (part.connection, part.item) for world in worlds for part in counted(key_result, objective.cycle, world, now)
    }


def _still(
    key_result: KeyResult, mirror: Mirror, serving: AbstractSet[ItemId], now: datetime, days: int
) -> StillKeyResult | None:
    """Return why no work moves a key result; None where some does, or where it does not rest on items."""
    selections = [each for each in selections_of(key_result.measure) if mirror.pulled(each)]
    series = any(mirror.samples(each) for each in selections)
    items = [item for each in selections for item in mirror.members(each) if (item.connection, item.id) in serving]
    if not items:
        why = "it was never read" if not selections else "no item serves it"
        return None if series else StillKeyResult(key_result=key_result.id, title=key_result.title, because=why)
    last = max(item.updated_at for item in items)
    if now - last < timedelta(days=days):
        return None
    because = f"no item that serves it has changed for {(now - last).days} days"
    return StillKeyResult(key_result=key_result.id, title=key_result.title, because=because, last_change_at=last)


@dataclass(slots=True)
class _Group:
    """Work under one parent."""

    connection: str
    project: str
    parent: str | None
    name: str
    keys: list[str] = field(default_factory=list)
    points: Decimal = ZERO
    estimated: bool = False
    open: int = 0


@dataclass(slots=True)
class _Untied:
    mirror: Mirror
    tied: AbstractSet[ItemId]
    running: Sequence[Objective]
    known: dict[tuple[str, str], WorkItem] = field(default_factory=dict)
    groups: dict[tuple[str, str, str], _Group] = field(default_factory=dict)

    def work(self, declared: Sequence[Completion]) -> tuple[UntiedWork, ...]:
        """Return untied work by project and parent, the most of it first."""
        weights: defaultdict[Selection, str | None] = defaultdict(lambda: None)
        weights.update({each.selection: each.by for each in declared})
        for objective in self.running:
            for key_result in objective.key_results:
                for selection in selections_of(key_result.measure):
                    weights.setdefault(selection, None)
        filters = {each.selection: compile_where(each.where) for each in declared if each.where}
        pulled = [each for each in weights if self.mirror.pulled(each)]
        for selection in pulled:
            self.known.update({(item.connection, item.id): item for item in self.mirror.members(selection)})
        parents = {(item.connection, item.parent) for item in self.known.values() if item.parent is not None}
        seen: set[tuple[str, str]] = set()
        for selection in pulled:
            where = filters.get(selection)
            for item in self.mirror.members(selection):
                name = (item.connection, item.id)
                if name in seen or name in parents or not self._counts(item):
                    continue
                if where is None or where.matches(item):
                    seen.add(name)
                    self._add(item, weights[selection])
        ordered = sorted(self.groups.values(), key=lambda group: (-group.points, -len(group.keys), group.name))
        return tuple(_untied(group) for group in ordered)

    def _counts(self, item: WorkItem) -> bool:
        """Return whether it is work of these cycles that neither it nor anything above it ties to a key result."""
        if item.on is not None:
            return False  # a dated row is a record of something, not work to be done
        if item.state not in OPEN and not self._done_in_cycle(item):
            return False
        return not any((item.connection, id_) in self.tied for id_ in self._line(item))

    def _done_in_cycle(self, item: WorkItem) -> bool:
        if item.state is not ItemState.DONE or item.done_at is None:
            return False
        return any(local_date(item.done_at, each.cycle.timezone) >= each.cycle.starts_on for each in self.running)

    def _line(self, item: WorkItem) -> Iterator[str]:
        """Yield the ids of an item and of what is above it, as far as the mirror holds that; a loop ends the walk."""
        passed: set[str] = set()
        upper: WorkItem | None = item
        while upper is not None and upper.id not in passed:
            passed.add(upper.id)
            yield upper.id
            upper = None if upper.parent is None else self.known.get((item.connection, upper.parent))

    def _add(self, item: WorkItem, by: str | None) -> None:
        parent = None if item.parent is None else self.known.get((item.connection, item.parent))
        name = f"{parent.key} {parent.title}" if parent is not None else (item.parent or "")
        place = (item.connection, project_of(item.key), item.parent or "")
        group = self.groups.setdefault(place, _Group(item.connection, place[1], item.parent, name))
        group.keys.append(item.key)
        group.open += item.state in OPEN
        points = item.numbers.get(by) if by is not None else None
        if points is not None:
            group.estimated = True
            with exact():
                group.points += points


def _untied(group: _Group) -> UntiedWork:
    return UntiedWork(
        connection=group.connection,
        project=group.project,
        parent=group.parent,
        parent_name=group.name,
        items=len(group.keys),
        open=group.open,
        points=group.points if group.estimated else None,
        keys=tuple(sorted(group.keys)[:MOST_KEYS]),
    )


def project_of(key: str) -> str:
    """Return what a key says of its project: ``CHK`` of ``CHK-12``, ``acme/shop`` of ``acme/shop#4``; else nothing.

    >>> [project_of(key) for key in ("CHK-12", "acme/shop#4", "Leads row 7")]
    ['CHK', 'acme/shop', '']
    """
    for mark in ("#", "-"):
        project, found, number = key.rpartition(mark)
        if found and number.isdigit():
            return project
    return ""


def findings(report: CoverageReport) -> Iterable[object]:
    """Return everything in a report that a check should fail on; items that feed several only show."""
    return (*report.still, *report.untied, *report.unread)
