"""Small worlds for the tests: mirrors written as lists, and short ways to make items, rules and cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from mapping.mirror import Departure
from mapping.rules import Cycle, KeyResult, Measure, Metric, MetricKind
from mapping.words import ItemState, Sample, Selection, WorkItem

NOW = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)
CYCLE = Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
WORK = Selection.of("jira", {"jql": "project = CHK"})
OTHER = Selection.of("github", {"repo": "acme/shop"})
SERIES = Selection.of("kpis", {"row": "NPS", "column": "Actual"})
SECOND = Selection.of("kpis", {"row": "Paid", "column": "Actual"})

TODO, DOING, DONE, WONT = ItemState.TODO, ItemState.IN_PROGRESS, ItemState.DONE, ItemState.WONT_DO


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def item(
    id_: str,
    state: ItemState = TODO,
    *,
    points: str | int | None = None,
    numbers: Mapping[str, str | int] | None = None,
    connection: str = "jira",
    parent: str | None = None,
    kind: str = "story",
    status: str = "",
    status_id: str = "",
    resolution: str = "",
    labels: tuple[str, ...] = (),
    assignee: str | None = None,
    title: str = "",
    level: int = 0,
    created_at: datetime | None = None,
    done_at: datetime | None = None,
    on: datetime | None = None,
    fields: Mapping[str, str] | None = None,
) -> WorkItem:
    values = {name: Decimal(value) for name, value in (numbers or {}).items()}
    if points is not None:
        values["story_points"] = Decimal(points)
    return WorkItem(
        connection=connection,
        id=id_,
        key=f"CHK-{id_}",
        title=title or f"Item {id_}",
        state=state,
        updated_at=day("2026-11-01"),
        kind=kind,
        status=status,
        status_id=status_id,
        resolution=resolution,
        parent=parent,
        level=level,
        labels=labels,
        assignee=assignee,
        created_at=created_at,
        done_at=done_at,
        on=on,
        numbers=values,
        fields=fields or {},
    )


def sample(
    value: str | int,
    at: datetime = NOW,
    *,
    series: Selection = SERIES,
    unit: str | None = None,
    origin: str = "kpis.xlsx, sheet KPI, cell C7",
) -> Sample:
    return Sample(connection="kpis", series=series.key, at=at, value=Decimal(value), unit=unit, origin=origin)


@dataclass
class World:
    """A mirror of lists. A selection that is in none of them was never read."""

    items: Mapping[Selection, Sequence[WorkItem]] = field(default_factory=dict)
    series: Mapping[Selection, Sequence[Sample]] = field(default_factory=dict)
    left: Mapping[Selection, Mapping[str, Departure]] = field(default_factory=dict)
    passes: list[Selection] = field(default_factory=list)
    """Selections in the order in which their members were streamed."""
    begun: Mapping[str, datetime] = field(default_factory=dict)
    """When work on an item began, by its id."""
    past: Sequence[tuple[datetime, World]] = ()
    """What runs before this one left, with their instants."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        self.passes.append(selection)
        yield from sorted(self.items.get(selection, ()), key=lambda each: each.id)

    def parents(self, selection: Selection) -> frozenset[str]:
        items = self.items.get(selection, ())
        ids = {each.id for each in items}
        return frozenset(each.parent for each in items if each.parent in ids and each.parent is not None)

    def samples(self, selection: Selection) -> Sequence[Sample]:
        return sorted(self.series.get(selection, ()), key=lambda each: each.at)

    def pulled(self, selection: Selection) -> bool:
        return selection in self.items or selection in self.series

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        return {each.id: self.begun[each.id] for each in self.items.get(selection, ()) if each.id in self.begun}

    def as_of(self, instant: datetime) -> World | None:
        past = [(at, world) for at, world in self.past if at <= instant]
        return max(past, key=lambda pair: pair[0])[1] if past else None

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        there = {each.id for each in self.items.get(selection, ())}
        return {id_: how for id_, how in self.left.get(selection, {}).items() if id_ not in there}


class Unordered(World):
    """Gives members in the order in which they were listed."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        yield from self.items[selection]


def number(target: str | int, baseline: str | int | None = 0, kind: MetricKind = MetricKind.INCREASE) -> Metric:
    return Metric(kind=kind, target=Decimal(target), baseline=None if baseline is None else Decimal(baseline))


def rule(measure: Measure, metric: Metric | None = None, id_: str = "shop/checkout") -> KeyResult:
    return KeyResult(id=id_, title="A key result", metric=metric or number(100), measure=measure)
