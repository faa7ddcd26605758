"""Splits the change of a value into its causes; the parts sum exactly to the whole. See docs/semantics.md, Causes.

The change is replayed: rule, clock, then the items' causes one kind after another, then the series; after each step
the value is measured again, and the step's part is what it moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from mapping.canonical import rule_of, rule_version
from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.decimals import decimal_text, difference, tidy
from mapping.errors import RuleError
from mapping.measure import leaves_of, measure_one
from mapping.mirror import Mirror
from mapping.readings import Reading
from mapping.relevance import Lens
from mapping.replay import ORDER, HalfWay, ItemChange, item_changes
from mapping.rules import (
    Cycle,
    Duration,
    DurationKind,
    KeyResult,
    Latest,
    Measure,
    Rollup,
    Series,
    Ticked,
    inner_of,
    parts_of,
)
from mapping.shares import DoubleCounting
from mapping.words import Selection

MOST_ITEMS = 20


@dataclass(kw_only=True)
class Differences:
    """The items that differ between two mirrors, found once per selection however many key results draw on it."""

    before: Mirror
    after: Mirror
    found: dict[str, tuple[ItemChange, ...]] = field(default_factory=dict)

    def of(self, selection: Selection) -> tuple[ItemChange, ...]:
        """Return the items of a selection that differ."""
        if selection.key not in self.found:
            self.found[selection.key] = item_changes(self.before, self.after, selection)
        return self.found[selection.key]


def causes(
    key_result: KeyResult,
    cycle: Cycle,
    *,
    last: CheckIn | None,
    reading: Reading,
    differences: Differences,
    now: datetime,
) -> tuple[CausePart, ...]:
    """Return why the value moved from the last check-in to the new reading, in the order of the replay.

    Args:
        key_result: as ruled now.
        cycle: its cycle.
        last: the check-in before; None, or without a value: all of the new value is the first reading.
        reading: measured on ``differences.after`` at ``now``; has a value.
        differences: between the mirror that ``last`` was measured on and the one now.
        now: an aware instant.

    Returns:
        Parts that sum exactly to ``reading.value - last.value``; none is 0.
    """
    if reading.value is None:
        return ()
    if last is None or last.value is None:
        return (CausePart(kind=CauseKind.FIRST, amount=reading.value),)
    replay = _Replay(key_result=key_result, cycle=cycle, last=last, differences=differences, now=now)
    parts: list[CausePart] = []
    value = last.value
    for part, reached in _last_takes_the_rest(replay.steps(), reading.value):
        amount = tidy(difference(reached, value))
        value = reached
        if amount:
            parts.append(replace(part, amount=amount))
    if value != reading.value:
        amount = tidy(difference(reading.value, value))
        parts.append(
            CausePart(kind=CauseKind.SOURCE_CHANGED, amount=amount, detail="what was known of the past changed")
        )
    return tuple(parts)


Step = tuple[CausePart, Decimal | None]


def _last_takes_the_rest(steps: Iterator[Step], end: Decimal) -> list[tuple[CausePart, Decimal]]:
    """Return the steps that could be measured; the last one ends at the value that was read.

    A step after which there is no data (all items gone, the next ones not yet come) leaves its share to the next.
    """
    found = list(steps)
    measured = [(part, value) for part, value in found[:-1] if value is not None]
    return [*measured, (found[-1][0], end)] if found else []


@dataclass(kw_only=True)
class _Replay:
    key_result: KeyResult
    cycle: Cycle
    last: CheckIn
    differences: Differences
    now: datetime

    def steps(self) -> Iterator[Step]:
        """Yield each cause that applies, without its amount, and the value after it."""
        ruled = self._ruled()
        if ruled is not None:
            yield ruled
            if ruled[1] is None:
                return  # the new rule has no value on the old mirror: it is the cause of all that changed
        if self.key_result.double_counting is not DoubleCounting.ALLOW and ruled is None:
            yield (
                CausePart(kind=CauseKind.SHARED, amount=Decimal(0)),
                self._value(self.differences.before, self.last.at),
            )
        mirror = HalfWay(before=self.differences.before, after=self.differences.after)
        if has_clock(self.key_result):
            yield CausePart(kind=CauseKind.CLOCK, amount=Decimal(0)), self._value(mirror, self.now)
        yield from self._items(mirror)
        yield from self._series(mirror)

    def _ruled(self) -> Step | None:
        rule = rule_of(self.key_result)
        if rule == self.last.rule:
            return None
        detail = f"rule {self.last.rule_version} → {rule_version(rule)}"
        part = CausePart(kind=CauseKind.RULE_CHANGED, amount=Decimal(0), detail=detail)
        return part, self._value(self.differences.before, self.last.at)

    def _items(self, mirror: HalfWay) -> Iterator[Step]:
        lens = Lens(self.key_result)
        selections = [leaf.selection for leaf in leaves_of(self.key_result.measure) if leaf.selection is not None]
        changed = [
            (selection, change, change.kinds(lens.done_statuses(selection)))
            for selection in dict.fromkeys(selections)
            for change in self.differences.of(selection)
        ]
        for kind in ORDER:
            touched = [(selection, change, kinds[kind]) for selection, change, kinds in changed if kind in kinds]
            for selection, change, fields in touched:
                mirror.apply(selection, change, fields)
            seen = [change for selection, change, fields in touched if lens.sees(selection, change, fields)]
            if seen:
                # by id as well, for two items may be called the same
                names = [name for name, _ in sorted({(change.called, change.id) for change in seen})]
                part = CausePart(kind=kind, amount=Decimal(0), items=tuple(names[:MOST_ITEMS]), count=len(names))
                yield part, self._value(mirror, self.now)

    def _series(self, mirror: HalfWay) -> Iterator[Step]:
        series = [selection for selection in series_of(self.key_result.measure) if self._series_differs(selection)]
        if series:
            mirror.new_samples = True
            detail = "; ".join(self._detail(selection) for selection in series)
            part = CausePart(kind=CauseKind.SOURCE_CHANGED, amount=Decimal(0), detail=detail)
            yield part, self._value(mirror, self.now)

    def _series_differs(self, selection: Selection) -> bool:
        before, after = self.differences.before, self.differences.after
        old = [(sample.at, sample.value) for sample in before.samples(selection)]
        return old != [(sample.at, sample.value) for sample in after.samples(selection)]

    def _detail(self, selection: Selection) -> str:
        probe = replace(
            self.key_result, measure=Latest(selection=selection), metric=replace(self.key_result.metric, per=None)
        )
        old = measure_one(probe, self.cycle, self.differences.before, self.now)
        new = measure_one(probe, self.cycle, self.differences.after, self.now)
        shown = ["no data" if each.value is None else decimal_text(each.value) for each in (old, new)]
        return " → ".join(shown) + (f" in {new.origin}" if new.origin else "")

    def _value(self, mirror: Mirror, at: datetime) -> Decimal | None:
        """Return the value half-way; None where there is none, or where today's rule fails on yesterday's items."""
        try:
            return measure_one(self.key_result, self.cycle, mirror, at).value
        except RuleError:
            return None


def has_clock(key_result: KeyResult) -> bool:
    """Return whether the value can move by the passing of time alone.

    By periods, by windows and samples dated ahead, by the age of items, by milestones ticked as of a day.
    """
    return key_result.metric.per is not None or _moves_by_itself(key_result.measure)


def _moves_by_itself(measure: Measure) -> bool:
    match measure:
        case Latest() | Series():
            return True
        case Duration():
            return measure.kind is DurationKind.AGE
        case Ticked():
            return bool(measure.by_hand)
        case Rollup():
            return any(part.metric.per is not None or _moves_by_itself(part.measure) for part in parts_of(measure))
        case _:
            return any(_moves_by_itself(inner) for inner in inner_of(measure))


def series_of(measure: Measure) -> tuple[Selection, ...]:
    """Return the series a measure draws on, each once."""
    if isinstance(measure, Latest | Series):
        return (measure.selection,)
    return tuple(dict.fromkeys(selection for inner in inner_of(measure) for selection in series_of(inner)))
