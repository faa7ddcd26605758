"""Backups: one file, itself a SQLite store, whatever engine it was taken from and goes back to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select

from mapping.errors import FixConfigError
from mapping.failpoints import reach
from store.engine import place
from store.tables import metadata

BATCH = 5000
Told = Callable[[str, int], None]
"""Which table is being copied, and how many of its rows are."""


def copy_all(source: Connection, target: Connection, told: Told = lambda _table, _rows: None) -> int:
    """Copy every row of every table, parents before children; return how many there were.

    Args:
        source: reads one state, whatever is committed meanwhile.
        target: of an empty store of the same schema, in a write transaction.
        told: is called after each batch.
    """
    copied = 0
    for table in metadata.sorted_tables:
        done = 0
        with source.execute(select(table).execution_options(yield_per=BATCH)) as rows:
            for batch in rows.mappings().partitions(BATCH):
                reach("store.backup.rows")
                target.execute(insert(table), [dict(row) for row in batch])
                done += len(batch)
                told(table.name, done)
        copied += done
    return copied


def require_whole(copy: Path, named: Path) -> None:
    """Refuse a file that is no SQLite database, or a damaged one, before anything of it is opened as a store.

    Args:
        copy: what is looked at.
        named: what it was copied from, which the person knows.

    Raises:
        FixConfigError: it is not whole.
    """
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise FixConfigError(f"{named}: {found}: this is no whole backup, name another that `okrsync db backup` wrote")


def require_empty(connection: Connection, engine: Engine) -> None:
    """Refuse to restore over what is there.

    Raises:
        FixConfigError: the store holds something.
    """
    for table in metadata.sorted_tables:
        if connection.scalar(select(func.count()).select_from(select(table).limit(1).subquery())):
            where = place(engine.url)
            raise FixConfigError(
                f"{where}: holds {table.name} already: restore into a new database, so that nothing is lost"
            )


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[Path]:
    """Give the name under which a store is written; it takes its own when the block has ended well, else it goes.

    Raises:
        FixConfigError: the file is there already, before or after.
    """
    _require_free(path)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        reach("store.backup.rename")
        _require_free(path)  # or what somebody put there meanwhile would be lost
        part.replace(path)
        reach("store.backup.done")
    finally:
        for left in part.parent.glob(f"{part.name}*"):
            left.unlink()


def _require_free(path: Path) -> None:
    if path.exists():
        raise FixConfigError(f"{path} is there already: name a new file, so that nothing is lost")
