"""A key result under a new address takes all its history along, in the transaction that publishes."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import Connection, Table, and_, delete, func, insert, select, update

from mapping.declared import Moves, Origin, objective_of
from mapping.errors import FixConfigError
from mapping.rules import KeyResult, Objective
from store.codec import decode, encode
from store.tables import (
    check_ins,
    comments,
    delivered,
    freshness,
    key_results,
    objectives,
    outbox,
    overrides,
    past_check_ins,
    rebuilt,
    reviews,
)

HISTORY: tuple[tuple[Table, tuple[str, ...] | None], ...] = (
    (check_ins, None),
    (overrides, None),
    (reviews, None),
    (comments, None),
    (outbox, None),
    (freshness, ()),
    (rebuilt, ("day",)),
    (past_check_ins, ("at", "part")),
    (delivered, ("destination",)),
)
"""What hangs on an address, and where only one row of a kind may be: the column that tells the kind."""
SAID_INSIDE = (reviews, outbox)
"""Their bodies name the address too."""


class NotFollowingError(FixConfigError):
    """Two histories cannot become one: they overlap, or the new address was retired with a history of its own."""

    def __init__(self, old: str, new: str, why: str) -> None:
        super().__init__(f"{old} cannot become {new}, which {why}: choose another id")
        self.new = new


def rename(connection: Connection, moves: Moves) -> None:
    """Move objectives and key results to their new ids, with everything that hangs on them.

    Where the new address was declared meanwhile (somebody renamed and said so only later), the old history goes before
    the new one. Of what can only be there once (freshness, what a destination was last told, what was rebuilt of a day)
    the newer stays.

    Raises:
        NotFollowingError: the two histories do not follow one another.
    """
    for old, new in moves.objectives.items():
        _stand_in(connection, old, new)
    for old, new in moves.key_results.items():
        _stand_in(connection, objective_of(old), objective_of(new))
        _move(connection, old, new)
    for old, new in moves.objectives.items():
        connection.execute(delete(objectives).where(objectives.c.id == old))
        _follow(connection, old, new)


def _stand_in(connection: Connection, old: str, new: str) -> None:
    """Let there be an objective for key results to move to; what it says is written when the rules are."""
    if connection.scalar(select(objectives.c.id).where(objectives.c.id == new)) is None:
        row = dict(connection.execute(select(objectives).where(objectives.c.id == old)).mappings().one())
        body = replace(decode(Objective, row["body"]), id=new)
        connection.execute(insert(objectives), [row | {"id": new, "body": encode(body)}])


def _follow(connection: Connection, old: str, new: str) -> None:
    """Let what people declared serve the objective under its new id."""
    for row in connection.execute(select(objectives).where(objectives.c.origin != Origin.FILE)).all():
        body = decode(Objective, row.body)
        if body.parent == old:
            values = {"body": encode(replace(body, parent=new))}
            connection.execute(update(objectives).where(objectives.c.id == row.id).values(values))


def _move(connection: Connection, old: str, new: str) -> None:
    row = connection.execute(select(key_results).where(key_results.c.id == old)).one()
    there = connection.execute(select(key_results.c.retired).where(key_results.c.id == new)).one_or_none()
    if there is None:
        values = {
            "objective": objective_of(new),
            "id": new,
            "body": encode(replace(decode(KeyResult, row.body), id=new)),
        }
        connection.execute(update(key_results).where(key_results.c.id == old).values(values))
    else:
        _require_following(connection, old, new, retired=there.retired)
        connection.execute(delete(key_results).where(key_results.c.id == old))
    for table, once_per in HISTORY:
        if once_per is not None:
            _keep_newer(connection, table, once_per, old, new)
        if table in SAID_INSIDE:
            _say_inside(connection, table, old, new)
        connection.execute(update(table).where(table.c.key_result == old).values(key_result=new))


def _require_following(connection: Connection, old: str, new: str, *, retired: bool) -> None:
    ends = select(func.max(check_ins.c.run)).where(check_ins.c.key_result == old)
    begins = select(func.min(check_ins.c.run)).where(check_ins.c.key_result == new)
    last, first = connection.scalar(ends), connection.scalar(begins)
    if last is None or first is None or (last < first and not retired):
        return
    why = "was retired with a history of its own" if retired else "has a history that begins before the other ends"
    raise NotFollowingError(old, new, why)


def _keep_newer(connection: Connection, table: Table, once_per: tuple[str, ...], old: str, new: str) -> None:
    """Remove from the old address what is there under the new one too."""
    other = table.alias("other")
    same = and_(other.c.key_result == new, *(other.c[name] == table.c[name] for name in once_per))
    connection.execute(delete(table).where(table.c.key_result == old, select(other.c.key_result).where(same).exists()))


def _say_inside(connection: Connection, table: Table, old: str, new: str) -> None:
    key = list(table.primary_key)
    for row in connection.execute(select(*key, table.c.body).where(table.c.key_result == old)).mappings().all():
        body = json.loads(row["body"])
        if body.get("key_result") == old:
            text = json.dumps({**body, "key_result": new}, ensure_ascii=False, separators=(",", ":"))
            mine = and_(*(column == row[column.name] for column in key))
            connection.execute(update(table).where(mine).values(body=text))
