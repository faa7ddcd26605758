"""Who is told to be gone, and who is waited for."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from flows.leases import Leases, holder_name, is_gone
from mapping.failpoints import listening
from store import Store


def test_a_process_that_has_ended_is_gone_and_this_one_is_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    assert is_gone(f"{socket.gethostname()}, process {ended.pid}, 5f0c")
    assert not is_gone(holder_name())
    assert not is_gone(f"{socket.gethostname()}, process 1, 5f0c")


@pytest.mark.parametrize(
    "holder",
    [f"another-host, process {os.getpid()}, 5f0c", "the night's run", "", f"{socket.gethostname()}, process x"],
    ids=["another host", "no process", "nobody", "no number"],  # the same in every process, or xdist cannot share them
)
def test_who_is_elsewhere_or_unknown_is_waited_for(holder: str) -> None:
    assert not is_gone(holder)


def test_a_renewal_that_is_under_way_at_the_end_does_not_keep_others_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.leases.RENEW_SECONDS", 0.01)
    under_way = threading.Event()

    def dawdle(name: str) -> None:
        if name == "store.write.begin" and threading.current_thread() is not threading.main_thread():
            under_way.set()
            time.sleep(0.2)

    async def held_for_a_while() -> None:
        leases = Leases(store=store, now=lambda: datetime.now(UTC))
        async with leases.kept():
            assert leases.take("jira") is None
            await asyncio.to_thread(under_way.wait, 30)

    with listening(dawdle):
        asyncio.run(held_for_a_while())
    assert Leases(store=store, now=lambda: datetime.now(UTC)).take("jira") is None
