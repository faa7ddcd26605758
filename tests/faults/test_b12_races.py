"""B12: of processes that want one sync one has it at a time, and whoever was held up past its lease publishes nothing.

Real processes, started at one moment; tests/store/test_leases.py races two hundred rounds within one.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from flows.leases import LEASE_SECONDS
from mapping.failpoints import listening
from mapping.words import Outcome
from tests.engines import NewDatabase
from tests.faults import journeys
from tests.faults.kit import Served
from tests.faults.rules import OTHER, write_other
from tests.faults.scenes import Scene, Stage

ROUNDS = int(os.environ.get("OKRSYNC_RACES", "2"))
CROWD = 6
PATIENCE = 120


@pytest.fixture
def stage(where: Served, tmp_path: Path, new_database: NewDatabase) -> Stage:
    return Stage(where, tmp_path, new_database)


def race(scene: Scene, log: Path, start: Barrier) -> None:
    """Sync with the others at once; every request, which only the holder of the lease may send, leaves a line."""

    def tell(name: str) -> None:
        if name == "connectors.http.send":
            with log.open("a") as out:
                out.write(f"{os.getpid()}\n")

    start.wait(PATIENCE)
    with listening(tell):
        journeys.perform("sync", scene, "")


def test_of_six_processes_that_start_at_once_one_at_a_time_pulls_and_all_end_well(stage: Stage) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.journeys"])
    scene, pulled = stage.scene(), 0
    with context.Manager() as manager:
        for round_ in range(ROUNDS):
            scene = stage.move_on(scene)
            straight = scene.copy()
            straight.sync()
            log, start = scene.folder / f"race{round_}", manager.Barrier(CROWD)
            crowd = [context.Process(target=race, args=(scene, log, start)) for _ in range(CROWD)]
            for one in crowd:
                one.start()
            for one in crowd:
                one.join(PATIENCE)
            assert [one.exitcode for one in crowd] == [0] * CROWD
            turns = [pid for pid, _ in itertools.groupby(log.read_text().split())]
            assert len(turns) == len(set(turns)), "two held the lease at once: their requests alternate"
            pulled += len(turns)
            assert scene.dump() == straight.dump()
            assert scene.faults() == []
            straight.remove()
    print(f"B12: {ROUNDS} rounds of {CROWD} processes, {pulled} turns, never two at once")


def test_a_process_that_is_stopped_past_its_lease_wakes_up_and_publishes_nothing(stage: Stage) -> None:
    scene = stage.scene()
    for round_ in range(ROUNDS):
        scene = stage.move_on(scene)
        write_other(scene.folder, 50 + round_, scene.at)
        holder = journeys.start("sync", scene, "store.merge.begin stop")
        assert holder.pid is not None
        wait_until_stopped(holder.pid)
        (outcome,) = {each.outcome for each in replace(scene, at=scene.at + timedelta(seconds=1)).sync().connections}
        assert outcome is Outcome.SKIPPED, "the lease of the one that is stopped still runs"
        write_other(scene.folder, 70 + round_, scene.at)
        later = replace(scene, at=scene.at + timedelta(seconds=LEASE_SECONDS + 1))
        assert {each.outcome for each in later.sync().connections} == {Outcome.COMPLETE}
        before = scene.dump()
        os.kill(holder.pid, signal.SIGCONT)
        holder.join(PATIENCE)
        assert holder.exitcode == 1, "it was refused"
        assert scene.dump() == before
        with scene.store() as store:
            assert store.last_check_ins()[OTHER].value == 70 + round_
        assert scene.faults() == []
        assert {each.outcome for each in replace(later, at=later.at + timedelta(seconds=1)).sync().connections} == {
            Outcome.COMPLETE
        }, "whoever was refused holds nothing back"
    print(f"B12: {ROUNDS} stopped holders woke up too late, {ROUNDS} commits refused")


def wait_until_stopped(pid: int) -> None:
    """Wait until a process is stopped; it is no child of this one, so that only /proc tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("tells of stopped processes are read from /proc")
    for _ in range(PATIENCE * 20):
        if "State:\tT" in status.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} was never stopped")
