from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mapping.measure import measure_one
from mapping.readings import Reading
from mapping.rules import Completion, MissingEstimate, WontDo
from mapping.words import ItemState, WorkItem
from tests.mapping.worlds import CYCLE, DOING, DONE, NOW, TODO, WONT, WORK, Unordered, World, item, rule

COUNT = Completion(selection=WORK)
POINTS = Completion(selection=WORK, by="story_points")


def read(measure: Completion, *items: WorkItem, collect: bool = False) -> Reading:
    return measure_one(rule(measure), CYCLE, World({WORK: items}), NOW, collect=collect)


def test_the_share_of_items_that_are_done() -> None:
    reading = read(COUNT, item("1", DONE), item("2", DOING), item("3"), item("4"))
    assert reading.value == Decimal("0.25")
    assert (reading.items, reading.done) == (4, 1)
    assert (reading.numerator, reading.denominator) == (Decimal(1), Decimal(4))
    assert reading.formula == "1 of 4 items done"


def test_the_share_of_points_that_are_done() -> None:
    reading = read(POINTS, item("1", DONE, points=5), item("2", points=3), item("3", DONE, points=2))
    assert reading.value == Decimal("0.7")
    assert reading.formula == "7 of 10 story points done (2 of 3 items)"


def test_a_third_keeps_twelve_decimals() -> None:
    assert read(COUNT, item("1", DONE), item("2"), item("3")).value == Decimal("0.333333333333")


@pytest.mark.parametrize(
    ("policy", "value", "left_out"),
    [
        (WontDo.EXCLUDE, "0.5", {"closed without being done": 1}),
        (WontDo.DONE, "0.666666666667", {}),
        (WontDo.OPEN, "0.333333333333", {}),
    ],
)
def test_items_closed_undone_follow_their_policy(policy: WontDo, value: str, left_out: dict[str, int]) -> None:
    reading = read(replace(COUNT, wont_do=policy), item("1", DONE), item("2"), item("3", WONT))
    assert (reading.value, dict(reading.left_out)) == (Decimal(value), left_out)


@pytest.mark.parametrize(
    ("policy", "fixed", "value"),
    [
        # 8 of 10 points done; one open and two done items without an estimate
        (MissingEstimate.EXCLUDE, None, "0.8"),
        (MissingEstimate.ZERO, None, "0.8"),
        (MissingEstimate.MEAN, None, "0.733333333333"),  # the mean is 10/3: (8 + 20/3) / (10 + 10) = 44/60
        (MissingEstimate.MEDIAN, None, "0.769230769231"),  # the median is 1: (8 + 2) / (10 + 3)
        (MissingEstimate.FIXED, "5", "0.72"),  # (8 + 10) / (10 + 15)
    ],
)
def test_missing_estimates_follow_their_policy(policy: MissingEstimate, fixed: str | None, value: str) -> None:
    items = [item("1", DONE, points=8), item("2", points=1), item("3", points=1)]
    items += [item("4"), item("5", DONE), item("6", DONE)]
    measure = replace(POINTS, missing=policy, missing_value=Decimal(fixed) if fixed else None)
    reading = read(measure, *items)
    assert reading.value == Decimal(value)
    assert sum(reading.left_out.values()) == (3 if policy is MissingEstimate.EXCLUDE else 0)
    assert sum(reading.assumed.values()) == (0 if policy is MissingEstimate.EXCLUDE else 3)


def test_an_estimate_of_zero_is_not_a_missing_one() -> None:
    reading = read(POINTS, item("1", DONE, points=0), item("2", points=4), item("3", DONE))
    assert (reading.value, dict(reading.left_out)) == (Decimal(0), {"no estimate": 1})
    assert (reading.items, reading.done) == (2, 1)


def test_no_estimate_anywhere_is_no_data_under_every_policy_that_needs_one() -> None:
    for policy in (MissingEstimate.EXCLUDE, MissingEstimate.ZERO, MissingEstimate.MEAN, MissingEstimate.MEDIAN):
        reading = read(replace(POINTS, missing=policy), item("1", DONE), item("2"))
        assert reading.value is None
        assert reading.no_data


def test_all_weights_zero_is_no_data() -> None:
    reading = read(POINTS, item("1", DONE, points=0), item("2", points=0))
    assert (reading.value, reading.no_data) == (None, "the weights of 2 items sum to 0")


def test_in_progress_may_earn_credit() -> None:
    reading = read(replace(COUNT, in_progress=Decimal("0.5")), item("1", DONE), item("2", DOING), item("3"), item("4"))
    assert reading.value == Decimal("0.375")
    assert reading.formula == "1.5 of 4 items done, in progress counts 0.5"


def test_only_leaves_count_so_that_parent_and_child_never_count_twice() -> None:
    tree = [item("1", points=8), item("2", DONE, points=3, parent="1"), item("3", points=5, parent="1")]
    assert read(POINTS, *tree).value == Decimal("0.375")
    assert dict(read(POINTS, *tree).left_out) == {"has children in the selection": 1}
    assert read(replace(POINTS, leaves=False), *tree).value == Decimal("0.1875")


def test_a_story_whose_sub_tasks_have_no_estimates_counts_with_its_own() -> None:
    tree = [item("1", DONE, points=8), item("2", DONE, parent="1"), item("3", parent="1"), item("4", points=2)]
    reading = read(POINTS, *tree)
    assert (reading.value, reading.items) == (Decimal("0.8"), 2)
    assert dict(reading.left_out) == {"the estimate of its parent counts": 2}
    mean = read(replace(POINTS, missing=MissingEstimate.MEAN), *tree)
    assert mean.value == reading.value, "nothing is assumed for work that its story's estimate covers"


