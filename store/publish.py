"""Writing what a run came to: its record, check-ins, freshness, and what the rules declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Table, and_, insert, not_, select, tuple_, update

from mapping.readings import CheckIn, ConnectionRecord
from mapping.rules import Objective
from store.codec import encode, encode_causes, encode_metric
from store.dialects import upsert
from store.records import Freshness
from store.tables import (
    check_ins,
    cycles,
    freshness,
    key_results,
    objectives,
    run_connections,
    runs,
    selections,
)

Values = dict[str, object]
FILE, IMPORTED = "file", "imported"
"""Origins of what is declared: whose it is to change."""


def write_run(
    connection: Connection,
    *,
    seq: int,
    run_id: str,
    kind: str,
    started_at: datetime,
    finished_at: datetime,
    check_ins_count: int,
    connections: Iterable[ConnectionRecord],
) -> None:
    """Write the record of a run; the first of its rows, which others point at."""
    record = {
        "seq": seq,
        "id": run_id,
        "kind": kind,
        "started_at": started_at,
        "finished_at": finished_at,
        "check_ins": check_ins_count,
    }
    connection.execute(insert(runs), [record])
    parts: list[Values] = [
        {
            "run": seq,
            "connection": part.connection,
            "outcome": part.outcome,
            "reason": part.reason,
            "requests": part.requests,
            "matched": part.matched,
            "read": part.read,
            "skipped": part.skipped,
        }
        for part in connections
    ]
    if parts:
        connection.execute(insert(run_connections), parts)


def write_check_ins(connection: Connection, seq: int, entries: Iterable[CheckIn]) -> None:
    """Append check-ins.

    Raises:
        ValueError: one is of another run.
    """
    rows = [_check_in_row(entry) for entry in entries]
    strays = [row for row in rows if row["run"] != seq]
    if strays:
        raise ValueError(f"{strays[0]['key_result']}: its check-in is of run {strays[0]['run']}, this is run {seq}")
    if rows:
        connection.execute(insert(check_ins), rows)


def write_freshness(connection: Connection, entries: Iterable[Freshness]) -> None:
    """Replace the freshness of the key results given; others keep theirs."""
    rows: list[Values] = [{name: getattr(entry, name) for name in Freshness.__dataclass_fields__} for entry in entries]
    _replace(connection, freshness, ("key_result",), rows)


def write_declared(connection: Connection, declared: Sequence[Objective]) -> None:
    """Make the declared OKRs what the rules say now; what they say no longer is retired, never deleted."""
    spans = {objective.cycle.id: objective.cycle for objective in declared}
    _declare(connection, cycles, ("id",), [{"id": span.id, "body": encode(span)} for span in spans.values()])
    wholes: list[Values] = [
        {
            "id": objective.id,
            "cycle": objective.cycle.id,
            "position": position,
            "body": encode(replace(objective, key_results=())),
        }
        for position, objective in enumerate(declared)
    ]
    _declare(connection, objectives, ("id",), wholes)
    parts: list[Values] = [
        {"objective": objective.id, "id": part.id, "position": position, "body": encode(part)}
        for objective in declared
        for position, part in enumerate(objective.key_results)
    ]
    _declare(connection, key_results, ("objective", "id"), parts)


def write_connectors(connection: Connection, connectors: Mapping[str, str]) -> None:
    """Note which connector each connection has, for explanations."""
    for name, connector in connectors.items():
        stale = (selections.c.connection == name) & (selections.c.connector != connector)
        connection.execute(update(selections).where(stale).values(connector=connector))


def _declare(connection: Connection, table: Table, key: tuple[str, ...], rows: list[Values]) -> None:
    _replace(connection, table, key, [{**row, "retired": False, "origin": FILE} for row in rows])
    kept = [tuple(row[name] for name in key) for row in rows]
    ours = and_(not_(table.c.retired), table.c.origin == FILE)  # what came otherwise is not the file's to retire
    there = connection.execute(select(*(table.c[name] for name in key)).where(ours)).all()
    gone = [tuple(row) for row in there if tuple(row) not in set(kept)]
    for values in gone:
        found = tuple_(*(table.c[name] for name in key)) == tuple_(*values)
        connection.execute(update(table).where(found).values(retired=True))


def _replace(connection: Connection, table: Table, key: tuple[str, ...], rows: list[Values]) -> None:
    if not rows:
        return
    statement = upsert(connection, table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=others), rows)


def _check_in_row(entry: CheckIn) -> Values:
    return {
        "key_result": entry.key_result,
        "run": entry.run,
        "at": entry.at,
        "value": entry.value,
        "metric": encode_metric(entry.metric),
        "raw_progress": entry.raw_progress,
        "progress": entry.progress,
        "items": entry.items,
        "done": entry.done,
        "formula": entry.formula,
        "no_data": entry.no_data,
        "rule": entry.rule,
        "rule_version": entry.rule_version,
        "causes": encode_causes(entry.causes),
        "author": entry.author,
        "kind": entry.kind,
        "status": entry.status,
        "confidence": entry.confidence,
        "note": entry.note,
    }
