"""What real databases are held to: nothing is written, nothing hangs, and nobody is led elsewhere."""

from __future__ import annotations

import importlib.util
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from connectors.guard import Guard
from connectors.sql import CONNECTOR, SqlSource
from mapping.errors import FixConfigError, OkrsyncError, TryAgainError
from mapping.words import Selection
from tests.connectors.clock import ON_LOOPBACK, surroundings
from tests.connectors.hostile import HOSTS, Forbidden, Resolver, forbidden, guard, within
from tests.engines import NewDatabase

FOR_EVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@asynccontextmanager
async def database(folder: Path, guarded: Guard = ON_LOOPBACK, **options: Any) -> AsyncIterator[SqlSource]:
    chosen = CONNECTOR.options.model_validate(options)
    source = CONNECTOR.open(chosen, surroundings(connection="crm", folder=folder, guard=guarded))
    assert isinstance(source, SqlSource)
    yield source
    await source.aclose()


async def number(source: SqlSource, query: str) -> object:
    glimpse = await source.glimpse(Selection.of("crm", {"query": query}))
    return (glimpse.example or "").split(" ")[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "crm.db")) as made, made:
        made.execute("CREATE TABLE deals (id integer)")
        made.execute("INSERT INTO deals VALUES (7)")
    return tmp_path / "crm.db"


@pytest.fixture
def listener() -> Iterator[Forbidden]:
    with forbidden() as found:
        yield found