def test_an_estimate_counts_once_however_deep_it_stands() -> None:
    tree = [item("1", points=20), item("2", points=9, parent="1"), item("3", DONE, points=1, parent="2")]
    tree += [item("4", points=3, parent="1"), item("5", DONE, parent="4"), item("6", parent="2")]
    reading = read(POINTS, *tree)
    assert reading.value == Decimal("0.25"), "1 of 3 (the sub-task) and 3 (the story 4); 1 and 2 have estimates below"
    assert dict(reading.left_out) == {
        "has children in the selection": 2,
        "the estimate of its parent counts": 1,
        "no estimate": 1,
    }


def test_parents_in_a_circle_end_the_walk() -> None:
    circle = [item("1", points=1, parent="2"), item("2", DONE, points=3, parent="1"), item("3", DONE, points=4)]
    assert read(POINTS, *circle).value == Decimal(1)


def test_a_parent_whose_children_the_filter_leaves_out_is_a_leaf() -> None:
    tree = [item("1", DONE, kind="epic"), item("2", parent="1"), item("3", kind="epic")]
    reading = read(replace(COUNT, where='item.kind == "epic"'), *tree)
    assert (reading.value, dict(reading.left_out)) == (Decimal("0.5"), {"not matched by the filter": 1})


def test_a_parent_outside_the_selection_changes_nothing() -> None:
    assert read(COUNT, item("2", DONE, parent="99"), item("3", parent="99")).value == Decimal("0.5")


def test_named_statuses_replace_the_category() -> None:
    items = [item("1", DONE, status="Resolved", status_id="5"), item("2", DONE, status="Closed", status_id="6")]
    assert read(replace(COUNT, done_statuses=("closed",)), *items).value == Decimal("0.5")
    assert read(replace(COUNT, done_statuses=("6", "5")), *items).value == 1
    half = replace(COUNT, done_statuses=("Closed",), in_progress=Decimal("0.5"))
    assert read(half, *items).value == Decimal("0.75"), "done for the vendor, but not by the rule: it is in progress"


def test_the_evidence_adds_up_to_the_fraction() -> None:
    items = [item("1", DONE, points=8), item("2", points=2), item("3", DONE), item("4", WONT, points=9)]
    reading = read(replace(POINTS, missing=MissingEstimate.MEAN), *items, collect=True)
    assert [part.item for part in reading.evidence] == ["1", "2", "3", "4"]
    assert sum(part.credit for part in reading.evidence) == reading.numerator == 13
    assert [part.counted for part in reading.evidence] == [True, True, True, False]
    assert reading.evidence[2].note == "no estimate: counted as the mean 5"
    assert reading.evidence[3].note == "closed without being done"


def test_evidence_is_collected_only_when_asked_for() -> None:
    assert read(COUNT, item("1", DONE)).evidence == ()


states = st.sampled_from([TODO, DOING, DONE, WONT])
points = st.none() | st.integers(min_value=0, max_value=13)
measures = st.builds(
    Completion,
    selection=st.just(WORK),
    by=st.sampled_from([None, "story_points"]),
    wont_do=st.sampled_from(WontDo),
    missing=st.sampled_from([policy for policy in MissingEstimate if policy is not MissingEstimate.FIXED]),
    in_progress=st.sampled_from([Decimal(0), Decimal("0.5")]),
    leaves=st.booleans(),
)


@st.composite
def forests(draw: st.DrawFn) -> list[WorkItem]:
    drawn = draw(st.lists(st.tuples(states, points, st.none() | st.integers(0, 7)), min_size=1, max_size=8))
    return [
        item(str(place), state, points=weight, parent=None if parent is None or parent == place else str(parent))
        for place, (state, weight, parent) in enumerate(drawn)
    ]


@given(items=forests(), measure=measures, data=st.data())
def test_the_order_of_items_does_not_matter(items: list[WorkItem], measure: Completion, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(items))
    first, second = (measure_one(rule(measure), CYCLE, Unordered({WORK: each}), NOW) for each in (items, shuffled))
    assert first == second


@given(items=forests(), measure=measures)
def test_a_share_is_between_0_and_1_or_there_is_a_reason(items: list[WorkItem], measure: Completion) -> None:
    reading = read(measure, *items, collect=True)
    assert (reading.value is None) is (reading.no_data is not None)
    if reading.value is not None:
        assert 0 <= reading.value <= 1
        assert sum(part.counted for part in reading.evidence) == reading.items


@given(items=forests(), measure=measures)
def test_finishing_an_item_never_lowers_completion(items: list[WorkItem], measure: Completion) -> None:
    before = read(measure, *items)
    for place, one in enumerate(items):
        if one.state in (ItemState.TODO, ItemState.IN_PROGRESS):
            after = read(measure, *items[:place], structs.replace(one, state=DONE), *items[place + 1 :])
            assert (before.value is None) is (after.value is None)
            if before.value is not None and after.value is not None:
                assert after.value >= before.value


def test_without_any_estimate_there_is_no_mean_and_the_field_is_named() -> None:
    measure = Completion(selection=WORK, by="story_points", missing=MissingEstimate.MEAN)
    reading = read(measure, item("1"), item("2"))
    assert reading.no_data == "none of 2 items has story points, so there is no mean"
