"""Looks for what cannot be: broken pages, references to nothing, parts that do not sum to their whole."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection, and_, func, or_, select, text

from mapping.check_ins import CauseKind, CheckIn, CheckInKind
from mapping.decimals import difference, total
from store.readings import MEASURED, check_in_of
from store.tables import check_ins, items, memberships, overrides, reviews, runs, selections

MOST = 20
"""So many findings of a kind are told."""


def findings(connection: Connection) -> Iterator[str]:
    """Yield what is wrong, one line each; nothing for a sound store."""
    if connection.dialect.name == "sqlite":
        yield from _pages(connection)
    yield from _runs(connection)
    yield from _memberships(connection)
    yield from _causes(connection)
    yield from _people(connection)


def _pages(connection: Connection) -> Iterator[str]:
    for (line,) in connection.execute(text("PRAGMA integrity_check")):
        if line != "ok":
            yield f"the file is damaged: {line}: restore it from a backup"
    for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        yield f"row {row} of {table} refers to nothing in {parent}"


def _runs(connection: Connection) -> Iterator[str]:
    last = connection.scalar(select(func.max(runs.c.seq))) or 0
    for table, column in ((items, items.c.changed_run), (memberships, memberships.c.since_run)):
        beyond = connection.scalar(select(func.count()).where(column > last))
        if beyond:
            yield f"{beyond} rows of {table.name} are of runs that were never published"


def _memberships(connection: Connection) -> Iterator[str]:
    backwards = select(memberships.c.item).where(memberships.c.until_run < memberships.c.since_run)
    for item in connection.scalars(backwards.limit(MOST)):
        yield f"item {item} left a selection before it joined"
    there = and_(items.c.connection == memberships.c.connection, items.c.id == memberships.c.item)
    orphans = select(memberships.c.item).where(~select(items.c.id).where(there).exists())
    for item in connection.scalars(orphans.limit(MOST)):
        yield f"item {item} belongs to a selection and is not in the mirror"
    twice = (
        select(memberships.c.selection, memberships.c.item)
        .where(memberships.c.until_run.is_(None))
        .group_by(memberships.c.selection, memberships.c.item)
        .having(func.count() > 1)
    )
    for selection, item in connection.execute(twice.limit(MOST)):
        yield f"item {item} belongs to selection {selection} twice"
    unknown = select(memberships.c.selection).distinct().where(memberships.c.selection.not_in(select(selections.c.key)))
    for selection in connection.scalars(unknown.limit(MOST)):
        yield f"there are members of selection {selection}, which was never asked for"


def _causes(connection: Connection) -> Iterator[str]:
    """Sum up the parts of each change and hold them against the values on both its sides."""
    query = select(check_ins).order_by(check_ins.c.key_result, check_ins.c.run)
    before: dict[bool, Decimal | None] = {}
    address, told = None, 0
    for row in connection.execute(query.execution_options(yield_per=MOST * 100)):
        entry = check_in_of(row)
        if entry.key_result != address:
            address, before = entry.key_result, {}
        measured = entry.kind in MEASURED
        old = None if _begins(entry) else before.get(measured)
        if measured and entry.value is not None and entry.causes and told < MOST:
            moved = entry.value if old is None else difference(entry.value, old)
            summed = total(part.amount for part in entry.causes)
            if moved != summed:
                told += 1
                yield f"{address}, run {entry.run}: its causes sum to {summed}, the value moved by {moved}"
        if entry.value is not None:
            before[measured] = entry.value


def _begins(entry: CheckIn) -> bool:
    """Return whether a history begins here: another one may have been put before it when its address was renamed."""
    return any(part.kind is CauseKind.FIRST for part in entry.causes)


def _people(connection: Connection) -> Iterator[str]:
    entry = and_(check_ins.c.key_result == overrides.c.key_result, check_ins.c.run == overrides.c.run)
    lost = select(overrides.c.key_result).where(~select(check_ins.c.run).where(entry).exists())
    for address in connection.scalars(lost.limit(MOST)):
        yield f"{address}: an override without its check-in"
    twice = select(reviews.c.key_result).where(reviews.c.state == "open").group_by(reviews.c.key_result)
    for address in connection.scalars(twice.having(func.count() > 1).limit(MOST)):
        yield f"{address}: two readings wait for a decision"
    stated = (CheckInKind.BY_HAND, CheckInKind.IMPORTED, CheckInKind.REPORTED)  # by people here or elsewhere
    right = or_(check_ins.c.confidence.is_(None), check_ins.c.kind.in_(stated))
    for address in connection.scalars(select(check_ins.c.key_result).where(~right).limit(MOST)):
        yield f"{address}: a confidence that no person stated"
