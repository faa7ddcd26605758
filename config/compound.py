"""Measures that are made of others: a ratio, a formula, milestones, a roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.amounts import written
from config.making import fault_problem
from config.measure_model import PartKeys
from config.validation import Problems, one_of, unknown_key, validated
from config.yaml_nodes import Branch, Entry, Items, Leaf, Node, kind_of
from mapping.errors import Place, RuleError
from mapping.formula import NAME, RESERVED, compile_formula
from mapping.joined import expression_of
from mapping.numbers import NumberStyle
from mapping.rules import Formula, Measure

MILESTONES = "milestones"
_HOW_FORMULA = 'write {value: "a / (a + b)", of: {a: {count: …}, b: {count: …}}}'
_HOW_TICKED = "write [Design], {Design: 2026-10-12}, or {from: jira, epic: CHK-12}"
_HOW_ROLLUP = "write objectives and key results, as [launch, sales/leads, {of: hiring, weight: 2}]"
LEAVES = "leaves"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPart:
    """A part of a roll-up as the file names it."""

    name: str
    weight: Decimal | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRollup:
    """A roll-up before the key results and objectives it names are known."""

    parts: tuple[WantedPart, ...]
    by_leaves: bool


def expected_keys(node: Branch, keys: tuple[str, ...], entry: Entry, how: str, problems: Problems) -> bool:
    """Return whether all of some keys stand in a group and no others, and report what is wrong."""
    before = len(problems.found)
    for name, inner in node.entries.items():
        if name not in keys:
            unknown_key(name, inner.key_place, keys, problems)
    for name in keys:
        if name not in node.entries:
            problems.add(entry.key_place, f"key {name!r} is missing", how)
    return len(problems.found) == before


def formula(value: Entry, of: Mapping[str, Measure | None], names: Branch, problems: Problems) -> Formula | None:
    """Return the formula over measures, or report what is wrong with it."""
    leaf = value.node
    if not isinstance(leaf, Leaf) or leaf.value is None:
        problems.add(leaf.place, f"value is {kind_of(leaf)}", _HOW_FORMULA)
        return None
    found = {name: measure for name, measure in of.items() if measure is not None}
    try:
        expression = compile_formula(leaf.text, frozenset(of))
    except RuleError as error:
        problems.add(*fault_problem("value", str(error), leaf))
        return None
    for name in sorted(set(of) - expression.names):
        problems.add(names.entries[name].key_place, f"{name} is measured and not used in the value", "remove it")
    if len(found) < len(of) or set(of) - expression.names:
        return None
    made = Formula(value=leaf.text, of=tuple(sorted(found.items())))
    expression_of(made)
    return made


def names_are_right(names: Branch, problems: Problems) -> bool:
    """Return whether all names of a formula can stand in an expression, and report those that cannot."""
    wrong = [name for name in names.entries if NAME.fullmatch(name) is None or name in RESERVED]
    for name in wrong:
        fix = "use letters, digits and _, beginning with a letter, and no word of the language"
        problems.add(names.entries[name].key_place, f"{name!r} cannot be a name in a formula", fix)
    return not wrong


def milestones_of(entry: Entry | None) -> Entry | None:
    """Return the milestones of a metric; None where it has none."""
    node = entry.node if entry else None
    return node.entries.get(MILESTONES) if isinstance(node, Branch) else None


def steps_of(metric: Entry, entry: Entry, *, style: NumberStyle, problems: Problems) -> dict[str, Decimal]:
    """Return the milestones with their weights, in the order written, or report what is wrong with them."""
    node = entry.node
    company = [name for name in metric.node.entries if name != MILESTONES] if isinstance(metric.node, Branch) else []
    if company:
        what = f"milestones stand together with {', '.join(company)}"
        problems.add(entry.key_place, what, "leave that out: milestones go from 0 % to 100 %")
    if isinstance(node, Items):
        return _named(node, "milestone", problems)
    if not isinstance(node, Branch) or not node.entries:
        problems.add(
            node.place, f"milestones is {kind_of(node)}", "write {Design: 20 %, Build: 80 %}, or [Design, Build]"
        )
        return {}
    steps: dict[str, Decimal] = {}
    for name, inner in node.entries.items():
        weight = written(name, inner.node, style=style, problems=problems)
        if weight is not None and weight.amount.value <= 0:
            problems.add(weight.place, f"{name} weighs {weight.leaf.text}", "write more than 0, or remove the step")
        elif weight is not None:
            steps[name] = weight.amount.value
    return steps


def _named(node: Items, what: str, problems: Problems) -> dict[str, Decimal]:
    steps: dict[str, Decimal] = {}
    for each in node.nodes:
        if not isinstance(each, Leaf) or each.value is None:
            problems.add(each.place, f"a {what} is {kind_of(each)}", "write its name")
        elif each.text in steps:
            problems.add(each.place, f"{what} {each.text!r} stands twice", "keep one of them")
        else:
            steps[each.text] = Decimal(1)
    return steps


def ticks_of(node: Node, steps: Mapping[str, Decimal], problems: Problems) -> tuple[tuple[str, date | None], ...]:
    """Return the milestones that people ticked, or report what is wrong with them."""
    if isinstance(node, Items):
        for each in node.nodes:
            if isinstance(each, Leaf) and each.value is not None and each.text not in steps:
                _no_step(each.text, each.place, steps, problems)
        return tuple((name, None) for name in _named(node, "step", problems) if name in steps)
    if not isinstance(node, Branch):
        problems.add(node.place, f"ticked is {kind_of(node)}", _HOW_TICKED)
        return ()
    found: list[tuple[str, date | None]] = []
    for name, entry in node.entries.items():
        on = entry.node.value if isinstance(entry.node, Leaf) else None
        if name not in steps:
            _no_step(name, entry.key_place, steps, problems)
        elif not isinstance(on, date):
            problems.add(
                entry.node.place, f"{name} was ticked on {kind_of(entry.node)}", "write a date like 2026-10-12"
            )
        else:
            found.append((name, on))
    return tuple(sorted(found))


def _no_step(name: str, place: Place, steps: Mapping[str, Decimal], problems: Problems) -> None:
    if steps:
        problems.add(place, f"{name!r} is none of the milestones", one_of(name, steps))


def rollup_of(entry: Entry, problems: Problems) -> WantedRollup | None:
    """Return what a roll-up names, or report what is wrong with it."""
    node, by_leaves = entry.node, False
    if isinstance(node, Branch):
        for name, inner in node.entries.items():
            if name not in ("of", "weigh"):
                unknown_key(name, inner.key_place, ("of", "weigh"), problems)
        by_leaves = _weigh(node.entries.get("weigh"), problems)
        node = node.entries["of"].node if "of" in node.entries else node
    if not isinstance(node, Items) or not node.nodes:
        problems.add(node.place, f"rollup is {kind_of(node)}", _HOW_ROLLUP)
        return None
    parts = [_part(each, entry, problems) for each in node.nodes]
    found = [each for each in parts if each]
    names = [each.name for each in found]
    for each in found:
        if names.count(each.name) > 1 and each is not next(one for one in found if one.name == each.name):
            problems.add(each.place, f"{each.name!r} stands twice", "keep one of them")
    return WantedRollup(parts=tuple(found), by_leaves=by_leaves)


def _weigh(entry: Entry | None, problems: Problems) -> bool:
    if entry is None:
        return False
    text = entry.node.text if isinstance(entry.node, Leaf) else ""
    if text not in ("each", LEAVES):
        problems.add(entry.node.place, f"weigh: unknown value {text!r}", "use one of each, leaves")
    return text == LEAVES


def _part(node: Node, entry: Entry, problems: Problems) -> WantedPart | None:
    if isinstance(node, Leaf) and node.value is not None:
        return WantedPart(name=node.text, weight=None, place=node.place)
    if not isinstance(node, Branch):
        problems.add(node.place, f"a part is {kind_of(node)}", _HOW_ROLLUP)
        return None
    keys = validated(PartKeys, node, problems, at=entry.key_place)
    return None if keys is None else WantedPart(name=keys.of, weight=keys.weight, place=node.entries["of"].node.place)
