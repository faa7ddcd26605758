from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from mapping.canonical import rule_json, rule_version
from mapping.causes import Differences, causes, has_clock
from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.measure import measure_one
from mapping.mirror import Departure
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    KeyResult,
    Latest,
    Measure,
    Metric,
    MetricKind,
    MissingEstimate,
    Period,
    Ratio,
    Ticked,
    WontDo,
)
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import (
    CYCLE,
    DOING,
    DONE,
    NOW,
    SECOND,
    SERIES,
    TODO,
    WONT,
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
POINTS = Completion(selection=WORK, by="story_points")
BUGS = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where='item.kind == "bug" && !item.done')


def check_in(key_result: KeyResult, world: World, at: datetime = THEN) -> CheckIn:
    text = rule_json(key_result.metric, key_result.measure)
    return CheckIn(
        key_result=key_result.id,
        run=1,
        at=at,
        value=measure_one(key_result, CYCLE, world, at).value,
        metric=key_result.metric,
        raw_progress=None,
        progress=None,
        items=None,
        done=None,
        formula="",
        no_data=None,
        rule=text,
        rule_version=rule_version(text),
    )


def split(
    new: KeyResult, before: World, after: World, *, old: KeyResult | None = None, now: datetime = NOW
) -> tuple[CausePart, ...]:
    reading = measure_one(new, CYCLE, after, now)
    return causes(
        new,
        CYCLE,
        last=check_in(old or new, before),
        reading=reading,
        differences=Differences(before=before, after=after),
        now=now,
    )


def told(parts: Sequence[CausePart]) -> dict[CauseKind, tuple[Decimal, tuple[str, ...]]]:
    return {part.kind: (part.amount, part.items) for part in parts}


def test_the_first_reading_is_one_cause() -> None:
    world = World({WORK: [item("1", DONE, points=1), item("2", points=3)]})
    reading = measure_one(rule(POINTS), CYCLE, world, NOW)
    parts = causes(
        rule(POINTS), CYCLE, last=None, reading=reading, differences=Differences(before=world, after=world), now=NOW
    )
    assert parts == (CausePart(kind=CauseKind.FIRST, amount=Decimal("0.25")),)


def test_each_cause_has_its_part_and_its_items() -> None:
    old = [item(str(n), points=10) for n in range(1, 6)] + [item("6", DONE, points=10), item("7", DONE, points=10)]
    new = [
        item("1", DONE, points=10),  # completed
        item("2", points=40),  # re-estimated
        item("3", points=10, parent="2"),  # 2 has a child now, so it leaves the leaves
        item("6", TODO, points=10),  # reopened
        item("7", DONE, points=10),
        item("8", points=10),  # scope added
    ]
    left = {WORK: {"4": Departure.UNMATCHED, "5": Departure.VANISHED}}
    parts = split(rule(POINTS), World({WORK: old}), World({WORK: new}, left=left))
    # 20/70, then of 80, of 110 (2 has 40), of 70 (2 is no leaf), 10/70, 20/70, of 60, of 50
    values = [Decimal(20) / 70, Decimal(20) / 80, Decimal(20) / 110, Decimal(20) / 70]
    values += [Decimal(10) / 70, Decimal(20) / 70, Decimal(20) / 60, Decimal(20) / 50]
    kinds = [
        (CauseKind.SCOPE_ADDED, "CHK-8"),
        (CauseKind.RE_ESTIMATED, "CHK-2"),
        (CauseKind.EDITED, "CHK-3"),
        (CauseKind.REOPENED, "CHK-6"),
        (CauseKind.COMPLETED, "CHK-1"),
        (CauseKind.SCOPE_REMOVED, "CHK-4"),
        (CauseKind.VANISHED, "CHK-5"),
    ]
    assert [(part.kind, *part.items) for part in parts] == kinds
    for part, start, end in zip(parts, values, values[1:], strict=False):
        assert part.amount == pytest.approx(end - start, abs=Decimal("2e-12"))
    assert sum(part.amount for part in parts) == Decimal("0.4") - Decimal("0.285714285714")


