"""Pulls one connection: census first, then fields of what is new or changed, into the run's staging."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.port import Capability, Connector, Source
from flows.departures import HOLD_FROM, departures_of, why_held
from mapping.errors import OkrsyncError, PartialReadError, SkipRecordError, named_once
from mapping.words import Outcome, PullResult, Sample, Selection, WorkItem
from store import Run, Watermark

log = logging.getLogger(__name__)


PAGES_AHEAD = 4
"""So many pages of a census may wait for the fields of their items; the census goes on when one of them has them."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far the pull of one connection is; read by whoever shows it."""

    connection: str
    matched: int = 0
    read: int = 0
    requests: int = 0
    done: bool = False
    outcome: Outcome | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Pull:
    """What pulling one connection needs; ``watch`` is called after every batch."""

    name: str
    connector: Connector
    source: Source
    run: Run
    fields: frozenset[str]
    started_at: datetime
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    accept_shrink: bool = False
    hold_from: float = HOLD_FROM
    """From which share of a selection on it is held when items vanish at the vendor at once."""
    watch: Callable[[Progress], None] = lambda _progress: None
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(connection=self.name)

    def tell(self, *, matched: int = 0, read: int = 0) -> None:
        """Count what came and let the watcher see it."""
        self.progress.matched += matched
        self.progress.read += read
        self.progress.requests = self.source.requests()
        self.watch(self.progress)


async def pull_connection(pull: Pull, selections: Sequence[Selection]) -> list[PullResult]:
    """Pull every selection of one connection into the run's staging.

    Never raises for what a vendor does: each selection ends complete, partial or failed, with its reason.
    """
    # Asked for beside the first census, which needs it only when ids are there to be read.
    fingerprint = asyncio.ensure_future(pull.source.fingerprint(pull.fields))
    try:
        results = [await _pull_selection(pull, selection, fingerprint) for selection in selections]
    finally:
        fingerprint.cancel()
        await asyncio.gather(fingerprint, return_exceptions=True)
    for result in results:
        pull.run.finish(result)
    worst = worst_of(results)
    pull.progress.done, pull.progress.outcome = True, worst
    pull.progress.reason = next((result.reason for result in results if result.outcome is worst), None)
    pull.tell()
    return results


def not_opened(run: Run, selections: Sequence[Selection], error: OkrsyncError) -> list[PullResult]:
    """Return that every selection failed for one reason: the connection could not even be opened."""
    results = [_failed(selection, str(error)) for selection in selections]
    for result in results:
        run.finish(result)
    return results


def worst_of(results: Iterable[PullResult]) -> Outcome:
    """Return the worst outcome: failed, then partial, then complete; skipped when there is nothing."""
    found = {result.outcome for result in results}
    order = (Outcome.FAILED, Outcome.PARTIAL, Outcome.COMPLETE)
    return next((outcome for outcome in order if outcome in found), Outcome.SKIPPED)


async def _pull_selection(pull: Pull, selection: Selection, fingerprint: asyncio.Future[str]) -> PullResult:
    reading = _Reading(pull, selection, fingerprint)
    try:
        return await reading.whole()
    except PartialReadError as error:
        return await reading.given_up(Outcome.PARTIAL, str(error))
    except OkrsyncError as error:
        return await reading.given_up(Outcome.FAILED, str(error))
    except Exception as error:
        log.exception("%s: unexpected failure while reading %s", pull.name, selection)
        return await reading.given_up(Outcome.FAILED, _unexpected(error))


def _unexpected(error: BaseException) -> str:
    return f"unexpected {type(error).__name__}: {error}"


def plain_reason(connection: str, reason: str | None) -> str | None:
    """Return a reason without its connection's name, which whoever shows it puts in front once."""
    return None if reason is None else named_once(connection, reason).removeprefix(f"{connection}: ")


def _failed(selection: Selection, reason: str) -> PullResult:
    return PullResult(selection=selection, outcome=Outcome.FAILED, reason=plain_reason(selection.connection, reason))


