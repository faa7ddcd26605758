"""Opens a database for reading only, as each engine can be told to, at an address that the guard has judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from connectors.guard import Address, Guard
from connectors.sql.options import SqlOptions
from mapping.errors import FixConfigError

PORTS = {
    "postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "redshift": 5439,
    "cockroachdb": 26257,
}  # fmt: skip
USUAL = frozenset({*PORTS.values(), 443, 5433, 6432, 6543})
"""Where databases and their poolers listen; another port needs its line in the service's settings."""
CONNECT_SECONDS = 10
BUSY_SECONDS = 5.0
_ELSEWHERE = frozenset(
    {"host", "hostaddr", "service", "servicefile", "passfile", "options", "unix_socket", "unix_sock", "odbc_connect",
     "read_default_file", "read_default_group", "init_command", "local_infile", "dsn", "port"}
)  # fmt: skip
"""What in the query of a URL would lead to another host, read a file, or change how the session begins."""
_READS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
     sqlite3.SQLITE_TRANSACTION}
)  # fmt: skip
READ_ONLY = {
    "postgresql": "a read-only transaction",
    "sqlite": "a file opened for reading only",
    "mysql": "a read-only transaction",
    "mariadb": "a read-only transaction",
    "oracle": "a read-only transaction",
}
"""How the engine itself refuses writes; the others have only the check of the statement and the account's rights."""


class Door:
    """The way into one database."""

    def __init__(self, options: SqlOptions, folder: Path, guard: Guard, who: str) -> None:
        """Prepare the way; nothing is opened.

        Raises:
            FixConfigError: the URL is none, or leads where it may not.
        """
        self._who = who
        self.busy_seconds = BUSY_SECONDS
        """How long a SQLite file that is being written is waited for."""
        self._guard = replace(guard, ports=USUAL)
        self._seconds = options.timeout
        self.url = _url(options, who)
        self.dialect = self.url.get_backend_name()
        self.file = _file(options, self.url, folder) if self.dialect == "sqlite" else None
        said = self.url.query.get("host", "")
        self._socket = said if self.url.host is None and isinstance(said, str) and "," not in said else ""
        self._check_query()

    @property
    def server(self) -> str:
        """Return where it is, for people."""
        if self.file is not None:
            return str(self.file)
        host = self.url.host or self._socket
        return f"{host}/{self.url.database}" if self.url.database else host

    async def engine(self) -> Engine:
        """Return an engine whose connections are not kept, and lead to judged addresses.

        Raises:
            FixConfigError: the host may not be connected to, the file is not there, or the driver is not installed.
            OSError: the host's name cannot be resolved.
        """
        if self.file is not None:
            return self._sqlite(self.file)
        port = self.url.port or PORTS.get(self.dialect, 0)
        if self._socket.startswith("/"):  # a socket in the file system is a way to this machine itself
            self._guard.check("localhost", port, self._who)
            return self._made(self.url, {"connect_timeout": CONNECT_SECONDS})
        if not self.url.host:
            raise FixConfigError(f"{self._who}: the url names no host, so nobody can say where it leads: name it there")
        addresses = await self._guard.resolve(self.url.host, port, self._who)
        if self.dialect == "postgresql":
            return self._made(self.url.difference_update_query(["host"]), _libpq(self.url.host, port, addresses))
        if self._guard.lists_name(self.url.host, port):
            return self._made(self.url, {})  # whoever runs the service vouches for the name, certificates need it
        return self._made(self.url.set(host=str(addresses[0]), port=port), {})

    def params(self, params: Mapping[str, object]) -> dict[str, object]:
        """Return parameters as the driver takes them: SQLite keeps decimals as floats, and takes them only so."""
        if self.dialect != "sqlite":
            return dict(params)
        return {name: float(each) if isinstance(each, Decimal) else each for name, each in params.items()}

    def begin(self, connection: Connection) -> Connection:
        """Return the connection inside a transaction that cannot write, where the engine has such."""
        if self.dialect == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)
            connection.execute(text(f"SET LOCAL statement_timeout = {self._seconds * 1000}"))
        elif self.dialect in {"mysql", "mariadb"}:
            connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
            connection.rollback()  # it holds from the next transaction on
        elif self.dialect == "oracle":
            connection.execute(text("SET TRANSACTION READ ONLY"))
        return connection

    def _check_query(self) -> None:
        allowed = {"host"} if self.dialect == "postgresql" and self._socket.startswith("/") else set()
        for name in sorted((_ELSEWHERE & self.url.query.keys()) - allowed):
            raise FixConfigError(
                f"{self._who}: the url says {name} behind its ?, which leads past the host it names: take it out"
            )

    def _sqlite(self, file: Path) -> Engine:
        if not file.is_file():
            raise FixConfigError(
                f"{self._who}: there is no file {file}: check the path, which is meant from the folder of the config"
            )

        def connect() -> sqlite3.Connection:
            opened = sqlite3.connect(
                f"file:{quote(str(file))}?mode=ro", uri=True, check_same_thread=False, timeout=self.busy_seconds
            )
            opened.set_authorizer(_only_reads)
            return opened

        return self._made(URL.create("sqlite"), {}, creator=connect)

    def _made(self, url: URL, arguments: dict[str, Any], creator: Callable[[], Any] | None = None) -> Engine:
        more: dict[str, Any] = {} if creator is None else {"creator": creator}
        try:
            engine = create_engine(url, poolclass=NullPool, connect_args=arguments, **more)
        except ModuleNotFoundError as error:
            package = "'okrsync[postgres]'" if error.name == "psycopg" else error.name
            raise FixConfigError(
                f"{self._who}: the driver {error.name} is not installed: pip install {package}"
            ) from error
        except (NoSuchModuleError, ArgumentError) as error:
            raise FixConfigError(
                f"{self._who}: SQLAlchemy knows no database {url.drivername!r}: correct the url, or install its dialect"
            ) from error
        if engine.dialect.is_async:
            raise FixConfigError(
                f"{self._who}: the driver of {url.drivername} is for asynchronous programs: write {self.dialect}:// or "
                "name another driver"
            )
        return engine


def _only_reads(action: int, name: str | None, value: str | None, *_where: str | None) -> int:
    """Let SQLite compile nothing but reads: ``ATTACH`` would make a file even where none can be written.

    https://www.sqlite.org/c3ref/c_alter_table.html
    """
    asked_by_sqlalchemy = (action, name, value) == (sqlite3.SQLITE_PRAGMA, "read_uncommitted", None)
    return sqlite3.SQLITE_OK if action in _READS or asked_by_sqlalchemy else sqlite3.SQLITE_DENY


def _url(options: SqlOptions, who: str) -> URL:
    if options.url is None:
        return URL.create("sqlite", database=options.file)
    try:
        return make_url(options.url.get_secret_value().strip())
    except (ArgumentError, ValueError):
        # The text would be in the error, and with it the password.
        failure = FixConfigError(f"{who}: url is no SQLAlchemy URL: write it like postgresql://user:password@host/name")
    raise failure


def _file(options: SqlOptions, url: URL, folder: Path) -> Path:
    return folder / (options.file or url.database or "")


def _libpq(host: str, port: int, addresses: Sequence[Address]) -> dict[str, Any]:
    """Return what makes libpq connect to these addresses in turn and still ask TLS for the name.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    """
    return {
        "host": ",".join([host] * len(addresses)),
        "hostaddr": ",".join(str(each) for each in addresses),
        "port": ",".join([str(port)] * len(addresses)),
        "connect_timeout": CONNECT_SECONDS,
    }
