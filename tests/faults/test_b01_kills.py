"""B1: killed with signal 9 at every named place, and at any moment, whatever okrsync does ends as if nothing had been.

Each journey is done once undisturbed; then, on fresh copies of where it began, it is killed at a fail-point, looked at,
and done again. The canonical dump is the judge. On SQLite and on PostgreSQL.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapping.failpoints import listening
from tests.engines import NewDatabase
from tests.faults import journeys
from tests.faults.journeys import JOURNEYS
from tests.faults.kit import Served
from tests.faults.points import named_in_source
from tests.faults.scenes import Scene, Stage

KILLS = int(os.environ.get("OKRSYNC_KILLS", "2"))
"""How many fail-points of each journey, and a third as many random moments; 1000 is all of it."""
PATIENCE = 120


@pytest.fixture
def stage(where: Served, tmp_path: Path, new_database: NewDatabase) -> Stage:
    return Stage(where, tmp_path, new_database)


@pytest.fixture
def sqlite_stage(where: Served, tmp_path: Path) -> Stage:
    return Stage(where, tmp_path, lambda: "sqlite:///in-its-scene")


def reached(name: str, scene: Scene) -> Counter[str]:
    """Do a journey in this process, undisturbed, and return how often it reaches each fail-point."""
    seen: Counter[str] = Counter()
    with listening(lambda point: seen.update([point])):
        journeys.perform(name, scene, "")
    return seen


def test_every_fail_point_named_in_the_source_is_reached_by_a_journey(sqlite_stage: Stage) -> None:
    named = named_in_source()
    seen: Counter[str] = Counter()
    for name, journey in JOURNEYS.items():
        seen += reached(name, journey.scene(sqlite_stage))
    assert len(named) >= 40
    assert set(named) - set(seen) == set(), "no journey comes by here"
    assert set(seen) <= set(named)
    print(f"B1: {len(named)} fail-points, each reached by one of {len(JOURNEYS)} journeys, {seen.total()} times in all")


def moments(seen: Counter[str]) -> Iterator[str]:
    """Yield the first and the last time that each fail-point is reached, thinned out to so many as are wanted."""
    chosen = [f"{name}:{nth}" for name, times in sorted(seen.items()) for nth in sorted({1, times})]
    yield from chosen if len(chosen) <= KILLS else random.Random(KILLS).sample(chosen, KILLS)


@pytest.mark.parametrize("name", list(JOURNEYS))
def test_killed_at_a_fail_point_and_done_again_it_ends_as_if_undisturbed(stage: Stage, name: str) -> None:
    journey = JOURNEYS[name]
    begun = journey.scene(stage)
    elsewhere = journey.elsewhere(stage)
    straight = begun.copy()
    seen = reached(name, straight)
    before, after, effects = journey.states(begun.copy()), journey.states(straight), journey.effects(stage)
    killed = 0
    for moment in moments(seen):
        journey.put_back(stage, elsewhere)
        scene = begun.copy()
        process = journeys.start(name, scene, moment)
        process.join(PATIENCE)
        # what happens in the background may happen less often this time
        assert process.exitcode == -signal.SIGKILL or not moment.endswith(":1"), f"{moment} was never reached"
        killed += process.exitcode == -signal.SIGKILL
        assert scene.faults() == [], moment
        if journey.whole:
            assert journey.states(scene) in (before, after), f"killed at {moment}"
        journeys.perform(name, scene, "")
        assert journey.states(scene) == after, f"killed at {moment} and done again"
        assert journey.effects(stage) == effects, f"killed at {moment} and done again"
        assert scene.faults() == [], moment
        scene.remove()
    print(f"B1 {name}: {killed} kills at {len(seen)} fail-points, then as if undisturbed")


def test_killed_at_random_moments_and_done_again_it_ends_as_if_undisturbed(stage: Stage) -> None:
    chance, killed, wanted = random.Random(300), 0, max(2, KILLS // 3)
    begun = JOURNEYS["sync"].scene(stage)
    straight = begun.copy()
    began = time.monotonic()
    process = journeys.start("sync", straight)
    process.join(PATIENCE)
    whole = time.monotonic() - began
    before, after = begun.copy().dump(), straight.dump()
    assert before != after
    for _ in range(wanted * 3):
        scene = begun.copy()
        process = journeys.start("sync", scene)
        time.sleep(chance.uniform(0.0, whole))
        process.kill()
        process.join(PATIENCE)
        killed += process.exitcode == -signal.SIGKILL
        assert scene.faults() == []
        assert scene.dump() in (before, after)
        scene.sync()
        assert scene.dump() == after
        scene.remove()
        if killed >= wanted:
            break
    assert killed >= wanted
    print(f"B1: {killed} kills at random moments of a sync, then as if undisturbed")
