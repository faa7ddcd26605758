"""Measuring speed: a million items over ten thousand key results in one pass, beside a bare loop that only adds.

Run: ``python -m bench.mapping_speed [items] [key-results]``. Each world runs in a child of its own, three times;
medians of seconds, and the greatest peak of memory. The bare loop goes over the same items in the same lists and adds
the same numbers, without a state of no data, policies, formulas or evidence. Items are made before the clock starts.

Worlds: ``apart`` gives every key result a selection of its own (an epic each), ``shared`` lets them all draw on ten
selections, ``filtered`` adds a filter in CEL to a hundredth of them.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from mapping.measure import measure_all
from mapping.rules import COMPLETION_METRIC, Aggregate, AggregateKind, Completion, Cycle, KeyResult, Measure
from mapping.words import ItemState, Selection, WorkItem
from tests.mapping.worlds import World

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
CYCLE = Cycle(id="q", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
STATES = (ItemState.DONE, ItemState.TODO, ItemState.DONE, ItemState.IN_PROGRESS, ItemState.WONT_DO)
POINTS = tuple({"story_points": Decimal(points)} for points in (1, 2, 3, 5, 8))
REPETITIONS = 3
SHARED = 10
NO_PARENTS = frozenset[str]()


class Quick(World):
    """A mirror that costs nothing itself, as no item is a parent and all stand in lists: what is left is ours."""

    def members(self, selection: Selection) -> Iterator[WorkItem]:
        """Stream the items of a selection."""
        return iter(self.items[selection])

    def parents(self, selection: Selection) -> frozenset[str]:
        """Return none."""
        return NO_PARENTS if selection in self.items else frozenset()


def make_items(count: int, first: int) -> list[WorkItem]:
    """Return work items with a state and an estimate."""
    return [
        WorkItem(
            connection="jira",
            id=str(n),
            key=f"CHK-{n}",
            title="A step",
            state=STATES[n % 5],
            updated_at=NOW,
            numbers=POINTS[n * 7 % 5],
        )
        for n in range(first, first + count)
    ]


def measure_of(n: int, selection: Selection, where: str | None) -> Measure:
    """Return one of the four commonest measures."""
    if n % 4 == 0:
        return Completion(selection=selection, by="story_points", where=where)
    if n % 4 == 1:
        return Completion(selection=selection, where=where)
    if n % 4 == 2:
        return Aggregate(kind=AggregateKind.COUNT, selection=selection, where=where)
    return Aggregate(kind=AggregateKind.SUM, selection=selection, field="story_points", where=where)


def world(name: str, items: int, key_results: int) -> tuple[World, list[KeyResult], list[Selection]]:
    """Return a mirror, the key results on it, and the selections."""
    count = key_results if name == "apart" else min(SHARED, key_results)
    selections = [Selection.of("jira", {"epic": f"CHK-{n}"}) for n in range(count)]
    each = items // count
    lists = Quick({selection: make_items(each, n * each) for n, selection in enumerate(selections)})
    rules = []
    for n in range(key_results):
        where = f"item.numbers.story_points > {n % 7}.0" if name == "filtered" and n % 100 == 0 else None
        measure = measure_of(n, selections[n % count], where)
        rules.append(KeyResult(id=f"o/{n}", title="", metric=COMPLETION_METRIC, measure=measure))
    return lists, rules, selections


def bare(lists: World, selections: Sequence[Selection]) -> Decimal:
    """Add the points of all items and of those done, selection by selection; return the sum of all."""
    everything = Decimal(0)
    for selection in selections:
        done, points = Decimal(0), Decimal(0)
        for item in lists.items[selection]:
            weight = item.numbers["story_points"]
            points += weight
            if item.state is ItemState.DONE:
                done += weight
        everything += points
    return everything


def child(name: str, items: int, key_results: int) -> dict[str, float]:
    """Return seconds of both ways and the peak of memory in MB, before and after."""
    lists, rules, selections = world(name, items, key_results)
    cycles = {rule.id: CYCLE for rule in rules}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    bare(lists, selections)
    between = time.perf_counter()
    readings = measure_all(rules, cycles, lists, NOW)
    ended = time.perf_counter()
    if any(reading.value is None for reading in readings.values()):
        raise SystemExit(f"{name}: some key results have no value")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"bare": between - began, "ours": ended - between, "held": held, "peak": peak}


def main() -> None:
    """Run every world in children and print a table."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    key_results = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    print(f"{items:,} items, {key_results:,} key results, medians of {REPETITIONS}")
    for name in ("apart", "shared", "filtered"):
        runs = []
        for _ in range(REPETITIONS):
            command = [sys.executable, "-m", "bench.mapping_speed", "--child", name, str(items), str(key_results)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            runs.append(json.loads(told))
        ours, alone = (statistics.median(run[key] for run in runs) for key in ("ours", "bare"))
        peak = max(run["peak"] - run["held"] for run in runs)
        print(f"{name:9} {ours:6.2f} s, bare {alone:5.2f} s, {ours / alone:5.2f} x, {peak:5.0f} MB above the items")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
