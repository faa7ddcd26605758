"""Check-ins, freshness, declared OKRs, runs and facts, as they stand in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, Row, and_, func, select

from mapping.readings import CheckIn, CheckInKind, ConnectionRecord, RunRecord, Status
from mapping.rules import KeyResult, Objective
from store.codec import decode, decode_causes, decode_metric
from store.dialects import Native
from store.records import Freshness, SelectionFacts, Watermark
from store.tables import (
    check_ins,
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


MEASURED = (CheckInKind.MEASURED, CheckInKind.ACCEPTED)
BY_HAND = (CheckInKind.BY_HAND, CheckInKind.IMPORTED)


LATEST = 2**31 - 1
"""A run that is never reached: up to now."""


def seq_at(connection: Connection, instant: datetime) -> int:
    """Return the number of the last run that had been published by an instant, 0 before the first."""
    return connection.scalar(select(func.max(runs.c.seq)).where(runs.c.finished_at <= instant)) or 0


def read_last_check_ins(
    connection: Connection, kinds: tuple[CheckInKind, ...] = MEASURED, *, upto: int = LATEST
) -> dict[str, CheckIn]:
    """Return the last check-in of every key result that has one, among those of some kinds, up to a run."""
    last = (
        select(check_ins.c.key_result, func.max(check_ins.c.run).label("run"))
        .where(check_ins.c.kind.in_(kinds), check_ins.c.run <= upto)
        .group_by(check_ins.c.key_result)
        .subquery()
    )
    query = (
        select(check_ins)
        .join(last, and_(last.c.key_result == check_ins.c.key_result, last.c.run == check_ins.c.run))
        .order_by(check_ins.c.key_result)
    )
    return {row.key_result: check_in_of(row) for row in connection.execute(query)}


def read_check_ins(connection: Connection, key_result: str, limit: int, *, upto: int = LATEST) -> list[CheckIn]:
    """Return the last check-ins of one key result up to a run, newest first."""
    mine = (check_ins.c.key_result == key_result) & (check_ins.c.run <= upto)
    query = select(check_ins).where(mine).order_by(check_ins.c.run.desc()).limit(limit)
    return [check_in_of(row) for row in connection.execute(query)]


def read_first_check_ins(connection: Connection) -> dict[str, datetime]:
    """Return when each key result was first measured."""
    query = (
        select(check_ins.c.key_result, func.min(check_ins.c.at).label("at"))
        .where(check_ins.c.kind.in_(MEASURED))
        .group_by(check_ins.c.key_result)
    )
    return {row.key_result: row.at for row in connection.execute(query)}


def read_past_values(connection: Connection, key_result: str, points: int) -> list[Decimal]:
    """Return the last values measured of one key result, oldest first; those without data are left out."""
    measured = (check_ins.c.key_result == key_result) & check_ins.c.kind.in_(MEASURED) & check_ins.c.value.is_not(None)
    query = select(check_ins.c.value).where(measured).order_by(check_ins.c.run.desc()).limit(points)
    return list(reversed(connection.scalars(query).all()))


def read_trend(
    connection: Connection, native: Native, addresses: Sequence[str], points: int, *, upto: int = LATEST
) -> dict[str, tuple[Decimal, ...]]:
    """Return clamped progress of the last check-ins that have one, oldest first, for each address asked for."""
    age = func.row_number().over(partition_by=check_ins.c.key_result, order_by=check_ins.c.run.desc()).label("age")
    aged = (
        select(check_ins.c.key_result, check_ins.c.progress, age)
        .where(
            native.among(check_ins.c.key_result, addresses),
            check_ins.c.progress.is_not(None),
            check_ins.c.run <= upto,
        )
        .subquery()
    )
    query = select(aged).where(aged.c.age <= points).order_by(aged.c.key_result, aged.c.age.desc())
    found: dict[str, list[Decimal]] = {address: [] for address in addresses}
    for row in connection.execute(query):
        found[row.key_result].append(row.progress)
    return {address: tuple(progress) for address, progress in found.items()}


def read_freshness(connection: Connection) -> dict[str, Freshness]:
    """Return the freshness of every key result, by address."""
    rows = connection.execute(select(freshness).order_by(freshness.c.key_result)).mappings()
    return {row["key_result"]: Freshness(**row) for row in rows}


def read_declared(connection: Connection) -> list[Objective]:
    """Return what the rules declared at the last published run, in their order, without what was retired since."""
    parts: dict[str, list[KeyResult]] = defaultdict(list)
    query = select(key_results).where(~key_results.c.retired).order_by(key_results.c.position)
    for row in connection.execute(query):
        parts[row.objective].append(decode(KeyResult, row.body))
    whole = select(objectives).where(~objectives.c.retired).order_by(objectives.c.position)
    return [
        replace(decode(Objective, row.body), key_results=tuple(parts.get(row.id, ())))
        for row in connection.execute(whole)
    ]


def read_retired(connection: Connection) -> frozenset[str]:
    """Return the addresses of key results that were declared once and are no more; their history stays."""
    return frozenset(connection.scalars(select(key_results.c.id).where(key_results.c.retired)))


def read_runs(connection: Connection, limit: int, *, upto: int = LATEST) -> list[RunRecord]:
    """Return the last published runs, newest first."""
    rows = connection.execute(select(runs).where(runs.c.seq <= upto).order_by(runs.c.seq.desc()).limit(limit)).all()
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


def check_in_of(row: Row[tuple[object, ...]]) -> CheckIn:
    """Return the check-in of a row of that table."""
    return CheckIn(
        key_result=row.key_result,
        run=row.run,
        at=row.at,
        value=row.value,
        metric=decode_metric(row.metric),
        raw_progress=row.raw_progress,
        progress=row.progress,
        items=row.items,
        done=row.done,
        formula=row.formula,
        no_data=row.no_data,
        rule=row.rule,
        rule_version=row.rule_version,
        causes=decode_causes(row.causes),
        author=row.author,
        kind=CheckInKind(row.kind),
        status=None if row.status is None else Status(row.status),
        confidence=row.confidence,
        note=row.note,
    )
