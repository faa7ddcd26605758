"""Count, sum, average, extremes, median, percentiles, differing texts over items, whole or per period.

Durations of items go the same way, with the time they took for a value. See docs/semantics.md, Aggregates, Durations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mapping.cells import Cell, cell_for
from mapping.decimals import ONE, decimal_text
from mapping.durations import Stopwatch
from mapping.errors import RuleError
from mapping.mirror import PlainCounts
from mapping.readings import Contribution, Reading
from mapping.rules import Aggregate, AggregateKind, Duration
from mapping.shares import Shares, part_of
from mapping.tally import NOT_MATCHED, contribution, items_word, spoken
from mapping.where import Verdict, Where, compile_where
from mapping.windows import Window
from mapping.words import ItemState, WorkItem

UNDECIDED = "closed without being done, so neither done nor open"
ADDS_UP = frozenset({AggregateKind.COUNT, AggregateKind.SUM, AggregateKind.DISTINCT})
"""Kinds that are 0 where nothing is; of all others nothing has no value."""
DIVISIBLE = frozenset({AggregateKind.COUNT, AggregateKind.SUM})
"""Kinds in which part of an item counts for part; half an item has no other age, and no lesser extreme."""
TEXTS: Mapping[str, Callable[[WorkItem], str]] = {
    "assignee": lambda item: item.assignee or "",
    "kind": lambda item: item.kind,
    "status": lambda item: item.status,
    "resolution": lambda item: item.resolution,
    "parent": lambda item: item.parent or "",
    "title": lambda item: item.title,
    "key": lambda item: item.key,
}
"""Texts that every item has; empty means that it has none."""


@dataclass(kw_only=True)
class AggregateTally:
    """An aggregate of a field or of durations; per period where a window is given."""

    measure: Aggregate | Duration
    window: Window | None = None
    collect: bool = False
    stopwatch: Stopwatch | None = None
    """Set for a duration."""
    shares: Shares = field(default_factory=dict)
    divided: Counter[str] = field(default_factory=Counter)
    """How many items had their value divided, by what is said of it."""
    belong: int = 0
    """Items that pass the filter and fall into the window, with or without the field."""
    done: int = 0
    cells: dict[int, Cell] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    evidence: list[Contribution] = field(default_factory=list)
    where: Where | None = field(init=False)
    _texts: dict[str, Decimal] = field(default_factory=dict)
    """Stands for each text that occurred."""

    def __post_init__(self) -> None:
        self.where = compile_where(self.measure.where) if self.measure.where else None

    @property
    def kind(self) -> AggregateKind:
        """Return how the values become one."""
        return self.measure.take if isinstance(self.measure, Duration) else self.measure.kind

    @property
    def plain(self) -> str | None:
        """Return the number that is all it looks at beside the state (empty for none), or None if it looks at more."""
        alone = self.where is None and self.window is None and not self.collect and not self.shares
        if not alone or isinstance(self.measure, Duration) or self.kind is AggregateKind.DISTINCT:
            return None
        return self.measure.field or ""

    def add_counts(self, counts: PlainCounts, /) -> None:
        """Take many items at once, by how often each state and number occurs among them."""
        cell = self._cell(0)
        for (state, value), times in counts.items():
            self.belong += times
            if value is None:
                self.left_out[self._lacks()] += times
                continue
            cell.add(value, times)
            if state is ItemState.DONE:
                self.done += times

    def add(self, item: WorkItem, _parent: bool, /) -> None:
        """Take one item of the selection; parents and children count alike here."""
        verdict = Verdict.MATCHES if self.where is None else self.where.judge(item)
        if verdict is not Verdict.MATCHES:
            self._refuse(item, verdict)
            return
        place = 0 if self.window is None else self.window.place_item(item)
        if isinstance(place, str):
            self._skip(item, place)
            return
        self.belong += 1
        value = self._value(item)
        if isinstance(value, str):
            self._skip(item, value)
            return
        part = part_of(self.shares, item.connection, item.id)
        note = ""
        if part is not None:
            if part.elsewhere is not None:
                self._skip(item, part.said())
                return
            if part.divided and self.kind in DIVISIBLE:
                value, note = part.of(value), part.said()
                self.divided[note] += 1
        self._cell(place).add(value, 1)
        self.done += item.done
        if self.collect:
            self.evidence.append(self._part(item, value, note))

    def _part(self, item: WorkItem, value: Decimal, note: str) -> Contribution:
        if self.kind is AggregateKind.DISTINCT:
            said = f"{self._name} {_text(item, self._field)}"
            return contribution(item, weight=ONE, credit=ONE, counted=True, note=said)
        return contribution(item, weight=value, credit=value, counted=True, note=note)

    def _refuse(self, item: WorkItem, verdict: Verdict) -> None:
        if verdict is Verdict.UNDECIDED:
            self._skip(item, UNDECIDED)
        else:
            self.left_out[NOT_MATCHED] += 1

    def _cell(self, place: int) -> Cell:
        if place not in self.cells:
            self.cells[place] = cell_for(self.kind, self.measure.p)
        return self.cells[place]

    def _value(self, item: WorkItem) -> Decimal | str:
        """Return what the item counts for, or why it has nothing to count."""
        if isinstance(self.measure, Duration):
            if self.stopwatch is None:
                raise RuleError("a duration needs a clock")
            return self.stopwatch.time(item)
        name = self.measure.field
        if name is None:
            return ONE
        if self.kind is AggregateKind.DISTINCT:
            return self._different(item)
        value = item.numbers.get(name)
        return self._lacks() if value is None else value

    @property
    def _field(self) -> str:
        return "" if isinstance(self.measure, Duration) else self.measure.field or ""

    def _different(self, item: WorkItem) -> Decimal | str:
        """Return a number that stands for the item's text: equal texts have equal numbers."""
        text = _text(item, self._field)
        return self._texts.setdefault(text, Decimal(len(self._texts))) if text else self._lacks()

    def _lacks(self) -> str:
        return f"no {self._name}"

    @property
    def _name(self) -> str:
        if isinstance(self.measure, Duration):
            return f"{self.measure.kind} time" if self.measure.kind != "age" else "age"
        return spoken(self._field)

    def _skip(self, item: WorkItem, why: str) -> None:
        self.left_out[why] += 1
        if self.collect:
            self.evidence.append(contribution(item, weight=None, counted=False, note=why))

    @property
    def counted(self) -> int:
        """Return the number of items whose value was taken."""
        return sum(cell.count for cell in self.cells.values())

    def values(self) -> list[Decimal | None]:
        """Return one value per period; one without any item is 0 for count and sum, as the source was read whole."""
        periods = 1 if self.window is None else self.window.count
        empty = cell_for(self.kind, self.measure.p)
        return [self.cells.get(place, empty).value() for place in range(periods)]

    def reading(self) -> Reading:
        """Return the aggregate over everything that fell into the window."""
        cell = cell_for(self.kind, self.measure.p)
        for each in self.cells.values():
            cell.merge(each)
        why = self._no_data()
        average = cell.total if self.kind is AggregateKind.AVERAGE else None
        return Reading(
            value=None if why else cell.value(),
            no_data=why,
            items=cell.count,
            done=self.done,
            numerator=average,
            denominator=None if average is None else Decimal(cell.count),
            left_out=dict(sorted(self.left_out.items())),
            assumed=dict(self.divided),
            formula="" if why else self._formula(cell),
            evidence=tuple(sorted(self.evidence, key=lambda part: part.item)),
        )

    def _no_data(self) -> str | None:
        if self.counted:
            return None
        if self.belong:
            return f"none of {items_word(self.belong)} has {self._name}"
        if self.kind in ADDS_UP:
            return None
        return f"no item is left to take the {self.kind} of"

    def _formula(self, cell: Cell) -> str:
        name, items, value = self._name, items_word(cell.count), decimal_text(cell.value() or Decimal(0))
        if isinstance(self.measure, Duration):
            name = f"{name} in {self.measure.unit}"
        match self.kind:
            case AggregateKind.COUNT:
                return items if not self.divided else f"{value} of {items}"
            case AggregateKind.SUM:
                return f"{decimal_text(cell.total)} {name} in {items}"
            case AggregateKind.AVERAGE:
                return f"{decimal_text(cell.total)} {name} / {items}"
            case AggregateKind.DISTINCT:
                return f"{value} different {name} in {items}"
            case AggregateKind.PERCENTILE:
                p = decimal_text(self.measure.p or Decimal(0))
                return f"{value} is percentile {p} of {name} of {items}"
            case AggregateKind.MEDIAN:
                return f"{value} is the median {name} of {items}"
            case AggregateKind.MIN | AggregateKind.MAX:
                word = "least" if self.kind is AggregateKind.MIN else "greatest"
                return f"{value} is the {word} {name} of {items}"


def _text(item: WorkItem, name: str) -> str:
    """Return a text that every item has, or one of the vendor's fields; empty for none."""
    return TEXTS[name](item) if name in TEXTS else item.fields.get(name, "")
