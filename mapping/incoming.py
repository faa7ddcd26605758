"""Rows of a table to objectives and key results, each with the check-in that it brings.

Whatever is imported (our own table, another tool's export) arrives as rows of ``mapping.columns``; here they become
what the store knows, or a trouble that names the row and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mapping.canonical import rule_json, rule_version
from mapping.columns import IN_HUNDREDTHS, folded, read_number, unit_of
from mapping.draft.drafting import draft
from mapping.draft.result import Draft, DraftKind
from mapping.draft.rule import id_of
from mapping.errors import FixConfigError, OkrsyncError
from mapping.metric import has_ramp, raw_progress
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import (
    ByHand,
    Cycle,
    KeyResult,
    Metric,
    MetricKind,
    Mode,
    Objective,
    ObjectiveKind,
    Period,
    PeriodPolicy,
    Unit,
    UnitKind,
)

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""As in the rules."""
Choice = TypeVar("Choice", bound=StrEnum)

DONE = Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE))
KINDS = {
    **{folded(kind): kind for kind in ObjectiveKind},
    "engage": ObjectiveKind.COMMITTED,
    "ambitieux": ObjectiveKind.ASPIRATIONAL,
    "committed goal": ObjectiveKind.COMMITTED,
    "aspirational goal": ObjectiveKind.ASPIRATIONAL,
}
_OF_DRAFT = {
    DraftKind.INCREASE: MetricKind.INCREASE,
    DraftKind.DECREASE: MetricKind.DECREASE,
    DraftKind.AT_LEAST: MetricKind.AT_LEAST,
    DraftKind.AT_MOST: MetricKind.AT_MOST,
    DraftKind.BETWEEN: MetricKind.BETWEEN,
}
_STRICT = {">": MetricKind.ABOVE, "<": MetricKind.BELOW}


