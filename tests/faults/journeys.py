"""What okrsync does that may be killed anywhere: each done in a process of its own, and again until it is done.

A journey leaves the same behind however often it was interrupted on the way.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.process import BaseProcess

from flows import leases, plans
from flows.backfill import backfill
from flows.closing import close
from flows.past_imports import import_history
from flows.people import Said, check_in, comment, resume
from flows.reviews import accept, reject
from flows.work import Wish
from mapping.failpoints import listen
from mapping.past_rows import PastTable, past_check_ins
from mapping.rows import Entry, Row
from okrsync.failing import failure_of
from store import Store
from tests.faults.rules import DONE, OTHER
from tests.faults.scenes import Scene, Stage
from tests.store.old import build, revision_of, rows_of

Act = Callable[[Scene], None]
Set = Callable[[Stage], Scene]


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What is done, on what."""

    act: Act
    """Done again after a kill it goes on, or sees that nothing is left to do."""
    scene: Set
    states: Callable[[Scene], object] = Scene.dump
    """What has to be the same in the end, and after a kill be what it was before or what it is after."""
    elsewhere: Callable[[Stage], bytes] = lambda _stage: b""
    """What a vendor holds that this may change, packed."""
    put_back: Callable[[Stage, bytes], None] = lambda _stage, _packed: None
    effects: Callable[[Stage], object] = lambda _stage: None
    """What a vendor saw being changed; the same in the end, each once."""
    whole: bool = True
    """Whether a kill leaves all or nothing; else what is done in several transactions goes on where it was."""


def synced_and_moved(stage: Stage) -> Scene:
    return stage.move_on(stage.scene())


def with_goals(stage: Stage) -> Scene:
    return stage.move_on(stage.scene(goals=True))


def _put_office_back(stage: Stage, packed: bytes) -> None:
    stage.where.sandbox.asana = pickle.loads(packed)


def nothing_yet(stage: Stage) -> Scene:
    return stage.scene(empty=True)


def of_the_first_schema(stage: Stage) -> Scene:
    scene = stage.scene(empty=True)
    build(scene.url, "0001")
    return scene


def waiting(stage: Stage) -> Scene:
    """Return a scene in which two readings wait for a person."""
    scene = synced_and_moved(stage)
    stage.suggest(scene)
    scene.sync()
    with scene.store() as store:
        assert set(store.reviews(only_open=True)) >= {DONE, OTHER}
    return scene


def backed_up(stage: Stage) -> Scene:
    """Return a scene with an empty database and a backup of a full one."""
    full = synced_and_moved(stage)
    full.sync()
    empty = stage.scene(empty=True)
    with full.store() as store:
        store.backup(empty.folder / "kept.db")
    return empty


def upgrade(scene: Scene) -> None:
    scene.store().close()


def sync(scene: Scene) -> None:
    leases.RENEW_SECONDS = 0.02  # so that a sync of half a second renews its leases
    scene.sync()


def backup(scene: Scene) -> None:
    file = scene.folder / "kept.db"
    if not file.exists():
        with scene.store() as store:
            store.backup(file)


def restore(scene: Scene) -> None:
    with scene.store() as store:
        if not store.runs():
            store.restore(scene.folder / "kept.db")


def save_plan(scene: Scene) -> None:
    plans.save(scene.sync(dry=True), Wish(), scene.folder / "night.plan")


def people(scene: Scene) -> None:
    """Say three things, each once."""
    with scene.store() as store:
        if store.entries([DONE])[DONE].override is None:
            check_in(store, DONE, Said(author="ana", value=Decimal("0.7"), sticky=True), now=scene.at)
        override = store.entries([DONE])[DONE].override
        if override is not None and override.in_force(scene.at):
            resume(store, DONE, author="ben", now=scene.at)
        if not store.comments(DONE):
            comment(store, DONE, "counted by hand", author="ana", now=scene.at)


def decide(scene: Scene) -> None:
    with scene.store() as store:
        left = store.reviews(only_open=True)
        if DONE in left:
            accept(store, DONE, author="ana", now=scene.at)
        if OTHER in left:
            reject(store, OTHER, author="ben", now=scene.at)


def close_cycle(scene: Scene) -> None:
    with scene.store() as store:
        if "now" not in store.snapshots():
            close(store, "now", author="ana", key_folder=scene.folder / "keys", now=scene.at, early=True)


def rebuild(scene: Scene) -> None:
    with scene.store() as store:
        report = asyncio.run(backfill(scene.config(), store, now=lambda: scene.at))
    assert report.failures == []


def remember(scene: Scene) -> None:
    """Import check-ins of before, of two key results."""
    with scene.store() as store:
        declared = [store.objective_of(DONE), store.objective_of(OTHER)]
        entries = {"at": "2025-12-01", "value": "40", "author": "ana", "note": "of the old tool"}
        rows = [
            Row(place=f"old.csv, line {line}", entries={name: Entry(text, "old.csv") for name, text in said.items()})
            for line, address in enumerate((DONE, DONE, OTHER), 2)
            for said in ({**entries, "key_result_id": address, "at": f"2025-12-{line:02}"},)
        ]
        table = PastTable(
            rows=rows,
            columns=frozenset({"key_result_id", *entries}),
            declared=[each for each in declared if each is not None],
            author="ana",
            words={},
        )
        import_history(store, past_check_ins(table), source="old.csv", actor="ana", now=scene.at)
        assert len(store.past_check_ins(DONE)) == 2


def _rows(scene: Scene) -> object:
    """Return the schema and every row, without opening the store, which would upgrade it."""
    return revision_of(scene.url), rows_of(scene.url)


def _with_backup(scene: Scene) -> object:
    """Return the store and, once it is there, its backup; what is half written is no backup."""
    file = scene.folder / "kept.db"
    if not file.exists():
        return scene.dump(), None
    with Store.open(f"sqlite:///{file}") as kept:
        return scene.dump(), kept.dump()


def _with_plan(scene: Scene) -> object:
    file = scene.folder / "night.plan"
    return scene.dump(), plans.read(file).digest if file.exists() else None


JOURNEYS: dict[str, Journey] = {
    "sync": Journey(act=sync, scene=synced_and_moved),
    "first sync": Journey(act=sync, scene=nothing_yet),
    "deliver": Journey(
        act=sync,
        scene=with_goals,
        elsewhere=lambda stage: pickle.dumps(stage.office),
        put_back=_put_office_back,
        effects=lambda stage: list(stage.office.effects),
        whole=False,
    ),
    "upgrade": Journey(act=upgrade, scene=of_the_first_schema, states=_rows),
    "backup": Journey(act=backup, scene=synced_and_moved, states=_with_backup),
    "restore": Journey(act=restore, scene=backed_up),
    "plan": Journey(act=save_plan, scene=synced_and_moved, states=_with_plan),
    "people": Journey(act=people, scene=synced_and_moved, whole=False),
    "review": Journey(act=decide, scene=waiting, whole=False),
    "close": Journey(act=close_cycle, scene=synced_and_moved),
    "history": Journey(act=remember, scene=synced_and_moved),
    "backfill": Journey(act=rebuild, scene=synced_and_moved, whole=False),
}


def perform(name: str, scene: Scene, fail_at: str) -> None:
    """Do it in this process, which fails where it is told to."""
    os.environ.update(scene.env)
    if fail_at:
        listen(failure_of(fail_at))
    JOURNEYS[name].act(scene)


def start(name: str, scene: Scene, fail_at: str = "") -> BaseProcess:
    """Start a journey in a fresh process that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.journeys"])
    process = context.Process(target=perform, args=(name, scene, fail_at))
    process.start()
    return process
