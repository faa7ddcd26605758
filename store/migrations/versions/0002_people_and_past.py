"""What people do, what waits to be delivered, and what is known of the past."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Exact, Id, Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns to what was there, then the new tables; what was stored came from the file and from measuring."""
    for table in ("cycles", "objectives", "key_results"):
        op.add_column(table, sa.Column("origin", sa.Text(), nullable=False, server_default="file"))
    op.add_column("check_ins", sa.Column("kind", sa.Text(), nullable=False, server_default="measured"))
    op.add_column("check_ins", sa.Column("status", sa.Text(), nullable=True))
    op.add_column("check_ins", sa.Column("confidence", Exact(), nullable=True))
    op.add_column("check_ins", sa.Column("note", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "ix_check_ins_by_hand",
        "check_ins",
        ["key_result", "run"],
        sqlite_where=sa.text("kind <> 'measured'"),
        postgresql_where=sa.text("kind <> 'measured'"),
    )
    op.create_table(
        "overrides",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("sticky", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.seq"], name="fk_overrides_run"),
        sa.PrimaryKeyConstraint("key_result", "run", name="pk_overrides"),
    )
    op.create_table(
        "reviews",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("key_result", "run", name="pk_reviews"),
    )
    op.create_index("ix_reviews_state", "reviews", ["state"])
    op.create_table(
        "comments",
        sa.Column("id", Id, nullable=False),
        sa.Column("key_result", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_key_result_at", "comments", ["key_result", "at"])
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", Id, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_subject_at", "audit", ["subject", "at"])
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "leases",
        sa.Column("name", Id, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("destination", Id, nullable=False),
        sa.Column("key_result", Id, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_state_destination_position", "outbox", ["state", "destination", "position"], unique=False
    )
    op.create_index("ix_outbox_key_result_created_at", "outbox", ["key_result", "created_at"])
    op.create_table(
        "delivered",
        sa.Column("destination", Id, nullable=False),
        sa.Column("key_result", Id, nullable=False),
        sa.Column("target", Id, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "key_result", name="pk_delivered"),
    )
    op.create_table(
        "past_changes",
        sa.Column("connection", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("field", Id, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "item", "at", "field", "position", name="pk_past_changes"),
    )
    op.create_table(
        "past_reads",
        sa.Column("connection", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "item", name="pk_past_reads"),
    )
    op.create_table(
        "rebuilt",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("day", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("value", Exact(), nullable=True),
        sa.Column("raw_progress", Exact(), nullable=True),
        sa.Column("progress", Exact(), nullable=True),
        sa.Column("no_data", sa.Text(), nullable=True),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("assumptions", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_result", "day", name="pk_rebuilt"),
    )
    op.create_table(
        "snapshots",
        sa.Column("cycle", Id, nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", name="pk_snapshots"),
    )
