"""Lint: what a title says, held against what its metric says; the grammar is that of ``mapping.draft``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from mapping.decimals import ONE, ZERO, quotient
from mapping.draft.drafting import draft, numbers_in, vague_words
from mapping.draft.result import Draft, DraftKind
from mapping.errors import AmountError
from mapping.lint.finding import Case, Finding, Subject
from mapping.metric import STRICT, THRESHOLDS, falls, resolve_relative
from mapping.rules import (
    Aggregate,
    AggregateKind,
    KeyResult,
    Measure,
    Metric,
    MetricKind,
    PeriodPolicy,
    Unit,
    UnitKind,
)
from mapping.show import show_metric, show_value

_SHARES = frozenset({UnitKind.PERCENT, UnitKind.POINTS})
_UP = frozenset({DraftKind.INCREASE, DraftKind.AT_LEAST})
_DOWN = frozenset({DraftKind.DECREASE, DraftKind.AT_MOST})
_LESS = {">": True, "<": True, ">=": False, "<=": False}
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Title:
    """A key result's title as it is understood, beside its metric."""

    key_result: KeyResult
    said: Draft

    @property
    def metric(self) -> Metric:
        """The metric of the rule."""
        return self.key_result.metric

    @cached_property
    def numbers(self) -> tuple[Decimal, ...]:
        """All amounts of the title; ``9 of 10`` is 0.9 too."""
        found = numbers_in(self.key_result.title, "fr" if self.said.language == "fr" else "en")
        parts = tuple(quotient(one, other) for one, other in pairwise(found) if other > one > ZERO)
        return (*found, *parts)

    @property
    def digits(self) -> bool:
        """Whether it states a number in digits."""
        return any(char.isdigit() for char in self.key_result.title)

    def names(self, value: Decimal) -> bool:
        """Return whether the title names a value of the metric, as a fraction, in percent, or by the way to it."""
        forms = {value, -value}
        if self.metric.unit.kind in _SHARES:
            forms |= {value * _HUNDRED}
        return any(each in forms for each in self.numbers)

    def finding(self, code: str, what: str) -> Finding:
        """Return a finding about what the title says."""
        fix = f"write what is meant: the rule says {show_metric(self.metric)}"
        return Finding(code, Subject.of(self.key_result, "title"), f"{self.key_result.id}: {what}", fix)


def titles(case: Case) -> Iterator[Finding]:
    """Titles without an end in them, and titles that say another metric than the rule."""
    for _, key_result in case.key_results():
        said = draft(key_result.title)
        if said.kind is None:
            yield from _vague(key_result, said)
        elif said.kind is not DraftKind.DONE and key_result.metric.kind is not MetricKind.BINARY:
            yield from _differences(Title(key_result, said))
    for objective in case.open:
        said = draft(objective.title)
        if said.target is not None:
            what = f"{objective.id}: the title states a measure ({said.sentence})"
            fix = "say where it goes in the objective, and how far in a key result"
            yield Finding("OKR037", Subject.of(objective, "title"), what, fix)


def _vague(key_result: KeyResult, said: Draft) -> Iterator[Finding]:
    words = vague_words(key_result.title, "fr" if said.language == "fr" else "en")
    if words:
        shown = ", ".join(dict.fromkeys(f"“{each}”" for each in words))
        what = f"{key_result.id}: {shown} can be checked by nobody"
        fix = f"say what the rule says, {show_metric(key_result.metric)}"
        yield Finding("OKR030", Subject.of(key_result, "title"), what, fix)


def _differences(title: Title) -> Iterator[Finding]:
    found = list(_of_unit(title)) or list(_of_way(title)) or list(_of_direction(title))
    yield from found
    yield from _of_period(title)
    if not found:
        yield from _of_strictness(title)


def _of_unit(title: Title) -> Iterator[Finding]:
    """Only a unit that the title writes out tells: who writes ``42`` may well mean percent."""
    said, unit = title.said, title.metric.unit
    if said.target is None or said.unit not in (UnitKind.PERCENT, UnitKind.CURRENCY):
        return
    if said.unit is UnitKind.PERCENT and not title.digits:
        return  # a quarter more, half of all: of what, the words do not say
    same = said.unit is unit.kind or (said.unit in _SHARES and unit.kind in _SHARES)
    if same and (said.currency is None or said.currency == unit.currency):
        return
    if title.names(title.metric.target):
        return  # 90 % of orders within 20 minutes: the metric is about the other number
    shown = show_value(said.target, Unit(kind=said.unit, currency=said.currency))
    yield title.finding("OKR033", f"the title says {shown}, the metric is {_unit_words(unit)}")


