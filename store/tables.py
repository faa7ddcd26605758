"""The schema, once for both engines.

The bulk tables (items, item_events, memberships, samples) carry run numbers without foreign keys: PostgreSQL checks
each row by a trigger, which would cost more than the write itself, and their rows come only from ``store.merge``.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

from store.columns import Exact, Id, Instant

BY_HAND = text("kind <> 'measured'")

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
    Column("origin", Text, nullable=False, server_default="file"),  # a value of Origin: who may change it
)

objectives = Table(
    "objectives",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cycle", Id, ForeignKey("cycles.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("origin", Text, nullable=False, server_default="file"),  # a value of Origin: who may change it
)

key_results = Table(
    "key_results",
    metadata,
    Column("objective", Id, ForeignKey("objectives.id"), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("origin", Text, nullable=False, server_default="file"),  # a value of Origin: who may change it
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
    Column("kind", Text, nullable=False, server_default="measured"),  # a value of CheckInKind
    Column("status", Text),  # as it stood then; null where a later version of the profile would have to guess it
    Column("confidence", Exact),
    Column("note", Text, nullable=False, server_default=text("''")),
    Index(None, "run"),
    # What people said is rare: found without walking through years of measured rows.
    by_hand := Index("ix_check_ins_by_hand", "key_result", "run", sqlite_where=BY_HAND),
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

overrides = Table(
    "overrides",
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),  # whose check-in by hand it holds up
    Column("sticky", Boolean, nullable=False),
    Column("expires_at", Instant),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("ended_at", Instant),
    Column("ended_because", Text),
)

reviews = Table(
    "reviews",
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),  # in which the reading was held
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # the check-in that would have been written, as JSON
    Column("cause", Text, nullable=False),  # which guard held it
    Column("detail", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, accepted, rejected, superseded
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("note", Text, nullable=False, server_default=text("''")),
    Index(None, "state"),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_result", Id, nullable=False),
    Column("at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "key_result", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Id, nullable=False),  # the address of what was changed
    Column("before", Text),  # JSON; null where there was nothing
    Column("after", Text),  # JSON; null where nothing is left
    Column("run", Integer),
    Index(None, "subject", "at"),
    Index(None, "at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Id, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", Integer, nullable=False),  # grows with each holder; a commit under an older one is refused
    Column("until", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),  # also what receivers know it by: the same write is the same id
    Column("position", Integer, nullable=False),  # order of delivery within a destination
    Column("destination", Id, nullable=False),
    Column("key_result", Id, nullable=False),
    Column("run", Integer, nullable=False),
    Column("body", Text, nullable=False),  # absolute values, as JSON
    Column("state", Text, nullable=False),  # waiting, sent, unchanged, superseded, conflict, failed
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("ended_at", Instant),
    Column("detail", Text, nullable=False, server_default=text("''")),  # what came back, or why it did not go out
    Index(None, "state", "destination", "position"),
    Index(None, "key_result", "created_at"),
)

delivered = Table(
    "delivered",
    metadata,
    Column("destination", Id, primary_key=True),
    Column("key_result", Id, primary_key=True),
    Column("target", Id, nullable=False),  # the other side's id: a goal, a cell, an address
    Column("body", Text, nullable=False),  # what we last wrote there, to tell an edit by a person and our own echo
    Column("at", Instant, nullable=False),
)

past_changes = Table(
    "past_changes",
    metadata,
    Column("connection", Id, primary_key=True),
    Column("item", Id, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("field", Id, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # several changes of a field at one instant
    Column("old", Text),
    Column("new", Text),
)

past_reads = Table(
    "past_reads",
    metadata,
    Column("connection", Id, primary_key=True),
    Column("item", Id, primary_key=True),
    Column("updated_at", Instant, nullable=False),  # of the item when its past was read: the past grows with it
)

rebuilt = Table(
    "rebuilt",
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("day", Id, primary_key=True),  # ISO date in the cycle's time zone; the reading is of that day's end
    Column("at", Instant, nullable=False),
    Column("value", Exact),
    Column("raw_progress", Exact),
    Column("progress", Exact),
    Column("no_data", Text),
    Column("formula", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("assumptions", Text, nullable=False),  # JSON list of sentences
    Column("run", Integer, nullable=False),
)

past_check_ins = Table(
    "past_check_ins",  # of before, as another store or tool kept them: apart from what was published here
    metadata,
    Column("key_result", Id, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),  # several at one instant, the first is 0
    Column("run", Integer, nullable=False),  # of the import
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
    Column("kind", Text, nullable=False),  # as the source says, a value of CheckInKind
    Column("status", Text),
    Column("confidence", Exact),
    Column("note", Text, nullable=False),
    Column("origin", Text, nullable=False),  # file and row
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Id, primary_key=True),
    Column("hash", Id, nullable=False),  # SHA-256 of the token, which is random enough to need no salt
    Column("scope", Text, nullable=False),  # read or write
    Column("objectives", Text, nullable=False),  # JSON list of those it may write to; empty for all
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", Instant),
    Index(None, "hash"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("cycle", Id, primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON: what is signed, byte for byte
    Column("digest", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("signature", Text, nullable=False),
)


def narrow_for_postgresql() -> None:
    """Say to PostgreSQL as well which rows an index is of.

    Said above it would make SQLAlchemy import PostgreSQL's dialect, 15 ms of every command on SQLite.
    """
    by_hand.dialect_options["postgresql"]["where"] = BY_HAND
