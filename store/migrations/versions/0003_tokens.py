"""Tokens of the REST API."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; there is no token yet."""
    op.create_table(
        "tokens",
        sa.Column("name", Id, nullable=False),
        sa.Column("hash", Id, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("objectives", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_tokens"),
    )
    op.create_index("ix_tokens_hash", "tokens", ["hash"])
