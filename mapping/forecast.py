"""Where progress will be when the cycle ends, by resampling the key result's own daily changes, with a back-test.

A day's change holds all that happened on it: work done, reopened, arriving, re-estimated. Days to come are drawn from
those that were, in runs of three as they followed each other (the circular block bootstrap of Politis and Romano, 1992,
after Efron, 1979), and summed: the spread of the sums is the forecast.

Sums are taken in whole steps of 10^-12, so that they are exact and the intervals nest. The draws come from a generator
seeded by the key result and the day, so that the same history gives the same forecast. See docs/semantics.md, Forecast.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate, pairwise

from mapping.check_ins import CauseKind, CheckIn, CheckInKind, RebuiltReading
from mapping.decimals import GRID, ONE, ZERO, exact, quotient
from mapping.metric import falls, raw_progress
from mapping.periods import local_date
from mapping.rules import Aggregate, AggregateKind, Completion, Cycle, Measure, Metric, Ticked

AUTOMATIC = (CheckInKind.MEASURED, CheckInKind.ACCEPTED, CheckInKind.REPORTED)
PATHS = 2000
PAST_PATHS = 400
"""For each forecast of the back-test; it makes up to 40 of them."""
PAST_FORECASTS = 40
LEAST_CHANGES = 10
"""Days of change without which nothing is forecast."""
LEAST_FORECASTS = 5
"""Past forecasts without which no track record is stated."""
DRAWN_FROM = 366
"""Days before a forecast whose changes it draws from: older ones say little about the work of now. The back-test looks
at forecasts of as many days, each made from as many before it."""
MOST_DRAWS = 400_000
"""Where more than two years lie ahead there are fewer paths instead of a longer wait, down to ``PAST_PATHS``."""
BLOCK = 3
"""Days drawn together. One by one forgets that good days follow good days; a week leaves too few to draw from."""
HORIZON = 7
"""Days ahead that the back-test looks, or fewer where the history is short."""
THRESHOLDS = (Decimal("0.7"), Decimal(1))
HALF, MOST = (25, 75), (10, 90)
"""The percentiles between which 50 % and 80 % of the paths end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """How forecasts made on past days of the same history would have fared."""

    forecasts: int
    horizon: int
    """Days ahead that they looked."""
    inside_half: Decimal
    """Share of outcomes inside the 50 % interval; 0.5 is right."""
    inside_most: Decimal
    """Share inside the 80 % interval; 0.8 is right."""
    brier: Decimal
    """Of the chance to be on pace: 0 is perfect, 0.25 is what saying 50 % every time earns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where progress will be when the cycle ends, with its own track record. Progress is raw throughout."""

    key_result: str
    as_of: date
    """The last day of history."""
    ends_on: date
    days_left: int
    """Whole days after that one which the cycle still has."""
    changes: int
    """Daily changes that it rests on."""
    progress: Decimal | None = None
    median: Decimal | None = None
    """None with all that follows when there is too little history."""
    half: tuple[Decimal, Decimal] | None = None
    """Between these ends half of the paths."""
    most: tuple[Decimal, Decimal] | None = None
    """Between these end 80 % of the paths."""
    chances: tuple[tuple[Decimal, Decimal], ...] = ()
    """Progress and the chance to reach it, ascending."""
    back_test: BackTest | None = None
    """None while the history is too short to have been forecast."""
    why_not: str = ""
    """Why there is no forecast."""


@dataclass(frozen=True, slots=True)
class Day:
    """Progress at the end of one local day."""

    on: date
    progress: Decimal
    """Raw."""
    break_: bool = False
    """Whether the rule changed on it, so that its change says nothing about the work."""


