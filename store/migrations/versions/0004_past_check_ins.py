"""Check-ins of before, as another store or tool kept them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Exact, Id, Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; nothing was imported into it yet."""
    op.create_table(
        "past_check_ins",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("value", Exact(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("raw_progress", Exact(), nullable=True),
        sa.Column("progress", Exact(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("no_data", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("confidence", Exact(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key_result", "at", "part", name="pk_past_check_ins"),
    )
