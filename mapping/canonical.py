"""A rule as canonical JSON and back, so that any published number can be measured again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from mapping.decimals import decimal_text
from mapping.errors import RuleError
from mapping.rates import Rates
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MetricKind,
    MissingEstimate,
    Period,
    PeriodPolicy,
    Ratio,
    Running,
    Unit,
    UnitKind,
    WontDo,
)
from mapping.words import Selection

Tree: TypeAlias = "Mapping[str, Leaf | Tree]"
Leaf: TypeAlias = "str | bool | list[str]"
NO_UNIT = Unit()
_PLAIN = re.compile(r"[\w(][\w ./+%()\-]*")
"""What YAML reads as text without quotes, also inside braces."""


def rule_json(metric: Metric, measure: Measure) -> str:
    """Return metric and measure as JSON: keys sorted, decimals as text, what has its default value left out.

    Equal rules give equal text, however their decimals are written; a new option with a default changes no version.
    """
    tree = {"metric": _metric_tree(metric), "measure": _measure_tree(measure)}
    return json.dumps(tree, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def rule_from_json(text: str) -> tuple[Metric, Measure]:
    """Return what ``rule_json`` was given.

    Raises:
        RuleError: the text is no rule that this version can read.
    """
    try:
        tree = _branch(json.loads(text))
        return _metric(_branch(tree["metric"])), _measure(_branch(tree["measure"]))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise RuleError(f"cannot read the kept rule {text[:60]!r}: {error!r}") from error


def rule_version(text: str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a rule's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def rule_text(text: str) -> str:
    """Return a rule's canonical JSON as it would stand in a rules file, one line for the measure, one for the metric.

    What cannot be read is returned as it is: this is for people's eyes only.
    """
    try:
        tree = _branch(json.loads(text))
    except (ValueError, TypeError):
        return text
    return "\n".join(f"{name}: {_flow(value)}" for name, value in tree.items())


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        entries = dict(value)
        if "spec" in entries:
            entries = {"from": entries.pop("connection"), **json.loads(entries.pop("spec")), **entries}
        return "{" + ", ".join(f"{name}: {_flow(each)}" for name, each in entries.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    return plain if _PLAIN.fullmatch(plain) else json.dumps(plain, ensure_ascii=False)


def _kept(**values: Leaf | Tree | None) -> dict[str, Leaf | Tree]:
    return {name: value for name, value in values.items() if value is not None}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def _metric_tree(metric: Metric) -> Tree:
    unit = metric.unit
    return _kept(
        kind=metric.kind.value,
        target=decimal_text(metric.target),
        baseline=_number(metric.baseline),
        unit=None if unit == NO_UNIT else _kept(kind=unit.kind.value, currency=unit.currency, name=unit.name),
        per=None if metric.per is None else metric.per.value,
        over=None if metric.over is PeriodPolicy.MEAN else metric.over.value,
        stated=metric.stated or None,
        upper=_number(metric.upper),
        commit=_number(metric.commit),
        stretch=_number(metric.stretch),
        running=None if metric.running is Running.LEAVE_OUT else metric.running.value,
        rates=None if metric.rates is None else _rates_tree(metric.rates),
    )


def _rates_tree(rates: Rates) -> Tree:
    days = {f"{day}": {code: decimal_text(rate) for code, rate in table} for day, table in rates.days}
    return {"base": rates.base, "days": days}


def _measure_tree(measure: Measure) -> Tree:
    match measure:
        case Completion():
            return {"completion": _completion_tree(measure)}
        case Aggregate():
            tree = _kept(field=measure.field, where=measure.where)
            return {measure.kind.value: {**_selection_tree(measure.selection), **tree}}
        case Latest():
            return {"latest": _selection_tree(measure.selection)}
        case Ratio():
            return {"ratio": {"of": _measure_tree(measure.of), "to": _measure_tree(measure.to)}}


def _completion_tree(measure: Completion) -> Tree:
    tree = _kept(
        by=measure.by,
        where=measure.where,
        done_statuses=list(measure.done_statuses) or None,
        wont_do=None if measure.wont_do is WontDo.EXCLUDE else measure.wont_do.value,
        leaves=None if measure.leaves else False,
        missing=None if measure.missing is MissingEstimate.EXCLUDE else measure.missing.value,
        missing_value=_number(measure.missing_value),
        in_progress=decimal_text(measure.in_progress) if measure.in_progress else None,
    )
    return {**_selection_tree(measure.selection), **tree}


def _selection_tree(selection: Selection) -> Tree:
    return {"connection": selection.connection, "spec": selection.spec}


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _metric(tree: Mapping[str, object]) -> Metric:
    return Metric(
        kind=MetricKind(str(tree["kind"])),
        target=Decimal(str(tree["target"])),
        baseline=_decimal(_text(tree.get("baseline"))),
        unit=_unit(tree.get("unit")),
        per=Period(str(tree["per"])) if "per" in tree else None,
        over=PeriodPolicy(str(tree.get("over", PeriodPolicy.MEAN.value))),
        stated=str(tree.get("stated", "")),
        upper=_decimal(_text(tree.get("upper"))),
        commit=_decimal(_text(tree.get("commit"))),
        stretch=_decimal(_text(tree.get("stretch"))),
        running=Running(str(tree.get("running", Running.LEAVE_OUT.value))),
        rates=_rates(_branch(tree["rates"])) if "rates" in tree else None,
    )


def _rates(tree: Mapping[str, object]) -> Rates:
    days = [
        (date.fromisoformat(day), tuple((code, Decimal(str(rate))) for code, rate in _branch(table).items()))
        for day, table in _branch(tree["days"]).items()
    ]
    return Rates(str(tree["base"]), tuple(days))


def _unit(tree: object) -> Unit:
    if not isinstance(tree, dict):
        return NO_UNIT
    return Unit(kind=UnitKind(tree["kind"]), currency=tree.get("currency"), name=tree.get("name"))


def _measure(tree: Mapping[str, object]) -> Measure:
    ((name, inner),) = tree.items()
    terms = _branch(inner)
    if name == "ratio":
        return Ratio(of=_measure(_branch(terms["of"])), to=_measure(_branch(terms["to"])))
    if name == "latest":
        return Latest(selection=_selection(terms))
    if name == "completion":
        return _completion(terms)
    return Aggregate(
        kind=AggregateKind(name),
        selection=_selection(terms),
        field=_text(terms.get("field")),
        where=_text(terms.get("where")),
    )


def _completion(terms: Mapping[str, object]) -> Completion:
    statuses = terms.get("done_statuses", [])
    return Completion(
        selection=_selection(terms),
        by=_text(terms.get("by")),
        where=_text(terms.get("where")),
        done_statuses=tuple(str(each) for each in statuses) if isinstance(statuses, list) else (),
        wont_do=WontDo(str(terms.get("wont_do", WontDo.EXCLUDE.value))),
        leaves=terms.get("leaves") is not False,
        missing=MissingEstimate(str(terms.get("missing", MissingEstimate.EXCLUDE.value))),
        missing_value=_decimal(_text(terms.get("missing_value"))),
        in_progress=Decimal(str(terms.get("in_progress", "0"))),
    )


def _selection(terms: Mapping[str, object]) -> Selection:
    return Selection(str(terms["connection"]), str(terms["spec"]))


def _branch(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} holds nothing")
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)
