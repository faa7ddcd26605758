"""Progress held against the day: expected progress and the status that follows. See docs/semantics.md, Pace."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal

from mapping.curves import LINEAR, Curve
from mapping.decimals import ONE, ZERO, decimal_text, quotient
from mapping.expected import Expected, expected_by
from mapping.metric import clamp, has_ramp, is_rate
from mapping.periods import local_date
from mapping.profiles import OKRSYNC, Basis, Level, Profile
from mapping.rules import Cycle, Metric, ObjectiveKind
from mapping.show import show_progress
from mapping.status import Pace, Status


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
    curve: Curve = LINEAR,
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
        curve: the shape of expected progress.
    """
    passed = elapsed(cycle, now)
    today = local_date(now, cycle.timezone)
    expected = _expected(metric, curve, cycle, today)

    def give(status: Status, because: str) -> Pace:
        return Pace(
            elapsed=passed,
            expected=expected.progress,
            expected_because=expected.because,
            status=status,
            because=because,
            profile=profile.name,
        )

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
    if not expected.progress:
        return give(Status.TOO_EARLY, f"nothing is expected yet: {expected.because}")
    return give(*_coloured(progress, expected.progress, profile, rate=is_rate(metric)))


def _expected(metric: Metric, curve: Curve, cycle: Cycle, today: date) -> Expected:
    """Return the expected progress: along the curve for a ramp, in full for what must hold at any time."""
    if has_ramp(metric) and not is_rate(metric):
        return expected_by(curve, cycle.starts_on, cycle.ends_on, today)
    if today <= cycle.starts_on:
        return Expected(ZERO, "nothing is expected on the first day")
    return Expected(ONE, "expected in full at any time")


def _threshold(progress: Decimal) -> tuple[Status, str]:
    if progress >= ONE:
        return Status.ON_TRACK, "the threshold is met; without a baseline there is no ramp to be judged against"
    return Status.OFF_TRACK, "the threshold is not met; without a baseline there is no ramp to be judged against"


def _coloured(progress: Decimal, expected: Decimal, profile: Profile, *, rate: bool) -> tuple[Status, str]:
    level, figure = profile.level(progress, expected), profile.figure(progress, expected)
    name, bound = ("at risk", profile.at_risk) if level is Level.OFF_TRACK else ("on track", profile.on_track)
    held = "expected at any time (a rate)" if rate else "expected"
    way = f"{show_progress(progress)} of the way"
    match profile.basis:
        case Basis.SHARE:
            compared = f"{way} with {show_progress(expected)} {held}: {_ratio(figure)} of the pace"
            because = f"{compared}, {name} from {_ratio(bound)}"
        case Basis.BEHIND:
            apart = f"{_points(figure)} points behind" if figure >= ZERO else f"{_points(-figure)} points ahead"
            because = f"{way} with {show_progress(expected)} {held}: {apart}, {name} up to {_points(bound)} behind"
        case Basis.PROGRESS:
            because = f"{way}, whatever is expected: {name} from {show_progress(bound)}"
    return Status(level), because


def _outcome(progress: Decimal, kind: ObjectiveKind, profile: Profile) -> tuple[Status, str]:
    bound = profile.achieved(committed=kind is ObjectiveKind.COMMITTED)
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


def _points(share: Decimal) -> str:
    return decimal_text((share * 100).quantize(Decimal("0.1"), rounding=ROUND_DOWN))
