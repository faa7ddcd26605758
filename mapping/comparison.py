"""Two versions of the rules over one mirror: what a change of the rules does, and would have done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mapping.decimals import exact
from mapping.outcome import Outcome
from mapping.rules import KeyResult, Metric, Objective
from mapping.standing import weighted_mean


class Effect(StrEnum):
    """What a change of the rules does to a key result."""

    NEW = "new"
    REMOVED = "removed"
    MOVED = "moved"
    """Its value, progress or status of today is another."""
    REWRITTEN = "rewritten"
    """Its rule is another, and today nothing follows from that."""
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PastDays:
    """What the change would have done on past days."""

    days: int = 0
    """Days of the cycle on which both versions could be measured, or neither had data."""
    moved: int = 0
    """Of them, those on which value or progress would have been another."""
    most: Decimal | None = None
    """The greatest change of progress, with its sign; None where no day has both."""
    on: date | None = None
    """Its day, the last of several."""
    rebuilt: int = 0
    """Days that no run saw, rebuilt from what is known of the items' past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One key result under both versions."""

    key_result: str
    was: str | None = None
    """Its address in the older version, where it was renamed since."""
    title: str
    effect: Effect
    before: Outcome | None
    after: Outcome | None
    metric_before: Metric | None
    metric_after: Metric | None
    unread: tuple[str, ...] = ()
    """Selections that only one version has and that were never read: nothing can be said of them before a sync."""
    past: PastDays | None = None
    """None for what is new, removed or the same."""
    frozen: bool = False
    """Whether its cycle is closed: what is published of it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveChange:
    """An objective whose progress of today is another."""

    objective: str
    title: str
    before: Decimal | None
    after: Decimal | None


def effect_of(
    before: tuple[KeyResult, Objective] | None,
    after: tuple[KeyResult, Objective] | None,
    outcomes: tuple[Outcome | None, Outcome | None],
) -> Effect:
    """Return what becomes of a key result; at least one version has it."""
    if before is None:
        return Effect.NEW
    if after is None:
        return Effect.REMOVED
    if _seen(outcomes[0]) != _seen(outcomes[1]):
        return Effect.MOVED
    return Effect.SAME if judged_by(*before) == judged_by(*after) else Effect.REWRITTEN


def _seen(outcome: Outcome | None) -> tuple[object, ...]:
    """Return what people see of an outcome; how the formula reads is not of it."""
    if outcome is None:
        return ()
    return outcome.value, outcome.progress, outcome.status, outcome.no_data, outcome.error


def judged_by(key_result: KeyResult, objective: Objective) -> tuple[object, ...]:
    """Return all of the rules that value, progress and status of a key result follow from."""
    own = key_result.metric, key_result.measure, key_result.curve, key_result.weight
    return (*own, objective.cycle, objective.kind, objective.profile, objective.double_counting)


@dataclass(frozen=True, slots=True)
class PastDay:
    """Both versions of one key result at the end of a day."""

    day: date
    before: Outcome
    after: Outcome
    rebuilt: bool


def past_days(days: Iterable[PastDay]) -> PastDays:
    """Return what a change would have done over some days, given in any order."""
    count = moved = rebuilt = 0
    most: Decimal | None = None
    on: date | None = None
    for each in sorted(days, key=lambda day: day.day):
        one, other = each.before, each.after
        count += 1
        rebuilt += each.rebuilt
        moved += (one.value, one.progress) != (other.value, other.progress)
        if one.progress is None or other.progress is None:
            continue
        with exact():
            change = other.progress - one.progress
        if change and (most is None or abs(change) >= abs(most)):
            most, on = change, each.day
    return PastDays(count, moved, most, on, rebuilt)


def objective_progress(objective: Objective, outcomes: Mapping[str, Outcome]) -> Decimal | None:
    """Return the weighted mean of clamped progress over the key results that have any."""
    parts: Sequence[tuple[Decimal, Decimal]] = [
        (each.weight, progress)
        for each in objective.key_results
        if each.id in outcomes and (progress := outcomes[each.id].progress) is not None
    ]
    return weighted_mean(parts)
