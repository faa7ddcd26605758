"""What waits to be delivered, what became of it, and what was last written where."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from mapping.delivery import Delivered, Delivery, DeliveryState, Update
from store.dialects import upsert
from store.tables import delivered, outbox

OPEN = (DeliveryState.WAITING, DeliveryState.SUPERSEDED)
"""What may still be told to have gone out: a row may be superseded while it is on its way."""
FAR = timedelta(days=1)
"""Nothing is put off so long: until an instant beyond it only a clock ahead of ours has put it off."""


def write_outbox(connection: Connection, updates: Iterable[tuple[str, Update]], *, at: datetime) -> list[str]:
    """Let updates wait for their destinations; an older one that waits for the same key result is superseded.

    Args:
        connection: in the transaction that publishes.
        updates: destination and what it is to be told.
        at: the end of the run.

    Returns:
        The ids given, in order.
    """
    position = connection.scalar(select(func.max(outbox.c.position))) or 0
    rows = []
    for destination, told in updates:
        position += 1
        _supersede(connection, destination, told.key_result, at)
        rows.append(
            {
                "id": uuid.uuid4().hex,
                "position": position,
                "destination": destination,
                "key_result": told.key_result,
                "run": told.run,
                "body": msgspec.json.encode(told).decode(),
                "state": DeliveryState.WAITING,
                "attempts": 0,
                "created_at": at,
            }
        )
    if rows:
        connection.execute(insert(outbox), rows)
    return [str(row["id"]) for row in rows]


def _supersede(connection: Connection, destination: str, key_result: str, at: datetime) -> None:
    older = and_(
        outbox.c.state == DeliveryState.WAITING,
        outbox.c.destination == destination,
        outbox.c.key_result == key_result,
    )
    values = {"state": DeliveryState.SUPERSEDED, "ended_at": at, "detail": "a newer one took its place"}
    connection.execute(update(outbox).where(older).values(values))


def read_newest(connection: Connection, only: ColumnElement[bool] | None = None) -> dict[tuple[str, str], Delivery]:
    """Return the newest row of each destination and key result; of all key results by default."""
    newest = select(func.max(outbox.c.position)).group_by(outbox.c.destination, outbox.c.key_result)
    if only is not None:
        newest = newest.where(only)
    rows = connection.execute(select(outbox).where(outbox.c.position.in_(newest)))
    return {(row.destination, row.key_result): _delivery(row) for row in rows}


def read_waiting(connection: Connection, destination: str, *, now: datetime, most: int) -> list[Delivery]:
    """Return what is due at a destination, oldest first."""
    due = or_(outbox.c.next_at.is_(None), outbox.c.next_at <= now, outbox.c.next_at > now + FAR)
    mine = and_(outbox.c.state == DeliveryState.WAITING, outbox.c.destination == destination, due)
    return [
        _delivery(row) for row in connection.execute(select(outbox).where(mine).order_by(outbox.c.position).limit(most))
    ]


def count_waiting(connection: Connection, destination: str) -> int:
    """Return how much waits at a destination, due or not."""
    mine = and_(outbox.c.state == DeliveryState.WAITING, outbox.c.destination == destination)
    return connection.scalar(select(func.count()).select_from(outbox).where(mine)) or 0


def read_deliveries(connection: Connection, key_result: str | None = None, limit: int = 100) -> list[Delivery]:
    """Return the last rows, newest first; ``key_result`` narrows them to one."""
    query = select(outbox).order_by(outbox.c.position.desc()).limit(limit)
    if key_result is not None:
        query = query.where(outbox.c.key_result == key_result)
    return [_delivery(row) for row in connection.execute(query)]


def end_delivery(connection: Connection, row: Delivery, state: DeliveryState, *, at: datetime, detail: str) -> None:
    """Say what became of a row."""
    values = {"state": state, "ended_at": at, "next_at": None, "detail": detail, "attempts": row.attempts}
    connection.execute(update(outbox).where(outbox.c.id == row.id, outbox.c.state.in_(OPEN)).values(values))


def postpone_delivery(connection: Connection, row: Delivery, *, until: datetime, detail: str) -> None:
    """Let a row wait for another attempt; one that was superseded meanwhile stays so."""
    values = {"next_at": until, "detail": detail, "attempts": row.attempts}
    mine = and_(outbox.c.id == row.id, outbox.c.state == DeliveryState.WAITING)
    connection.execute(update(outbox).where(mine).values(values))


def read_delivered(connection: Connection, destination: str) -> dict[str, Delivered]:
    """Return what was written at a destination, by key result."""
    rows = connection.execute(select(delivered).where(delivered.c.destination == destination))
    return {row.key_result: _delivered(row) for row in rows}


def write_delivered(
    connection: Connection, destination: str, entries: Mapping[str, Delivered], *, at: datetime
) -> None:
    """Note what was written, or is about to be, for some key results."""
    rows: Sequence[dict[str, object]] = [
        {
            "destination": destination,
            "key_result": address,
            "target": entry.target,
            "body": json.dumps({"wrote": dict(entry.wrote), "maybe": {k: list(v) for k, v in entry.maybe.items()}}),
            "at": at,
        }
        for address, entry in entries.items()
    ]
    if not rows:
        return
    statement = upsert(connection, delivered)
    others = {name: statement.excluded[name] for name in ("target", "body", "at")}
    connection.execute(statement.on_conflict_do_update(index_elements=("destination", "key_result"), set_=others), rows)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        position=row.position,
        destination=row.destination,
        key_result=row.key_result,
        run=row.run,
        update=msgspec.json.decode(row.body, type=Update),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        ended_at=row.ended_at,
        detail=row.detail,
    )


def _delivered(row: Row[tuple[object, ...]]) -> Delivered:
    body = json.loads(row.body)
    return Delivered(
        target=row.target, wrote=body["wrote"], maybe={name: tuple(each) for name, each in body["maybe"].items()}
    )
