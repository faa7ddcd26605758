"""Which items feed which key results, found before anything is shared out; costs nothing where every policy is allow.

An item feeds a key result when it counts in it, measured alone: filters, leaves and missing estimates have had their
say. Key results of other cycles are not related, and a roll-up feeds on key results, not on items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mapping.errors import RuleError
from mapping.measure import measure_one
from mapping.mirror import Mirror
from mapping.readings import Contribution
from mapping.rules import Cycle, KeyResult, Objective, Rollup
from mapping.shares import NO_SHARES, DoubleCounting, Part, Shares


@dataclass(slots=True)
class Fed:
    """An item with the key results that it feeds, in the order of the rules."""

    part: Contribution
    by: list[str] = field(default_factory=list)


Ledger = dict[tuple[str, str], Fed]
"""By connection and item id."""


def shared_out(objectives: Sequence[Objective], mirror: Mirror, now: datetime) -> list[Objective]:
    """Return the objectives with their key results' parts of the items that feed several.

    Args:
        objectives: all there are, in the order of the rules.
        mirror: the sources.
        now: an aware instant.
    """
    strict = {each.cycle for each in objectives if each.double_counting is not DoubleCounting.ALLOW}
    ledgers = {cycle: ledger([each for each in objectives if each.cycle == cycle], mirror, now) for cycle in strict}
    return [
        replace(
            objective,
            key_results=tuple(
                replace(each, shares=_shares(each, objective, ledgers[objective.cycle]))
                for each in objective.key_results
            ),
        )
        if objective.double_counting is not DoubleCounting.ALLOW
        else objective
        for objective in objectives
    ]


def ledger(objectives: Sequence[Objective], mirror: Mirror, now: datetime) -> Ledger:
    """Return every item that feeds a key result of these objectives; one whose rule fails is fed by none."""
    found: Ledger = {}
    for objective in objectives:
        for key_result in objective.key_results:
            for part in counted(key_result, objective.cycle, mirror, now):
                fed = found.setdefault((part.connection, part.item), Fed(part))
                if key_result.id not in fed.by:
                    fed.by.append(key_result.id)
    return found


def counted(key_result: KeyResult, cycle: Cycle, mirror: Mirror, now: datetime) -> list[Contribution]:
    """Return the items that count in a key result when it is measured alone."""
    if isinstance(key_result.measure, Rollup):
        return []
    alone = replace(key_result, shares=NO_SHARES)
    try:
        return [part for part in measure_one(alone, cycle, mirror, now, collect=True).evidence if part.counted]
    except RuleError:
        return []  # it is held with its reason when it is measured, and must not stop the others here


def _shares(key_result: KeyResult, objective: Objective, found: Ledger) -> Shares:
    shares: defaultdict[str, dict[str, Part]] = defaultdict(dict)
    for (connection, item), fed in found.items():
        if len(fed.by) > 1 and key_result.id in fed.by:
            shares[connection][item] = Part(
                policy=objective.double_counting, feeds=tuple(fed.by), place=fed.by.index(key_result.id)
            )
    return dict(shares)
