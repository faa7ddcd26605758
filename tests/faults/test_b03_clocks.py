"""B3: clocks are wrong, leap and are put right, ours and the vendor's; nights have 23 and 25 hours; quarters end.

Whole syncs while one of the clocks is off. Once both are right, one more sync equals the truth, and the store is that
of runs under right clocks in everything but instants; meanwhile nothing that is shown is of the future.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.server.schemas.schedules import CronSchedule
from starlette.testclient import TestClient

from config.load import Schedule, load
from config.settings import load_settings
from dashboard.app import create_app
from flows.backfill import backfill
from flows.leases import LEASE_SECONDS, Leases
from flows.people import Said, check_in, resume
from flows.reader import StoreReader
from flows.work import Wish
from mapping.check_ins import CheckIn, in_order
from mapping.delivery import DeliveryState
from mapping.errors import FixConfigError
from mapping.forecast import Day, daily
from mapping.mirror import Departure
from mapping.pace import elapsed
from mapping.periods import local_date, periods_in
from mapping.rules import Cycle, Period
from mapping.standing import Standing
from mapping.windows import Window
from mapping.words import Selection
from okrsync.sandbox.faults import Change, Reply, status
from okrsync.sandbox.ledger import Asked
from store import Store
from store.dump import Dump
from tests.connectors.clock import FakeClock
from tests.engines import NewDatabase
from tests.faults.kit import START, STRIDE, Make, Rig, Served
from tests.faults.rules import ALL, DONE, OTHER, write_other
from tests.faults.scenes import Scene, Stage
from tests.faults.worlds import KINDS, Facts, Kind
from tests.flows.rows import KR, Rows
from tests.mapping.worlds import number

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHIFTS = (HOUR, -HOUR, -DAY, 400 * DAY)
ITEMS = 24
WRONG_RUNS = 2
BETWEEN = 20 * MINUTE
"""From one run to the next: a clock that was an hour ahead lies ahead of the next run as well."""


@dataclass
class Askew(FakeClock):
    """Our own clock: the vendor's, and off by so much."""

    right: FakeClock = field(default_factory=FakeClock)
    off: timedelta = timedelta()

    def now(self) -> datetime:
        return self.right.now() + self.off

    def monotonic(self) -> float:
        return self.right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.right.sleep(seconds)


class Case(NamedTuple):
    way: str
    """Whose clock is wrong: ``ours``, ``vendor's``, ``both``, or ours from the middle of a pull on: ``leap``.

    A vendor's is so from the beginning: what it dates before all that was read of it, no delta could find.
    """
    shift: timedelta


CASES = [Case(way, shift) for way, shift in product(("ours", "vendor's", "both", "leap"), SHIFTS)]


def leaping(clock: Askew, shift: timedelta, *, after: int) -> Change:
    """Let our clock leap once so many answers have come."""
    seen = 0

    def change(_asked: Asked, reply: Reply) -> Reply:
        nonlocal seen
        seen += 1
        clock.off = shift if seen > after else clock.off
        return reply

    change.__name__ = "leaps"
    return change


@dataclass
class Days:
    """The days of one world: a first sync, some under a wrong clock, and one when it is right again."""

    rig: Rig

    def __post_init__(self) -> None:
        self.vendor = self.rig.clock
        self.ours = self.rig.clock = Askew(right=self.vendor)
        self.marks: list[tuple[datetime, datetime, datetime]] = []
        self.departed: set[str] = set()

    def play(self, case: Case | None) -> None:
        """Play them; under right clocks throughout without a case."""
        way = "" if case is None else case.way
        self.set_off(case if way in ("vendor's", "both") else None)
        self.rig.world.fill(ITEMS, done=5)
        self.sync()
        self.set_off(case if way == "ours" else None)
        for _ in range(WRONG_RUNS):
            self.deeds()
            if case is not None and way == "leap":
                self.ours.off = timedelta()
                self.rig.world.faults.add(leaping(self.ours, case.shift, after=5))
            self.sync()
            self.rig.world.faults.clear()
        self.put_right(case)
        self.deeds()
        self.sync()

    def set_off(self, case: Case | None) -> None:
        if case is None:
            return
        if case.way != "ours":
            self.vendor.instant += case.shift
        self.ours.off = {"ours": case.shift, "vendor's": -case.shift}.get(case.way, timedelta())

    def put_right(self, case: Case | None) -> None:
        self.ours.off = timedelta()
        if case is not None and case.way in ("vendor's", "both"):
            self.vendor.instant -= case.shift

    def deeds(self) -> None:
        self.vendor.instant += BETWEEN
        before = set(self.rig.world.members())
        for _ in range(4):
            self.rig.world.happen()
        self.departed |= before - set(self.rig.world.members())

    def sync(self) -> None:
        latest = max(self.ours.now(), self.vendor.now())
        self.rig.sync(accept_shrink=True)  # what people do to it is not in question here
        mark = watermark(self.rig)
        if mark is not None:
            self.marks.append((mark, latest, self.vendor.now()))


