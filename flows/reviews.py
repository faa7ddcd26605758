"""A person decides on a reading that was held or suggested: it is published, or not asked about again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flows.outgoing import Outlet, enqueue_after
from flows.people import audited
from mapping.check_ins import CheckIn, CheckInKind
from mapping.errors import FixConfigError
from mapping.reviews import Review, ReviewState, first_rejected
from mapping.show import first_of
from store import Freshness, Store


def accept(
    store: Store, address: str, *, author: str, now: datetime, note: str = "", outlets: Iterable[Outlet] = ()
) -> CheckIn:
    """Publish what waits, under the name of whoever accepts it.

    Raises:
        FixConfigError: nothing waits for a decision there.
    """
    review = waiting(store, address)
    with store.begin(started_at=now, kind="review") as run:
        run.merge()
        _still_open(run.decide(address, ReviewState.ACCEPTED, by=author, at=now, note=note), address)
        entry = replace(review.proposal, run=run.seq, at=now, author=author, kind=CheckInKind.ACCEPTED, note=note)
        fresh = Freshness(key_result=address, measured_at=review.at, measured_run=review.run)
        run.publish(check_ins=[entry], freshness=[fresh], declared=None, connections=(), now=now)
        run.audit([audited(now, author, "accept", address, {"held": review.detail}, {"value": entry.value})])
        enqueue_after(run, store, [address], outlets, now=now)
        run.commit()
    return entry


def reject(store: Store, address: str, *, author: str, now: datetime, note: str = "") -> Review:
    """Keep the last good value; the same reading is not asked about again.

    Raises:
        FixConfigError: nothing waits for a decision there.
    """
    review = waiting(store, address)
    with store.begin(started_at=now, kind="review") as run:
        run.merge()
        _still_open(run.decide(address, ReviewState.REJECTED, by=author, at=now, note=note), address)
        fresh = run.freshness([address]).get(address)
        first = fresh is not None and run.last_check_ins().get(address) is None
        why = first_rejected(author, note)
        still = [replace(fresh, no_data=why)] if first and fresh is not None else []
        run.publish(check_ins=(), freshness=still, declared=None, connections=(), now=now)
        rejected = {"value": review.proposal.value, "note": note}
        run.audit([audited(now, author, "reject", address, {"held": review.detail}, rejected)])
        run.commit()
    return review


def waiting(store: Store, address: str) -> Review:
    """Return what waits for a decision there.

    Raises:
        FixConfigError: nothing does.
    """
    found = store.reviews(only_open=True)
    if address not in found:
        there = first_of([*found]) or "nothing does"
        raise FixConfigError(f"no reading of {address!r} waits for a decision: see `okrsync review list` ({there})")
    return found[address]


def _still_open(decided: bool, address: str) -> None:
    if not decided:
        raise FixConfigError(f"{address}: somebody else has decided meanwhile: see `okrsync review list`")
