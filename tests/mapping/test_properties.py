"""What must hold of every measure, whatever the items: causes sum, order is nothing, parts make the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from mapping.canonical import rule_json, rule_version
from mapping.causes import Differences, causes
from mapping.check_ins import CheckIn
from mapping.measure import measure_all, measure_one
from mapping.mirror import Departure
from mapping.readings import Reading
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    Formula,
    Group,
    KeyResult,
    Latest,
    Measure,
    MetricKind,
    MissingEstimate,
    Part,
    Period,
    Ratio,
    Rollup,
    Running,
    Series,
    SeriesTake,
    Ticked,
    WontDo,
)
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import (
    CYCLE,
    DONE,
    NOW,
    OTHER,
    SERIES,
    WORK,
    Unordered,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

THEN = day("2026-11-08")
FIRST = day("2026-10-01T22:00")
COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)
DONE_COUNT = replace(COUNT, where="item.done")
SUM = Aggregate(kind=AggregateKind.SUM, selection=WORK, field="story_points")
POINTS = Completion(selection=WORK, by="story_points")
LEAD = Duration(kind=DurationKind.LEAD, selection=WORK)


def part(address: str, measure: Measure, weight: int = 1) -> Part:
    return Part(address=address, weight=Decimal(weight), metric=number(7), measure=measure, cycle=CYCLE)


PARTS = (part("o/a", DONE_COUNT, 3), part("o/b", SUM), part("o/c", POINTS, 2))
MEASURES: dict[str, Measure] = {
    "completion": POINTS,
    "completion by count": replace(POINTS, by=None, wont_do=WontDo.OPEN, in_progress=Decimal("0.5")),
    "completion, mean": replace(POINTS, missing=MissingEstimate.MEAN),
    "completion, median, filtered": replace(POINTS, missing=MissingEstimate.MEDIAN, where='item.kind == "bug"'),
    "completion, frozen": replace(POINTS, frozen_on=date(2026, 10, 1)),
    "count": COUNT,
    "sum": SUM,
    "average": replace(SUM, kind=AggregateKind.AVERAGE),
    "min": replace(SUM, kind=AggregateKind.MIN),
    "median": replace(SUM, kind=AggregateKind.MEDIAN),
    "percentile": replace(SUM, kind=AggregateKind.PERCENTILE, p=Decimal(85)),
    "distinct": replace(SUM, kind=AggregateKind.DISTINCT, field="kind"),
    "lead time": LEAD,
    "cycle time": replace(LEAD, kind=DurationKind.CYCLE, take=AggregateKind.AVERAGE),
    "age": replace(LEAD, kind=DurationKind.AGE, take=AggregateKind.MAX),
    "series": Series(selection=SERIES, take=SeriesTake.MEAN, days=10),
    "ratio": Ratio(of=DONE_COUNT, to=Latest(selection=SERIES)),
    "formula": Formula(value="done / (all + 1) * rate", of=(("all", COUNT), ("done", DONE_COUNT), ("rate", SUM))),
    "ticked": Ticked(steps=(("Item 1", Decimal(2)), ("CHK-2", Decimal(3))), selection=WORK),
    "ticked by hand": Ticked(steps=(("A", Decimal(2)), ("B", Decimal(3))), by_hand=(("A", date(2026, 11, 10)),)),
    "roll-up": Rollup(parts=(Group(address="o", weight=Decimal(2), parts=PARTS[:2]), PARTS[2])),
}
WHOLE_ONLY = (Completion, Ticked, Rollup)


@st.composite
def items(draw: st.DrawFn, number_: int) -> WorkItem:
    state = draw(st.sampled_from(ItemState))
    created = day("2026-10-02") + timedelta(days=draw(st.integers(0, 20)))
    return item(
        str(number_),
        state,
        points=draw(st.none() | st.integers(0, 8)),
        kind=draw(st.sampled_from(["bug", "story"])),
        parent=draw(st.none() | st.sampled_from(["0", "1"])) if number_ > 1 else None,
        created_at=created,
        done_at=created + timedelta(days=draw(st.integers(0, 9))) if state is DONE else None,
    )


many = st.sets(st.integers(0, 7), min_size=1).flatmap(lambda ids: st.tuples(*(items(n) for n in sorted(ids))))
series = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def world(
    found: Sequence[WorkItem], values: Sequence[int], *, ordered: bool = True, gone: frozenset[str] = frozenset()
) -> World:
    kind = World if ordered else Unordered
    samples = [sample(value, day(f"2026-11-{1 + 3 * n:02}")) for n, value in enumerate(values)]
    left = dict.fromkeys(gone, Departure.UNMATCHED)
    begun = {each.id: each.created_at + timedelta(hours=5) for each in found if each.created_at is not None}
    past = [(FIRST, World({WORK: [item(str(n), points=n) for n in range(5)]}))]
    return kind({WORK: found}, {SERIES: samples}, {WORK: left}, begun=begun, past=past)


def read(measure: Measure, mirror: World, *, collect: bool = False) -> Reading:
    return measure_one(ruled(measure), CYCLE, mirror, NOW, collect=collect)


def ruled(measure: Measure, per: Period | None = None, running: Running = Running.LEAVE_OUT) -> KeyResult:
    metric = number(10, 0, MetricKind.AT_LEAST)
    return rule(measure, replace(metric, per=None if isinstance(measure, WHOLE_ONLY) else per, running=running))


@settings(max_examples=250)
@given(
    name=st.sampled_from(sorted(MEASURES)),
    before=many,
    after=many,
    values=st.tuples(series, series),
    old=st.none() | st.sampled_from(sorted(MEASURES)),
    per=st.none() | st.sampled_from(Period),
    running=st.sampled_from(Running),
)
def test_the_causes_of_a_change_sum_to_it_exactly(
    name: str,
    before: Sequence[WorkItem],
    after: Sequence[WorkItem],
    values: tuple[list[int], list[int]],
    old: str | None,
    per: Period | None,
    running: Running,
) -> None:
    first = world(before, values[0])
    second = world(after, values[1], gone=frozenset(each.id for each in before) - {each.id for each in after})
    was, new = ruled(MEASURES[old or name], per, running), ruled(MEASURES[name], per, running)
    start, end = (measure_one(each, CYCLE, mirror, at) for each, mirror, at in ((was, first, THEN), (new, second, NOW)))
    if start.value is None or end.value is None:
        return
    text = rule_json(was.metric, was.measure)
    last = CheckIn(
        key_result=was.id,
        run=1,
        at=THEN,
        value=start.value,
        metric=was.metric,
        raw_progress=None,
        progress=None,
        items=None,
        done=None,
        formula="",
        no_data=None,
        rule=text,
        rule_version=rule_version(text),
    )
    differences = Differences(before=first, after=second)
    parts = causes(new, CYCLE, last=last, reading=end, differences=differences, now=NOW)
    assert sum((each.amount for each in parts), start=Decimal(0)) == end.value - start.value
    assert all(each.amount for each in parts)


@given(name=st.sampled_from(sorted(MEASURES)), found=many, values=series, data=st.data())
def test_the_order_of_items_changes_nothing(
    name: str, found: Sequence[WorkItem], values: list[int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(found))
    here, there = world(found, values), world(shuffled, values, ordered=False)
    assert read(MEASURES[name], here, collect=True) == read(MEASURES[name], there, collect=True)


@given(name=st.sampled_from(sorted(MEASURES)), found=many, values=series)
def test_a_reading_has_a_value_or_a_reason_and_evidence_changes_neither(
    name: str, found: Sequence[WorkItem], values: list[int]
) -> None:
    mirror = world(found, values)
    quick, full = read(MEASURES[name], mirror), read(MEASURES[name], mirror, collect=True)
    assert (quick.value is None) == (quick.no_data is not None)
    assert replace(full, evidence=(), scope=None) == replace(quick, scope=None)


@given(found=many, added=items(9))
def test_one_more_done_item_never_lowers_a_count_of_done(found: Sequence[WorkItem], added: WorkItem) -> None:
    before = read(DONE_COUNT, world(found, [1])).value
    after = read(DONE_COUNT, world([*found, structs.replace(added, state=DONE)], [1])).value
    assert before is not None
    assert after == before + 1


@given(found=many, added=items(9))
def test_one_more_done_item_never_lowers_a_share_of_done_by_count(found: Sequence[WorkItem], added: WorkItem) -> None:
    share = Completion(selection=WORK, leaves=False)
    before = read(share, world(found, [1])).value
    after = read(share, world([*found, structs.replace(added, state=DONE)], [1])).value
    assert after is not None
    assert before is None or after >= before


@given(found=many, values=series)
def test_a_roll_up_lies_within_its_parts(found: Sequence[WorkItem], values: list[int]) -> None:
    reading = read(Rollup(parts=PARTS), world(found, values), collect=True)
    shares = [each.credit / (each.weight or 1) for each in reading.evidence if each.counted]
    if reading.value is not None:
        assert min(shares) - Decimal("1e-12") <= reading.value <= max(shares) + Decimal("1e-12")


@given(found=many, cut=st.integers(0, 8))
def test_two_selections_that_share_the_items_make_the_measure_of_them_all(found: Sequence[WorkItem], cut: int) -> None:
    one, other = found[:cut], found[cut:]
    apart = World({WORK: one, OTHER: other}, left={WORK: {"x": Departure.UNMATCHED}, OTHER: {"x": Departure.UNMATCHED}})
    whole = World({WORK: found})
    both = Formula(value="a + b", of=(("a", COUNT), ("b", replace(COUNT, selection=OTHER))))
    assert read(both, apart).value == read(COUNT, whole).value == len(found)
    share = Completion(selection=WORK, by="story_points", leaves=False)
    halves = [read(replace(share, selection=each), apart) for each in (WORK, OTHER)]
    together = read(share, whole)
    numerators = [half.numerator or Decimal(0) for half in halves]
    assert together.numerator == sum(numerators, start=Decimal(0))


@given(found=many, values=series)
def test_measuring_all_at_once_is_measuring_each_alone(found: Sequence[WorkItem], values: list[int]) -> None:
    mirror = world(found, values)
    rules = [replace(ruled(measure), id=f"o/{name}") for name, measure in MEASURES.items()]
    together = measure_all(rules, {each.id: CYCLE for each in rules}, mirror, NOW)
    assert together == {each.id: measure_one(each, CYCLE, mirror, NOW) for each in rules}
