"""Readings that wait for a person: one open per key result, decided once, never forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, select, update

from mapping.reviews import Review, ReviewCause, ReviewState
from store.codec import decode_check_in, encode_check_in
from store.tables import reviews


def write_reviews(connection: Connection, waiting: Iterable[Review], settled: Iterable[str], *, at: datetime) -> None:
    """Open what waits now; what waited before and reads otherwise now, or reads well again, is superseded.

    Args:
        connection: in the transaction that publishes.
        waiting: one review for each key result that has something waiting; one that is open already stays.
        settled: key results that were measured and have nothing waiting.
        at: the end of the run.
    """
    query = select(reviews.c.key_result, reviews.c.run).where(reviews.c.state == ReviewState.OPEN)
    open_now = {row.key_result: row.run for row in connection.execute(query)}
    for review in waiting:
        if open_now.get(review.key_result) == review.run:
            continue
        decide(connection, review.key_result, ReviewState.SUPERSEDED, by="okrsync", at=at)
        row = {
            "key_result": review.key_result,
            "run": review.run,
            "at": review.at,
            "body": encode_check_in(review.proposal),
            "cause": review.cause,
            "detail": review.detail,
            "state": review.state,
        }
        connection.execute(insert(reviews), [row])
    for address in settled:
        if address in open_now:
            decide(connection, address, ReviewState.SUPERSEDED, by="okrsync", at=at)


def decide(
    connection: Connection, key_result: str, state: ReviewState, *, by: str, at: datetime, note: str = ""
) -> bool:
    """End the open review of a key result, and return whether there was one."""
    values = {"state": state, "decided_at": at, "decided_by": by, "note": note}
    found = and_(reviews.c.key_result == key_result, reviews.c.state == ReviewState.OPEN)
    return bool(connection.execute(update(reviews).where(found).values(values)).rowcount)


def read_reviews(connection: Connection, *, only_open: bool = False) -> dict[str, Review]:
    """Return the newest review of each key result that ever had one, by address."""
    newest = select(reviews.c.key_result, func.max(reviews.c.run).label("run")).group_by(reviews.c.key_result)
    last = newest.subquery()
    query = (
        select(reviews)
        .join(last, and_(last.c.key_result == reviews.c.key_result, last.c.run == reviews.c.run))
        .order_by(reviews.c.key_result)
    )
    if only_open:
        query = query.where(reviews.c.state == ReviewState.OPEN)
    return {
        row.key_result: Review(
            key_result=row.key_result,
            run=row.run,
            at=row.at,
            proposal=decode_check_in(row.body),
            cause=ReviewCause(row.cause),
            detail=row.detail,
            state=ReviewState(row.state),
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            note=row.note,
        )
        for row in connection.execute(query)
    }
