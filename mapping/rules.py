"""What a key result is made of: its metric (where from, where to) and its measure (how items become one number)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mapping.curves import LINEAR, Curve
from mapping.hours import WorkingHours
from mapping.profiles import OKRSYNC, Profile
from mapping.rates import Rates
from mapping.shares import DoubleCounting, Shares
from mapping.words import Selection


class UnitKind(StrEnum):
    """What a value counts. Percent is stored as a fraction: 25 % is ``Decimal("0.25")``."""

    NUMBER = "number"
    PERCENT = "percent"
    POINTS = "points"
    """Percentage points, a difference of two percentages; a fraction too: 5 points are ``Decimal("0.05")``."""
    CURRENCY = "currency"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit with its currency code (ISO 4217) or its name for people (``bugs``)."""

    kind: UnitKind = UnitKind.NUMBER
    currency: str | None = None
    name: str | None = None


class MetricKind(StrEnum):
    """How progress follows from a value."""

    INCREASE = "increase"
    DECREASE = "decrease"
    AT_LEAST = "at_least"
    """Reached when value >= target. Without a baseline progress is 0 or 1, with one it is the share of the way."""
    AT_MOST = "at_most"
    """Reached when value <= target, otherwise like at_least."""
    ABOVE = "above"
    """Reached when value > target: meeting it exactly is not enough."""
    BELOW = "below"
    """Reached when value < target."""
    BETWEEN = "between"
    """Reached from target to upper, both included; outside, progress is the way back to the nearer edge."""
    BINARY = "binary"
    """Done or not: progress is 1 when the value is 1 or more."""


class Period(StrEnum):
    """The span that a periodic target speaks of, in the cycle's time zone; weeks begin on Monday."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class PeriodPolicy(StrEnum):
    """How several periods become one value."""

    MEAN = "mean"
    LATEST = "latest"
    WORST = "worst"
    TOTAL = "total"
    """The sum over the cycle against the target times the number of periods in the cycle."""


class Running(StrEnum):
    """What the period that is not over yet counts for, beside those that are complete."""

    LEAVE_OUT = "leave_out"
    """Nothing, except while no period is complete (default)."""
    PRORATE = "prorate"
    """What it will come to at this rate: a count or sum divided by the share of its days begun, else as it is."""
    COUNT = "count"
    """As it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Baseline, target and unit of a key result. The config has checked that they differ."""

    kind: MetricKind
    target: Decimal
    """The lower edge of a band."""
    baseline: Decimal | None = None
    """None only for thresholds, bands and binary, which need none."""
    unit: Unit = Unit()
    per: Period | None = None
    over: PeriodPolicy = PeriodPolicy.MEAN
    """Completed periods of the cycle so far; ``running`` says what the one under way counts for."""
    stated: str = ""
    """The target as the author wrote it when it was relative: ``x10``, ``double``, ``+20%``."""
    upper: Decimal | None = None
    """The upper edge of a band; None for all other kinds."""
    commit: Decimal | None = None
    """What was promised, between baseline and target; set together with ``stretch``."""
    stretch: Decimal | None = None
    """What would be outstanding, beyond the target."""
    running: Running = Running.LEAVE_OUT
    rates: Rates | None = None
    """What samples in another currency are converted by; part of the rule, so that a value can be measured again."""


COMPLETION_METRIC = Metric(
    kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(1), unit=Unit(kind=UnitKind.PERCENT)
)
"""What a key result measured by completion has when its author states none: from 0 % to 100 %."""


class MissingEstimate(StrEnum):
    """What an item without the weighing field weighs."""

    EXCLUDE = "exclude"
    ZERO = "zero"
    MEAN = "mean"
    MEDIAN = "median"
    FIXED = "fixed"


class WontDo(StrEnum):
    """What happens to items closed without being done."""

    EXCLUDE = "exclude"
    """They leave numerator and denominator (default)."""
    DONE = "done"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The share of a selection that is done."""

    selection: Selection
    by: str | None = None
    """The numeric field that weighs (``story_points`` or a name the rule gives); None counts each item as 1."""
    where: str | None = None
    """CEL over ``item``; items for which it is false do not belong."""
    done_statuses: tuple[str, ...] = ()
    """Status names or ids that count as done instead of the vendor's category; empty: the category decides."""
    wont_do: WontDo = WontDo.EXCLUDE
    leaves: bool = True
    """Count only items that have no children in the same selection, so that nothing counts twice."""
    missing: MissingEstimate = MissingEstimate.EXCLUDE
    missing_value: Decimal | None = None
    """Weight of an unestimated item when ``missing`` is fixed."""
    in_progress: Decimal = Decimal(0)
    """Credit for an item in progress, 0 to 1."""
    frozen_on: date | None = None
    """The scope is what the selection held at the end of this local day; None: what it holds now."""


