"""Takes key results of one cycle over into the next, as rules to look at and commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.yaml_nodes import Plain
from mapping.columns import written_amount
from mapping.errors import FixConfigError
from mapping.rules import Objective
from mapping.standing import Overview, Standing

IN_STORE = "what people keep in the store is carried over there with --in-store"


class Carry(StrEnum):
    """What happens to a key result when its cycle ends."""

    CONTINUE = "continue"
    """On the same way: baseline and target stay."""
    RESTART = "restart"
    """From where it stands now: its value becomes the baseline. A completion starts at 0 % again anyway."""
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The objectives of the next cycle, as they would stand in the rules."""

    objectives: Mapping[str, Plain]
    remarks: tuple[str, ...]
    """What a person should look at."""


def carry_over(
    overview: Overview,
    declared: Mapping[str, Objective],
    written: Mapping[str, Plain],
    *,
    into: str,
    choices: Mapping[str, Carry],
    otherwise: Carry = Carry.CONTINUE,
) -> Carried:
    """Return the key results of a cycle for the next one.

    Args:
        overview: the cycle, as it stands.
        declared: its objectives by id.
        written: the objectives as the rules have them, by id.
        into: id of the next cycle; it is part of the new objectives' ids, so that history keeps apart.
        choices: by address of the key result.
        otherwise: for those that are not named.

    Raises:
        FixConfigError: a choice names no key result of the cycle.
    """
    stands = standings(overview, choices)
    found: dict[str, Plain] = {}
    remarks: list[str] = []
    for id_, objective in declared.items():
        rule = written.get(id_)
        if not isinstance(rule, dict):
            remarks.append(f"{id_}: is not in the rules, so it is left out: {IN_STORE}")
            continue
        kept: dict[str, Plain] = {}
        for each in objective.key_results:
            choice = choices.get(each.id, otherwise)
            name = each.id.partition("/")[2]
            stated = rule.get("key_results")
            if choice is Carry.DROP:
                continue
            if isinstance(stated, dict) and isinstance(stated.get(name), dict):
                kept[name] = _carried(stated[name], stands[each.id], choice, remarks)
            else:
                remarks.append(f"{each.id}: is not in the rules, so it is left out: {IN_STORE}")
        if kept:
            found[f"{id_}-{into}"] = {**rule, "cycle": into, "key_results": kept}
    return Carried(objectives=found, remarks=tuple(remarks))


def standings(overview: Overview, choices: Mapping[str, Carry]) -> dict[str, Standing]:
    """Return how the key results of a cycle stand, by address.

    Raises:
        FixConfigError: a choice names no key result of the cycle.
    """
    found = {each.key_result: each for objective in overview.objectives for each in objective.key_results}
    unknown = [address for address in choices if address not in found]
    if unknown:
        raise FixConfigError(f"{unknown[0]!r} is no key result of cycle {overview.cycle.id}")
    return found


def _carried(rule: Plain, standing: Standing, choice: Carry, remarks: list[str]) -> Plain:
    if not isinstance(rule, dict) or choice is Carry.CONTINUE:
        return rule
    metric = rule.get("metric")
    if not isinstance(metric, dict) or "baseline" not in metric:
        return rule
    if standing.value is None:
        remarks.append(f"{standing.key_result}: has no value to start again from, so its baseline stays")
        return rule
    start = _amount(standing)
    if any(str(metric.get(end)) == start for end in ("target", "at_least", "at_most")):
        remarks.append(f"{standing.key_result}: stands at its target already: set a new one")
    stated = standing.metric.stated
    if stated:
        remarks.append(f"{standing.key_result}: its target {stated} is now meant from {start}")
    return {**rule, "metric": {**metric, "baseline": start}}


def _amount(standing: Standing) -> str:
    """Return the value as it is written in a rules file."""
    assert standing.value is not None  # noqa: S101 - the caller has looked
    return written_amount(standing.value, standing.metric.unit)