class BadRowsError(FixConfigError):
    """Rows that cannot be imported, all of them with their places; nothing was written."""

    def __init__(self, troubles: Sequence[str]) -> None:
        self.troubles = tuple(troubles)
        super().__init__("\n".join(troubles))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one cell holds."""

    text: str
    place: str
    """For people: ``q4.csv, line 7, Target``."""
    percent: bool = False
    """A number that is shown as per cent and is a fraction."""
    exact: bool = False
    """A number as a program wrote it, whatever the file's style is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key result as a table says it; or an objective alone, where nothing is said of a key result."""

    place: str
    entries: Mapping[str, Entry]
    """By name of the column; what is empty is absent."""

    def text(self, name: str) -> str | None:
        """Return the text of a column, without the spaces around it; None where there is none."""
        found = self.entries.get(name)
        return (found.text.strip() or None) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What rows are read with."""

    cycles: Mapping[str, Cycle]
    """Those that are known, by id."""
    cycle: str | None = None
    """The cycle that everything goes into, whatever the rows say."""
    timezone: str = "UTC"
    numbers: NumberStyle = NumberStyle.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The check-in that a row brings."""

    key_result: str
    value: Decimal
    at: datetime | None
    """None: the source does not say when."""
    author: str | None
    confidence: Decimal | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What rows come to."""

    objectives: tuple[Objective, ...]
    check_ins: tuple[Brought, ...]
    remarks: tuple[str, ...] = ()
    """What was assumed, with its place."""


@dataclass(slots=True)
class _Reader:
    around: Around
    troubles: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    wholes: dict[str, Objective] = field(default_factory=dict)
    parts: dict[str, dict[str, KeyResult]] = field(default_factory=dict)
    brought: list[Brought] = field(default_factory=list)
    spans: dict[str, Cycle] = field(default_factory=dict)

    def read(self, row: Row) -> None:
        cycle = self._cycle(row)
        title = row.text("objective_title")
        given = row.text("objective_id")
        if title is None and given is None:
            self.trouble(row, "objective_title", "names no objective", "fill in Objective, or Objective id")
            return
        id_ = self._id(row, "objective_id", given or id_of(title or ""))
        if cycle is None or id_ is None:
            return
        self._objective(row, id_, title, cycle)
        if row.text("title") is not None or row.text("key_result_id") is not None:
            self._key_result(row, id_, cycle)

    def trouble(self, row: Row, column: str, what: str, fix: str) -> None:
        entry = row.entries.get(column)
        self.troubles.append(f"{entry.place if entry else row.place}: {what}: {fix}")

    def _id(self, row: Row, column: str, text: str) -> str | None:
        if ID.fullmatch(text):
            return text
        self.trouble(row, column, f"{text!r} is no id", "use letters, digits, dots and dashes")
        return None

    def _cycle(self, row: Row) -> Cycle | None:
        if self.around.cycle is not None and self.around.cycle in self.around.cycles:
            return self.around.cycles[self.around.cycle]
        id_ = self.around.cycle or row.text("cycle")
        if id_ is None:
            self.trouble(row, "cycle", "names no cycle", "fill in Cycle, or say which: --cycle")
            return None
        known = self.around.cycles.get(id_) or self.spans.get(id_)
        if known is not None:
            return known
        starts, ends = self.day(row, "starts_on"), self.day(row, "ends_on")
        zone = row.text("timezone") or self.around.timezone
        if starts is None or ends is None or starts >= ends:
            what = f"cycle {id_!r} is not known, and the row does not say from when to when it runs"
            self.trouble(row, "cycle", what, "fill in Starts on and Ends on (2026-10-01, 2027-01-01), or name another")
            return None
        if not ID.fullmatch(id_):
            id_ = id_of(id_)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self.trouble(row, "timezone", f"{zone!r} is no time zone", "write one such as Europe/Paris")
            return None
        made = Cycle(id=id_, starts_on=starts, ends_on=ends, timezone=zone)
        return self.spans.setdefault(row.text("cycle") or id_, self.around.cycles.get(id_, made))

    def _objective(self, row: Row, id_: str, title: str | None, cycle: Cycle) -> None:
        known = self.wholes.get(id_)
        if known is None:
            self.wholes[id_] = Objective(
                id=id_,
                title=title or id_,
                cycle=cycle,
                team=row.text("team"),
                parent=self._parent(row, id_),
                owner=row.text("objective_owner"),
                kind=self._choice(row, "objective_kind", KINDS, ObjectiveKind.ASPIRATIONAL),
            )
            self.parts[id_] = {}
        elif title is not None and title != known.title and known.title != id_:
            fix = "give one of them another Objective id"
            self.trouble(row, "objective_title", f"objective {id_} has the title {known.title!r} in a row above", fix)
        elif cycle != known.cycle:
            fix = "give one of them another Objective id"
            self.trouble(row, "cycle", f"objective {id_} is in cycle {known.cycle.id} in a row above", fix)

    def _parent(self, row: Row, id_: str) -> str | None:
        text = row.text("parent")
        if text == id_:
            self.trouble(row, "parent", f"objective {id_} is its own parent", "name another, or none")
        return None if text is None else self._id(row, "parent", text)

    def _key_result(self, row: Row, objective: str, cycle: Cycle) -> None:
        given, title = row.text("key_result_id"), row.text("title")
        own = given.removeprefix(f"{objective}/") if given else id_of(title or "")
        if self._id(row, "key_result_id", own) is None:
            return
        address = f"{objective}/{own}"
        if own in self.parts[objective]:
            self.trouble(row, "key_result_id", f"{address} stands in a row above", "give it an id of its own")
            return
        metric = self._metric(row, title or own, cycle)
        weight = self.number(row, "weight", Unit())
        if metric is None:
            return
        if weight is not None and weight < 0:
            self.trouble(row, "weight", "a weight is 0 or more", "correct it")
            return
        rule = rule_json(metric, ByHand())
        self.parts[objective][own] = KeyResult(
            id=address,
            title=title or own,
            metric=metric,
            measure=ByHand(),
            owner=row.text("owner"),
            team=row.text("key_result_team"),
            weight=Decimal(1) if weight is None else weight,
            mode=Mode.MANUAL,
            rule=rule,
            rule_version=rule_version(rule),
        )
        self._check_in(row, address, metric)

    def _check_in(self, row: Row, address: str, metric: Metric) -> None:
        value = self.number(row, "value", metric.unit)
        confidence = self.number(row, "confidence", Unit(kind=UnitKind.PERCENT))
        at = self.instant(row, "checked_in_at")
        if confidence is not None and not 0 <= confidence <= 1:
            self.trouble(row, "confidence", "a confidence lies between 0 and 100 %", "correct it")
        if value is not None:
            self.brought.append(
                Brought(
                    key_result=address,
                    value=value,
                    at=at,
                    author=row.text("author"),
                    confidence=confidence,
                    note=row.text("note") or "",
                )
            )

    def _metric(self, row: Row, title: str, cycle: Cycle) -> Metric | None:
        before = len(self.troubles)
        unit = self._unit(row)
        amounts = {name: self.number(row, name, unit) for name in ("baseline", "target", "upper", "commit", "stretch")}
        if len(self.troubles) > before:
            return None
        if unit.kind is UnitKind.DONE:
            metric: Metric | None = DONE
        elif amounts["target"] is None and amounts["baseline"] is None:
            metric = self._drafted(row, title)
        elif amounts["target"] is None:
            self.trouble(row, "target", f"{title!r} has a baseline and no target", "fill in Target")
            return None
        else:
            metric = self._stated(row, unit, amounts)
        if metric is None or len(self.troubles) > before:
            return None
        try:
            raw_progress(metric, metric.target if metric.baseline is None else metric.baseline, cycle)
        except OkrsyncError as error:
            self.trouble(row, "target", f"{title!r}: {error}", "correct Baseline or Target")
            return None
        return metric

    def _stated(self, row: Row, unit: Unit, amounts: Mapping[str, Decimal | None]) -> Metric:
        baseline, target = amounts["baseline"], amounts["target"] or Decimal(0)
        usual = MetricKind.AT_LEAST
        if amounts["upper"] is not None:
            usual = MetricKind.BETWEEN
        elif baseline is not None:
            usual = MetricKind.INCREASE if target > baseline else MetricKind.DECREASE
        kind = self._choice(row, "kind", {folded(each): each for each in MetricKind}, usual)
        per = self._choice(row, "per", {folded(each): each for each in Period}, None)
        if (kind is MetricKind.BETWEEN) != (amounts["upper"] is not None):
            self.trouble(row, "upper", "a band has two edges, and nothing else has", "fill in Target and Upper edge")
        if (amounts["commit"] is None) != (amounts["stretch"] is None):
            self.trouble(row, "commit", "commit and stretch stand together", "fill in both, or none")
        return Metric(
            kind=kind,
            target=target,
            baseline=None if kind is MetricKind.BINARY else baseline,
            unit=unit,
            per=per,
            over=self._choice(row, "over", {folded(each): each for each in PeriodPolicy}, PeriodPolicy.MEAN),
            upper=amounts["upper"],
            commit=amounts["commit"],
            stretch=amounts["stretch"],
        )

    def _drafted(self, row: Row, title: str) -> Metric:
        made = metric_of(draft(title))
        if made is None:
            self.remarks.append(f"{row.place}: nothing tells a target of {title!r}: it is taken as done or not done")
            return DONE
        self.remarks.append(f"{row.place}: the target is read from the title {title!r}: {draft(title).sentence}")
        return made

    def _unit(self, row: Row) -> Unit:
        text = row.text("unit")
        if text is not None:
            return unit_of(text)
        for name in ("target", "baseline"):
            entry = row.entries.get(name)
            if entry is not None and entry.percent:
                return Unit(kind=UnitKind.PERCENT)
            if entry is not None and not entry.exact:
                found = self._amount(entry)
                if found is not None and found[1] is not None:
                    return found[1]
        return Unit()

    def number(self, row: Row, name: str, unit: Unit) -> Decimal | None:
        """Return a number in a unit; None where there is none, or none that can be read."""
        entry = row.entries.get(name)
        if entry is None or not entry.text.strip():
            return None
        found = self._amount(entry)
        if found is None:
            self.trouble(row, name, f"{entry.text!r} is no number", "write one such as 25, 25% or 1200.5")
            return None
        value, own = found
        if own is not None and (own.kind, own.currency) != (unit.kind, unit.currency):
            self.trouble(row, name, f"{entry.text!r} is in another unit than the row", "make Unit say the same")
            return None
        in_unit = entry.percent or own is not None
        return value if in_unit and unit.kind in IN_HUNDREDTHS else read_number(value, unit)

    def _amount(self, entry: Entry) -> tuple[Decimal, Unit | None] | None:
        if entry.exact:
            return Decimal(entry.text), None
        try:
            amount = parse_value(entry.text, style=self.around.numbers)
        except OkrsyncError:
            return None
        return amount.value, amount.unit

    def _choice(self, row: Row, name: str, words: Mapping[str, Choice], usual: Choice | None) -> Choice:
        text = row.text(name)
        found = usual if text is None else words.get(folded(text))
        if found is None and text is not None:
            self.trouble(row, name, f"{text!r} is none of {', '.join(dict.fromkeys(words.values()))}", "write one")
            return next(iter(words.values()))
        return found  # type: ignore[return-value] # None only where None is usual

    def day(self, row: Row, name: str) -> date | None:
        """Return a day; None where there is none, or none that can be read."""
        at = self.instant(row, name)
        return None if at is None else at.astimezone(self._zone(row)).date()

    def instant(self, row: Row, name: str) -> datetime | None:
        """Return an instant in UTC; a day is its first moment in the row's time zone."""
        text = row.text(name)
        if text is None:
            return None
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            self.trouble(row, name, f"{text!r} is no date", "write 2026-10-01, or 2026-10-01T18:00:00Z")
            return None
        return (read if read.tzinfo else read.replace(tzinfo=self._zone(row))).astimezone(UTC)

    def _zone(self, row: Row) -> ZoneInfo:
        try:
            return ZoneInfo(row.text("timezone") or self.around.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")  # the row is refused for it elsewhere


def incoming(rows: Sequence[Row], around: Around) -> Incoming:
    """Return what rows come to.

    Raises:
        BadRowsError: rows that cannot be read, all of them.
    """
    reader = _Reader(around)
    for row in rows:
        reader.read(row)
    if reader.troubles:
        raise BadRowsError(reader.troubles)
    objectives = tuple(
        replace(whole, key_results=tuple(reader.parts[id_].values())) for id_, whole in reader.wholes.items()
    )
    return Incoming(objectives=objectives, check_ins=tuple(reader.brought), remarks=tuple(reader.remarks))


def metric_of(made: Draft) -> Metric | None:
    """Return the metric that a draft is; None while it lacks a target, or a baseline to start from."""
    if made.kind is DraftKind.DONE:
        return DONE
    if made.kind is None or made.target is None or made.relative:
        return None
    per = next((each for each in Period if made.per is not None and each.value == made.per.value), None)
    if made.per is not None and per is None:
        return None
    unit = Unit(kind=made.unit or UnitKind.NUMBER, currency=made.currency)
    kind = _STRICT.get(made.comparator or "", _OF_DRAFT[made.kind])
    if kind is MetricKind.BETWEEN:
        return None if made.baseline is None else Metric(kind=kind, target=made.baseline, upper=made.target, unit=unit)
    metric = Metric(kind=kind, target=made.target, baseline=made.baseline, unit=unit, per=per)
    ramp = kind in (MetricKind.INCREASE, MetricKind.DECREASE)
    return None if ramp and (made.baseline is None or not has_ramp(metric)) else metric
