from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mapping.aggregate import AggregateTally
from mapping.errors import RuleError
from mapping.measure import measure_all, measure_one
from mapping.mirror import Departure
from mapping.readings import Reading
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MetricKind,
    Ratio,
    Unit,
    UnitKind,
)
from mapping.words import ItemState, Sample, Selection, WorkItem
from tests.mapping.worlds import (
    CYCLE,
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


def of(kind: AggregateKind, where: str | None = None) -> Aggregate:
    return Aggregate(kind=kind, selection=WORK, field="story_points", where=where)


def read(measure: Measure, world: World, *, collect: bool = False) -> Reading:
    return measure_one(rule(measure), CYCLE, world, NOW, collect=collect)


ITEMS = World({WORK: [item("1", DONE, points=5), item("2", points=2), item("3", points=2), item("4")]})


@pytest.mark.parametrize(
    ("kind", "value", "formula"),
    [
        (AggregateKind.SUM, "9", "9 story points in 3 items"),
        (AggregateKind.AVERAGE, "3", "9 story points / 3 items"),
        (AggregateKind.MIN, "2", "2 is the least story points of 3 items"),
        (AggregateKind.MAX, "5", "5 is the greatest story points of 3 items"),
    ],
)
def test_aggregates_take_the_items_that_have_the_field(kind: AggregateKind, value: str, formula: str) -> None:
    reading = read(of(kind), ITEMS)
    assert (reading.value, reading.formula) == (Decimal(value), formula)
    assert (reading.items, dict(reading.left_out)) == (3, {"no story points": 1})


def test_count_counts_all_that_match_and_says_how_many_are_done() -> None:
    reading = read(COUNT, ITEMS)
    assert (reading.value, reading.items, reading.done, reading.formula) == (Decimal(4), 4, 1, "4 items")


def test_a_count_over_an_empty_filtered_result_is_honestly_0() -> None:
    where = 'item.kind == "bug"'
    counted = read(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where=where), ITEMS)
    assert (counted.value, dict(counted.left_out)) == (Decimal(0), {"not matched by the filter": 4})
    assert read(of(AggregateKind.SUM, where), ITEMS).value == Decimal(0)


@pytest.mark.parametrize("kind", [AggregateKind.AVERAGE, AggregateKind.MIN, AggregateKind.MAX])
def test_nothing_to_take_an_average_of_is_no_data(kind: AggregateKind) -> None:
    reading = read(of(kind, 'item.kind == "bug"'), ITEMS)
    assert (reading.value, reading.no_data) == (None, f"no item is left to take the {kind} of")


def test_a_sum_of_a_field_that_no_item_has_is_no_data() -> None:
    reading = read(of(AggregateKind.SUM), World({WORK: [item("1"), item("2")]}))
    assert (reading.value, reading.no_data) == (None, "none of 2 items has story points")


@pytest.mark.parametrize(
    "measure", [COUNT, of(AggregateKind.SUM), Completion(selection=WORK), Latest(selection=SERIES)]
)
def test_what_was_never_read_completely_is_no_data(measure: Measure) -> None:
    reading = read(measure, World())
    assert reading.value is None
    assert (reading.no_data or "").startswith("never read completely so far")


@pytest.mark.parametrize("measure", [COUNT, of(AggregateKind.SUM), Completion(selection=WORK)])
def test_a_selection_that_never_matched_anything_is_no_data(measure: Measure) -> None:
    reading = read(measure, World({WORK: []}))
    assert reading.value is None
    assert (reading.no_data or "").startswith("nothing has ever matched")


def test_a_selection_whose_items_all_stopped_matching_counts_0() -> None:
    world = World({WORK: []}, left={WORK: {"1": Departure.UNMATCHED, "2": Departure.VANISHED}})
    assert read(COUNT, world).value == Decimal(0)
    assert read(of(AggregateKind.SUM), world).value == Decimal(0)
    assert read(Completion(selection=WORK), world).value is None


def test_a_selection_whose_items_all_vanished_proves_nothing() -> None:
    reading = read(COUNT, World({WORK: []}, left={WORK: {"1": Departure.VANISHED, "2": Departure.VANISHED}}))
    assert reading.value is None
    assert (reading.no_data or "").startswith("all 2 items vanished, deleted or hidden from us")


