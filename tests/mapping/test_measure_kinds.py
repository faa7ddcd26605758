"""Percentiles, durations, windows, formulas, milestones, roll-ups and scopes, each computed by hand."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.canonical import rule_from_json, rule_json, rule_text
from mapping.decimals import percentile
from mapping.errors import RuleError
from mapping.formula import compile_formula
from mapping.hours import WorkingHours, working_seconds
from mapping.measure import measure_all, measure_one
from mapping.readings import Reading
from mapping.rollup import judged_by_parts, rolled_status, weighing
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    Formula,
    Group,
    Latest,
    Measure,
    Metric,
    MetricKind,
    MissingEstimate,
    Part,
    Period,
    PeriodPolicy,
    Ratio,
    Rollup,
    Series,
    SeriesTake,
    Ticked,
    TimeUnit,
    Unit,
    UnitKind,
    selections_of,
)
from mapping.status import Status
from mapping.words import Sample
from tests.mapping.test_pace import at
from tests.mapping.worlds import (
    CYCLE,
    DOING,
    DONE,
    NOW,
    OTHER,
    SECOND,
    SERIES,
    TODO,
    WONT,
    WORK,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
DONE_COUNT = replace(COUNT, where="item.done")
PARIS = WorkingHours(timezone="Europe/Paris", off=(date(2026, 11, 11),))


def read(
    measure: Measure, world: World, metric: Metric | None = None, now: str = "2026-11-15", **more: bool
) -> Reading:
    return measure_one(rule(measure, metric), CYCLE, world, day(now), **more)


# --- aggregates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "p", "value", "formula"),
    [
        (AggregateKind.MEDIAN, None, "2.5", "2.5 is the median story points of 4 items"),
        # rank (4 - 1) · 0.85 = 2.55: from 3 on 55 % of the way to 8
        (AggregateKind.PERCENTILE, "85", "5.75", "5.75 is percentile 85 of story points of 4 items"),
        (AggregateKind.PERCENTILE, "0", "1", "1 is percentile 0 of story points of 4 items"),
        (AggregateKind.PERCENTILE, "100", "8", "8 is percentile 100 of story points of 4 items"),
    ],
)
def test_medians_and_percentiles_lie_between_neighbours_in_proportion(
    kind: AggregateKind, p: str | None, value: str, formula: str
) -> None:
    items = [item(str(n), points=points) for n, points in enumerate([8, 1, 3, 2])]
    measure = Aggregate(kind=kind, selection=WORK, field="story_points", p=None if p is None else Decimal(p))
    reading = read(measure, World({WORK: items}))
    assert (reading.value, reading.formula) == (Decimal(value), formula)


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=30), st.integers(0, 100))
def test_a_percentile_is_that_of_the_standard_library(values: list[Decimal], p: int) -> None:
    found = percentile(Counter(values), Decimal(p))
    assert min(values) <= found <= max(values)
    assert percentile(Counter(values), Decimal(50)) == statistics.median(values)
    if len(values) > 1 and 0 < p < 100:
        assert abs(found - statistics.quantiles(values, n=100, method="inclusive")[p - 1]) < Decimal("1e-9")


def test_distinct_counts_different_texts_and_leaves_out_who_has_none() -> None:
    items = [item("1", assignee="ana"), item("2", assignee="ben"), item("3", assignee="ana"), item("4")]
    people = Aggregate(kind=AggregateKind.DISTINCT, selection=WORK, field="assignee")
    reading = read(people, World({WORK: items}))
    assert (reading.value, reading.formula) == (Decimal(2), "2 different assignee in 3 items")
    assert reading.left_out == {"no assignee": 1}
    regions = [item(str(n), fields={"Region": name}) for n, name in enumerate(["EU", "EU", "US"])]
    assert read(replace(people, field="Region"), World({WORK: regions})).value == 2


# --- durations ------------------------------------------------------------------------------------------------------

TIMED = [
    item("1", DONE, created_at=day("2026-11-02"), done_at=day("2026-11-04")),
    item("2", DONE, created_at=day("2026-11-02"), done_at=day("2026-11-08")),
    item("3", DONE, created_at=day("2026-11-02")),
    item("4", DOING, created_at=day("2026-11-05")),
    item("5", WONT, created_at=day("2026-11-01")),
]


def test_lead_time_runs_from_creation_to_done() -> None:
    reading = read(Duration(kind=DurationKind.LEAD, selection=WORK), World({WORK: TIMED}))
    assert (reading.value, reading.formula) == (Decimal(4), "4 is the median lead time in days of 2 items")
    assert reading.left_out == {"done without a time of completion": 1, "not done yet": 2}


def test_cycle_time_runs_from_when_work_began_as_far_as_that_is_on_record() -> None:
    world = World({WORK: TIMED}, begun={"1": day("2026-11-03")})
    reading = read(Duration(kind=DurationKind.CYCLE, selection=WORK, unit=TimeUnit.HOURS), world)
    assert reading.value == 24
    assert reading.left_out["no record of when work began"] == 2


def test_age_is_of_open_items_and_moves_with_the_clock() -> None:
    age = Duration(kind=DurationKind.AGE, selection=WORK, take=AggregateKind.MAX)
    assert read(age, World({WORK: TIMED})).value == 10
    assert read(age, World({WORK: TIMED}), now="2026-11-16").value == 11


def test_no_item_with_a_duration_is_no_data() -> None:
    reading = read(Duration(kind=DurationKind.LEAD, selection=WORK), World({WORK: [item("1", TODO)]}))
    assert (reading.value, reading.no_data) == (None, "none of 1 item has lead time")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-09T08:00", "2026-11-09T12:00", 4),  # 9:00 to 13:00 on a Monday in Paris
        ("2026-11-09T12:00", "2026-11-10T09:00", 5),  # 13:00 to 17:00, then 9:00 to 10:00
        ("2026-11-10T15:00", "2026-11-12T09:00", 2),  # 16:00 on, the 11th is off, then one hour
        ("2026-11-06T15:00", "2026-11-09T08:30", 1.5),  # over a weekend
        ("2026-11-07T10:00", "2026-11-08T10:00", 0),  # within one
        ("2026-10-23T07:00", "2026-10-26T08:00", 8),  # over the night the clocks change: Friday, Monday 9:00
        ("2026-11-09T12:00", "2026-11-09T08:00", 0),
    ],
)
def test_working_time_leaves_out_nights_weekends_and_holidays(start: str, end: str, hours: float) -> None:
    assert working_seconds(day(start), day(end), PARIS) == hours * 3600


moments = st.integers(0, 400 * 86400).map(lambda seconds: day("2026-01-01") + timedelta(seconds=seconds))


@given(st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_working_time_adds_up_over_any_moment_between(found: list[datetime]) -> None:
    start, middle, end = found
    whole = working_seconds(start, end, PARIS)
    assert whole == working_seconds(start, middle, PARIS) + working_seconds(middle, end, PARIS)


def test_a_day_of_working_hours_is_one_of_work() -> None:
    items = [item("1", DONE, created_at=day("2026-11-09T08:00"), done_at=day("2026-11-12T08:00"))]
    lead = Duration(kind=DurationKind.LEAD, selection=WORK, hours=PARIS)
    assert read(lead, World({WORK: items})).value == 2  # Monday and Tuesday; Wednesday is off


# --- series ---------------------------------------------------------------------------------------------------------

STREAM = [
    sample(10, day("2026-09-20")),
    sample(40, day("2026-10-20")),
    sample(16, day("2026-11-05")),
    sample(22, day("2026-11-15")),
    sample(99, day("2026-11-16")),
]


@pytest.mark.parametrize(
    ("take", "days", "value"),
    [
        (SeriesTake.LATEST, 28, "22"),
        (SeriesTake.MEAN, 28, "26"),  # from October 19 on: 40, 16, 22
        (SeriesTake.SUM, 11, "38"),  # from November 5 on
        (SeriesTake.SUM, 10, "22"),  # from November 6 on
        (SeriesTake.MIN, None, "16"),
        (SeriesTake.MAX, None, "40"),
        (SeriesTake.WORST, None, "16"),
        (SeriesTake.CHANGE, 11, "-18"),  # 40 before the window
        (SeriesTake.CHANGE, None, "12"),  # 10 before the cycle
        (SeriesTake.RATE, None, "0.214285714286"),  # 12 in 56 days
    ],
)
def test_a_window_ends_today_and_counts_local_days(take: SeriesTake, days: int | None, value: str) -> None:
    reading = read(Series(selection=SERIES, take=take, days=days), World(series={SERIES: STREAM}))
    assert reading.value == Decimal(value), reading.formula


def test_the_worst_of_a_window_is_the_greatest_where_less_is_better() -> None:
    worst = Series(selection=SERIES, take=SeriesTake.WORST)
    assert read(worst, World(series={SERIES: STREAM}), number(5, 50, MetricKind.DECREASE)).value == 40


@pytest.mark.parametrize(
    ("take", "samples", "why"),
    [
        (SeriesTake.MEAN, STREAM[:1], "no sample from 2026-10-01 to 2026-11-15"),
        (SeriesTake.CHANGE, STREAM[2:3], "there are no two samples to compare from 2026-10-01"),
        (SeriesTake.MEAN, [], "no sample yet"),
    ],
)
def test_too_few_samples_are_no_data(take: SeriesTake, samples: list[Sample], why: str) -> None:
    reading = read(Series(selection=SERIES, take=take), World(series={SERIES: samples}))
    assert reading.value is None
    assert (reading.no_data or "").startswith(why)


def test_a_series_is_taken_per_period_too() -> None:
    metric = Metric(
        kind=MetricKind.INCREASE, target=Decimal(9), baseline=Decimal(0), per=Period.MONTH, over=PeriodPolicy.LATEST
    )
    mean = Series(selection=SERIES, take=SeriesTake.MEAN)
    assert read(mean, World(series={SERIES: STREAM}), metric, now="2026-12-05").value == Decimal("45.666666666667")
    change = replace(mean, take=SeriesTake.CHANGE)
    assert read(change, World(series={SERIES: STREAM}), metric, now="2026-12-05").value == 59  # 40 → 99


# --- formula --------------------------------------------------------------------------------------------------------


def test_a_formula_computes_in_decimals_and_shows_its_numbers() -> None:
    measure = Formula(
        value="done / (done + open)", of=(("done", DONE_COUNT), ("open", replace(COUNT, where="!item.done")))
    )
    items = [item("1", DONE), item("2"), item("3"), item("4", DONE), item("5", DONE)]
    reading = read(measure, World({WORK: items}))
    assert reading.value == Decimal("0.6")
    assert reading.formula == "done / (done + open) = 0.6 with done = 3, open = 2 (done: 3 items; open: 2 items)"
    evidence = read(measure, World({WORK: items}), collect=True).evidence
    assert [(part.item, part.note) for part in evidence if part.counted][:1] == [("1", "done")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 - 2 - 3", "-4"),
        ("2 + 3 * 4", "14"),
        ("7 % 4", "3"),
        ("-a * -2", "6"),
        ("a > 2 && b < 0 || false ? 1 : 2", "2"),
        ("has(n) ? n : a", "3"),
        ("min(a, b, 10) + max(a, b) + abs(-1)", "5"),
        ("1 / 3", "0.333333333333"),
        ("a == 3 != false ? 1 : 0", None),
        ("1e3 + .5", "1000.5"),
    ],
)
def test_expressions_have_the_value_of_school_arithmetic(text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(RuleError, match="cannot follow here"):
            compile_formula(text, frozenset("abn"))
        return
    values = {"a": Decimal(3), "b": Decimal(1), "n": None}
    assert compile_formula(text, frozenset("abn")).value(values) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a / (a - a)", "the divisor (a - a) is 0"),
        ("a + nothing", "nothing: no sample yet: kpis: column Actual, row NPS"),
    ],
)
def test_a_formula_on_nothing_is_no_data(text: str, why: str) -> None:
    measure = Formula(value=text, of=(("a", COUNT), ("nothing", Latest(selection=SERIES))))
    reading = read(measure, World({WORK: [item("1")]}, {SERIES: []}))
    assert (reading.value, reading.no_data) == (None, why)


def test_a_formula_is_taken_per_period() -> None:
    metric = replace(number(1), per=Period.MONTH, over=PeriodPolicy.LATEST)
    measure = Formula(value="done / all", of=(("all", COUNT), ("done", DONE_COUNT)))
    items = [item("1", DONE, done_at=day("2026-10-05")), item("2", created_at=day("2026-10-06")), item("3")]
    reading = read(measure, World({WORK: items}), metric)
    assert (reading.value, reading.formula) == (Decimal("0.5"), "2026-10 0.5")


numbers = st.decimals(-1000, 1000, places=2)


@given(a=numbers, b=numbers, c=numbers)
def test_formulas_agree_with_decimal_arithmetic(a: Decimal, b: Decimal, c: Decimal) -> None:
    values = {"a": a, "b": b, "c": c}
    assert compile_formula("a + b * c - (a - c)", frozenset("abc")).value(values) == a + b * c - (a - c)


# --- milestones -----------------------------------------------------------------------------------------------------

STEPS = (("Design", Decimal("0.2")), ("Build", Decimal("0.5")), ("Launch", Decimal("0.3")))


def test_milestones_are_ticked_by_items_of_their_title_or_key() -> None:
    ticked = Ticked(steps=(*STEPS[:2], ("CHK-3", Decimal("0.3"))), selection=WORK)
    items = [item("1", DONE, title="design "), item("2", DOING, title="Build"), item("3", DONE), item("4", title="Tea")]
    reading = read(ticked, World({WORK: items}), COMPLETION_METRIC)
    assert reading.value == Decimal("0.5")
    assert reading.formula == "2 of 3 milestones ticked (Design 0.2, CHK-3 0.3): 0.5 of 1"
    assert reading.left_out == {"is no step of the milestones": 1}


def test_a_step_of_several_items_is_ticked_when_all_are_done_that_still_stand() -> None:
    ticked = Ticked(steps=(("Build", Decimal(1)),), selection=WORK)
    half = [item("1", DONE, title="Build"), item("2", DOING, title="Build")]
    assert read(ticked, World({WORK: half}), COMPLETION_METRIC).value == 0
    closed = [item("1", DONE, title="Build"), item("2", WONT, title="Build")]
    assert read(ticked, World({WORK: closed}), COMPLETION_METRIC).value == 1


def test_a_step_that_no_item_carries_is_no_data_as_it_was_most_likely_renamed() -> None:
    reading = read(Ticked(steps=STEPS, selection=WORK), World({WORK: [item("1", DONE, title="Design")]}))
    assert (reading.value, reading.no_data) == (None, "no item is named Build, Launch: jira: jql project = CHK")


def test_steps_ticked_by_hand_count_from_their_day_on() -> None:
    ticked = Ticked(steps=STEPS, by_hand=(("Build", date(2026, 11, 16)), ("Design", None)))
    assert read(ticked, World(), COMPLETION_METRIC).value == Decimal("0.2")
    assert read(ticked, World(), COMPLETION_METRIC, now="2026-11-16").value == Decimal("0.7")


# --- roll-up --------------------------------------------------------------------------------------------------------


def part(address: str, measure: Measure, metric: Metric, weight: int = 1) -> Part:
    return Part(address=address, weight=Decimal(weight), metric=metric, measure=measure, cycle=CYCLE)


HALF = part("o/half", DONE_COUNT, number(4))  # 2 of 4
OVER = part("o/over", COUNT, number(2), 2)  # 5 of 2, which counts as the whole way
MISSING = part("o/missing", Latest(selection=SERIES), number(9))
FIVE = World({WORK: [item("1", DONE), item("2", DONE), item("3"), item("4"), item("5")]}, {SERIES: []})


def test_a_roll_up_is_the_weighted_mean_of_clamped_progress() -> None:
    group = Group(address="o", weight=Decimal(3), parts=(HALF, OVER))  # (0.5 + 2·1) / 3 = 0.833…
    reading = read(Rollup(parts=(group, replace(HALF, address="p/x"))), FIVE, COMPLETION_METRIC, collect=True)
    assert reading.value == Decimal("0.75")  # (3 · 0.8333… + 0.5) / 4
    assert reading.formula == "weighted mean of progress (o 83% × 3, p/x 50% × 1) = 75%"
    assert [(each.key, each.weight, each.status) for each in reading.evidence] == [
        ("o", Decimal(3), "83%"),
        ("p/x", Decimal(1), "50%"),
    ]


def test_parts_without_data_are_named_and_take_no_part() -> None:
    reading = read(Rollup(parts=(HALF, MISSING)), FIVE, COMPLETION_METRIC)
    assert reading.value == Decimal("0.5")
    assert reading.left_out == {"has no data: o/missing": 1}
    nothing = read(Rollup(parts=(MISSING,)), FIVE, COMPLETION_METRIC)
    assert (nothing.value, nothing.no_data) == (None, "no part has data: o/missing")


def test_a_roll_up_draws_on_all_that_its_parts_draw_on_and_streams_each_once() -> None:
    measure = Rollup(parts=(Group(address="o", weight=Decimal(1), parts=(HALF, OVER)), MISSING))
    assert selections_of(measure) == (WORK, SERIES)
    world = World(FIVE.items, FIVE.series)
    measure_all(
        [rule(measure, COMPLETION_METRIC), rule(COUNT, id_="x/y")], {"shop/checkout": CYCLE, "x/y": CYCLE}, world, NOW
    )
    assert world.passes == [WORK]


def test_a_share_of_a_whole_has_no_value_per_period() -> None:
    monthly = replace(COMPLETION_METRIC, per=Period.MONTH)
    for measure in (Rollup(parts=(HALF,)), Completion(selection=WORK), Ticked(steps=STEPS, selection=WORK)):
        with pytest.raises(RuleError, match="has no value per month"):
            read(measure, FIVE, monthly)


# --- completion: span and scope --------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", list(MissingEstimate))
def test_a_reading_says_how_far_it_hangs_on_missing_estimates(missing: MissingEstimate) -> None:
    points = Completion(
        selection=WORK,
        by="story_points",
        missing=missing,
        missing_value=Decimal(20) if missing is MissingEstimate.FIXED else None,
    )
    items = [item("1", DONE, points=6), item("2", points=1), item("3", points=2), item("4"), item("5")]
    reading = read(points, World({WORK: items}), COMPLETION_METRIC)
    # excluded or zero: 6 of 9; mean 3: 6 of 15; median 2: 6 of 13; fixed 20: 6 of 49
    least = "0.122448979592" if missing is MissingEstimate.FIXED else "0.4"
    assert reading.span == (Decimal(least), Decimal("0.666666666667"))
    assert reading.unestimated == 2
    assert reading.value is not None
    assert reading.span[0] <= reading.value <= reading.span[1]


THEN = World({WORK: [item("1", points=4), item("2", points=4), item("3", points=2)]})
LATER = [item("1", DONE, points=5), item("3", points=2), item("4", DONE, points=3), item("5", points=2)]


def scoped(frozen: date | None, *, past: str = "2026-10-01T20:00") -> tuple[Completion, World]:
    measure = Completion(selection=WORK, by="story_points", frozen_on=frozen)
    return measure, World({WORK: LATER}, past=[(day(past), THEN)])


def test_current_and_frozen_scope_stand_together_with_the_creep() -> None:
    measure, world = scoped(None)
    scope = read(measure, world, COMPLETION_METRIC, collect=True).scope
    assert scope is not None
    # 8 of 12 today; of the 10 of then 4 are done, as item 2 has left and item 1 had 4; 12 for 10 is a fifth more
    assert (scope.on, scope.current, scope.frozen) == (date(2026, 10, 1), Decimal("0.666666666667"), Decimal("0.4"))
    assert (scope.weight_then, scope.weight_now, scope.creep) == (Decimal(10), Decimal(12), Decimal("0.2"))
    assert read(measure, world, COMPLETION_METRIC).scope is None  # not in the nightly pass


def test_a_frozen_scope_is_the_value_of_its_rule() -> None:
    reading = read(*scoped(date(2026, 10, 1)), COMPLETION_METRIC)
    assert (reading.value, reading.formula) == (Decimal("0.4"), "4 of the 10 in scope on 2026-10-01 done")


def test_a_scope_that_is_not_on_record_is_no_data_for_a_frozen_rule_only() -> None:
    reading = read(*scoped(date(2026, 10, 1), past="2026-10-02T20:00"), COMPLETION_METRIC)
    assert reading.value is None
    assert (reading.no_data or "").startswith("the scope of 2026-10-01 is not on record")
    measure, world = scoped(None, past="2026-10-02T20:00")
    current = read(measure, world, COMPLETION_METRIC, collect=True)
    assert (current.value, current.scope) == (Decimal("0.666666666667"), None)


# --- all ------------------------------------------------------------------------------------------------------------

EVERY: list[Measure] = [
    Aggregate(kind=AggregateKind.PERCENTILE, selection=WORK, field="cost", p=Decimal(85)),
    Aggregate(kind=AggregateKind.DISTINCT, selection=WORK, field="assignee"),
    Duration(kind=DurationKind.LEAD, selection=WORK, take=AggregateKind.PERCENTILE, p=Decimal(85), hours=PARIS),
    Duration(kind=DurationKind.AGE, selection=WORK, unit=TimeUnit.HOURS, where="!item.done"),
    Series(selection=SERIES, take=SeriesTake.RATE, days=28),
    Series(selection=SERIES, take=SeriesTake.MEAN),
    Formula(value="a / b", of=(("a", COUNT), ("b", Ratio(of=COUNT, to=Latest(selection=SECOND))))),
    Ticked(steps=STEPS, selection=OTHER),
    Ticked(steps=STEPS, by_hand=(("Build", date(2026, 11, 16)), ("Design", None))),
    Rollup(parts=(Group(address="o", weight=Decimal(3), parts=(HALF, OVER)), MISSING)),
    Completion(selection=WORK, frozen_on=date(2026, 10, 1)),
]


@pytest.mark.parametrize("measure", EVERY, ids=lambda measure: type(measure).__name__)
def test_every_measure_comes_back_from_its_canonical_form(measure: Measure) -> None:
    text = rule_json(number(9), measure)
    assert rule_from_json(text) == (number(9), measure)
    assert rule_text(text).startswith("measure: {")


def test_evidence_for_milestones_names_the_step_and_weighs_what_is_ticked() -> None:
    ticked = Ticked(steps=STEPS[:2], selection=WORK)
    items = [item("3", DONE, title="Design"), item("1", DONE, title="Design"), item("2", title="Build")]
    others = [item("4", title="Tea"), item("5", title="Lunch")]
    reading = read(ticked, World({WORK: [*items, *others]}), COMPLETION_METRIC, collect=True)
    assert [(each.item, each.weight, each.credit, each.note) for each in reading.evidence] == [
        ("1", Decimal("0.2"), Decimal("0.2"), "step Design"),
        ("3", Decimal("0.2"), Decimal("0.2"), "step Design"),
        ("2", Decimal("0.5"), Decimal(0), "step Build"),
    ]
    assert (reading.items, reading.done, reading.left_out) == (3, 2, {"is no step of the milestones": 2})


def test_milestones_that_weigh_nothing_are_no_data() -> None:
    ticked = Ticked(steps=(("Build", Decimal(0)),), by_hand=(("Build", None),))
    reading = read(ticked, World(), COMPLETION_METRIC)
    assert (reading.value, reading.no_data) == (None, "the weights of the milestones sum to 0")


def test_evidence_for_a_roll_up_says_what_each_part_gives() -> None:
    reading = read(Rollup(parts=(HALF, OVER, MISSING)), FIVE, COMPLETION_METRIC, collect=True)
    assert (reading.items, reading.done) == (2, 1)
    assert [
        (each.connection, each.item, each.title, each.state, each.status, each.credit, each.counted, each.note)
        for each in reading.evidence
    ] == [
        ("", "o/half", "o/half", DOING, "50%", Decimal("0.5"), True, ""),
        ("", "o/over", "o/over", DONE, "100%", Decimal(2), True, ""),
        ("", "o/missing", "o/missing", TODO, "has no data", Decimal(0), False, "has no data"),
    ]
    nothing = read(Rollup(parts=(MISSING,)), FIVE, COMPLETION_METRIC)
    assert (nothing.formula, nothing.items, nothing.evidence) == ("", 0, ())


def test_a_frozen_scope_shows_the_fraction_it_is_and_no_span() -> None:
    measure, _ = scoped(date(2026, 10, 1))
    world = World({WORK: [*LATER, item("6")]}, past=[(day("2026-10-01T20:00"), THEN)])
    reading = read(measure, world, COMPLETION_METRIC)
    assert (reading.numerator, reading.denominator, reading.span) == (Decimal(4), Decimal(10), None)
    assert reading.scope is not None
    assert reading.scope.frozen == Decimal("0.4")
    empty = World({WORK: LATER}, past=[(day("2026-10-01T20:00"), World({WORK: []}))])
    nothing = read(measure, empty, COMPLETION_METRIC)
    assert (nothing.value, nothing.formula) == (None, "")
    assert nothing.no_data == "nothing was in scope on 2026-10-01: jira: jql project = CHK"


def test_the_scope_of_a_day_that_is_not_over_is_todays() -> None:
    measure = Completion(selection=WORK, by="story_points", frozen_on=date(2026, 11, 15))
    assert read(measure, World({WORK: LATER}), COMPLETION_METRIC).value == Decimal("0.666666666667")


def test_a_series_says_how_its_number_came_about() -> None:
    stream = World(series={SERIES: STREAM})
    for take, days, formula in (
        (SeriesTake.MEAN, 28, "mean of 3 samples = 26 from 2026-10-19 to 2026-11-15"),
        (SeriesTake.SUM, 10, "sum of 1 sample = 22 from 2026-11-06 to 2026-11-15"),
        (SeriesTake.CHANGE, 11, "40 on 2026-10-20 → 22 on 2026-11-15: -18 from 2026-11-05 to 2026-11-15"),
    ):
        reading = read(Series(selection=SERIES, take=take, days=days), stream)
        assert reading.formula == formula
        assert (reading.at, reading.origin) == (day("2026-11-15"), "kpis.xlsx, sheet KPI, cell C7")
    rate = read(Series(selection=SERIES, take=SeriesTake.RATE), stream).formula
    assert rate.startswith("10 on 2026-09-20 → 22 on 2026-11-15: 12 / 56 days = 0.214285714286 a day from 2026-10-01")


def test_a_series_per_period_says_what_it_rests_on() -> None:
    monthly = replace(number(9), per=Period.MONTH, over=PeriodPolicy.LATEST)
    for measure in (Latest(selection=SERIES), Series(selection=SERIES, take=SeriesTake.MEAN)):
        reading = read(measure, World(series={SERIES: STREAM}), monthly)
        assert (reading.at, reading.origin) == (day("2026-11-15"), "kpis.xlsx, sheet KPI, cell C7")
        early = read(measure, World(series={SERIES: STREAM[-1:]}), monthly)
        assert early.no_data == "the first sample is of 2026-11-16: kpis: column Actual, row NPS"


def test_a_series_in_a_currency_without_a_rate_is_no_data_per_period_too() -> None:
    euros = replace(number(9), unit=Unit(kind=UnitKind.CURRENCY, currency="EUR"))
    monthly = replace(euros, per=Period.MONTH, over=PeriodPolicy.LATEST)
    world = World(series={SERIES: [sample(5, day("2026-10-05"), unit="USD")]})
    for measure in (Latest(selection=SERIES), Series(selection=SERIES, take=SeriesTake.MEAN)):
        for metric in (euros, monthly):
            reading = read(measure, world, metric)
            assert (reading.value, reading.no_data) == (
                None, "USD cannot become EUR: the rules have no currencies section",
            )  # fmt: skip


def test_a_denominator_of_0_in_one_month_leaves_that_month_out() -> None:
    monthly = replace(number(1), per=Period.MONTH, over=PeriodPolicy.MEAN)
    measure = Ratio(of=DONE_COUNT, to=replace(COUNT, where="item.title != 'No'"))
    rows = [
        item("1", DONE, on=day("2026-10-05")),
        item("2", on=day("2026-10-06")),
        item("3", DONE, on=day("2026-11-05"), title="No"),
    ]
    assert read(measure, World({WORK: rows}), monthly, now="2026-12-05").formula == "2026-10 0.5"


def test_a_roll_up_is_as_bad_as_the_worst_part_that_weighs_in_it() -> None:
    inner = Rollup(parts=(replace(HALF, address="i/x"), replace(HALF, address="i/free", weight=Decimal(0))))
    nested = replace(HALF, address="o/inner", measure=inner)
    measure = Rollup(parts=(Group(address="o", weight=Decimal(1), parts=(HALF, OVER)), nested, HALF))
    assert weighing(measure) == ("o/half", "o/over", "i/x")
    statuses = {
        "o/half": Status.ON_TRACK, "o/over": Status.AT_RISK, "i/x": Status.OFF_TRACK, "i/free": Status.OFF_TRACK,
    }  # fmt: skip
    own = at("0.5", "2026-02-20")
    found = judged_by_parts(measure, own, statuses)
    assert found == replace(
        own, status=Status.OFF_TRACK, because=f"as bad as i/x, the worst of its parts: {own.because}"
    )
    del statuses["i/x"]
    assert rolled_status(measure, own.status, statuses) is Status.AT_RISK
    assert judged_by_parts(measure, own, {}) == own
    assert judged_by_parts(COUNT, own, statuses) == own
    assert rolled_status(measure, Status.STALE, statuses) is Status.STALE


def test_a_sample_in_percent_is_held_against_percentages_and_points_alone() -> None:
    percent = World(series={SERIES: [sample("0.25", day("2026-11-01"), unit="percent")]})
    for kind in (UnitKind.PERCENT, UnitKind.POINTS):
        assert read(Latest(selection=SERIES), percent, replace(number(1), unit=Unit(kind=kind))).value == Decimal(
            "0.25"
        )
    with pytest.raises(RuleError, match=r"is no percentage, but kpis.xlsx, sheet KPI, cell C7 gives 25 %"):
        read(Latest(selection=SERIES), percent)
    plain = World(series={SERIES: [sample(4, day("2026-11-01"), unit="number")]})
    assert read(Latest(selection=SERIES), plain).value == 4
