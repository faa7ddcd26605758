"""The schema, once for both engines.

The bulk tables (items, item_events, memberships, samples) carry run numbers without foreign keys: PostgreSQL checks
each row by a trigger, which would cost more than the write itself, and their rows come only from ``store.merge``.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text

from store.columns import Exact, Id, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("check_ins", Integer, nullable=False),
)

run_connections = Table(
    "run_connections",
    metadata,
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("connection", Id, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("requests", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("read", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
)

selections = Table(
    "selections",
    metadata,
    Column("key", Id, primary_key=True),
    Column("connection", Id, nullable=False),
    Column("connector", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("matched", Integer),
    Column("first_complete_run", Integer),
    Column("last_complete_run", Integer),
    Column("last_complete_at", Instant),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("selection", Id, ForeignKey("selections.key"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("fingerprint", Text, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("connection", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("key", Id, nullable=False),
    Column("state", Text, nullable=False),
    Column("parent", Id),
    Column("updated_at", Instant, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body", Text, nullable=False),  # the whole work item as JSON; the columns beside it serve queries
    Column("first_run", Integer, nullable=False),
    Column("changed_run", Integer, nullable=False),
)

item_events = Table(
    "item_events",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("connection", Id, primary_key=True),
    Column("item", Id, primary_key=True),
    Column("field", Id, primary_key=True),  # numbers.story_points for one entry of a mapping
    Column("at", Instant, nullable=False),  # the vendor's time of the change that we saw
    Column("old", Text, nullable=False),  # JSON; null also for an entry that was not there
    Column("new", Text, nullable=False),
    Index(None, "connection", "item"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("selection", Id, primary_key=True),
    Column("item", Id, primary_key=True),
    Column("since_run", Integer, primary_key=True, autoincrement=False),
    Column("connection", Id, nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("until_run", Integer),
    Column("until_at", Instant),
    Column("left_because", Text),
    Index(None, "connection", "item"),
)

samples = Table(
    "samples",
    metadata,
    Column("series", Id, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("connection", Id, nullable=False),
    Column("value", Exact, nullable=False),
    Column("unit", Text),
    Column("origin", Text, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("body", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
)

objectives = Table(
    "objectives",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cycle", Id, ForeignKey("cycles.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
)

key_results = Table(
    "key_results",
    metadata,
    Column("objective", Id, ForeignKey("objectives.id"), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
)

check_ins = Table(
    "check_ins",
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("value", Exact),
    Column("metric", Text, nullable=False),
    Column("raw_progress", Exact),
    Column("progress", Exact),
    Column("items", Integer),
    Column("done", Integer),
    Column("formula", Text, nullable=False),
    Column("no_data", Text),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("causes", Text, nullable=False),
    Column("author", Text, nullable=False),
    Index(None, "run"),
)

freshness = Table(
    "freshness",
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("measured_at", Instant),
    Column("measured_run", Integer, ForeignKey("runs.seq")),
    Column("stale_reason", Text),
    Column("stale_since", Instant),
    Column("no_data", Text),
)
