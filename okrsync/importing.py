"""Reads what is to be imported, and writes it as rules where it is to be committed instead."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from config.load import Config
from config.yaml_nodes import Plain
from connectors.asana.goal_list import Goal, goals_in, goals_of
from connectors.asana.options import AsanaOptions
from flows.asana_goals import goal_rows
from flows.importing import ImportReport, Taken
from flows.opening import surroundings_of
from flows.tables import lines_of, own_rows
from flows.viva import viva_rows
from flows.work import utc_now
from mapping.columns import written_amount, written_number
from mapping.decimals import tidy
from mapping.errors import FixConfigError
from mapping.incoming import Around, Incoming, incoming
from mapping.numbers import NumberStyle
from mapping.rows import Row
from mapping.rules import Cycle, Metric, MetricKind, Objective, ObjectiveKind, PeriodPolicy, UnitKind
from okrsync.place import Place
from okrsync.running import known
from okrsync.yaml_out import dumped

SOURCES = ("csv", "xlsx", "asana-goals", "viva")
TABLES = frozenset({"csv", "xlsx"})
LEFT, HINT = "measure: by_hand", "fill in what measures it, such as {count: {from: jira, jql: …}}"
_ENDS = frozenset({MetricKind.AT_LEAST, MetricKind.AT_MOST, MetricKind.ABOVE, MetricKind.BELOW})


def source_of(asked: str | None, path: Path) -> str:
    """Return what a file is, by what was asked or by its name.

    Raises:
        FixConfigError: neither tells.
    """
    if asked is not None:
        return asked
    found = {".csv": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xls": "xlsx", ".ods": "xlsx", ".json": "asana-goals"}
    if path.suffix.lower() not in found:
        raise FixConfigError(f"{path.name} does not tell what it is: add --from, one of {', '.join(SOURCES)}")
    return found[path.suffix.lower()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be imported."""

    source: str
    said: str
    """What it is called, for people."""
    path: Path | None
    connection: str | None
    cycle: str | None
    sheet: str | None
    numbers: NumberStyle


def wish_of(
    path: Path | None,
    source: str | None,
    connection: str | None,
    *,
    cycle: str | None = None,
    sheet: str | None = None,
    numbers: NumberStyle = NumberStyle.PLAIN,
) -> Wish:
    """Return what was asked for.

    Raises:
        FixConfigError: neither file nor connection was named, or both, or nothing tells what a file is.
    """
    if (path is None) == (connection is None) or (connection is not None and source not in (None, "asana-goals")):
        raise FixConfigError("name a file, or an Asana connection with --connection")
    kind = "asana-goals" if path is None else source_of(source, path)
    said = connection or (path.name if path else "")
    return Wish(source=kind, said=said, path=path, connection=connection, cycle=cycle, sheet=sheet, numbers=numbers)


def read(wish: Wish, cycles: Mapping[str, Cycle], place: Place) -> Incoming:
    """Return what a file or a connection comes to; times without a zone are those of the latest cycle that is known.

    Raises:
        BadRowsError: rows that cannot be read, all of them with their places.
        FixConfigError: no such file, or it is something else.
    """
    zones = [each.timezone for each in sorted(cycles.values(), key=lambda each: each.starts_on)]
    zone = zones[-1] if zones else "UTC"
    given = Around(cycles=cycles, cycle=wish.cycle, timezone=zone, numbers=wish.numbers)
    if wish.path is None:
        return read_goals(place.rules(), wish.connection or "", given)
    return read_file(wish.source, wish.path, given, wish.sheet)


def read_file(source: str, path: Path, given: Around, sheet: str | None = None) -> Incoming:
    """Return what a file comes to; see ``read``."""
    rows: Sequence[Row]
    if source == "asana-goals":
        rows, remarks = goal_rows(_goals(path), path.name)
    else:
        lines = asyncio.run(lines_of(path, sheet))
        rows, remarks = viva_rows(lines) if source == "viva" else own_rows(lines)
    return _incoming(rows, remarks, given)


def read_goals(config: Config, connection: str, given: Around) -> Incoming:
    """Return what the goals of an Asana connection come to.

    Raises:
        BadRowsError: goals that cannot be taken over.
        FixConfigError: there is no such connection, or Asana refuses it.
        TryAgainError: Asana is busy or away.
    """
    known("connection", [connection], config.connections)
    options = config.connections[connection].options
    if not isinstance(options, AsanaOptions):
        raise FixConfigError(f"connection {connection} is none of Asana: name another with --connection")
    goals = asyncio.run(goals_of(options, surroundings_of(config, connection, now=utc_now)))
    rows, remarks = goal_rows(goals, connection)
    return _incoming(rows, remarks, given)


