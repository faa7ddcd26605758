"""What every connector owes the rest of okrsync, as tests to inherit.

A connector's test class says how its vendor looks in each case::

    class TestGitHub(ConnectorContract):
        connector = CONNECTOR

        def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
            server = Server(...)          # a replayed vendor, or a file written into ``folder``
            return Scene(source=CONNECTOR.open(options, surroundings(server, clock)), selection=..., expected=3)

A case that a vendor cannot have (a file knows no page links) is skipped in ``scene``: ``pytest.skip(reason)``.
Put ``CANARY`` into every secret: no error and no log line may show it.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.port import Capability, Connector, Source
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, SkipRecordError, TryAgainError
from mapping.words import ItemState, Selection, WorkItem
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


BUSY_WAIT = 7


@dataclass(frozen=True, kw_only=True)
class Scene:
    source: Source
    selection: Selection
    fields: frozenset[str] = frozenset()
    expected: int = 0
    """Items that the selection gives in this case."""
    unreadable: str = ""
    most_requests: int = 20
    """More than this means that paging does not stop."""


@dataclass
class Pulled:
    """What one whole pull gave, in the order it came."""

    ids: list[str] = field(default_factory=list)
    items: dict[str, WorkItem] = field(default_factory=dict)
    skipped: list[SkipRecordError] = field(default_factory=list)


async def pull(connector: Connector, scene: Scene) -> Pulled:
    """Read a selection as flows do: the census, then by ids what came without a record."""
    pulled = Pulled()
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
    values = [getattr(item, part.name) for part in dataclasses.fields(item)]
    return [value for value in values if isinstance(value, datetime)]


class ConnectorContract:
    connector: ClassVar[Connector]

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        raise NotImplementedError

    async def read(self, case: Case, clock: FakeClock, folder: Path) -> Pulled:
        async with opened(self.scene(case, clock, folder)) as scene:
            return await pull(self.connector, scene)

    async def test_every_item_is_read_once_and_belongs_to_the_connection(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
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
        items = (await self.read(Case.PLAIN, clock, tmp_path)).items.values()
        assert {instant.utcoffset() for item in items for instant in instants_of(item)} == {timedelta(0)}

    async def test_labels_are_sorted_and_only_done_items_have_a_time_of_completion(
        self, clock: FakeClock, tmp_path: Path
    ) -> None:
        items = (await self.read(Case.PLAIN, clock, tmp_path)).items.values()
        assert all(item.labels == tuple(sorted(set(item.labels))) for item in items)
        assert all(item.done_at is None for item in items if item.state is not ItemState.DONE)

    async def test_items_read_by_id_equal_those_of_the_census(self, clock: FakeClock, tmp_path: Path) -> None:
        if Capability.BY_IDS not in self.connector.capabilities:
            pytest.skip("the connector does not read by ids")
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
        assert len(pulled.items) == scene.expected >= 1
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

    async def ask(self, scene: Scene, what: str) -> None:
        if what == "identify":
            await scene.source.identify()
        elif what == "glimpse":
            await scene.source.glimpse(scene.selection)
        else:
            await pull(self.connector, scene)


def assert_no_canary(error: OkrsyncError, caplog: pytest.LogCaptureFixture) -> None:
    """Assert that neither the error, nor what caused it, nor a log line shows the secret."""
    link: BaseException | None = error
    while link is not None:
        assert CANARY not in f"{link!r} {link} {getattr(link, '__notes__', '')}"
        link = link.__cause__ or link.__context__
    assert CANARY not in caplog.text
