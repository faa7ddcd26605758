"""Who is told to be gone, and who is waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from flows.leases import holder_name, is_gone


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
