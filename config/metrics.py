"""From ``metric:`` in a rule to a metric: baseline, target and unit, relative targets resolved.

A percentage with a sign is relative to the baseline (``+20%`` of 50 is 60, of 15 % is 18 %); ``+10pp`` are points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from config.amounts import PERCENT, Written, both_edges, in_unit, stated_unit, written
from config.compound import milestones_of
from config.model import MetricKeys, MetricTerms
from config.validation import Problems, own_keys, validated
from config.yaml_nodes import Branch, Entry, Leaf, kind_of
from mapping.decimals import decimal_text
from mapping.errors import OkrsyncError, Place
from mapping.metric import outside, resolve_relative
from mapping.numbers import NumberStyle, Relative
from mapping.rates import Rates
from mapping.rules import COMPLETION_METRIC, Metric, MetricKind, Unit, UnitKind

DONE = "done"
BETWEEN = "between"
ENDS = ("target", "at_least", "at_most", "above", "below", BETWEEN)
ZONES = ("commit", "stretch")
SHARES = ("completion", "ticked", "rollup")
"""Measures that give a share of a whole, 0 % to 100 %, and so need no metric."""
CONVERTED = ("latest", "series")
"""Measures whose samples say their currency, so that a table of rates can be used."""
_HOW = "write {baseline: 40, target: 10}, {at_least: 42}, {at_most: 3%}, {between: [20, 25]}, or done"
_DONE = Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricContext:
    """What a metric is read with, the same for all of a file."""

    style: NumberStyle
    rates: Rates | None
    problems: Problems


def metric_of(entry: Entry | None, context: MetricContext, *, kind: str, at: Place) -> Metric | None:
    """Return the metric of a key result, or report why there is none.

    Args:
        entry: what stands behind ``metric``; None when it is absent.
        context: of the file.
        kind: the kind of its measure; a share of a whole needs no metric.
        at: the place of the key result.
    """
    problems = context.problems
    if entry is None or (isinstance(entry.node, Leaf) and entry.node.value is None):
        return _without(entry, kind, at, problems)
    if isinstance(entry.node, Leaf) and entry.node.text == DONE:
        return _DONE
    if not isinstance(entry.node, Branch):
        problems.add(entry.node.place, f"metric is {kind_of(entry.node)}", _HOW)
        return None
    if milestones_of(entry) is not None:
        return COMPLETION_METRIC
    before = len(problems.found)
    own = own_keys(entry.node, MetricTerms, MetricKeys.model_fields, problems)
    terms = validated(MetricTerms, own, problems, at=entry.key_place)
    made = _Maker(entry, entry.node, terms or MetricTerms(), kind, context).metric()
    return made if len(problems.found) == before else None


def _without(entry: Entry | None, kind: str, at: Place, problems: Problems) -> Metric | None:
    if entry is None and kind in SHARES:
        return COMPLETION_METRIC
    if kind:
        problems.add(entry.key_place if entry else at, f"a key result measured by {kind} needs a metric", _HOW)
    return None


@dataclass(slots=True)
class _Maker:
    entry: Entry
    node: Branch
    keys: MetricTerms
    kind: str
    context: MetricContext

    @property
    def problems(self) -> Problems:
        return self.context.problems

    def metric(self) -> Metric | None:
        before = len(self.problems.found)
        end_name = self._end_name()
        self._check_company(end_name)
        baseline = self._written("baseline")
        ends = self._ends(end_name)
        zones = [self._written(name) for name in ZONES if name in self.node.entries]
        found = [each for each in (baseline, *ends, *zones) if each]
        unit = self._unit(found)
        amounts = in_unit(found, unit, by_name=self._unit_is_named, problems=self.problems)
        if not ends or len(self.problems.found) > before:
            return None
        return self._put_together(amounts, unit)

    def _end_name(self) -> str | None:
        given = [name for name in ENDS if name in self.node.entries]
        if not given:
            self.problems.add(self.entry.key_place, "the metric says no target, at_least or at_most", _HOW)
            return None
        if len(given) > 1:
            second = self.node.entries[given[1]]
            self.problems.add(second.key_place, f"{' and '.join(given)} stand together", "keep one of them")
        return given[0]

    def _check_company(self, end_name: str | None) -> None:
        """Report keys that say nothing without another one."""
        entries = self.node.entries
        for name in ("over", "running"):
            if name in entries and "per" not in entries:
                fix = f"add per: month, or remove {name}"
                self.problems.add(entries[name].key_place, f"{name} says nothing without per", fix)
        for name, other in (ZONES, ZONES[::-1]):
            if name in entries and other not in entries:
                self.problems.add(entries[name].key_place, f"{name} stands without {other}", f"add {other}:")
        if "commit" in entries and "stretch" in entries and end_name != "target":
            what = f"commit and stretch stand around a target, not around {end_name}"
            self.problems.add(entries["commit"].key_place, what, "write baseline, commit, target and stretch")

    def _written(self, name: str) -> Written | None:
        entry = self.node.entries.get(name)
        if entry is None:
            return None
        return written(name, entry.node, style=self.context.style, problems=self.problems)

    def _ends(self, name: str | None) -> list[Written]:
        if name is None:
            return []
        if name == BETWEEN:
            return both_edges(self.node.entries[name], style=self.context.style, problems=self.problems)
        end = self._written(name)
        return [end] if end else []

    @property
    def _unit_is_named(self) -> bool:
        return self.keys.unit is not None or self.kind in SHARES

    def _unit(self, found: list[Written]) -> Unit:
        """Return the one unit of all amounts."""
        absolute = [each for each in found if each.name == "baseline" or each.amount.relative is None]
        units = [each.amount.unit for each in absolute if each.amount.unit is not None]
        stated = stated_unit(self.keys.unit)
        return stated or next(iter(units), None) or (PERCENT if self.kind in SHARES else Unit())

    def _put_together(self, amounts: Sequence[Written], unit: Unit) -> Metric | None:
        by_name = {each.name: each for each in amounts}
        ends = [each for each in amounts if each.name in ENDS]
        start = by_name["baseline"].amount.value if "baseline" in by_name else None
        values = {name: self._value(start, each, unit) for name, each in by_name.items() if name in ZONES}
        reached = [self._value(start, each, unit) for each in ends]
        if None in values.values() or None in reached:
            return None
        end, target, upper = ends[0], reached[0] or Decimal(0), reached[1] if len(reached) == 2 else None
        metric = Metric(
            kind=_kind(end.name, start, target),
            target=target,
            baseline=start,
            unit=unit,
            per=self.keys.per,
            over=self.keys.over,
            stated=end.leaf.text if end.amount.relative is not None else "",
            upper=upper,
            commit=values.get("commit"),
            stretch=values.get("stretch"),
            running=self.keys.running,
            rates=self._rates(unit),
        )
        right = self._band_is_right(metric, ends) if upper is not None else self._span_is_right(start, target, end)
        return metric if right and self._zones_are_right(metric, by_name) else None

    def _rates(self, unit: Unit) -> Rates | None:
        return self.context.rates if unit.kind is UnitKind.CURRENCY and self.kind in CONVERTED else None

    def _value(self, start: Decimal | None, end: Written, unit: Unit) -> Decimal | None:
        relative = end.amount.relative
        return end.amount.value if relative is None else self._resolved(start, end, relative, unit)

    def _resolved(self, start: Decimal | None, end: Written, relative: Relative, unit: Unit) -> Decimal | None:
        if start is None:
            what = f"{end.name} {end.leaf.text!r} is relative, and there is no baseline"
            self.problems.add(end.place, what, "add baseline, or write the amount itself, without a sign")
            return None
        try:
            return resolve_relative(start, relative, unit)
        except OkrsyncError as error:
            what, _, fix = str(error).rpartition(": ")
            self.problems.add(end.place, f"{end.name} {end.leaf.text!r}: {what}", fix)
            return None

    def _span_is_right(self, start: Decimal | None, target: Decimal, end: Written) -> bool:
        shown = decimal_text(target)
        if start is None and end.name == "target":
            fix = f"add baseline: 0, or write {{at_least: {end.leaf.text}}}"
            self.problems.add(end.place, "target has no baseline to start from", fix)
        elif start == target:
            fix = "change one of them" if end.name == "target" else "leave out the baseline if it is to be held"
            self.problems.add(end.place, f"baseline and {end.name} are both {shown}", fix)
        elif self.kind in SHARES and target > 1:
            self.problems.add(end.place, f"a {self.kind} of {end.leaf.text} is never reached", "write 100% or less")
        else:
            return True
        return False

    def _band_is_right(self, metric: Metric, ends: Sequence[Written]) -> bool:
        lower, upper = metric.target, metric.upper
        if upper is None or upper <= lower:
            texts = " and ".join(each.leaf.text for each in ends)
            self.problems.add(ends[1].place, f"the band from {texts} is empty", "write the lesser amount first")
            return False
        if metric.baseline is not None and not outside(metric, metric.baseline):
            what = f"baseline {decimal_text(metric.baseline)} is within the band already"
            self.problems.add(ends[0].place, what, "leave out the baseline if the band is to be held")
            return False
        return True

    def _zones_are_right(self, metric: Metric, by_name: dict[str, Written]) -> bool:
        if metric.commit is None or metric.stretch is None or metric.baseline is None:
            return True
        marks = (metric.baseline, metric.commit, metric.target, metric.stretch)
        if all(a < b for a, b in pairwise(marks)) or all(a > b for a, b in pairwise(marks)):
            return True
        shown = ", ".join(decimal_text(mark) for mark in marks)
        what = f"baseline, commit, target and stretch are {shown}, which goes not one way"
        self.problems.add(by_name["commit"].place, what, "order them, each beyond the one before")
        return False


def _kind(name: str, start: Decimal | None, target: Decimal) -> MetricKind:
    if name != "target":
        return MetricKind(name)
    return MetricKind.INCREASE if start is None or target > start else MetricKind.DECREASE
