"""Killed at any instant, a run leaves everything or nothing, and the next run converges."""

from __future__ import annotations

import random
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from mapping.errors import TryAgainError
from store import Store
from store.dump import Dump
from store.engine import PRAGMAS, engine_of
from tests.engines import NewDatabase
from tests.store import victim
from tests.store.kit import EPIC, START, Pull, item, publish, stage, sync

KILLS_BY_STATEMENT = 12
KILLS_BY_TIME = 2


def dump_of(url: str) -> Dump:
    with Store.open(url) as store:
        return store.dump()


def straight(new_database: NewDatabase) -> list[Dump]:
    """Return the dumps after each step of an undisturbed way."""
    url, dumps = new_database(), []
    for step in range(victim.STEPS):
        victim.perform(url, step)
        dumps.append(dump_of(url))
    return dumps


def check_integrity(url: str) -> None:
    if make_url(url).get_backend_name() != "sqlite":
        return  # PostgreSQL survives the death of a client by design
    engine = engine_of(url)
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def test_killed_before_any_statement_it_leaves_all_or_nothing(new_database: NewDatabase) -> None:
    expected = straight(new_database)
    url = new_database()
    victim.perform(url, 0)
    scout = new_database()
    victim.perform(scout, 0)
    total = victim.statements_of(scout, 1)
    moments = [*sorted(random.Random(7).sample(range(1, total), KILLS_BY_STATEMENT - 1)), total]
    for moment in moments:
        process = victim.start(url, 1, die_at=moment)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, f"statement {moment} of {total} was never reached"
        check_integrity(url)
        assert dump_of(url) == expected[0], f"killed before statement {moment} of {total}"
    for step in range(1, victim.STEPS):
        victim.perform(url, step)
        assert dump_of(url) == expected[step]


def test_killed_at_random_times_the_next_run_converges(new_database: NewDatabase) -> None:
    expected = straight(new_database)
    url = new_database()
    chance = random.Random(11)
    killed = 0
    for step in range(victim.STEPS):
        for _ in range(KILLS_BY_TIME):
            process = victim.start(url, step)
            time.sleep(chance.uniform(0.0, 0.25))
            process.kill()
            process.join(60)
            killed += process.exitcode == -signal.SIGKILL
            check_integrity(url)
            assert dump_of(url) in (expected[step], expected[step - 1] if step else empty(new_database))
        victim.perform(url, step)
        assert dump_of(url) == expected[step]
    assert killed > 0, "no victim was hit while it worked"


def empty(new_database: NewDatabase) -> Dump:
    return dump_of(new_database())


def leave(store: Store, stop: str) -> None:
    """Begin a run and leave it by an exception at one of three points."""
    with store.begin(started_at=START) as run:
        stage(run, Pull(items=[item(2)]))
        if stop != "pulled":
            run.merge()
        if stop == "published":
            publish(run, START)
        raise InterruptedError(stop)


@pytest.mark.parametrize("stop", ["pulled", "merged", "published"])
def test_a_run_left_by_an_exception_leaves_nothing(store: Store, stop: str) -> None:
    sync(store, Pull(items=[item(1)]))
    before = store.dump()
    with pytest.raises(InterruptedError):
        leave(store, stop)
    assert store.dump() == before
    assert sync(store, Pull(items=[item(1), item(2)])).seq == 2, "no number was used up"


def test_a_plan_measures_on_the_merged_mirror_and_leaves_nothing(store: Store) -> None:
    sync(store, Pull(items=[item(1)]))
    before = store.dump()
    with store.begin(started_at=START, kind="plan") as run:
        stage(run, Pull(items=[item(2)]))
        run.merge()
        assert [one.id for one in run.mirror().members(EPIC)] == ["2"]
        run.rollback()
        with pytest.raises(RuntimeError, match="over"):
            run.mirror()
    assert store.dump() == before


def test_readers_go_on_while_a_run_writes(store: Store, url: str) -> None:
    sync(store, Pull(items=[item(1)]))
    with store.begin(started_at=START) as run:
        stage(run, Pull(items=[item(2)]))
        run.merge()
        publish(run, START)
        with Store.open(url) as other:
            assert [one.id for one in other.mirror().members(EPIC)] == ["1"]
            assert len(other.runs()) == 1
        run.commit()
    assert [one.id for one in store.mirror().members(EPIC)] == ["2"]


def test_a_reader_that_began_before_a_commit_sees_one_run_throughout(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)]))
    mirror = store.mirror()
    sync(store, Pull(items=[item(1, title="other", updated_at=START)]))
    assert list(mirror.members(EPIC)) == [item(1), item(2)]


def test_a_full_disk_is_said_and_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with Store.open(url) as store:
        sync(store, Pull(items=[item(1)]))
        before = store.dump()
    many = Pull(items=[item(n) for n in range(5000)])
    with monkeypatch.context() as patched:
        patched.setattr("store.engine.PRAGMAS", (*PRAGMAS, "PRAGMA max_page_count = 100"))
        with Store.open(url) as store, pytest.raises(TryAgainError, match="full: free space on the disk"):
            sync(store, many)
    with Store.open(url) as store:
        assert store.dump() == before
        assert sync(store, many).counts.items_new == 4999


def test_a_second_writer_that_waits_too_long_says_so(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("store.dialects.LOCK_SECONDS", 1)
    monkeypatch.setattr("store.engine.PRAGMAS", ("PRAGMA busy_timeout = 200",))
    with store.begin(started_at=START) as first, closing(Store.open(url)) as other:
        first.merge()
        with other.begin(started_at=START) as second, pytest.raises(TryAgainError, match="another sync"):
            second.merge()
        publish(first, START)
        first.commit()
    assert sync(store, Pull(items=[item(1)])).seq == 2
