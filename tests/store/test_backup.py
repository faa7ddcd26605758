"""A backup is one committed state, taken while others write, and comes back the same on either engine."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.people import Said, check_in, comment
from mapping.errors import FixConfigError
from mapping.words import ItemState
from store import Store
from tests.engines import NewDatabase
from tests.store.kit import CELL, START, Pull, item, sample, sync

HOUR = timedelta(hours=1)


def filled(store: Store) -> None:
    for hour in range(4):
        states = [ItemState.DONE if n <= hour else ItemState.TODO for n in range(5)]
        items = [item(n, state=state, updated_at=START + hour * HOUR) for n, state in enumerate(states)]
        samples = [sample("4.25", START + hour * HOUR)]
        sync(store, Pull(items=items), Pull(selection=CELL, samples=samples), at=START + hour * HOUR)
    check_in(store, "launch/epic", Said(author="ana", value=Decimal("0.5"), sticky=True), now=START + 5 * HOUR)
    comment(store, "launch/epic", "Größe & 日本", author="ana", now=START + 6 * HOUR)


def test_what_was_backed_up_comes_back_on_another_database(new_database: NewDatabase, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    with Store.open(new_database()) as store:
        filled(store)
        before = store.dump_json()
        rows = store.backup(file)
        assert store.verify() == []
    with Store.open(new_database()) as other:
        assert other.restore(file) == rows
        assert other.dump_json() == before
        assert other.verify() == []
        assert other.audit()[0].actor == "ana"
        sync(other, Pull(items=[item(1, state=ItemState.DONE)]), at=START + 9 * HOUR)  # and life goes on


def test_a_backup_changes_engines(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        filled(store)
        store.backup(tmp_path / "kept.db")
        with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
            other.restore(tmp_path / "kept.db")
            assert other.dump() == store.dump()


def test_a_backup_under_load_is_a_state_that_was_committed(store: Store, tmp_path: Path) -> None:
    filled(store)
    states = {store.dump_json()}
    stop = threading.Event()

    def write() -> None:
        hour = 10
        while not stop.is_set():
            hour += 1
            done = ItemState.DONE if hour % 2 else ItemState.TODO
            items = [item(n, state=done, updated_at=START + hour * HOUR) for n in range(5)]
            sync(store, Pull(items=items), at=START + hour * HOUR)
            states.add(store.dump_json())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [tmp_path / f"kept-{n}.db" for n in range(3)]
        for file in files:
            store.backup(file)
    finally:
        stop.set()
        writer.join()
    for file in files:
        with Store.open(f"sqlite:///{file}") as kept:
            assert kept.dump_json() in states
            assert kept.verify() == []


def test_no_backup_is_overwritten_and_no_store_restored_over(store: Store, tmp_path: Path) -> None:
    filled(store)
    file = tmp_path / "kept.db"
    store.backup(file)
    with pytest.raises(FixConfigError, match=r"kept\.db is there already"):
        store.backup(file)
    with pytest.raises(FixConfigError, match="restore into a new database"):
        store.restore(file)
    with pytest.raises(FixConfigError, match="is no folder"):
        store.backup(tmp_path / "none" / "kept.db")
    assert [left.name for left in tmp_path.iterdir() if left.is_file()] == ["kept.db"]


def test_what_is_no_backup_is_refused_and_nothing_is_taken_over(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to look at " * 50)
    with pytest.raises(FixConfigError, match=rf"^{file}: file is not a database: this is no whole backup"):
        store.restore(file)
    filled_one = tmp_path / "whole.db"
    with Store.open(f"sqlite:///{tmp_path / 'another.db'}") as another:
        filled(another)
        another.backup(filled_one)
    half = tmp_path / "half.db"
    half.write_bytes(filled_one.read_bytes()[: filled_one.stat().st_size // 2])
    with pytest.raises(FixConfigError, match=rf"^{half}: .*no whole backup"):
        store.restore(half)
    other = tmp_path / "strange.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    connection.close()
    with pytest.raises(FixConfigError, match="not okrsync's"):
        store.restore(other)
    assert store.runs() == []


DAMAGES = {
    "UPDATE check_ins SET value = '0.7' WHERE run = 3": "its causes sum to",
    "UPDATE memberships SET until_run = 0": "left a selection before it joined",
    "DELETE FROM items WHERE id = '2'": "is not in the mirror",
    "UPDATE items SET changed_run = 99": "runs that were never published",
    "DELETE FROM check_ins WHERE kind = 'by hand'": "an override without its check-in",
    "DELETE FROM watermarks; DELETE FROM selections": "which was never asked for",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_is_found(store: Store, damage: str) -> None:
    filled(store)
    with store._engine.connect() as connection:
        for statement in damage.split("; "):
            connection.execute(text(statement))
        connection.commit()
    assert any(DAMAGES[damage] in line for line in store.verify()), store.verify()
