"""What a run keeps to itself while connections are pulled: temporary tables that lock nothing and survive nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, Connection, MetaData, Table, Text, exists, func, select

from mapping.failpoints import reach
from mapping.mirror import Departure
from mapping.words import Sample, Selection, WorkItem
from store.codec import encode_hashed
from store.columns import Exact, Id, Instant, exact_text, instant_text
from store.dialects import Native, Row
from store.tables import items, memberships

FLUSH_ROWS = 500
"""Rows gathered before they are written; about 1.5 MB of work items."""

staging = MetaData()

staged_items = Table(
    "stage_items",
    staging,
    Column("connection", Id),
    Column("id", Id),
    Column("key", Id),
    Column("state", Text),
    Column("parent", Id),
    Column("updated_at", Instant),
    Column("content_hash", Text),
    Column("body", Text),
    prefixes=["TEMPORARY"],
    info={"key": ("connection", "id"), "newest": "updated_at"},
)
staged_census = Table(
    "stage_census",
    staging,
    Column("selection", Id),
    Column("item", Id),
    prefixes=["TEMPORARY"],
    info={"key": ("selection", "item")},
)
staged_vanished = Table(
    "stage_vanished",
    staging,
    Column("selection", Id),
    Column("item", Id),
    Column("because", Text),
    prefixes=["TEMPORARY"],
    info={"key": ("selection", "item")},
)
staged_samples = Table(
    "stage_samples",
    staging,
    Column("series", Id),
    Column("at", Instant),
    Column("connection", Id),
    Column("value", Exact),
    Column("unit", Text),
    Column("origin", Text),
    prefixes=["TEMPORARY"],
    info={"key": ("series", "at")},
)
staged_pulls = Table(
    "stage_pulls",
    staging,
    Column("selection", Id),
    Column("connection", Id),
    prefixes=["TEMPORARY"],
    info={"key": ("selection",)},
)
"""The selections whose pull was complete: only these change memberships."""


class Staging:
    """The temporary tables of one run, with a little buffer before each. Used by one thread at a time."""

    def __init__(self, connection: Connection, native: Native) -> None:
        self._connection = connection
        self._native = native
        self._items: list[tuple[WorkItem, str, str]] = []
        self._waiting: dict[str, list[Row]] = {table.name: [] for table in staging.sorted_tables}
        self._mirrored: dict[str, bool] = {}
        reach("store.stage.create")
        with connection.begin():
            for table in staging.sorted_tables:
                native.create_staging(connection, table)

    def add_items(self, batch: Iterable[WorkItem]) -> None:
        """Keep work items."""
        self._items.extend([(item, *encode_hashed(item)) for item in batch])
        if len(self._items) >= FLUSH_ROWS:
            self._flush_items()

    def add_samples(self, batch: Iterable[Sample]) -> None:
        """Keep samples."""
        self._add(
            staged_samples,
            [
                (s.series, instant_text(s.at), s.connection, exact_text(s.value), _clean(s.unit), _clean(s.origin))
                for s in batch
            ],
        )

    def add_census(self, selection: Selection, ids: Iterable[str]) -> None:
        """Keep ids that a selection matches now."""
        self._add(staged_census, [(selection.key, item) for item in ids])

    def add_vanished(self, selection: Selection, ids: Iterable[str], because: Departure) -> None:
        """Keep ids that the vendor no longer gives, and what became of them."""
        self._add(staged_vanished, [(selection.key, item, because.value) for item in ids])

    def add_complete(self, selection: Selection) -> None:
        """Let a selection's census decide over its memberships."""
        self._add(staged_pulls, [(selection.key, selection.connection)])

    def unknown(self, connection: str, ids: Sequence[str]) -> list[str]:
        """Return those ids whose fields neither the mirror keeps current nor this run has read, in the order given."""
        self.flush()
        mirrored = (
            select(items.c.id)
            .where(items.c.connection == connection, self._native.among(items.c.id, ids))
            # An item that no selection holds was not watched: what we know of it may be old.
            .where(
                exists().where(
                    memberships.c.connection == items.c.connection,
                    memberships.c.item == items.c.id,
                    memberships.c.until_run.is_(None),
                )
            )
        )
        read = select(staged_items.c.id).where(
            staged_items.c.connection == connection, self._native.among(staged_items.c.id, ids)
        )
        with self._connection.begin():
            known = set(self._connection.scalars(mirrored)) | set(self._connection.scalars(read))
        return [item for item in dict.fromkeys(ids) if item not in known]

    def keys(self, connection: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the keys of items as the mirror holds them, by id."""
        query = select(items.c.id, items.c.key).where(
            items.c.connection == connection, self._native.among(items.c.id, ids)
        )
        with self._connection.begin():
            return {row.id: row.key for row in self._connection.execute(query)}

    def lost(self, selection: Selection) -> list[str]:
        """Return current members that the staged census lacks, sorted."""
        self.flush()
        query = (
            select(memberships.c.item)
            .where(memberships.c.selection == selection.key, memberships.c.until_run.is_(None))
            .where(
                ~exists().where(
                    staged_census.c.selection == memberships.c.selection, staged_census.c.item == memberships.c.item
                )
            )
        )
        with self._connection.begin():
            return sorted(self._connection.scalars(query))

    def members_count(self, selection: Selection) -> int:
        """Return how many items are members before this run."""
        query = select(func.count()).where(memberships.c.selection == selection.key, memberships.c.until_run.is_(None))
        with self._connection.begin():
            return self._connection.scalar(query) or 0

    def flush(self) -> None:
        """Write what waits."""
        self._flush_items()
        for table in staging.sorted_tables:
            self._flush(table)

    def settle(self) -> None:
        """Make each staging table hold one row per key. Inside the write transaction."""
        for table in staging.sorted_tables:
            self._native.settle(self._connection, table)

    def drop(self) -> None:
        """Forget everything."""
        with self._connection.begin():
            staging.drop_all(self._connection, checkfirst=False)

    def _add(self, table: Table, rows: list[Row]) -> None:
        waiting = self._waiting[table.name]
        waiting.extend(rows)
        if len(waiting) >= FLUSH_ROWS:
            self._flush(table)

    def _flush(self, table: Table) -> None:
        rows, self._waiting[table.name] = self._waiting[table.name], []
        if rows:
            reach("store.stage.rows")
            with self._connection.begin():
                self._native.stage(self._connection, table, rows)

    def _flush_items(self) -> None:
        """Write the items that the mirror does not hold as they are: reading hashes is quicker than writing rows."""
        batch, self._items = self._items, []
        if not batch:
            return
        reach("store.stage.items")
        with self._connection.begin():
            known = {
                connection: self._hashes(connection, [item.id for item, _, _ in batch if item.connection == connection])
                for connection in {item.connection for item, _, _ in batch}
            }
            rows = [
                item_row(item, body, digest)
                for item, body, digest in batch
                if known[item.connection].get(item.id) != digest
            ]
            self._native.stage(self._connection, staged_items, rows)

    def _hashes(self, connection: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the hashes of items that the mirror holds; none of a connection that had none at first."""
        if connection not in self._mirrored:
            first = select(items.c.id).where(items.c.connection == connection).limit(1)
            self._mirrored[connection] = self._connection.scalar(first) is not None
        if not self._mirrored[connection]:
            return {}
        query = select(items.c.id, items.c.content_hash).where(
            items.c.connection == connection, self._native.among(items.c.id, ids)
        )
        return {row.id: row.content_hash for row in self._connection.execute(query)}


def item_row(item: WorkItem, body: str, digest: str) -> Row:
    """Return a work item as a row of the staging table."""
    return (
        item.connection,
        item.id,
        _clean(item.key),
        item.state.value,
        _clean(item.parent),
        instant_text(item.updated_at),
        digest,
        body,
    )


def _clean(text: str | None) -> str | None:
    """PostgreSQL's text cannot hold NUL; JSON escapes it, plain columns show a replacement."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}") if text and "\x00" in text else text