def watermark(rig: Rig) -> datetime | None:
    with rig.store() as store, store.begin(started_at=datetime.max.replace(tzinfo=UTC)) as run:
        found = run.watermark(Selection.of("source", rig.world.terms()))
    return None if found is None else found.at


def members(rig: Rig) -> dict[str, Facts]:
    with rig.store() as store:
        found = store.mirror().members(Selection.of("source", rig.world.terms()))
        return {item.id: (item.title, item.done) for item in found}


def departed(rig: Rig) -> dict[str, Departure]:
    with rig.store() as store:
        return dict(store.mirror().departed(Selection.of("source", rig.world.terms())))


INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d")


def timeless(dump: Dump) -> object:
    """Return all of a store but its instants, and the statuses that check-ins had under the clock of their run."""
    found = json.loads(INSTANT.sub("then", json.dumps(dump)))
    for entries in found["check_ins"].values():
        for each in entries:
            each["status"] = None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_once_clocks_are_right_one_more_sync_is_the_truth_and_only_instants_tell(make: Make, kind: Kind) -> None:
    straight = make(kind, page=9, seed=3)
    Days(straight).play(None)
    assert (members(straight), straight.stale(ALL)) == (straight.world.members(), None)
    with straight.store() as store:
        undisturbed = timeless(store.dump())
    played = CASES if STRIDE == 1 else CASES[3 * KINDS.index(kind) :: 2 * STRIDE]
    for case in played:
        rig = make(kind, page=9, seed=3)
        days = Days(rig)
        days.play(case)
        told = f"{kind}: {case.way} clock off by {case.shift}"
        assert (rig.stale(ALL), rig.stale(OTHER)) == (None, None), told
        assert members(rig) == rig.world.members(), told
        assert rig.value(ALL) == len(rig.world.members()), told
        gone = {id_: rig.world.departure(id_) for id_ in days.departed - set(rig.world.members())}
        assert {id_: departed(rig).get(id_) for id_ in gone} == gone, told
        assert all(mark <= latest and mark <= vendor for mark, latest, vendor in days.marks), told
        with rig.store() as store:
            assert timeless(store.dump()) == undisturbed, told
            assert store.verify() == [], told
            reader = StoreReader(store, now=rig.clock.now)
            assert reader.disagreements() == [], told
            unseen_future(reader, rig.clock.now())
    print(f"\nB3 {kind}: {len(played)} of {len(CASES)} ways to be wrong, {WRONG_RUNS} runs each, then as if right")


def unseen_future(reader: StoreReader, now: datetime) -> None:
    """Assert that nothing is shown of the future, twice or out of order."""
    overview = reader.overview()
    assert overview.last_run is not None
    assert overview.last_run.started_at <= overview.last_run.finished_at <= now
    for standing in (each for one in overview.objectives for each in one.key_results):
        shown = (standing.measured_at, standing.changed_at, standing.stale_since)
        assert all(at is None or at <= now for at in shown), standing.key_result
        history = reader.whole_history(standing.key_result)
        assert [each.run for each in history] == sorted({each.run for each in history}, reverse=True)
        assert all(older.at <= newer.at <= now for newer, older in pairwise(history))
        assert history[0].value == standing.value


def unseen_on_the_page(reader: StoreReader, now: datetime) -> None:
    """Assert that the pages state no instant of the future."""
    client = TestClient(create_app(reader, now=lambda: now), base_url="http://127.0.0.1")
    for path in ("/", f"/kr/{ALL}"):
        page = client.get(path)
        assert page.status_code == 200, path
        for stated in re.findall(r'datetime="([^"]+)"', page.text):
            assert datetime.fromisoformat(stated) <= now, (path, stated)


@pytest.fixture
def stage(where: Served, tmp_path: Path, new_database: NewDatabase) -> Stage:
    return Stage(where, tmp_path, new_database)


