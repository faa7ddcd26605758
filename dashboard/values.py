"""Numbers as people of a language write them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent

from dashboard.texts import Texts
from dashboard.vocabulary import PERIOD_WORDS
from mapping.rules import Metric, MetricKind, Unit, UnitKind

NUMBER_PATTERN = "#,##0.##"


def show_value(value: Decimal, unit: Unit, texts: Texts) -> str:
    """Return a value with its unit: ``25 bugs``, ``62.5%``, ``€2,000,000``."""
    if unit.kind is UnitKind.DONE:
        return texts("done") if value >= 1 else texts("not done")
    return show_bare_value(value, unit, texts) + (f" {unit.name}" if unit.name else "")


def show_bare_value(value: Decimal, unit: Unit, texts: Texts) -> str:
    """Return a value without the name of its unit; per cent and currency belong to the number and stay."""
    if unit.kind is UnitKind.PERCENT:
        return format_percent(value, "#,##0.#%" if texts.language == "en" else "#,##0.# %", locale=texts.locale)
    if unit.kind is UnitKind.CURRENCY and unit.currency:
        return format_currency(value, unit.currency, locale=texts.locale)
    return show_number(value, texts)


def show_delta(value: Decimal, unit: Unit, texts: Texts) -> str:
    """Return a change of a value with its sign."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return sign + show_bare_value(abs(value), unit, texts)


def show_progress(progress: Decimal, texts: Texts) -> str:
    """Return progress in whole per cent."""
    return format_percent(progress, locale=texts.locale)


def show_number(value: Decimal, texts: Texts) -> str:
    """Return a plain number with at most two decimals."""
    return format_decimal(value, NUMBER_PATTERN, locale=texts.locale)


COMPARATORS = {MetricKind.AT_LEAST: "≥ ", MetricKind.AT_MOST: "≤ "}


def show_way(metric: Metric, texts: Texts) -> str:
    """Return where a metric comes from and goes to: ``40 → 10 bugs``, ``≥ 42``, ``0 → 30 per month``."""
    target = COMPARATORS.get(metric.kind, "") + show_value(metric.target, metric.unit, texts)
    way = target if metric.baseline is None else f"{show_bare_value(metric.baseline, metric.unit, texts)} → {target}"
    return f"{way} {texts(PERIOD_WORDS[metric.per])}" if metric.per else way
