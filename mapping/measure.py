"""Measures key results over a mirror: one pass per selection, whatever the number of key results that draw on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from typing import TypeAlias

from mapping.aggregate import ADDS_UP, AggregateTally
from mapping.completion import CompletionTally
from mapping.decimals import ONE, exact
from mapping.durations import Stopwatch
from mapping.errors import RuleError
from mapping.joined import calculated, divided, formula_values, per_period_formula, per_period_ratio, ratios
from mapping.mirror import Counting, Departure, Mirror, PlainCounts
from mapping.over import over_periods
from mapping.periods import local_date
from mapping.readings import Reading
from mapping.rollup import rolled_up
from mapping.rules import (
    Aggregate,
    ByHand,
    Completion,
    Cycle,
    Duration,
    DurationKind,
    Formula,
    KeyResult,
    Latest,
    Measure,
    Metric,
    Part,
    Ratio,
    Rollup,
    Series,
    Ticked,
    inner_of,
    parts_of,
)
from mapping.scope import At, frozen_on, with_scope
from mapping.series import Asked, latest, latest_per_period, windowed, windowed_per_period
from mapping.shares import Shares
from mapping.tally import Tally, items_word
from mapping.ticked import TickedTally, by_hand
from mapping.windows import Window
from mapping.words import ItemState, Sample, Selection, WorkItem

Leaf: TypeAlias = "Completion | Aggregate | Duration | Ticked"
LeafKey: TypeAlias = "tuple[Leaf, Window | None]"
NEVER_READ = "never read completely so far"
BY_HAND = "people check in by hand"
STATE = attrgetter("state")
NO_PARENTS = frozenset[str]()
BATCH = 2048
"""Items that are counted together, so that memory stays flat."""


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
    alone = [each for each in key_results if each.shares]
    readings: dict[str, Reading] = {}
    failed: MutableMapping[str, RuleError] = {} if errors is None else errors
    planned = []
    for key_result in key_results:
        if key_result.shares:
            continue
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
    for key_result in alone:  # what it shares with others it shares with nobody's accumulator
        try:
            readings[key_result.id] = measure_one(key_result, cycles[key_result.id], mirror, now)
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
    pass_ = Pass(mirror=mirror, now=now, collect=collect, shares=key_result.shares)
    pass_.want(key_result, cycle)
    pass_.run()
    return pass_.reading(key_result, cycle)


@dataclass(kw_only=True)
class Pass:
    """One pass over a mirror. Equal measures over equal periods share one accumulator."""

    mirror: Mirror
    now: datetime
    collect: bool = False
    shares: Shares = field(default_factory=dict)
    """Of the only key result that is measured, where it has any."""
    tallies: dict[LeafKey, Tally] = field(default_factory=dict)
    found: dict[tuple[int, Window | None], Tally] = field(default_factory=dict)
    """The same by the identity of a leaf: to hash a measure costs as much as to add up its items."""
    failed: dict[int, RuleError] = field(default_factory=dict)
    """By the identity of a tally."""
    members: dict[str, int] = field(default_factory=dict)
    """Number of members by selection key, of those that were ever read completely."""
    series: dict[str, Sequence[Sample]] = field(default_factory=dict)

    def want(self, key_result: KeyResult, cycle: Cycle) -> None:
        """Make ready for a key result. Raises RuleError for a filter with a fault, or a share of a whole per period."""
        self._want(key_result.measure, key_result.metric, cycle)

    def _want(self, measure: Measure, metric: Metric, cycle: Cycle) -> None:
        window = self._window(metric, cycle)
        if isinstance(measure, Rollup):
            _refuse_periods("roll-up", window)
            for part in parts_of(measure):
                self._want(part.measure, part.metric, part.cycle)
            return
        for leaf in leaves_of(measure):
            key = (leaf, window)
            tally = self.tallies.get(key)
            if tally is None:
                tally = self.tallies[key] = self._tally(leaf, window)
            self.found[id(leaf), window] = tally

    def _window(self, metric: Metric, cycle: Cycle) -> Window | None:
        return None if metric.per is None else Window.of(cycle, metric.per, self.now)

    def _tally(self, leaf: Leaf, window: Window | None) -> Tally:
        match leaf:
            case Aggregate():
                return AggregateTally(measure=leaf, window=window, collect=self.collect, shares=self.shares)
            case Duration():
                begun = self.mirror.started(leaf.selection) if leaf.kind is DurationKind.CYCLE else {}
                stopwatch = Stopwatch(measure=leaf, started=begun, now=self.now)
                return AggregateTally(
                    measure=leaf, window=window, collect=self.collect, stopwatch=stopwatch, shares=self.shares
                )
            case Completion():
                _refuse_periods("completion", window)
                collect = self.collect or leaf.frozen_on is not None
                return CompletionTally(measure=leaf, collect=collect, shares=self.shares)
            case Ticked():
                _refuse_periods("milestone", window)
                return TickedTally(measure=leaf, collect=self.collect)

    def run(self) -> None:
        """Stream every wanted selection once."""
        wanted: dict[Selection, list[Tally]] = {}
        for (leaf, _), tally in self.tallies.items():
            if leaf.selection is not None:
                wanted.setdefault(leaf.selection, []).append(tally)
        with exact():
            for selection, tallies in wanted.items():
                if self.mirror.pulled(selection):
                    self.members[selection.key] = self._stream(selection, tallies)

    def _stream(self, selection: Selection, live: Sequence[Tally]) -> int:
        needs_parents = any(map(_tells_parents, live))
        parents = self.mirror.parents(selection) if needs_parents else NO_PARENTS
        plain: defaultdict[str, list[AggregateTally | CompletionTally]] = defaultdict(list)
        slow: list[Tally] = []
        for tally in live:
            name = _plain(tally, parents)
            if name is None:
                slow.append(tally)
            elif isinstance(tally, AggregateTally | CompletionTally):
                plain[name].append(tally)
        if plain and not slow and (count := self._counted(selection, plain)) is not None:
            return count
        count = 0
        members = self.mirror.members(selection)
        while batch := list(islice(members, BATCH)):
            count += len(batch)
            for name, tallies in plain.items():
                counts = count_plain(batch, name)
                for tally in tallies:
                    tally.add_counts(counts)
            if slow:
                slow = self._one_by_one(batch, parents, slow)
        return count

    def _counted(
        self, selection: Selection, plain: Mapping[str, Sequence[AggregateTally | CompletionTally]]
    ) -> int | None:
        """Let the mirror count for the tallies, and return how many members there are; None where it cannot."""
        if not isinstance(self.mirror, Counting):
            return None
        found: dict[str, PlainCounts] = {}
        for name in plain:
            counts = self.mirror.counts(selection, name)
            if counts is None:
                return None
            found[name] = counts
        for name, tallies in plain.items():
            for tally in tallies:
                tally.add_counts(found[name])
        return max(sum(counts.values()) for counts in found.values())

    def _one_by_one(self, batch: Sequence[WorkItem], parents: frozenset[str], slow: Sequence[Tally]) -> list[Tally]:
        """Give each item to each tally, and return the tallies whose rule did not fail."""
        left = []
        for tally in slow:
            add = tally.add
            try:
                for item in batch:
                    add(item, item.id in parents)
                left.append(tally)
            except RuleError as error:
                self.failed[id(tally)] = error
        return left

    def reading(self, key_result: KeyResult, cycle: Cycle) -> Reading:
        """Return the reading of a key result that was wanted, after the run.

        Raises:
            RuleError: its filter failed on an item, or its source is in a unit that cannot be the metric's.
        """
        window = self._window(key_result.metric, cycle)
        own_unit = isinstance(key_result.measure, Latest | Series)
        asked = Asked(address=key_result.id, metric=key_result.metric, own_unit=own_unit, cycle=cycle, now=self.now)
        with exact():
            if window is None or isinstance(key_result.measure, ByHand):  # people say what a periodic value has come to
                return self._whole(asked, key_result.measure)
            return self._periodic(asked, key_result.measure, window)

    def _whole(self, asked: Asked, measure: Measure) -> Reading:
        match measure:
            case Latest():
                return self._unread(measure.selection) or latest(asked, measure, self._samples(measure.selection))
            case Series():
                return self._unread(measure.selection) or windowed(asked, measure, self._samples(measure.selection))
            case Ratio():
                return divided(self._whole(asked, measure.of), self._whole(asked, measure.to))
            case Formula():
                return calculated(measure, [(name, self._whole(asked, inner)) for name, inner in measure.of])
            case Rollup():
                readings = {part.address: self._part(part) for part in parts_of(measure)}
                return rolled_up(measure, readings, collect=self.collect)
            case ByHand():
                return Reading(value=None, no_data=BY_HAND)
            case Ticked() if measure.selection is None:
                return by_hand(measure, local_date(self.now, asked.cycle.timezone))
            case _:
                return self._scoped(asked, measure, self._leaf(measure, None))

    def _part(self, part: Part) -> Reading:
        return self.reading(KeyResult(id=part.address, title="", metric=part.metric, measure=part.measure), part.cycle)

    def _scoped(self, asked: Asked, measure: Leaf, reading: Reading) -> Reading:
        """Return a completion with its other scope, where that is the rule's or wanted as evidence."""
        if not isinstance(measure, Completion) or not (self.collect or measure.frozen_on):
            return reading
        if not self.collect:  # its items were kept to find those of then among them
            reading = replace(reading, evidence=())
        on = frozen_on(measure, asked.cycle)
        tally = self.found[id(measure), None]
        if reading.value is None or not isinstance(tally, CompletionTally):
            return reading
        return with_scope(reading, tally, self.mirror, on, At(self.now, asked.cycle.timezone))

    def _leaf(self, measure: Leaf, window: Window | None) -> Reading:
        tally = self.found[id(measure), window]
        failure = self.failed.get(id(tally))
        if failure is not None:
            raise failure
        missing = self._missing(measure)
        reading = tally.reading()
        return reading if missing is None else replace(reading, value=None, no_data=missing, formula="", span=None)

    def _missing(self, measure: Leaf) -> str | None:
        """Return why a selection without members proves nothing; None when it may be measured.

        One that never matched anything is most likely mistyped, and one whose items all vanished most likely hidden
        from us: neither is 0. One whose items are all there but match no more is empty, and that is a fact.
        """
        selection = measure.selection
        if selection is None:
            return None
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

    def _unread(self, selection: Selection) -> Reading | None:
        """Return no data where a series was never read; None where it was."""
        return None if self.mirror.pulled(selection) else Reading(value=None, no_data=f"{NEVER_READ}: {selection}")

    def _periodic(self, asked: Asked, measure: Measure, window: Window) -> Reading:
        values, reading = self._per_period(asked, measure, window)
        if reading.no_data is not None:
            return reading
        found = over_periods(values, asked.metric, window, adds_up=adds_up(measure))
        return replace(reading, value=found.value, no_data=found.no_data, formula=found.formula)

    def _per_period(self, asked: Asked, measure: Measure, window: Window) -> tuple[list[Decimal | None], Reading]:
        match measure:
            case Latest() | Series():
                return self._series_per_period(asked, measure, window)
            case Ratio():
                above, of = self._per_period(asked, measure.of, window)
                below, to = self._per_period(asked, measure.to, window)
                return ratios(above, below), per_period_ratio(of, to)
            case Formula():
                found = {name: self._per_period(asked, inner, window) for name, inner in measure.of}
                values = formula_values(measure, {name: each for name, (each, _) in found.items()}, window.count)
                return values, per_period_formula([(name, reading) for name, (_, reading) in found.items()])
            case Rollup() | ByHand():
                raise RuleError(_no_periods("roll-up", window))
            case _:
                reading = self._leaf(measure, window)
                # a period in which nothing fell is not the same as a selection in which nothing ever was
                unknown = reading.no_data if self._missing(measure) is not None else None
                return self.found[id(measure), window].values(), replace(reading, no_data=unknown)

    def _series_per_period(
        self, asked: Asked, measure: Latest | Series, window: Window
    ) -> tuple[list[Decimal | None], Reading]:
        unread = self._unread(measure.selection)
        if unread is not None:
            return [None] * window.count, unread
        samples = self._samples(measure.selection)
        if isinstance(measure, Latest):
            return latest_per_period(asked, measure, samples, window)
        return windowed_per_period(asked, measure, samples, window)


