"""What a sync would do: one line per key result, with both sides and the causes. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from mapping.canonical import rule_of, rule_version
from mapping.causes import Differences, causes
from mapping.changes import Action, Change
from mapping.check_ins import CheckIn
from mapping.errors import FixConfigError, RuleError
from mapping.guard import Finding, why_held
from mapping.measure import measure_all
from mapping.metric import clamp, raw_progress
from mapping.mirror import Mirror
from mapping.pace import pace
from mapping.readings import Reading
from mapping.reviews import Review, ReviewCause, ReviewState, first_rejected, told_rejected
from mapping.rollup import rolled_status
from mapping.rules import ByHand, KeyResult, Metric, Mode, Objective, selections_of
from mapping.settling import settled
from mapping.standing import objective_standing, standing
from mapping.status import Status

__all__ = ["differs", "objective_standing", "plan", "standing"]


NO_REVIEWS: Mapping[str, Review] = MappingProxyType({})


def _no_past(_address: str) -> Sequence[Decimal]:
    return ()


def plan(
    objectives: Sequence[Objective],
    *,
    mirror: Mirror,
    before: Callable[[int], Mirror],
    last: Mapping[str, CheckIn],
    stale: Mapping[str, str],
    run: int,
    now: datetime,
    earlier: Mapping[str, Sequence[Status]] | None = None,
    past: Callable[[str], Sequence[Decimal]] = _no_past,
    reviews: Mapping[str, Review] = NO_REVIEWS,
    trusted: bool = False,
) -> list[Change]:
    """Return what happens to each key result, in the order of the objectives.

    Args:
        objectives: with the key results to measure; a key result's id is its address.
        mirror: the sources as this run has them.
        before: gives the mirror as it was after a run.
        last: the newest check-in of each key result, by address.
        stale: selections whose last read was not complete, by selection key, with the reason.
        run: the number that new check-ins carry.
        now: an aware instant.
        earlier: statuses at the runs before, newest first, of key results under a profile with hysteresis.
        past: gives the values measured before of a key result, oldest first; asked only for those that move.
        reviews: the newest review of each key result, by address, whatever became of it.
        trusted: a person has said that what is gone is gone; then nothing is held by the guard.
    """
    known = [(objective, key_result) for objective in objectives for key_result in objective.key_results]
    reasons = {key_result.id: _stale_reason(key_result, stale) for _, key_result in known}
    fresh = [key_result for _, key_result in known if reasons[key_result.id] is None]
    cycles = {key_result.id: objective.cycle for objective, key_result in known}
    errors: dict[str, RuleError] = {}
    readings = measure_all(fresh, cycles, mirror, now, errors)
    planner = _Planner(
        mirror=mirror,
        before=before,
        run=run,
        now=now,
        earlier=earlier or {},
        past=past,
        reviews=reviews,
        trusted=trusted,
    )
    changes = [
        planner.change(
            _Case(
                objective=objective,
                key_result=key_result,
                last=last.get(key_result.id),
                reading=readings.get(key_result.id),
                held=reasons[key_result.id] or _failure(errors, key_result),
            )
        )
        for objective, key_result in known
    ]
    return _judged_by_parts(changes, [key_result for _, key_result in known])


def _judged_by_parts(changes: Sequence[Change], key_results: Sequence[KeyResult]) -> list[Change]:
    """Return the changes, those of roll-ups with the status of their worst part."""
    now = {change.key_result: change.status for change in changes}
    before = {change.key_result: change.old_status for change in changes if change.old_status is not None}
    found = []
    for change, key_result in zip(changes, key_results, strict=True):
        status = rolled_status(key_result.measure, change.status, now)
        old = None if change.old_status is None else rolled_status(key_result.measure, change.old_status, before)
        new = None if change.new is None else replace(change.new, status=status)
        found.append(replace(change, status=status, old_status=old, new=new))
    return found


def _stale_reason(key_result: KeyResult, stale: Mapping[str, str]) -> str | None:
    found = (stale[each.key] for each in selections_of(key_result.measure) if each.key in stale)
    return "; ".join(dict.fromkeys(found)) or None


def _failure(errors: Mapping[str, RuleError], key_result: KeyResult) -> str | None:
    error = errors.get(key_result.id)
    return None if error is None else str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One key result with everything that decides what happens to it."""

    objective: Objective
    key_result: KeyResult
    last: CheckIn | None
    reading: Reading | None
    """None when it is held before it was measured."""
    held: str | None


