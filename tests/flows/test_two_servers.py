"""A team's server reports to the company's: whatever is killed or away, nothing is lost and nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from flows.tokens import WRITE, create_token
from mapping.delivery import DeliveryState
from okrsync.sandbox.server import free_port
from store import Store
from store.engine import engine_of
from tests.engines import NewDatabase
from tests.flows.team import ADDRESSES, Team, moment, start, values

STEPS = 3
DOWN = 1
"""The step in which the company's server is killed and started again."""
KILLS = 5
"""In each step."""
MOST_STATEMENTS = 160


class Central:
    """The company's server as a process of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.database = f"sqlite:///{folder}/okrsync.db"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        with Store.open(self.database) as store:
            self.token = create_token(
                store, "payments", scope=WRITE, objectives=[], author="ana", now=datetime.now(UTC)
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        command = [sys.executable, "-m", "okrsync", "-C", str(self.folder), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError("the central server does not come up")

    def die(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def rows(self, query: str) -> list[tuple[object, ...]]:
        engine = engine_of(self.database)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    made = Central(tmp_path / "central")
    made.up()
    yield made
    made.die()


def test_killed_and_away_nothing_is_lost_and_nothing_doubled(
    central: Central, new_database: NewDatabase, tmp_path: Path
) -> None:
    team = Team(url=new_database(), folder=tmp_path, central=central.url, token=central.token)
    Store.open(team.url).close()
    chance = random.Random(11)
    ended: list[int | None] = []
    for step in range(STEPS):
        for attempt, die_at in enumerate(sorted(chance.sample(range(1, MOST_STATEMENTS), KILLS))):
            process = start(team, step, moment(step, attempt), die_at=die_at)
            if step == DOWN and attempt == 2:  # the other side goes down as well, in the middle or before
                time.sleep(0.1)
                central.die()
            process.join()
            ended.append(process.exitcode)
            if step == DOWN and attempt == 3:
                central.up()
        record = team.perform(step, moment(step, KILLS))
        assert (record.failures, record.waiting) == ((), 0)
        with Store.open(central.database) as store:
            assert {name: entry.value for name, entry in store.last_check_ins().items()} == values(step)
    assert ended.count(-signal.SIGKILL) >= STEPS * 2, f"hardly anything was killed: {ended}"
    assert set(ended) <= {0, -signal.SIGKILL}
    _nothing_doubled(central, team)


def _nothing_doubled(central: Central, team: Team) -> None:
    reported = [str(row[0]) for row in central.rows("SELECT id FROM runs WHERE kind = 'report'")]
    assert len(reported) == len(set(reported))
    with Store.open(team.url) as store:
        rows = {row.id: row for row in store.deliveries(limit=100_000)}
        mine = {name: [entry.value for entry in reversed(store.check_ins(name))] for name in ADDRESSES}
    assert set(reported) <= set(rows)
    sent = {row.id for row in rows.values() if row.state is DeliveryState.SENT}
    assert sent <= set(reported)
    with Store.open(central.database) as store:
        theirs = {name: [entry.value for entry in reversed(store.check_ins(name))] for name in ADDRESSES}
    assert theirs == mine, "each value that was published is one check-in there, in the same order"


def test_a_token_that_was_revoked_is_told_with_what_to_do(
    central: Central, tmp_path: Path, new_database: NewDatabase
) -> None:
    team = Team(url=new_database(), folder=tmp_path, central=central.url, token="okrsync_made_up")
    record = team.perform(0, moment(0, 0))
    assert record.sent == 0
    assert "does not know the token (401): make one there" in record.failures[0]
    assert central.rows("SELECT id FROM runs") == []
