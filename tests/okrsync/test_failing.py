"""Failing on purpose, through the command as a user runs it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from mapping.failpoints import reach
from okrsync.failing import failure_of
from tests.flows.kit import okrsync
from tests.flows.rows import Rows


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    made = Rows(tmp_path)
    made.write({"a": True, "b": False})
    return made


def sync(rows: Rows, fail_at: str) -> subprocess.CompletedProcess[str]:
    return okrsync("-C", str(rows.folder), "sync", "--in-process", env={"OKRSYNC_FAIL_AT": fail_at})


def test_a_command_fails_where_it_is_told_to_and_the_next_one_does_not(rows: Rows) -> None:
    assert sync(rows, "store.commit.before").returncode == -9
    with rows.store() as store:
        assert store.runs() == []
    raised = sync(rows, "store.merge.items raise")
    assert (raised.returncode, raised.stdout) == (1, "")
    assert raised.stderr.endswith("okrsync: store.merge.items: failed on purpose, as OKRSYNC_FAIL_AT says\n"), (
        raised.stderr
    )
    full = sync(rows, "store.publish.run full")
    assert full.returncode == 1
    assert full.stderr.endswith(
        "okrsync: no space is left on the disk (store.publish.run): free some and run it again\n"
    )
    done = okrsync("-C", str(rows.folder), "sync", "--in-process")
    assert (done.returncode, done.stderr.count("warning")) == (0, 0)


def test_a_place_that_is_never_reached_is_told(rows: Rows) -> None:
    done = sync(rows, "store.comit.before")
    assert done.returncode == 0
    assert "store.comit.before was not reached, so nothing failed" in done.stderr
    done = sync(rows, "store.commit.before:40 sleep 0")
    assert "store.commit.before was 1 of 40 times reached" in done.stderr


def test_the_time_is_counted_and_other_places_are_passed() -> None:
    failure = failure_of("a.b:3 raise")
    for name in ("a.b", "a.c", "a.b"):
        failure(name)
    with pytest.raises(Exception, match="on purpose"):
        failure("a.b")
    failure("a.b")


def test_a_sleep_is_only_a_delay() -> None:
    before = time.monotonic()
    failure_of("a.b sleep 0.01")("a.b")
    assert time.monotonic() > before


@pytest.mark.parametrize("wrong", ["a.b:x", "a.b explode", "a.b sleep long", ":2", " "])
def test_what_cannot_be_read_is_said(wrong: str) -> None:
    with pytest.raises(FixConfigError, match="OKRSYNC_FAIL_AT"):
        failure_of(wrong)


def test_nobody_listens_unless_asked_to() -> None:
    script = "from mapping.failpoints import _listeners; import okrsync.cli, flows.work; assert _listeners == []"
    subprocess.run([sys.executable, "-c", script], check=True)
    reach("a.b")
