"""Rows of a table to objectives and key results, each with the check-in that it brings.

Whatever is imported (our own table, another tool's export) arrives as rows of ``mapping.columns``; here they become
what the store knows, or a trouble that names the row and says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mapping.canonical import rule_json, rule_version
from mapping.columns import folded
from mapping.draft.rule import id_of
from mapping.numbers import NumberStyle
from mapping.row_metric import MetricReader
from mapping.rows import ID, BadRowsError, CellReader, Row
from mapping.rules import ByHand, Cycle, KeyResult, Metric, Mode, Objective, ObjectiveKind, Unit, UnitKind

KINDS = {
    **{folded(kind): kind for kind in ObjectiveKind},
    "engage": ObjectiveKind.COMMITTED,
    "ambitieux": ObjectiveKind.ASPIRATIONAL,
    "committed goal": ObjectiveKind.COMMITTED,
    "aspirational goal": ObjectiveKind.ASPIRATIONAL,
}


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
    cells: CellReader
    metrics: MetricReader
    wholes: dict[str, Objective] = field(default_factory=dict)
    parts: dict[str, dict[str, KeyResult]] = field(default_factory=dict)
    brought: list[Brought] = field(default_factory=list)
    spans: dict[str, Cycle] = field(default_factory=dict)

    def read(self, row: Row) -> None:
        cycle = self._cycle(row)
        title = row.text("objective_title")
        given = row.text("objective_id")
        if title is None and given is None:
            self.cells.trouble(row, "objective_title", "names no objective", "fill in Objective, or Objective id")
            return
        id_ = self.cells.id(row, "objective_id", given or id_of(title or ""))
        if cycle is None or id_ is None:
            return
        self._objective(row, id_, title, cycle)
        if row.text("title") is not None or row.text("key_result_id") is not None:
            self._key_result(row, id_, cycle)

    def _cycle(self, row: Row) -> Cycle | None:
        if self.around.cycle is not None and self.around.cycle in self.around.cycles:
            return self.around.cycles[self.around.cycle]
        id_ = self.around.cycle or row.text("cycle")
        if id_ is None:
            self.cells.trouble(row, "cycle", "names no cycle", "fill in Cycle, or say which: --cycle")
            return None
        known = self.around.cycles.get(id_) or self.spans.get(id_)
        if known is not None:
            return known
        starts, ends = self.cells.day(row, "starts_on"), self.cells.day(row, "ends_on")
        zone = row.text("timezone") or self.around.timezone
        if starts is None or ends is None or starts >= ends:
            what = f"cycle {id_!r} is not known, and the row does not say from when to when it runs"
            self.cells.trouble(
                row, "cycle", what, "fill in Starts on and Ends on (2026-10-01, 2027-01-01), or name another"
            )
            return None
        if not ID.fullmatch(id_):
            id_ = id_of(id_)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self.cells.trouble(row, "timezone", f"{zone!r} is no time zone", "write one such as Europe/Paris")
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
                kind=self.cells.choice(row, "objective_kind", KINDS) or ObjectiveKind.ASPIRATIONAL,
            )
            self.parts[id_] = {}
        elif title is not None and title != known.title and known.title != id_:
            fix = "give one of them another Objective id"
            self.cells.trouble(
                row, "objective_title", f"objective {id_} has the title {known.title!r} in a row above", fix
            )
        elif cycle != known.cycle:
            fix = "give one of them another Objective id"
            self.cells.trouble(row, "cycle", f"objective {id_} is in cycle {known.cycle.id} in a row above", fix)

    def _parent(self, row: Row, id_: str) -> str | None:
        text = row.text("parent")
        if text == id_:
            self.cells.trouble(row, "parent", f"objective {id_} is its own parent", "name another, or none")
        return None if text is None else self.cells.id(row, "parent", text)

    def _key_result(self, row: Row, objective: str, cycle: Cycle) -> None:
        given, title = row.text("key_result_id"), row.text("title")
        own = given.removeprefix(f"{objective}/") if given else id_of(title or "")
        if self.cells.id(row, "key_result_id", own) is None:
            return
        address = f"{objective}/{own}"
        if own in self.parts[objective]:
            self.cells.trouble(row, "key_result_id", f"{address} stands in a row above", "give it an id of its own")
            return
        metric = self.metrics.read(row, title or own, cycle)
        weight = self.cells.number(row, "weight", Unit())
        if metric is None:
            return
        if weight is not None and weight < 0:
            self.cells.trouble(row, "weight", "a weight is 0 or more", "correct it")
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
        value = self.cells.number(row, "value", metric.unit)
        confidence = self.cells.number(row, "confidence", Unit(kind=UnitKind.PERCENT))
        at = self.cells.instant(row, "checked_in_at")
        if confidence is not None and not 0 <= confidence <= 1:
            self.cells.trouble(row, "confidence", "a confidence lies between 0 and 100 %", "correct it")
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


def incoming(rows: Sequence[Row], around: Around) -> Incoming:
    """Return what rows come to.

    Raises:
        BadRowsError: rows that cannot be read, all of them.
    """
    cells = CellReader(timezone=around.timezone, numbers=around.numbers)
    reader = _Reader(around, cells, MetricReader(cells))
    for row in rows:
        reader.read(row)
    if cells.troubles:
        raise BadRowsError(cells.troubles)
    objectives = tuple(
        replace(whole, key_results=tuple(reader.parts[id_].values())) for id_, whole in reader.wholes.items()
    )
    return Incoming(objectives=objectives, check_ins=tuple(reader.brought), remarks=tuple(reader.metrics.remarks))
