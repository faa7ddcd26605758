"""Puts into each roll-up the key results and objectives it names, once all of the file is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from config.compound import WantedPart, WantedRollup
from config.validation import Problems, one_of
from mapping.canonical import rule_json, rule_version
from mapping.decimals import ONE
from mapping.rules import Group, KeyResult, Objective, Part, Rollup, parts_of


def resolved(
    objectives: Sequence[Objective], wanted: Mapping[str, WantedRollup], problems: Problems
) -> tuple[Objective, ...]:
    """Return the objectives with their roll-ups filled in.

    Args:
        objectives: those that are right.
        wanted: what the roll-up of a key result names, by its address.
        problems: gets unknown names, and roll-ups that go round in a circle.
    """
    if not wanted:
        return tuple(objectives)
    resolver = _Resolver({each.id: each for each in objectives}, wanted, problems)
    return tuple(
        replace(objective, key_results=tuple(resolver.key_result(each) for each in objective.key_results))
        for objective in objectives
    )


@dataclass(slots=True)
class _Resolver:
    objectives: Mapping[str, Objective]
    wanted: Mapping[str, WantedRollup]
    problems: Problems
    done: dict[str, KeyResult] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    """The roll-ups that are being resolved, from the outermost one on."""

    def key_result(self, key_result: KeyResult) -> KeyResult:
        address = key_result.id
        if address not in self.wanted:
            return key_result
        if address not in self.done:
            self.path.append(address)
            wanted = self.wanted[address]
            parts = [self._part(each, by_leaves=wanted.by_leaves) for each in wanted.parts]
            self.path.pop()
            measure = Rollup(parts=tuple(each for each in parts if each))
            rule = rule_json(key_result.metric, measure)
            self.done[address] = replace(key_result, measure=measure, rule=rule, rule_version=rule_version(rule))
        return self.done[address]

    def _part(self, wanted: WantedPart, *, by_leaves: bool) -> Part | Group | None:
        if wanted.name in self.objectives:
            return self._group(wanted, self.objectives[wanted.name], by_leaves=by_leaves)
        owner = self.objectives.get(wanted.name.partition("/")[0])
        found = next((each for each in owner.key_results if each.id == wanted.name), None) if owner else None
        if owner is None or found is None:
            known = [*self.objectives, *(each.id for one in self.objectives.values() for each in one.key_results)]
            what = f"{wanted.name!r} is no objective and no key result of these rules"
            self.problems.add(wanted.place, what, one_of(wanted.name, known))
            return None
        part = self._measured(found, owner, wanted)
        return None if part is None else replace(part, weight=ONE if wanted.weight is None else wanted.weight)

    def _group(self, wanted: WantedPart, objective: Objective, *, by_leaves: bool) -> Group | None:
        parts = [self._measured(each, objective, wanted) for each in objective.key_results]
        group = Group(address=objective.id, weight=ONE, parts=tuple(each for each in parts if each))
        if not group.parts:
            return None
        leaves = sum((part.weight for part in parts_of(group)), start=Decimal(0))
        weight = leaves if by_leaves else ONE
        return replace(group, weight=weight if wanted.weight is None else wanted.weight)

    def _measured(self, key_result: KeyResult, objective: Objective, wanted: WantedPart) -> Part | None:
        if key_result.id in self.path:
            circle = " → ".join([*self.path[self.path.index(key_result.id) :], key_result.id])
            self.problems.add(wanted.place, f"the roll-up goes round in a circle: {circle}", "take this part out")
            return None
        found = self.key_result(key_result)
        return Part(
            address=found.id,
            weight=found.weight,
            metric=found.metric,
            measure=found.measure,
            cycle=objective.cycle,
        )