def test_fewer_open_bugs_are_explained_by_those_completed() -> None:
    before = World({WORK: [item("1", kind="bug"), item("2", kind="bug"), item("3", kind="story")]})
    after = World(
        {
            WORK: [
                item("1", DONE, kind="bug"),
                item("2", kind="bug", title="a new title"),
                item("3", DONE, kind="story"),
                item("4", kind="bug"),
                item("5", kind="bug"),
            ]
        }
    )
    assert told(split(rule(BUGS), before, after)) == {
        CauseKind.SCOPE_ADDED: (Decimal(2), ("CHK-4", "CHK-5")),
        CauseKind.COMPLETED: (Decimal(-1), ("CHK-1",)),
    }


def test_closing_without_doing_takes_an_item_out_of_scope() -> None:
    before = World({WORK: [item("1", DONE), item("2"), item("3")]})
    after = World({WORK: [item("1", DONE), item("2"), item("3", WONT)]})
    parts = told(split(rule(Completion(selection=WORK)), before, after))
    assert list(parts) == [CauseKind.SCOPE_REMOVED]


def test_an_edit_that_the_rule_reads_is_named() -> None:
    before = World({WORK: [item("1", kind="bug"), item("2", kind="story")]})
    after = World({WORK: [item("1", kind="bug"), item("2", kind="bug")]})
    assert told(split(rule(BUGS), before, after)) == {CauseKind.EDITED: (Decimal(1), ("CHK-2",))}


def test_named_statuses_say_what_completed_means() -> None:
    measure = Completion(selection=WORK, done_statuses=("Closed",))
    before = World({WORK: [item("1", DONE, status="Resolved"), item("2")]})
    after = World({WORK: [item("1", DONE, status="Closed"), item("2")]})
    assert told(split(rule(measure), before, after)) == {CauseKind.COMPLETED: (Decimal("0.5"), ("CHK-1",))}


def test_a_new_number_in_the_sheet_is_told_with_both_values_and_its_place() -> None:
    before = World(series={SERIES: [sample("4.3", THEN)]})
    after = World(series={SERIES: [sample("4.4", THEN)]})
    (part,) = split(rule(Latest(selection=SERIES)), before, after)
    assert (part.kind, part.amount) == (CauseKind.SOURCE_CHANGED, Decimal("0.1"))
    assert part.detail == "4.3 → 4.4 in kpis.xlsx, sheet KPI, cell C7"


def test_a_ratio_may_have_causes_on_both_sides() -> None:
    measure = Ratio(of=BUGS, to=Latest(selection=SECOND))
    bug = item("1", kind="bug")
    before = World({WORK: [bug]}, {SECOND: [sample(10, THEN, series=SECOND)]})
    after = World({WORK: [bug, item("2", kind="bug")]}, {SECOND: [sample(20, NOW, series=SECOND)]})
    parts = split(rule(measure), before, after)
    # 1/10, then 2/10 with the new bug, then 2/20 with the new number: up and down again
    assert [(part.kind, part.amount) for part in parts] == [
        (CauseKind.SCOPE_ADDED, Decimal("0.1")),
        (CauseKind.SOURCE_CHANGED, Decimal("-0.1")),
    ]


def test_a_new_rule_is_measured_on_the_old_items_first() -> None:
    before = World({WORK: [item("1", DONE, points=3), item("2", points=1)]})
    after = World({WORK: [item("1", DONE, points=3), item("2", DONE, points=1)]})
    parts = split(rule(POINTS), before, after, old=rule(Completion(selection=WORK)))
    assert [(part.kind, part.amount) for part in parts] == [
        (CauseKind.RULE_CHANGED, Decimal("0.25")),
        (CauseKind.COMPLETED, Decimal("0.25")),
    ]
    assert parts[0].detail.startswith("rule ")


def test_a_new_rule_on_a_source_never_read_before_is_the_whole_cause() -> None:
    before = World(series={SERIES: [sample(10, THEN)]})
    after = World({WORK: [item("1", DONE), item("2")]}, {SERIES: [sample(10, THEN)]})
    parts = split(rule(Completion(selection=WORK)), before, after, old=rule(Latest(selection=SERIES)))
    assert [(part.kind, part.amount) for part in parts] == [(CauseKind.RULE_CHANGED, Decimal("-9.5"))]


def test_a_month_that_ends_moves_the_value_by_the_clock_alone() -> None:
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(3), per=Period.MONTH)
    rows = [item("1", on=day("2026-10-05")), item("2", on=day("2026-10-06")), item("3", on=day("2026-11-05"))]
    world = World({WORK: rows})
    count = rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK), metric)
    parts = split(count, world, world, now=day("2026-12-03"))
    # October alone gave 2; with November it is (2 + 1) / 2
    assert parts == (CausePart(kind=CauseKind.CLOCK, amount=Decimal("-0.5")),)


