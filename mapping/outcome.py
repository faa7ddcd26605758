"""What rules come to over a mirror, without what was published before: value, progress and status of a key result."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from mapping.check_ins import CheckIn
from mapping.effective import Entries
from mapping.errors import FixConfigError, RuleError
from mapping.ledger import shared_out
from mapping.measure import measure_all, measure_one
from mapping.metric import clamp, raw_progress
from mapping.mirror import Mirror
from mapping.readings import Reading
from mapping.rules import KeyResult, Mode, Objective
from mapping.standing import Standing, standing
from mapping.status import Status
from mapping.steps import steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one key result comes to at an instant, computed from nothing but mirror, rule and clock."""

    value: Decimal | None = None
    progress: Decimal | None = None
    """Raw."""
    status: Status | None = None
    """None only where the rule failed."""
    items: int | None = None
    done: int | None = None
    formula: str = ""
    no_data: str | None = None
    error: str | None = None
    """Why the rule failed on what the mirror holds."""
    steps: tuple[str, ...] = ()
    """The arithmetic, as ``okrsync why`` shows it."""


def outcome(key_result: KeyResult, objective: Objective, mirror: Mirror, now: datetime) -> Outcome:
    """Return what a key result comes to.

    Args:
        key_result: with its parts of items that feed several, where there are any.
        objective: gives cycle, kind and profile.
        mirror: the sources.
        now: an aware instant.
    """
    try:
        return _judged(key_result, objective, measure_one(key_result, objective.cycle, mirror, now), now)
    except FixConfigError as error:
        return Outcome(error=str(error))


def outcomes(
    objectives: Sequence[Objective], mirror: Mirror, now: datetime, wanted: AbstractSet[str]
) -> dict[str, Outcome]:
    """Return what key results come to, by address, reading each selection once.

    Args:
        objectives: all there are: where items are split, those of the others take part.
        mirror: the sources.
        now: an aware instant.
        wanted: addresses of the key results to measure.
    """
    known = [
        (each, one) for one in shared_out(objectives, mirror, now) for each in one.key_results if each.id in wanted
    ]
    errors: dict[str, RuleError] = {}
    cycles = {each.id: one.cycle for each, one in known}
    readings = measure_all([each for each, _ in known], cycles, mirror, now, errors)
    found = {address: Outcome(error=str(error)) for address, error in errors.items()}
    for key_result, objective in known:
        reading = readings.get(key_result.id)
        if reading is not None:
            try:
                found[key_result.id] = _judged(key_result, objective, reading, now)
            except FixConfigError as error:
                found[key_result.id] = Outcome(error=str(error))
    return found


def _judged(key_result: KeyResult, objective: Objective, reading: Reading, now: datetime) -> Outcome:
    stands = _standing(key_result, objective, reading, now)
    return Outcome(
        value=reading.value,
        progress=stands.raw_progress,
        status=stands.status,
        items=reading.items,
        done=reading.done,
        formula=reading.formula,
        no_data=reading.no_data,
        steps=steps(reading, stands),
    )


def _standing(key_result: KeyResult, objective: Objective, reading: Reading, now: datetime) -> Standing:
    """Return how the key result would stand if this reading were published at once."""
    raw = None if reading.value is None else raw_progress(key_result.metric, reading.value, objective.cycle)
    measured = CheckIn(
        key_result=key_result.id,
        run=0,
        at=now,
        value=reading.value,
        metric=key_result.metric,
        raw_progress=raw,
        progress=None if raw is None else clamp(raw),
        items=reading.items,
        done=reading.done,
        formula=reading.formula,
        no_data=reading.no_data,
        rule=key_result.rule,
        rule_version=key_result.rule_version,
    )
    # where people have the last word, it is theirs beside what the measure gives
    automatic = replace(key_result, mode=Mode.AUTO)
    return standing(automatic, objective, entries=Entries(measured=measured), fresh=None, now=now)
