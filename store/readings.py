"""Check-ins, freshness, declared OKRs, runs and facts, as they stand in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Result, Row, Select, Subquery, Table, and_, case, func, select, text, union_all

from mapping.check_ins import CheckIn, CheckInKind
from mapping.rules import Cycle, KeyResult, Objective
from mapping.runs import ConnectionRecord, RunRecord
from mapping.status import Status
from store.codec import decode, decode_causes, decode_metric
from store.dialects import Native
from store.records import Freshness, SelectionFacts, Watermark
from store.tables import (
    check_ins,
    cycles,
    freshness,
    key_results,
    objectives,
    run_connections,
    runs,
    selections,
    watermarks,
)


def last_seq(connection: Connection) -> int:
    """Return the number of the last published run, 0 before the first."""
    return connection.scalar(select(func.max(runs.c.seq))) or 0


def read_watermark(connection: Connection, selection: str) -> Watermark | None:
    """Return how far a selection has been read, None while it never was read completely."""
    row = connection.execute(select(watermarks).where(watermarks.c.selection == selection)).one_or_none()
    return None if row is None else Watermark(at=row.at, fingerprint=row.fingerprint)


MEASURED = (CheckInKind.MEASURED, CheckInKind.ACCEPTED, CheckInKind.REPORTED)
BY_HAND = (CheckInKind.BY_HAND, CheckInKind.IMPORTED)


LATEST = 2**31 - 1
"""A run that is never reached: up to now."""


def seq_at(connection: Connection, instant: datetime, *, upto: int = LATEST) -> int:
    """Return the number of the last run that had been published by an instant, 0 before the first; up to a run.

    Where clocks disagreed, most runs decide: the fewest of those up to it say that they were later, and of those after
    it that they were earlier; of several such the last.
    """
    by_then = case((runs.c.finished_at <= instant, 1), else_=-1)
    sums = func.sum(by_then).over(order_by=runs.c.seq).label("by_then")
    balance = select(runs.c.seq, sums).where(runs.c.seq <= upto).subquery()
    best = select(balance.c.seq).where(balance.c.by_then >= 0)
    return connection.scalar(best.order_by(balance.c.by_then.desc(), balance.c.seq.desc()).limit(1)) or 0


def seq_of(connection: Connection, run_id: str) -> int | None:
    """Return the number of the run with this id, None when there is none."""
    return connection.scalar(select(runs.c.seq).where(runs.c.id == run_id))


def read_last_check_ins(
    connection: Connection,
    native: Native,
    kinds: tuple[CheckInKind, ...] = MEASURED,
    *,
    among: Sequence[str] | None = None,
    upto: int = LATEST,
) -> dict[str, CheckIn]:
    """Return the last check-in of every key result that has one, among those of some kinds, up to a run.

    One look into the index for each key result, however long its history is: ten years of it are millions of rows.

    Args:
        connection: to read on.
        native: of the engine.
        kinds: ``MEASURED`` or ``BY_HAND``.
        among: addresses; all that were ever declared by default.
        upto: the last run to look at.
    """
    known = known_among(native, among)
    older = check_ins.alias("older")
    last = (
        select(older.c.run)
        .where(older.c.key_result == known.c.id, older.c.kind.in_(kinds), older.c.run <= upto)
        .order_by(older.c.run.desc())
        .limit(1)
    )
    if kinds == BY_HAND:
        last = last.where(text("older.kind <> 'measured'"))  # spelled as in the index of these few rows
    query = (
        select(check_ins)
        .join(known, known.c.id == check_ins.c.key_result)
        .where(check_ins.c.run == last.correlate(known).scalar_subquery())
        .order_by(check_ins.c.key_result)
    )
    return {row.key_result: check_in_of(row) for row in connection.execute(query)}


def known_among(native: Native, among: Sequence[str] | None) -> Table | Subquery:
    """Return the key results that were ever declared, or some of them, to be looked up one by one."""
    if among is None:
        return key_results
    return select(key_results.c.id).where(native.among(key_results.c.id, among)).subquery("known")


def read_check_ins(connection: Connection, key_result: str, limit: int | None, *, upto: int = LATEST) -> list[CheckIn]:
    """Return the last check-ins of one key result up to a run, newest first; all without a limit."""
    mine = (check_ins.c.key_result == key_result) & (check_ins.c.run <= upto)
    query = select(check_ins).where(mine).order_by(check_ins.c.run.desc()).limit(limit)
    return check_ins_of(connection.execute(query))


def read_first_check_ins(connection: Connection) -> dict[str, datetime]:
    """Return when each key result was first measured."""
    first = check_ins.alias("first")
    run = select(first.c.run).where(first.c.key_result == key_results.c.id, first.c.kind.in_(MEASURED))
    earliest = run.order_by(first.c.run).limit(1).correlate(key_results).scalar_subquery()
    query = (
        select(check_ins.c.key_result, check_ins.c.at)
        .join(key_results, key_results.c.id == check_ins.c.key_result)
        .where(check_ins.c.run == earliest)
    )
    return {row.key_result: row.at for row in connection.execute(query)}


def read_past_values(connection: Connection, key_result: str, points: int) -> list[Decimal]:
    """Return the last values measured of one key result, oldest first; those without data are left out."""
    measured = (check_ins.c.key_result == key_result) & check_ins.c.kind.in_(MEASURED) & check_ins.c.value.is_not(None)
    query = select(check_ins.c.value).where(measured).order_by(check_ins.c.run.desc()).limit(points)
    return list(reversed(connection.scalars(query).all()))


TOGETHER = 100
"""So many key results' trends are asked for in one statement; SQLite takes 500 at most."""