def test_rows_that_came_since_are_scope_and_not_the_clock() -> None:
    metric = Metric(kind=MetricKind.AT_LEAST, target=Decimal(3), per=Period.QUARTER)
    before = World({WORK: [item("1", on=day("2026-10-05"))]})
    after = World({WORK: [item("1", on=day("2026-10-05")), item("2", on=day("2026-11-12"))]})
    count = rule(Aggregate(kind=AggregateKind.COUNT, selection=WORK), metric)
    assert told(split(count, before, after)) == {CauseKind.SCOPE_ADDED: (Decimal(1), ("CHK-2",))}


def test_all_items_may_be_exchanged_at_once() -> None:
    before = World({WORK: [item("1", DONE), item("2")]})
    after = World({WORK: [item("3"), item("4")]}, left={WORK: {"1": Departure.VANISHED, "2": Departure.UNMATCHED}})
    parts = split(rule(Completion(selection=WORK)), before, after)
    assert sum(part.amount for part in parts) == Decimal("-0.5")


def test_items_that_have_a_number_only_are_told_by_their_titles() -> None:
    def task(id_: str, title: str, state: ItemState = TODO) -> WorkItem:
        return structs.replace(item(id_, state), key=id_, title=title)

    open_ = [
        task("1209", "Counter"),
        task("1210", "Counter"),
        task("1211", "A title of more than forty characters, cut"),
    ]
    done = [structs.replace(each, state=DONE) for each in open_]
    (part,) = split(rule(Completion(selection=WORK)), World({WORK: open_}), World({WORK: done}))
    assert part.items == ("“A title of more than forty characters, c…”", "“Counter”", "“Counter”")
    assert part.count == 3, "two of the same name are two"
    nameless = [task("1212", "")], [task("1212", "", DONE)]
    (part,) = split(rule(Completion(selection=WORK)), *(World({WORK: each}) for each in nameless))
    assert part.items == ("1212",)


def test_at_most_20_items_are_listed_and_all_are_counted() -> None:
    before = World({WORK: [item(f"{n:02}") for n in range(30)]})
    after = World({WORK: [item(f"{n:02}", DONE) for n in range(30)]})
    (part,) = split(rule(Completion(selection=WORK)), before, after)
    assert (len(part.items), part.count, part.items[0]) == (20, 30, "CHK-00")


def test_a_mirror_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        split(
            rule(Completion(selection=WORK)),
            World({WORK: [item("1"), item("2")]}),
            Unordered({WORK: [item("2", DONE), item("1")]}),
        )


states = st.sampled_from([TODO, DOING, DONE, WONT])
entries = st.tuples(
    states,
    st.none() | st.integers(0, 8),
    st.none() | st.integers(0, 5),
    st.sampled_from(["bug", "story"]),
    st.none() | st.dates(min_value=NOW.date().replace(month=9), max_value=NOW.date().replace(month=12)),
)
measures = st.one_of(
    st.builds(
        Completion,
        selection=st.just(WORK),
        by=st.sampled_from([None, "story_points"]),
        where=st.sampled_from([None, '!(item.kind == "bug")']),
        wont_do=st.sampled_from(WontDo),
        leaves=st.booleans(),
        missing=st.sampled_from([MissingEstimate.EXCLUDE, MissingEstimate.MEAN, MissingEstimate.MEDIAN]),
        in_progress=st.sampled_from([Decimal(0), Decimal("0.3")]),
    ),
    st.builds(
        Aggregate,
        kind=st.sampled_from(AggregateKind),
        selection=st.just(WORK),
        field=st.just("story_points"),
        where=st.sampled_from([None, "!item.done"]),
    ),
    st.just(Ratio(of=BUGS, to=Aggregate(kind=AggregateKind.COUNT, selection=WORK))),
    st.just(Ratio(of=BUGS, to=Latest(selection=SERIES))),
)


Entry = tuple[ItemState, int | None, int | None, str, date | None]


