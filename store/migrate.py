"""Bringing a database to the schema this code knows, and refusing one that is ahead of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Engine, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect

from mapping.errors import FixConfigError
from mapping.failpoints import reach
from store.dialects import Native, Sqlite
from store.engine import place
from store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The newest revision. A test holds it against Alembic's, so that opening need not import Alembic to know it."""
VERSION_TABLE = "okrsync_version"
"""Not Alembic's usual name: the database may be shared with others who use Alembic (Prefect does)."""
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x6F6B7273  # "okrs"; PostgreSQL's advisory lock while tables are made


def bring_to_head(engine: Engine, native: Native) -> None:
    """Make the tables, or migrate them to ``HEAD``, in one transaction; nothing is written when they are there already.

    Alembic, which takes longer to import than the tables to make, is imported only where there is something to migrate.

    Raises:
        FixConfigError: the database is newer than this code, or holds something else.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    reach("store.migrate.prepare")
    native.prepare(engine)
    with engine.connect() as connection:
        _begin_alone(connection, native)
        revision = _revision(connection)
        if revision is None:
            _create(connection)
        elif revision != HEAD:  # or another process was quicker
            _upgrade(connection, revision)
        reach("store.migrate.commit")
        connection.commit()
        reach("store.migrate.done")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for a connection that is in a transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _begin_alone(connection: Connection, native: Native) -> None:
    if isinstance(native, Sqlite):
        native.begin_writing(connection)
    else:
        connection.begin()
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - a constant


def _create(connection: Connection) -> None:
    """Make the newest tables at once; a test holds them against those that all the migrations make."""
    _refuse_strangers(connection)
    reach("store.migrate.create")
    metadata.create_all(connection, checkfirst=False)
    version = Table(
        VERSION_TABLE,
        MetaData(),
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
    )
    version.create(connection, checkfirst=False)
    connection.execute(insert(version).values(version_num=HEAD))


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision not in known:
        raise FixConfigError(
            f"{place(connection.engine.url)}: its schema is revision {revision}, this okrsync knows up to {HEAD}: "
            "install a newer okrsync"
        )
    reach("store.migrate.upgrade")
    command.upgrade(config, "head")


def _refuse_strangers(connection: Connection) -> None:
    there = set(inspect(connection).get_table_names())
    # A SQLite file belongs to one application; a PostgreSQL schema may be shared as long as no name clashes.
    strangers = there if connection.dialect.name == "sqlite" else there & set(metadata.tables)
    if strangers:
        raise FixConfigError(
            f"{place(connection.engine.url)}: holds tables that are not okrsync's "
            f"({', '.join(sorted(strangers)[:3])}): name another database"
        )
