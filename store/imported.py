"""Check-ins of before, as another store or tool kept them: beside what was published here, and never over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, true

from mapping.check_ins import CheckIn, CheckInKind
from store.dialects import Native
from store.publish import check_in_row
from store.readings import check_in_of
from store.tables import past_check_ins


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


def read_last_past(
    connection: Connection, native: Native, among: Sequence[str] | None = None, *, until: datetime | None = None
) -> dict[str, CheckIn]:
    """Return the last check-in of before of every key result that has one."""
    newest = select(past_check_ins.c.key_result, func.max(past_check_ins.c.at).label("at")).where(_by(until))
    if among is not None:
        newest = newest.where(native.among(past_check_ins.c.key_result, among))
    last = newest.group_by(past_check_ins.c.key_result).subquery()
    same = and_(last.c.key_result == past_check_ins.c.key_result, last.c.at == past_check_ins.c.at)
    query = select(past_check_ins).join(last, same).order_by(past_check_ins.c.part)
    return {row.key_result: _check_in(row) for row in connection.execute(query)}


def _by(until: datetime | None) -> ColumnElement[bool]:
    return true() if until is None else past_check_ins.c.at <= until


def _check_in(row: Row[tuple[object, ...]]) -> CheckIn:
    return replace(check_in_of(row), origin=row.origin)
