"""Opening: made where nothing is, migrated where old, refused where newer or strange, and clear when it fails."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import make_url

from mapping.errors import FixConfigError, TryAgainError
from store import Store
from store.engine import engine_of, place
from store.migrate import HEAD, VERSION_TABLE, alembic_config
from store.tables import metadata
from tests.engines import NewDatabase
from tests.store.kit import EPIC, Pull, item, sync
from tests.store.old import build, revision_of


@contextmanager
def raw(url: str) -> Iterator[Connection]:
    engine: Engine = engine_of(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def shape_of(connection: Connection) -> dict[str, object]:
    """Return all that a database says of its tables; the order of columns is that of the migrations that added them."""
    found = inspect(connection)
    return {
        table: (
            {column["name"]: {**column, "type": repr(column["type"])} for column in found.get_columns(table)},
            found.get_pk_constraint(table),
            found.get_foreign_keys(table),
            found.get_unique_constraints(table),
            found.get_check_constraints(table),
            [
                index | {"dialect_options": {name: str(told) for name, told in index["dialect_options"].items()}}
                for index in found.get_indexes(table)
            ],
        )
        for table in found.get_table_names()
    }


def test_a_new_store_is_one_that_all_migrations_made(new_database: NewDatabase) -> None:
    new, migrated = new_database(), new_database()
    build(migrated, "0001")
    for url in (new, migrated):
        Store.open(url).close()
    options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
    with raw(new) as connection, raw(migrated) as other:
        assert shape_of(connection) == shape_of(other)
        for each in (connection, other):
            assert compare_metadata(MigrationContext.configure(each, opts=options), metadata) == []
        assert revision_of(new) == revision_of(migrated) == HEAD
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == HEAD


def test_upgrading_twice_changes_nothing(url: str) -> None:
    with Store.open(url) as store:
        sync(store, Pull(items=[item(1)]))
        before = store.dump()
    with raw(url) as connection:
        command.upgrade(alembic_config(connection), "head")
    with Store.open(url) as store:
        assert store.dump() == before


def test_ids_compare_byte_by_byte(url: str) -> None:
    Store.open(url).close()
    with raw(url) as connection:
        columns = {column["name"]: column["type"] for column in inspect(connection).get_columns("items")}
        collation = getattr(columns["id"], "collation", None)
        assert collation == ("C" if connection.dialect.name == "postgresql" else None)


def test_a_newer_database_is_refused(url: str) -> None:
    Store.open(url).close()
    with raw(url) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(
        FixConfigError, match=f"revision 9999, this okrsync knows up to {HEAD}: install a newer okrsync"
    ):
        Store.open(url)


def test_tables_of_others_are_left_alone(url: str) -> None:
    with raw(url) as connection:
        connection.execute(text("CREATE TABLE runs (mine INTEGER)"))
    with pytest.raises(FixConfigError, match=r"not okrsync's \(runs\): name another database"):
        Store.open(url)
    with raw(url) as connection:
        assert inspect(connection).get_table_names() == ["runs"]


def test_a_store_is_made_and_opened_without_alembic(url: str) -> None:
    script = "import sys; from store import Store; Store.open(sys.argv[1]).close(); assert 'alembic' not in sys.modules"
    for _ in ("made", "opened"):
        subprocess.run([sys.executable, "-c", script, url], check=True, cwd=Path(__file__).parents[2])


def test_many_that_open_a_new_database_at_once_all_succeed(url: str) -> None:
    script = "import sys; from store import Store; Store.open(sys.argv[1]).close()"
    arguments = [sys.executable, "-c", script, url]
    crowd = [subprocess.Popen(arguments, cwd=Path(__file__).parents[2]) for _ in range(3)]
    assert [one.wait(120) for one in crowd] == [0, 0, 0]
    Store.open(url).close()


def test_a_sqlite_store_makes_its_folder_and_uses_wal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a/b/store.db"
    Store.open(url).close()
    with raw(url) as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to look at " * 50)
    with pytest.raises(FixConfigError, match=r"notes\.txt: file is not a database: restore the file"):
        Store.open(f"sqlite:///{file}")
    assert file.read_text().startswith("not a database")


def test_a_corrupt_page_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        sync(store, Pull(items=[item(n) for n in range(500)]))
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * (file.stat().st_size - 4096))
    with (
        pytest.raises(FixConfigError, match=r"store\.db: .*: restore the file from a backup"),
        Store.open(f"sqlite:///{file}") as store,
    ):
        list(store.mirror().members(EPIC))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(FixConfigError, match="may be written"):
        Store.open(f"sqlite:///{tmp_path}/store.db")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "cannot be read: write sqlite:///"),
        ("no url at all", "cannot be read"),
        ("mysql://host/db", "knows SQLite and PostgreSQL, not mysql"),
        ("sqlite://", "needs a file, not memory"),
        ("sqlite:///:memory:", "needs a file, not memory"),
        ("sqlite:////dev/null/store.db", "name another path"),
    ],
)
def test_an_unusable_url_says_what_to_write(url: str, message: str) -> None:
    with pytest.raises(FixConfigError, match=message):
        Store.open(url)


def test_a_server_that_is_away_is_worth_another_try_and_keeps_the_password(tmp_path: Path) -> None:
    with pytest.raises(TryAgainError, match="cannot be reached") as caught:
        Store.open(f"postgresql://ana:hunter2@/okrs?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_a_database_that_does_not_exist_is_for_a_person(postgres: NewDatabase) -> None:
    url = make_url(postgres()).set(database="nowhere")
    with pytest.raises(FixConfigError, match='database "nowhere" does not exist: check user, password and database'):
        Store.open(url.render_as_string(hide_password=False))
    assert place(make_url("postgresql://ana:hunter2@db.acme.test/okrs")) == "PostgreSQL at db.acme.test/okrs"
