"""A metric as a tree of texts for canonical JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from mapping.decimals import decimal_text
from mapping.rates import Rates
from mapping.rules import Metric, MetricKind, Period, PeriodPolicy, Running, Unit, UnitKind

Tree: TypeAlias = "Mapping[str, TreeLeaf | Tree]"
TreeLeaf: TypeAlias = "str | bool | list[str] | list[Tree]"
NO_UNIT = Unit()


def kept(**values: TreeLeaf | Tree | None) -> dict[str, TreeLeaf | Tree]:
    """Return the entries that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def number(value: Decimal | None) -> str | None:
    """Return a number as text; None for None."""
    return None if value is None else decimal_text(value)


def metric_tree(metric: Metric) -> Tree:
    """Return a metric as a tree; what has its default value is left out."""
    unit = metric.unit
    return kept(
        kind=metric.kind.value,
        target=decimal_text(metric.target),
        baseline=number(metric.baseline),
        unit=None if unit == NO_UNIT else kept(kind=unit.kind.value, currency=unit.currency, name=unit.name),
        per=None if metric.per is None else metric.per.value,
        over=None if metric.over is PeriodPolicy.MEAN else metric.over.value,
        stated=metric.stated or None,
        upper=number(metric.upper),
        commit=number(metric.commit),
        stretch=number(metric.stretch),
        running=None if metric.running is Running.LEAVE_OUT else metric.running.value,
        rates=None if metric.rates is None else _rates_tree(metric.rates),
    )


def _rates_tree(rates: Rates) -> Tree:
    days = {f"{day}": {code: decimal_text(rate) for code, rate in table} for day, table in rates.days}
    return {"base": rates.base, "days": days}


def decimal(text: str | None) -> Decimal | None:
    """Return the number of a text; None for None."""
    return None if text is None else Decimal(text)


def metric_from(tree: Mapping[str, object]) -> Metric:
    """Return what ``metric_tree`` was given. Raises ValueError, KeyError or TypeError where it is no such tree."""
    return Metric(
        kind=MetricKind(str(tree["kind"])),
        target=Decimal(str(tree["target"])),
        baseline=decimal(text(tree.get("baseline"))),
        unit=_unit(tree.get("unit")),
        per=Period(str(tree["per"])) if "per" in tree else None,
        over=PeriodPolicy(str(tree.get("over", PeriodPolicy.MEAN.value))),
        stated=str(tree.get("stated", "")),
        upper=decimal(text(tree.get("upper"))),
        commit=decimal(text(tree.get("commit"))),
        stretch=decimal(text(tree.get("stretch"))),
        running=Running(str(tree.get("running", Running.LEAVE_OUT.value))),
        rates=_rates(branch(tree["rates"])) if "rates" in tree else None,
    )


def _rates(tree: Mapping[str, object]) -> Rates:
    days = [
        (date.fromisoformat(day), tuple((code, Decimal(str(rate))) for code, rate in branch(table).items()))
        for day, table in branch(tree["days"]).items()
    ]
    return Rates(str(tree["base"]), tuple(days))


def _unit(tree: object) -> Unit:
    if not isinstance(tree, dict):
        return NO_UNIT
    return Unit(kind=UnitKind(tree["kind"]), currency=tree.get("currency"), name=tree.get("name"))


def branch(value: object) -> Mapping[str, object]:
    """Return a tree below another. Raises TypeError where it is none."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} holds nothing")
    return value


def text(value: object) -> str | None:
    """Return a text; None for None."""
    return None if value is None else str(value)
