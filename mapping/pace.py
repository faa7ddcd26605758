"""Progress held against the day: expected progress and the status that follows. See docs/semantics.md, Pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from mapping.decimals import ONE, ZERO, quotient
from mapping.metric import clamp, has_ramp, is_rate
from mapping.periods import local_date
from mapping.readings import Pace, Status
from mapping.rules import Cycle, Metric, ObjectiveKind
from mapping.show import show_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The thresholds from which a status follows; all are inclusive."""

    name: str
    on_track: Decimal
    """Of the expected progress."""
    at_risk: Decimal
    grace: Decimal
    """Share of the cycle in which nothing is coloured."""
    committed: Decimal
    """Progress at which a committed objective is achieved."""
    aspirational: Decimal
    partial: Decimal

    def achieved(self, kind: ObjectiveKind) -> Decimal:
        """Return the progress at which an objective of this kind is achieved."""
        return self.committed if kind is ObjectiveKind.COMMITTED else self.aspirational


OKRSYNC = Profile(
    name="okrsync",
    on_track=Decimal("0.9"),
    at_risk=Decimal("0.7"),
    grace=Decimal("0.05"),
    committed=ONE,
    aspirational=Decimal("0.7"),
    partial=Decimal("0.4"),
)


def elapsed(cycle: Cycle, now: datetime) -> Decimal:
    """Return the share of the cycle's local days that are over: 0 on its first day, 1 from ``ends_on`` on."""
    today = local_date(now, cycle.timezone)
    return clamp(quotient(Decimal((today - cycle.starts_on).days), Decimal((cycle.ends_on - cycle.starts_on).days)))


def pace(
    progress: Decimal | None,
    *,
    metric: Metric,
    objective_kind: ObjectiveKind,
    cycle: Cycle,
    now: datetime,
    no_data: str | None = None,
    stale: str | None = None,
    profile: Profile = OKRSYNC,
) -> Pace:
    """Return how progress stands against this day, with the arithmetic in words.

    Args:
        progress: raw, of the last good value; None when there has never been one.
        metric: tells whether there is a ramp to be judged against.
        objective_kind: what counts as achieved at the end.
        cycle: the days, in its own time zone.
        now: an aware instant.
        no_data: why there is no value; shown when ``progress`` is None.
        stale: why the value may be out of date; overrides every colour and outcome.
        profile: the thresholds.
    """
    passed = elapsed(cycle, now)
    expected = _expected(metric, passed)
    today = local_date(now, cycle.timezone)

    def give(status: Status, because: str) -> Pace:
        return Pace(elapsed=passed, expected=expected, status=status, because=because)

    if today < cycle.starts_on:
        return give(Status.NOT_STARTED, f"the cycle begins on {cycle.starts_on}")
    if progress is None:
        return give(Status.NO_DATA, no_data or "nothing has been measured yet")
    if stale is not None:
        return give(Status.STALE, f"the last good value stands: {stale}")
    if today >= cycle.ends_on:
        return give(*_outcome(progress, objective_kind, profile))
    if passed < profile.grace:
        judged = f"nothing is judged before {show_progress(profile.grace)}"
        return give(Status.TOO_EARLY, f"{show_progress(passed)} of the cycle has passed, {judged}")
    if not has_ramp(metric):
        return give(*_threshold(progress))
    return give(*_coloured(progress, expected, profile, rate=is_rate(metric)))


def _expected(metric: Metric, passed: Decimal) -> Decimal:
    """Return the expected progress: along a line for a ramp, in full for what must hold at any time."""
    if has_ramp(metric) and not is_rate(metric):
        return passed
    return ONE if passed > ZERO else ZERO


def _threshold(progress: Decimal) -> tuple[Status, str]:
    if progress >= ONE:
        return Status.ON_TRACK, "the threshold is met; without a baseline there is no ramp to be judged against"
    return Status.OFF_TRACK, "the threshold is not met; without a baseline there is no ramp to be judged against"


def _coloured(progress: Decimal, expected: Decimal, profile: Profile, *, rate: bool) -> tuple[Status, str]:
    share = quotient(progress, expected)
    status, bound = Status.OFF_TRACK, f"at risk from {_ratio(profile.at_risk)}"
    if share >= profile.on_track:
        status, bound = Status.ON_TRACK, f"on track from {_ratio(profile.on_track)}"
    elif share >= profile.at_risk:
        status, bound = Status.AT_RISK, f"on track from {_ratio(profile.on_track)}"
    held = "expected at any time (a rate)" if rate else "expected"
    compared = f"{show_progress(progress)} of the way with {show_progress(expected)} {held}"
    return status, f"{compared}: {_ratio(share)} of the pace, {bound}"


def _outcome(progress: Decimal, kind: ObjectiveKind, profile: Profile) -> tuple[Status, str]:
    bound = profile.achieved(kind)
    status = Status.MISSED
    if progress >= bound:
        status = Status.ACHIEVED
    elif progress >= profile.partial:
        status = Status.PARTIAL
    way, needed = show_progress(progress), show_progress(bound)
    because = f"the cycle is over at {way} of the way: {kind} is achieved from {needed}"
    return status, because if status is Status.ACHIEVED else f"{because}, partial from {show_progress(profile.partial)}"


def _ratio(share: Decimal) -> str:
    return str(share.quantize(Decimal("0.01"), rounding=ROUND_DOWN))
