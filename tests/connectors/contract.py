"""What every connector owes the rest of okrsync, as tests to inherit.

A connector's test class says how its vendor looks in each case::

    class TestGitHub(ConnectorContract):
        connector = CONNECTOR

        def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
            server = Server(...)          # a replayed vendor, or a file written into ``folder``
            return Scene(source=CONNECTOR.open(options, surroundings(server, clock)), selection=..., expected=3)

A case that a vendor cannot have (a file knows no page links) is skipped in ``scene``: ``pytest.skip(reason)``.
A connector of series alone gives a selection of a series; the tests about work items are then skipped by themselves.
Put ``CANARY`` into every secret: no error and no log line may show it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.port import Capability, Connector, History, Source
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, SkipRecordError, TryAgainError
from mapping.words import ItemState, Sample, Selection, WorkItem
from tests.connectors.clock import FakeClock

CANARY = "canary-5e77a91c0d"


class Case(StrEnum):
    PLAIN = "plain"
    """At least two items."""
    REFUSED = "refused"
    """Wrong credentials: every answer is 401, or what the vendor has instead."""
    BUSY = "busy"
    """The first answers are "slow down" with a wait of 7 seconds, then all is as in PLAIN."""
    BUSY_FOR_EVER = "busy for ever"
    EMPTY = "empty"
    """The selection matches nothing."""
    UNREADABLE = "unreadable"
    """As PLAIN, and one record more that cannot be read; ``Scene.unreadable`` is in its message."""
    REPEATED = "repeated"
    """The link or token to the next page leads back to a page that was read."""
    TRUNCATED = "truncated"
    """The last page is cut in the middle, every time."""
    ABLE = "able"
    """As PLAIN, and there is something behind each capability: ``Scene.series`` gives samples, some item has a past."""


BUSY_WAIT = 7


@dataclass(frozen=True, kw_only=True)
class Scene:
    source: Source
    selection: Selection
    fields: frozenset[str] = frozenset()
    expected: int = 0
    """Items that the selection gives in this case."""
    unreadable: str = ""
    series: Mapping[str, object] | None = None
    """In the case ABLE: the terms of a selection that gives samples, of a connector that has series."""
    most_requests: int = 20
    """More than this means that paging does not stop."""


@dataclass
class Pulled:
    """What one whole pull gave, in the order it came."""

    ids: list[str] = field(default_factory=list)
    items: dict[str, WorkItem] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    skipped: list[SkipRecordError] = field(default_factory=list)


async def pull(connector: Connector, scene: Scene) -> Pulled:
    """Read a selection as flows do: its samples, or the census, then by ids what came without a record."""
    pulled = Pulled()
    if connector.selection.model_validate(scene.selection.terms()).shape == "series":
        async for samples in scene.source.series(scene.selection, pulled.skipped.append):
            pulled.samples += samples
        return pulled
    async for page in scene.source.census(scene.selection, scene.fields, pulled.skipped.append):
        pulled.ids += page.ids
        pulled.items |= {item.id: item for item in page.items}
    missing = [id_ for id_ in dict.fromkeys(pulled.ids) if id_ not in pulled.items]
    if missing and Capability.BY_IDS in connector.capabilities:
        await collect(scene.source.by_ids(missing, scene.fields, pulled.skipped.append), pulled.items)
    return pulled


async def collect(batches: AsyncIterator[Sequence[WorkItem]], into: dict[str, WorkItem]) -> None:
    async for batch in batches:
        into |= {item.id: item for item in batch}


@asynccontextmanager
async def opened(scene: Scene) -> AsyncIterator[Scene]:
    try:
        yield scene
    finally:
        await scene.source.aclose()


def instants_of(item: WorkItem) -> list[datetime]:
    values = [getattr(item, name) for name in item.__struct_fields__]
    return [value for value in values if isinstance(value, datetime)]


class ConnectorContract:
    connector: ClassVar[Connector]

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        raise NotImplementedError

    def needs(self, capability: Capability) -> None:
        if capability not in self.connector.capabilities:
            pytest.skip(f"the connector does not declare {capability}")

    async def read(self, case: Case, clock: FakeClock, folder: Path) -> Pulled:
        async with opened(self.scene(case, clock, folder)) as scene:
            return await pull(self.connector, scene)

    async def test_every_item_is_read_once_and_belongs_to_the_connection(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        self.needs(Capability.CENSUS)
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            pulled = await pull(self.connector, scene)
        assert len(pulled.items) == scene.expected >= 2
        assert set(pulled.items) == set(pulled.ids)
        assert {item.connection for item in pulled.items.values()} == {scene.selection.connection}
        assert all(item.id == id_ and item.key and item.title for id_, item in pulled.items.items())
        assert pulled.skipped == []

    async def test_reading_twice_gives_the_same_in_the_same_order(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            first, second = await pull(self.connector, scene), await pull(self.connector, scene)
        assert first == second

    async def test_a_second_connection_to_the_same_place_reads_the_same(self, clock: FakeClock, tmp_path: Path) -> None:
        assert await self.read(Case.PLAIN, clock, tmp_path) == await self.read(Case.PLAIN, clock, tmp_path)

    async def test_all_times_are_aware_and_in_utc(self, clock: FakeClock, tmp_path: Path) -> None:
        pulled = await self.read(Case.PLAIN, clock, tmp_path)
        instants = [instant for item in pulled.items.values() for instant in instants_of(item)]
        instants += [sample.at for sample in pulled.samples]
        assert {instant.utcoffset() for instant in instants} == {timedelta(0)}

    async def test_labels_are_sorted_and_only_done_items_have_a_time_of_completion(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        items = (await self.read(Case.PLAIN, clock, tmp_path)).items.values()
        assert all(item.labels == tuple(sorted(set(item.labels))) for item in items)
        assert all(item.done_at is None for item in items if item.state is not ItemState.DONE)

    async def test_items_read_by_id_equal_those_of_the_census(self, clock: FakeClock, tmp_path: Path) -> None:
        self.needs(Capability.BY_IDS)
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            pulled = await pull(self.connector, scene)
            again: dict[str, WorkItem] = {}
            await collect(scene.source.by_ids(pulled.ids, scene.fields, pulled.skipped.append), again)
        assert again == pulled.items
        assert pulled.skipped == []

    async def test_the_other_side_says_who_we_are(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            identity = await scene.source.identify()
        assert identity.account
        assert identity.server

    async def test_a_glimpse_shows_one_of_the_items(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            glimpse = await scene.source.glimpse(scene.selection)
        assert glimpse.matches in {None, scene.expected}
        assert glimpse.example

    async def test_a_fingerprint_stays_the_same_while_nothing_changes(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.PLAIN, clock, tmp_path)) as scene:
            first = await scene.source.fingerprint(scene.fields)
            second = await scene.source.fingerprint(scene.fields)
        assert first == second

    async def test_an_empty_selection_is_a_complete_answer(self, clock: FakeClock, tmp_path: Path) -> None:
        pulled = await self.read(Case.EMPTY, clock, tmp_path)
        assert pulled == Pulled()

    async def test_an_unreadable_record_is_named_and_counted_and_the_rest_is_read(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        async with opened(self.scene(Case.UNREADABLE, clock, tmp_path)) as scene:
            pulled = await pull(self.connector, scene)
        assert len(pulled.items) + len(pulled.samples) == scene.expected >= 1
        assert len(pulled.skipped) == 1
        assert scene.unreadable in str(pulled.skipped[0])
        assert scene.selection.connection in str(pulled.skipped[0])

    @pytest.mark.parametrize("ask", ["identify", "glimpse", "pull"])
    async def test_refused_credentials_name_the_connection_and_not_the_secret(
        self, ask: str, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        async with opened(self.scene(Case.REFUSED, clock, tmp_path)) as scene:
            with pytest.raises(FixConfigError) as caught:
                await self.ask(scene, ask)
        assert scene.selection.connection in str(caught.value)
        assert_no_canary(caught.value, caplog)

    async def test_a_busy_vendor_is_waited_for_as_long_as_it_asks(self, clock: FakeClock, tmp_path: Path) -> None:
        busy = await self.read(Case.BUSY, clock, tmp_path)
        assert max(clock.slept) >= BUSY_WAIT
        assert busy == await self.read(Case.PLAIN, clock, tmp_path)

    async def test_a_vendor_busy_beyond_the_budget_is_left_for_the_next_run(
        self, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(TryAgainError) as caught:
            await self.read(Case.BUSY_FOR_EVER, clock, tmp_path)
        assert_no_canary(caught.value, caplog)

    async def test_a_link_that_leads_back_ends_the_read_as_partial(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.REPEATED, clock, tmp_path)) as scene:
            with pytest.raises(PartialReadError):
                await pull(self.connector, scene)
            assert scene.source.requests() <= scene.most_requests

    async def test_a_page_cut_short_never_looks_complete(self, clock: FakeClock, tmp_path: Path) -> None:
        with pytest.raises((PartialReadError, TryAgainError)):
            await self.read(Case.TRUNCATED, clock, tmp_path)

    def test_it_declares_what_flows_cannot_do_without(self) -> None:
        can = self.connector.capabilities
        assert can & {Capability.CENSUS, Capability.SERIES}, "it gives neither work items nor samples"
        items = {Capability.DELTA, Capability.BY_IDS, Capability.HISTORY}
        assert Capability.CENSUS in can or not can & items, "these are about the items of a census"
        assert Capability.BY_IDS in can or Capability.DELTA not in can, "what changed is told from what is new by ids"

    async def test_a_declared_census_lists_ids_and_another_is_refused(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.ABLE, clock, tmp_path)) as scene:
            if Capability.CENSUS in self.connector.capabilities:
                assert [
                    id_ async for page in scene.source.census(scene.selection, scene.fields, fail) for id_ in page.ids
                ]
            else:
                await refused(lambda: scene.source.census(scene.selection, scene.fields, fail))

    async def test_a_declared_delta_completes_what_the_census_carries_and_another_is_refused(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        async with opened(self.scene(Case.ABLE, clock, tmp_path)) as scene:
            asked = (scene.selection, LONG_AGO, scene.fields, fail)
            if Capability.DELTA not in self.connector.capabilities:
                await refused(lambda: scene.source.changed(*asked))
                return
            pulled, since = await pull(self.connector, scene), Pulled()
            async for page in scene.source.census(scene.selection, scene.fields, fail):
                since.items |= {item.id: item for item in page.items}
            await collect(scene.source.changed(*asked), since.items)
        assert since.items == pulled.items

    async def test_declared_reads_by_ids_leave_out_what_is_not_there_and_others_are_refused(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        async with opened(self.scene(Case.ABLE, clock, tmp_path)) as scene:
            if Capability.BY_IDS in self.connector.capabilities:
                pulled, again = await pull(self.connector, scene), Pulled()
                one = pulled.ids[0]
                await collect(scene.source.by_ids([one], scene.fields, fail), again.items)
                assert again.items == {one: pulled.items[one]}
            else:
                await refused(lambda: scene.source.by_ids(["1"], scene.fields, fail))

    async def test_a_declared_series_gives_samples_of_its_selection_and_another_is_refused(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        async with opened(self.scene(Case.ABLE, clock, tmp_path)) as scene:
            if Capability.SERIES not in self.connector.capabilities:
                await refused(lambda: scene.source.series(scene.selection, fail))
                return
            assert scene.series is not None, "the scene ABLE of a connector with series names one"
            wanted = Selection.of(scene.selection.connection, scene.series)
            samples = [sample async for batch in scene.source.series(wanted, fail) for sample in batch]
        assert samples
        assert {(sample.connection, sample.series) for sample in samples} == {(wanted.connection, wanted.key)}
        assert all(sample.at.utcoffset() == timedelta(0) and sample.origin for sample in samples)
        assert [sample.at for sample in samples] == sorted(sample.at for sample in samples)

    async def test_a_declared_history_leads_to_what_the_items_are_now(self, clock: FakeClock, tmp_path: Path) -> None:
        async with opened(self.scene(Case.ABLE, clock, tmp_path)) as scene:
            source = scene.source
            assert isinstance(source, History) == (Capability.HISTORY in self.connector.capabilities)
            if not isinstance(source, History):
                return
            pulled = await pull(self.connector, scene)
            batches = source.history(pulled.ids, scene.fields, fail)
            changes = [change async for batch in batches for change in batch]
        assert changes, "the scene ABLE of a connector with history has an item that changed"
        for item in pulled.items.values():
            told = [change for change in changes if change.item == item.id]
            assert [change.at for change in told] == sorted(change.at for change in told)
            assert all(change.at.utcoffset() == timedelta(0) and change.old != change.new for change in told)
            states = [change.new for change in told if change.field == "state"]
            assert states[-1:] in ([], [item.state.value])
        assert {change.item for change in changes} <= set(pulled.ids)

    async def ask(self, scene: Scene, what: str) -> None:
        if what == "identify":
            await scene.source.identify()
        elif what == "glimpse":
            await scene.source.glimpse(scene.selection)
        else:
            await pull(self.connector, scene)


LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def fail(skipped: SkipRecordError) -> None:
    raise AssertionError(f"nothing here is unreadable: {skipped}")


async def refused(read: Callable[[], AsyncIterator[object]]) -> None:
    """Assert that what is not declared says so at once, instead of looking like an empty answer."""
    with pytest.raises(FixConfigError):
        async for _ in read():
            pass


def assert_no_canary(error: OkrsyncError, caplog: pytest.LogCaptureFixture) -> None:
    """Assert that neither the error, nor what caused it, nor a log line shows the secret."""
    link: BaseException | None = error
    while link is not None:
        assert CANARY not in f"{link!r} {link} {getattr(link, '__notes__', '')}"
        link = link.__cause__ or link.__context__
    assert CANARY not in caplog.text
