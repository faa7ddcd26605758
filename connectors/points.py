"""Makes samples of the numbers that a generic source reads: in order of time, one for each instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.plain import in_unit
from connectors.port import OnSkip
from mapping.errors import SkipRecordError
from mapping.words import Sample, Selection

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Point:
    """One number as it was read."""

    at: datetime
    value: Decimal
    place: str
    """Where it stands, for people."""


def in_batches(
    points: Iterable[Point], selection: Selection, unit: str | None, on_skip: OnSkip
) -> Iterator[list[Sample]]:
    """Yield the samples of a series, oldest first.

    An instant with two numbers is told and left out: nobody can say which of them holds.
    """
    found: dict[datetime, Point] = {}
    torn: set[datetime] = set()
    for point in points:
        other = found.setdefault(point.at, point)
        if other.value != point.value and point.at not in torn:
            torn.add(point.at)
            said = f"{other.value} ({other.place}) and {point.value} ({point.place})"
            on_skip(SkipRecordError(f"{selection.connection}: {point.at.isoformat()} has two values, {said}"))
    kept = [found[at] for at in sorted(found.keys() - torn)]
    for start in range(0, len(kept), BATCH):
        yield [
            Sample(
                connection=selection.connection,
                series=selection.key,
                at=each.at,
                value=in_unit(each.value, unit),
                unit=unit,
                origin=each.place,
            )
            for each in kept[start : start + BATCH]
        ]
