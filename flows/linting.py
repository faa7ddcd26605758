"""Lint of a whole place: the rules as they stand in the files, and what the store knows of them where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from config.ignores import Placed, ignores_in, silenced
from config.load import Config
from config.places import Places
from connectors.port import Capability
from mapping.check_ins import CheckIn
from mapping.errors import Problem
from mapping.forecast import Day, daily
from mapping.lint.codes import Severity
from mapping.lint.finding import NOTHING_KNOWN, Case, Ended, Finding, Kind, Known, Subject
from mapping.lint.linting import lint
from mapping.periods import local_date
from mapping.rules import KeyResult, Objective
from store import Snapshot, Store

CHECK_INS = 1000
"""At most one a run; more than a cycle of nightly runs has."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """What lint found, in the order of the files."""

    found: tuple[Placed, ...]
    silenced: int = 0
    """Findings that comments in the rules silence."""


def lint_rules(
    config: Config, store: Store | None, *, now: datetime, least: Severity = Severity.HINT, ignore: bool = True
) -> LintReport:
    """Return what is worth a second look in rules that could be loaded.

    Args:
        config: the rules; no secret of them is needed.
        store: what is known of their numbers; None where nothing was synced.
        now: an aware instant; cycles that are over by then are passed.
        least: findings of less weight are left out.
        ignore: whether comments in the rules silence findings.
    """
    connections = config.connections.items()
    case = Case(
        objectives=config.objectives,
        now=now,
        trackers=frozenset(name for name, each in connections if Capability.HISTORY in each.connector.capabilities),
        series=tuple(name for name, each in connections if Capability.SERIES in each.connector.capabilities),
        known=NOTHING_KNOWN if store is None else known(config, store, now),
    )
    places = Places(config.path)
    found, count = [Placed(each, places.of(each.subject)) for each in lint(case)], 0
    if ignore:
        found, count = silenced(found, ignores_in(config.path))
    kept = [each for each in found if each.finding.severity.weight <= least.weight]
    return LintReport(tuple(sorted(kept, key=_order)), count)


def _order(each: Placed) -> tuple[str, int, int, str]:
    return each.place.file, each.place.line, each.place.column, each.finding.code


def refused(problems: list[Problem]) -> LintReport:
    """Return the problems of rules that cannot be loaded as findings: there is nothing else to be found then."""
    return LintReport(
        tuple(
            Placed(Finding("OKR001", Subject(Kind.FILE, each.place.file), each.what, each.fix), each.place)
            for each in problems
        )
    )


def known(config: Config, store: Store, now: datetime) -> Known:
    """Return what the store knows of the rules' selections, and of the past of their key results and teams."""
    keys = [each.key for name in config.connections for each in config.selections_of(name)]
    wanted = [(each, objective) for objective in config.objectives for each in objective.key_results]
    days: dict[str, list[Day]] = {}
    confidence: dict[str, Decimal] = {}
    for key_result, objective in wanted:
        check_ins = store.history(key_result.id, CHECK_INS, now=now)
        days[key_result.id] = _days(store, key_result, objective, check_ins, now)
        stated = [each.confidence for each in check_ins if each.confidence is not None]
        if stated:
            confidence[key_result.id] = stated[-1]
    return Known(
        matched={key: each.matched for key, each in store.facts(keys).items() if each.matched is not None},
        days=days,
        ended=tuple(_ended(store, now)),
        confidence=confidence,
    )


def _days(
    store: Store, key_result: KeyResult, objective: Objective, check_ins: list[CheckIn], now: datetime
) -> list[Day]:
    """Return daily progress up to the last check-in or rebuilt reading; see ``mapping.forecast``."""
    cycle = objective.cycle
    rebuilt = store.rebuilt([key_result.id])[key_result.id]
    return daily(check_ins, key_result.metric, cycle, local_date(now, cycle.timezone), rebuilt)


def _ended(store: Store, now: datetime) -> Iterator[Ended]:
    """Yield how key results of cycles that are over came out, by their end; closed ones as they were frozen."""
    snapshots = store.snapshots()
    found: list[tuple[str, Ended]] = []
    for snapshot in snapshots.values():
        found += _frozen(snapshot)
    entries = store.entries()
    for objective in store.declared():
        cycle = objective.cycle
        if cycle.id in snapshots or local_date(now, cycle.timezone) < cycle.ends_on or not objective.team:
            continue
        for each in objective.key_results:
            last = entries[each.id].measured if each.id in entries else None
            if last is not None and last.raw_progress is not None:
                ended = Ended(cycle=cycle.id, team=objective.team, key_result=each.id, progress=last.raw_progress)
                found.append((cycle.ends_on.isoformat(), ended))
    yield from (each for _, each in sorted(found, key=lambda pair: pair[0]))


def _frozen(snapshot: Snapshot) -> Iterator[tuple[str, Ended]]:
    body = json.loads(snapshot.body)
    for objective in body["objectives"]:
        results: list[Mapping[str, str | None]] = objective["key_results"] if objective["team"] else []
        for each in results:
            if each["raw_progress"] is not None:
                yield (
                    body["cycle"]["ends_on"],
                    Ended(
                        cycle=snapshot.cycle,
                        team=objective["team"],
                        key_result=str(each["id"]),
                        progress=Decimal(each["raw_progress"]),
                    ),
                )
