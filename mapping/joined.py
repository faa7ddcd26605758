"""Readings made of readings: the ratio of two, and a formula over several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from mapping.decimals import decimal_text, quotient
from mapping.formula import Expression, NothingError, compile_formula, with_numbers
from mapping.readings import Contribution, Reading
from mapping.rules import Formula

Named = Sequence[tuple[str, Reading]]
Periods = Sequence["Decimal | None"]
SIDES = ("numerator", "denominator")


def divided(of: Reading, to: Reading) -> Reading:
    """Return the ratio of two readings; a denominator of zero is no data."""
    named = tuple(zip(SIDES, (of, to), strict=True))
    why = lacking(named) or (None if to.value else f"the denominator is 0: {to.formula}")
    value = None
    if why is None and of.value is not None and to.value is not None:
        value = quotient(of.value, to.value)
    formula = "" if value is None else f"({of.formula}) / ({to.formula}) = {decimal_text(value)}"
    return replace(_ratio(of, to), value=value, no_data=why, formula=formula)


def per_period_ratio(of: Reading, to: Reading) -> Reading:
    """Return what a ratio per period rests on; its values are taken period by period."""
    named = tuple(zip(SIDES, (of, to), strict=True))
    return replace(_ratio(of, to), no_data=unread(named))


def ratios(above: Periods, below: Periods) -> list[Decimal | None]:
    """Return the ratio of each period; None where a side has no value or the denominator is 0."""
    return [quotient(a, b) if a is not None and b else None for a, b in zip(above, below, strict=True)]


def calculated(measure: Formula, named: Named) -> Reading:
    """Return what a formula gives on the readings of its names."""
    expression = expression_of(measure)
    values = {name: reading.value for name, reading in named}
    base = _joined(named)
    try:
        value = expression.value(values)
    except NothingError as nothing:
        return replace(base, no_data=_explained(str(nothing), named))
    numbers = with_numbers(expression, values)
    shown = "; ".join(f"{name}: {reading.formula}" for name, reading in named if reading.formula)
    formula = f"{measure.value} = {decimal_text(value)} with {numbers} ({shown})" if numbers else measure.value
    return replace(base, value=value, formula=formula)


def per_period_formula(named: Named) -> Reading:
    """Return what a formula per period rests on."""
    return replace(_joined(named), no_data=unread(named))


def formula_values(measure: Formula, values: Mapping[str, Periods], count: int) -> list[Decimal | None]:
    """Return what a formula gives in each period; None where it has no value."""
    expression = expression_of(measure)
    found: list[Decimal | None] = []
    for place in range(count):
        try:
            found.append(expression.value({name: each[place] for name, each in values.items()}))
        except NothingError:
            found.append(None)
    return found


def expression_of(measure: Formula) -> Expression:
    """Return the formula's checked expression. Raises RuleError for a fault in it."""
    return compile_formula(measure.value, frozenset(name for name, _ in measure.of))


def lacking(named: Named) -> str | None:
    """Return which reading has no value, and why."""
    return next((f"{name}: {reading.no_data}" for name, reading in named if reading.value is None), None)


def unread(named: Named) -> str | None:
    """Return which reading rests on nothing, and why."""
    return next((f"{name}: {reading.no_data}" for name, reading in named if reading.no_data), None)


def _explained(nothing: str, named: Named) -> str:
    return next((f"{name}: {reading.no_data}" for name, reading in named if name == nothing), nothing)


def _ratio(of: Reading, to: Reading) -> Reading:
    return replace(_joined(tuple(zip(SIDES, (of, to), strict=True))), numerator=of.value, denominator=to.value)


def _joined(named: Named) -> Reading:
    readings = [reading for _, reading in named]
    counts = [reading.items for reading in readings if reading.items is not None]
    return Reading(
        value=None,
        items=sum(counts) if counts else None,
        left_out=_summed([reading.left_out for reading in readings]),
        assumed=_summed([reading.assumed for reading in readings]),
        at=min((reading.at for reading in readings if reading.at is not None), default=None),
        origin="; ".join(reading.origin for reading in readings if reading.origin),
        evidence=tuple(part for name, reading in named for part in _sided(reading.evidence, name)),
    )


def _sided(evidence: Iterable[Contribution], side: str) -> list[Contribution]:
    return [replace(part, note=f"{side}: {part.note}" if part.note else side) for part in evidence]


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = sorted({name for each in counts for name in each})
    return {name: sum(each.get(name, 0) for each in counts) for name in names}
