"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Exact, Id, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "cycles",
        sa.Column("id", Id, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cycles"),
    )
    op.create_table(
        "item_events",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("field", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "connection", "item", "field", name="pk_item_events"),
    )
    op.create_index("ix_item_events_connection_item", "item_events", ["connection", "item"], unique=False)
    op.create_table(
        "items",
        sa.Column("connection", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("key", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parent", Id, nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_run", sa.Integer(), nullable=False),
        sa.Column("changed_run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "id", name="pk_items"),
    )
    op.create_table(
        "memberships",
        sa.Column("selection", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("since_run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection", Id, nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.Column("until_run", sa.Integer(), nullable=True),
        sa.Column("until_at", Instant(), nullable=True),
        sa.Column("left_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("selection", "item", "since_run", name="pk_memberships"),
    )
    op.create_index("ix_memberships_connection_item", "memberships", ["connection", "item"], unique=False)
    op.create_table(
        "runs",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=False),
        sa.Column("check_ins", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_runs"),
    )
    op.create_table(
        "samples",
        sa.Column("series", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection", Id, nullable=False),
        sa.Column("value", Exact(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("series", "at", "run", name="pk_samples"),
    )
    op.create_table(
        "selections",
        sa.Column("key", Id, nullable=False),
        sa.Column("connection", Id, nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("first_complete_run", sa.Integer(), nullable=True),
        sa.Column("last_complete_run", sa.Integer(), nullable=True),
        sa.Column("last_complete_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_selections"),
    )
    op.create_table(
        "check_ins",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
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
        sa.ForeignKeyConstraint(["run"], ["runs.seq"], name="fk_check_ins_run"),
        sa.PrimaryKeyConstraint("key_result", "run", name="pk_check_ins"),
    )
    op.create_index("ix_check_ins_run", "check_ins", ["run"], unique=False)
    op.create_table(
        "freshness",
        sa.Column("key_result", Id, nullable=False),
        sa.Column("measured_at", Instant(), nullable=True),
        sa.Column("measured_run", sa.Integer(), nullable=True),
        sa.Column("stale_reason", sa.Text(), nullable=True),
        sa.Column("stale_since", Instant(), nullable=True),
        sa.Column("no_data", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["measured_run"], ["runs.seq"], name="fk_freshness_measured_run"),
        sa.PrimaryKeyConstraint("key_result", name="pk_freshness"),
    )
    op.create_table(
        "objectives",
        sa.Column("id", Id, nullable=False),
        sa.Column("cycle", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.id"], name="fk_objectives_cycle"),
        sa.PrimaryKeyConstraint("id", name="pk_objectives"),
    )
    op.create_table(
        "run_connections",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("connection", Id, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.seq"], name="fk_run_connections_run"),
        sa.PrimaryKeyConstraint("run", "connection", name="pk_run_connections"),
    )
    op.create_table(
        "watermarks",
        sa.Column("selection", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["selection"], ["selections.key"], name="fk_watermarks_selection"),
        sa.PrimaryKeyConstraint("selection", name="pk_watermarks"),
    )
    op.create_table(
        "key_results",
        sa.Column("objective", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["objective"], ["objectives.id"], name="fk_key_results_objective"),
        sa.PrimaryKeyConstraint("objective", "id", name="pk_key_results"),
    )
