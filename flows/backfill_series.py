"""What series were before the first sync, from sources that keep it: old versions of a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from config.load import Config
from connectors.port import PastSeries, Source
from mapping.errors import OkrsyncError, SkipRecordError
from mapping.rules import Cycle, KeyResult, Objective, selections_of
from mapping.words import Selection
from store import Store

Told = Callable[[str, int, int], None]


async def read_past_series(
    config: Config,
    store: Store,
    wanted: Sequence[tuple[KeyResult, Objective]],
    opened: Callable[[str], Source],
    *,
    now: Callable[[], datetime],
    since: date | None,
    failures: list[str],
    told: Told,
) -> frozenset[str]:
    """Keep the past samples of the key results' series, one series a transaction.

    Args:
        config: the rules.
        store: whose mirror takes them; samples that it has already are not asked for again.
        wanted: key results with their objectives.
        opened: opens a connection by its name.
        now: the clock.
        since: the first day; by default that of each cycle.
        failures: takes what could not be read, with the reason.
        told: is called as it goes on.

    Returns:
        The connections of which the past cannot be had.
    """
    first = _first_instants(wanted, since)
    failed = set()
    for name in sorted({each.connection for each in first if _is_series(config, each)}):
        series = [each for each in first if each.connection == name and _is_series(config, each)]
        try:
            source = opened(name)
            try:
                for done, each in enumerate(series, 1):
                    await _keep(store, source, each, first[each], now(), failures)
                    told(f"{name}: past of series", done, len(series))
            finally:
                await source.aclose()
        except OkrsyncError as error:
            failures.append(f"{name}: {str(error).removeprefix(f'{name}: ')}")
            failed.add(name)
    return frozenset(failed)


def _is_series(config: Config, selection: Selection) -> bool:
    connector = config.connections[selection.connection].connector
    return connector.selection.model_validate(selection.terms()).shape == "series"


def _first_instants(wanted: Iterable[tuple[KeyResult, Objective]], since: date | None) -> dict[Selection, datetime]:
    """Return each selection with the instant from which on it is needed."""
    first: dict[Selection, datetime] = {}
    for key_result, objective in wanted:
        at = _start(objective.cycle, since)
        for selection in selections_of(key_result.measure):
            first[selection] = min(at, first.get(selection, at))
    return first


def _start(cycle: Cycle, since: date | None) -> datetime:
    day = cycle.starts_on if since is None else max(cycle.starts_on, since)
    return datetime.combine(day, time(), ZoneInfo(cycle.timezone))


async def _keep(
    store: Store, source: Source, selection: Selection, since: datetime, now: datetime, failures: list[str]
) -> None:
    if not isinstance(source, PastSeries):
        return
    known = frozenset(sample.at for sample in store.mirror().samples(selection))
    skipped: list[SkipRecordError] = []
    batches = source.past_series(selection, since, known, skipped.append)
    samples = [sample async for batch in batches for sample in batch]
    if skipped:
        failures.append(str(skipped[0]) + (f" and {len(skipped) - 1} more" if skipped[1:] else ""))
    if samples:
        with store.begin(started_at=now, kind="backfill") as run:
            run.stage_samples(samples)
            run.merge()
            run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
            run.commit()