def daily(
    check_ins: Sequence[CheckIn], metric: Metric, cycle: Cycle, today: date, rebuilt: Sequence[RebuiltReading] = ()
) -> list[Day]:
    """Return progress for each day from the first known value of the cycle up to ``today``, oldest first.

    A value holds until the next. Values are read by the metric of today, so that a new target is no change of progress.

    Args:
        check_ins: of one key result, in any order; only what was measured counts, not what people said.
        metric: as ruled now.
        cycle: the days, in its own time zone.
        today: the last day wanted.
        rebuilt: what it would have read on days before anybody measured it. Where the two meet, a difference may come
            from what had to be assumed, so that day's change is left out of what is drawn.
    """
    known: dict[date, tuple[Decimal, bool]] = {}
    for entry in sorted(check_ins, key=lambda each: (each.at, each.run)):
        if entry.value is None or entry.kind not in AUTOMATIC:
            continue
        day = max(local_date(entry.at, cycle.timezone), cycle.starts_on)
        ruled = any(part.kind is CauseKind.RULE_CHANGED for part in entry.causes)
        ruled = ruled or (day in known and known[day][1])
        known[day] = (raw_progress(metric, entry.value, cycle), ruled)
    first = min(known, default=None)
    for each in rebuilt:
        day = date.fromisoformat(each.day)
        if each.value is not None and day >= cycle.starts_on and (first is None or day < first):
            known[day] = (raw_progress(metric, each.value, cycle), False)
    if not known:
        return []
    if first is not None and min(known) < first:
        known[first] = (known[first][0], True)
    days: list[Day] = []
    on = min(known)
    while on <= min(today, cycle.ends_on - timedelta(days=1)):
        progress, ruled = known.get(on, (days[-1].progress if days else Decimal(0), False))
        days.append(Day(on, progress, ruled))
        on += timedelta(days=1)
    return days


@dataclass(frozen=True, slots=True)
class Bounds:
    """What progress cannot leave: nobody finishes more than everything."""

    low: Decimal | None = None
    high: Decimal | None = None


FREE = Bounds()


def bounds_of(measure: Measure, metric: Metric, cycle: Cycle) -> Bounds:
    """Return the progress between which a measure must stay: a share from 0 to 1, a number of items from 0 on."""
    if metric.per is not None or not isinstance(measure, Completion | Ticked | Aggregate):
        return FREE
    if isinstance(measure, Aggregate) and measure.kind is not AggregateKind.COUNT:
        return FREE
    none = raw_progress(metric, ZERO, cycle)
    everything = None if isinstance(measure, Aggregate) else raw_progress(metric, ONE, cycle)
    return Bounds(everything, none) if falls(metric) else Bounds(none, everything)