class AggregateKind(StrEnum):
    """How the items of a selection become one number."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    """The value below which ``p`` percent lie, between two values in proportion."""
    DISTINCT = "distinct"
    """How many different texts a field has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Count of items, or sum, average, least, greatest, median, percentile of a numeric field over them."""

    kind: AggregateKind
    selection: Selection
    field: str | None = None
    """The numeric field, of distinct a text; None only for count."""
    where: str | None = None
    p: Decimal | None = None
    """0 to 100; set for a percentile only."""


class DurationKind(StrEnum):
    """Between which two instants of an item a duration lies."""

    LEAD = "lead"
    """Created to done."""
    CYCLE = "cycle"
    """Work begun to done."""
    AGE = "age"
    """Created to now, of items that are still open."""


class TimeUnit(StrEnum):
    """What durations are counted in."""

    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long items take: average, median, percentile, least or greatest of their durations."""

    kind: DurationKind
    selection: Selection
    take: AggregateKind = AggregateKind.MEDIAN
    p: Decimal | None = None
    where: str | None = None
    unit: TimeUnit = TimeUnit.DAYS
    hours: WorkingHours | None = None
    """None: the clock runs all the time, and a day has 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The most recent sample of a series."""

    selection: Selection


class SeriesTake(StrEnum):
    """How the samples of a window become one number."""

    LATEST = "latest"
    MEAN = "mean"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    WORST = "worst"
    """The least, or the greatest where the metric wants less."""
    CHANGE = "change"
    """Last sample less the last one before the window, or the first in it where there is none before."""
    RATE = "rate"
    """The same change by the days between those two samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One number from the samples of a window of local days that ends today."""

    selection: Selection
    take: SeriesTake
    days: int | None = None
    """Length of the window; None: the cycle so far, or the period where the metric has periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One measure divided by another. A denominator of zero is no data, never 0 % and never 100 %."""

    of: Measure
    to: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """Arithmetic over named measures, in the syntax of CEL and computed in Decimal."""

    value: str
    of: tuple[tuple[str, Measure], ...]
    """Ascending by name; the names are used in ``value``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """The weight of the milestones that are ticked, of the weight of all."""

    steps: tuple[tuple[str, Decimal], ...]
    """Name and weight of each milestone, in the order written."""
    selection: Selection | None = None
    """Items tick the step of their title or key when done; None: people tick by hand."""
    by_hand: tuple[tuple[str, date | None], ...] = ()
    """Steps that people ticked in the rules, with the day from which on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One key result that a roll-up is made of, with all it takes to measure it."""

    address: str
    weight: Decimal
    metric: Metric
    measure: Measure
    cycle: Cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An objective that a roll-up is made of: the weighted mean of its parts counts with the weight of the group."""

    address: str
    weight: Decimal
    parts: tuple[Part | Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """The weighted mean of the clamped progress of other key results and objectives."""

    parts: tuple[Part | Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Nothing is measured: people check in."""


Measure = Completion | Aggregate | Duration | Latest | Series | Ratio | Formula | Ticked | Rollup | ByHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A half-open span of local dates: ``starts_on`` belongs to it, ``ends_on`` does not."""

    id: str
    starts_on: date
    ends_on: date
    timezone: str


class ObjectiveKind(StrEnum):
    """A committed objective expects 1.0, of an aspirational one 0.7 is a success."""

    COMMITTED = "committed"
    ASPIRATIONAL = "aspirational"


class Mode(StrEnum):
    """Who sets what a key result stands at."""

    AUTO = "auto"
    """Its measure does; a check-in by hand overrides it for a while."""
    SUGGEST = "suggest"
    """Its measure proposes, and a person accepts."""
    MANUAL = "manual"
    """People do; what its measure gives stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """When a new value is held for a person to look at, instead of being published."""

    shrink: Decimal | None = Decimal("0.5")
    """When this share of the items that counted is gone at once; None: never for that."""
    jump: Decimal | None = Decimal(8)
    """When it moves further than so many times the median absolute deviation of its own past moves; None: never."""
    flip: bool = True
    """When its sign changes although baseline and target have the same."""


NO_GUARD = Guard(shrink=None, jump=None, flip=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyResult:
    """One key result as its rule states it. Addressed as ``objective/key-result``."""

    id: str
    title: str
    metric: Metric
    measure: Measure
    owner: str | None = None
    team: str | None = None
    """Whose work it is, where that is another team than the objective's."""
    weight: Decimal = Decimal(1)
    mode: Mode = Mode.AUTO
    guard: Guard = Guard()
    rule: str = ""
    """Canonical JSON of the rule as written; the rule's version is its hash."""
    rule_version: str = ""
    """First 12 hexadecimal digits of the SHA-256 of ``rule``."""
    curve: Curve = LINEAR
    """Its own, else its objective's, else its cycle's."""
    double_counting: DoubleCounting = DoubleCounting.ALLOW
    """Its objective's."""
    shares: Shares = field(default_factory=dict, compare=False, repr=False)
    """Its parts of items that feed several key results; found anew for each run, see ``mapping.ledger``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A direction with its key results."""

    id: str
    title: str
    cycle: Cycle
    team: str | None = None
    teams: tuple[str, ...] = ()
    """Those that contribute, beside the one whose objective it is."""
    parent: str | None = None
    """The objective that this one serves; also one of another cycle."""
    owner: str | None = None
    kind: ObjectiveKind = ObjectiveKind.ASPIRATIONAL
    level: str = "team"
    curve: Curve = LINEAR
    """Its own, else its cycle's."""
    profile: Profile = OKRSYNC
    double_counting: DoubleCounting = DoubleCounting.ALLOW
    key_results: tuple[KeyResult, ...] = field(default=())


def inner_of(measure: Measure) -> tuple[Measure, ...]:
    """Return the measures that a measure is made of, in the order written; none for one on a selection."""
    match measure:
        case Ratio():
            return measure.of, measure.to
        case Formula():
            return tuple(inner for _, inner in measure.of)
        case Rollup():
            return tuple(part.measure for part in parts_of(measure))
        case _:
            return ()


def parts_of(group: Rollup | Group) -> tuple[Part, ...]:
    """Return the key results below a roll-up, its groups resolved, in the order written."""
    found: list[Part] = []
    for part in group.parts:
        found += parts_of(part) if isinstance(part, Group) else [part]
    return tuple(found)


def selections_of(measure: Measure) -> tuple[Selection, ...]:
    """Return the selections a measure draws on, in the order written, each once."""
    match measure:
        case Ratio() | Formula() | Rollup() | ByHand():
            own: tuple[Selection, ...] = ()
        case _:
            own = () if measure.selection is None else (measure.selection,)
    inner = (selection for each in inner_of(measure) for selection in selections_of(each))
    return tuple(dict.fromkeys((*own, *inner)))
