"""The arithmetic that people read, for what is more than a share of a way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from mapping.check_ins import CheckIn
from mapping.effective import Entries
from mapping.measure import measure_one
from mapping.metric import clamp, raw_progress
from mapping.rules import (
    COMPLETION_METRIC,
    Completion,
    KeyResult,
    Latest,
    Metric,
    MetricKind,
    MissingEstimate,
    Objective,
    Unit,
    UnitKind,
)
from mapping.standing import standing
from mapping.steps import steps
from tests.mapping.test_metric_kinds import band, zoned
from tests.mapping.worlds import CYCLE, DONE, SERIES, WONT, WORK, World, day, item, rule, sample

NOW = day("2026-11-15")


def told(key_result: KeyResult, world: World) -> tuple[str, ...]:
    reading = measure_one(key_result, CYCLE, world, NOW, collect=True)
    raw = None if reading.value is None else raw_progress(key_result.metric, reading.value, CYCLE)
    last = CheckIn(
        key_result=key_result.id,
        run=1,
        at=NOW,
        value=reading.value,
        metric=key_result.metric,
        raw_progress=raw,
        progress=None if raw is None else clamp(raw),
        items=reading.items,
        done=reading.done,
        formula=reading.formula,
        no_data=reading.no_data,
        rule="",
        rule_version="",
    )
    objective = Objective(id="shop", title="Shop", cycle=CYCLE, key_results=(key_result,))
    return steps(reading, standing(key_result, objective, entries=Entries(measured=last), fresh=None, now=NOW))


@pytest.mark.parametrize(
    ("metric", "value", "line"),
    [
        (band(20, 25, 10), 15, "progress: 1 − 5 outside the band / 10 outside at the baseline = 50%"),
        (zoned(0, 40, 70, 100), 55, "progress: 30% + 40% × (55 − 40) / (70 − 40) = 50%"),
        (zoned(100, 60, 30, 0), 80, "progress: 0% + 30% × (80 − 100) / (60 − 100) = 15%"),
    ],
)
def test_progress_shows_the_formula_of_its_own_kind(metric: Metric, value: int, line: str) -> None:
    world = World(series={SERIES: [sample(value, NOW - timedelta(days=1))]})
    assert line in told(rule(Latest(selection=SERIES), metric), world)


def test_missing_estimates_and_creep_are_said() -> None:
    items = [item("1", DONE, points=6), item("2", points=1), item("3", points=2), item("4")]
    then = World({WORK: [item("1", points=6), item("2", points=2)]})
    world = World({WORK: items}, past=[(day("2026-10-01T20:00"), then)])
    found = told(rule(Completion(selection=WORK, by="story_points"), COMPLETION_METRIC), world)
    # 6 of 9, 12 (a mean of 3) or 11 (a median of 2); 8 points have become 9
    assert "50% to 67% depending on how 1 item without an estimate is treated" in found
    line = f"scope 8 → 9 since {date(2026, 10, 1)} (+13%): 75% of the scope of then, 67% of today's"
    assert line in found


def test_a_reading_is_told_step_by_step() -> None:
    metric = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(10))
    world = World(series={SERIES: [sample(4, NOW - timedelta(days=1))]})
    assert told(rule(Latest(selection=SERIES), metric), world) == (
        "4 read",
        "read from kpis.xlsx, sheet KPI, cell C7",
        "progress: (4 − 0) / (10 − 0) = 40%",
        "45 of 92 days over: 49% expected",
        "40% of the way with 49% expected: 0.81 of the pace, on track from 0.90",
    )


def test_what_was_merely_read_is_told_with_its_unit() -> None:
    percent = Metric(
        kind=MetricKind.DECREASE,
        baseline=Decimal("0.042"),
        target=Decimal("0.0378"),
        unit=Unit(kind=UnitKind.PERCENT),
    )
    world = World(series={SERIES: [sample("0.0407", NOW - timedelta(days=1))]})
    assert told(rule(Latest(selection=SERIES), percent), world)[0] == "4.07% read"


def test_what_is_left_out_assumed_or_missing_is_told() -> None:
    points = Completion(selection=WORK, by="story_points", missing=MissingEstimate.MEAN)
    rows = [item("1", DONE, points=6), item("2", points=2), item("3"), item("4", WONT)]
    found = told(rule(points, COMPLETION_METRIC), World({WORK: rows}))
    assert found[:3] == (
        "6 of 12 story points done (1 of 3 items)",
        "1 left out: closed without being done",
        "1 assumed: no estimate: counted as the mean 4",
    )
    nothing = told(rule(Latest(selection=SERIES)), World(series={SERIES: []}))
    assert nothing[0] == "no data: no sample yet: kpis: column Actual, row NPS"
    assert not any(line.startswith("progress") for line in nothing)


def test_one_treatment_and_several_items_are_told_apart() -> None:
    low = Completion(selection=WORK, by="story_points", missing=MissingEstimate.ZERO)
    none = World({WORK: [item("1", points=6), item("2"), item("3")]})
    assert "0% however 2 items without an estimate are treated" in told(rule(low, COMPLETION_METRIC), none)
