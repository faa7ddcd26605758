"""What people do: overrides, comments, and the audit of every change with both its sides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from mapping.check_ins import CheckIn
from mapping.effective import Entries
from mapping.people import AuditEntry, Comment, Override
from store.dialects import Native
from store.imported import read_last_past
from store.readings import BY_HAND, LATEST, check_in_of, read_last_check_ins
from store.tables import audit, check_ins, comments, overrides


def write_override(connection: Connection, override: Override) -> None:
    """Put a check-in by hand above the automatic value; one that was in force before is ended by it."""
    entry = override.check_in
    end_overrides(connection, [entry.key_result], "another check-in by hand", at=entry.at)
    row = {
        "key_result": entry.key_result,
        "run": entry.run,
        "sticky": override.sticky,
        "expires_at": override.expires_at,
        "reason": override.reason,
        "author": entry.author,
    }
    connection.execute(insert(overrides), [row])


def end_overrides(
    connection: Connection, key_results: Iterable[str], because: str, *, at: datetime, sticky: bool = True
) -> list[str]:
    """End the overrides of these key results and return whose there were; ``sticky=False`` leaves sticky ones."""
    ended = []
    for address in key_results:
        open_: ColumnElement[bool] = and_(overrides.c.key_result == address, overrides.c.ended_at.is_(None))
        if not sticky:
            open_ = and_(open_, ~overrides.c.sticky)
        if connection.execute(update(overrides).where(open_).values(ended_at=at, ended_because=because)).rowcount:
            ended.append(address)
    return ended


def read_overrides(connection: Connection, *, upto: int = LATEST, until: datetime | None = None) -> dict[str, Override]:
    """Return the last override up to a run of every key result that had one, with its check-in.

    Whether it had ended by ``until``; without, what has ended is over, also by a clock that was ahead of ours.
    """
    last = (
        select(overrides.c.key_result, func.max(overrides.c.run).label("run"))
        .where(overrides.c.run <= upto)
        .group_by(overrides.c.key_result)
    )
    newest = last.subquery()
    query = _OVERRIDES.join(
        newest, and_(newest.c.key_result == overrides.c.key_result, newest.c.run == overrides.c.run)
    )
    return {row.key_result: _override(row, until) for row in connection.execute(query)}


def read_all_overrides(
    connection: Connection, key_result: str, *, upto: int = LATEST, until: datetime | None = None
) -> list[Override]:
    """Return every override of a key result up to a run, oldest first; ``until`` as in ``read_overrides``."""
    query = _OVERRIDES.where(overrides.c.key_result == key_result, overrides.c.run <= upto).order_by(overrides.c.run)
    return [_override(row, until) for row in connection.execute(query)]


_OVERRIDES = (
    select(check_ins, overrides.c.sticky, overrides.c.expires_at, overrides.c.reason)
    .add_columns(overrides.c.ended_at, overrides.c.ended_because)
    .join(overrides, and_(overrides.c.key_result == check_ins.c.key_result, overrides.c.run == check_ins.c.run))
)


def _override(row: Row[tuple[object, ...]], until: datetime | None) -> Override:
    return Override(
        check_in=check_in_of(row),
        sticky=row.sticky,
        expires_at=row.expires_at,
        reason=row.reason,
        over=row.ended_at is not None and (until is None or row.ended_at <= until),
        ended_because=row.ended_because,
    )


def read_entries(
    connection: Connection,
    native: Native,
    *,
    among: Sequence[str] | None = None,
    upto: int = LATEST,
    until: datetime | None = None,
) -> dict[str, Entries]:
    """Return what is on record up to a run of key results that have any check-in: see ``mapping.effective``.

    What was imported of before counts as said by a person, where nobody has said anything later; none of it is
    later than ``until``.
    """
    measured = read_last_check_ins(connection, native, among=among, upto=upto)
    by_hand = read_last_check_ins(connection, native, BY_HAND, among=among, upto=upto)
    for address, entry in read_last_past(connection, native, among, until=until).items():
        if address not in by_hand or by_hand[address].at <= entry.at:
            by_hand[address] = entry
    last = read_overrides(connection, upto=upto, until=until)
    return {
        address: Entries(measured=measured.get(address), by_hand=by_hand.get(address), override=last.get(address))
        for address in measured.keys() | by_hand.keys()
    }


def end_one_offs(connection: Connection, written: Sequence[CheckIn], *, at: datetime) -> None:
    """End the one-off overrides of key results whose automatic value has just moved."""
    moved = [entry.key_result for entry in written if entry.causes]
    end_overrides(connection, moved, "the automatic value moved", at=at, sticky=False)


def write_comment(connection: Connection, comment: Comment) -> None:
    """Keep what a person had to say."""
    row = {"id": uuid.uuid4().hex, "key_result": comment.key_result, "at": comment.at}
    connection.execute(insert(comments), [row | {"author": comment.author, "text": comment.text}])


def read_comments(connection: Connection, key_result: str) -> list[Comment]:
    """Return the comments on a key result, oldest first."""
    query = select(comments).where(comments.c.key_result == key_result).order_by(comments.c.at, comments.c.id)
    return [
        Comment(key_result=row.key_result, at=row.at, author=row.author, text=row.text)
        for row in connection.execute(query)
    ]


def write_audit(connection: Connection, entries: Iterable[AuditEntry], *, run: int | None = None) -> None:
    """Append to the audit, in the transaction of the change itself."""
    rows = [
        {
            "id": uuid.uuid4().hex,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "before": entry.before,
            "after": entry.after,
            "run": run,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(insert(audit), rows)


def read_audit(connection: Connection, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
    """Return the last entries of the audit, newest first; ``subject`` narrows it to one address."""
    query = select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(limit)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    return [
        AuditEntry(
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            before=row.before,
            after=row.after,
        )
        for row in connection.execute(query)
    ]
