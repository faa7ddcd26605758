"""The mirror as it was after a run: memberships by since and until, items by undoing later events, samples by run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, or_, select, union

from mapping.decimals import ONE
from mapping.mirror import Departure, Mirror, PlainCounts
from mapping.words import ItemState, Sample, Selection, WorkItem
from store.codec import decode_item, undone
from store.readings import seq_at
from store.tables import item_events, items, memberships, past_changes, samples, selections

Opened = Callable[[], AbstractContextManager[Connection]]
PAGE = 2000
SAME_ITEM = and_(memberships.c.connection == items.c.connection, memberships.c.item == items.c.id)
_NAME = re.compile(r"[^\"\\\x00-\x1f]+")
"""A number's name that stands in a JSON path as it is."""
IN_PROGRESS = f'"{ItemState.IN_PROGRESS}"'
"""As it stands in an event: JSON."""


class StoredMirror:
    """``mapping.mirror.Mirror`` over the store. Pinned to one run, so all its answers belong together.

    Args:
        opened: gives a connection to read on, for the time of one answer.
        seq: the run after which the mirror is meant; 0 is before the first.
    """

    def __init__(self, opened: Opened, seq: int) -> None:
        self._opened = opened
        self.seq = seq

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection, ordered by id, each once."""
        return self.members_where(selection)

    def touched(self, before: Mirror, selection: Selection) -> tuple[Iterator[WorkItem], Iterator[WorkItem]] | None:
        """Return the members then and now that came, left, or were changed in between."""
        if not isinstance(before, StoredMirror) or before.seq > self.seq:
            return None
        since, until = memberships.c.since_run, memberships.c.until_run
        spans = select(memberships.c.item).where(
            memberships.c.selection == selection.key, or_(_between(since, before, self), _between(until, before, self))
        )
        events = select(item_events.c.item).where(
            item_events.c.connection == selection.connection, _between(item_events.c.run, before, self)
        )
        some = items.c.id.in_(union(spans, events))
        return before.members_where(selection, some), self.members_where(selection, some)

    def members_where(self, selection: Selection, *conditions: ColumnElement[bool]) -> Iterator[WorkItem]:
        """Stream those items of a selection that meet conditions on the mirror's tables, ordered by id."""
        with self._opened() as connection:
            changed = self._changed_since(connection, selection)
            query = self._member_rows(selection).where(*conditions).execution_options(yield_per=PAGE)
            with connection.execute(query) as rows:  # closed even when the caller stops in the middle
                for part in rows.partitions():  # a row at a time would take as long as decoding it
                    if not changed:
                        yield from map(decode_item, [body for _, body in part])
                        continue
                    for item, body in part:
                        old_values = changed.get(item)
                        yield undone(body, old_values) if old_values else decode_item(body)

    def counts(self, selection: Selection, number: str) -> PlainCounts | None:
        """Return how often each pair of a state and that number occurs; without a number each item is 1.

        None when anything of the connection has changed since, and for a number on PostgreSQL, which refuses to look
        into a JSON text that has a NUL anywhere in it.
        """
        with self._opened() as connection:
            if not self._rests(connection, selection):
                return None
            if not number:
                every = self._counted(connection, selection, items.c.state)
                return {(ItemState(state), ONE): times for state, times in every}
            if connection.dialect.name != "sqlite" or not _NAME.fullmatch(number):
                return None
            held = func.json_extract(items.c.body, f'$.numbers."{number}"')
            found: Counter[tuple[ItemState, Decimal | None]] = Counter()
            for state, text, times in self._counted(connection, selection, items.c.state, held):
                found[ItemState(state), None if text is None else Decimal(text)] += times  # 5 and 5.0 are one
            return found

    def _counted(self, connection: Connection, selection: Selection, *by: ColumnElement[str]) -> list[tuple[Any, ...]]:
        """Return what members have of each and how many have just that, a tuple each."""
        query = select(*by, func.count()).join_from(items, memberships, SAME_ITEM).group_by(*by)
        return [tuple(row) for row in connection.execute(query.where(self._belongs(memberships, selection)))]

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return the ids of members that are the parent of another member."""
        with self._opened() as connection:
            if not self._parents_changed(connection, selection):
                return self._current_parents(connection, selection)
        named = {item.parent for item in self.members(selection)}  # twice over them all, so that none need be held
        return frozenset(item.id for item in self.members(selection) if item.id in named)

    def samples(self, selection: Selection) -> Sequence[Sample]:
        """Return the samples of a series, oldest first; of several for one instant the one read last."""
        query = (
            select(samples)
            .where(samples.c.series == selection.key, samples.c.run <= self.seq)
            .order_by(samples.c.at, samples.c.run)
        )
        with self._opened() as connection:
            rows = connection.execute(query).all()
        last = (list(same)[-1] for _, same in groupby(rows, key=lambda row: row.at))
        return [
            Sample(
                connection=row.connection,
                series=row.series,
                at=row.at,
                value=row.value,
                unit=row.unit,
                origin=row.origin,
            )
            for row in last
        ]

    def pulled(self, selection: Selection) -> bool:
        """Return whether a complete pull of the selection had been published."""
        query = select(selections.c.key).where(
            selections.c.key == selection.key, selections.c.first_complete_run <= self.seq
        )
        with self._opened() as connection:
            return connection.execute(query).first() is not None

    def started(self, selection: Selection) -> Mapping[str, datetime]:
        """Return when work on a member first began: the first change of its state to in progress on record.

        Told by what runs saw, and by the vendor's own history as far as it has been read, so that a cycle time may be
        known better later.
        """
        seen, told = item_events, past_changes
        found: dict[str, datetime] = {}
        for table, begun in (
            (seen, and_(seen.c.run <= self.seq, seen.c.field == "state", seen.c.new == IN_PROGRESS)),
            (told, and_(told.c.field == "state", told.c.new == ItemState.IN_PROGRESS)),
        ):
            same = and_(memberships.c.connection == table.c.connection, memberships.c.item == table.c.item)
            query = select(table.c.item, func.min(table.c.at)).join(memberships, same)
            query = query.where(self._belongs(memberships, selection), begun).group_by(table.c.item)
            with self._opened() as connection:
                for item, at in connection.execute(query):
                    found[item] = min(at, found.get(item, at))
        return found

    def as_of(self, instant: datetime) -> StoredMirror | None:
        """Return the mirror as the last run that was published up to an instant left it; None when there was none."""
        with self._opened() as connection:
            seq = seq_at(connection, instant, upto=self.seq)
        return StoredMirror(self._opened, seq) if seq else None

    def departed(self, selection: Selection) -> Mapping[str, Departure]:
        """Return how former members left, by item id; an id that is a member is not in it."""
        query = (
            select(memberships.c.item, memberships.c.left_because)
            .where(memberships.c.selection == selection.key, memberships.c.until_run <= self.seq)
            .order_by(memberships.c.item, memberships.c.since_run)
        )
        current = select(memberships.c.item).where(self._belongs(memberships, selection))
        with self._opened() as connection:
            there = frozenset(connection.scalars(current))
            rows = connection.execute(query).all()
        return {item: Departure(because) for item, because in rows if item not in there}

    def _belongs(self, table: FromClause, selection: Selection) -> ColumnElement[bool]:
        return and_(
            table.c.selection == selection.key,
            table.c.since_run <= self.seq,
            or_(table.c.until_run.is_(None), table.c.until_run > self.seq),
        )

    def _member_rows(self, selection: Selection) -> Select[str, str]:
        return (
            select(items.c.id, items.c.body)
            .join(memberships, SAME_ITEM)
            .where(self._belongs(memberships, selection))
            .order_by(memberships.c.item)
        )

    def _rests(self, connection: Connection, selection: Selection) -> bool:
        """Return whether nothing of the connection has changed since, as is usual; told by the primary key alone."""
        return connection.execute(select(item_events.c.run).where(self._later(selection)).limit(1)).first() is None

    def _later(self, selection: Selection) -> ColumnElement[bool]:
        return and_(item_events.c.run > self.seq, item_events.c.connection == selection.connection)

    def _changed_since(self, connection: Connection, selection: Selection) -> dict[str, dict[str, str]]:
        """Return what members' fields were: item to (field to old JSON), of the first event after the run."""
        changed: dict[str, dict[str, str]] = {}
        if self._rests(connection, selection):
            return changed
        query = (
            select(item_events.c.item, item_events.c.field, item_events.c.old)
            .where(
                self._later(selection),
                item_events.c.item.in_(select(memberships.c.item).where(self._belongs(memberships, selection))),
            )
            .order_by(item_events.c.run.desc())  # the earliest comes last and stays
        )
        for item, name, old in connection.execute(query):
            changed.setdefault(item, {})[name] = old
        return changed

    def _parents_changed(self, connection: Connection, selection: Selection) -> bool:
        query = select(item_events.c.item).where(self._later(selection), item_events.c.field == "parent")
        return connection.execute(query.limit(1)).first() is not None

    def _current_parents(self, connection: Connection, selection: Selection) -> frozenset[str]:
        named = (  # there are far fewer of them than members, so these are looked up and not the other way round
            select(items.c.parent)
            .distinct()
            .join(memberships, SAME_ITEM)
            .where(self._belongs(memberships, selection), items.c.parent.is_not(None))
            .subquery()
        )
        query = select(memberships.c.item).join(named, memberships.c.item == named.c.parent)
        return frozenset(connection.scalars(query.where(self._belongs(memberships, selection))))


def _between(run: ColumnElement[int], before: StoredMirror, after: StoredMirror) -> ColumnElement[bool]:
    return and_(run > before.seq, run <= after.seq)
