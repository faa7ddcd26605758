"""Rebuilds what key results would have read before the first sync, so that charts are full on day one.

First the past of series and items is read from the vendors that tell it and kept, a chunk a transaction: killed, the
next backfill goes on from there. Then each day of the cycle is measured on the mirror as it must have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.load import Config
from connectors.port import Capability, History, Source
from flows.backfill_series import read_past_series
from flows.opening import open_source
from mapping.check_ins import RebuiltReading
from mapping.errors import OkrsyncError, RuleError, SkipRecordError
from mapping.failpoints import reach
from mapping.ledger import shared_out
from mapping.measure import measure_all
from mapping.metric import clamp, raw_progress
from mapping.mirror import Mirror
from mapping.past import Changes, PastMirror, Remembered
from mapping.periods import local_date
from mapping.readings import Reading
from mapping.rules import Cycle, KeyResult, Objective, selections_of
from mapping.shares import DoubleCounting
from mapping.words import PastChange, Selection
from store import Store, StoredMirror

CHUNK = 500
"""So many items' pasts are read and kept at once; a kill loses no more."""
DAYS_AT_ONCE = 7

Told = Callable[[str, int, int], None]
"""What is being done, how far it is, and how far it goes."""


@dataclass(kw_only=True)
class BackfillReport:
    """What a backfill did."""

    pasts: int = 0
    """Items whose past was read now."""
    days: int = 0
    """Readings of a day that are new or differ."""
    measured: int = 0
    """Readings of a day that were computed."""
    failures: list[str] = field(default_factory=list)
    """Connections and rules that could not be rebuilt, with the reason; their key results are left out."""
    assumptions: Counter[str] = field(default_factory=Counter)


async def backfill(
    config: Config,
    store: Store,
    *,
    now: Callable[[], datetime],
    since: date | None = None,
    key_results: frozenset[str] = frozenset(),
    told: Told = lambda _what, _done, _all: None,
) -> BackfillReport:
    """Rebuild daily readings of the key results' cycles up to their first measured check-in.

    Args:
        config: the rules; a key result is rebuilt under its rule of today.
        store: with at least one sync in it.
        now: the clock.
        since: the first day; by default that of each cycle.
        key_results: addresses; all by default.
        told: is called as it goes on.
    """
    report = BackfillReport()
    wanted = [
        (each, objective)
        for objective in config.objectives
        for each in objective.key_results
        if not key_results or each.id in key_results
    ]
    no_series = await read_past_series(
        config,
        store,
        wanted,
        lambda name: open_source(config, name, now=now),
        now=now,
        since=since,
        failures=report.failures,
        told=told,
    )
    mirror = store.mirror()
    left_out = no_series | await _read_pasts(config, store, wanted, mirror, now, report, told)
    able = [(each, objective) for each, objective in wanted if not _draws_on(each, left_out)]
    changes: dict[tuple[str, str], list[PastChange]] = {}
    for name in config.connections:
        changes |= store.pasts(name)
    remembered = Remembered(mirror=mirror)
    _rebuild(store, able, config.objectives, remembered, changes, now(), since, report, told)
    return report


def _draws_on(key_result: KeyResult, connections: frozenset[str]) -> bool:
    return any(each.connection in connections for each in selections_of(key_result.measure))


async def _read_pasts(
    config: Config,
    store: Store,
    wanted: Sequence[tuple[KeyResult, Objective]],
    mirror: StoredMirror,
    now: Callable[[], datetime],
    report: BackfillReport,
    told: Told,
) -> frozenset[str]:
    """Read what is not known yet of the items' pasts; return the connections of which it cannot be had."""
    failed = set()
    selections = dict.fromkeys(each for key_result, _ in wanted for each in selections_of(key_result.measure))
    for name, connection in config.connections.items():
        if Capability.HISTORY not in connection.connector.capabilities:
            continue
        lacking = _lacking(store, mirror, [each for each in selections if each.connection == name], name)
        if not lacking:
            continue
        try:
            source = open_source(config, name, now=now, keys=lambda _name, _ids: {})
            try:
                await _read_connection(store, source, name, config.fields_of(name), lacking, report, told)
            finally:
                await source.aclose()
        except OkrsyncError as error:
            report.failures.append(f"{name}: {str(error).removeprefix(f'{name}: ')}")
            failed.add(name)
    return frozenset(failed)


def _lacking(store: Store, mirror: StoredMirror, selections: Iterable[Selection], name: str) -> dict[str, datetime]:
    """Return the members whose past was never read, or was read before their last change."""
    marks = store.past_marks(name)
    found: dict[str, datetime] = {}
    for selection in selections:
        for item in mirror.members(selection):
            if marks.get(item.id) != item.updated_at:
                found[item.id] = item.updated_at
    return found


