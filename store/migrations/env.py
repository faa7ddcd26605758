"""Alembic's entry. Always given a connection in a transaction, which the caller commits."""

from alembic import context

from mapping.failpoints import reach
from store.migrate import VERSION_TABLE
from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    on_version_apply=lambda **_: reach("store.migrate.step"),
)
with context.begin_transaction():
    context.run_migrations()
