"""Who may write what: a lease with a fencing number, so that one run at a time pulls a connection and publishes it.

A lease runs out by itself when its holder is killed. One that was taken over meanwhile is told by its fence: the
number grows with each holder, and ``Run.commit`` refuses what was pulled under an older one.

Holders may have different clocks. One that is given back is free by every clock; one that would last longer than any
lease is of a clock ahead of ours, and is cut to what a lease lasts by ours: a living holder renews it until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from mapping.errors import TryAgainError
from mapping.failpoints import reach
from store.tables import leases

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Until when a lease lasts that was given back, whatever the clocks of those who want it say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write something until an instant; worth as much as its fence is the newest."""

    name: str
    """``connection:jira``."""
    holder: str
    """Who has it, for people: ``host, process 4711, run 5f0c``."""
    fence: int
    until: datetime


def acquire(
    connection: Connection, name: str, holder: str, *, seconds: float, now: datetime, dead: str | None = None
) -> Lease | None:
    """Take a lease that is free or has run out, in the write transaction of the caller; None while another has it.

    Args:
        connection: in a write transaction.
        name: of what may be written.
        holder: who takes it.
        seconds: for how long.
        now: the holder's clock; one that is behind may lose its lease early, and the fence keeps that harmless.
        dead: a holder that is known to be gone: its lease is taken although it has not run out.
    """
    reach("store.lease.acquire")
    until = now + timedelta(seconds=seconds)
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        connection.execute(insert(leases), [{"name": name, "holder": holder, "fence": 1, "until": until}])
        return Lease(name=name, holder=holder, fence=1, until=until)
    if row.until > now and row.holder != dead:
        if row.until > until:
            connection.execute(update(leases).where(leases.c.name == name).values(until=until))
        return None
    values = {"holder": holder, "fence": row.fence + 1, "until": until}
    connection.execute(update(leases).where(leases.c.name == name).values(values))
    return Lease(name=name, holder=holder, fence=row.fence + 1, until=until)


def renew(connection: Connection, lease: Lease, *, seconds: float, now: datetime) -> Lease | None:
    """Prolong a lease, also one that ran out without anybody taking it; None when another has taken it."""
    reach("store.lease.renew")
    until = now + timedelta(seconds=seconds)
    mine = (leases.c.name == lease.name) & (leases.c.fence == lease.fence)
    if connection.execute(update(leases).where(mine).values(until=until)).rowcount == 0:
        return None
    return Lease(name=lease.name, holder=lease.holder, fence=lease.fence, until=until)


def release(connection: Connection, lease: Lease) -> None:
    """Give a lease back; one that another has taken is left alone. The row stays: its fence must never fall."""
    reach("store.lease.release")
    mine = (leases.c.name == lease.name) & (leases.c.fence == lease.fence)
    connection.execute(update(leases).where(mine).values(until=LONG_AGO))


def holder_of(connection: Connection, name: str) -> str | None:
    """Return who had a lease last, None when nobody ever had."""
    return connection.scalar(select(leases.c.holder).where(leases.c.name == name))


def require_current(connection: Connection, held: Iterable[Lease]) -> None:
    """Refuse to go on under a lease that another has taken; called in the transaction that publishes.

    Raises:
        TryAgainError: names the lease and who has it now.
    """
    for lease in held:
        reach("store.lease.require")
        row = connection.execute(select(leases).where(leases.c.name == lease.name)).one_or_none()
        if row is None or row.fence != lease.fence:
            now_with = "nobody" if row is None else row.holder
            raise TryAgainError(
                f"{lease.name}: taken over by {now_with} while this run was held up: nothing of it was published; "
                "sync again"
            )
