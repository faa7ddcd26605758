"""Turns what Prometheus answers into samples."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pydantic import ValidationError

from connectors.points import Point, in_batches
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Surroundings
from connectors.prometheus.client import PrometheusClient, instant, number
from connectors.prometheus.options import PrometheusOptions, PrometheusSelection, duration
from connectors.unasked import CensusOnly
from mapping.errors import FixConfigError, PartialReadError
from mapping.words import Sample, Selection

READING = "prometheus 1"
"""Goes into the fingerprint: raise it when the same answer would be read differently."""
ANYTHING = "vector(1)"
"""A query that every server answers who lets us query at all."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PrometheusSource(CensusOnly):
    """One server, open for reading."""

    def __init__(self, options: PrometheusOptions, surroundings: Surroundings) -> None:
        super().__init__(surroundings.connection, "Prometheus, which knows no work items,")
        self._options = options
        self._connection = surroundings.connection
        self._now = surroundings.now
        self._client = PrometheusClient(options, surroundings)

    async def identify(self) -> Identity:
        """Ask for a number that every server knows: it shows whether we may query."""
        await self._client.now(ANYTHING, self._now())
        return Identity(account=self._options.account, server=urlsplit(self._options.url).netloc)

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Ask as the pull does."""
        points = await self._points(_terms(selection))
        return Glimpse(matches=len(points), example=f"{points[-1].value} ({points[-1].place})")

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of the options."""
        facts = [READING, self._options.model_dump_json(), *sorted(fields)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Raise FixConfigError: Prometheus knows no work items."""
        del fields, on_skip
        raise FixConfigError(f"{selection}: Prometheus knows no work items: measure it with latest")

    async def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Stream the samples, oldest first. Times of a series lie on its step, so that each sync reads the same ones.

        Raises:
            FixConfigError: the query is wrong, or gives more than one number.
            PartialReadError: it gives no number, or a warning with it.
        """
        terms = _terms(selection)
        for batch in in_batches(await self._points(terms), selection, terms.unit, on_skip):
            yield batch

    def requests(self) -> int:
        """Return how many requests went out."""
        return self._client.http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.http.aclose()

    async def _points(self, terms: PrometheusSelection) -> list[Point]:
        """Return the numbers, the last one that of now or of the last step; earlier steps without one are gaps.

        Raises:
            PartialReadError: the last one is missing: what was good long ago is not what holds now.
        """
        query, now = terms.query, self._now()
        if terms.range is None:
            stamped, last = await self._client.now(query, now), None
        else:
            last = _on_step(now, terms.every)
            stamped = await self._client.over(query, last - duration(terms.range), last, terms.every)
        values = [(each, number(each)) for each in stamped]
        points = [Point(instant(each), value, f"PromQL {query}") for each, value in values if value is not None]
        if not points or (last is not None and points[-1].at != last):
            at_last = [each.text for each in stamped if last is None or instant(each) == last]
            when = f" at {last.isoformat()}" if last else ""
            raise PartialReadError(
                f"{self._connection}: {query} gives {at_last[0] if at_last else 'no series at all'}{when}, a number "
                "was expected: no data, which is not 0 (write `… or vector(0)` where nothing does mean 0)"
            )
        return points


def _on_step(now: datetime, step: timedelta) -> datetime:
    """Return the last instant that lies a whole number of steps after 1970, in UTC."""
    return _EPOCH + (now - _EPOCH) // step * step


def _terms(selection: Selection) -> PrometheusSelection:
    try:
        return PrometheusSelection.model_validate(selection.terms())
    except ValidationError as error:
        raise FixConfigError(f"{selection}: {error.errors()[0]['msg']}") from error
