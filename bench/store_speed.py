"""Store speed: rows a second for new, half changed and unchanged items, beside the drivers' own bare way.

Run: ``python bench/store_speed.py [items] [postgresql-url]``. Prints medians of 3; seconds are noisy, ratios less so.
Both count from work items to the durable commit. Ours encodes, hashes, stages, merges, and writes events and
memberships; the bare way encodes and writes the same item rows into an empty table of the same shape, and nothing else.
The time that encoding takes in both is printed beside them.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from msgspec import structs

from mapping.words import ItemState, Outcome, PullResult, Selection, WorkItem
from store import Store
from store.codec import encode_hashed
from store.staging import item_row

START = datetime(2026, 10, 1, tzinfo=UTC)
SELECTION = Selection.of("jira", {"jql": "project = CHK"})
BATCH = 100


def make_items(count: int) -> list[WorkItem]:
    """Return work items as a Jira pull gives them."""
    return [
        WorkItem(
            connection="jira",
            id=str(10_000 + n),
            key=f"CHK-{n}",
            title=f"As a customer I want step {n} of the new checkout",
            state=ItemState.TODO,
            updated_at=START,
            kind="story",
            status="To Do",
            status_id="1",
            url=f"https://acme.test/browse/CHK-{n}",
            parent=str(10_000 + n // 20),
            labels=("checkout", f"team-{n % 7}"),
            created_at=START,
            numbers={"story_points": Decimal(n % 8)},
        )
        for n in range(count)
    ]


def sync(store: Store, items: Sequence[WorkItem], day: int) -> float:
    """Write one run as flows do, in batches; return its seconds."""
    at = START + timedelta(days=day)
    began = time.perf_counter()
    with store.begin(started_at=at) as run:
        for first in range(0, len(items), BATCH):
            batch = items[first : first + BATCH]
            run.stage_census(SELECTION, [item.id for item in batch])
            run.stage_items("jira", batch)
        run.finish(PullResult(selection=SELECTION, outcome=Outcome.COMPLETE, matched=len(items)))
        run.merge()
        run.publish(check_ins=[], freshness=[], declared=[], connections=[], now=at)
        run.commit()
    return time.perf_counter() - began


def rows_of(items: Sequence[WorkItem]) -> list[tuple[object, ...]]:
    """Return the rows of the table of items, encoded."""
    return [(*item_row(item, *encode_hashed(item)), 1, 1) for item in items]


def bare_sqlite(items: Sequence[WorkItem], path: Path) -> float:
    """Return the seconds that sqlite3's executemany takes for an upsert into an empty table of the same shape."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    connection.execute(
        "CREATE TABLE items (connection TEXT, id TEXT, key TEXT, state TEXT, parent TEXT, updated_at TEXT,"
        " content_hash TEXT, body TEXT, first_run INTEGER, changed_run INTEGER, PRIMARY KEY (connection, id))"
    )
    began = time.perf_counter()
    rows = rows_of(items)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (connection, id) DO UPDATE SET body = excluded.body, content_hash = excluded.content_hash",
        rows,
    )
    connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def bare_postgres(items: Sequence[WorkItem], url: str) -> float:
    """Return the seconds that a COPY straight into an empty table of the same shape takes."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (connection text, id text, key text, state text, parent text, updated_at timestamptz,"
            " content_hash text, body text, first_run integer, changed_run integer, PRIMARY KEY (connection, id))"
        )
        connection.commit()
        began = time.perf_counter()
        rows = rows_of(items)
        with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - began


def measure(name: str, items: Sequence[WorkItem], new_store: Callable[[], Store], bare: Callable[[], float]) -> None:
    """Print one engine's figures."""
    changed = [
        structs.replace(item, state=ItemState.DONE, updated_at=START + timedelta(days=1)) if n % 2 else item
        for n, item in enumerate(items)
    ]
    taken: dict[str, list[float]] = {
        "new": [],
        "half changed": [],
        "unchanged": [],
        "read": [],
        "encoding": [],
        "bare": [],
    }
    for _ in range(3):
        taken["bare"].append(bare())
        began = time.perf_counter()
        rows_of(items)
        taken["encoding"].append(time.perf_counter() - began)
        with new_store() as store:
            taken["new"].append(sync(store, items, 1))
            taken["half changed"].append(sync(store, changed, 2))
            taken["unchanged"].append(sync(store, changed, 3))
            began = time.perf_counter()
            members = sum(1 for _ in store.mirror().members(SELECTION))
            taken["read"].append(time.perf_counter() - began)
        if members != len(items):
            raise SystemExit(f"{name}: {members} members instead of {len(items)}")
    base = statistics.median(taken["bare"])
    for what, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"{name:<12}{what:<14}{middle:8.2f} s {len(items) / middle:10,.0f} rows/s {base / middle:6.2f} x bare")


def main() -> None:
    """Measure SQLite, and PostgreSQL when given."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    items = make_items(count)
    with tempfile.TemporaryDirectory() as folder:
        paths = (Path(folder) / f"{n}.db" for n in range(100))
        measure(
            "sqlite",
            items,
            lambda: Store.open(f"sqlite:///{next(paths)}"),
            lambda: bare_sqlite(items, next(paths)),
        )
    if len(sys.argv) > 2:
        url = sys.argv[2]
        measure("postgresql", items, lambda: fresh_postgres(url), lambda: bare_postgres(items, url))


def fresh_postgres(url: str) -> Store:
    """Return a store in an emptied schema of the database at ``url``."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return Store.open(url)


if __name__ == "__main__":
    main()
