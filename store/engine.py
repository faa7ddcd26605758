"""Opening the database, and saying what is wrong with it in one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from mapping.errors import FixConfigError, OkrsyncError, TryAgainError
from store.dialects import LOCK_SECONDS
from store.tables import narrow_for_postgresql

PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
    "PRAGMA foreign_keys = ON",
    # FULL: with NORMAL a power failure may lose the last commits; a run commits once, so FULL costs nothing.
    "PRAGMA synchronous = FULL",
    "PRAGMA temp.journal_mode = MEMORY",
    "PRAGMA temp.cache_size = -16000",
)
LOCKED = f"another sync has been writing for more than {LOCK_SECONDS} s: try again when it has ended"
LITTLE = 128 * 1024
"""Bytes: less is a full disk, whatever the system says of what it could not do."""
CONFIG_FAULTS = ("authentication failed", "does not exist", "permission denied", "no password supplied", "pg_hba.conf")
"""What PostgreSQL says when a person must act; everything else at the door may go away by itself."""


def engine_of(url: str) -> Engine:
    """Return an engine for a database URL; a SQLite file's folder is made.

    Raises:
        FixConfigError: the URL is not one of SQLite or PostgreSQL, or the folder cannot be made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise FixConfigError(
            "the database URL cannot be read: write sqlite:///path/to/file.db or postgresql://…"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
    elif parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        narrow_for_postgresql()
    else:
        raise FixConfigError(f"the store knows SQLite and PostgreSQL, not {parsed.drivername}: change the database URL")
    try:
        engine = create_engine(
            parsed,
            connect_args=_connect_args(parsed),
            pool_pre_ping=parsed.get_backend_name() == "postgresql",  # a page may sit longer than its server runs
        )
    except (ImportError, NoSuchModuleError) as error:
        raise FixConfigError(f"{place(parsed)}: the driver is missing ({error}): install okrsync[postgres]") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _open_file)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "checkin", _on_return)
        event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", _on_error, retval=True)
    return engine


def place(url: URL) -> str:
    """Return where a database is, for people, without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"PostgreSQL at {url.host or url.query.get('host', 'the local socket')}/{url.database or ''}"


def clear_error(error: BaseException, where: str) -> OkrsyncError | None:
    """Return one of our errors for a fault of the database's surroundings, None for what must be a fault of ours."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, text, where)
    state = getattr(error, "sqlstate", None)
    if state == "55P03":
        return TryAgainError(f"{where}: {LOCKED}")
    if state == "53100":
        return TryAgainError(f"{where}: {text}: free space on the server's disk, nothing of this run was published")
    if type(error).__name__ != "OperationalError":
        return None
    if any(fault in text for fault in CONFIG_FAULTS):
        return FixConfigError(f"{where}: {text}: check user, password and database of the database URL")
    return TryAgainError(f"{where}: {text}: the database cannot be reached")


def _of_sqlite(error: sqlite3.Error, text: str, where: str) -> OkrsyncError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return TryAgainError(f"{where}: {LOCKED}")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return FixConfigError(f"{where}: {text}: restore the file from a backup, or move it away to begin anew")
    if code == sqlite3.SQLITE_FULL:
        return TryAgainError(f"{where}: {text}: free space on the disk, nothing of this run was published")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY) and (full := _full_disk(where)):
        return TryAgainError(f"{where}: {text}: free space on {full}, nothing of this run was published")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return FixConfigError(f"{where}: {text}: check that the folder exists and may be written")
    return None


def _full_disk(file: str) -> Path | None:
    """Return the folder whose disk is full, of those that SQLite writes to; None when there is room in both."""
    for folder in (Path(file).parent, Path(os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir())):
        if folder.is_dir() and shutil.disk_usage(folder).free < LITTLE:
            return folder
    return None


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise FixConfigError("the store needs a file, not memory: write sqlite:///path/to/file.db")
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FixConfigError(
            f"{folder}: cannot make the store's folder ({error.strerror}): name another path"
        ) from error


def _connect_args(url: URL) -> dict[str, str | int | bool]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": LOCK_SECONDS, "check_same_thread": False}  # a Run serialises its own threads
    return {"connect_timeout": 10, "application_name": "okrsync"}


def _open_file(
    _dialect: Dialect, entry: ConnectionPoolEntry, arguments: tuple[str], named: dict[str, Any]
) -> sqlite3.Connection:
    """Open the file, so that it can be read on a full disk too.

    There is no room then for the file by which processes share the WAL's index (SHM). A connection that keeps others
    out needs none, and must do so before it reads: https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
    It only reads, and is closed after use, so that nobody is kept out for long.
    """
    connection: sqlite3.Connection = sqlite3.connect(*arguments, **named)
    try:
        connection.execute("PRAGMA schema_version").fetchall()
    except sqlite3.Error as error:  # whatever else is wrong the first statement meets again, and says
        if error.sqlite_errorname.startswith("SQLITE_IOERR_SHM"):
            connection.close()
            connection = sqlite3.connect(*arguments, **named)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA query_only = ON")
            entry.info["alone"] = True
    return connection


def _on_connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: _on_begin does
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _on_return(_connection: object, entry: ConnectionPoolEntry) -> None:
    if entry.info.get("alone"):
        entry.invalidate()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.info.pop("begin", "BEGIN"))


def _on_error(context: ExceptionContext) -> OkrsyncError | None:
    where = place(context.engine.url) if context.engine is not None else "the store"
    return clear_error(context.original_exception, where)
