"""Count, sum, average, least and greatest over items, whole or per period. See docs/semantics.md, Aggregates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from mapping.decimals import ONE, ZERO, decimal_text, quotient
from mapping.readings import Contribution, Reading
from mapping.rules import Aggregate, AggregateKind
from mapping.tally import NOT_MATCHED, contribution, items_word, spoken
from mapping.where import Verdict, compile_where
from mapping.windows import Window
from mapping.words import WorkItem

UNDECIDED = "closed without being done, so neither done nor open"


@dataclass(slots=True)
class Cell:
    """Count, sum and extremes of what fell into one period."""

    count: int = 0
    total: Decimal = ZERO
    least: Decimal | None = None
    most: Decimal | None = None

    def add(self, value: Decimal) -> None:
        """Take one value."""
        self.count += 1
        self.total += value
        self.least = value if self.least is None else min(self.least, value)
        self.most = value if self.most is None else max(self.most, value)

    def value(self, kind: AggregateKind) -> Decimal | None:
        """Return the aggregate; None where there is nothing to take it of."""
        match kind:
            case AggregateKind.COUNT:
                return Decimal(self.count)
            case AggregateKind.SUM:
                return self.total
            case AggregateKind.AVERAGE:
                return quotient(self.total, Decimal(self.count)) if self.count else None
            case AggregateKind.MIN:
                return self.least
            case AggregateKind.MAX:
                return self.most


@dataclass(kw_only=True)
class AggregateTally:
    """Count, sum, average, least or greatest of a field; per period where a window is given."""

    measure: Aggregate
    window: Window | None = None
    collect: bool = False
    belong: int = 0
    """Items that pass the filter and fall into the window, with or without the field."""
    done: int = 0
    cells: dict[int, Cell] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    evidence: list[Contribution] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.where = compile_where(self.measure.where) if self.measure.where else None

    def add(self, item: WorkItem, _parent: bool, /) -> None:
        """Take one item of the selection; parents and children count alike here."""
        verdict = Verdict.MATCHES if self.where is None else self.where.judge(item)
        if verdict is Verdict.FAILS:
            self.left_out[NOT_MATCHED] += 1
            return
        if verdict is Verdict.UNDECIDED:
            self._skip(item, UNDECIDED)
            return
        place = 0 if self.window is None else self.window.place_item(item)
        if isinstance(place, str):
            self._skip(item, place)
            return
        self.belong += 1
        value = ONE if self.measure.field is None else item.numbers.get(self.measure.field)
        if value is None:
            self._skip(item, self._lacks())
            return
        self.cells.setdefault(place, Cell()).add(value)
        self.done += item.done
        if self.collect:
            self.evidence.append(contribution(item, weight=value, credit=value, counted=True))

    def _lacks(self) -> str:
        return f"no {spoken(self.measure.field or '')}"

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
        return [self.cells.get(place, Cell()).value(self.measure.kind) for place in range(periods)]

    def reading(self) -> Reading:
        """Return the aggregate over everything that fell into the window."""
        cell = Cell()
        for each in self.cells.values():
            _merge(cell, each)
        why = self._no_data()
        return Reading(
            value=None if why else cell.value(self.measure.kind),
            no_data=why,
            items=cell.count,
            done=self.done,
            numerator=cell.total if self.measure.kind is AggregateKind.AVERAGE else None,
            denominator=Decimal(cell.count) if self.measure.kind is AggregateKind.AVERAGE else None,
            left_out=dict(sorted(self.left_out.items())),
            formula="" if why else self._formula(cell),
            evidence=tuple(sorted(self.evidence, key=lambda part: part.item)),
        )

    def _no_data(self) -> str | None:
        if self.counted:
            return None
        if self.belong:
            return f"none of {items_word(self.belong)} has {spoken(self.measure.field or '')}"
        if self.measure.kind in (AggregateKind.COUNT, AggregateKind.SUM):
            return None
        return f"no item is left to take the {self.measure.kind} of"

    def _formula(self, cell: Cell) -> str:
        name = spoken(self.measure.field or "")
        match self.measure.kind:
            case AggregateKind.COUNT:
                return items_word(cell.count)
            case AggregateKind.SUM:
                return f"{decimal_text(cell.total)} {name} in {items_word(cell.count)}"
            case AggregateKind.AVERAGE:
                return f"{decimal_text(cell.total)} {name} / {items_word(cell.count)}"
            case AggregateKind.MIN | AggregateKind.MAX:
                extreme = cell.value(self.measure.kind) or ZERO
                word = "least" if self.measure.kind is AggregateKind.MIN else "greatest"
                return f"{decimal_text(extreme)} is the {word} {name} of {items_word(cell.count)}"


def _merge(into: Cell, cell: Cell) -> None:
    into.count += cell.count
    into.total += cell.total
    if cell.least is not None:
        into.least = cell.least if into.least is None else min(into.least, cell.least)
    if cell.most is not None:
        into.most = cell.most if into.most is None else max(into.most, cell.most)
