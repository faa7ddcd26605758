"""What comes out: readings, standings, check-ins, and the plan that says what a sync would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from mapping.curves import Mark
from mapping.rules import Cycle, Metric, ObjectiveKind
from mapping.score import Score
from mapping.words import ItemState


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One item's part in a reading: what it weighs and how much of that counts as done."""

    connection: str
    item: str
    key: str
    title: str
    state: ItemState
    status: str
    url: str | None
    weight: Decimal | None
    """None: it has no estimate (see ``note`` for what the policy made of that)."""
    credit: Decimal
    """The part of ``weight`` that went into the numerator (completion), or the value that was aggregated."""
    counted: bool
    note: str = ""
    """Why it was left out, or what was assumed; empty for the plain case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One completion under two scopes: what the selection holds now, and what it held at the end of a day."""

    on: date
    current: Decimal | None
    """The share done of what is in scope now."""
    frozen: Decimal | None
    """The share done by now of what was in scope then, by the weights of then."""
    weight_then: Decimal
    weight_now: Decimal
    creep: Decimal | None
    """By which share the weight has grown since; below 0 where it shrank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of a measure: a value or a reason why there is none, with what it rests on."""

    value: Decimal | None
    no_data: str | None = None
    """The reason; set exactly when ``value`` is None."""
    items: int | None = None
    """Items that counted; None when the measure does not rest on items."""
    done: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason to number of items that matched but did not count."""
    assumed: Mapping[str, int] = field(default_factory=dict)
    """Assumption to number of items it was made for (``no estimate: counted as 0``)."""
    formula: str = ""
    """With its numbers, for people: ``34 done / 89 story points``."""
    at: datetime | None = None
    """The instant of the sample, for a series."""
    origin: str = ""
    """Where a sample was read."""
    evidence: tuple[Contribution, ...] = ()
    """Collected only when asked for."""
    unestimated: int = 0
    """Items without an estimate, whatever was made of them."""
    span: tuple[Decimal, Decimal] | None = None
    """Least and greatest value over all policies for missing estimates; None where none is missing."""
    scope: Scope | None = None
    """A completion held against what was in scope before; computed when evidence is, or when it is the rule's own."""


class Status(StrEnum):
    """How progress stands against this day, by a profile's thresholds; and the states that are no colour."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    NOT_STARTED = "not_started"
    """The cycle has not begun."""
    TOO_EARLY = "too_early"
    """Nothing is coloured in the first 5 % of a cycle."""
    NO_DATA = "no_data"
    STALE = "stale"
    ACHIEVED = "achieved"
    PARTIAL = "partial"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What was expected by an instant, and the status that follows, with the arithmetic in words."""

    elapsed: Decimal
    """Share of the cycle that has passed, 0 to 1."""
    expected: Decimal
    """Expected progress."""
    status: Status
    because: str
    """``38 % of the way with 52 % expected: 0.73 of the pace, on track from 0.90``."""
    expected_because: str = ""
    """How the expected progress came about: ``33 of 63 working days (FR) over: 52 % expected``."""
    profile: str = "okrsync"
    """The status profile whose thresholds these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one status profile makes of a key result."""

    profile: str
    title: str
    own: bool
    """Whether it is the one that the rules name."""
    status: Status
    called: str
    """The tool's own word for the colour; empty where there is none."""
    because: str
    reading: str
    """The choice taken where the tool's documents leave one open."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapItem:
    """An open item that would bring a key result forward."""

    connection: str
    item: str
    key: str
    title: str
    state: ItemState
    status: str
    url: str | None
    assignee: str | None
    created_at: datetime | None
    effect: Decimal
    """What finishing it adds to the value, in the value's unit; less than 0 where less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What would bring a key result back on pace, or why no list of items can."""

    needed: Decimal
    """The progress that is on track today."""
    items: tuple[GapItem, ...] = ()
    """The fewest that are enough, the greatest contribution first; at most the first 50. All that help if none is."""
    count: int = 0
    """All items of the list."""
    after: Decimal | None = None
    """Progress once they are done, by measuring again."""
    closes: bool = False
    because: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StillKeyResult:
    """A key result that no work moves."""

    key_result: str
    title: str
    because: str
    last_change_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntiedWork:
    """Work that no key result is served by, of one project and under one parent."""

    connection: str
    project: str
    """As the keys say: ``CHK``, ``acme/shop``; empty where they say nothing."""
    parent: str | None
    parent_name: str
    """Key and title where the mirror holds it, else its id."""
    items: int
    open: int
    points: Decimal | None
    """Sum of the declared weight over the items that have it."""
    keys: tuple[str, ...]
    """Sorted; at most the first 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FedByMany:
    """An item that feeds several key results of a running cycle."""

    connection: str
    item: str
    key: str
    title: str
    url: str | None
    key_results: tuple[str, ...]
    """In the order of the rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """What is not covered, either way."""

    as_of: datetime
    days: int
    still: tuple[StillKeyResult, ...]
    untied: tuple[UntiedWork, ...]
    many: tuple[FedByMany, ...]
    unread: tuple[str, ...]
    """Selections declared for coverage that were never read completely."""