@pytest.fixture
def embedded(where: Served, tmp_path: Path) -> Stage:
    return Stage(where, tmp_path, lambda: "sqlite:")  # a file in each scene's own folder


def test_a_run_of_another_time_is_read_in_its_place_on_either_engine(stage: Stage) -> None:
    read_in_its_place(stage, 400 * DAY)


def test_a_run_that_begins_before_the_last_published_is_read_in_its_place(embedded: Stage) -> None:
    read_in_its_place(embedded, -DAY)


def read_in_its_place(stage: Stage, shift: timedelta) -> None:
    """Let a run be of another time, another come by the right clock, and ask for what is shown after each."""
    scene, wish = stage.scene(), Wish(accept_shrink=True)
    then, before = scene.at, shown(scene)
    scene = stage.move_on(scene)
    assert scene.sync(wish).failures == ()
    for value, at in ((51, scene.at + shift + HOUR), (52, scene.at + 2 * HOUR)):
        write_other(scene.folder, value, min(at, scene.at))
        assert replace(scene, at=at).sync(wish).failures == ()
        now = max(scene.at + HOUR, at) if at < scene.at + 2 * DAY else scene.at + HOUR
        with scene.store() as store:
            reader = StoreReader(store, now=lambda now=now: now)  # type: ignore[misc] # bound now
            unseen_future(reader, now)
            assert values(reader)[OTHER] == value
            past = StoreReader(store, as_of=then)
            unseen_future(past, then)
            assert values(past) == before
            objective = store.declared()[0]
            days = daily(store.history(OTHER, now=now), objective.key_results[2].metric, objective.cycle, now.date())
            assert [each.on for each in days] == [days[0].on + n * DAY for n in range(len(days))]
            assert days[-1] == Day(now.date(), Decimal(value) / 100)
            if value == 52:
                unseen_on_the_page(reader, now)


def shown(scene: Scene) -> dict[str, Decimal | None]:
    with scene.store() as store:
        return values(StoreReader(store, now=lambda: scene.at))


def values(reader: StoreReader) -> dict[str, Decimal | None]:
    return {each.key_result: each.value for one in reader.overview().objectives for each in one.key_results}


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(0, 30))
def test_history_is_in_order_and_what_most_agree_on_stands(hours: list[int], now: int) -> None:
    entries = [entry(run, START + hour * HOUR) for run, hour in enumerate(hours)][::-1]
    found = in_order(entries, START + now * HOUR)
    assert [each.run for each in found] == [each.run for each in entries]
    assert all(older.at <= newer.at <= START + now * HOUR for newer, older in pairwise(found))
    assert all(each.at <= START + now * HOUR for each in found)
    stood = sum(new.at == old.at for new, old in zip(found, entries, strict=True))
    assert stood >= longest([hour for hour in hours if hour <= now])
    assert in_order(found, START + now * HOUR) == found


def longest(hours: list[int]) -> int:
    """Return how many of them at most never go back, found the slow way."""
    best: list[int] = []
    for place, hour in enumerate(hours):
        best.append(1 + max((best[n] for n in range(place) if hours[n] <= hour), default=0))
    return max(best, default=0)


def entry(run: int, at: datetime) -> CheckIn:
    return CheckIn(
        key_result=ALL, run=run, at=at, value=None, metric=number(10), raw_progress=None, progress=None, items=None,
        done=None, formula="", no_data="none yet", rule="", rule_version="",
    )  # fmt: skip


def test_leases_held_by_another_clock_last_no_longer_and_are_not_stolen(store: Store) -> None:
    """A holder 400 days ahead that is killed keeps others out for as long as any other, one that lives for as long as
    it lives, and one that gives its lease back keeps out nobody."""
    now = START
    ahead = Leases(store=store, now=lambda: now + 400 * DAY, holder="ahead, process 1, a")
    right = Leases(store=store, now=lambda: now, holder="right, process 1, b")
    for way in ("connection", "destination"):
        assert ahead.take("jira", way) is None
        for _ in range(20):
            assert right.take("jira", way) == "ahead, process 1, a"
            now += timedelta(seconds=LEASE_SECONDS / 4)
            ahead.renew()
        assert right.take("jira", way) == "ahead, process 1, a"
        ahead.held.clear()  # killed
        now += timedelta(seconds=LEASE_SECONDS - 1)
        assert right.take("jira", way) == "ahead, process 1, a"
        now += timedelta(seconds=1)
        assert right.take("jira", way) is None
        right.give_back()
    assert ahead.take("github") is None
    ahead.give_back()
    assert right.take("github") is None
    right.give_back()
    now -= 400 * DAY
    assert right.take("github") is None


