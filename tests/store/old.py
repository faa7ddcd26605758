"""Rows of a store as plain SQL, and stores of earlier schemas that are made again with real rows in them.

Before a migration is added: ``python -m tests.store.old > tests/store/schemas/REVISION.sql``.
"""

from __future__ import annotations

import socket
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, inspect, text

from store.dialects import native
from store.engine import engine_of
from store.migrate import VERSION_TABLE, alembic_config

SCHEMAS = Path(__file__).parent / "schemas"
Rows = dict[str, list[dict[str, object]]]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = engine_of(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def build(url: str, revision: str) -> Rows:
    """Make a store of an earlier schema by its own migrations, fill it, and return its rows."""
    engine = engine_of(url)
    native(engine.dialect.name).prepare(engine)
    engine.dispose()
    with connected(url) as connection:
        command.upgrade(alembic_config(connection), revision)
    with connected(url) as connection:
        for line in (SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8").splitlines():
            connection.exec_driver_sql(line.replace("%", "%%") if connection.dialect.name == "postgresql" else line)
    return rows_of(url)


def rows_of(url: str, like: Rows | None = None) -> Rows:
    """Return every row of every table, sorted; ``like`` narrows it to the tables and columns of earlier ones."""
    found: Rows = {}
    with connected(url) as connection:
        for name in sorted(set(inspect(connection).get_table_names()) - {VERSION_TABLE}):
            rows = [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]
            if like is not None:
                columns = list(like[name][0]) if like.get(name) else []
                rows = [{column: row[column] for column in columns} for row in rows] if name in like else []
            if like is None or name in like:
                found[name] = sorted(rows, key=repr)
    return found


def revision_of(url: str) -> str | None:
    with connected(url) as connection:
        found = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return None if found is None else str(found)


def as_sql(file: Path) -> Iterator[str]:
    """Yield an INSERT for every row of a SQLite store, parents first; both engines read them."""
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        left = [name for (name,) in found if name != VERSION_TABLE]
        while left:
            name = next(each for each in left if not _parents(connection, each) & set(left) - {each})
            left.remove(name)
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            names = ", ".join(f'"{column[1]}"' for column in columns)
            for row in sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr):
                values = (_literal(value, column[2]) for value, column in zip(row, columns, strict=True))
                yield f"INSERT INTO {name} ({names}) VALUES ({', '.join(values)});"


def _parents(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}


def _literal(value: str | int | None, kind: str) -> str:
    if value is None:
        return "NULL"
    if kind == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def main() -> None:
    """Write the rows of a store in which everything was done that there is."""
    from tests.faults.journeys import JOURNEYS
    from tests.faults.kit import served
    from tests.faults.scenes import Stage

    with served() as where, tempfile.TemporaryDirectory() as folder:
        stage = Stage(where, Path(folder), lambda: "sqlite:///in-its-scene")
        scene = JOURNEYS["deliver"].scene(stage)
        for name in ("deliver", "people", "backfill"):
            JOURNEYS[name].act(scene)
        stage.suggest(scene)
        for _ in range(2):
            scene = stage.move_on(scene)
            scene.sync()
        JOURNEYS["close"].act(scene)
        lines = as_sql(scene.folder / "okrsync.db")
        sys.stdout.writelines(f"{line}\n".replace(f"'{socket.gethostname()}, ", "'sync-1, ") for line in lines)


if __name__ == "__main__":
    main()
