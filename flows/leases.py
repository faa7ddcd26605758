"""One run at a time pulls a connection: leases taken before, renewed meanwhile, given back after."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from mapping.errors import OkrsyncError
from store import Lease, Store

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
"""How long a killed run keeps others from its connections."""
RENEW_SECONDS = 30.0
CONNECTION, DESTINATION = "connection", "destination"


def holder_name() -> str:
    """Return who this run is, for those who find its leases: host, process and a part that no other run has."""
    return f"{socket.gethostname()}, process {os.getpid()}, {uuid.uuid4().hex[:8]}"


def is_gone(holder: str) -> bool:
    """Return whether a holder was a process of this host that runs no more; then nobody need wait for its lease.

    Should it live after all, under the same host name elsewhere, its fence keeps it from publishing.
    """
    host, _, rest = holder.partition(", process ")
    number = rest.partition(",")[0]
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is there, and another user's
        return False
    return False


@dataclass(kw_only=True)
class Leases:
    """The leases of one run."""

    store: Store
    now: Callable[[], datetime]
    holder: str = field(default_factory=holder_name)
    seconds: float = LEASE_SECONDS
    held: dict[str, Lease] = field(default_factory=dict)

    def take(self, of: str, what: str = CONNECTION) -> str | None:
        """Take the lease of a connection, or of a destination; None when it is ours, else who has it."""
        name = f"{what}:{of}"
        if name in self.held:
            return None
        lease = self._acquire(name)
        other = None if lease is not None else self.store.holder_of(name) or "another run"
        if other is not None and is_gone(other):
            lease = self._acquire(name, dead=other)
        if lease is None:
            return other
        self.held[name] = lease
        return None

    def _acquire(self, name: str, *, dead: str | None = None) -> Lease | None:
        return self.store.acquire(name, self.holder, seconds=self.seconds, now=self.now(), dead=dead)

    def renew(self) -> None:
        """Prolong what is held. One that was taken over is left to the commit, which refuses and says so."""
        for name, lease in list(self.held.items()):
            renewed = self.store.renew(lease, seconds=self.seconds, now=self.now())
            if renewed is not None:
                self.held[name] = renewed

    def give_back(self) -> None:
        """Release what is held."""
        for lease in self.held.values():
            self.store.release(lease)
        self.held.clear()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew in the background while the block runs, and give everything back at its end."""
        over = asyncio.Event()
        keeper = asyncio.create_task(self._keep(over))
        try:
            yield
        finally:
            over.set()
            await keeper  # a renewal that is under way would prolong what is given back before it ends
            try:
                self.give_back()
            except OkrsyncError as error:
                log.warning("leases were not given back and run out by themselves: %s", error)

    async def _keep(self, over: asyncio.Event) -> None:
        ended = asyncio.create_task(over.wait())
        while not (await asyncio.wait([ended], timeout=RENEW_SECONDS))[0]:
            try:
                await asyncio.to_thread(self.renew)
            except OkrsyncError as error:
                log.warning("leases could not be renewed: %s", error)
