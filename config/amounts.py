"""The amounts of a metric as they stand in the file: read, placed, and all brought to one unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from config.validation import Problems
from config.yaml_nodes import Entry, Items, Leaf, Node, kind_of
from mapping.currencies import CODES
from mapping.decimals import decimal_text, tidy
from mapping.errors import OkrsyncError, Place
from mapping.numbers import Amount, NumberStyle, RelativeKind, parse_amount
from mapping.rules import Unit, UnitKind

PERCENT = Unit(kind=UnitKind.PERCENT)
POINTS = Unit(kind=UnitKind.POINTS)
_NAMED = {"percent": PERCENT, "%": PERCENT, "pp": POINTS, "percentage points": POINTS, "points de pourcentage": POINTS}
_WORST_PERCENT = Decimal(1)
"""A fraction beyond this without a percent sign is taken for a slip: 15 would mean 1500 %."""


@dataclass(frozen=True, slots=True)
class Written:
    """An amount and where it stands."""

    name: str
    leaf: Leaf
    amount: Amount

    @property
    def place(self) -> Place:
        """Return where the amount stands."""
        return self.leaf.place


def written(name: str, node: Node, *, style: NumberStyle, problems: Problems) -> Written | None:
    """Return the amount that stands behind ``name``, or report why it is none."""
    if not isinstance(node, Leaf) or node.value is None:
        what = f"{name} is {kind_of(node)}, not an amount"
        problems.add(node.place, what, "write an amount, such as 40, 15% or 1.2 M€")
        return None
    try:
        amount = parse_amount(node.text, style=style)
    except OkrsyncError as error:
        what, _, fix = str(error).rpartition(": ")
        problems.add(node.place, f"{name}: {what}", fix)
        return None
    if amount.unit is not None and amount.unit.kind is UnitKind.DONE:
        problems.add(node.place, f"{name}: {node.text!r} is no number", "write `metric: done`")
        return None
    if name == "baseline" and amount.relative and amount.relative.kind is not RelativeKind.SHARE:
        what = f"baseline {node.text!r} is relative, and there is nothing before it"
        problems.add(node.place, what, "write the amount itself")
        return None
    return Written(name, node, amount)


def both_edges(entry: Entry, *, style: NumberStyle, problems: Problems) -> list[Written]:
    """Return the two amounts of ``between: [20, 25]``, or report why they are not two."""
    if not isinstance(entry.node, Items) or len(entry.node.nodes) != 2:
        shown = f"{len(entry.node.nodes)} amounts" if isinstance(entry.node, Items) else kind_of(entry.node)
        problems.add(entry.node.place, f"between is {shown}", "write its two edges, as between: [20, 25]")
        return []
    found = [written("between", node, style=style, problems=problems) for node in entry.node.nodes]
    return [each for each in found if each]


def stated_unit(name: str | None) -> Unit | None:
    """Return the unit that ``unit:`` names; None where it is left out."""
    if name is None:
        return None
    if name in _NAMED:
        return _NAMED[name]
    return Unit(kind=UnitKind.CURRENCY, currency=name) if name in CODES else Unit(name=name)


def in_unit(amounts: Sequence[Written], unit: Unit, *, by_name: bool, problems: Problems) -> list[Written]:
    """Return the amounts in one unit, and report those that cannot be; relative ones stay as they are.

    Args:
        amounts: as they stand in the file.
        unit: of the metric.
        by_name: whether the file names it, so that amounts may go without.
        problems: gets what is wrong.
    """
    return [
        each if each.name != "baseline" and each.amount.relative else _in_unit(each, unit, by_name, problems)
        for each in amounts
    ]


def _in_unit(each: Written, unit: Unit, by_name: bool, problems: Problems) -> Written:
    amount, text = each.amount, each.leaf.text
    if amount.unit is not None:
        if amount.unit != unit:
            problems.add(each.place, f"{each.name} {text!r} is in another unit than {unit_name(unit)}", "use one unit")
    elif unit.kind is UnitKind.POINTS:
        return replace(each, amount=replace(amount, value=tidy(amount.value.scaleb(-2))))  # 5 points are 0.05
    elif unit.kind is UnitKind.PERCENT and abs(amount.value) > _WORST_PERCENT:
        means = decimal_text(amount.value * 100)
        problems.add(each.place, f"{each.name}: {text} means {means} %", f"write {text}%")
    elif unit.kind in (UnitKind.PERCENT, UnitKind.CURRENCY) and not by_name and amount.value != 0:
        what = f"{each.name}: {text} has no unit beside an amount in {unit_name(unit)}"
        problems.add(each.place, what, "write the unit with both")
    return each


def unit_name(unit: Unit) -> str:
    """Return a unit's name for messages."""
    names = {UnitKind.PERCENT: "percent", UnitKind.POINTS: "percentage points"}
    return unit.currency or unit.name or names.get(unit.kind, "a bare number")
