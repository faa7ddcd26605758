"""How key results and objectives stand: the last good check-in under today's clock, and the roll-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from mapping.check_ins import CheckIn, CheckInKind
from mapping.decimals import ONE, ZERO, exact, quotient
from mapping.effective import Entries, effective
from mapping.expected import expected_by
from mapping.metric import clamp, raw_progress
from mapping.pace import pace
from mapping.people import Override
from mapping.periods import local_date
from mapping.rules import ByHand, Cycle, KeyResult, Metric, Mode, Objective, ObjectiveKind
from mapping.runs import RunRecord
from mapping.score import Score, final_score
from mapping.settling import settled
from mapping.status import Pace, Status

NO_TITLES: Mapping[str, str] = MappingProxyType({})
WORST_FIRST = (
    Status.MISSED,
    Status.OFF_TRACK,
    Status.PARTIAL,
    Status.AT_RISK,
    Status.STALE,
    Status.NO_DATA,
    Status.TOO_EARLY,
    Status.NOT_STARTED,
    Status.ON_TRACK,
    Status.ACHIEVED,
)
"""What is not known is worse than what is well, and better than what is known to be bad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one key result stands now: its last good check-in under today's clock, and how fresh it is."""

    key_result: str
    objective: str
    title: str
    owner: str | None
    team: str | None = None
    """Its own, where it has one."""
    weight: Decimal
    metric: Metric
    value: Decimal | None
    raw_progress: Decimal | None
    progress: Decimal | None
    items: int | None
    done: int | None
    formula: str
    no_data: str | None
    stale_reason: str | None
    stale_since: datetime | None
    measured_at: datetime | None
    """When a run last measured it on complete reads."""
    changed_at: datetime | None
    """When its value last changed."""
    pace: Pace
    rule_version: str
    trend: tuple[Decimal, ...] = ()
    """Progress of the last check-ins, oldest first."""
    author: str = ""
    """Of the check-in that is shown."""
    confidence: Decimal | None = None
    """The last one that a person stated."""
    automatic: CheckIn | None = None
    """What the measure gave last, where a person's check-in is shown instead of it."""
    override: Override | None = None
    """In force now."""
    score: Score | None = None
    """Once the cycle is over."""

    @property
    def status(self) -> Status:
        """Return stale over everything else but the lack of any data."""
        return self.pace.status


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveStanding:
    """An objective with its key results; progress is the weighted mean of clamped progress, status the worst."""

    id: str
    title: str
    team: str | None
    teams: tuple[str, ...] = ()
    level: str = "team"
    parent: str | None = None
    """Id of the objective that it serves."""
    parent_title: str | None = None
    """None where that one is not declared."""
    owner: str | None
    kind: ObjectiveKind
    progress: Decimal | None
    """None while no key result has data."""
    expected: Decimal
    status: Status
    missing: tuple[str, ...]
    """Addresses of key results that have no data and so take no part in the mean."""
    key_results: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A cycle as a manager sees it."""

    cycle: Cycle
    as_of: datetime
    objectives: tuple[ObjectiveStanding, ...]
    last_run: RunRecord | None


class Fresh(Protocol):
    """What the store keeps of how fresh a key result is."""

    @property
    def measured_at(self) -> datetime | None:
        """When a run last measured it on complete reads."""
        ...

    @property
    def stale_reason(self) -> str | None:
        """Why the last run could not measure it."""
        ...

    @property
    def stale_since(self) -> datetime | None:
        """When that began."""
        ...

    @property
    def no_data(self) -> str | None:
        """Why the last run found no value."""
        ...


def standing(
    key_result: KeyResult,
    objective: Objective,
    *,
    entries: Entries,
    fresh: Fresh | None,
    now: datetime,
    trend: Sequence[Decimal] = (),
    earlier: Sequence[Status] = (),
) -> Standing:
    """Return how a key result stands at ``now``.

    Args:
        key_result: as ruled now; its metric serves where nothing has been published yet.
        objective: gives cycle and kind.
        entries: what is on record of it.
        fresh: how fresh that is; None when no run has measured the key result.
        now: an aware instant.
        trend: progress of the last check-ins, oldest first.
        earlier: statuses at the runs before the last, newest first, for a profile with hysteresis.
    """
    found = effective(key_result.mode, entries, now)
    last = _held_against(key_result.metric, found.shown, objective)
    # what a person said is not out of date because a source is
    stale_reason = None if fresh is None or found.automatic is not None else fresh.stale_reason
    no_data = None if fresh is None else fresh.no_data
    metric = key_result.metric if last is None else last.metric
    missing = _missing(key_result, no_data) if last is None or last.value is None else None
    return Standing(
        key_result=key_result.id,
        objective=objective.id,
        title=key_result.title,
        owner=key_result.owner,
        team=key_result.team,
        weight=key_result.weight,
        metric=metric,
        value=None if last is None else last.value,
        raw_progress=None if last is None else last.raw_progress,
        progress=None if last is None else last.progress,
        items=None if last is None else last.items,
        done=None if last is None else last.done,
        formula="" if last is None else last.formula,
        no_data=missing,
        stale_reason=stale_reason,
        stale_since=None if fresh is None else earlier_of(now, fresh.stale_since),
        measured_at=earlier_of(now, _measured_at(key_result, last, fresh)),
        changed_at=None if last is None else earlier_of(now, last.at),
        pace=settled(
            pace(
                None if last is None else last.raw_progress,
                metric=metric,
                objective_kind=objective.kind,
                cycle=objective.cycle,
                now=now,
                no_data=stale_reason or missing,
                stale=stale_reason,
                profile=objective.profile,
                curve=key_result.curve,
            ),
            earlier if found.shown is entries.measured else (),  # nobody holds back what a person said
            objective.profile.hysteresis,
        ),
        score=final_score(
            None if last is None else last.raw_progress,
            kind=objective.kind,
            cycle=objective.cycle,
            now=now,
            profile=objective.profile,
        ),
        rule_version=key_result.rule_version if last is None else last.rule_version,
        trend=tuple(trend),
        author="" if last is None else last.author,
        confidence=None if entries.by_hand is None else entries.by_hand.confidence,
        automatic=found.automatic,
        override=found.override,
    )


def earlier_of(now: datetime, at: datetime | None) -> datetime | None:
    """Return an instant, at the latest now: what is on record has happened, also by a clock that ran ahead."""
    return None if at is None else min(at, now)


def _missing(key_result: KeyResult, no_data: str | None) -> str:
    """Return why there is no value: who is to give it has not yet, or what the last run said."""
    if isinstance(key_result.measure, ByHand):
        return "nobody has checked in yet"
    return no_data or "nothing has been measured yet"


def _held_against(metric: Metric, shown: CheckIn | None, objective: Objective) -> CheckIn | None:
    """Return what people said, with its progress towards the target of today; what is measured is written anew."""
    if shown is None or shown.kind is not CheckInKind.BY_HAND or shown.metric.unit != metric.unit:
        return shown
    if shown.value is None or shown.metric == metric:
        return shown
    raw = raw_progress(metric, shown.value, objective.cycle)
    return replace(shown, metric=metric, raw_progress=raw, progress=clamp(raw))


def _measured_at(key_result: KeyResult, last: CheckIn | None, fresh: Fresh | None) -> datetime | None:
    """Return when the value was last confirmed; by whom nothing measures, when a person last spoke."""
    if isinstance(key_result.measure, ByHand) and key_result.mode is Mode.MANUAL:
        return None if last is None else last.at
    return None if fresh is None else fresh.measured_at


def objective_standing(
    objective: Objective, standings: Sequence[Standing], now: datetime, titles: Mapping[str, str] = NO_TITLES
) -> ObjectiveStanding:
    """Return how an objective stands: weighted mean of its key results' clamped progress, and their worst status.

    Key results without data take no part in the mean and are named. A weight of 0 means linked without contributing:
    neither mean nor status look at it, unless all weights are 0, which makes them equal. ``titles`` of objectives by
    id name the parent.
    """
    equal = all(not each.weight for each in standings)
    weights = {each.key_result: ONE if equal else each.weight for each in standings}
    counted = [(weights[each.key_result], each.progress) for each in standings]
    contributing = [each for each in standings if weights[each.key_result]]
    return ObjectiveStanding(
        id=objective.id,
        title=objective.title,
        team=objective.team,
        teams=objective.teams,
        level=objective.level,
        parent=objective.parent,
        parent_title=None if objective.parent is None else titles.get(objective.parent),
        owner=objective.owner,
        kind=objective.kind,
        progress=weighted_mean([(weight, progress) for weight, progress in counted if progress is not None]),
        expected=_expected(objective, now),
        status=worst([each.status for each in contributing]),
        missing=tuple(each.key_result for each in standings if each.progress is None),
        key_results=tuple(standings),
    )


def _expected(objective: Objective, now: datetime) -> Decimal:
    cycle = objective.cycle
    return expected_by(objective.curve, cycle.starts_on, cycle.ends_on, local_date(now, cycle.timezone)).progress


def weighted_mean(parts: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Return the mean of (weight, progress), each progress clamped first; None for none.

    Weights that sum to 0 count as equal, so that linking alone never hides what is there.
    """
    if not parts:
        return None
    with exact():
        whole = sum((weight for weight, _ in parts), start=ZERO)
        if not whole:
            parts, whole = [(ONE, progress) for _, progress in parts], Decimal(len(parts))
        sum_ = sum((weight * clamp(progress) for weight, progress in parts), start=ZERO)
    clamped = [clamp(progress) for _, progress in parts]
    return min(max(quotient(sum_, whole), min(clamped)), max(clamped))  # rounding never leaves its children


def worst(statuses: Sequence[Status]) -> Status:
    """Return the worst status; no data where there is none."""
    return min(statuses, key=WORST_FIRST.index, default=Status.NO_DATA)
