"""Asks a database one SELECT at a time, in a thread that a hung query cannot hold us up with."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors.port import Surroundings
from connectors.redact import Redactor
from connectors.sql.engines import Door
from connectors.sql.options import SqlOptions, SqlSelection
from connectors.sql.statement import checked
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError

T = TypeVar("T")
log = logging.getLogger(__name__)
FETCH = 1000
_PASSING = ("08", "53", "57")
"""Classes of SQLSTATE: connection, resources, operator.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""
_FOR_A_PERSON = (
    "authentication", "does not exist", "pg_hba.conf", "permission denied", "access denied", "login failed",
    "unknown database", "no such", "not authorized", "syntax error", "not a database", "readonly", "read-only",
    "unable to open", "certificate", "ssl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """What a SELECT gave."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]

    def column(self, name: str) -> int | None:
        """Return the place of a column: by its name, or by its name in another case where only one fits."""
        if name in self.columns:
            return self.columns.index(name)
        fits = [place for place, column in enumerate(self.columns) if column.casefold() == name.casefold()]
        return fits[0] if len(fits) == 1 else None


@dataclass(slots=True)
class _Query:
    """One query under way, which another thread may cut."""

    engine: Engine
    door: Door
    statement: str
    params: Mapping[str, object]
    most: int
    raw: Any = None
    cut: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Table:
        with self.engine.connect() as opened:
            self.raw = opened.connection.driver_connection
            connection = self.door.begin(opened)
            if self.cut.is_set():
                raise TimeoutError
            result = connection.execute(text(self.statement), self.door.params(self.params))
            columns = tuple(result.keys())
            rows: list[Sequence[object]] = []
            while len(rows) <= self.most and (fetched := result.fetchmany(FETCH)):
                rows += [tuple(each) for each in fetched]
            connection.rollback()
        return Table(columns, rows)

    def stop(self) -> None:
        """Make the database let go, where its driver can be told from another thread."""
        self.cut.set()
        stop = getattr(self.raw, "interrupt", None) or getattr(self.raw, "cancel", None)
        if stop is None:
            return
        try:
            stop()
        except Exception:  # a driver's own; the query may have ended by itself just now, and nobody waits for it
            log.info("the query could not be cut", exc_info=True)


class SqlClient:
    """Reads one database for one connection."""

    def __init__(self, options: SqlOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self.door = Door(options, surroundings.folder, surroundings.guard, surroundings.connection)
        password = self.door.url.password
        secrets = [SecretStr(password)] if isinstance(password, str) else []
        self._redactor = Redactor([*secrets, *([options.url] if options.url else [])])
        self.sent = 0
        """How many queries were asked."""

    async def ask(self, terms: SqlSelection) -> Table:
        """Return the whole answer of a selection's query.

        Raises:
            FixConfigError: the database refuses us or the query, or two columns have one name.
            TryAgainError: it cannot be reached, is busy, or took too long.
            PartialReadError: there are more rows than allowed.
        """
        table = await self.select(checked(terms.query, terms.params), terms.params)
        double = next((name for name in table.columns if table.columns.count(name) > 1), None)
        if double is not None:
            raise FixConfigError(f"{self._connection}: the query gives a column {double} twice: set them apart with AS")
        if len(table.rows) > self._options.rows:
            raise PartialReadError(
                f"{self._connection}: the query gives more than {self._options.rows} rows: "
                "let the database add them up, or raise rows in the connection"
            )
        return table

    async def select(self, statement: str, params: Mapping[str, object]) -> Table:
        """Return what a statement gives, whose text is for ``sqlalchemy.text``; raises as ``ask``."""
        self.sent += 1
        try:
            engine = await self.door.engine()
        except OSError as error:
            raise TryAgainError(f"{self._connection}: cannot reach {self.door.server}: {error}") from error
        query = _Query(engine, self.door, statement, params, self._options.rows)
        try:
            async with asyncio.timeout(self._options.timeout):
                return await _in_thread(query.run)
        except TimeoutError:
            query.stop()
            failure: OkrsyncError = TryAgainError(
                f"{self._connection}: the query took more than {self._options.timeout} s and was cut: "
                "ask for less, add an index, or raise timeout in the connection"
            )
        except asyncio.CancelledError:
            query.stop()
            raise
        except SQLAlchemyError as error:
            failure = self._failure(error)
        # Raised out here, so that SQLAlchemy's error, which holds parameters, is no part of the chain.
        raise failure

    def _failure(self, error: SQLAlchemyError) -> OkrsyncError:
        origin = error.orig if isinstance(error, DBAPIError) else error
        said = self._redactor.clean_line(str(origin))[:300]
        state = str(getattr(origin, "sqlstate", None) or "")
        if state == "57014":
            return TryAgainError(f"{self._connection}: the database cut the query after {self._options.timeout} s")
        kind, at = type(origin).__name__, f"{self._connection}: {self.door.server}"
        passing = state.startswith(_PASSING) if state else kind in {"OperationalError", "InterfaceError"}
        if passing and not (not state and any(word in said.lower() for word in _FOR_A_PERSON)):
            return TryAgainError(f"{at} does not answer ({said}): the next run tries again")
        return FixConfigError(f"{at} refuses ({said}): correct the connection or the query")


async def _in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` gives in a daemon thread: one that hangs keeps neither us nor the interpreter waiting."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(done: concurrent.futures.Future[T]) -> None:
        if future.done():
            return  # it was cut, and nobody asks for this any more
        error = done.exception()
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(done.result())

    def run() -> None:
        done: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            done.set_exception(error)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, done)

    threading.Thread(target=run, name="okrsync sql", daemon=True).start()
    return await future
