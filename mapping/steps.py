"""The arithmetic behind a standing, one line a step, for people who want to check it."""

from __future__ import annotations

from decimal import Decimal

from mapping.decimals import decimal_text
from mapping.measure import BY_HAND
from mapping.metric import outside, zone_of
from mapping.readings import Reading
from mapping.rules import Metric, MetricKind
from mapping.show import show_progress, show_value
from mapping.standing import Standing
from mapping.tally import items_word


def steps(reading: Reading, standing: Standing) -> tuple[str, ...]:
    """Return measure, progress and pace with their numbers, in order."""
    lines = [_formula(reading, standing)] if reading.formula else []
    if reading.origin:
        lines.append(f"read from {reading.origin}")
    lines += [f"{count} left out: {reason}" for reason, count in sorted(reading.left_out.items())]
    lines += [f"{count} assumed: {assumption}" for assumption, count in sorted(reading.assumed.items())]
    lines += [line for line in (_span(reading), _scope(reading)) if line]
    if reading.no_data == BY_HAND and standing.value is not None:
        lines.append(standing.formula)
    elif reading.value is None:
        lines.append(f"no data: {reading.no_data}")
    if standing.automatic is not None:
        lines.append(standing.formula)  # a person's, which the progress below is of
    progress = _progress(standing)
    expected = standing.pace.expected_because
    return (*lines, *(line for line in (progress, expected) if line), standing.pace.because)


def _formula(reading: Reading, standing: Standing) -> str:
    """Return the formula; what was merely read is shown with its unit, which the measure does not know."""
    if reading.value is not None and reading.formula == f"{decimal_text(reading.value)} read":
        return f"{show_value(reading.value, standing.metric.unit)} read"
    return reading.formula


def _span(reading: Reading) -> str | None:
    """Return how far the value hangs on what is assumed of items without an estimate."""
    if reading.span is None:
        return None
    low, high = (show_progress(each) for each in reading.span)
    treated = "is treated" if reading.unestimated == 1 else "are treated"
    items = f"{items_word(reading.unestimated)} without an estimate {treated}"
    return f"{low} however {items}" if low == high else f"{low} to {high} depending on how {items}"


def _scope(reading: Reading) -> str | None:
    """Return what the value is under the other scope, and how the scope has grown."""
    scope = reading.scope
    if scope is None or scope.creep is None:
        return None
    then, now = decimal_text(scope.weight_then), decimal_text(scope.weight_now)
    grown = f"scope {then} → {now} since {scope.on} ({'+' if scope.creep >= 0 else ''}{show_progress(scope.creep)})"
    return f"{grown}: {show_progress(scope.frozen)} of the scope of then, {show_progress(scope.current)} of today's"


def _progress(standing: Standing) -> str | None:
    metric, value = standing.metric, standing.value
    if value is None or metric.baseline is None or standing.raw_progress is None:
        return None
    return f"progress: {_arithmetic(metric, value, metric.baseline)} = {show_progress(standing.raw_progress)}"


def _arithmetic(metric: Metric, value: Decimal, baseline: Decimal) -> str:
    def shown(amount: Decimal) -> str:
        return show_value(amount, metric.unit)

    if metric.kind is MetricKind.BETWEEN:
        away, at_first = outside(metric, value), outside(metric, baseline)
        return f"1 − {shown(away)} outside the band / {shown(at_first)} outside at the baseline"
    (start, low), (end, high) = zone_of(metric, value)
    way = f"({shown(value)} − {shown(start)}) / ({shown(end)} − {shown(start)})"
    return way if high - low == 1 else f"{show_progress(low)} + {show_progress(high - low)} × {way}"