def test_an_override_ended_or_outlived_by_a_wrong_clock_is_so_by_the_right_one(embedded: Stage) -> None:
    """What a clock 400 days ahead ended is over, and what merely expired by it stands again."""
    scene = embedded.scene()
    now, ahead = scene.at + HOUR, scene.at + 400 * DAY
    with scene.store() as store:
        for until in (None, now + DAY):
            check_in(store, DONE, Said(author="ana", value=Decimal("0.5"), sticky=True, expires_at=until), now=now)
            by_now, by_then = (standing(store, at, DONE) for at in (now, ahead))
            assert (by_now.author, by_then.author) == ("ana", "ana" if until is None else "okrsync")
            assert resume(store, DONE, author="ben", now=ahead) == (until is None)
            assert standing(store, now, DONE).author == ("okrsync" if until is None else "ana")
        assert not resume(store, DONE, author="ben", now=now + DAY)
        with pytest.raises(FixConfigError, match="would have expired"):
            check_in(store, DONE, Said(author="ana", value=Decimal("0.5"), expires_at=now + DAY), now=ahead)


def test_what_a_clock_ahead_puts_off_goes_out_by_the_right_one(
    embedded: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_BUDGET_SECONDS", "0.1")
    scene = embedded.move_on(embedded.scene(goals=True))
    faults = embedded.where.sandbox.asana_faults
    faults.add(status(503))
    ahead = replace(scene, at=scene.at + 2 * DAY)  # further off the status would be another, and be told anew
    waits = ahead.sync(Wish(accept_shrink=True)).destinations[0].waiting
    faults.clear()
    monkeypatch.undo()
    assert waits > 0
    embedded.where.clock.instant += HOUR
    assert replace(scene, at=scene.at + HOUR).sync(Wish(accept_shrink=True)).destinations[0].waiting == 0
    with scene.store() as store:
        assert [each for each in store.deliveries() if each.state is DeliveryState.WAITING] == []


def test_a_value_is_stale_since_the_first_right_clock_that_found_it_so(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"a": True, "b": False})
    rows.sync(START)
    (tmp_path / "board.csv").unlink()
    for at, since in ((400 * DAY, 400 * DAY), (HOUR, HOUR), (2 * HOUR, HOUR)):
        rows.sync(START + at)
        with rows.store() as store:
            assert store.freshness()[KR].stale_since == START + since


def standing(store: Store, now: datetime, address: str) -> Standing:
    return StoreReader(store, now=lambda: now).explain(address).standing


class Night(NamedTuple):
    zone: str
    day: date
    """After it, or within it, something is unusual."""


NIGHTS = [
    Night("Europe/Paris", date(2026, 10, 25)),  # 25 hours
    Night("Europe/Paris", date(2027, 3, 28)),  # 23
    Night("America/New_York", date(2026, 11, 1)),
    Night("America/New_York", date(2027, 3, 14)),
    Night("Europe/Paris", date(2028, 2, 29)),
    Night("America/New_York", date(2028, 2, 29)),
    Night("Europe/Paris", date(2026, 12, 31)),  # end of quarter and year
    Night("America/New_York", date(2027, 3, 31)),
]
LENGTHS = {"Europe/Paris": {date(2026, 10, 25): 25, date(2027, 3, 28): 23}}
LENGTHS["America/New_York"] = {date(2026, 11, 1): 25, date(2027, 3, 14): 23, date(2028, 3, 12): 23}