class CauseKind(StrEnum):
    """Why a value changed. The parts of a change sum to the whole."""

    FIRST = "first reading"
    COMPLETED = "completed"
    REOPENED = "reopened"
    SCOPE_ADDED = "scope added"
    SCOPE_REMOVED = "scope removed"
    VANISHED = "deleted or hidden"
    """Gone, and the vendor does not say how."""
    DELETED = "deleted"
    HIDDEN = "hidden from us"
    ARCHIVED = "archived"
    MOVED = "moved elsewhere"
    RE_ESTIMATED = "re-estimated"
    EDITED = "edited"
    """Another field that the rule looks at changed (a label, a type, the parent)."""
    SOURCE_CHANGED = "source value changed"
    RULE_CHANGED = "rule changed"
    BY_HAND = "entered by hand"
    SHARED = "shared differently"
    """An item that counts here feeds other key results than before, and the rules split it or count it once."""
    CLOCK = "time passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePart:
    """One cause's share of the change of a value, in the value's unit."""

    kind: CauseKind
    amount: Decimal
    items: tuple[str, ...] = ()
    """Keys of the items, sorted; at most the first 20."""
    count: int = 0
    detail: str = ""
    """For a source value: ``4.3 → 4.4 in kpis.xlsx, sheet KPI, C7``."""


class CheckInKind(StrEnum):
    """Where a check-in comes from."""

    MEASURED = "measured"
    """By a run, from the sources."""
    BY_HAND = "by hand"
    """By a person."""
    ACCEPTED = "accepted"
    """Measured, held by the guard or merely suggested, and then accepted by a person."""
    IMPORTED = "imported"
    """Taken over from another tool's export."""
    REPORTED = "reported"
    """By another okrsync, which measured it; its author is whose token it came with."""
    REBUILT = "rebuilt"
    """What would have been measured before anybody looked. Never written as a check-in: it stands in for one as of a
    day before the first sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One entry of a key result's history. Append-only, unique per (key result, run)."""

    key_result: str
    run: int
    at: datetime
    value: Decimal | None
    """None when the sources gave no data for the first time after having given some."""
    metric: Metric
    raw_progress: Decimal | None
    progress: Decimal | None
    items: int | None
    done: int | None
    formula: str
    no_data: str | None
    rule: str
    rule_version: str
    causes: tuple[CausePart, ...] = ()
    author: str = "okrsync"
    kind: CheckInKind = CheckInKind.MEASURED
    status: Status | None = None
    """As it stood when it was written; None where it was not kept."""
    confidence: Decimal | None = None
    """A person's, 0 to 1, that the target will be reached."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A check-in by hand that stands in for the automatic value, visibly and for a while."""

    check_in: CheckIn
    sticky: bool
    """Holds until it expires or is resumed; otherwise only until the automatic value moves."""
    expires_at: datetime | None
    reason: str
    ended_at: datetime | None = None
    ended_because: str | None = None

    def in_force(self, now: datetime) -> bool:
        """Return whether it stands in at ``now``."""
        ended = self.ended_at is not None and now >= self.ended_at
        return not ended and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a person had to say about a key result."""

    key_result: str
    at: datetime
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change by a person, or of what is declared, with both sides as plain JSON."""

    at: datetime
    actor: str
    action: str
    subject: str
    """The address of what was changed."""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltReading:
    """What a key result would have read at the end of a day before anybody measured it."""

    key_result: str
    day: str
    """ISO date in the cycle's time zone."""
    at: datetime
    """The end of that day."""
    value: Decimal | None
    raw_progress: Decimal | None
    progress: Decimal | None
    no_data: str | None
    formula: str
    rule_version: str
    assumptions: tuple[str, ...] = ()
    """What had to be assumed, with the number of items: ``12 items counted since their creation …``."""

    def as_check_in(self, metric: Metric, rule: str) -> CheckIn:
        """Return it as the check-in that a sync of that day might have written; what was assumed is its note."""
        return CheckIn(
            key_result=self.key_result,
            run=0,
            at=self.at,
            value=self.value,
            metric=metric,
            raw_progress=self.raw_progress,
            progress=self.progress,
            items=None,
            done=None,
            formula=self.formula,
            no_data=self.no_data,
            rule=rule,
            rule_version=self.rule_version,
            kind=CheckInKind.REBUILT,
            note="; ".join(self.assumptions),
        )


