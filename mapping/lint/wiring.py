"""Lint: what key results are fed by. Text tells what was meant, the wiring what is measured."""

from __future__ import annotations

from collections.abc import Iterator

from mapping.lint.finding import Case, Finding, Subject
from mapping.metric import THRESHOLDS, falls, has_ramp
from mapping.rules import (
    Aggregate,
    AggregateKind,
    ByHand,
    Completion,
    KeyResult,
    MetricKind,
    Objective,
    Ticked,
    selections_of,
)
from mapping.show import show_value


def outputs(case: Case) -> Iterator[Finding]:
    """An objective whose key results all measure work that is done, and none what came of it."""
    for objective in case.open:
        done = [each for each in objective.key_results if is_output(each, case.trackers)]
        if not done or len(done) < len(objective.key_results):
            continue
        for each in done:
            what = f"{each.id} counts finished work, and nothing under {objective.id} measures what came of it"
            yield Finding("OKR040", Subject.of(each, "measure"), what, _paired(objective, case))


def is_output(key_result: KeyResult, trackers: frozenset[str]) -> bool:
    """Return whether a key result moves when tickets are closed, whatever comes of it.

    Fewer open bugs are an outcome, as are records of what happened (leads, answers), durations and shares.
    """
    match key_result.measure:
        case Completion() | Ticked():
            return True
        case Aggregate(kind=AggregateKind.COUNT | AggregateKind.SUM, selection=selection):
            return selection.connection in trackers and not falls(key_result.metric)
        case _:
            return False


def _paired(objective: Objective, case: Case) -> str:
    """Return which number to put beside the work."""
    source = f"`latest` from {case.series[0]}" if case.series else "`latest` of a sheet or a query"
    return (
        f"pair it with a number that “{objective.title}” is to move ({source}), "
        "or with a `duration` or the count of open bugs of the same work"
    )


def twins(case: Case) -> Iterator[Finding]:
    """Two key results with the same measure and metric."""
    seen: dict[tuple[object, ...], KeyResult] = {}
    for objective, key_result in case.key_results():
        same = (objective.cycle, key_result.measure, key_result.metric)
        first = seen.setdefault(same, key_result)
        if first is not key_result:
            what = f"{key_result.id} measures exactly what {first.id} does"
            fix = f"measure something else, or let a rollup refer to {first.id}"
            yield Finding("OKR041", Subject.of(key_result, "measure"), what, fix)


def cells_without_label(case: Case) -> Iterator[Finding]:
    """A cell by its address alone."""
    for _, key_result in case.key_results():
        for selection in selections_of(key_result.measure):
            terms = selection.terms()
            if terms.get("cell") is not None and terms.get("label") is None:
                what = f"{key_result.id} reads cell {terms['cell']} of {selection.connection} whatever it holds"
                fix = "add label: with the text beside it, or name row: and column: instead"
                yield Finding("OKR042", Subject.of(key_result, "measure"), what, fix)


def thresholds_without_baseline(case: Case) -> Iterator[Finding]:
    """A threshold that is met or not, with no way to be on."""
    for _, key_result in case.key_results():
        metric = key_result.metric
        if metric.kind not in THRESHOLDS or metric.kind is MetricKind.BINARY or metric.baseline is not None:
            continue
        if not has_ramp(metric):
            what = f"{key_result.id} is at 0 % until {show_value(metric.target, metric.unit)}, then at 100 %"
            fix = "add baseline: with the value it starts from"
            yield Finding("OKR043", Subject.of(key_result, "metric"), what, fix)


def measured_by_nothing(case: Case) -> Iterator[Finding]:
    """Key results that people check in by hand alone."""
    for _, key_result in case.key_results():
        if isinstance(key_result.measure, ByHand):
            fix = "name where the number stands, if only a cell of a sheet: measure: {latest: …}"
            yield Finding("OKR044", Subject.of(key_result), f"{key_result.id} is measured by nothing", fix)
