"""Writing what a run came to: its record, check-ins, freshness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, update

from mapping.check_ins import CheckIn
from mapping.runs import ConnectionRecord
from store.codec import encode_causes, encode_metric
from store.dialects import replace_rows
from store.records import Freshness
from store.tables import (
    check_ins,
    freshness,
    run_connections,
    runs,
    selections,
)

Values = dict[str, object]


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
        "finished_at": max(started_at, finished_at),  # a clock may be set back while a run pulls
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
    rows = [check_in_row(entry) for entry in entries]
    strays = [row for row in rows if row["run"] != seq]
    if strays:
        raise ValueError(f"{strays[0]['key_result']}: its check-in is of run {strays[0]['run']}, this is run {seq}")
    if rows:
        connection.execute(insert(check_ins), rows)


def write_freshness(connection: Connection, entries: Iterable[Freshness]) -> None:
    """Replace the freshness of the key results given; others keep theirs."""
    rows: list[Values] = [{name: getattr(entry, name) for name in Freshness.__dataclass_fields__} for entry in entries]
    replace_rows(connection, freshness, ("key_result",), rows)


def write_connectors(connection: Connection, connectors: Mapping[str, str]) -> None:
    """Note which connector each connection has, for explanations."""
    for name, connector in connectors.items():
        stale = (selections.c.connection == name) & (selections.c.connector != connector)
        connection.execute(update(selections).where(stale).values(connector=connector))


def check_in_row(entry: CheckIn) -> Values:
    """Return a check-in as a row of its table."""
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