async def _read_connection(
    store: Store,
    source: Source,
    name: str,
    fields: frozenset[str],
    lacking: Mapping[str, datetime],
    report: BackfillReport,
    told: Told,
) -> None:
    if not isinstance(source, History):
        return
    ids = list(lacking)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        skipped: list[SkipRecordError] = []
        changes = [change async for batch in source.history(chunk, fields, skipped.append) for change in batch]
        if skipped:
            report.failures.append(f"{name}: {skipped[0]}" + (f" and {len(skipped) - 1} more" if skipped[1:] else ""))
        reach("flows.backfill.chunk")
        store.write_past(name, {id_: lacking[id_] for id_ in chunk}, changes)
        report.pasts += len(chunk)
        told(f"{name}: past of items", min(start + CHUNK, len(ids)), len(ids))


def _rebuild(
    store: Store,
    wanted: Sequence[tuple[KeyResult, Objective]],
    objectives: Sequence[Objective],
    mirror: Mirror,
    changes: Changes,
    now: datetime,
    since: date | None,
    report: BackfillReport,
    told: Told,
) -> None:
    first = store.first_check_ins()
    days = _days(wanted, first, now, since)
    for start in range(0, len(days), DAYS_AT_ONCE):
        readings = [
            reading
            for day, at, due in days[start : start + DAYS_AT_ONCE]
            for reading in _of_day(day, at, _shared(due, objectives, mirror, changes, at), mirror, changes, report)
        ]
        report.measured += len(readings)
        with store.begin(started_at=now, kind="backfill") as run:
            run.merge()
            run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
            written = run.rebuild(readings)
            if written:
                run.commit()
        report.days += written
        told("days rebuilt", min(start + DAYS_AT_ONCE, len(days)), len(days))


_Due = list[tuple[KeyResult, Objective]]


def _days(
    wanted: Sequence[tuple[KeyResult, Objective]],
    first: Mapping[str, datetime],
    now: datetime,
    since: date | None,
) -> list[tuple[date, datetime, _Due]]:
    """Return each day with the instant of its end and the key results that were not measured yet on it."""
    found: dict[tuple[date, datetime], _Due] = {}
    for key_result, objective in wanted:
        cycle = objective.cycle
        end = min(cycle.ends_on, local_date(first.get(key_result.id, now), cycle.timezone))
        day = max(cycle.starts_on, since) if since is not None else cycle.starts_on
        while day < end:
            found.setdefault((day, end_of(day, cycle)), []).append((key_result, objective))
            day += timedelta(days=1)
    return [(day, at, due) for (day, at), due in sorted(found.items(), key=lambda pair: pair[0])]


def end_of(day: date, cycle: Cycle) -> datetime:
    """Return the last instant of a day in the cycle's time zone, in which the day is still running."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(cycle.timezone))
    return midnight.astimezone(ZoneInfo("UTC")) - timedelta(microseconds=1)


def _shared(due: _Due, objectives: Sequence[Objective], mirror: Mirror, changes: Changes, at: datetime) -> _Due:
    """Return the key results with their parts of the items that fed several then, where a policy asks for that."""
    if all(key_result.double_counting is DoubleCounting.ALLOW for key_result, _ in due):
        return due
    known = shared_out(objectives, PastMirror(known=mirror, changes=changes, at=at), at)
    then = {each.id: each for objective in known for each in objective.key_results}
    return [(then[key_result.id], objective) for key_result, objective in due]


def _of_day(
    day: date, at: datetime, due: _Due, mirror: Mirror, changes: Changes, report: BackfillReport
) -> Iterator[RebuiltReading]:
    cycles = {key_result.id: objective.cycle for key_result, objective in due}
    for key_result, _ in due:
        # one at a time, so that what was assumed is told of the key result that rests on it
        then = PastMirror(known=mirror, changes=changes, at=at)
        errors: dict[str, RuleError] = {}
        reading = measure_all([key_result], cycles, then, at, errors).get(key_result.id)
        if reading is None:
            line = f"{key_result.id}: {errors[key_result.id]}"
            if line not in report.failures:
                report.failures.append(line)
            continue
        yield _rebuilt(key_result, cycles[key_result.id], day, at, reading, then.assumed)
        report.assumptions.update(then.assumed.keys())


def _rebuilt(
    key_result: KeyResult, cycle: Cycle, day: date, at: datetime, reading: Reading, assumed: Counter[str]
) -> RebuiltReading:
    raw = None if reading.value is None else raw_progress(key_result.metric, reading.value, cycle)
    return RebuiltReading(
        key_result=key_result.id,
        day=day.isoformat(),
        at=at,
        value=reading.value,
        raw_progress=raw,
        progress=None if raw is None else clamp(raw),
        no_data=reading.no_data,
        formula=reading.formula,
        rule_version=key_result.rule_version,
        assumptions=tuple(
            f"{count} {'item' if count == 1 else 'items'}: {what}" for what, count in sorted(assumed.items())
        ),
    )
