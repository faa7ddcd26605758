"""Turns the answers of an API into work items and samples."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connectors.entries import EntryReader
from connectors.plain import instant_of, number_of, shown
from connectors.points import Point, in_batches
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Surroundings
from connectors.unasked import CensusOnly
from connectors.web.client import Answer, WebClient
from connectors.web.exact import PathError, search
from connectors.web.options import HttpOptions, HttpSelection
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError
from mapping.words import Sample, Selection, WorkItem

READING = "http 1"
"""Goes into the fingerprint: raise it when the same answer would be read differently."""


class HttpSource(CensusOnly):
    """One API, open for reading."""

    def __init__(self, options: HttpOptions, surroundings: Surroundings) -> None:
        super().__init__(surroundings.connection, "an API that is known by its paths only")
        self._options = options
        self._around = surroundings
        self._connection = surroundings.connection
        self._client = WebClient(options, surroundings)
        self._zone = ZoneInfo(options.timezone)

    async def identify(self) -> Identity:
        """Say where it is and, where the options name a path for that, ask whether we may read."""
        checked = self._options.check
        if checked is not None:
            await self._client.check(checked)
        told = {"checked at": checked} if checked is not None else {"not checked": "the connection names no check path"}
        return Identity(account=self._options.account, server=urlsplit(self._options.url).netloc, detail=told)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Read the number, or the first page."""
        terms = _terms(selection)
        if terms.items is None:
            found = [point async for point in self._points(terms, _ignore)]
            last = max(found, key=lambda point: point.at, default=None)
            return Glimpse(matches=len(found), example=f"{last.value} ({last.place})" if last else None)
        answer = await self._client.answer(terms)
        entries = answer.entries(terms.items)
        reader = self._reader(selection, terms, frozenset())
        items = list(self._read(answer, entries, terms, reader, _ignore))
        whole = terms.pages is None or terms.total is not None
        matches = self._total(answer, terms) if whole and terms.total else len(entries) if whole else None
        return Glimpse(matches=matches, example=items[0].title if items else None)

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the options; what the answers hold shows in the items themselves."""
        facts = [READING, self._options.model_dump_json(), *sorted(fields)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    async def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the items of all pages; one that moved to a later page meanwhile comes once.

        Raises:
            FixConfigError: a path finds no list, or an id stands twice on one page.
            PartialReadError: the last page was not reached, or another number of items than the answer tells.
        """
        terms = _terms(selection)
        if terms.items is None:
            raise FixConfigError(f"{selection} gives numbers, not work items: measure it with latest")
        reader = self._reader(selection, terms, fields)
        seen: set[str] = set()
        read = 0
        async with aclosing(self._client.pages(terms)) as pages:
            async for answer in pages:
                entries = answer.entries(terms.items)
                read += len(entries)
                items = list(self._read(answer, entries, terms, reader, on_skip))
                fresh = tuple(item for item in items if item.id not in seen)
                seen |= {item.id for item in fresh}
                if fresh:
                    yield CensusPage(ids=tuple(item.id for item in fresh), items=fresh)
        self._check_total(answer, terms, read)

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Stream the samples, oldest first.

        Raises:
            FixConfigError: what a path finds is no number, no time or no list.
            PartialReadError: there is nothing where the number was expected, or the last page was not reached.
        """
        terms = _terms(selection)
        if terms.items is not None:
            raise FixConfigError(f"{selection} gives work items, not numbers: measure it with count, sum or completion")
        points = [point async for point in self._points(terms, on_skip)]
        for batch in in_batches(points, selection, terms.unit, on_skip):
            yield batch

    def requests(self) -> int:
        """Return how many requests went out."""
        return self._client.http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.http.aclose()

    def _reader(self, selection: Selection, terms: HttpSelection, fields: frozenset[str]) -> EntryReader:
        return EntryReader(terms=terms, selection=selection, fields=fields, zone=self._zone)

    def _read(
        self,
        answer: Answer,
        entries: Sequence[object],
        terms: HttpSelection,
        reader: EntryReader,
        on_skip: OnSkip,
    ) -> Iterator[WorkItem]:
        places: dict[str, str] = {}
        for number, entry in enumerate(entries):
            place = f"{answer.url}, {terms.items}, entry {number + 1}"
            try:
                item = reader.item(partial(_pick, entry), place, named=partial(_named, entry))
            except SkipRecordError as error:
                on_skip(error)
                continue
            except PathError as error:
                raise FixConfigError(
                    f"{self._connection}: {place} does not fit a path ({error}): correct it"
                ) from error
            if (double := places.setdefault(item.id, place)) != place:
                raise FixConfigError(
                    f"{self._connection}: {terms.id} is the same in {double} and entry {number + 1}: "
                    "name as id what differs for each"
                )
            yield item

    async def _points(self, terms: HttpSelection, on_skip: OnSkip) -> AsyncIterator[Point]:
        value = terms.value or ""
        if terms.samples is None:
            yield self._one(await self._client.answer(terms), terms)
            return
        read = 0
        async with aclosing(self._client.pages(terms)) as pages:
            async for answer in pages:
                entries = answer.entries(terms.samples)
                for number, entry in enumerate(entries):
                    place = f"{answer.url}, {terms.samples}, entry {number + 1}"
                    try:
                        at = instant_of(_pick(entry, terms.at or ""), self._zone)
                        yield Point(at, number_of(_pick(entry, value)), f"{place}, {value}")
                    except ValueError as error:
                        on_skip(SkipRecordError(f"{self._connection}: {place}: {value} or {terms.at} {error}"))
                    except PathError as error:
                        raise FixConfigError(f"{self._connection}: {place} does not fit a path ({error})") from error
                read += len(entries)
        self._check_total(answer, terms, read)

    def _one(self, answer: Answer, terms: HttpSelection) -> Point:
        path = terms.value or ""
        found = answer.at(path)
        if found is None:
            raise PartialReadError(
                f"{answer.where} has nothing at {path}, a number was expected (the answer is "
                f"{shown(answer.whole())}): no data, which is not 0"
            )
        try:
            at = self._around.now() if terms.at is None else instant_of(answer.at(terms.at), self._zone)
        except ValueError as error:
            raise FixConfigError(f"{answer.where}: {terms.at} {error}: correct at") from error
        try:
            return Point(at, number_of(found), f"{answer.url}, {path}")
        except ValueError as error:
            raise FixConfigError(f"{answer.where}: {path} {error}: correct value") from error

    def _check_total(self, answer: Answer, terms: HttpSelection, read: int) -> None:
        if terms.total is not None and (said := self._total(answer, terms)) != read:
            raise PartialReadError(f"{answer.where} tells of {said} in all ({terms.total}), and its pages held {read}")

    @staticmethod
    def _total(answer: Answer, terms: HttpSelection) -> int:
        try:
            return int(number_of(answer.at(terms.total or "")))
        except ValueError as error:
            raise FixConfigError(f"{answer.where}: {terms.total} {error}: correct total") from error


def _pick(entry: object, path: str) -> object:
    return search(path, entry)


def _named(entry: object, name: str) -> object:
    """Return what a rule calls by a name: the key of that name, or what the name finds as a path."""
    if isinstance(entry, dict) and name in entry:
        return entry[name]
    try:
        return search(name, entry)
    except ValueError:  # no path, as "story points"
        return None


def _terms(selection: Selection) -> HttpSelection:
    try:
        return HttpSelection.model_validate(selection.terms())
    except ValidationError as error:
        raise FixConfigError(f"{selection}: {error.errors()[0]['msg']}") from error


def _ignore(_skipped: SkipRecordError) -> None:
    """A glimpse shows what can be read; the pull tells of the rest."""
