"""From a value to progress: where a value stands between baseline and target. See docs/semantics.md, Metrics."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mapping.decimals import GRID, ONE, ZERO, decimal_text, exact, tidy
from mapping.errors import AmountError, FixConfigError
from mapping.numbers import NumberStyle, Relative, RelativeKind, parse_amount
from mapping.periods import periods_in
from mapping.rules import Cycle, Metric, MetricKind, PeriodPolicy, Unit, UnitKind

STRICT = frozenset({MetricKind.ABOVE, MetricKind.BELOW})
THRESHOLDS = frozenset({MetricKind.AT_LEAST, MetricKind.AT_MOST, *STRICT, MetricKind.BETWEEN, MetricKind.BINARY})
LESS_IS_BETTER = frozenset({MetricKind.DECREASE, MetricKind.AT_MOST, MetricKind.BELOW})
COMMIT_SHARE, TARGET_SHARE = Decimal("0.3"), Decimal("0.7")
"""Progress at commit and at target where a metric has zones; 1 is at the stretch."""


def raw_progress(metric: Metric, value: Decimal, cycle: Cycle | None = None) -> Decimal:
    """Return the share of the way from baseline to target, not clamped.

    Args:
        metric: a ramp (increase, decrease, or a threshold or band with a baseline), or one without.
        value: in ``metric.unit``.
        cycle: needed where the target is a total over the periods of a cycle.

    Returns:
        0 at the baseline, 1 at the target (0.7 where there is a stretch, of which 1 speaks then), below 0 or above 1
        beyond them; of a band 1 inside; 0 or 1 for a threshold without a ramp. A strict threshold that is met exactly
        is just short of 1.

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
    if metric.kind is MetricKind.BETWEEN:
        with exact():
            away, at_first = (outside(metric, each, times) for each in (value, metric.baseline * times))
            return ONE - away / at_first
    raw = _along(metric, value, times)
    return min(raw, ONE - GRID) if metric.kind in STRICT and not reached(metric, value, cycle) else raw


def value_at(metric: Metric, progress: Decimal) -> Decimal | None:
    """Return the value at which so much of the way is gone, the inverse of ``raw_progress`` between 0 and 1.

    None where no single value says it: for a band, for done or not, and where the target holds for each period.

    >>> bugs = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10))
    >>> value_at(bugs, Decimal("0.5"))
    Decimal('25')
    """
    if metric.per is not None or metric.kind in (MetricKind.BETWEEN, MetricKind.BINARY):
        return None
    if not has_ramp(metric):
        return metric.target
    marks = _marks(metric)
    passed = sum(progress > share for _, share in marks[1:-1])
    (start, low), (end, high) = marks[passed : passed + 2]
    with exact():
        return tidy(start + (end - start) * ((progress - low) / (high - low)))


def _along(metric: Metric, value: Decimal, times: Decimal) -> Decimal:
    """Return the progress on the straight line, or on that of the zone the value falls into."""
    (start, low), (end, high) = zone_of(metric, value, times)
    with exact():
        way, whole = value - start * times, (end - start) * times
    return low + (high - low) * (way / whole)


def zone_of(metric: Metric, value: Decimal, times: Decimal = ONE) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return where the zone of a value begins and ends, each with its progress; without zones baseline and target."""
    marks = _marks(metric)
    with exact():
        above = sum(_beyond(metric, value, mark * times) for mark, _ in marks[1:-1])
    return marks[above : above + 2]


def _marks(metric: Metric) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the values between which progress runs straight, each with its progress, from the baseline on."""
    baseline = ZERO if metric.baseline is None else metric.baseline
    if metric.commit is None or metric.stretch is None:
        return (baseline, ZERO), (metric.target, ONE)
    return (baseline, ZERO), (metric.commit, COMMIT_SHARE), (metric.target, TARGET_SHARE), (metric.stretch, ONE)


def _beyond(metric: Metric, value: Decimal, mark: Decimal) -> bool:
    return value < mark if falls(metric) else value > mark


def outside(metric: Metric, value: Decimal, times: Decimal = ONE) -> Decimal:
    """Return how far a value lies from the nearer edge of its band; 0 inside and on the edges."""
    upper = metric.target if metric.upper is None else metric.upper
    return max(metric.target * times - value, value - upper * times, ZERO)


def clamp(progress: Decimal) -> Decimal:
    """Return progress held between 0 and 1, as roll-up uses it."""
    return min(ONE, max(ZERO, progress))


def reached(metric: Metric, value: Decimal, cycle: Cycle | None = None) -> bool:
    """Return whether the target is met; meeting it exactly is enough unless it is strict (``>=`` is not ``>``)."""
    times = _times(metric, cycle)
    with exact():
        target = metric.target * times
        match metric.kind:
            case MetricKind.BINARY:
                return value >= ONE
            case MetricKind.BETWEEN:
                return not outside(metric, value, times)
            case MetricKind.ABOVE:
                return value > target
            case MetricKind.BELOW:
                return value < target
            case _:
                return value <= target if falls(metric) else value >= target


def falls(metric: Metric) -> bool:
    """Return whether less is better."""
    if metric.kind in (MetricKind.INCREASE, MetricKind.DECREASE) and metric.baseline is not None:
        return metric.target < metric.baseline
    return metric.kind in LESS_IS_BETTER


def worst_of(metric: Metric, values: Sequence[Decimal]) -> Decimal:
    """Return the value that is worst for the metric: the least, the greatest, or the one farthest from its band."""
    if metric.kind is MetricKind.BETWEEN:
        with exact():
            return max(values, key=lambda value: outside(metric, value))
    return max(values) if falls(metric) else min(values)


def has_ramp(metric: Metric) -> bool:
    """Return whether there is a way to go from a baseline; a threshold met from the start has none."""
    if metric.kind is MetricKind.BINARY:
        return False
    if metric.kind not in THRESHOLDS:
        return True
    if metric.baseline is None:
        return False
    if metric.kind is MetricKind.BETWEEN:
        return bool(outside(metric, metric.baseline))
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
    percent = unit is not None and unit.kind in (UnitKind.PERCENT, UnitKind.POINTS)
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