def made(drawn: Mapping[int, Entry]) -> list[WorkItem]:
    return [
        item(
            str(id_),
            state,
            points=points,
            kind=kind,
            parent=None if parent in (None, id_) else str(parent),
            on=None if on is None else day(on.isoformat()),
        )
        for id_, (state, points, parent, kind, on) in drawn.items()
    ]


worlds = st.dictionaries(st.integers(0, 6), entries, min_size=1, max_size=6)


@settings(max_examples=300)
@given(
    before=worlds,
    after=worlds,
    vanished=st.sets(st.integers(0, 6)),
    numbers=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    measure=measures,
    old_measure=st.none() | measures,
    per=st.none() | st.sampled_from(Period),
)
def test_the_parts_always_sum_exactly_to_the_change(
    before: dict[int, Entry],
    after: dict[int, Entry],
    vanished: set[int],
    numbers: tuple[int, int],
    measure: Completion | Aggregate | Ratio,
    old_measure: Completion | Aggregate | Ratio | None,
    per: Period | None,
) -> None:
    periodic = None if isinstance(measure, Completion) or isinstance(old_measure, Completion) else per
    metric = replace(number(10, 0, MetricKind.AT_LEAST), per=periodic)
    left = {str(n): Departure.VANISHED if n in vanished else Departure.UNMATCHED for n in range(7)}
    first = World({WORK: made(before)}, {SERIES: [sample(numbers[0], THEN)]})
    second = World({WORK: made(after)}, {SERIES: [sample(numbers[1], THEN)]}, {WORK: left})
    new, old = rule(measure, metric), rule(old_measure or measure, metric)
    last, reading = check_in(old, first), measure_one(new, CYCLE, second, NOW)
    if last.value is None or reading.value is None:
        return
    parts = split(new, first, second, old=old)
    assert sum((part.amount for part in parts), start=Decimal(0)) == reading.value - last.value
    assert all(part.amount for part in parts)
    assert len({part.kind for part in parts}) == len(parts)


def test_what_became_known_of_the_past_is_a_cause_of_its_own() -> None:
    here = World({WORK: [item("1", DONE), item("2")]})
    one = rule(Completion(selection=WORK))
    wrong = replace(check_in(one, here), value=Decimal("0.25"))
    parts = causes(
        one,
        CYCLE,
        last=wrong,
        reading=measure_one(one, CYCLE, here, NOW),
        differences=Differences(before=here, after=here),
        now=NOW,
    )
    assert parts == (
        CausePart(kind=CauseKind.SOURCE_CHANGED, amount=Decimal("0.25"), detail="what was known of the past changed"),
    )


@pytest.mark.parametrize(
    ("measure", "moves"),
    [
        (Duration(kind=DurationKind.AGE, selection=WORK), True),
        (Duration(kind=DurationKind.LEAD, selection=WORK), False),
        (Latest(selection=SERIES), True),
        (Completion(selection=WORK), False),
        (Ratio(of=BUGS, to=Latest(selection=SERIES)), True),
        (Ratio(of=BUGS, to=BUGS), False),
        (Ticked(steps=(("a", Decimal(1)),), selection=WORK), False),
        (Ticked(steps=(("a", Decimal(1)),), by_hand=(("a", None),)), True),
    ],
)
def test_a_value_moves_by_itself_where_the_measure_looks_at_the_clock(measure: Measure, moves: bool) -> None:
    assert has_clock(rule(measure)) is moves
    assert has_clock(rule(measure, Metric(kind=MetricKind.AT_LEAST, target=Decimal(1), per=Period.MONTH)))


def test_a_series_is_told_with_its_place_where_that_is_known() -> None:
    key_result = rule(Latest(selection=SERIES))
    before = World(series={SERIES: [sample(31, THEN)]})
    bare = World(series={SERIES: [sample(31, THEN), sample(38, day("2026-11-10"), origin="")]})
    (part,) = split(key_result, before, bare)
    assert part.detail == "31 → 38"
    ratio = rule(Ratio(of=Latest(selection=SECOND), to=Latest(selection=SERIES)))
    none = World(series={SERIES: [sample(2, THEN)], SECOND: [sample(6, THEN, series=SECOND)]})
    new = World(series={SERIES: [sample(2, THEN)], SECOND: [sample(8, day("2026-11-10"), series=SECOND)]})
    (changed,) = split(ratio, none, new)
    assert changed.detail == "6 → 8 in kpis.xlsx, sheet KPI, cell C7"
