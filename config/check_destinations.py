"""The part of checking that looks at destinations: whether what the rules name there can be written to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime

from config.check import Finding, in_order, problem_of
from config.destinations import ConfiguredDestination
from config.load import Config
from connectors.destination import Destination, Probed
from mapping.delivery import Delivered, Update, trial_of
from mapping.errors import OkrsyncError, TryAgainError
from mapping.rules import Objective

OpenDestination = Callable[[ConfiguredDestination], Destination]
"""Opens a destination. May raise FixConfigError."""
Wrote = Mapping[str, Mapping[str, Delivered]]
"""Destination, then key result, to what okrsync is known to have written there."""


def check_destinations(
    config: Config,
    opened: OpenDestination,
    *,
    at: datetime,
    objectives: Sequence[Objective],
    wrote: Wrote | None = None,
) -> AsyncIterator[Finding]:
    """Read each target once, all destinations at the same time, and yield what was found in the order of the file.

    A destination that does not answer harms no other; nothing is written anywhere.

    Args:
        config: the rules.
        opened: opens a destination.
        at: the clock.
        objectives: what may go there: those of the rules, and those that people keep in the store.
        wrote: what was written before, so that edits by people are told also while nothing is to be written.
    """
    return in_order(
        _ask(rule, opened, objectives, at, (wrote or {}).get(rule.name, {})) for rule in config.destinations.values()
    )


async def _ask(
    rule: ConfiguredDestination,
    opened: OpenDestination,
    objectives: Sequence[Objective],
    at: datetime,
    wrote: Mapping[str, Delivered],
) -> list[Finding]:
    try:
        there = opened(rule)
    except OkrsyncError as error:
        return [problem_of(rule.name, rule.place, error)]
    try:
        return await _findings(there, rule, _trials(rule, objectives, at), wrote)
    finally:
        await there.aclose()


def _trials(rule: ConfiguredDestination, objectives: Sequence[Objective], at: datetime) -> Iterator[Update]:
    for objective in objectives:
        for key_result in objective.key_results:
            if rule.wants(objective, key_result.id):
                yield trial_of(key_result, objective, at=at)


async def _findings(
    there: Destination, rule: ConfiguredDestination, trials: Iterator[Update], wrote: Mapping[str, Delivered]
) -> list[Finding]:
    """Look at one target after the other, until it is plain that what is wrong is not the target."""
    found: list[Finding] = []
    said = ""
    for trial in trials:
        target = rule.target(trial.key_result)
        try:
            stands = await _look(there, target, trial, wrote.get(trial.key_result))
        except TryAgainError as error:
            return [*found, problem_of(rule.name, rule.place, error)]
        except OkrsyncError as error:
            if str(error) == said:  # about the account or the sheet, not about either target
                return [*found[:-1], problem_of(rule.name, rule.place, error)]
            said = str(error)
            found.append(problem_of(rule.name, rule.place_of(trial.key_result), error))
        else:
            said = ""
            found.append(Finding(connection=rule.name, held=f"{there.describe(target)} {stands}"))
    return list({str(each): each for each in found}.values())  # a webhook is one place for all of them


async def _look(there: Destination, target: str, trial: Update, last: Delivered | None) -> str:
    if isinstance(there, Probed):
        return await there.probe(target, trial)
    held = await there.read(target, trial)
    if held.blind:
        return "cannot be asked: it is told at the next delivery"
    return "has " + ", ".join(_standing(part, held.found.get(part), last, target) for part in held.wanted)


def _standing(part: str, found: str | None, last: Delivered | None, target: str) -> str:
    stands = f"no {part} yet" if found is None else f"{part} {found}"
    if last is None or last.target != target or part not in last.wrote or last.is_ours(part, found):
        return stands
    return f"{stands}, edited there after okrsync wrote {last.wrote[part]}"
