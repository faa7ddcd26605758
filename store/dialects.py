"""Where SQLite and PostgreSQL differ. Everything else in this room is the same SQL for both."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, ColumnElement, Connection, Engine, Table, Text, any_, bindparam, func, select
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.dialects import postgresql

Row = tuple[str | int | None, ...]
"""A row as the drivers take it fastest: instants and decimals as text (see ``store.columns``)."""

LOCK_SECONDS = 30
"""How long a writer waits for another one."""


class Native(ABC):
    """What an engine does its own way. A staging table's ``info`` names its ``key`` and what tells the ``newest``."""

    snapshot: Mapping[str, str] = {}
    """Execution options under which all statements of a transaction see one state, whatever is committed meanwhile."""

    @abstractmethod
    def prepare(self, engine: Engine) -> None:
        """Set up a database before its tables are made or changed."""

    def create_staging(self, connection: Connection, table: Table) -> None:
        """Create a temporary table: this session's own, gone with it, without a lock on anything of the store."""
        table.create(connection, checkfirst=False)

    @abstractmethod
    def stage(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Write rows into a staging table; rows of one key may stand beside each other until ``settle``."""

    @abstractmethod
    def settle(self, connection: Connection, table: Table) -> None:
        """Leave one row per key in a staging table (the newest, else the last), and let the planner know the table."""

    @abstractmethod
    def bulk(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Write rows into a table of the store, values in the order of its columns."""

    @abstractmethod
    def among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Return ``column IN values`` with one bound parameter, however many values there are."""

    @abstractmethod
    def begin_writing(self, connection: Connection) -> None:
        """Begin the one write transaction; readers go on, a second writer waits up to ``LOCK_SECONDS``."""


class Sqlite(Native):
    """Tuples straight to the driver: more than twice as fast as Core's dicts."""

    def prepare(self, engine: Engine) -> None:
        """Turn the file to WAL, in which it stays: readers and the writer do not block each other."""
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):  # outside of a transaction, where alone this is allowed
                raw.execute("PRAGMA journal_mode = WAL")

    def create_staging(self, connection: Connection, table: Table) -> None:
        """Create it with its key as unique index, so that a second read of a row replaces the first."""
        super().create_staging(connection, table)
        key = ", ".join(table.info["key"])
        connection.exec_driver_sql(f"CREATE UNIQUE INDEX temp.ux_{table.name} ON {table.name} ({key})")

    def stage(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Insert; what was staged before under the same key gives way to what is not older."""
        key, newest = table.info["key"], table.info.get("newest")
        others = [column.name for column in table.columns if column.name not in key]
        then = "NOTHING"
        if others:
            then = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in others)
            then += f" WHERE excluded.{newest} >= {newest}" if newest else ""
        self._insert(connection, table, rows, f" ON CONFLICT ({', '.join(key)}) DO {then}")

    def settle(self, connection: Connection, table: Table) -> None:
        """Nothing to do: the unique index let no double in."""

    def bulk(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Insert by executemany."""
        self._insert(connection, table, rows, "")

    def _insert(self, connection: Connection, table: Table, rows: Sequence[Row], conflict: str) -> None:
        if not rows:
            return
        holes = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({holes}){conflict}", list(rows))  # noqa: S608 - names are ours

    def among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Unpack a JSON array: SQLite limits the number of parameters."""
        import msgspec

        array = bindparam(None, msgspec.json.encode(values).decode(), type_=Text, unique=True)
        return column.in_(select(func.json_each(array).table_valued("value").c.value))

    def begin_writing(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE: a deferred transaction that reads first could not be upgraded after another's commit."""
        connection.info["begin"] = "BEGIN IMMEDIATE"  # taken by the begin listener of ``store.engine``
        connection.begin()


class Postgres(Native):
    """COPY, then SQL over whole sets."""

    snapshot: Mapping[str, str] = {"isolation_level": "REPEATABLE READ"}

    def prepare(self, engine: Engine) -> None:
        """Nothing to do."""

    def create_staging(self, connection: Connection, table: Table) -> None:
        """Create it with an index that is not unique: COPY cannot resolve conflicts."""
        super().create_staging(connection, table)
        key = ", ".join(table.info["key"])
        connection.exec_driver_sql(f"CREATE INDEX ix_{table.name} ON {table.name} ({key})")

    def stage(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """COPY in; doubles wait for ``settle``."""
        self.bulk(connection, table, rows)

    def settle(self, connection: Connection, table: Table) -> None:
        """Delete the older of doubles (by time, then by place), and gather statistics."""
        name, newest = table.name, table.info.get("newest")
        same = " AND ".join(f"a.{column} = b.{column}" for column in table.info["key"])
        order = [*([newest] if newest else []), "ctid"]
        older, newer = (", ".join(f"{alias}.{column}" for column in order) for alias in "ab")
        connection.exec_driver_sql(f"ANALYZE {name}")
        connection.exec_driver_sql(f"DELETE FROM {name} a USING {name} b WHERE {same} AND ({older}) < ({newer})")  # noqa: S608 - names are ours

    def bulk(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """COPY in text format: the server reads instants and decimals from our text."""
        if not rows:
            return
        raw: psycopg.Connection[object] = connection.connection.driver_connection  # type: ignore[assignment] # SQLAlchemy says Any | None
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with (
            _clear_errors(connection),
            raw.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Pass one array."""
        return column == any_(bindparam(None, list(values), type_=ARRAY(Text), unique=True))

    def begin_writing(self, connection: Connection) -> None:
        """Lock the table of runs against other writers; it can still be read."""
        connection.begin()
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE")


@contextmanager
def _clear_errors(connection: Connection) -> Iterator[None]:
    """Turn the driver's errors into ours, as SQLAlchemy is told to where it is not passed by."""
    import psycopg

    from store.engine import clear_error, place  # which imports this module

    try:
        yield
    except psycopg.Error as error:
        clear = clear_error(error, place(connection.engine.url))
        if clear is None:
            raise
        raise clear from error


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can carry ON CONFLICT; the two engines spell it alike."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # 30 ms that SQLite need not wait for

        return postgresql.insert(table)
    return sqlite.insert(table)


def replace_rows(
    connection: Connection, table: Table, key: tuple[str, ...], rows: Sequence[Mapping[str, object]]
) -> None:
    """Write rows of equal columns, in place of those that have the same key."""
    if rows:
        statement = upsert(connection, table)
        others = {name: statement.excluded[name] for name in rows[0] if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=others), rows)


def native(name: str) -> Native:
    """Return what SQLAlchemy's dialect ``name`` needs."""
    return Postgres() if name == "postgresql" else Sqlite()
