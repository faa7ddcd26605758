"""From ``metric:`` in a rule to a metric: baseline, target and unit, relative targets resolved.

A percentage with a sign is relative to the baseline (``+20%`` of 50 is 60, of 15 % is 18 %); ``+10pp`` are points.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.model import MetricKeys, MetricTerms
from config.validation import Problems, own_keys, validated
from config.yaml_nodes import Branch, Entry, Leaf, kind_of
from mapping.currencies import CODES
from mapping.decimals import decimal_text
from mapping.errors import OkrsyncError, Place
from mapping.metric import resolve_relative
from mapping.numbers import Amount, NumberStyle, Relative, RelativeKind, parse_amount
from mapping.rules import COMPLETION_METRIC, Metric, MetricKind, Unit, UnitKind

DONE = "done"
ENDS = ("target", "at_least", "at_most")
_HOW = "write {baseline: 40, target: 10}, {at_least: 42}, {at_most: 3%}, or done"
_PERCENT = Unit(kind=UnitKind.PERCENT)
_DONE = Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE))
_WORST_PERCENT = Decimal(1)
"""A fraction beyond this without a percent sign is taken for a slip: 15 would mean 1500 %."""


@dataclass(frozen=True, slots=True)
class _Written:
    """An amount and where it stands."""

    name: str
    leaf: Leaf
    amount: Amount

    @property
    def place(self) -> Place:
        return self.leaf.place


def metric_of(entry: Entry | None, *, kind: str, at: Place, style: NumberStyle, problems: Problems) -> Metric | None:
    """Return the metric of a key result, or report why there is none.

    Args:
        entry: what stands behind ``metric``; None when it is absent.
        kind: the kind of its measure; a completion needs no metric.
        at: the place of the key result.
        style: how the file writes numbers.
        problems: gets what is wrong.
    """
    if entry is None or (isinstance(entry.node, Leaf) and entry.node.value is None):
        return _without(entry, kind, at, problems)
    if isinstance(entry.node, Leaf) and entry.node.text == DONE:
        return _DONE
    if not isinstance(entry.node, Branch):
        problems.add(entry.node.place, f"metric is {kind_of(entry.node)}", _HOW)
        return None
    before = len(problems.found)
    own = own_keys(entry.node, MetricTerms, MetricKeys.model_fields, problems)
    terms = validated(MetricTerms, own, problems, at=entry.key_place)
    made = _Maker(entry, entry.node, terms or MetricTerms(), kind, style, problems).metric()
    return made if len(problems.found) == before else None


def _without(entry: Entry | None, kind: str, at: Place, problems: Problems) -> Metric | None:
    if entry is None and kind == "completion":
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
    style: NumberStyle
    problems: Problems

    def metric(self) -> Metric | None:
        before = len(self.problems.found)
        end_name = self._end_name()
        baseline = self._written("baseline")
        end = self._written(end_name) if end_name else None
        unit = self._unit([each for each in (baseline, end) if each])
        if end is None or len(self.problems.found) > before:
            return None
        return self._put_together(baseline, end, unit)

    def _end_name(self) -> str | None:
        given = [name for name in ENDS if name in self.node.entries]
        if not given:
            self.problems.add(self.entry.key_place, "the metric says no target, at_least or at_most", _HOW)
            return None
        if len(given) > 1:
            second = self.node.entries[given[1]]
            self.problems.add(second.key_place, f"{' and '.join(given)} stand together", "keep one of them")
        if "per" not in self.node.entries and "over" in self.node.entries:
            place = self.node.entries["over"].key_place
            self.problems.add(place, "over says nothing without per", "add per: month, or remove over")
        return given[0]

    def _written(self, name: str) -> _Written | None:
        entry = self.node.entries.get(name)
        if entry is None:
            return None
        if not isinstance(entry.node, Leaf) or entry.node.value is None:
            what = f"{name} is {kind_of(entry.node)}, not an amount"
            self.problems.add(entry.node.place, what, "write an amount, such as 40, 15% or 1.2 M€")
            return None
        try:
            amount = parse_amount(entry.node.text, style=self.style)
        except OkrsyncError as error:
            what, _, fix = str(error).rpartition(": ")
            self.problems.add(entry.node.place, f"{name}: {what}", fix)
            return None
        if amount.unit is not None and amount.unit.kind is UnitKind.DONE:
            self.problems.add(entry.node.place, f"{name}: {entry.node.text!r} is no number", "write `metric: done`")
            return None
        if name == "baseline" and amount.relative and amount.relative.kind is not RelativeKind.SHARE:
            what = f"baseline {entry.node.text!r} is relative, and there is nothing before it"
            self.problems.add(entry.node.place, what, "write the amount itself")
            return None
        return _Written(name, entry.node, amount)

    def _unit(self, written: list[_Written]) -> Unit:
        """Return the one unit of all amounts, and report those that do not have it."""
        stated = self._stated_unit()
        absolute = [each for each in written if each.name == "baseline" or each.amount.relative is None]
        units = [each.amount.unit for each in absolute if each.amount.unit is not None]
        unit = stated or next(iter(units), None) or (_PERCENT if self.kind == "completion" else Unit())
        for each in absolute:
            self._check_unit(each, unit, by_name=stated is not None or self.kind == "completion")
        return unit

    def _stated_unit(self) -> Unit | None:
        name = self.keys.unit
        if name is None:
            return None
        if name in ("percent", "%"):
            return _PERCENT
        return Unit(kind=UnitKind.CURRENCY, currency=name) if name in CODES else Unit(name=name)

    def _check_unit(self, written: _Written, unit: Unit, *, by_name: bool) -> None:
        amount, text = written.amount, written.leaf.text
        if amount.unit is not None:
            if amount.unit != unit:
                self.problems.add(
                    written.place, f"{written.name} {text!r} is in another unit than {_unit_name(unit)}", "use one unit"
                )
            return
        if unit.kind is UnitKind.PERCENT and abs(amount.value) > _WORST_PERCENT:
            means = decimal_text(amount.value * 100)
            self.problems.add(written.place, f"{written.name}: {text} means {means} %", f"write {text}%")
        elif unit.kind in (UnitKind.PERCENT, UnitKind.CURRENCY) and not by_name and amount.value != 0:
            what = f"{written.name}: {text} has no unit beside an amount in {_unit_name(unit)}"
            self.problems.add(written.place, what, "write the unit with both")

    def _put_together(self, baseline: _Written | None, end: _Written, unit: Unit) -> Metric | None:
        start = baseline.amount.value if baseline else None
        target = end.amount.value
        if end.amount.relative is not None:
            resolved = self._resolved(start, end, end.amount.relative, unit)
            if resolved is None:
                return None
            target = resolved
        if not self._span_is_right(start, target, end):
            return None
        return Metric(
            kind=_kind(end.name, start, target),
            target=target,
            baseline=start,
            unit=unit,
            per=self.keys.per,
            over=self.keys.over,
            stated=end.leaf.text if end.amount.relative is not None else "",
        )

    def _resolved(self, start: Decimal | None, end: _Written, relative: Relative, unit: Unit) -> Decimal | None:
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

    def _span_is_right(self, start: Decimal | None, target: Decimal, end: _Written) -> bool:
        shown = decimal_text(target)
        if start is None and end.name == "target":
            fix = f"add baseline: 0, or write {{at_least: {end.leaf.text}}}"
            self.problems.add(end.place, "target has no baseline to start from", fix)
        elif start == target:
            fix = "change one of them" if end.name == "target" else "leave out the baseline if it is to be held"
            self.problems.add(end.place, f"baseline and {end.name} are both {shown}", fix)
        elif self.kind == "completion" and target > 1:
            self.problems.add(end.place, f"a completion of {end.leaf.text} is never reached", "write 100% or less")
        else:
            return True
        return False


def _kind(name: str, start: Decimal | None, target: Decimal) -> MetricKind:
    if name != "target":
        return MetricKind(name)
    return MetricKind.INCREASE if start is None or target > start else MetricKind.DECREASE


def _unit_name(unit: Unit) -> str:
    return unit.currency or unit.name or ("percent" if unit.kind is UnitKind.PERCENT else "a bare number")
