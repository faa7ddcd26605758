"""Measures key results over a mirror: one pass per selection, whatever the number of key results that draw on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from mapping.aggregate import AggregateTally
from mapping.completion import CompletionTally
from mapping.currencies import CODES
from mapping.decimals import decimal_text, exact, quotient
from mapping.errors import RuleError
from mapping.mirror import Departure, Mirror
from mapping.over import over_periods
from mapping.periods import has_come, stated_date
from mapping.rates import convert
from mapping.readings import Contribution, Reading
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Cycle,
    KeyResult,
    Latest,
    Measure,
    Ratio,
    UnitKind,
)
from mapping.tally import Tally, items_word
from mapping.windows import Window
from mapping.words import Sample, Selection

Leaf: TypeAlias = "Completion | Aggregate"
LeafKey: TypeAlias = "tuple[Leaf, Window | None]"
NEVER_READ = "never read completely so far"


def measure_all(
    key_results: Sequence[KeyResult],
    cycles: Mapping[str, Cycle],
    mirror: Mirror,
    now: datetime,
    errors: MutableMapping[str, RuleError] | None = None,
) -> dict[str, Reading]:
    """Return the reading of each key result by its id, streaming each selection once.

    Args:
        key_results: with different ids.
        cycles: the cycle of each key result, by the key result's id.
        mirror: the sources.
        now: an aware instant; later samples and dated rows are not looked at.
        errors: takes the key results whose rule fails; without it the first failure is raised.

    Raises:
        RuleError: a rule fails and ``errors`` is not given.
    """
    pass_ = Pass(mirror=mirror, now=now)
    readings: dict[str, Reading] = {}
    failed: MutableMapping[str, RuleError] = {} if errors is None else errors
    planned = []
    for key_result in key_results:
        try:
            pass_.want(key_result, cycles[key_result.id])
            planned.append(key_result)
        except RuleError as error:
            failed[key_result.id] = error
    pass_.run()
    for key_result in planned:
        try:
            readings[key_result.id] = pass_.reading(key_result, cycles[key_result.id])
        except RuleError as error:
            failed[key_result.id] = error
    if errors is None and failed:
        raise next(iter(failed.values()))
    return readings


def measure_one(
    key_result: KeyResult, cycle: Cycle, mirror: Mirror, now: datetime, *, collect: bool = False
) -> Reading:
    """Return one key result's reading, with the part of every item when ``collect`` is set.

    Raises:
        RuleError: the rule fails.
    """
    pass_ = Pass(mirror=mirror, now=now, collect=collect)
    pass_.want(key_result, cycle)
    pass_.run()
    return pass_.reading(key_result, cycle)


@dataclass(kw_only=True)
class Pass:
    """One pass over a mirror. Equal measures over equal periods share one accumulator."""

    mirror: Mirror
    now: datetime
    collect: bool = False
    tallies: dict[LeafKey, Tally] = field(default_factory=dict)
    failed: dict[LeafKey, RuleError] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    """Number of members by selection key, of those that were ever read completely."""
    series: dict[str, Sequence[Sample]] = field(default_factory=dict)

    def want(self, key_result: KeyResult, cycle: Cycle) -> None:
        """Make ready for a key result. Raises RuleError for a filter with a fault, or a completion per period."""
        window = self._window(key_result, cycle)
        for leaf in leaves_of(key_result.measure):
            key = (leaf, window)
            if key not in self.tallies:
                self.tallies[key] = self._tally(leaf, window)

    def _window(self, key_result: KeyResult, cycle: Cycle) -> Window | None:
        per = key_result.metric.per
        return None if per is None else Window.of(cycle, per, self.now)

    def _tally(self, leaf: Leaf, window: Window | None) -> Tally:
        if isinstance(leaf, Aggregate):
            return AggregateTally(measure=leaf, window=window, collect=self.collect)
        if window is not None:
            raise RuleError(f"a completion has no value per {window.per}: use count or sum, or leave 'per' out")
        return CompletionTally(measure=leaf, collect=self.collect)

    def run(self) -> None:
        """Stream every wanted selection once."""
        wanted: defaultdict[Selection, list[LeafKey]] = defaultdict(list)
        for key in self.tallies:
            wanted[key[0].selection].append(key)
        with exact():
            for selection, keys in wanted.items():
                if self.mirror.pulled(selection):
                    self.members[selection.key] = self._stream(selection, keys)

    def _stream(self, selection: Selection, keys: Iterable[LeafKey]) -> int:
        count = 0
        live = [(key, self.tallies[key]) for key in keys]
        needs_parents = any(isinstance(leaf, Completion) and leaf.leaves for (leaf, _), _ in live)
        parents = self.mirror.parents(selection) if needs_parents else frozenset()
        for item in self.mirror.members(selection):
            count += 1
            parent = item.id in parents
            for key, tally in live:
                try:
                    tally.add(item, parent)
                except RuleError as error:
                    self.failed[key] = error
                    live = [each for each in live if each[0] != key]
        return count

    def reading(self, key_result: KeyResult, cycle: Cycle) -> Reading:
        """Return the reading of a key result that was wanted, after the run.

        Raises:
            RuleError: its filter failed on an item, or its source is in another currency.
        """
        window = self._window(key_result, cycle)
        with exact():
            if window is None:
                return self._whole(key_result, key_result.measure, cycle.timezone)
            return self._periodic(key_result, window)

    def _whole(self, key_result: KeyResult, measure: Measure, timezone: str) -> Reading:
        match measure:
            case Latest():
                return self._latest(key_result, measure, timezone)
            case Ratio():
                of = self._whole(key_result, measure.of, timezone)
                return divided(of, self._whole(key_result, measure.to, timezone))
            case _:
                return self._leaf(measure, None)

    def _leaf(self, measure: Leaf, window: Window | None) -> Reading:
        key = (measure, window)
        if key in self.failed:
            raise self.failed[key]
        missing = self._missing(measure)
        reading = self.tallies[key].reading()
        return reading if missing is None else replace(reading, value=None, no_data=missing, formula="")

    def _missing(self, measure: Leaf) -> str | None:
        """Return why a selection without members proves nothing; None when it may be measured.

        One that never matched anything is most likely mistyped, and one whose items all vanished most likely hidden
        from us: neither is 0. One whose items are all there but match no more is empty, and that is a fact.
        """
        selection = measure.selection
        if selection.key not in self.members:
            return f"{NEVER_READ}: {selection}"
        if self.members[selection.key]:
            return None
        departed = self.mirror.departed(selection)
        if not departed:
            return f"nothing has ever matched: {selection}"
        if set(departed.values()) == {Departure.ARCHIVED}:
            return f"all {items_word(len(departed))} archived: {selection}"
        if Departure.UNMATCHED not in departed.values():
            return f"all {items_word(len(departed))} vanished, deleted or hidden from us: {selection}"
        return None if adds_up(measure) else f"nothing matches any more: {selection}"

    def _samples(self, selection: Selection) -> Sequence[Sample]:
        if selection.key not in self.series:
            self.series[selection.key] = self.mirror.samples(selection)
        return self.series[selection.key]

    def _latest(self, key_result: KeyResult, measure: Latest, timezone: str) -> Reading:
        if not self.mirror.pulled(measure.selection):
            return Reading(value=None, no_data=f"{NEVER_READ}: {measure.selection}")
        samples = self._samples(measure.selection)
        past = [sample for sample in samples if has_come(sample.at, self.now, timezone)]
        if not past:
            why = "no sample yet" if not samples else f"the first sample is of {samples[0].at:%Y-%m-%d}"
            return Reading(value=None, no_data=f"{why}: {measure.selection}")
        newest = max(enumerate(past), key=lambda pair: (pair[1].at, pair[0]))[1]
        value, words = in_unit(key_result, newest, timezone)
        no_data = words if value is None else None
        formula = "" if value is None else f"{words} read"
        return Reading(value=value, no_data=no_data, formula=formula, at=newest.at, origin=newest.origin)

    def _periodic(self, key_result: KeyResult, window: Window) -> Reading:
        values, reading = self._per_period(key_result, key_result.measure, window)
        if reading.no_data is not None:
            return reading
        found = over_periods(values, key_result.metric, window, adds_up=adds_up(key_result.measure))
        return replace(reading, value=found.value, no_data=found.no_data, formula=found.formula)

    def _per_period(
        self, key_result: KeyResult, measure: Measure, window: Window
    ) -> tuple[list[Decimal | None], Reading]:
        match measure:
            case Latest():
                return self._latest_per_period(key_result, measure, window)
            case Ratio():
                above, of = self._per_period(key_result, measure.of, window)
                below, to = self._per_period(key_result, measure.to, window)
                shares = [quotient(a, b) if a is not None and b else None for a, b in zip(above, below, strict=True)]
                return shares, per_period_ratio(of, to)
            case _:
                reading = self._leaf(measure, window)
                # a period in which nothing fell is not the same as a selection in which nothing ever was
                unknown = reading.no_data if self._missing(measure) is not None else None
                return self.tallies[measure, window].values(), replace(reading, no_data=unknown)

    def _latest_per_period(
        self, key_result: KeyResult, measure: Latest, window: Window
    ) -> tuple[list[Decimal | None], Reading]:
        values: list[Decimal | None] = [None] * window.count
        timezone = window.cycle.timezone
        reading = self._latest(key_result, measure, timezone)
        if reading.value is None:
            return values, reading
        for sample in self._samples(measure.selection):
            place = window.place(sample.at)
            if isinstance(place, int) and has_come(sample.at, self.now, timezone):
                values[place], why = in_unit(key_result, sample, timezone)
                if values[place] is None:
                    return values, replace(reading, value=None, no_data=why)
        return values, reading


def leaves_of(measure: Measure) -> tuple[Leaf, ...]:
    """Return the measures over items that a measure is made of."""
    match measure:
        case Ratio():
            return (*leaves_of(measure.of), *leaves_of(measure.to))
        case Latest():
            return ()
        case _:
            return (measure,)


def adds_up(measure: Measure) -> bool:
    """Return whether a value per period grows with the days of the period, as a count or sum does."""
    return isinstance(measure, Aggregate) and measure.kind in (AggregateKind.COUNT, AggregateKind.SUM)


def divided(of: Reading, to: Reading) -> Reading:
    """Return the ratio of two readings; a denominator of zero is no data."""
    why = _ratio_no_data(of, to)
    value = None
    if why is None and of.value is not None and to.value is not None:
        value = quotient(of.value, to.value)
    formula = "" if value is None else f"({of.formula}) / ({to.formula}) = {decimal_text(value)}"
    return replace(_joined(of, to), value=value, no_data=why, formula=formula)


def per_period_ratio(of: Reading, to: Reading) -> Reading:
    """Return what a ratio per period rests on; its values are taken period by period."""
    sides = (("numerator", of), ("denominator", to))
    why = next((f"{side}: {reading.no_data}" for side, reading in sides if reading.no_data), None)
    return replace(_joined(of, to), no_data=why)


def _ratio_no_data(of: Reading, to: Reading) -> str | None:
    for side, reading in (("numerator", of), ("denominator", to)):
        if reading.value is None:
            return f"{side}: {reading.no_data}"
    return None if to.value else f"the denominator is 0: {to.formula}"


def _joined(of: Reading, to: Reading) -> Reading:
    times = [each.at for each in (of, to) if each.at is not None]
    origins = [each.origin for each in (of, to) if each.origin]
    return Reading(
        value=None,
        items=to.items if of.items is None else of.items if to.items is None else of.items + to.items,
        numerator=of.value,
        denominator=to.value,
        left_out=_summed(of.left_out, to.left_out),
        assumed=_summed(of.assumed, to.assumed),
        at=min(times, default=None),
        origin="; ".join(origins),
        evidence=(*_sided(of.evidence, "numerator"), *_sided(to.evidence, "denominator")),
    )


def _sided(evidence: Iterable[Contribution], side: str) -> list[Contribution]:
    return [replace(part, note=f"{side}: {part.note}" if part.note else side) for part in evidence]


def _summed(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}


def in_unit(key_result: KeyResult, sample: Sample, timezone: str) -> tuple[Decimal | None, str]:
    """Return a sample's value in the metric's unit, and its formula; no value, and why, where a rate is missing.

    Money is converted by the rates of the rules, as of the day the sample is of. 0.25 is not 25, so a percentage never
    becomes a plain number.

    Raises:
        RuleError: a percentage is held against something that is none.
    """
    unit = key_result.metric.unit
    plain = sample.value, decimal_text(sample.value)
    if not isinstance(key_result.measure, Latest) or sample.unit is None:
        return plain  # a ratio has a unit of its own
    if sample.unit in CODES and unit.kind is UnitKind.CURRENCY and unit.currency and sample.unit != unit.currency:
        on = stated_date(sample.at, timezone)
        found = convert(sample.value, sample.unit, unit.currency, on, key_result.metric.rates)
        if found.value is None:
            return None, found.words
        return found.value, f"{found.words} = {decimal_text(found.value)} {unit.currency}"
    if sample.unit == UnitKind.PERCENT and unit.kind not in (UnitKind.PERCENT, UnitKind.POINTS):
        place = sample.origin or sample.series
        fix = "write baseline and target with a percent sign"
        raise RuleError(
            f"{key_result.id} is no percentage, but {place} gives {decimal_text(sample.value * 100)} %: {fix}"
        )
    return plain