def around(night: Night) -> Cycle:
    """Return whole weeks around a night."""
    monday = night.day - timedelta(days=night.day.weekday())
    return Cycle(id="around", starts_on=monday - 7 * DAY, ends_on=monday + 14 * DAY, timezone=night.zone)


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_each_local_day_counts_once_for_pace_and_periods(night: Night) -> None:
    cycle = around(night)
    begins = datetime.combine(cycle.starts_on, time(), ZoneInfo(night.zone)).astimezone(UTC)
    hours = Counter[date]()
    shares: list[Decimal] = []
    places = {per: Counter[int]() for per in Period}
    instant = begins + timedelta(seconds=1)  # a bare midnight in UTC would mean a day, not an instant
    while (day := local_date(instant, night.zone)) < cycle.ends_on:
        hours[day] += 1
        shares.append(elapsed(cycle, instant))
        for per, counts in places.items():
            place = Window.of(cycle, per, instant).place(instant)
            assert isinstance(place, int)
            assert day in periods_in(cycle, per)[place]
            counts[place] += 1
        instant += HOUR
    usual = dict.fromkeys((cycle.starts_on + n * DAY for n in range(21)), 24)
    assert hours == {day: LENGTHS[night.zone].get(day, length) for day, length in usual.items()}
    assert len(set(shares)) == 21
    assert shares == sorted(shares)
    for per, counts in places.items():
        spans = periods_in(cycle, per)
        assert [each.ends_on for each in spans[:-1]] == [each.starts_on for each in spans[1:]]
        assert counts == {
            n: sum(length for day, length in hours.items() if day in each) for n, each in enumerate(spans)
        }


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_a_sync_and_a_backfill_count_each_local_day_of_such_a_night_once(make: Make, night: Night) -> None:
    """Items made each hour over the night: a reading a local day, each with what was there by its midnight, and a
    weekly number that has them all in their weeks."""
    rig, cycle, zone = make("jira", page=50), around(night), ZoneInfo(night.zone)
    rig.clock.instant = datetime.combine(cycle.ends_on, time(0, 30), zone).astimezone(UTC)
    count = int((rig.clock.instant - datetime.combine(night.day - DAY, time(), zone).astimezone(UTC)) / HOUR)
    rig.world.fill(min(count, 110))
    made = [datetime.fromisoformat(each["fields"]["created"]) for each in rig.world.site.issues.values()]  # type: ignore[attr-defined] # Jira's
    rig.write_rules()
    rules = rig.folder / "okrsync.yaml"
    weekly = WEEKLY.format(terms=json.dumps({"from": "source"} | rig.world.terms()))
    text = rules.read_text(encoding="utf-8").replace("timezone: UTC", f"timezone: {night.zone}")
    text = text.replace("2026-10-01", str(cycle.starts_on)).replace("2027-01-01", str(cycle.ends_on))
    rules.write_text(text + weekly, encoding="utf-8")
    write_other(rig.folder, 42, rig.clock.now())
    rig.sync()
    config = load(rules, settings=load_settings(rig.folder, config=rules))
    with rig.store() as store:
        report = asyncio.run(backfill(config, store, now=rig.clock.now))
        assert report.failures == []
        rebuilt = store.rebuilt([ALL])[ALL]
        local = Counter(at.astimezone(zone).date() for at in made)
        days = [cycle.starts_on + n * DAY for n in range(21)]
        assert [each.day for each in rebuilt] == [str(day) for day in days]
        by_midnight = [sum(number for on, number in local.items() if on <= day) for day in days]
        assert [each.value or 0 for each in rebuilt] == by_midnight
        assert all(local_date(each.at, night.zone) == date.fromisoformat(each.day) for each in rebuilt)
        assert rig.value(ALL) == len(made)
        weeks = [sum(local[day] for day in days[n : n + 7]) for n in (0, 7, 14)]
        assert rig.value("work/weekly") == sum(weeks)
        assert asyncio.run(backfill(config, store, now=rig.clock.now)).days == 0


WEEKLY = """      weekly:
        title: So many a week
        metric: {{baseline: 0, target: 30, per: week, over: total}}
        measure: {{count: {terms}}}
"""


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
@pytest.mark.parametrize("cron", ["0 2 * * *", "30 2 * * *", "0 3 * * *", "30 1 * * *"])
async def test_the_schedule_fires_once_a_night(tmp_path: Path, zone: str, cron: str) -> None:
    from flows.deployment import nightly

    deployment = await nightly(tmp_path / "okrsync.yaml", Schedule(cron=cron, timezone=zone))
    found = (deployment.schedules or [])[0].schedule
    assert found is not None
    schedule = CronSchedule.model_validate(found.model_dump())
    for year in (2026, 2027, 2028):
        start = datetime(year, 1, 1, tzinfo=ZoneInfo(zone))
        fired = [at.astimezone(ZoneInfo(zone)) for at in await schedule.get_dates(n=366, start=start)]
        days = Counter(at.date() for at in fired)
        assert set(days.values()) == {1}, [day for day, times in days.items() if times > 1]
        assert max(days) - min(days) == 365 * DAY