def _goals(path: Path) -> list[Goal]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FixConfigError(f"cannot read {path}: {error.strerror or error}") from error
    if b'"okrsync_export"' in content[:200]:
        fix = "import OKRs from csv or xlsx, and from this file their check-ins with --history"
        raise FixConfigError(f"{path.name} is an export of okrsync: {fix}")
    return goals_in(content, path.name)


def _incoming(rows: Sequence[Row], remarks: Sequence[str], given: Around) -> Incoming:
    found = incoming(rows, given)
    return Incoming(objectives=found.objectives, check_ins=found.check_ins, remarks=(*remarks, *found.remarks))


def lines_of_report(report: ImportReport) -> list[str]:
    """Return what an import did, or would do, a line each."""
    lines = []
    for each in report.changes:
        sides = ", ".join(
            f"{name} {each.before.get(name, '–')} → {each.after.get(name, '–')}"
            for name in dict.fromkeys([*each.before, *each.after])
            if each.act is not Taken.CREATE and name != "metric"
        )
        lines.append(" ".join(part for part in (f"{each.act:<8}", each.what, each.id, each.title, sides) if part))
    kept = len(report.steps) - len(report.changes)
    verb = "would be taken over" if report.dry else "taken over"
    lines += [f"look at {remark}" for remark in report.remarks]
    return [*lines, f"{len(report.changes)} {verb}, {kept} as they were"]


def as_rules(found: Incoming, known: Mapping[str, Cycle]) -> str:
    """Return the objectives as rules to be committed; what measures each key result is left to be filled in."""
    cycles = {each.cycle.id: each.cycle for each in found.objectives if each.cycle.id not in known}
    tree: dict[str, Plain] = {}
    if cycles:
        tree["cycles"] = {id_: _cycle(each) for id_, each in cycles.items()}
    tree["objectives"] = {each.id: _objective(each) for each in found.objectives}
    values = {each.key_result: each for each in found.check_ins}
    text = re.sub(f"{LEFT}$", f"{LEFT}  # {HINT}", dumped(tree), flags=re.MULTILINE)
    units = {each.id: each.metric.unit for one in found.objectives for each in one.key_results}
    said = [f"# timezone: {each.timezone} is where the days of {id_} are meant" for id_, each in cycles.items()]
    said += [f"# {id_} stood at {written_amount(each.value, units[id_])}" for id_, each in values.items()]
    return "".join(f"{line}\n" for line in said) + text


def _cycle(cycle: Cycle) -> Plain:
    return {"starts_on": _day(cycle.starts_on), "ends_on": _day(cycle.ends_on)}


def _day(day: date) -> Plain:
    return day.isoformat()


def _objective(objective: Objective) -> Plain:
    found: dict[str, Plain] = {"title": objective.title, "cycle": objective.cycle.id}
    found |= {
        name: text
        for name, text in (("team", objective.team), ("owner", objective.owner), ("parent", objective.parent))
        if text
    }
    if objective.kind is not ObjectiveKind.ASPIRATIONAL:
        found["kind"] = str(objective.kind)
    results: dict[str, Plain] = {}
    for each in objective.key_results:
        part: dict[str, Plain] = {"title": each.title}
        part |= {name: text for name, text in (("owner", each.owner), ("team", each.team)) if text}
        part |= {"weight": tidy(each.weight)} if each.weight != 1 else {}
        results[each.id.partition("/")[2]] = {**part, "metric": _metric(each.metric), "measure": "by_hand"}
    return {**found, "key_results": results}


def _metric(metric: Metric) -> Plain:
    unit = metric.unit
    if metric.kind is MetricKind.BINARY:
        return "done"

    def amount(value: Decimal) -> Plain:
        bare = unit.kind in (UnitKind.NUMBER, UnitKind.POINTS)
        return written_number(value, unit) if bare else written_amount(value, unit)

    found: dict[str, Plain] = {} if metric.baseline is None else {"baseline": amount(metric.baseline)}
    if metric.kind is MetricKind.BETWEEN:
        found["between"] = [amount(metric.target), amount(metric.upper or metric.target)]
    else:
        found[str(metric.kind) if metric.kind in _ENDS else "target"] = amount(metric.target)
    zones = (("commit", metric.commit), ("stretch", metric.stretch))
    found |= {name: amount(value) for name, value in zones if value is not None}
    if unit.kind is UnitKind.POINTS:
        found["unit"] = "pp"
    elif unit.kind is UnitKind.NUMBER and unit.name:
        found["unit"] = unit.name
    if metric.per is not None:
        found["per"] = str(metric.per)
        found |= {"over": str(metric.over)} if metric.over is not PeriodPolicy.MEAN else {}
    return found
