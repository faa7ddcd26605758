"""Progress of objectives and key results rolled up into one number. See docs/semantics.md, Roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from mapping.decimals import ONE, decimal_text, quotient
from mapping.metric import clamp, raw_progress
from mapping.readings import Contribution, Reading
from mapping.rules import Group, Measure, Part, Rollup, parts_of
from mapping.show import show_progress
from mapping.standing import WORST_FIRST, weighted_mean
from mapping.status import Pace, Status
from mapping.words import ItemState

NO_DATA = "has no data"


def rolled_up(measure: Rollup, readings: Mapping[str, Reading], *, collect: bool = False) -> Reading:
    """Return the weighted mean of the clamped progress of all parts that have data; those without are named.

    Args:
        measure: the key results and objectives.
        readings: of every key result below it, by address.
        collect: whether each part's share is wanted as evidence.
    """
    found = {part: _progress(part, readings) for part in measure.parts}
    there = [(part.weight, progress) for part, progress in found.items() if progress is not None]
    mean = weighted_mean(there)
    value = None if mean is None else quotient(mean, ONE)  # on the grid, so that differences are exact
    lacking = [part.address for part, progress in found.items() if progress is None]
    words = ", ".join(
        f"{part.address} {'–' if progress is None else show_progress(progress)} × {decimal_text(part.weight)}"
        for part, progress in found.items()
    )
    why = None if value is not None else f"no part has data: {', '.join(lacking)}"
    return Reading(
        value=value,
        no_data=why,
        items=len(there),
        done=sum(progress == 1 for _, progress in there),
        left_out={f"{NO_DATA}: {address}": 1 for address in lacking},
        formula="" if value is None else f"weighted mean of progress ({words}) = {show_progress(value)}",
        evidence=tuple(_evidence(part, progress) for part, progress in found.items()) if collect else (),
    )


UNJUDGED = frozenset({Status.NOT_STARTED, Status.NO_DATA, Status.STALE})


def judged_by_parts(measure: Measure, found: Pace, statuses: Mapping[str, Status]) -> Pace:
    """Return the pace of a roll-up: its status is the worst of the key results below it, whatever their mean says.

    Args:
        measure: of the key result; any other than a roll-up leaves its pace as it is.
        found: its own pace, by the mean; one without a value, or stale, stays.
        statuses: of key results by address; parts that are not in it, or weigh nothing, have no say.
    """
    address = _worst_part(measure, found.status, statuses)
    if address is None:
        return found
    because = f"as bad as {address}, the worst of its parts: {found.because}"
    return replace(found, status=statuses[address], because=because)


def rolled_status(measure: Measure, own: Status, statuses: Mapping[str, Status]) -> Status:
    """Return the status alone, as ``judged_by_parts`` gives it."""
    address = _worst_part(measure, own, statuses)
    return own if address is None else statuses[address]


def _worst_part(measure: Measure, own: Status, statuses: Mapping[str, Status]) -> str | None:
    if not isinstance(measure, Rollup) or own in UNJUDGED:
        return None
    parts = [address for address in weighing(measure) if address in statuses]
    return min(parts, key=lambda each: WORST_FIRST.index(statuses[each]), default=None)


def weighing(measure: Rollup) -> tuple[str, ...]:
    """Return the addresses of the key results below a roll-up that weigh in it, those of inner roll-ups included."""
    found: list[str] = []
    for part in parts_of(measure):
        if part.weight:
            found += weighing(part.measure) if isinstance(part.measure, Rollup) else [part.address]
    return tuple(dict.fromkeys(found))


def _progress(part: Part | Group, readings: Mapping[str, Reading]) -> Decimal | None:
    """Return a part's clamped progress; None where it has no data."""
    if isinstance(part, Group):
        found = [(inner.weight, _progress(inner, readings)) for inner in part.parts]
        return weighted_mean([(weight, progress) for weight, progress in found if progress is not None])
    value = readings[part.address].value
    return None if value is None else clamp(raw_progress(part.metric, value, part.cycle))


def _evidence(part: Part | Group, progress: Decimal | None) -> Contribution:
    state = ItemState.DONE if progress == 1 else ItemState.IN_PROGRESS if progress else ItemState.TODO
    return Contribution(
        connection="",
        item=part.address,
        key=part.address,
        title=part.address,
        state=state,
        status=NO_DATA if progress is None else show_progress(progress),
        url=None,
        weight=part.weight,
        credit=part.weight * (progress or 0),
        counted=progress is not None,
        note=NO_DATA if progress is None else "",
    )