def read_trend(
    connection: Connection, addresses: Sequence[str], points: int, *, upto: int = LATEST
) -> dict[str, tuple[Decimal, ...]]:
    """Return clamped progress of the last check-ins that have one, oldest first, for each address asked for."""
    found: dict[str, list[Decimal]] = {address: [] for address in addresses}
    for start in range(0, len(addresses), TOGETHER):
        several = [_newest(address, points, upto) for address in addresses[start : start + TOGETHER]]
        for row in connection.execute(union_all(*several)):
            found[row.key_result].append(row.progress)
    return {address: tuple(reversed(progress)) for address, progress in found.items()}


def _newest(address: str, points: int, upto: int) -> Select[str, int, Decimal]:
    mine = and_(check_ins.c.key_result == address, check_ins.c.run <= upto, check_ins.c.progress.is_not(None))
    query = select(check_ins.c.key_result, check_ins.c.run, check_ins.c.progress).where(mine)
    newest = query.order_by(check_ins.c.run.desc()).limit(points).subquery()
    return select(newest.c.key_result, newest.c.run, newest.c.progress)


def read_freshness(connection: Connection, native: Native, among: Sequence[str] | None = None) -> dict[str, Freshness]:
    """Return the freshness of key results, by address; of all by default."""
    query = select(freshness).order_by(freshness.c.key_result)
    if among is not None:
        query = query.where(native.among(freshness.c.key_result, among))
    return {row["key_result"]: Freshness(**row) for row in connection.execute(query).mappings()}


def read_cycles(connection: Connection) -> list[Cycle]:
    """Return the cycles that are declared now, the latest start first."""
    query = select(cycles.c.body).where(~cycles.c.retired)
    found = [decode(Cycle, body) for body in connection.scalars(query)]
    return sorted(found, key=lambda cycle: (cycle.starts_on, cycle.id), reverse=True)


