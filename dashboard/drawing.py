"""Where things stand in our drawings. Geometry only: every number drawn was computed below this room.

Horizontal places are shares of the width, written as per cent, so that a drawing stretches to its place without
scripts, without inline styles and without distorting its strokes and letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from mapping.check_ins import CheckIn, RebuiltReading
from mapping.curves import Mark
from mapping.forecast import Forecast
from mapping.metric import clamp, has_ramp, is_rate
from mapping.rules import Cycle, Metric

SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 88, 28, 4
LEAST_SPAN = Decimal("0.1")
"""A sparkline spans at least a tenth of the way, so that a tremor does not look like a mountain."""

CHART_HEIGHT, CHART_TOP, CHART_BOTTOM = 276, 44, 236
"""Height of the drawing, and where the highest and the lowest progress lie in it."""
FURTHEST_DOWN, FURTHEST_UP = Decimal("-0.5"), Decimal("1.5")
"""Progress beyond these is drawn at the edge; its number stands beside it."""


def percent(share: Decimal) -> str:
    """Return a share of the width as an SVG length, held inside the drawing.

    >>> percent(Decimal("0.525"))
    '52.5%'
    """
    return f"{_plain(clamp(share) * 100)}%"


def _plain(number: Decimal) -> str:
    return format(round(number, 2).normalize(), "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line of the last check-ins, in a box of fixed size."""

    points: str
    """As ``polyline`` wants them."""
    last_x: str
    last_y: str


