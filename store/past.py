"""The past of items as vendors tell it, and readings rebuilt from it: kept apart from what was published."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from mapping.check_ins import RebuiltReading
from mapping.words import PastChange
from store.dialects import Native, upsert
from store.tables import past_changes, past_reads, rebuilt

Pasts = dict[tuple[str, str], list[PastChange]]


def write_past(
    connection: Connection,
    native: Native,
    name: str,
    read: Mapping[str, datetime],
    changes: Iterable[PastChange],
) -> None:
    """Replace the past of these items of one connection.

    Args:
        connection: in a write transaction.
        native: of the engine.
        name: of the connection.
        read: each item whose past was read whole, with the time of update that it had then.
        changes: all of their past, oldest first within an item.
    """
    ids = list(read)
    for table in (past_changes, past_reads):
        connection.execute(delete(table).where(table.c.connection == name, native.among(table.c.item, ids)))
    places: dict[tuple[str, datetime, str], int] = defaultdict(int)
    rows = []
    for change in changes:
        key = (change.item, change.at, change.field)
        places[key] += 1
        rows.append(
            {
                "connection": name,
                "item": change.item,
                "at": change.at,
                "field": change.field,
                "position": places[key],
                "old": change.old,
                "new": change.new,
            }
        )
    if rows:
        connection.execute(insert(past_changes), rows)
    if ids:
        marks = [{"connection": name, "item": id_, "updated_at": at} for id_, at in read.items()]
        connection.execute(insert(past_reads), marks)


def read_pasts(connection: Connection, name: str) -> Pasts:
    """Return the past of each item of a connection whose past was read; one without any change has an empty list."""
    query = select(past_reads.c.item).where(past_reads.c.connection == name)
    found: Pasts = {(name, id_): [] for id_ in connection.scalars(query)}
    order = (past_changes.c.item, past_changes.c.at, past_changes.c.position)
    for row in connection.execute(select(past_changes).where(past_changes.c.connection == name).order_by(*order)):
        found.setdefault((name, row.item), []).append(
            PastChange(connection=name, item=row.item, at=row.at, field=row.field, old=row.old, new=row.new)
        )
    return found


def read_past_marks(connection: Connection, name: str) -> dict[str, datetime]:
    """Return the items of a connection whose past was read, with the time of update that they had then."""
    query = select(past_reads.c.item, past_reads.c.updated_at).where(past_reads.c.connection == name)
    return {row.item: row.updated_at for row in connection.execute(query)}


def write_rebuilt(connection: Connection, readings: Sequence[RebuiltReading], *, run: int) -> int:
    """Keep rebuilt readings, one per key result and day, and return how many are new or differ."""
    if not readings:
        return 0
    there = read_rebuilt(connection, sorted({each.key_result for each in readings}))
    known = {(each.key_result, each.day): each for several in there.values() for each in several}
    fresh = [each for each in readings if known.get((each.key_result, each.day)) != each]
    rows = [
        {
            "key_result": each.key_result,
            "day": each.day,
            "at": each.at,
            "value": each.value,
            "raw_progress": each.raw_progress,
            "progress": each.progress,
            "no_data": each.no_data,
            "formula": each.formula,
            "rule_version": each.rule_version,
            "assumptions": json.dumps(each.assumptions, ensure_ascii=False),
            "run": run,
        }
        for each in fresh
    ]
    if rows:
        statement = upsert(connection, rebuilt)
        others = {name: statement.excluded[name] for name in rows[0] if name not in ("key_result", "day")}
        connection.execute(statement.on_conflict_do_update(index_elements=["key_result", "day"], set_=others), rows)
    return len(rows)


def read_rebuilt(connection: Connection, key_results: Sequence[str]) -> dict[str, list[RebuiltReading]]:
    """Return the rebuilt readings of some key results, oldest first."""
    found: dict[str, list[RebuiltReading]] = {address: [] for address in key_results}
    for address in key_results:
        query = select(rebuilt).where(rebuilt.c.key_result == address).order_by(rebuilt.c.day)
        for row in connection.execute(query):
            found[address].append(
                RebuiltReading(
                    key_result=address,
                    day=row.day,
                    at=row.at,
                    value=row.value,
                    raw_progress=row.raw_progress,
                    progress=row.progress,
                    no_data=row.no_data,
                    formula=row.formula,
                    rule_version=row.rule_version,
                    assumptions=tuple(json.loads(row.assumptions)),
                )
            )
    return found