class TestSqlite:
    async def test_a_file_is_read_by_path_and_by_url(self, file: Path) -> None:
        named: tuple[dict[str, Any], ...] = (
            {"file": "crm.db"},
            {"url": "sqlite:///crm.db"},
            {"url": f"sqlite:///{file}"},
        )
        for options in named:
            async with database(file.parent, **options) as source:
                assert await number(source, "SELECT max(id) FROM deals") == "7"
                assert (await source.identify()).detail["kept from writing by"] == "a file opened for reading only"
                assert source.requests() == 2

    async def test_what_gets_past_the_sign_does_not_get_past_the_wall(self, file: Path) -> None:
        async with database(file.parent, file="crm.db") as source:
            for statement in ("DELETE FROM deals", "CREATE TABLE x (y)", "ATTACH '" + str(file) + ".new' AS other"):
                with pytest.raises(FixConfigError, match="not authorized"):
                    await source._client.select(statement, {})
        assert not file.with_name("crm.db.new").exists()
        with closing(sqlite3.connect(file)) as after:
            assert after.execute("SELECT count(*) FROM deals").fetchone() == (1,)

    async def test_a_file_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        file = tmp_path / "crm.db"
        async with database(tmp_path, file="crm.db") as source:
            with pytest.raises(FixConfigError, match=r"crm: there is no file .*crm\.db"):
                await source.identify()
        assert not file.exists()

    async def test_a_query_without_an_end_is_cut(self, file: Path) -> None:
        async with database(file.parent, file="crm.db", timeout=1) as source:
            with pytest.raises(TryAgainError, match="crm: the query took more than 1 s and was cut"):
                await number(source, FOR_EVER)
        assert left_behind() == []

    async def test_a_locked_file_is_left_for_the_next_run(self, file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as writer:
            writer.execute("PRAGMA locking_mode = EXCLUSIVE")
            writer.execute("BEGIN EXCLUSIVE")
            async with database(file.parent, file="crm.db", timeout=20) as source:
                source._client.door.busy_seconds = 0.1
                with pytest.raises(TryAgainError, match="database is locked"):
                    await number(source, "SELECT max(id) FROM deals")


def left_behind() -> list[str]:
    """Return the threads that still ask something, after a moment's patience."""
    for _ in range(100):
        names = [each.name for each in threading.enumerate() if each.name == "okrsync sql"]
        if not names:
            return []
        time.sleep(0.02)
    return names


class TestPostgres:
    async def test_nothing_is_written_even_past_the_sign(self, postgres: NewDatabase, tmp_path: Path) -> None:
        url = postgres()
        with psycopg.connect(url, autocommit=True) as made:
            made.execute("CREATE TABLE deals (id integer)")
            made.execute("CREATE SEQUENCE numbers")
        async with database(tmp_path, url=url) as source:
            for statement in (
                "DELETE FROM deals",
                "CREATE TABLE x (y integer)",
                "SELECT nextval('numbers')",
                "WITH gone AS (INSERT INTO deals VALUES (1) RETURNING id) SELECT * FROM gone",
            ):
                with pytest.raises(FixConfigError, match="read-only transaction"):
                    await source._client.select(statement, {})
            with pytest.raises(FixConfigError, match="read-write mode"):
                await source._client.select("SELECT set_config('transaction_read_only', 'off', true)", {})
            assert (await source.identify()).account == "postgres"

    async def test_a_query_that_hangs_is_cut_in_the_database_too(self, postgres: NewDatabase, tmp_path: Path) -> None:
        url = postgres()
        async with database(tmp_path, url=url, timeout=1) as source:
            with pytest.raises(TryAgainError, match=r"took more than 1 s|cut the query after 1 s"):
                await number(source, "SELECT 1 FROM pg_sleep(60)")
        assert left_behind() == []
        with psycopg.connect(url) as made:
            running = made.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'")
            assert running.fetchone() == (1,)  # this one

    async def test_a_wrong_query_is_told_in_the_databases_words(self, postgres: NewDatabase, tmp_path: Path) -> None:
        async with database(tmp_path, url=postgres()) as source:
            with pytest.raises(FixConfigError, match='relation "nowhere" does not exist'):
                await number(source, "SELECT 1 FROM nowhere")

    async def test_a_socket_is_this_machine_and_needs_its_line(self, postgres: NewDatabase, tmp_path: Path) -> None:
        async with database(tmp_path, guard(), url=postgres()) as source:
            with pytest.raises(FixConfigError, match=r"crm: localhost is .*OKRSYNC_ALLOWED_HOSTS=localhost:5432"):
                await source.identify()


async def test_a_name_is_resolved_once_and_its_address_connected_to(listener: Forbidden, tmp_path: Path) -> None:
    """A listener that is no database at the one address, one that nobody may reach at the other."""
    reached: list[object] = []
    with socket.create_server(("127.0.0.2", listener.port)) as good:

        def accept() -> None:
            connection, address = good.accept()
            reached.append(address)
            connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        resolver = Resolver(turns=[["127.0.0.2"], ["127.0.0.1"]])
        async with database(
            tmp_path, within("127.0.0.2", resolver=resolver), url=f"postgresql://u:p@db.test:{listener.port}/crm"
        ) as source:
            with pytest.raises(TryAgainError, match="does not answer"):
                await source.identify()
            thread.join()
            with pytest.raises(FixConfigError, match=r"db\.test leads to 127\.0\.0\.1"):
                await source.identify()
    assert len(reached) == 1
    assert listener.seen == []


URLS = (
    *(f"{{scheme}}://u:p@{host}:{{port}}/crm" for host in HOSTS),
    "{scheme}://u:p@public.test:{port},127.0.0.1:{port}/crm",
    "{scheme}://u:p@public.test,127.0.0.1:{port}/crm",
    "{scheme}://u:p@public.test/crm?host=127.0.0.1",
    "{scheme}://u:p@public.test/crm?hostaddr=127.0.0.1",
    "{scheme}://u:p@public.test/crm?service=inner",
    "{scheme}://u:p@/crm?host=127.0.0.1:{port}",
    "{scheme}://u:p@/crm?host=/tmp,127.0.0.1",
    "{scheme}://u:p@/crm?host=/tmp&host=127.0.0.1",
    "{scheme}://u:p@/crm",
    "{scheme}://u:p@public.test:22/crm",
    "{scheme}://u:p@public.test/crm?unix_socket=/run/x",
    "{scheme}://u:p@public.test/crm?options=-c%20x=y",
)


@pytest.mark.parametrize("url", URLS)
async def test_a_hostile_host_is_refused_before_anything_is_sent(url: str, listener: Forbidden, tmp_path: Path) -> None:
    for scheme in ("postgresql", "mysql+pymysql", "mssql+pyodbc"):
        with pytest.raises(FixConfigError):
            await identified(url.format(scheme=scheme, port=listener.port), tmp_path, listener.port)
    assert listener.seen == []


async def identified(url: str, folder: Path, port: int) -> None:
    usual = guard()
    async with database(folder, replace(usual, ports=frozenset({port})), url=url) as source:
        await source.identify()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is no SQLAlchemy URL"),
        ("postgresql+nothing://u@127.0.0.1/x", "knows no database 'postgresql+nothing'"),
        ("oracle+nodriver://u@127.0.0.1/x", "knows no database"),
        ("mysql+pymysql://u@127.0.0.1/x", "the driver pymysql is not installed: pip install pymysql"),
        ("postgresql+asyncpg://u@127.0.0.1/x", "asyncpg"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_without_its_secrets(url: str, said: str, tmp_path: Path) -> None:
    if "pymysql" in url and importlib.util.find_spec("pymysql"):
        pytest.skip("the driver is installed here")
    with pytest.raises(FixConfigError) as caught:
        await identified_within(url, tmp_path)
    assert said in str(caught.value)


async def identified_within(url: str, folder: Path) -> None:
    async with database(folder, url=url) as source:
        await source.identify()


@pytest.mark.parametrize(
    "options", [{}, {"file": "a", "url": "sqlite:///b"}, {"url": " "}, {"file": "a", "timezone": "Mars"}]
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CONNECTOR.options.model_validate(options)


async def test_a_database_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://u:s3cret-pw@127.0.0.1:{taken.getsockname()[1]}/crm"
    with pytest.raises(OkrsyncError, match="does not answer") as caught:
        await identified_within(url, tmp_path)
    assert isinstance(caught.value, TryAgainError)
    assert "s3cret-pw" not in str(caught.value)
