"""From a value to progress: where a value stands between baseline and target. See docs/semantics.md, Metrics."""

from __future__ import annotations

from decimal import Decimal

from mapping.decimals import ONE, ZERO, decimal_text, exact, tidy
from mapping.errors import AmountError, FixConfigError
from mapping.numbers import NumberStyle, Relative, RelativeKind, parse_amount
from mapping.periods import periods_in
from mapping.rules import Cycle, Metric, MetricKind, PeriodPolicy, Unit, UnitKind

THRESHOLDS = frozenset({MetricKind.AT_LEAST, MetricKind.AT_MOST, MetricKind.BINARY})


def raw_progress(metric: Metric, value: Decimal, cycle: Cycle | None = None) -> Decimal:
    """Return the share of the way from baseline to target, not clamped.

    Args:
        metric: a ramp (increase, decrease, or a threshold with a baseline), or a threshold without one.
        value: in ``metric.unit``.
        cycle: needed where the target is a total over the periods of a cycle.

    Returns:
        0 at the baseline, 1 at the target, below 0 or above 1 beyond them; 0 or 1 for a threshold without a ramp.

    Raises:
        FixConfigError: baseline and target of a ramp are equal, the baseline is missing, or the cycle is.

    >>> bugs = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10))
    >>> raw_progress(bugs, Decimal(25))
    Decimal('0.5')
    """
    if not has_ramp(metric):
        return ONE if reached(metric, value, cycle) else ZERO
    if metric.baseline is None:
        raise FixConfigError(f"a metric that is to {metric.kind} to {decimal_text(metric.target)} needs a baseline")
    if metric.baseline == metric.target:
        raise FixConfigError(f"baseline and target are both {decimal_text(metric.target)}: make them differ")
    times = _times(metric, cycle)
    with exact():
        way, whole = value - metric.baseline * times, (metric.target - metric.baseline) * times
    return way / whole


def clamp(progress: Decimal) -> Decimal:
    """Return progress held between 0 and 1, as roll-up uses it."""
    return min(ONE, max(ZERO, progress))


def reached(metric: Metric, value: Decimal, cycle: Cycle | None = None) -> bool:
    """Return whether the target is met; meeting it exactly is enough (``>=`` is not ``>``)."""
    with exact():
        target = metric.target * _times(metric, cycle)
    if metric.kind is MetricKind.BINARY:
        return value >= ONE
    return value <= target if falls(metric) else value >= target


def falls(metric: Metric) -> bool:
    """Return whether less is better."""
    if metric.kind in (MetricKind.INCREASE, MetricKind.DECREASE) and metric.baseline is not None:
        return metric.target < metric.baseline
    return metric.kind in (MetricKind.DECREASE, MetricKind.AT_MOST)


def has_ramp(metric: Metric) -> bool:
    """Return whether there is a way to go from a baseline; a threshold met from the start has none."""
    if metric.kind is MetricKind.BINARY:
        return False
    if metric.kind not in THRESHOLDS:
        return True
    if metric.baseline is None:
        return False
    return metric.baseline > metric.target if falls(metric) else metric.baseline < metric.target


def is_rate(metric: Metric) -> bool:
    """Return whether the target speaks of each period, so that it is expected in full all along."""
    return metric.per is not None and metric.over is not PeriodPolicy.TOTAL


def resolve_relative(baseline: Decimal, stated: str | Relative, unit: Unit | None = None) -> Decimal:
    """Return the target that ``x10``, ``double``, ``+20%``, ``-10%``, ``+10pp`` or ``+10 pts`` means from a baseline.

    A share is taken of the size of the baseline, so that ``+20%`` is up from a negative one too.

    Raises:
        AmountError: not relative; a multiple or share of 0; a multiple of a negative baseline; ``pp`` of no percentage.

    >>> resolve_relative(Decimal(500), "x10")
    Decimal('5000')
    """
    relative = parse_amount(stated, style=NumberStyle.PLAIN).relative if isinstance(stated, str) else stated
    shown = stated if isinstance(stated, str) else f"{stated.kind} {decimal_text(stated.amount)}"
    if relative is None:
        raise AmountError(f"{shown!r} is not relative: write x10, double, +20%, -10% or +10pp")
    with exact():
        if relative.kind is RelativeKind.MULTIPLE:
            return tidy(_fit_to_multiply(baseline, shown) * relative.amount)
        if relative.kind is RelativeKind.SHARE:
            if not baseline:
                raise AmountError(f"{shown!r} of a baseline of 0 is 0: write the target as a number")
            return tidy(baseline + abs(baseline) * relative.amount)
        return tidy(baseline + _points(relative, unit, shown))


def _fit_to_multiply(baseline: Decimal, shown: str) -> Decimal:
    if not baseline:
        raise AmountError(f"{shown!r} of a baseline of 0 is 0: write the target as a number")
    if baseline < 0:
        raise AmountError(f"{shown!r} of {decimal_text(baseline)} goes the wrong way: write the target as a number")
    return baseline


def _points(relative: Relative, unit: Unit | None, shown: str) -> Decimal:
    percent = unit is not None and unit.kind is UnitKind.PERCENT
    if relative.kind is RelativeKind.POINTS:
        return relative.amount.scaleb(-2) if percent else relative.amount
    if unit is not None and not percent:
        raise AmountError(f"{shown!r} needs a percentage, and the unit is {unit.kind}: write +10 pts or the target")
    return relative.amount


def _times(metric: Metric, cycle: Cycle | None) -> Decimal:
    """Return how many periods the target counts for: 1, or the cycle's periods where they add up."""
    if metric.per is None or metric.over is not PeriodPolicy.TOTAL:
        return ONE
    if cycle is None:
        raise FixConfigError(f"a total per {metric.per} needs its cycle")
    with exact():
        return sum((period.share for period in periods_in(cycle, metric.per)), start=ZERO)
