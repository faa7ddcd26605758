"""From one value per period to one value for the cycle so far. See docs/semantics.md, Periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mapping.decimals import decimal_text, exact, quotient, total
from mapping.errors import RuleError
from mapping.metric import worst_of
from mapping.periods import Span, periods_in
from mapping.rules import Metric, Period, PeriodPolicy, Running
from mapping.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class OverPeriods:
    """The value over the periods, or why there is none."""

    value: Decimal | None
    no_data: str | None
    formula: str


def over_periods(
    values: Sequence[Decimal | None], metric: Metric, window: Window, *, adds_up: bool = False
) -> OverPeriods:
    """Return the mean, latest, worst or total of the periods that count.

    Args:
        values: one for each period that touches the cycle, in order; None where a period has none.
        metric: its ``per`` is the window's, its ``over`` says what is taken, ``running`` what of the one under way.
        window: the periods as seen today.
        adds_up: whether a value grows with the days of its period, as a count or sum does; only such are prorated.

    Raises:
        RuleError: the metric is not periodic.
    """
    if metric.per is None:
        raise RuleError("only a metric with 'per' has periods")
    if window.today < window.cycle.starts_on:
        return OverPeriods(value=None, no_data=f"the cycle begins on {window.cycle.starts_on}", formula="")
    found, alone = _found(values, metric, window, adds_up=adds_up)
    if not found:
        return OverPeriods(value=None, no_data=f"no {metric.per} of the cycle has a value so far", formula="")
    value = _taken([each.value for each in found], metric)
    return OverPeriods(value=value, no_data=None, formula=_formula(found, metric, value, alone=alone))


@dataclass(frozen=True, slots=True)
class _Part:
    span: Span
    value: Decimal
    note: str = ""


def _found(
    values: Sequence[Decimal | None], metric: Metric, window: Window, *, adds_up: bool
) -> tuple[list[_Part], bool]:
    """Return the periods that count with their values, and whether the running one is all there is."""
    spans = periods_in(window.cycle, window.per)
    running = window.running()
    if metric.over is PeriodPolicy.TOTAL:
        places, alone = window.begun(), False
    else:
        places, alone = window.judged()
        if metric.running is not Running.LEAVE_OUT and running is not None and running not in places:
            places = [*places, running]
    prorate = metric.running is Running.PRORATE and adds_up and metric.over is not PeriodPolicy.TOTAL
    found = []
    for place in places:
        value = values[place]
        if value is None:
            continue
        if place != running:
            found.append(_Part(spans[place], value))
        elif prorate:
            found.append(_prorated(spans[place], value, window))
        else:
            found.append(_Part(spans[place], value, "" if alone else " so far"))
    return found, alone


def _prorated(span: Span, value: Decimal, window: Window) -> _Part:
    """Return what the running period will come to at its rate so far; the day of today counts as begun."""
    begun, days = (window.today - span.starts_on).days + 1, (span.ends_on - span.starts_on).days
    with exact():
        whole = quotient(value * days, Decimal(begun))
    return _Part(span, whole, f" ({decimal_text(value)} in {begun} of {days} days)")


def _taken(values: list[Decimal], metric: Metric) -> Decimal:
    match metric.over:
        case PeriodPolicy.MEAN:
            return quotient(total(values), Decimal(len(values)))
        case PeriodPolicy.LATEST:
            return values[-1]
        case PeriodPolicy.WORST:
            return worst_of(metric, values)
        case PeriodPolicy.TOTAL:
            return total(values)


def _formula(found: list[_Part], metric: Metric, value: Decimal, *, alone: bool) -> str:
    named = ", ".join(f"{name_of(part.span, metric.per)} {decimal_text(part.value)}{part.note}" for part in found)
    if alone:
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