def _unit_words(unit: Unit) -> str:
    words = {UnitKind.PERCENT: "in percent", UnitKind.POINTS: "in percentage points"}
    return words.get(unit.kind) or f"in {unit.currency or unit.name or 'bare numbers'}"


def _of_way(title: Title) -> Iterator[Finding]:
    said, metric = title.said, title.metric
    if not title.digits and said.relative is None and (said.unit is not metric.unit.kind or said.target == ONE):
        return  # three of four, a day: words for numbers are read too loosely to contradict anybody
    for code, name, stated, ruled in _pairs(title):
        if stated is not None and ruled and not any(title.names(each) or stated == each for each in ruled):
            shown = show_value(stated, metric.unit)
            yield title.finding(code, f"the title says {name} {shown}, the metric {show_value(ruled[0], metric.unit)}")


def _pairs(title: Title) -> list[tuple[str, str, Decimal | None, list[Decimal]]]:
    """Return code, name, what the title states and what the metric may mean, of target and baseline."""
    said, metric = title.said, title.metric
    if said.kind is DraftKind.BETWEEN:
        lower, upper = [metric.target], [] if metric.upper is None else [metric.upper]
        return [("OKR031", "from", said.baseline, lower), ("OKR031", "to", said.target, upper)]
    aims = [each for each in (metric.target, metric.upper, metric.commit, metric.stretch) if each is not None]
    base = [] if metric.baseline is None else [metric.baseline]
    return [("OKR031", "target", _target(said, metric), aims), ("OKR032", "baseline", said.baseline, base)]


def _target(said: Draft, metric: Metric) -> Decimal | None:
    """Return the target that a title states in the metric's unit; a relative one from the metric's own baseline."""
    if said.relative is not None:
        if metric.baseline is None or metric.stated.replace(" ", "") == said.relative:
            return None
        try:
            return resolve_relative(metric.baseline, said.relative, metric.unit)
        except AmountError:
            return None  # +500, which a rule states as a value, or a multiple of 0
    if said.target is not None and metric.unit.kind in _SHARES and said.unit is UnitKind.NUMBER:
        return quotient(said.target, _HUNDRED)
    return said.target


def _of_direction(title: Title) -> Iterator[Finding]:
    said, metric = title.said, title.metric
    if metric.kind is MetricKind.BETWEEN or said.kind not in _UP | _DOWN:
        return
    if said.relative is None and (said.unit is not metric.unit.kind or not title.names(metric.target)):
        return  # it speaks of something else: without waste, half of all
    if said.relative is None and said.baseline is None and said.comparator is None:
        return  # 10 open bugs: a number, and no way to it
    if (said.kind in _DOWN) is not falls(metric):
        ways = {True: "down", False: "up"}
        what = f"the title goes {ways[said.kind in _DOWN]}, the metric {ways[falls(metric)]}"
        yield title.finding("OKR035", what)


def _of_period(title: Title) -> Iterator[Finding]:
    said, metric = title.said, title.metric
    if said.per is None or said.target is None:
        return
    if metric.per is None and not _adds_up(title.key_result.measure):
        return  # the newest of a monthly series is a value per month already
    if str(metric.per) != str(said.per) and (metric.per is None or metric.over is not PeriodPolicy.TOTAL):
        holds = "over the whole cycle" if metric.per is None else f"per {metric.per}"
        yield title.finding("OKR034", f"the title says per {said.per}, the target holds {holds}")


def _adds_up(measure: Measure) -> bool:
    return isinstance(measure, Aggregate) and measure.kind in (AggregateKind.COUNT, AggregateKind.SUM)


def _of_strictness(title: Title) -> Iterator[Finding]:
    strict, metric = _LESS.get(title.said.comparator or ""), title.metric
    if strict is None or metric.kind not in THRESHOLDS or metric.kind is MetricKind.BETWEEN:
        return
    if title.said.target is not None and title.names(metric.target) and strict is not (metric.kind in STRICT):
        exactly = show_value(metric.target, metric.unit)
        counts = "does not count" if strict else "counts"
        yield title.finding("OKR036", f"by the title exactly {exactly} {counts}, by the metric it is the other way")
