"""A key result as of a past run reads as it did in that run, whatever came later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping.measure import measure_one
from mapping.readings import Reading
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    Formula,
    KeyResult,
    Measure,
    MissingEstimate,
    Part,
    Rollup,
    Series,
    SeriesTake,
    Ticked,
)
from mapping.words import ItemState, PastChange, WorkItem
from store import Store
from tests.engines import NewDatabase
from tests.store.kit import CELL, CYCLE, DAY, EPIC, START, Pull, item, sample, sync

COUNT = Aggregate(kind=AggregateKind.COUNT, selection=EPIC, where="item.done")
POINTS = Completion(selection=EPIC, by="story_points", missing=MissingEstimate.MEAN)
MEAN = Series(selection=CELL, take=SeriesTake.MEAN)
MEASURES: tuple[Measure, ...] = (
    COUNT,
    POINTS,
    replace(POINTS, frozen_on=date(2026, 10, 1)),
    Duration(kind=DurationKind.CYCLE, selection=EPIC, take=AggregateKind.AVERAGE),
    MEAN,
    Formula(value="a * b", of=(("a", COUNT), ("b", MEAN))),
    Ticked(steps=(("Step 1", Decimal(1)), ("Step 2", Decimal(2))), selection=EPIC),
    Rollup(parts=(Part(address="a/b", weight=Decimal(1), metric=COMPLETION_METRIC, measure=POINTS, cycle=CYCLE),)),
)

states = st.sampled_from(ItemState)
worlds = st.dictionaries(st.integers(1, 4), st.tuples(states, st.none() | st.integers(0, 5)), min_size=1)
runs = st.lists(st.tuples(worlds, st.integers(1, 9)), min_size=2, max_size=4)


def made(world: dict[int, tuple[ItemState, int | None]], day: int) -> list[WorkItem]:
    return [
        item(
            number,
            state=state,
            updated_at=START + day * DAY,
            done_at=START + day * DAY if state is ItemState.DONE else None,
            numbers={} if points is None else {"story_points": Decimal(points)},
        )
        for number, (state, points) in sorted(world.items())
    ]


def readings(store: Store, seq: int, day: int) -> Sequence[Reading]:
    mirror = store.mirror(seq)
    now = START + day * DAY + timedelta(hours=1)
    found = [KeyResult(id="o/k", title="", metric=COMPLETION_METRIC, measure=each) for each in MEASURES]
    return [measure_one(each, CYCLE, mirror, now, collect=True) for each in found]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(history=runs)
def test_a_reading_as_of_a_run_is_the_one_of_that_run(
    new_database: NewDatabase, history: list[tuple[dict[int, tuple[ItemState, int | None]], int]]
) -> None:
    with Store.open(new_database()) as store:
        then = []
        for day, (world, number) in enumerate(history):
            samples = Pull(selection=CELL, samples=[sample(str(number), START + day * DAY)])
            done = sync(store, Pull(items=made(world, day)), samples, at=START + day * DAY)
            then.append((done.seq, readings(store, done.seq, day)))
        for day, (seq, found) in enumerate(then):
            assert readings(store, seq, day) == found


def test_work_began_when_the_state_first_became_in_progress(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2), item(3, state=ItemState.IN_PROGRESS)]))
    doing = item(1, state=ItemState.IN_PROGRESS, updated_at=START + DAY)
    second = sync(store, Pull(items=[doing, item(2)]), at=START + DAY)
    sync(store, Pull(items=[item(1, updated_at=START + 2 * DAY), item(2)]), at=START + 2 * DAY)
    again = item(1, state=ItemState.IN_PROGRESS, updated_at=START + 3 * DAY)
    sync(store, Pull(items=[again, item(2)]), at=START + 3 * DAY)
    assert store.mirror().started(EPIC) == {"1": START + DAY}
    assert store.mirror(second.seq - 1).started(EPIC) == {}


def test_what_the_vendor_tells_of_the_past_says_when_work_began_too(store: Store) -> None:
    sync(store, Pull(items=[item(1), item(2)]))
    sync(store, Pull(items=[item(1, state=ItemState.IN_PROGRESS, updated_at=START + DAY), item(2)]), at=START + DAY)
    told = [
        PastChange(connection="jira", item=item_, at=START - days * DAY, field="state", old=old, new=new)
        for item_, days, old, new in (
            ("1", 5, "todo", "in_progress"),
            ("1", 4, "in_progress", "todo"),
            ("1", 3, "todo", "in_progress"),
            ("2", 2, "todo", "done"),
            ("9", 2, "todo", "in_progress"),  # is no member
        )
    ]
    store.write_past("jira", {"1": START, "2": START, "9": START}, told)
    assert store.mirror().started(EPIC) == {"1": START - 5 * DAY}


def test_the_past_is_the_mirror_of_the_last_run_up_to_an_instant(store: Store) -> None:
    sync(store, Pull(items=[item(1)]))
    sync(store, Pull(items=[item(1), item(2)]), at=START + DAY)
    assert store.mirror().as_of(START) is None
    past = store.mirror().as_of(START + timedelta(hours=12))
    assert past is not None
    assert [each.id for each in past.members(EPIC)] == ["1"]
    later = store.mirror(1).as_of(START + 9 * DAY)
    assert later is not None
    assert [each.id for each in later.members(EPIC)] == ["1"]


def test_a_run_under_a_wrong_clock_is_not_taken_for_the_past(store: Store) -> None:
    for count, at in enumerate((START, START + DAY, START + 2 * DAY, START - 1000 * DAY, START + 3 * DAY), 1):
        sync(store, Pull(items=[item(number) for number in range(count)]), at=at)
    past = store.mirror().as_of(START + DAY / 2)
    assert past is not None
    assert len([*past.members(EPIC)]) == 1
    assert store.mirror().as_of(START - 2000 * DAY) is None