class ReviewCause(StrEnum):
    """Why a reading waits for a person."""

    SHRUNK = "shrunken selection"
    JUMP = "unusual jump"
    FLIP = "sign changed"
    SUGGESTED = "suggested"
    """Nothing is wrong with it: the key result's mode is to ask."""


class ReviewState(StrEnum):
    """What became of a reading that waited."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """A later run read something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reading that waits, or waited, for a person instead of being published."""

    key_result: str
    run: int
    at: datetime
    proposal: CheckIn
    """What will be published if it is accepted."""
    cause: ReviewCause
    detail: str
    state: ReviewState = ReviewState.OPEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str = ""


class Action(StrEnum):
    """What a sync does to one key result."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    """Nothing changed; no check-in is written."""
    HOLD = "hold"
    """The last good value stays, marked stale."""
    SUGGEST = "suggest"
    """The value is good and waits for a person, as the key result's mode has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the plan: what was, what will be, and why."""

    key_result: str
    title: str
    action: Action
    old: CheckIn | None
    new: CheckIn | None
    """None for keep, hold and suggest."""
    review: Review | None = None
    """What waits for a person, where something does."""
    causes: tuple[CausePart, ...] = ()
    stale_reason: str | None = None
    reading: Reading
    metric: Metric
    old_status: Status | None
    status: Status


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
class Query:
    """A selection as shown in an explanation."""

    connection: str
    connector: str
    text: str
    """Native query or structured selection, for people."""
    matched: int | None
    last_complete_at: datetime | None
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What became of telling a destination how a key result stands."""

    destination: str
    at: datetime
    """When it ended; while it waits, when it was queued."""
    state: str
    value: Decimal | None
    status: Status
    detail: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a key result's number is what it is: one object for the command line, JSON and the page."""

    standing: Standing
    cycle: str
    objective_title: str
    reading: Reading
    """Measured again from the mirror as it was at the check-in, with its evidence."""
    agrees: bool
    """Whether measuring again gave the published value; False would be a fault worth reporting."""
    steps: tuple[str, ...]
    """The arithmetic in order, one line each: measure, progress, pace."""
    queries: tuple[Query, ...]
    rule: str
    rule_version: str
    run: int | None
    run_at: datetime | None
    check_ins: tuple[CheckIn, ...]
    """Newest first."""
    comments: tuple[Comment, ...] = ()
    """Oldest first."""
    review: Review | None = None
    """What waits for a person now."""
    rebuilt: tuple[RebuiltReading, ...] = ()
    """Days before anybody measured it, oldest first."""
    expected_line: tuple[Mark, ...] = ()
    """Expected progress over the cycle as points to be joined; empty for what is expected in full all along."""
    profiles: tuple[Judgement, ...] = ()
    """The key result under each status profile, the rules' own first."""
    forecast: Forecast | None = None
    """None after the end of the cycle."""
    gap: Gap | None = None
    """What would close the gap; None where there is no colour, or a person's value is shown."""
    deliveries: tuple[Sending, ...] = ()
    """What was written, or waits to be, at destinations; newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecord:
    """How one connection fared in a run."""

    connection: str
    outcome: str
    """The worst outcome of its selections: complete, partial, failed or skipped."""
    reason: str | None
    requests: int
    matched: int
    read: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One published execution of the sync."""

    seq: int
    id: str
    started_at: datetime
    finished_at: datetime
    check_ins: int
    connections: tuple[ConnectionRecord, ...]


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
