"""What a measure reads of an item, so that a recorded item holds that and nothing of anybody's work besides."""

from __future__ import annotations

from mapping.rules import Aggregate, Completion, Duration, Measure, Metric, Rollup, Ticked, inner_of, parts_of
from mapping.where import ALWAYS, SOMETIMES, compile_where
from mapping.words import Selection

DATES = frozenset({"on", "created_at", "done_at"})
"""By one of these an item falls into a period."""
EVERYTHING = frozenset({*ALWAYS, *SOMETIMES, "status_id"}) - {"done"}
"""``numbers`` and ``fields`` among them: all that was asked of the vendor."""


def reads(measure: Measure, metric: Metric) -> dict[Selection, frozenset[str]]:
    """Return the names of what is read of the items of each selection: fields of WorkItem, of numbers or of fields."""
    found: dict[Selection, frozenset[str]] = {}
    if isinstance(measure, Rollup):
        inner = [(each.measure, each.metric) for each in parts_of(measure)]
    else:
        inner = [(each, metric) for each in inner_of(measure)]
    for part in (*(reads(*each) for each in inner), _own(measure, metric)):
        for selection, names in part.items():
            found[selection] = found.get(selection, frozenset()) | names
    return found


def _own(measure: Measure, metric: Metric) -> dict[Selection, frozenset[str]]:
    match measure:
        case Completion():
            names = {"status", "status_id"} if measure.done_statuses else set()
            names |= {"parent"} if measure.leaves else set()
            names |= {measure.by} if measure.by else set()
            return {measure.selection: frozenset(names) | _filtered(measure.where)}
        case Aggregate():
            names = {measure.field} if measure.field else set()
            dated = DATES if metric.per is not None else frozenset()
            return {measure.selection: frozenset(names) | dated | _filtered(measure.where)}
        case Duration():
            return {measure.selection: DATES | _filtered(measure.where)}
        case Ticked(selection=Selection() as selection):
            return {selection: frozenset({"title", "key"})}
        case _:
            return {}


def _filtered(where: str | None) -> frozenset[str]:
    if where is None:
        return frozenset()
    compiled = compile_where(where)
    return EVERYTHING if compiled.reads_all else compiled.names - {"done"}
