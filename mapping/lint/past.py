"""Lint: rules held against what is on record of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from mapping.decimals import ONE, exact, quotient
from mapping.forecast import Day
from mapping.lint.finding import Case, Ended, Finding, Subject
from mapping.metric import THRESHOLDS, has_ramp, is_rate, reached
from mapping.periods import local_date
from mapping.rules import KeyResult, Objective, ObjectiveKind, selections_of
from mapping.show import show_progress, show_value

WEEK = 7
LEAST_DAYS = 15
"""Of history, without which nothing is said of pace: two weeks."""
TARGET_OF = {ObjectiveKind.COMMITTED: ONE, ObjectiveKind.ASPIRATIONAL: Decimal("0.7")}
SURE = Decimal("0.9")
"""Mean confidence above which targets are likely too low."""
FEWEST = 2
"""Key results from which on a team can be said to reach everything."""


def matches_nothing(case: Case) -> Iterator[Finding]:
    """Selections whose last complete read gave nothing."""
    for _, key_result in case.key_results():
        for selection in selections_of(key_result.measure):
            if case.known.matched.get(selection.key) == 0:
                what = f"{key_result.id}: nothing matches {selection}"
                fix = "correct the selection, or ask `okrsync check` what our account can see"
                yield Finding("OKR050", Subject.of(key_result, "measure"), what, fix)


def met_at_the_start(case: Case) -> Iterator[Finding]:
    """Targets that the baseline, or the first reading of the cycle, meets."""
    for objective, key_result in case.key_results():
        metric = key_result.metric
        if metric.baseline is not None and metric.kind in THRESHOLDS and reached(metric, metric.baseline):
            what = f"{key_result.id}: the baseline {show_value(metric.baseline, metric.unit)} meets the target already"
            yield _met(key_result, what)
            continue
        first = next(iter(case.known.days.get(key_result.id, ())), None)
        if first is not None and first.progress >= ONE and _is_early(first, objective) and not is_rate(metric):
            what = f"{key_result.id}: the first reading, of {first.on}, stood at {show_progress(first.progress)}"
            yield _met(key_result, what)


def _met(key_result: KeyResult, what: str) -> Finding:
    return Finding("OKR051", Subject.of(key_result, "metric"), what, "aim further, or take what is still to be done")


def _is_early(day: Day, objective: Objective) -> bool:
    """Return whether a reading is of the first quarter of the cycle: later ones say that work was done."""
    length = objective.cycle.ends_on - objective.cycle.starts_on
    return (day.on - objective.cycle.starts_on) * 4 <= length


def out_of_reach(case: Case) -> Iterator[Finding]:
    """Key results that have to move faster every day than in their best week."""
    for objective, key_result in case.key_results():
        days = case.known.days.get(key_result.id, ())
        if len(days) < LEAST_DAYS or not has_ramp(key_result.metric) or is_rate(key_result.metric):
            continue
        best, needed = best_week(days), needed_a_day(days[-1], objective, case)
        if needed is None or needed <= best:
            continue
        aim = show_progress(TARGET_OF[objective.kind])
        what = (
            f"{key_result.id} needs {_points(needed)} points of progress a day for {aim}, "
            f"and its best week gave {_points(best)}"
        )
        fix = "find what would move it faster, or agree now on what can be reached"
        yield Finding("OKR052", Subject.of(key_result, "metric"), what, fix)


def best_week(days: Sequence[Day]) -> Decimal:
    """Return the greatest progress a day over any seven days on end, 0 at least; days of a changed rule are no work.

    Args:
        days: consecutive, oldest first.
    """
    best = Decimal(0)
    with exact():
        for start in range(len(days) - WEEK):
            week = days[start : start + WEEK + 1]
            if not any(day.break_ for day in week[1:]):
                best = max(best, quotient(week[-1].progress - week[0].progress, Decimal(WEEK)))
    return best


def needed_a_day(last: Day, objective: Objective, case: Case) -> Decimal | None:
    """Return the progress a day that is needed to the end; None when it is reached, or no whole day is left."""
    today = max(last.on, local_date(case.now, objective.cycle.timezone))
    left = (objective.cycle.ends_on - timedelta(days=1) - today).days
    missing = TARGET_OF[objective.kind] - last.progress
    return quotient(missing, Decimal(left)) if left > 0 and missing > 0 else None


def _points(progress: Decimal) -> str:
    return f"{(progress * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):f}"


def everything_reached(case: Case) -> Iterator[Finding]:
    """Teams whose key results all reached their target in their last cycle that is over."""
    for team, objective in _first_of_teams(case).items():
        for cycle, results in _last_cycle(case.known.ended, team):
            if len(results) >= FEWEST and all(each.progress >= ONE for each in results):
                what = f"team {team} reached all {len(results)} key results of {cycle} in full"
                fix = "aim where 70 % would be a success, or say kind: committed"
                yield Finding("OKR053", Subject.of(objective), what, fix)


def _last_cycle(ended: Sequence[Ended], team: str) -> Iterator[tuple[str, list[Ended]]]:
    """Yield a team's last cycle with its results, where there is one; they are given in order of cycles."""
    own = [each for each in ended if each.team == team]
    if own:
        yield own[-1].cycle, [each for each in own if each.cycle == own[-1].cycle]


def sure_of_everything(case: Case) -> Iterator[Finding]:
    """Teams whose first stated confidence is above 90 % on the mean."""
    for team, objective in _first_of_teams(case).items():
        stated = [
            case.known.confidence[each.id]
            for one, each in case.key_results()
            if one.team == team and each.id in case.known.confidence
        ]
        if len(stated) >= FEWEST and sum(stated, start=Decimal(0)) > SURE * len(stated):
            mean = quotient(sum(stated, start=Decimal(0)), Decimal(len(stated)))
            what = f"team {team} started {len(stated)} key results with a mean confidence of {show_progress(mean)}"
            yield Finding("OKR054", Subject.of(objective), what, "aim where half the team doubts that it is reached")


def _first_of_teams(case: Case) -> dict[str, Objective]:
    """Return each team's first open objective that is not committed: commitments are to be reached in full."""
    found: dict[str, Objective] = {}
    for each in case.open:
        if each.team and each.kind is not ObjectiveKind.COMMITTED:
            found.setdefault(each.team, each)
    return found
