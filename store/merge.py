"""Moving what a run has staged into the mirror: whole sets by SQL, and only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from mapping.failpoints import reach
from mapping.mirror import Departure
from mapping.words import Outcome, PullResult
from store.codec import differences
from store.columns import Instant, instant_text
from store.dialects import Native, Row, upsert
from store.records import MergeCounts
from store.staging import Staging, staged_census, staged_items, staged_pulls, staged_samples, staged_vanished
from store.tables import item_events, items, memberships, runs, samples, selections, watermarks

EVENT_ROWS = 5000


def next_seq(connection: Connection) -> int:
    """Return the number of the run that is about to be written; safe because writers are one at a time."""
    return (connection.scalar(select(func.max(runs.c.seq))) or 0) + 1


class Merge:
    """One merge: into which run, begun when, on top of which run's mirror."""

    def __init__(self, connection: Connection, native: Native, *, seq: int, base: int, at: datetime) -> None:
        self._connection = connection
        self._native = native
        self._seq = seq
        self._base = base
        self._at = at
        self._later: frozenset[str] = frozenset()

    def run(self, staging: Staging, results: Mapping[str, PullResult]) -> MergeCounts:
        """Merge everything, watermarks included, and return what changed."""
        reach("store.merge.settle")
        staging.settle()
        self._yield_to_later()
        reach("store.merge.events")
        events, changed = self._events()
        reach("store.merge.items")
        new = self._items() - changed
        reach("store.merge.memberships")
        joined, left = self._memberships()
        reach("store.merge.samples")
        count = self._samples()
        for result in results.values():
            self._selection(result)
        return MergeCounts(items_new=new, items_changed=changed, events=events, joined=joined, left=left, samples=count)

    def _yield_to_later(self) -> None:
        """Let a census that began after ours, and was published while we pulled, stand."""
        query = select(selections.c.key).where(
            selections.c.last_complete_run > self._base, selections.c.last_complete_at > self._at
        )
        self._later = frozenset(self._connection.scalars(query))
        self._connection.execute(delete(staged_pulls).where(staged_pulls.c.selection.in_(self._later)))

    def _written(self, statement: Insert | Update) -> int:
        # Unasked, SQLAlchemy forgets the count of an INSERT.
        return self._connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def _differs(self) -> ColumnElement[bool]:
        """Say whether a staged item shall replace the one in the mirror.

        Another sync may have committed while this one was pulling; what it read later stays.
        """
        overtaken = and_(items.c.changed_run > self._base, items.c.updated_at > staged_items.c.updated_at)
        return and_(items.c.content_hash != staged_items.c.content_hash, ~overtaken)

    def _events(self) -> tuple[int, int]:
        """Write an event for each changed field of each changed item; return the numbers of events and of items."""
        pairs = (
            select(
                items.c.connection,
                items.c.id,
                staged_items.c.updated_at,
                items.c.body,
                staged_items.c.body.label("new"),
            )
            .join(staged_items, and_(staged_items.c.connection == items.c.connection, staged_items.c.id == items.c.id))
            .where(self._differs())
            .execution_options(yield_per=1000)
        )
        events = changed = 0
        rows: list[Row] = []
        for connection, item, at, old, new in self._connection.execute(pairs):
            changed += 1
            when = instant_text(at)
            rows.extend((self._seq, connection, item, name, when, *sides) for name, *sides in differences(old, new))
            if len(rows) >= EVENT_ROWS:
                events += self._write_events(rows)
                rows = []
        return events + self._write_events(rows), changed

    def _write_events(self, rows: list[Row]) -> int:
        self._native.bulk(self._connection, item_events, rows)
        return len(rows)

    def _items(self) -> int:
        """Upsert the staged items; return how many rows were written."""
        ours = staged_items.c
        rows = select(*staged_items.columns, literal(self._seq), literal(self._seq)).order_by(ours.connection, ours.id)
        statement = upsert(self._connection, items).from_select(items.columns.keys(), rows)
        given = statement.excluded
        overtaken = and_(items.c.changed_run > self._base, items.c.updated_at > given.updated_at)
        statement = statement.on_conflict_do_update(
            index_elements=["connection", "id"],
            set_={
                name: given[name]
                for name in (*staged_items.columns.keys(), "changed_run")
                if name not in ("connection", "id")
            },
            where=and_(items.c.content_hash != given.content_hash, ~overtaken),
        )
        return self._written(statement)

    def _memberships(self) -> tuple[int, int]:
        """End and begin memberships of completely pulled selections; return how many joined and how many left."""
        current = memberships.c.until_run.is_(None)
        matched = exists().where(
            staged_census.c.selection == memberships.c.selection, staged_census.c.item == memberships.c.item
        )
        gone = (
            select(staged_vanished.c.because)
            .where(staged_vanished.c.selection == memberships.c.selection, staged_vanished.c.item == memberships.c.item)
            .scalar_subquery()
        )
        leave = (
            update(memberships)
            .where(current, memberships.c.selection.in_(select(staged_pulls.c.selection)), ~matched)
            .values(
                until_run=self._seq,
                until_at=self._at,
                left_because=func.coalesce(gone, Departure.UNMATCHED.value),
            )
        )
        left = self._written(leave)
        reach("store.merge.joined")
        member = exists().where(
            memberships.c.selection == staged_census.c.selection,
            memberships.c.item == staged_census.c.item,
            memberships.c.until_run.is_(None),
        )
        come = (
            select(
                staged_census.c.selection,
                staged_census.c.item,
                literal(self._seq),
                staged_pulls.c.connection,
                literal(self._at, Instant),
            )
            .join(staged_pulls, staged_pulls.c.selection == staged_census.c.selection)
            # An id whose fields could not be had was deleted between the census and the reading.
            .join(items, and_(items.c.connection == staged_pulls.c.connection, items.c.id == staged_census.c.item))
            .where(~member)
            .order_by(staged_census.c.selection, staged_census.c.item)
        )
        names = ["selection", "item", "since_run", "connection", "since_at"]
        joined = self._written(insert(memberships).from_select(names, come))
        return joined, left

    def _samples(self) -> int:
        """Add samples that are new, or differ from what the last run said of their instant."""
        newest = (
            select(samples.c.series, samples.c.at, func.max(samples.c.run).label("run"))
            .where(samples.c.series.in_(select(staged_samples.c.series)))
            .group_by(samples.c.series, samples.c.at)
            .subquery()
        )
        same = exists().where(
            newest.c.series == staged_samples.c.series,
            newest.c.at == staged_samples.c.at,
            samples.c.series == newest.c.series,
            samples.c.at == newest.c.at,
            samples.c.run == newest.c.run,
            samples.c.value == staged_samples.c.value,
            samples.c.origin == staged_samples.c.origin,
            or_(
                samples.c.unit == staged_samples.c.unit,
                and_(samples.c.unit.is_(None), staged_samples.c.unit.is_(None)),
            ),
        )
        ours = staged_samples.c
        rows = select(
            ours.series, ours.at, literal(self._seq), ours.connection, ours.value, ours.unit, ours.origin
        ).where(~same)
        statement = insert(samples).from_select(samples.columns.keys(), rows)
        return self._written(statement)

    def _selection(self, result: PullResult) -> None:
        """Record how a pull ended; move the watermark of a complete one."""
        if result.outcome is Outcome.SKIPPED or result.selection.key in self._later:
            return
        reach("store.merge.selection")
        values: dict[str, object] = {"outcome": result.outcome.value, "reason": result.reason}
        if result.outcome is Outcome.COMPLETE:
            values |= {"matched": result.matched, "last_complete_run": self._seq, "last_complete_at": self._at}
        first = self._seq if result.outcome is Outcome.COMPLETE else None
        chosen = result.selection
        statement = upsert(self._connection, selections).values(
            key=chosen.key,
            connection=chosen.connection,
            spec=chosen.spec,
            connector="",
            first_complete_run=first,
            **values,
        )
        kept = func.coalesce(selections.c.first_complete_run, statement.excluded.first_complete_run)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key"],
                set_={**{name: statement.excluded[name] for name in values}, "first_complete_run": kept},
            )
        )
        if result.outcome is Outcome.COMPLETE and result.watermark is not None:
            self._watermark(chosen.key, min(result.watermark, self._at), result.fingerprint)

    def _watermark(self, selection: str, at: datetime, fingerprint: str) -> None:
        reach("store.merge.watermark")
        statement = upsert(self._connection, watermarks).values(selection=selection, at=at, fingerprint=fingerprint)
        given = statement.excluded
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["selection"], set_={"at": given.at, "fingerprint": given.fingerprint}
            )
        )