def sparkline(trend: Sequence[Decimal]) -> Spark | None:
    """Return the line through ``trend``, evenly spaced; None while there is nothing to compare with."""
    if len(trend) < 2:
        return None
    low, high = min(trend), max(trend)
    slack = max(Decimal(0), LEAST_SPAN - (high - low)) / 2
    low, span = low - slack, high - low + 2 * slack
    width, height = SPARK_WIDTH - 2 * SPARK_MARGIN, SPARK_HEIGHT - 2 * SPARK_MARGIN
    points = [
        (
            _plain(SPARK_MARGIN + Decimal(width * index) / (len(trend) - 1)),
            _plain(SPARK_HEIGHT - SPARK_MARGIN - height * (progress - low) / span),
        )
        for index, progress in enumerate(trend)
    ]
    return Spark(points=" ".join(f"{x},{y}" for x, y in points), last_x=points[-1][0], last_y=points[-1][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stretch of time during which a value held."""

    x: str
    until: str
    width: str
    y: str
    depth: str
    """From ``y`` down to the baseline, for the tinted area."""
    top: str
    rise_from: str | None
    """Where the stretch before it lay; None after a gap."""
    check_in: CheckIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A straight line: places across as shares of the width, heights from the top."""

    x: str
    y: str
    until: str
    end_y: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Progress over a cycle."""

    steps: tuple[Step, ...]
    rebuilt: tuple[Stroke, ...]
    """Progress on days before anybody measured it, from one day to the next."""
    today: str
    today_anchor: str
    running: bool
    expected: tuple[Stroke, ...]
    """Expected progress, from the start of the cycle to its end."""
    baseline_y: str
    target_y: str
    months: tuple[tuple[str, date], ...]


def chart(
    check_ins: Sequence[CheckIn],
    cycle: Cycle,
    metric: Metric,
    now: datetime,
    line: Sequence[Mark] = (),
    rebuilt: Sequence[RebuiltReading] = (),
) -> Chart:
    """Return the drawing of a key result's check-ins over its cycle.

    Args:
        check_ins: in any order; each holds until the next one, the last until now.
        cycle: gives the width.
        metric: tells whether progress is expected along a line or in full all along.
        now: today's place.
        line: expected progress as points to be joined; a straight line where there are none.
        rebuilt: days before anybody measured it, oldest first.
    """
    ordered = sorted(check_ins, key=lambda check_in: (check_in.at, check_in.run))
    known = [held(check_in.raw_progress) for check_in in ordered if check_in.raw_progress is not None]
    known += [held(each.raw_progress) for each in rebuilt if each.raw_progress is not None]
    scale = Scale(low=min([Decimal(0), *known]), high=max([Decimal(1), *known]))
    passed = place_in(cycle, now)
    today = clamp(passed)
    climbs = has_ramp(metric) and not is_rate(metric)
    return Chart(
        steps=tuple(_steps(ordered, cycle, today, scale)),
        rebuilt=tuple(_rebuilt(rebuilt, cycle, scale)),
        today=percent(today),
        today_anchor="start" if today < Decimal("0.08") else "end" if today > Decimal("0.92") else "middle",
        running=0 < passed < 1,
        expected=_expected(line if climbs else (), cycle, scale, start=Decimal(0 if climbs else 1)),
        baseline_y=scale.y(Decimal(0)),
        target_y=scale.y(Decimal(1)),
        months=tuple(_months(cycle)),
    )


def _expected(line: Sequence[Mark], cycle: Cycle, scale: Scale, *, start: Decimal) -> tuple[Stroke, ...]:
    if len(line) < 2:
        return (Stroke(x=percent(Decimal(0)), y=scale.y(start), until=percent(Decimal(1)), end_y=scale.y(Decimal(1))),)
    whole = (cycle.ends_on - cycle.starts_on).days
    places = [(percent(Decimal((mark.on - cycle.starts_on).days) / whole), scale.y(mark.share)) for mark in line]
    return tuple(Stroke(x=x, y=y, until=until, end_y=end_y) for (x, y), (until, end_y) in pairwise(places))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A forecast as bars over a width that holds it and the whole way."""

    most: tuple[str, str]
    """Where the 80 % interval begins, and its width."""
    half: tuple[str, str]
    median: str
    now: str
    success: str
    target: str


def outlook(forecast: Forecast) -> Outlook | None:
    """Return the drawing of a forecast; None where there is none to draw."""
    if forecast.half is None or forecast.most is None or forecast.median is None or forecast.progress is None:
        return None
    ends = [held(each) for each in (*forecast.most, forecast.progress)]
    low, high = min([Decimal(0), *ends]), max([Decimal(1), *ends])

    def place(progress: Decimal) -> Decimal:
        return (held(progress) - low) / (high - low)

    def span(interval: tuple[Decimal, Decimal]) -> tuple[str, str]:
        start, end = (place(each) for each in interval)
        return percent(start), percent(end - start)

    return Outlook(
        most=span(forecast.most),
        half=span(forecast.half),
        median=percent(place(forecast.median)),
        now=percent(place(forecast.progress)),
        success=percent(place(Decimal("0.7"))),
        target=percent(place(Decimal(1))),
    )


def held(progress: Decimal) -> Decimal:
    """Return progress held inside what the chart can show."""
    return min(FURTHEST_UP, max(FURTHEST_DOWN, progress))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From progress to height."""

    low: Decimal
    high: Decimal

    def y(self, progress: Decimal) -> str:
        """Return the height of ``progress`` in the drawing, counted from its top."""
        return _plain(self._y(progress))

    def _y(self, progress: Decimal) -> Decimal:
        return CHART_BOTTOM - (CHART_BOTTOM - CHART_TOP) * (held(progress) - self.low) / (self.high - self.low)

    def area(self, progress: Decimal) -> tuple[str, str]:
        """Return top and height of the tinted area between ``progress`` and the baseline."""
        here, baseline = self._y(progress), self._y(Decimal(0))
        return _plain(min(here, baseline)), _plain(abs(here - baseline))


def _steps(ordered: Sequence[CheckIn], cycle: Cycle, today: Decimal, scale: Scale) -> list[Step]:
    places = [clamp(place_in(cycle, check_in.at)) for check_in in ordered] + [today]
    steps: list[Step] = []
    before: str | None = None
    for check_in, start, end in zip(ordered, places, places[1:], strict=False):
        if check_in.raw_progress is None:
            before = None
            continue
        y = scale.y(check_in.raw_progress)
        top, depth = scale.area(check_in.raw_progress)
        held_until = max(start, end)
        steps.append(
            Step(
                x=percent(start),
                until=percent(held_until),
                width=percent(held_until - start),
                y=y,
                depth=depth,
                top=top,
                rise_from=before,
                check_in=check_in,
            )
        )
        before = y
    return steps


def _rebuilt(days: Sequence[RebuiltReading], cycle: Cycle, scale: Scale) -> Iterator[Stroke]:
    """Yield a stroke from each day to the next; a day without data leaves a gap."""
    for before, after in pairwise(days):
        if before.raw_progress is None or after.raw_progress is None:
            continue
        x, until = (percent(place_in(cycle, each.at)) for each in (before, after))
        yield Stroke(x=x, y=scale.y(before.raw_progress), until=until, end_y=scale.y(after.raw_progress))


def place_in(cycle: Cycle, at: datetime) -> Decimal:
    """Return the share of the cycle that had passed at an instant; below 0 before it, above 1 after it."""
    start, end = _midnight(cycle.starts_on, cycle.timezone), _midnight(cycle.ends_on, cycle.timezone)
    return Decimal(repr((at - start).total_seconds())) / Decimal(repr((end - start).total_seconds()))


def last_day(cycle: Cycle) -> date:
    """Return the last day that belongs to a cycle."""
    return cycle.ends_on - timedelta(days=1)


def _midnight(day: date, timezone: str) -> datetime:
    """Return the instant at which a local day begins; in UTC, as only there a difference is elapsed time."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def _months(cycle: Cycle) -> list[tuple[str, date]]:
    """Return the first day of the cycle and of each month in it, at most about six of them."""
    length = (cycle.ends_on.year - cycle.starts_on.year) * 12 + cycle.ends_on.month - cycle.starts_on.month
    stride = max(1, -(-length // 6))
    days = [cycle.starts_on]
    for offset in range(stride, length + 1, stride):
        index = cycle.starts_on.year * 12 + cycle.starts_on.month - 1 + offset
        first = date(index // 12, index % 12 + 1, 1)
        if first < cycle.ends_on and (first - days[-1]).days > 20:
            days.append(first)
    return [(percent(place_in(cycle, _midnight(day, cycle.timezone))), day) for day in days]
