"""The sweep in lanes, over a world that changes while it is read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from connectors.github.sweep import Lane, Page, Sweep
from mapping.errors import PartialReadError

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 5


@dataclass
class World:
    """Issues of one repository by number, to the time of their last update; ``churn`` happens before each page."""

    random: Random
    updated: dict[int, datetime] = field(default_factory=dict)
    now: datetime = BEGIN + timedelta(days=100)
    churn: int = 0
    touched: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    requests: int = 0
    pages: int = 0
    tells_total: bool = True

    def grow(self, count: int, within: timedelta) -> None:
        for number in range(count):
            self.updated[number] = BEGIN + timedelta(seconds=self.random.randrange(int(within.total_seconds())))

    def change(self) -> None:
        for _ in range(self.churn):
            self.now += timedelta(seconds=self.random.randrange(3))
            act = self.random.choice(("touch", "touch", "insert", "delete"))
            if act == "insert" or not self.updated:
                self.updated[max(self.updated, default=0) + 1 + self.random.randrange(3)] = self.now
            elif act == "touch":
                number = self.random.choice(sorted(self.updated))
                self.updated[number] = self.now
                self.touched.add(number)
            else:
                number = self.random.choice(sorted(self.updated))
                del self.updated[number]
                self.removed.add(number)

    async def fetch(self, lanes: Sequence[Lane]) -> list[Page[int]]:
        self.requests += 1
        pages = []
        for lane in lanes:
            self.change()
            pages.append(self.page(lane))
        return pages

    def page(self, lane: Lane) -> Page[int]:
        self.pages += 1
        order = sorted((at, number) for number, at in self.updated.items() if lane.since is None or at >= lane.since)
        after = None if lane.after is None else (datetime.fromisoformat(lane.after[:25]), int(lane.after[25:]))
        rest = [one for one in order if after is None or one > after]
        shown = rest[:SIZE]
        cursor = f"{shown[-1][0].isoformat()}{shown[-1][1]}" if shown else None
        return Page(shown, len(rest) > SIZE, cursor, len(order) if self.tells_total else None)


async def swept(world: World, most: int = 6, since: datetime | None = None) -> list[int]:
    sweep = Sweep("hub", world.fetch, most, world.now, page=SIZE)
    return [number async for found in sweep.run(["acme/shop"], since) for number in found]


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("within", [timedelta(days=90), timedelta(minutes=2), timedelta(seconds=1)])
async def test_a_world_at_rest_is_read_whole_however_its_times_lie(within: timedelta, tells_total: bool) -> None:
    world = World(Random(1), tells_total=tells_total)
    world.grow(300, within)
    assert set(await swept(world)) == set(world.updated)


async def test_a_thousand_worlds_that_change_between_pages_lose_nothing_that_stays() -> None:
    for seed in range(1000):
        random = Random(seed)
        world = World(random, churn=random.randrange(4), tells_total=random.random() < 0.7)
        world.grow(random.randrange(80), timedelta(seconds=random.choice((30, 5000, 8_000_000))))
        before = set(world.updated)
        found = set(await swept(world, most=random.choice((1, 2, 6))))
        assert before - world.removed <= found, seed
        assert found <= before | set(world.updated) | world.removed, seed


async def test_after_the_world_rests_the_changes_since_the_mark_make_the_mirror_true() -> None:
    for seed in range(300):
        random = Random(f"delta {seed}")
        world = World(random, churn=2)
        world.grow(60, timedelta(days=50))
        mark = world.now
        seen = {number: world.updated.get(number) for number in await swept(world)}
        world.churn = 0
        census = set(await swept(world))
        late = set(await swept(world, since=mark))
        assert census == set(world.updated)
        assert all(number in late for number, at in world.updated.items() if at >= mark and seen.get(number) != at)


async def test_lanes_share_the_work_so_that_rounds_are_few() -> None:
    world = World(Random(7))
    world.grow(2000, timedelta(days=90))
    assert set(await swept(world, most=20)) == set(world.updated)
    assert world.requests <= 1.6 * 2000 / SIZE / 20
    assert world.pages <= 1.4 * 2000 / SIZE  # a page gives again what shares the last second of the one before


async def test_a_server_that_does_not_keep_the_order_asked_for_is_not_believed() -> None:
    async def newest_first(lanes: Sequence[Lane]) -> list[Page[int]]:
        return [Page([(BEGIN + timedelta(days=2), 1), (BEGIN, 2)], True, "x", None)]

    with pytest.raises(PartialReadError, match="time of update"):
        [found async for found in Sweep("hub", newest_first, 4, BEGIN).run(["acme/shop"])]


async def test_a_server_that_overlooks_since_ends_the_read_instead_of_going_round() -> None:
    async def always_the_same(lanes: Sequence[Lane]) -> list[Page[int]]:
        return [Page([(BEGIN, 1), (BEGIN + timedelta(days=1), 2)], True, "x", None) for _ in lanes]

    with pytest.raises(PartialReadError):
        [found async for found in Sweep("hub", always_the_same, 1, BEGIN).run(["acme/shop"])]


async def test_fifty_thousand_issues_are_listed_by_id_in_thirty_odd_requests() -> None:
    random = Random(50_000)
    order = sorted(BEGIN + timedelta(seconds=random.randrange(90 * 86_400)) for _ in range(50_000))
    requests = 0

    async def fetch(lanes: Sequence[Lane]) -> list[Page[int]]:
        nonlocal requests
        requests += 1
        pages = []
        for lane in lanes:
            assert lane.after is None
            start = 0 if lane.since is None else bisect_left(order, lane.since)
            shown = [(order[place], place) for place in range(start, min(start + 100, len(order)))]
            pages.append(Page(shown, start + 100 < len(order), "cursor", len(order) - start))
        return pages

    sweep = Sweep("hub", fetch, 20, BEGIN + timedelta(days=91))
    seen = {number async for found in sweep.run(["acme/shop"]) for number in found}
    assert len(seen) == 50_000
    assert requests <= 35