def forecast(
    key_result: str,
    days: Sequence[Day],
    ends_on: date,
    expected: Callable[[date], Decimal],
    bounds: Bounds = FREE,
) -> Forecast:
    """Return where progress will be when the cycle ends.

    Args:
        key_result: its address, part of the seed.
        days: progress of consecutive days, oldest first, up to today.
        ends_on: first day after the cycle.
        expected: the progress expected by the beginning of a day, for the back-test.
        bounds: what progress cannot leave.
    """
    changes = _Moves.of(days[-DRAWN_FROM:]).changes
    today = days[-1].on if days else ends_on
    left = max(0, (ends_on - today).days - 1)
    plain = Forecast(key_result=key_result, as_of=today, ends_on=ends_on, days_left=left, changes=len(changes))
    if len(changes) < LEAST_CHANGES:
        why_not = f"too little history: {len(changes)} daily changes, {LEAST_CHANGES} are needed"
        return replace(plain, why_not=why_not)
    paths = max(PAST_PATHS, min(PATHS, MOST_DRAWS // max(1, left // BLOCK)))
    ends = _ends(_steps(days[-1].progress), changes, left, paths, _generator(key_result, today), bounds)
    return replace(
        plain,
        progress=days[-1].progress,
        median=_at(ends, 50),
        half=_between(ends, HALF),
        most=_between(ends, MOST),
        chances=tuple((bound, chance(ends, bound)) for bound in THRESHOLDS),
        back_test=back_test(key_result, days, expected, bounds),
    )


def back_test(
    key_result: str, days: Sequence[Day], expected: Callable[[date], Decimal], bounds: Bounds = FREE
) -> BackTest | None:
    """Return how forecasts made on days of the last year would have fared; None while there are too few of them.

    Each is made as one of today is, from what was known on its day, for some days later. The event that is scored is
    progress at or above what was expected by the end of that later day; the Brier score is the mean square of what was
    missed: 0 is perfect, 0.25 is what saying 50 % every time earns.
    """
    days = days[-2 * DRAWN_FROM - HORIZON :]
    horizon = min(HORIZON, (len(days) - LEAST_CHANGES - 1) // 2)
    if horizon < 1:
        return None
    last = len(days) - 1 - horizon
    moves = _Moves.of(days)
    places = range(max(LEAST_CHANGES, last + 1 - DRAWN_FROM), last + 1)
    origins = [place for place in places if moves.count(place) >= LEAST_CHANGES]
    if len(origins) < LEAST_FORECASTS:
        return None
    stride = -(-len(origins) // PAST_FORECASTS)
    half = most = made = 0
    missed = Decimal(0)
    for place in origins[::-1][::stride]:
        now, then = days[place], days[place + horizon]
        generator = _generator(key_result, now.on)
        ends = _ends(_steps(now.progress), moves.known(place), horizon, PAST_PATHS, generator, bounds)
        bound = expected(then.on + timedelta(days=1))
        said, came = chance(ends, bound), Decimal(int(then.progress >= bound))
        half += _inside(then.progress, _between(ends, HALF))
        most += _inside(then.progress, _between(ends, MOST))
        with exact():
            missed += (said - came) ** 2
        made += 1
    return BackTest(
        forecasts=made,
        horizon=horizon,
        inside_half=quotient(Decimal(half), Decimal(made)),
        inside_most=quotient(Decimal(most), Decimal(made)),
        brier=quotient(missed, Decimal(made)),
    )


def chance(ends: Sequence[int], bound: Decimal) -> Decimal:
    """Return the share of the paths, ascending, that end at or above a bound."""
    return quotient(Decimal(len(ends) - bisect_left(ends, _steps(bound))), Decimal(len(ends)))


@dataclass(frozen=True, slots=True)
class _Moves:
    """The changes of consecutive days, worked out once for all the forecasts made from them."""

    changes: Sequence[int]
    """Oldest first, without those of days on which the rule changed."""
    before: Sequence[int]
    """How many of them had happened by the end of each day."""

    @classmethod
    def of(cls, days: Sequence[Day]) -> _Moves:
        steps = [_steps(day.progress) for day in days]
        moves = [(new - old, not day.break_) for (old, new), day in zip(pairwise(steps), days[1:], strict=True)]
        return cls([change for change, counts in moves if counts], [0, *accumulate(counts for _, counts in moves)])

    def known(self, place: int) -> Sequence[int]:
        """Return the changes that a forecast at the end of a day draws from."""
        return self.changes[self.before[max(0, place + 1 - DRAWN_FROM)] : self.before[place]]

    def count(self, place: int) -> int:
        """Return how many those are."""
        return self.before[place] - self.before[max(0, place + 1 - DRAWN_FROM)]


def _ends(
    start: int, changes: Sequence[int], days: int, paths: int, generator: random.Random, bounds: Bounds
) -> list[int]:
    """Return where the paths end, ascending, held inside the bounds."""
    blocks, rest = divmod(days, BLOCK)
    whole, part = _runs(changes, BLOCK), _runs(changes, rest)
    ends = [
        start + sum(generator.choices(whole, k=blocks)) + (generator.choice(part) if rest else 0) for _ in range(paths)
    ]
    low = None if bounds.low is None else min(_steps(bounds.low), start)
    high = None if bounds.high is None else max(_steps(bounds.high), start)
    if low is not None:
        ends = [max(low, end) for end in ends]
    return sorted(ends if high is None else (min(high, end) for end in ends))


def _runs(changes: Sequence[int], length: int) -> list[int]:
    """Return what each run of so many days changed in sum; the first day follows the last."""
    count = len(changes)
    return [sum(changes[(first + day) % count] for day in range(length)) for first in range(count)]


def _generator(key_result: str, today: date) -> random.Random:
    """Return a generator for one key result on one day; nothing here is a secret."""
    seed = hashlib.sha256(f"{key_result}\n{today.isoformat()}".encode()).digest()
    return random.Random(seed)  # noqa: S311 - a forecast has to come out the same again


def _steps(progress: Decimal) -> int:
    with exact():
        return int((progress / GRID).to_integral_value(ROUND_HALF_EVEN))


def _at(ends: Sequence[int], percentile: int) -> Decimal:
    """Return the value at a percentile, by the nearest rank."""
    with exact():
        return ends[min(len(ends) - 1, len(ends) * percentile // 100)] * GRID


def _between(ends: Sequence[int], percentiles: tuple[int, int]) -> tuple[Decimal, Decimal]:
    low, high = percentiles
    return _at(ends, low), _at(ends, high)


def _inside(progress: Decimal, interval: tuple[Decimal, Decimal]) -> bool:
    low, high = interval
    return low - GRID <= progress <= high + GRID