def test_open_bugs_do_not_hold_those_closed_without_being_fixed() -> None:
    world = World({WORK: [item("1"), item("2", DONE), item("3", WONT)]})
    open_ = read(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="!item.done"), world, collect=True)
    done = read(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done"), world)
    assert (open_.value, done.value) == (Decimal(1), Decimal(1))
    assert open_.left_out == {
        "closed without being done, so neither done nor open": 1,
        "not matched by the filter": 1,
    }
    assert [(part.item, part.counted) for part in open_.evidence] == [("1", True), ("3", False)]


def test_a_ratio_divides_two_measures() -> None:
    world = World(
        {WORK: [item("1"), item("2"), item("3")], OTHER: [item(str(n), connection="github") for n in range(4)]}
    )
    ratio = Ratio(of=COUNT, to=Aggregate(kind=AggregateKind.COUNT, selection=OTHER))
    reading = read(ratio, world, collect=True)
    assert reading.value == Decimal("0.75")
    assert reading.formula == "(3 items) / (4 items) = 0.75"
    assert (reading.numerator, reading.denominator, reading.items) == (Decimal(3), Decimal(4), 7)
    assert [part.note for part in reading.evidence].count("denominator") == 4


def test_a_ratio_of_two_series_divides_their_newest_samples() -> None:
    world = World(series={SERIES: [sample(30)], SECOND: [sample(40, series=SECOND, origin="cell C9")]})
    reading = read(Ratio(of=Latest(selection=SERIES), to=Latest(selection=SECOND)), world)
    assert reading.value == Decimal("0.75")
    assert reading.origin == "kpis.xlsx, sheet KPI, cell C7; cell C9"


def test_a_denominator_of_0_is_no_data_and_never_a_percentage() -> None:
    world = World({WORK: [item("1")]})
    none = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where='item.kind == "bug"')
    reading = read(Ratio(of=COUNT, to=none), world)
    assert (reading.value, reading.no_data) == (None, "the denominator is 0: 0 items")


def test_a_side_without_data_leaves_the_ratio_without() -> None:
    reading = read(Ratio(of=COUNT, to=Latest(selection=SERIES)), World({WORK: [item("1")]}))
    assert reading.value is None
    assert (reading.no_data or "").startswith("denominator: never read completely")


def test_latest_takes_the_newest_sample_at_or_before_now() -> None:
    samples = [sample(1, day("2026-10-01")), sample(3, NOW), sample(2, day("2026-11-01")), sample(9, day("2026-12-01"))]
    reading = read(Latest(selection=SERIES), World(series={SERIES: samples}))
    assert (reading.value, reading.at, reading.origin) == (Decimal(3), NOW, "kpis.xlsx, sheet KPI, cell C7")
    assert reading.items is None


@pytest.mark.parametrize(
    ("samples", "why"),
    [([], "no sample yet"), ([sample(9, day("2026-12-01"))], "the first sample is of 2026-12-01")],
)
def test_latest_without_a_sample_is_no_data(samples: list[Sample], why: str) -> None:
    reading = read(Latest(selection=SERIES), World(series={SERIES: samples}))
    assert reading.value is None
    assert (reading.no_data or "").startswith(why)


def test_a_sample_in_another_currency_is_no_data_without_a_rate() -> None:
    money = Unit(kind=UnitKind.CURRENCY, currency="EUR")
    euros = Metric(kind=MetricKind.INCREASE, target=Decimal(2), baseline=Decimal(1), unit=money)
    world = World(series={SERIES: [sample(5, unit="USD")]})
    reading = measure_one(rule(Latest(selection=SERIES), euros), CYCLE, world, NOW)
    assert (reading.value, reading.no_data) == (None, "USD cannot become EUR: the rules have no currencies section")


def test_a_percentage_is_not_held_against_a_plain_number() -> None:
    world = World(series={SERIES: [sample("0.25", unit="percent")]})
    with pytest.raises(RuleError, match="gives 25 %: write baseline and target with a percent sign"):
        measure_one(rule(Latest(selection=SERIES), number(25)), CYCLE, world, NOW)


