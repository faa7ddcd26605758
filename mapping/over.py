"""From one value per period to one value for the cycle so far. See docs/semantics.md, Periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mapping.decimals import decimal_text, quotient, total
from mapping.errors import RuleError
from mapping.metric import falls
from mapping.periods import Span, periods_in
from mapping.rules import Metric, Period, PeriodPolicy
from mapping.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class OverPeriods:
    """The value over the periods, or why there is none."""

    value: Decimal | None
    no_data: str | None
    formula: str


def over_periods(values: Sequence[Decimal | None], metric: Metric, window: Window) -> OverPeriods:
    """Return the mean, latest, worst or total of the periods that count.

    Args:
        values: one for each period that touches the cycle, in order; None where a period has none.
        metric: its ``per`` is the window's, its ``over`` says what is taken.
        window: the periods as seen today.

    Raises:
        RuleError: the metric is not periodic.
    """
    if metric.per is None:
        raise RuleError("only a metric with 'per' has periods")
    if window.today < window.cycle.starts_on:
        return OverPeriods(value=None, no_data=f"the cycle begins on {window.cycle.starts_on}", formula="")
    if metric.over is PeriodPolicy.TOTAL:
        places, running = window.begun(), False
    else:
        places, running = window.judged()
    spans = periods_in(window.cycle, metric.per)
    found = [(spans[place], value) for place in places if (value := values[place]) is not None]
    if not found:
        return OverPeriods(value=None, no_data=f"no {metric.per} of the cycle has a value so far", formula="")
    value = _taken([value for _, value in found], metric)
    return OverPeriods(value=value, no_data=None, formula=_formula(found, metric, value, running=running))


def _taken(values: list[Decimal], metric: Metric) -> Decimal:
    match metric.over:
        case PeriodPolicy.MEAN:
            return quotient(total(values), Decimal(len(values)))
        case PeriodPolicy.LATEST:
            return values[-1]
        case PeriodPolicy.WORST:
            return max(values) if falls(metric) else min(values)
        case PeriodPolicy.TOTAL:
            return total(values)


def _formula(found: list[tuple[Span, Decimal]], metric: Metric, value: Decimal, *, running: bool) -> str:
    named = ", ".join(f"{name_of(span, metric.per)} {decimal_text(each)}" for span, each in found)
    if running:
        return f"{named} (running {metric.per}, as none is complete yet)"
    if len(found) == 1:
        return named
    return f"{metric.over} of {len(found)} {metric.per}s ({named}) = {decimal_text(value)}"


def name_of(span: Span, per: Period | None) -> str:
    """Return a period's name: ``2026-10``, ``2026-Q4``, ``week of 2026-10-05``."""
    day = span.starts_on
    match per:
        case Period.MONTH:
            return f"{day:%Y-%m}"
        case Period.QUARTER:
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case _:
            return f"week of {day}"
