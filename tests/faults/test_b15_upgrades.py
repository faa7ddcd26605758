"""B15: a store of every earlier schema, with rows in it, comes to today's whole; killed on the way it is old or new.

The rows were written by the code of that time and are kept as SQL (see ``tests.store.old``). Backups under load are
tested in tests/store/test_backup.py.
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from flows.reader import StoreReader
from mapping.errors import FixConfigError
from mapping.failpoints import listening
from okrsync.failing import failure_of
from store import Store
from store.migrate import HEAD, MIGRATIONS, VERSION_TABLE
from store.tables import metadata
from tests.engines import NewDatabase
from tests.faults.points import die_in
from tests.store.kit import START, Pull, item, sync
from tests.store.old import SCHEMAS, build, connected, revision_of, rows_of

KILLS = int(os.environ.get("OKRSYNC_KILLS", "3"))
"""Before how many of a migration's statements it is killed; 1000 is before each."""
REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def is_whole(url: str) -> bool:
    """Return whether the tables are those of today's schema, column by column."""
    with connected(url) as connection:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return not differences


def test_there_are_rows_of_every_earlier_schema() -> None:
    there = {file.stem for file in SCHEMAS.glob("*.sql")}
    assert set(REVISIONS) - {HEAD} <= there, "at the commit before: python -m tests.store.old"


@pytest.mark.parametrize("revision", [file.stem for file in sorted(SCHEMAS.glob("*.sql"))])
def test_every_row_of_an_earlier_schema_is_there_and_readable_today(
    new_database: NewDatabase, revision: str, tmp_path: Path
) -> None:
    url = new_database()
    before = build(url, revision)
    assert all(before[table] for table in ("items", "check_ins", "samples", "key_results", "watermarks", "item_events"))
    with Store.open(url) as store:
        assert store.verify() == []
        dump = store.dump_json()
        cycles = [StoreReader(store, now=lambda: START).overview(cycle.id) for cycle in store.cycles()]
        assert [each.key_result for cycle in cycles for o in cycle.objectives for each in o.key_results]
        for address in store.last_check_ins():
            assert StoreReader(store, now=lambda: START).explain(address).standing.value is not None
        assert store.backup(tmp_path / "kept.db") == sum(map(len, before.values()))
    assert rows_of(url, like=before) == before
    assert is_whole(url)
    assert revision_of(url) == HEAD
    with Store.open(url) as again:  # a second upgrade does nothing
        assert again.dump_json() == dump
        sync(again, Pull(items=[item("new", updated_at=START)]), at=START)  # and life goes on
        assert again.verify() == []
    print(f"B15 {revision}: {sum(map(len, before.values()))} rows of {len(before)} tables, all there at {HEAD}")


def test_a_backup_of_an_earlier_schema_can_be_restored_today(new_database: NewDatabase, tmp_path: Path) -> None:
    for revision in REVISIONS[:-1]:
        file = tmp_path / f"{revision}.db"
        before = build(f"sqlite:///{file}", revision)
        with Store.open(new_database()) as store:
            assert store.restore(file) == sum(map(len, before.values()))
            assert store.verify() == []
        assert revision_of(f"sqlite:///{file}") == revision, "the backup itself is left as it was"


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_killed_within_a_migration_it_is_old_or_new_and_never_half(new_database: NewDatabase, revision: str) -> None:
    scout = new_database()
    before = build(scout, revision)
    total = die_in(Store.open, scout, None)
    chance = random.Random(15)
    chosen = range(1, total + 1) if total <= KILLS else [*sorted(chance.sample(range(1, total), KILLS - 1)), total]
    url, states = new_database(), set()
    build(url, revision)
    for moment in chosen:
        assert die_in(Store.open, url, moment) == -signal.SIGKILL, f"statement {moment} of {total} was never reached"
        found = revision_of(url)
        states.add(found)
        assert found == revision or is_whole(url), f"killed before statement {moment} of {total}"
        assert rows_of(url, like=before) == before
        assert found == HEAD or set(rows_of(url)) == set(before), "tables of a schema to come"
        if found == HEAD:
            url = new_database()
            build(url, revision)
    with Store.open(url) as store:
        assert store.verify() == []
    assert rows_of(url, like=before) == before
    assert revision in states
    print(f"B15 {revision}: killed before {len(list(chosen))} of {total} statements, never half")


@pytest.mark.parametrize("revision", REVISIONS[:-1])
@pytest.mark.parametrize("place", ["upgrade", "step", "commit"])
def test_a_migration_that_fails_leaves_the_old_schema_and_can_be_done_again(
    new_database: NewDatabase, revision: str, place: str
) -> None:
    url = new_database()
    before = build(url, revision)
    with listening(failure_of(f"store.migrate.{place} full")), pytest.raises(OSError, match="No space left"):
        Store.open(url)
    assert (revision_of(url), rows_of(url)) == (revision, before)
    Store.open(url).close()
    assert rows_of(url, like=before) == before


def test_a_store_of_a_schema_to_come_is_left_alone(url: str) -> None:
    build(url, REVISIONS[0])
    with connected(url) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    before = rows_of(url)
    with pytest.raises(FixConfigError, match="install a newer okrsync"):
        Store.open(url)
    assert rows_of(url) == before
