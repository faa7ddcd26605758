"""Takes what people keep in the store over into the next cycle, there: objectives and key results under ids of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flows.carrying import Carry, standings
from flows.okrs import ruled
from mapping.declared import Origin, Register, objective_of
from mapping.rules import Cycle, KeyResult, Mode, Objective
from mapping.show import show_value
from mapping.standing import Overview, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOver:
    """What is to be declared for the next cycle."""

    objectives: tuple[Objective, ...]
    """Without their key results."""
    key_results: tuple[KeyResult, ...]
    remarks: tuple[str, ...]
    """What a person should look at."""


def kept_over(
    overview: Overview,
    register: Register,
    into: Cycle,
    *,
    choices: Mapping[str, Carry],
    otherwise: Carry = Carry.CONTINUE,
) -> KeptOver:
    """Return what people keep of a cycle, for the next one; what is there already is left as it is.

    Args:
        overview: the cycle, as it stands.
        register: all that is declared.
        into: the next cycle; its id is part of the new ids, so that history keeps apart.
        choices: by address of the key result.
        otherwise: for those that are not named.

    Raises:
        FixConfigError: a choice names no key result of the cycle.
    """
    stands = standings(overview, choices)
    remarks: list[str] = []
    parts: list[KeyResult] = []
    for address, known in register.key_results.items():
        choice = choices.get(address, otherwise)
        if known.retired or known.origin is Origin.FILE or address not in stands or choice is Carry.DROP:
            continue
        if known.body.mode is not Mode.MANUAL:
            remarks.append(f"{address}: another server reports it, which has to carry it over")
            continue
        parts.append(_part(known.body, stands[address], choice, into, remarks))
    wholes = {
        id_: replace(known.body, id=f"{id_}-{into.id}", cycle=into)
        for id_, known in register.objectives.items()
        if not known.retired and known.origin is not Origin.FILE and known.body.cycle.id == overview.cycle.id
    }
    named = {objective_of(each.id) for each in parts}
    made = [each for each in wholes.values() if each.id in named and not _there(register, each.id)]
    known_ids = {each.id for each in made} | {id_ for id_ in register.objectives if _there(register, id_)}
    remarks += [
        f"{each.id}: left out, for the rules own its objective: declare {objective_of(each.id)} first"
        for each in parts
        if objective_of(each.id) not in known_ids
    ]
    return KeptOver(
        objectives=tuple(_served(each, known_ids, remarks) for each in made),
        key_results=tuple(
            each for each in parts if objective_of(each.id) in known_ids and not _there(register, each.id)
        ),
        remarks=tuple(remarks),
    )


def _there(register: Register, address: str) -> bool:
    known = register.key_results.get(address) if "/" in address else register.objectives.get(address)
    return known is not None and not known.retired


def _served(objective: Objective, known: set[str], remarks: list[str]) -> Objective:
    """Return an objective that serves its parent of the new cycle, where that is carried over too."""
    if objective.parent is None:
        return objective
    parent = f"{objective.parent}-{objective.cycle.id}"
    if parent in known:
        return replace(objective, parent=parent)
    remarks.append(f"{objective.id}: still serves {objective.parent} of the cycle before")
    return objective


def _part(key_result: KeyResult, standing: Standing, choice: Carry, into: Cycle, remarks: list[str]) -> KeyResult:
    objective, _, name = key_result.id.partition("/")
    moved = replace(key_result, id=f"{objective}-{into.id}/{name}")
    metric = key_result.metric
    if choice is Carry.CONTINUE or metric.baseline is None:
        return ruled(moved, {})
    if standing.value is None:
        remarks.append(f"{key_result.id}: has no value to start again from, so its baseline stays")
        return ruled(moved, {})
    if standing.raw_progress is not None and standing.raw_progress < 1:
        return ruled(moved, {"metric": replace(metric, baseline=standing.value, stated="")})
    shown = show_value(standing.value, metric.unit)
    remarks.append(f"{key_result.id}: stands at {shown}, its target or beyond, so its baseline stays: set a new target")
    return ruled(moved, {})