def test_each_selection_is_streamed_once_for_all_key_results() -> None:
    world = World({WORK: [item("1", DONE, points=3), item("2")], OTHER: [item("9", connection="github")]})
    rules = [
        rule(Completion(selection=WORK), id_="a/1"),
        rule(Completion(selection=WORK, by="story_points"), id_="a/2"),
        rule(COUNT, id_="a/3"),
        rule(COUNT, id_="a/4"),
        rule(Ratio(of=COUNT, to=Aggregate(kind=AggregateKind.COUNT, selection=OTHER)), id_="a/5"),
    ]
    readings = measure_all(rules, {each.id: CYCLE for each in rules}, world, NOW)
    assert {name: reading.value for name, reading in readings.items()} == {
        "a/1": Decimal("0.5"),
        "a/2": Decimal(1),
        "a/3": Decimal(2),
        "a/4": Decimal(2),
        "a/5": Decimal(2),
    }
    assert sorted(str(each) for each in world.passes) == sorted([str(WORK), str(OTHER)])


def test_one_rule_that_fails_leaves_the_others_whole() -> None:
    world = World({WORK: [item("1", points=1), item("2")]})
    rules = [
        rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.story_points > 0"), id_="a/bad"),
        rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.oops ="), id_="a/worse"),
        rule(COUNT, id_="a/good"),
    ]
    cycles = {each.id: CYCLE for each in rules}
    errors: dict[str, RuleError] = {}
    readings = measure_all(rules, cycles, world, NOW, errors)
    assert {name: reading.value for name, reading in readings.items()} == {"a/good": Decimal(2)}
    assert "CHK-2" in str(errors["a/bad"])
    assert "1:11" in str(errors["a/worse"])
    with pytest.raises(RuleError):
        measure_all(rules, cycles, world, NOW)


def test_no_item_is_held_once_it_was_counted() -> None:
    held: list[int] = []

    class Watched(World):
        def members(self, selection: Selection) -> Iterator[WorkItem]:
            for n in range(50):
                one = item(str(n), DONE, points=n % 5)
                yield one
                held.append(sys.getrefcount(one))

        def parents(self, selection: Selection) -> frozenset[str]:
            return frozenset()

    reading = read(Completion(selection=WORK, by="story_points"), Watched({WORK: []}))
    assert reading.items == 50
    # the local name here, the argument of getrefcount, and the loop that is about to let go
    assert max(held) <= 3


amounts = st.lists(st.none() | st.decimals(min_value=-(10**6), max_value=10**6, places=2), min_size=1, max_size=8)


@given(points=amounts, kind=st.sampled_from(AggregateKind), data=st.data())
def test_the_order_of_items_does_not_matter(
    points: list[Decimal | None], kind: AggregateKind, data: st.DataObject
) -> None:
    items = [item(str(n), points=None if value is None else str(value)) for n, value in enumerate(points)]
    measure = COUNT if kind is AggregateKind.COUNT else of(kind)

    class Shuffled(World):
        def members(self, selection: Selection) -> Iterator[WorkItem]:
            yield from data.draw(st.permutations(items))

    assert read(measure, Shuffled({WORK: items})) == read(measure, World({WORK: items}))


@given(states=st.lists(st.sampled_from([TODO, DONE, WONT]), min_size=1, max_size=8))
def test_adding_a_done_item_never_lowers_a_count_of_done(states: list[ItemState]) -> None:
    done = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done")
    items = [item(str(n), state) for n, state in enumerate(states)]
    before = read(done, World({WORK: items})).value
    after = read(done, World({WORK: [*items, item("new", DONE)]})).value
    assert before is not None
    assert after == before + 1


@given(left=amounts, right=amounts)
def test_splitting_a_selection_in_two_and_joining_gives_the_same_sum(
    left: list[Decimal | None], right: list[Decimal | None]
) -> None:
    def total(values: list[Decimal | None]) -> Decimal:
        items = [item(str(n), points="0" if value is None else str(value)) for n, value in enumerate(values)]
        value = read(of(AggregateKind.SUM), World({WORK: items})).value
        assert value is not None
        return value

    assert total(left) + total(right) == total([*left, *right])


def test_evidence_holds_the_item_as_it_is_with_what_it_weighs() -> None:
    rows = [item("2", DONE, points=5, status="Closed"), item("1", points=2, status="Open"), item("3"), item("4")]
    reading = read(of(AggregateKind.SUM), World({WORK: rows}), collect=True)
    assert [
        (each.connection, each.item, each.key, each.title, each.status, each.weight, each.credit, each.counted)
        for each in reading.evidence
    ] == [
        ("jira", "1", "CHK-1", "Item 1", "Open", Decimal(2), Decimal(2), True),
        ("jira", "2", "CHK-2", "Item 2", "Closed", Decimal(5), Decimal(5), True),
        ("jira", "3", "CHK-3", "Item 3", "", None, Decimal(0), False),
        ("jira", "4", "CHK-4", "Item 4", "", None, Decimal(0), False),
    ]
    assert reading.evidence[2].note == "no story points"
    assert (reading.left_out, reading.items, reading.done) == ({"no story points": 2}, 2, 1)


