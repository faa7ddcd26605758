"""Rows of a table of check-ins of before, each to the check-in that it was; our own export, or another tool's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from mapping.canonical import rule_of, rule_version
from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind
from mapping.columns import folded, unit_of
from mapping.decimals import difference, exact, tidy
from mapping.errors import OkrsyncError
from mapping.metric import clamp, has_ramp, is_rate, raw_progress
from mapping.numbers import NumberStyle
from mapping.pace import pace
from mapping.rows import BadRowsError, CellReader, Row
from mapping.rules import KeyResult, Metric, Objective, Unit, UnitKind
from mapping.show import show_value
from mapping.status import Status

NEAR = Decimal("1e-14")
"""Of a number: a workbook keeps 15 digits of it."""
SHARE = Unit(kind=UnitKind.PERCENT)
KINDS = {folded(kind): kind for kind in CheckInKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a table of check-ins comes to."""

    check_ins: tuple[CheckIn, ...]
    """Of each key result oldest first; ``run`` is 0."""
    remarks: tuple[str, ...] = ()
    """What was assumed, with its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTable:
    """Rows of check-ins and how they are to be read."""

    rows: Sequence[Row]
    columns: frozenset[str]
    """Those that the table has: a cell that is empty there says so, one that is not there says nothing."""
    declared: Sequence[Objective]
    author: str
    """Of those that name none."""
    words: Mapping[str, Status]
    """Words for a status, folded."""
    numbers: NumberStyle = NumberStyle.PLAIN


def past_check_ins(table: PastTable) -> Past:
    """Return the check-ins that rows tell of.

    Raises:
        BadRowsError: rows that cannot be read, all of them.
    """
    reader = _Reader(table)
    for row in table.rows:
        reader.read(row)
    if reader.cells.troubles:
        raise BadRowsError(reader.cells.troubles)
    found = [entry for said in reader.said.values() for entry in reader.told(said)]
    if reader.cells.troubles:
        raise BadRowsError(reader.cells.troubles)
    return Past(check_ins=tuple(found), remarks=tuple(dict.fromkeys(reader.remarks)))


@dataclass(frozen=True, slots=True)
class _Said:
    """A row with what could be read of it alone."""

    row: Row
    key_result: KeyResult
    objective: Objective
    at: datetime
    metric: Metric
    value: Decimal | None
    progress: Decimal | None


@dataclass(slots=True)
class _Reader:
    table: PastTable
    cells: CellReader = field(init=False)
    remarks: list[str] = field(default_factory=list)
    said: dict[str, list[_Said]] = field(default_factory=dict)
    known: dict[str, tuple[KeyResult, Objective]] = field(init=False)
    titled: dict[str, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """Names that no key result has, told once each."""

    def __post_init__(self) -> None:
        self.cells = CellReader(numbers=self.table.numbers)
        self.known = {each.id: (each, one) for one in self.table.declared for each in one.key_results}
        for address, (key_result, _) in self.known.items():
            self.titled.setdefault(folded(key_result.title), []).append(address)

    def read(self, row: Row) -> None:
        address = self._address(row)
        if address is None:
            return
        key_result, objective = self.known[address]
        self.cells.timezone = objective.cycle.timezone
        before = len(self.cells.troubles)
        at = self.cells.instant(row, "at")
        if at is None and len(self.cells.troubles) == before:
            self.cells.trouble(row, "at", "does not say when", "fill in its date")
        metric = self._metric(row, key_result.metric)
        value = self.cells.number(row, "value", metric.unit)
        progress = self.cells.number(row, "progress", SHARE)
        if len(self.cells.troubles) > before or at is None:
            return
        if value is not None and progress is None and metric != key_result.metric:
            fix = "correct it, or fill in Progress"
            self.cells.trouble(row, "unit", f"{address} is counted in another unit", fix)
            return
        if value is None and progress is not None and row.text("no_data") is None:
            value = self._on_the_way(row, metric, progress)
        self.said.setdefault(address, []).append(_Said(row, key_result, objective, at, metric, value, progress))

    def _address(self, row: Row) -> str | None:
        """Return the address that a row means, by address or title."""
        given, title = row.text("key_result_id"), row.text("title")
        meant = next((text for text in (given, title) if text in self.known), None)
        if meant is not None:
            return meant
        column, text = ("title", title) if given is None else ("key_result_id", given)
        if text is None:
            self.cells.trouble(row, "key_result_id", "names no key result", "fill in Key result id, or its title")
            return None
        named = self.titled.get(folded(text), [])
        if len(named) == 1:
            return named[0]
        if named:
            what, fix = f"several key results are called {text!r}", f"write which: {', '.join(named)}"
        else:
            what = f"no key result {text!r} is declared"
            near = get_close_matches(text, [*self.known, *(each.title for each, _ in self.known.values())], n=1)
            fix = f"did you mean {near[0]!r}?" if near else "import or declare it first, and its check-ins then"
        if text not in self.unknown:
            self.unknown.add(text)
            self.cells.trouble(row, column, what, fix)
        return None

    def _metric(self, row: Row, metric: Metric) -> Metric:
        """Return the metric in the unit that the row names."""
        text = row.text("unit")
        unit = metric.unit if text is None else unit_of(text)
        same = (unit.kind, unit.currency) == (metric.unit.kind, metric.unit.currency)
        return metric if same else replace(metric, unit=unit)

    def _on_the_way(self, row: Row, metric: Metric, progress: Decimal) -> Decimal | None:
        """Return the value that a progress stands for between baseline and target."""
        if metric.baseline is None or not has_ramp(metric) or is_rate(metric):
            self.cells.trouble(row, "value", "says progress and no value, which does not follow from it", "add it")
            return None
        with exact():
            value = tidy(metric.baseline + progress * (metric.target - metric.baseline))
        shown = show_value(value, metric.unit)
        self.remarks.append(f"{row.place}: says progress and no value: {shown} follows from it")
        return value

    def told(self, said: Sequence[_Said]) -> list[CheckIn]:
        """Return the check-ins of one key result, oldest first."""
        newest_first = len(said) > 1 and said[0].at >= said[-1].at
        ordered = sorted(reversed(said) if newest_first else said, key=lambda each: each.at)
        found: list[CheckIn] = []
        before: Decimal | None = None
        for each in ordered:
            entry = self._check_in(each, before)
            if entry is not None:
                found.append(entry)
                before = entry.value if entry.value is not None else before
        return found

    def _check_in(self, said: _Said, before: Decimal | None) -> CheckIn | None:
        row, key_result, value = said.row, said.key_result, said.value
        no_data = row.text("no_data")
        if value is None and no_data is None:
            value = before  # whoever says nothing of the value leaves it as it stands
            if value is None or not (row.text("note") or row.text("confidence")):
                self.cells.trouble(row, "value", "says no value", "fill it in, or leave the row out")
                return None
        raw = self._raw_progress(said, value)
        confidence = self.cells.number(row, "confidence", SHARE)
        if confidence is not None and not 0 <= confidence <= 1:
            self.cells.trouble(row, "confidence", "a confidence lies between 0 and 100 %", "correct it")
        rule = rule_of(key_result)
        return CheckIn(
            key_result=key_result.id,
            run=0,
            at=said.at,
            value=value,
            metric=said.metric,
            raw_progress=raw,
            progress=None if raw is None else clamp(raw),
            items=None,
            done=None,
            formula=self._formula(said, value),
            no_data=no_data,
            rule=rule,
            rule_version=rule_version(rule),
            causes=self._causes(row, value, before),
            author=row.text("author") or self.table.author,
            kind=self.cells.choice(row, "kind", KINDS) or CheckInKind.IMPORTED,
            status=self._status(said, raw),
            confidence=confidence,
            note=row.text("note") or "",
            origin=row.place,
        )

    def _raw_progress(self, said: _Said, value: Decimal | None) -> Decimal | None:
        """Return the progress that the row tells; to the last digit where it is that of value and metric of now."""
        if value is None:
            return said.progress
        try:
            found = raw_progress(said.metric, value, said.objective.cycle)
        except OkrsyncError as error:
            if said.progress is None:
                self.cells.trouble(said.row, "value", f"its progress cannot be told: {error}", "fill in Progress")
            return said.progress
        return found if said.progress is None or same_digits(found, said.progress) else said.progress

    def _formula(self, said: _Said, value: Decimal | None) -> str:
        if "formula" in self.table.columns:
            return said.row.text("formula") or ""
        return "" if value is None else f"{show_value(value, said.metric.unit)}, imported from {said.row.place}"

    def _causes(self, row: Row, value: Decimal | None, before: Decimal | None) -> tuple[CausePart, ...]:
        if value is None or ("causes" in self.table.columns and row.text("causes") is None):
            return ()
        if before is None and "causes" not in self.table.columns:
            return (CausePart(kind=CauseKind.FIRST, amount=value),)
        moved = value if before is None else tidy(difference(value, before))
        words = row.text("causes") or ""
        return (CausePart(kind=CauseKind.IMPORTED, amount=moved, detail=words),) if moved or words else ()

    def _status(self, said: _Said, raw: Decimal | None) -> Status | None:
        text = said.row.text("status")
        if text is None and "status" in self.table.columns:
            return None
        if text is not None and (found := self.table.words.get(folded(text))) is not None:
            return found
        if text is not None:
            self.remarks.append(f"status {text!r} is no word of ours: it follows from progress and day")
        objective = said.objective
        return pace(raw, metric=said.metric, objective_kind=objective.kind, cycle=objective.cycle, now=said.at).status


def same_digits(one: Decimal | None, other: Decimal | None) -> bool:
    """Return whether two numbers are one that went through a workbook, or both are none."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= NEAR * max(abs(one), abs(other))