def read_objective_of(connection: Connection, key_result: str) -> Objective | None:
    """Return the declared objective of a declared key result, with that key result alone; None when there is none."""
    query = (
        select(objectives.c.body, key_results.c.body)
        .join(key_results, key_results.c.objective == objectives.c.id)
        .where(key_results.c.id == key_result, ~key_results.c.retired, ~objectives.c.retired)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else replace(decode(Objective, row[0]), key_results=(decode(KeyResult, row[1]),))


def read_declared(connection: Connection, cycle: str | None = None) -> list[Objective]:
    """Return what is declared now, in its order, without what was retired; of one cycle, or of all."""
    parts: dict[str, list[KeyResult]] = defaultdict(list)
    query = select(key_results).where(~key_results.c.retired).order_by(key_results.c.position)
    whole = select(objectives).where(~objectives.c.retired).order_by(objectives.c.position)
    if cycle is not None:
        whole = whole.where(objectives.c.cycle == cycle)
        query = query.where(key_results.c.objective.in_(select(objectives.c.id).where(objectives.c.cycle == cycle)))
    for row in connection.execute(query):
        parts[row.objective].append(decode(KeyResult, row.body))
    return [
        replace(decode(Objective, row.body), key_results=tuple(parts.get(row.id, ())))
        for row in connection.execute(whole)
    ]


def read_titles(connection: Connection) -> dict[str, str]:
    """Return the titles of the objectives that are declared now, by id, whatever their cycle."""
    query = select(objectives.c.id, objectives.c.body).where(~objectives.c.retired)
    return {row.id: decode(Objective, row.body).title for row in connection.execute(query)}


def read_retired(connection: Connection) -> frozenset[str]:
    """Return the addresses of key results that were declared once and are no more; their history stays."""
    return frozenset(connection.scalars(select(key_results.c.id).where(key_results.c.retired)))


def read_runs(
    connection: Connection, limit: int, *, upto: int = LATEST, kinds: Collection[str] = ()
) -> list[RunRecord]:
    """Return the last published runs, newest first; of some kinds where any are named."""
    wanted = select(runs).where(runs.c.seq <= upto)
    if kinds:
        wanted = wanted.where(runs.c.kind.in_(kinds))
    rows = connection.execute(wanted.order_by(runs.c.seq.desc()).limit(limit)).all()
    parts: dict[int, list[ConnectionRecord]] = defaultdict(list)
    if rows:
        query = select(run_connections).where(run_connections.c.run.between(rows[-1].seq, rows[0].seq))
        for part in connection.execute(query.order_by(run_connections.c.connection)):
            parts[part.run].append(_connection_record(part))
    return [
        RunRecord(
            seq=row.seq,
            id=row.id,
            started_at=row.started_at,
            finished_at=row.finished_at,
            check_ins=row.check_ins,
            connections=tuple(parts[row.seq]),
        )
        for row in rows
    ]


def read_facts(connection: Connection, native: Native, keys: Sequence[str]) -> dict[str, SelectionFacts]:
    """Return what is known about the pulls of these selections; one never asked for is absent."""
    names = [selections.c[name] for name in SelectionFacts.__dataclass_fields__]
    rows = connection.execute(select(*names).where(native.among(selections.c.key, keys))).mappings()
    return {row["key"]: SelectionFacts(**row) for row in rows}


def _connection_record(row: Row[tuple[object, ...]]) -> ConnectionRecord:
    return ConnectionRecord(
        connection=row.connection,
        outcome=row.outcome,
        reason=row.reason,
        requests=row.requests,
        matched=row.matched,
        read=row.read,
        skipped=row.skipped,
    )


_FIELDS = (
    "key_result", "run", "at", "value", "metric", "raw_progress", "progress", "items", "done", "formula", "no_data",
    "rule", "rule_version", "causes", "author", "kind", "status", "confidence", "note",
)  # fmt: skip
_KINDS = {kind.value: kind for kind in CheckInKind}


def check_in_of(row: Row[tuple[Any, ...]]) -> CheckIn:
    """Return the check-in of a row that has the columns of that table."""
    return _check_in(*(getattr(row, name) for name in _FIELDS))


def check_ins_of(rows: Result[tuple[Any, ...]]) -> list[CheckIn]:
    """Return the check-ins of such rows, taken by place: ten years of a key result are thousands of them."""
    taken = itemgetter(*map([*rows.keys()].index, _FIELDS))
    return [_check_in(*taken(row)) for row in rows.all()]


def _check_in(
    key_result: str, run: int, at: datetime, value: Decimal | None, metric: str, raw_progress: Decimal | None,
    progress: Decimal | None, items: int | None, done: int | None, formula: str, no_data: str | None, rule: str,
    rule_version: str, causes: str, author: str, kind: str, status: str | None, confidence: Decimal | None, note: str,
) -> CheckIn:  # fmt: skip
    return CheckIn(
        key_result=key_result,
        run=run,
        at=at,
        value=value,
        metric=decode_metric(metric),
        raw_progress=raw_progress,
        progress=progress,
        items=items,
        done=done,
        formula=formula,
        no_data=no_data,
        rule=rule,
        rule_version=rule_version,
        causes=decode_causes(causes),
        author=author,
        kind=_KINDS[kind],
        status=None if status is None else Status(status),
        confidence=confidence,
        note=note,
    )