class _Reading:
    """The reading of one selection, with what it has seen so far."""

    def __init__(self, pull: Pull, selection: Selection, fingerprint: asyncio.Future[str]) -> None:
        self.pull = pull
        self.selection = selection
        self.fingerprint = fingerprint
        self.matched = 0
        self.read = 0
        self.newest: datetime | None = None
        self.skipped: list[str] = []

    def skip(self, error: SkipRecordError) -> None:
        self.skipped.append(str(error))

    def result(self, outcome: Outcome, reason: str | None = None) -> PullResult:
        return PullResult(
            selection=self.selection,
            outcome=outcome,
            reason=plain_reason(self.pull.name, reason),
            matched=self.matched,
            read=self.read,
            skipped=tuple(self.skipped),
            watermark=self.newest,
            fingerprint=self.fingerprint.result(),
        )

    async def given_up(self, outcome: Outcome, reason: str) -> PullResult:
        """Return what came, or that all reading failed if what it rests on did, whatever else was in the way."""
        await asyncio.wait([self.fingerprint])
        first = self.fingerprint.exception()
        if first is None:
            return self.result(outcome, reason)
        return _failed(self.selection, str(first) if isinstance(first, OkrsyncError) else _unexpected(first))

    def ended(self) -> PullResult:
        """Return complete, or partial when records could not be read: what lacks may be what counts."""
        if not self.skipped:
            return self.result(Outcome.COMPLETE)
        more = f" and {len(self.skipped) - 1} more" if len(self.skipped) > 1 else ""
        return self.result(Outcome.PARTIAL, f"{self.skipped[0]}{more}")

    async def whole(self) -> PullResult:
        """Read it all, and return what it came to."""
        terms = self.pull.connector.selection.model_validate(self.selection.terms())
        return await (self.series() if terms.shape == "series" else self.items())

    async def series(self) -> PullResult:
        async for samples in self.pull.source.series(self.selection, self.skip):
            self.pull.run.stage_samples([self._of_this_run(sample) for sample in samples])
            self.matched += len(samples)
            self.pull.tell(matched=len(samples), read=len(samples))
        await self.fingerprint
        return self.ended()

    def _of_this_run(self, sample: Sample) -> Sample:
        """Return a sample; what was observed while the run pulls counts as of its start, which is when it measures.

        Else a number that is observed as it is read would lie in the future of its own run, and count in the next.
        """
        start = self.pull.started_at
        return replace(sample, at=start.astimezone(UTC)) if start < sample.at <= self.pull.now() else sample

    async def items(self) -> PullResult:
        mark = self.pull.run.watermark(self.selection)
        await self._census(mark)
        if mark is not None and await self._holds(mark) and Capability.DELTA in self.pull.connector.capabilities:
            self.newest = mark.at
            await self._changed(mark.at)
        return await self._departures() or self.ended()

    async def _holds(self, mark: Watermark | None) -> bool:
        """Return whether what was read up to the mark was read as it would be now."""
        fingerprint = await self.fingerprint
        return mark is not None and mark.fingerprint == fingerprint

    async def _census(self, mark: Watermark | None) -> None:
        """Stage the census, and read fields by ids while its next pages still arrive."""
        try:
            await self._census_and_reads(mark)
        except BaseExceptionGroup as group:
            # The group's other members are the reads that were cancelled because of the first failure.
            raise group.exceptions[0] from group

    async def _census_and_reads(self, mark: Watermark | None) -> None:
        ahead: set[asyncio.Task[set[str]]] = set()
        async with asyncio.TaskGroup() as reads:
            async for page in self.pull.source.census(self.selection, self.pull.fields, self.skip):
                self.pull.run.stage_census(self.selection, page.ids)
                self._stage(page.items)
                self.matched += len(page.ids)
                self.pull.tell(matched=len(page.ids))
                carried = {item.id for item in page.items}
                lacking = [item for item in page.ids if item not in carried]
                wanted = self.pull.run.unknown(self.pull.name, lacking) if await self._holds(mark) else lacking
                if wanted and Capability.BY_IDS in self.pull.connector.capabilities:
                    ahead.add(reads.create_task(self._by_ids(wanted)))
                if len(ahead) >= PAGES_AHEAD:  # or a census of half a million ids would wait in memory for its reads
                    _, ahead = await asyncio.wait(ahead, return_when=asyncio.FIRST_COMPLETED)

    async def _by_ids(self, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        async for items in self.pull.source.by_ids(ids, self.pull.fields, self.skip):
            found.update(item.id for item in items)
            self._stage(items)
        return found

    async def _changed(self, since: datetime) -> None:
        async for items in self.pull.source.changed(self.selection, since, self.pull.fields, self.skip):
            # What changed into the selection after its census page went by belongs to it as well.
            self.pull.run.stage_census(self.selection, [item.id for item in items])
            self._stage(items)

    async def _departures(self) -> PullResult | None:
        """Tell members that no longer match from those that are gone, and how; hold what may only be out of sight."""
        lost = self.pull.run.lost(self.selection)
        if not lost:
            return None
        by_ids = Capability.BY_IDS in self.pull.connector.capabilities
        found = await self._by_ids(lost) if by_ids else set()
        departures = await departures_of(self.pull.source, [item for item in lost if item not in found])
        if not self.pull.accept_shrink:
            keys = self.pull.run.keys(self.pull.name, list(departures))
            before = self.pull.run.members_count(self.selection)
            held = why_held(departures, keys, before, self.pull.hold_from)
            if held is not None:
                return self.result(Outcome.PARTIAL, held)
        for departure in sorted(set(departures.values())):
            gone = [item for item, its in departures.items() if its is departure]
            self.pull.run.mark_vanished(self.selection, gone, departure)
        return None

    def _stage(self, items: Sequence[WorkItem]) -> None:
        if not items:
            return
        self.pull.run.stage_items(self.pull.name, items)
        self.read += len(items)
        latest = max(item.updated_at for item in items)
        # A vendor's clock may run ahead of ours; a watermark in the future would skip changes.
        latest = min(latest, self.pull.started_at.astimezone(UTC))
        self.newest = latest if self.newest is None else max(self.newest, latest)
        self.pull.tell(read=len(items))
