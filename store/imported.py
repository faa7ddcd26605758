"""Check-ins of before, as another store or tool kept them: beside what was published here, and never over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, insert, select, true, union_all

from mapping.check_ins import CheckIn, CheckInKind
from store.dialects import Native
from store.publish import check_in_row
from store.readings import TOGETHER, check_in_of, known_among
from store.tables import check_ins, past_check_ins


def write_past_check_ins(connection: Connection, entries: Sequence[CheckIn]) -> None:
    """Keep check-ins of before; those of one key result at one instant in the order given, after those there are."""
    several: dict[str, list[CheckIn]] = defaultdict(list)
    for each in entries:
        several[each.key_result].append(each)
    rows = []
    for address, mine in several.items():
        parts = _parts(connection, address)
        for entry in mine:
            rows.append({**check_in_row(entry), "part": parts[entry.at], "origin": entry.origin})
            parts[entry.at] += 1
    if rows:
        connection.execute(insert(past_check_ins), rows)


def _parts(connection: Connection, address: str) -> defaultdict[datetime, int]:
    """Return how many check-ins of before there are at each instant."""
    mine = past_check_ins.c.key_result == address
    query = select(past_check_ins.c.at, func.count().label("parts")).where(mine).group_by(past_check_ins.c.at)
    return defaultdict(int, {row.at: row.parts for row in connection.execute(query)})


def read_past_check_ins(
    connection: Connection, key_result: str, limit: int | None = None, *, until: datetime | None = None
) -> list[CheckIn]:
    """Return the check-ins of before of one key result, newest first; of no later than ``until``."""
    query = select(past_check_ins).where(past_check_ins.c.key_result == key_result, _by(until))
    newest = query.order_by(past_check_ins.c.at.desc(), past_check_ins.c.part.desc()).limit(limit)
    return [_check_in(row) for row in connection.execute(newest)]


def joined(published: Sequence[CheckIn], imported: Sequence[CheckIn]) -> list[CheckIn]:
    """Return both, newest first; what a table of OKRs brought of a value gives way to the check-in that it was."""
    there = {(each.at.replace(microsecond=0), each.value) for each in imported}
    own = [
        each
        for each in published
        if each.kind is not CheckInKind.IMPORTED or (each.at.replace(microsecond=0), each.value) not in there
    ]
    return sorted([*own, *imported], key=lambda each: each.at, reverse=True)


def read_joined_trend(
    connection: Connection, addresses: Sequence[str], points: int, *, upto: int, until: datetime | None
) -> dict[str, tuple[Decimal, ...]]:
    """Return clamped progress of the last check-ins that have one, oldest first, published and imported by time."""
    found: dict[str, list[tuple[datetime, Decimal, bool]]] = {address: [] for address in addresses}
    for start in range(0, len(addresses), TOGETHER):
        several = [
            part
            for address in addresses[start : start + TOGETHER]
            for part in (
                _newest(check_ins, address, points, check_ins.c.run <= upto, check_ins.c.run),
                _newest(past_check_ins, address, points, _by(until), past_check_ins.c.at),
            )
        ]
        for row in connection.execute(union_all(*several)):
            found[row.key_result].append((row.at, row.progress, row.kind == CheckInKind.IMPORTED))
    return {address: _course(entries, points) for address, entries in found.items()}


def _newest(
    table: Table, address: str, points: int, seen: ColumnElement[bool], order: ColumnElement[Any]
) -> Select[str, datetime, Decimal, str]:
    """Return the query of the last check-ins of one key result by the order that the table is indexed in."""
    mine = and_(table.c.key_result == address, table.c.progress.is_not(None), seen)
    query = select(table.c.key_result, table.c.at, table.c.progress, table.c.kind).where(mine)
    newest = query.order_by(order.desc()).limit(points).subquery()
    return select(newest.c.key_result, newest.c.at, newest.c.progress, newest.c.kind)


def _course(entries: Sequence[tuple[datetime, Decimal, bool]], points: int) -> tuple[Decimal, ...]:
    """Return the progress of some check-ins in order; what a table of OKRs brought counts once."""
    there = {(at.replace(microsecond=0), progress) for at, progress, brought in entries if not brought}
    own = [
        (at, progress)
        for at, progress, brought in entries
        if not brought or (at.replace(microsecond=0), progress) not in there
    ]
    return tuple(progress for _, progress in sorted(own, key=lambda each: each[0])[-points:])


def read_last_past(
    connection: Connection, native: Native, among: Sequence[str] | None = None, *, until: datetime | None = None
) -> dict[str, CheckIn]:
    """Return the last check-in of before of every key result that has one: a look into the index for each."""
    known = known_among(native, among)
    older = past_check_ins.alias("older")
    mine = and_(older.c.key_result == known.c.id, true() if until is None else older.c.at <= until)
    last = select(older.c.at).where(mine).order_by(older.c.at.desc()).limit(1).correlate(known).scalar_subquery()
    query = (
        select(past_check_ins)
        .join(known, known.c.id == past_check_ins.c.key_result)
        .where(past_check_ins.c.at == last)
        .order_by(past_check_ins.c.part)
    )
    return {row.key_result: _check_in(row) for row in connection.execute(query)}


def _by(until: datetime | None) -> ColumnElement[bool]:
    return true() if until is None else past_check_ins.c.at <= until


def _check_in(row: Row[tuple[object, ...]]) -> CheckIn:
    return replace(check_in_of(row), origin=row.origin)
