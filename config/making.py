"""From the checked keys of a measure on one selection to the measure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import BaseModel

from config.measure_model import (
    AggregateKeys,
    CompletionKeys,
    CountKeys,
    DurationKeys,
    PercentileKeys,
    SeriesKeys,
    WorkingKeys,
)
from config.paces import working_days
from config.yaml_nodes import Leaf
from mapping.errors import Place
from mapping.hours import WorkingHours
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Cycle,
    Duration,
    Latest,
    Measure,
    MissingEstimate,
    Series,
)
from mapping.words import Selection

YEARS_BACK = 2
"""Items that are done in a cycle may be this much older; holidays before do not count."""
_WEEKDAYS = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What surrounds a measure: where its key result stands."""

    address: str
    cycle: Cycle | None
    """None where it is wrong, which has been reported."""
    steps: Mapping[str, Decimal] | None = None
    """The milestones of its metric; None where it has none, empty where they are wrong."""


def make(kind: str, selection: Selection, keys: BaseModel, cycle: Cycle | None) -> Measure:
    """Return the measure on one selection that its checked keys describe.

    Raises:
        HolidaysError: nobody knows the holidays of the country or region.
    """
    match keys:
        case CompletionKeys():
            return _completion(selection, keys)
        case DurationKeys():
            return _duration(selection, keys, cycle)
        case SeriesKeys():
            return Series(selection=selection, take=keys.take, days=keys.days())
        case AggregateKeys():
            p = keys.p if isinstance(keys, PercentileKeys) else None
            return Aggregate(kind=AggregateKind(kind), selection=selection, field=keys.field, where=keys.where, p=p)
        case CountKeys():
            return Aggregate(kind=AggregateKind.COUNT, selection=selection, where=keys.where)
        case _:
            return Latest(selection=selection)


def _completion(selection: Selection, keys: CompletionKeys) -> Completion:
    missing = keys.missing
    fixed = missing if isinstance(missing, Decimal) else None
    return Completion(
        selection=selection,
        by=keys.by,
        where=keys.where,
        done_statuses=keys.done or (),
        wont_do=keys.wont_do,
        leaves=keys.leaves,
        missing=MissingEstimate.FIXED if fixed is not None else MissingEstimate(str(missing)),
        missing_value=fixed,
        in_progress=keys.in_progress,
        frozen_on=keys.scope if isinstance(keys.scope, date) else None,
    )


def _duration(selection: Selection, keys: DurationKeys, cycle: Cycle | None) -> Duration:
    return Duration(
        kind=keys.time,
        selection=selection,
        take=AggregateKind(keys.take) if keys.p is None else AggregateKind.PERCENTILE,
        p=keys.p,
        where=keys.where,
        unit=keys.unit,
        hours=None if keys.working is None or cycle is None else _hours(keys.working, cycle),
    )


def _hours(keys: WorkingKeys, cycle: Cycle) -> WorkingHours:
    opens, closes = keys.minutes()
    first = date(cycle.starts_on.year - YEARS_BACK, 1, 1)
    days = [first + timedelta(days=n) for n in range((cycle.ends_on - first).days)]
    works = working_days(keys.country, keys.region, days) if keys.country else set(days)
    off = tuple(day for day in days if day.weekday() in _WEEKDAYS and day not in works)
    return WorkingHours(timezone=cycle.timezone, opens=opens, closes=closes, off=off)


_FAULT = re.compile(
    r"^(?:filter|formula) .* has a fault at (?P<line>\d+):(?P<column>\d+): (?P<what>.*?); (?P<fix>available: .*)$",
    re.DOTALL,
)


def fault_problem(name: str, message: str, leaf: Leaf) -> tuple[Place, str, str]:
    """Return place, what and fix; the place is the fault's own where the text stands in the file as it is."""
    fault = _FAULT.match(message)
    if fault is None:
        what, _, fix = message.rpartition(": ")
        return leaf.place, what, fix
    line, column = int(fault["line"]), int(fault["column"])
    what = f"{name}: {fault['what']} (at {line}:{column} of the expression)"
    if leaf.block or "\n" in leaf.text:
        return leaf.place, what, fault["fix"]
    spot = leaf.spot
    return Place(file=spot.file, line=spot.line, column=spot.column + leaf.quoted + column - 1), what, fault["fix"]