def test_where_nobody_has_the_field_all_are_counted() -> None:
    for where in (None, "!item.done"):
        reading = read(of(AggregateKind.SUM, where), World({WORK: [item("1"), item("2"), item("3")]}))
        assert reading.no_data == "none of 3 items has story points"


def test_what_a_ratio_leaves_out_and_rests_on_is_that_of_both_sides() -> None:
    done = of(AggregateKind.SUM, "item.done")
    rows = World({WORK: [item("1", DONE, points=5), item("2", points=2), item("3"), item("4", DONE)]})
    reading = read(Ratio(of=done, to=of(AggregateKind.SUM)), rows, collect=True)
    assert reading.left_out == {"no story points": 3, "not matched by the filter": 2}
    assert (reading.numerator, reading.denominator, reading.items) == (Decimal(5), Decimal(7), 3)
    assert {each.note for each in reading.evidence} == {
        "numerator", "numerator: no story points", "denominator", "denominator: no story points",
    }  # fmt: skip


def test_a_tally_takes_counts_as_it_takes_items() -> None:
    counts = {(DONE, Decimal(3)): 2, (TODO, Decimal(5)): 1, (TODO, None): 2, (DONE, None): 1}
    together, apart = (AggregateTally(measure=of(AggregateKind.SUM)) for _ in range(2))
    together.add_counts(counts)
    rows = [
        item(f"{state}{value}{n}", state, points=None if value is None else str(value))
        for (state, value), times in counts.items()
        for n in range(times)
    ]
    for each in rows:
        apart.add(each, False)
    assert together.values() == apart.values() == [Decimal(11)]
    assert together.reading() == apart.reading()
    assert (together.belong, together.done, together.reading().left_out) == (6, 2, {"no story points": 3})
    nobody = AggregateTally(measure=of(AggregateKind.SUM))
    nobody.add_counts({(TODO, None): 2, (DONE, None): 3})
    assert nobody.reading().no_data == "none of 5 items has story points"


def test_evidence_names_the_text_and_the_state() -> None:
    distinct = Aggregate(kind=AggregateKind.DISTINCT, selection=WORK, field="assignee")
    rows = World({WORK: [item("1", DONE, assignee="ana"), item("2", assignee="bo")]})
    found = read(distinct, rows, collect=True).evidence
    assert [(each.state, each.note) for each in found] == [(DONE, "assignee ana"), (TODO, "assignee bo")]
    plain = read(COUNT, rows, collect=True).evidence
    assert [(each.note, each.credit, each.weight) for each in plain] == [("", Decimal(1), Decimal(1))] * 2


def test_a_text_that_occurs_weighs_1_and_one_that_is_missing_nothing() -> None:
    distinct = Aggregate(kind=AggregateKind.DISTINCT, selection=WORK, field="team")
    rows = World({WORK: [item("1", fields={"team": "red"}), item("2")]})
    found = read(distinct, rows, collect=True)
    assert [(each.weight, each.credit, each.counted, each.note) for each in found.evidence] == [
        (Decimal(1), Decimal(1), True, "team red"),
        (None, Decimal(0), False, "no team"),
    ]
    assert (found.formula, found.left_out) == ("1 different team in 1 item", {"no team": 1})


@pytest.mark.parametrize("kind", [AggregateKind.AVERAGE, AggregateKind.MEDIAN, AggregateKind.SUM])
def test_without_a_value_there_is_no_formula(kind: AggregateKind) -> None:
    assert read(of(kind), World({WORK: [item("1")]})).formula == ""


def test_the_least_may_be_0() -> None:
    zero = World({WORK: [item("1", points=0), item("2", points=3)]})
    assert read(of(AggregateKind.MIN), zero).formula == "0 is the least story points of 2 items"


def test_the_address_of_an_item_is_in_its_evidence() -> None:
    linked = structs.replace(item("1"), url="https://jira.acme.test/browse/CHK-1")
    (part,) = read(COUNT, World({WORK: [linked]}), collect=True).evidence
    assert part.url == "https://jira.acme.test/browse/CHK-1"
