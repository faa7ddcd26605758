"""The canonical dump: equality of dumps is how two ways of coming to a state are compared."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Row, select

from store.columns import exact_text, instant_text
from store.outbox import read_newest
from store.tables import (
    audit,
    check_ins,
    comments,
    cycles,
    delivered,
    freshness,
    item_events,
    items,
    key_results,
    memberships,
    objectives,
    overrides,
    past_changes,
    past_check_ins,
    past_reads,
    rebuilt,
    reviews,
    samples,
    selections,
    snapshots,
    watermarks,
)

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]
Dump = dict[str, Plain]


def dump(connection: Connection) -> Dump:
    """Return the store as plain data: sorted, vendor times and values kept, run numbers and run times left out."""
    names = _selection_names(connection)
    return {
        "items": {f"{row.connection} {row.id}": json.loads(row.body) for row in connection.execute(select(items))},
        "events": _events(connection),
        "memberships": _memberships(connection, names),
        "samples": _samples(connection, names),
        "selections": _selections(connection, names),
        "declared": {
            table.name: {
                " ".join(str(row[name]) for name in key): {
                    "rule": json.loads(row["body"]),
                    "retired": row["retired"],
                    "origin": row["origin"],
                }
                for row in connection.execute(select(table)).mappings()
            }
            for table, key in ((cycles, ("id",)), (objectives, ("id",)), (key_results, ("objective", "id")))
        },
        "check_ins": _check_ins(connection),
        "overrides": _overrides(connection),
        "comments": _comments(connection),
        "told": _told(connection),
        "reviews": _reviews(connection),
        "audit": _audit(connection),
        "past": _past(connection),
        "rebuilt": _rebuilt(connection),
        "past_check_ins": _past_check_ins(connection),
        "snapshots": {row.cycle: [row.closed_by, row.body] for row in connection.execute(select(snapshots))},
        "freshness": {
            row.key_result: {
                "measured": row.measured_run is not None,
                "stale_reason": row.stale_reason,
                "no_data": row.no_data,
            }
            for row in connection.execute(select(freshness))
        },
    }


def dump_json(content: Dump) -> str:
    """Return a dump as JSON with sorted keys, indented for diff."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def _selection_names(connection: Connection) -> dict[str, str]:
    return {row.key: f"{row.connection} {row.spec}" for row in connection.execute(select(selections))}


def _events(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    order = (item_events.c.connection, item_events.c.item, item_events.c.run, item_events.c.field)
    for row in connection.execute(select(item_events).order_by(*order)):
        found[f"{row.connection} {row.item}"].append([row.field, row.old, row.new, _at(row.at)])
    return dict(found)


def _memberships(connection: Connection, names: dict[str, str]) -> Plain:
    found: dict[str, dict[str, list[Plain]]] = defaultdict(lambda: defaultdict(list))
    order = (memberships.c.selection, memberships.c.item, memberships.c.since_run)
    for row in connection.execute(select(memberships).order_by(*order)):
        found[names[row.selection]][row.item].append(row.left_because or "member")
    return {name: dict(members) for name, members in found.items()}


def _samples(connection: Connection, names: dict[str, str]) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in connection.execute(select(samples).order_by(samples.c.series, samples.c.at, samples.c.run)):
        found[names.get(row.series, row.series)].append([_at(row.at), _number(row.value), row.unit, row.origin])
    return dict(found)


def _selections(connection: Connection, names: dict[str, str]) -> Plain:
    marks = {row.selection: row for row in connection.execute(select(watermarks))}
    return {
        names[row.key]: {
            "connector": row.connector,
            "outcome": row.outcome,
            "reason": row.reason,
            "matched": row.matched,
            "ever_complete": row.first_complete_run is not None,
            "watermark": [_at(marks[row.key].at), marks[row.key].fingerprint] if row.key in marks else None,
        }
        for row in connection.execute(select(selections))
    }


def _check_ins(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in connection.execute(select(check_ins).order_by(check_ins.c.key_result, check_ins.c.run)):
        found[row.key_result].append(_check_in(row))
    return dict(found)


def _past_check_ins(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    order = (past_check_ins.c.key_result, past_check_ins.c.at, past_check_ins.c.part)
    for row in connection.execute(select(past_check_ins).order_by(*order)):
        found[row.key_result].append({"at": _at(row.at), "origin": row.origin, **_check_in(row)})
    return dict(found)


def _check_in(row: Row[tuple[object, ...]]) -> dict[str, Plain]:
    return {
        "value": _number(row.value),
        "raw_progress": _number(row.raw_progress),
        "progress": _number(row.progress),
        "metric": json.loads(row.metric),
        "items": row.items,
        "done": row.done,
        "formula": row.formula,
        "no_data": row.no_data,
        "rule": row.rule,
        "rule_version": row.rule_version,
        "causes": json.loads(row.causes),
        "author": row.author,
        "kind": row.kind,
        "status": row.status,
        "confidence": _number(row.confidence),
        "note": row.note,
    }


def _overrides(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in connection.execute(select(overrides).order_by(overrides.c.key_result, overrides.c.run)):
        expires = None if row.expires_at is None else _at(row.expires_at)
        found[row.key_result].append([row.author, row.sticky, expires, row.reason, row.ended_because])
    return dict(found)


def _told(connection: Connection) -> Plain:
    """Return what each destination is to know, whatever became of telling it, and what is known to stand there."""
    wrote = {(row.destination, row.key_result): json.loads(row.body) for row in connection.execute(select(delivered))}
    return {
        f"{destination} {address}": {
            "value": _number(row.update.value),
            "status": row.update.status,
            "wrote": wrote.get((destination, address), {}).get("wrote"),
        }
        for (destination, address), row in read_newest(connection).items()
    }


def _comments(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in connection.execute(select(comments).order_by(comments.c.key_result, comments.c.at, comments.c.id)):
        found[row.key_result].append([_at(row.at), row.author, row.text])
    return dict(found)


def _reviews(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in connection.execute(select(reviews).order_by(reviews.c.key_result, reviews.c.run)):
        waits = json.loads(row.body)
        found[row.key_result].append([row.cause, row.detail, waits["value"], row.state, row.decided_by, row.note])
    return dict(found)


def _audit(connection: Connection) -> Plain:
    order = (audit.c.at, audit.c.subject, audit.c.action, audit.c.actor)
    rows = connection.execute(select(audit).order_by(*order))
    return [[row.actor, row.action, row.subject, row.before, row.after] for row in rows]


def _past(connection: Connection) -> Plain:
    found: dict[str, list[Plain]] = {}
    for row in connection.execute(select(past_reads)):
        found[f"{row.connection} {row.item}"] = [_at(row.updated_at)]
    order = (past_changes.c.connection, past_changes.c.item, past_changes.c.at, past_changes.c.field)
    for row in connection.execute(select(past_changes).order_by(*order, past_changes.c.position)):
        found.setdefault(f"{row.connection} {row.item}", []).append([_at(row.at), row.field, row.old, row.new])
    return dict(found)


def _rebuilt(connection: Connection) -> Plain:
    found: dict[str, dict[str, Plain]] = defaultdict(dict)
    for row in connection.execute(select(rebuilt)):
        numbers = [_number(row.value), _number(row.raw_progress), _number(row.progress)]
        found[row.key_result][row.day] = [*numbers, row.no_data, row.formula, row.rule_version, row.assumptions]
    return dict(found)


def _at(value: datetime) -> str:
    return instant_text(value)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else exact_text(value)