@dataclass(kw_only=True)
class _Planner:
    mirror: Mirror
    before: Callable[[int], Mirror]
    run: int
    now: datetime
    earlier: Mapping[str, Sequence[Status]]
    past: Callable[[str], Sequence[Decimal]]
    reviews: Mapping[str, Review]
    trusted: bool
    differences: MutableMapping[int, Differences] = field(default_factory=dict)

    def change(self, case: _Case) -> Change:
        """Return what happens to one key result."""
        if case.held is not None or case.reading is None:
            return self._hold(case, case.held or "it was not measured", None)
        if isinstance(case.key_result.measure, ByHand):
            return self._keep(case, case.reading)
        if case.reading.value is None:
            if case.last is not None and case.last.value is not None:
                return self._hold(case, case.reading.no_data or "no data", case.reading)
            return self._keep(case, case.reading)
        try:
            new = self._check_in(case, case.reading)
            if case.last is not None and not differs(case.last, new):
                return self._keep(case, case.reading)
            return self._publish(case, case.reading, new)
        except FixConfigError as error:
            return self._hold(case, str(error), None)

    def _check_in(self, case: _Case, reading: Reading) -> CheckIn:
        metric, rule = case.key_result.metric, rule_of(case.key_result)
        raw = None if reading.value is None else raw_progress(metric, reading.value, case.objective.cycle)
        return CheckIn(
            key_result=case.key_result.id,
            run=self.run,
            at=self.now,
            value=reading.value,
            metric=metric,
            raw_progress=raw,
            progress=None if raw is None else clamp(raw),
            items=reading.items,
            done=reading.done,
            formula=reading.formula,
            no_data=reading.no_data,
            rule=rule,
            rule_version=rule_version(rule),
        )

    def _publish(self, case: _Case, reading: Reading, new: CheckIn) -> Change:
        parts = causes(
            case.key_result,
            case.objective.cycle,
            last=case.last,
            reading=reading,
            differences=self._differences(case.last),
            now=self.now,
        )
        status = self._status(case, new, case.key_result.metric)
        new = replace(new, causes=parts, status=status)
        waits = self._waits(case, new)
        if waits is not None:
            return self._review(case, reading, new, waits)
        return Change(
            key_result=case.key_result.id,
            title=case.key_result.title,
            action=Action.CREATE if case.last is None else Action.CHANGE,
            old=case.last,
            new=new,
            causes=parts,
            reading=reading,
            metric=case.key_result.metric,
            old_status=self._old_status(case),
            status=status,
        )

    def _waits(self, case: _Case, new: CheckIn) -> Finding | None:
        """Return why a person comes first; None when the value may be published."""
        if case.key_result.mode is Mode.SUGGEST:
            return ReviewCause.SUGGESTED, "its mode is to ask"
        if self.trusted:
            return None
        return why_held(case.key_result.guard, last=case.last, new=new, past=self.past(case.key_result.id))

    def _review(self, case: _Case, reading: Reading, new: CheckIn, waits: Finding) -> Change:
        """Let the value wait; one that was rejected before is not asked about again while it stays the same."""
        cause, detail = waits
        before = self.reviews.get(new.key_result)
        again = before is not None and before.proposal.value == new.value and before.proposal.rule == new.rule
        if again and before is not None and before.state is ReviewState.REJECTED:
            if case.last is None:
                why = first_rejected(before.decided_by, before.note)
                return self._keep(case, last_reading(None, why))
            if cause is ReviewCause.SUGGESTED:
                return self._keep(case, reading)
            return self._hold(case, f"what was read was {told_rejected(before.decided_by, before.note)}", reading)
        review = Review(key_result=new.key_result, run=self.run, at=self.now, proposal=new, cause=cause, detail=detail)
        if again and before is not None and before.state is ReviewState.OPEN:
            review = before
        if cause is ReviewCause.SUGGESTED:
            status = self._status(case, case.last, case.key_result.metric)
            return replace(self._unchanged(case, Action.SUGGEST, reading, status), review=review)
        ask = f"`okrsync review accept {new.key_result}` or reject it"
        return replace(self._hold(case, f"held for review, {detail}: {ask}", reading), review=review)

    def _differences(self, last: CheckIn | None) -> Differences:
        """Return the differences since a check-in's run, shared by all key results last changed in that run."""
        run = self.run if last is None else last.run
        if run not in self.differences:
            before = self.mirror if last is None else self.before(last.run)
            self.differences[run] = Differences(before=before, after=self.mirror)
        return self.differences[run]

    def _keep(self, case: _Case, reading: Reading) -> Change:
        status = self._status(case, case.last, case.key_result.metric, no_data=reading.no_data)
        return self._unchanged(case, Action.KEEP, reading, status)

    def _hold(self, case: _Case, reason: str, reading: Reading | None) -> Change:
        """Keep the last good value and say why; no data never overwrites data."""
        status = self._status(case, case.last, case.key_result.metric, no_data=reason, stale=reason)
        held = reading if reading is not None else last_reading(case.last, reason)
        return self._unchanged(case, Action.HOLD, held, status, reason)

    def _unchanged(
        self, case: _Case, action: Action, reading: Reading, status: Status, reason: str | None = None
    ) -> Change:
        return Change(
            key_result=case.key_result.id,
            title=case.key_result.title,
            action=action,
            old=case.last,
            new=None,
            stale_reason=reason,
            reading=reading,
            metric=case.key_result.metric,
            old_status=self._old_status(case),
            status=status,
        )

    def _old_status(self, case: _Case) -> Status | None:
        """Return the status the last check-in has today, so that a flip is this run's doing and not the clock's."""
        return None if case.last is None else self._status(case, case.last, case.last.metric)

    def _status(
        self,
        case: _Case,
        check_in: CheckIn | None,
        metric: Metric,
        *,
        no_data: str | None = None,
        stale: str | None = None,
    ) -> Status:
        found = pace(
            None if check_in is None else check_in.raw_progress,
            metric=metric,
            objective_kind=case.objective.kind,
            cycle=case.objective.cycle,
            now=self.now,
            no_data=no_data,
            stale=stale,
            profile=case.objective.profile,
            curve=case.key_result.curve,
        )
        return settled(found, self.earlier.get(case.key_result.id, ()), case.objective.profile.hysteresis).status


def differs(last: CheckIn, new: CheckIn) -> bool:
    """Return whether a check-in is worth writing: the value moved, or metric or measure were ruled anew.

    A rule that changed without moving the value is written too, so that every value on record stands beside the rule
    that gave it. Evidence behind an equal value (one item done, one added) writes none.
    """
    return last.value != new.value or last.rule != new.rule


def last_reading(last: CheckIn | None, reason: str) -> Reading:
    """Return the reading that a held key result keeps: its last check-in's, or none with the reason."""
    if last is None or last.value is None:
        return Reading(value=None, no_data=reason)
    return Reading(value=last.value, items=last.items, done=last.done, formula=last.formula)
