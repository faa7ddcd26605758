"""History follows a key result to its new address, wherever it hangs on one, and nothing of it is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping.declared import moves_of
from mapping.rules import Objective
from store import NotFollowingError, Run, Store
from store.renaming import HISTORY
from store.tables import metadata
from tests.store.kit import LAUNCH, SHARE, START, check_in

HOUR = timedelta(hours=1)
NAMES = "abcd"


def test_every_table_that_hangs_on_an_address_is_moved() -> None:
    hanging = {name for name, table in metadata.tables.items() if "key_result" in table.c}
    assert hanging == {table.name for table, _ in HISTORY}


def declared(names: list[str]) -> list[Objective]:
    parts = tuple(replace(SHARE, id=f"launch/{name}", title=name) for name in names)
    return [replace(LAUNCH, key_results=parts)]


def publish(run: Run, objectives: list[Objective], number: int, renames: dict[str, str]) -> None:
    """Rename, then write a check-in of every key result."""
    at = START + HOUR * number
    run.merge()
    run.rename(moves_of(run.register(objectives), renames))
    entries = [
        replace(check_in(run.seq, at, Decimal(number)), key_result=each.id, causes=())
        for one in objectives
        for each in one.key_results
    ]
    run.publish(check_ins=entries, freshness=(), declared=objectives, connections=(), now=at)
    run.commit()


steps = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, unique=True), st.sampled_from(NAMES)), min_size=1, max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_no_sequence_of_renames_loses_or_mixes_check_ins(store: Store, steps: list[tuple[list[str], str]]) -> None:
    before = len(everything(store))
    number = len(store.runs(1000))
    for names, old in steps:
        number += 1
        objectives = declared(names)
        renames = {f"launch/{names[0]}": f"launch/{old}"} if old not in names else {}
        try:
            with store.begin(started_at=START + HOUR * number) as run:
                publish(run, objectives, number, renames)
            before += len(names)
        except NotFollowingError:
            number -= 1
        found = everything(store)
        assert len(found) == before
        assert len({(address, run) for address, run in found}) == before
    assert store.verify() == []


def everything(store: Store) -> list[tuple[str, int]]:
    return [(f"launch/{name}", entry.run) for name in NAMES for entry in store.check_ins(f"launch/{name}", 1000)]


def test_a_refused_rename_leaves_the_store_as_it_was(store: Store) -> None:
    with store.begin(started_at=START) as run:
        publish(run, declared(["a", "b"]), 1, {})
    before = store.dump_json()
    with (
        pytest.raises(NotFollowingError, match="launch/a cannot become launch/b, which has a history"),
        store.begin(started_at=START + HOUR) as run,
    ):
        publish(run, declared(["b"]), 2, {"launch/b": "launch/a"})
    assert store.dump_json() == before


def test_an_objective_that_moves_takes_those_along_that_are_declared_no_more(store: Store) -> None:
    with store.begin(started_at=START) as run:
        publish(run, declared(["a", "b"]), 1, {})
    with store.begin(started_at=START + HOUR) as run:
        publish(run, declared(["a"]), 2, {})
    moved = [replace(LAUNCH, id="start", key_results=(replace(SHARE, id="start/a"),))]
    with store.begin(started_at=START + 2 * HOUR) as run:
        publish(run, moved, 3, {"start": "launch"})
    assert store.retired() == {"start/b"}
    assert len(store.check_ins("start/b")) == 1
    rules: dict[str, dict[str, dict[str, str]]] = json.loads(store.dump_json())["declared"]["key_results"]
    assert rules["start start/b"]["rule"]["id"] == "start/b"
    assert set(json.loads(store.dump_json())["declared"]["objectives"]) == {"start"}
