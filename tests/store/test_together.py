"""Two syncs at once: the second waits, merges on top of the first, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import event

from mapping.words import ItemState, WorkItem
from store import Store
from tests.store.kit import BUGS, CELL, EPIC, START, Pull, item, measured, publish, sample, stage, sync

MINUTE = timedelta(minutes=1)


@contextmanager
def listening(store: Store, listener: Callable[..., None]) -> Iterator[None]:
    """Call ``listener`` before each query of one store."""

    def heard(*arguments: object) -> None:
        if str(arguments[2]).startswith("SELECT"):
            listener(*arguments)

    event.listen(store._engine, "before_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(store._engine, "before_cursor_execute", heard)


def ids(store: Store) -> list[str]:
    return [one.id for one in store.mirror().members(EPIC)]


def test_a_second_sync_waits_and_measures_on_top_of_the_first(store: Store) -> None:
    merged, waited = threading.Event(), threading.Event()
    seen: list[str] = []

    def second() -> None:
        with store.begin(started_at=START + MINUTE) as run:
            stage(run, Pull(selection=BUGS, items=[item(2)]))
            merged.wait(30)
            waited.set()
            run.merge()
            seen.extend(one.id for one in run.mirror().members(EPIC))
            publish(run, START + MINUTE, measured(run, START + MINUTE))
            run.commit()

    other = threading.Thread(target=second)
    other.start()
    with store.begin(started_at=START) as run:
        stage(run, Pull(items=[item(1, state=ItemState.DONE)]))
        run.merge()
        merged.set()
        waited.wait(30)
        publish(run, START, measured(run, START))
        run.commit()
    other.join(60)
    assert seen == ["1"], "the first one's members were there"
    assert [run.seq for run in store.runs()] == [2, 1]
    assert [one.value for one in store.check_ins("launch/epic")] == [Decimal(1)], "and its check-in was not repeated"


def test_an_older_census_does_not_undo_a_later_one(store: Store) -> None:
    sync(store, Pull(items=[item(1)]), at=START)
    with store.begin(started_at=START + MINUTE) as slow:
        stage(slow, Pull(items=[item(1)], watermark=START + MINUTE))
        quick = Pull(items=[item(1), item(2)], watermark=START + 2 * MINUTE)
        sync(store, quick, at=START + 2 * MINUTE)
        counts = slow.merge()
        publish(slow, START + MINUTE)
        slow.commit()
    assert (counts.joined, counts.left) == (0, 0)
    assert ids(store) == ["1", "2"]
    with store.begin(started_at=START + 3 * MINUTE) as run:
        mark = run.watermark(EPIC)
        assert mark is not None
        assert mark.at == START + 2 * MINUTE


def test_an_older_reading_does_not_undo_a_later_one(store: Store) -> None:
    sync(store, Pull(items=[item(1)]))
    middle = item(1, title="middle", updated_at=START + MINUTE)
    latest = item(1, title="latest", updated_at=START + 2 * MINUTE)
    with store.begin(started_at=START + MINUTE) as slow:
        stage(slow, Pull(items=[middle]))
        sync(store, Pull(items=[latest]), at=START + 2 * MINUTE)
        assert slow.merge().items_changed == 0
        publish(slow, START + MINUTE)
        slow.commit()
    assert list(store.mirror().members(EPIC)) == [latest]


def test_one_answer_of_the_mirror_sees_one_state(store: Store, url: str) -> None:
    sync(store, Pull(items=[item(1, title="before")]))
    mirror = store.mirror()
    with Store.open(url) as other:
        begun: list[str] = []

        def publish_between(*arguments: object) -> None:
            begun.append(str(arguments[2]))
            if len(begun) == 2:
                sync(other, Pull(items=[item(1, title="after", updated_at=START + MINUTE)]), at=START + MINUTE)

        with listening(store, publish_between):
            assert [one.title for one in mirror.members(EPIC)] == ["before"]
    assert len(begun) >= 2, "the events were read before, the items after the other's commit"
    assert [one.title for one in mirror.members(EPIC)] == ["before"]
    assert [one.title for one in store.mirror().members(EPIC)] == ["after"]


def test_a_vendor_that_restores_an_older_state_is_believed(store: Store) -> None:
    sync(store, Pull(items=[item(1, title="new", updated_at=START + MINUTE)]))
    counts = sync(store, Pull(items=[item(1, title="restored")]), at=START + 2 * MINUTE).counts
    assert counts.items_changed == 1
    assert next(store.mirror().members(EPIC)).title == "restored"


def test_many_threads_may_stage_into_one_run(store: Store) -> None:
    batches = [[item(f"{worker}-{n}") for n in range(300)] for worker in range(6)]
    with store.begin(started_at=START) as run:

        def work(batch: list[WorkItem]) -> None:
            run.stage_items("jira", batch)
            run.unknown("jira", ["x"])

        workers = [threading.Thread(target=work, args=(batch,)) for batch in batches]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        stage(run, Pull(selection=CELL, samples=[sample("1")]))
        stage(run, Pull(ids=[one.id for batch in batches for one in batch]))
        assert run.merge().joined == 1800
        publish(run, START)
        run.commit()
    assert len(ids(store)) == 1800