def count_plain(batch: Sequence[WorkItem], name: str) -> PlainCounts:
    """Return how often each pair of a state and a number occurs; without a name each item is 1."""
    if not name:
        return {(state, ONE): times for state, times in Counter(map(STATE, batch)).items()}
    counts: dict[tuple[ItemState, Decimal | None], int] = {}
    for item in batch:
        key = item.state, item.numbers.get(name)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _plain(tally: Tally, parents: frozenset[str]) -> str | None:
    """Return the number that a tally looks at, where it looks at nothing else; empty for none."""
    if not isinstance(tally, AggregateTally | CompletionTally) or (parents and _tells_parents(tally)):
        return None
    return tally.plain


def _tells_parents(tally: Tally) -> bool:
    return isinstance(tally, CompletionTally) and tally.measure.leaves


def _refuse_periods(name: str, window: Window | None) -> None:
    if window is not None:
        raise RuleError(_no_periods(name, window))


def _no_periods(name: str, window: Window) -> str:
    return f"a {name} has no value per {window.per}: use count or sum, or leave 'per' out"


def leaves_of(measure: Measure) -> tuple[Leaf, ...]:
    """Return the measures over items that a measure is made of."""
    return tuple(_leaves(measure))


def _leaves(measure: Measure) -> Iterator[Leaf]:
    match measure:
        case Completion() | Aggregate() | Duration():
            yield measure
        case Ticked() if measure.selection is not None:
            yield measure
        case _:
            for inner in inner_of(measure):
                yield from _leaves(inner)


def adds_up(measure: Measure) -> bool:
    """Return whether nothing at all is 0 here, and a value per period grows with its days: a count or a sum."""
    return isinstance(measure, Aggregate) and measure.kind in ADDS_UP
