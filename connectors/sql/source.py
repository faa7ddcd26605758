"""Turns the rows of a SELECT into work items and samples."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.entries import EntryReader, StateTerm
from connectors.plain import instant_of, number_of
from connectors.points import Point, in_batches
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Surroundings
from connectors.sql.client import SqlClient, Table
from connectors.sql.engines import READ_ONLY
from connectors.sql.options import SqlOptions, SqlSelection
from connectors.unasked import CensusOnly
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError
from mapping.words import Sample, Selection, WorkItem

READING = "sql 1"
"""Goes into the fingerprint: raise it when the same rows would be read differently."""
PAGE = 500
AT, VALUE = "at", "value"
"""The columns of a series."""
_WHO = {
    "postgresql": "SELECT current_user",
    "sqlite": "SELECT count(*) FROM sqlite_master",  # SELECT 1 would not open the file
    "oracle": "SELECT 1 FROM dual",
}
_COLUMNS = ("id", "title", "status", "updated_at", "created_at", "done_at", "date", "link")
_STATES = ("done", "in_progress", "wont_do")


class SqlSource(CensusOnly):
    """One database, open for reading. Each query has a connection of its own, which is closed behind it."""

    def __init__(self, options: SqlOptions, surroundings: Surroundings) -> None:
        super().__init__(surroundings.connection, "a query")
        self._options = options
        self._now = surroundings.now
        self._connection = surroundings.connection
        self._client = SqlClient(options, surroundings)
        self._zone = ZoneInfo(options.timezone)

    async def identify(self) -> Identity:
        """Open the database, and say as whom, and what keeps us from writing."""
        door = self._client.door
        found = await self._client.select(_WHO.get(door.dialect, "SELECT 1"), {})
        account = str(found.rows[0][0]) if door.dialect == "postgresql" else door.url.username or "whoever runs okrsync"
        held = READ_ONLY.get(door.dialect, "the check of each statement alone: give the account no right to write")
        return Identity(
            account=account, server=door.server, detail={"database": door.dialect, "kept from writing by": held}
        )

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Ask as the pull does: a query has no cheaper way."""
        terms = _terms(selection)
        table = await self._client.ask(terms)
        if terms.id is None:
            points = list(self._points(table, _ignore))
            last = max(points, key=lambda point: point.at, default=None)
            return Glimpse(matches=len(points), example=f"{last.value} ({last.place})" if last else None)
        items = list(self._items(table, selection, terms, frozenset(), _ignore))
        return Glimpse(matches=len(table.rows), example=items[0].title if items else None)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the options; what the rows hold shows in the items themselves."""
        facts = [READING, self._options.model_dump_json(), *sorted(fields)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the rows as items.

        Raises:
            FixConfigError: a column that the rule names is missing, or two rows have one id.
        """
        terms = _terms(selection)
        if terms.id is None:
            raise FixConfigError(f"{selection} gives numbers, not work items: name the column of their id")
        items = list(self._items(await self._client.ask(terms), selection, terms, fields, on_skip))
        for start in range(0, len(items), PAGE):
            page = tuple(items[start : start + PAGE])
            yield CensusPage(ids=tuple(item.id for item in page), items=page)

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Stream the samples, oldest first.

        Raises:
            FixConfigError: the columns are neither one number nor at and value.
            PartialReadError: there is nothing where one number was expected.
        """
        terms = _terms(selection)
        if terms.id is not None:
            raise FixConfigError(f"{selection} gives work items, not numbers: measure it with count, sum or completion")
        points = list(self._points(await self._client.ask(terms), on_skip))
        for batch in in_batches(points, selection, terms.unit, on_skip):
            yield batch

    def requests(self) -> int:
        """Return how many queries were asked."""
        return self._client.sent

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _points(self, table: Table, on_skip: OnSkip) -> Iterator[Point]:
        at, value = table.column(AT), table.column(VALUE)
        if at is not None and value is not None:
            yield from self._series(table, at, value, on_skip)
        elif len(table.columns) == 1:
            yield self._one(table)
        else:
            raise FixConfigError(
                f"{self._connection}: the query gives {_listed(table)}: one column with the number was expected, "
                "or the columns at and value: set their names with AS"
            )

    def _one(self, table: Table) -> Point:
        (column,) = table.columns
        if len(table.rows) > 1:
            raise FixConfigError(
                f"{self._connection}: the query gives {len(table.rows)} rows, one number was expected: "
                "add them up, or name their time at and their number value"
            )
        found = table.rows[0][0] if table.rows else None
        if found is None:
            what = f"NULL in {column}" if table.rows else "no row"
            raise PartialReadError(
                f"{self._connection}: the query gives {what}, a number was expected: no data, which is not 0 "
                "(write coalesce(…, 0) where nothing does mean 0)"
            )
        try:
            return Point(self._now(), number_of(found), f"{self._client.door.server}, column {column}")
        except ValueError as error:
            raise FixConfigError(f"{self._connection}: {column} {error}: correct the query") from error

    def _series(self, table: Table, at: int, value: int, on_skip: OnSkip) -> Iterator[Point]:
        for number, row in enumerate(table.rows, 1):
            name = AT
            try:
                when = instant_of(row[at], self._zone)
                name = VALUE
                yield Point(when, number_of(row[value]), f"{self._client.door.server}, row {number}, {VALUE}")
            except ValueError as error:
                on_skip(SkipRecordError(f"{self._connection}: row {number}: {name} {error}"))

    def _items(
        self, table: Table, selection: Selection, terms: SqlSelection, fields: frozenset[str], on_skip: OnSkip
    ) -> Iterator[WorkItem]:
        self._check_columns(table, terms)
        reader = EntryReader(terms=terms, selection=selection, fields=fields, zone=self._zone)
        rows: dict[str, int] = {}
        for number, row in enumerate(table.rows, 1):
            try:
                item = reader.item(_picker(table, row), f"row {number}")
            except SkipRecordError as error:
                on_skip(error)
                continue
            if (double := rows.setdefault(item.id, number)) != number:
                raise FixConfigError(
                    f"{self._connection}: {terms.id} is the same in rows {double} and {number}: a join may have "
                    "multiplied rows, and would count them twice: make it unique"
                )
            yield item

    def _check_columns(self, table: Table, terms: SqlSelection) -> None:
        named = [getattr(terms, each) for each in _COLUMNS]
        named += [said.field for each in _STATES if isinstance(said := getattr(terms, each), StateTerm)]
        named += [*terms.numbers.values(), *terms.texts.values()]
        missing = [name for name in named if name is not None and table.column(name) is None]
        if missing:
            raise FixConfigError(
                f"{self._connection}: the query gives no column {missing[0]}: it gives {_listed(table)}"
            )


def _picker(table: Table, row: Sequence[object]) -> Callable[[str], object]:
    def pick(name: str) -> object:
        place = table.column(name)
        return None if place is None else row[place]

    return pick


def _listed(table: Table) -> str:
    return f"the columns {', '.join(table.columns)}" if len(table.columns) > 1 else f"the column {table.columns[0]}"


def _terms(selection: Selection) -> SqlSelection:
    try:
        return SqlSelection.model_validate(selection.terms())
    except ValidationError as error:
        raise FixConfigError(f"{selection}: {error.errors()[0]['msg']}") from error


def _ignore(_skipped: SkipRecordError) -> None:
    """A glimpse shows what can be read; the pull tells of the rest."""
