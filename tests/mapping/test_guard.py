"""What is held for a person to look at, and what is nobody's business."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.check_ins import CheckIn
from mapping.guard import FEW_MOVES, median, why_held
from mapping.metric import clamp, raw_progress
from mapping.reviews import ReviewCause
from mapping.rules import NO_GUARD, Guard, Metric, MetricKind

BUGS = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(0))
PROFIT = Metric(kind=MetricKind.INCREASE, baseline=Decimal(10), target=Decimal(100))
CALM = [Decimal(value) for value in (40, 39, 38, 36, 35, 34, 32, 31, 30, 28, 27)]


def entry(value: str, metric: Metric = BUGS, *, items: int | None = 100, rule: str = "r") -> CheckIn:
    raw = raw_progress(metric, Decimal(value))
    return CheckIn(
        key_result="a/b", run=1, at=datetime(2026, 11, 1, tzinfo=UTC), value=Decimal(value), metric=metric,
        raw_progress=raw, progress=clamp(raw), items=items, done=None, formula="", no_data=None,
        rule=rule, rule_version="",
    )  # fmt: skip


def cause(old: CheckIn, new: CheckIn, past: list[Decimal] | None = None, guard: Guard | None = None) -> str | None:
    found = why_held(guard or Guard(), last=old, new=new, past=past if past is not None else CALM)
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("before", "after", "held"), [(100, 50, True), (100, 51, False), (5, 2, True), (4, 0, False), (100, 180, False)]
)
def test_a_selection_that_loses_half_of_its_items_at_once_is_held(before: int, after: int, held: bool) -> None:
    found = cause(entry("27", items=before), entry("26", items=after))
    assert found == (ReviewCause.SHRUNK if held else None)


def test_a_move_far_beyond_the_usual_ones_is_held_and_says_how_far() -> None:
    found = why_held(Guard(), last=entry("27"), new=entry("3"), past=CALM)
    assert found is not None
    assert found[0] is ReviewCause.JUMP
    # moves of -1 (seven) and -2 (three): their median is -1, the mean distance from it 0.3, and -24 is 23 away from it
    far = "76.7 times further from its usual moves than they are from each other"
    assert found[1] == f"27 → 3 is {far} (held beyond 8)"


def test_a_usual_move_a_small_one_and_one_with_too_little_history_pass() -> None:
    assert cause(entry("27"), entry("25")) is None
    assert cause(entry("27"), entry("24")) is None, "7.5 % of the way harms nobody"
    assert cause(entry("27"), entry("3"), CALM[:FEW_MOVES]) is None


def test_moves_that_are_all_alike_make_no_other_move_unusual() -> None:
    steady = [Decimal(value) for value in range(40, 20, -1)]
    assert cause(entry("21"), entry("2"), steady) is None


def test_a_sign_that_neither_end_has_is_held() -> None:
    assert cause(entry("20", PROFIT), entry("-5", PROFIT), []) == ReviewCause.FLIP
    loss = replace(PROFIT, baseline=Decimal(-10))
    assert cause(entry("-2", loss), entry("5", loss), []) is None, "the way itself leads across zero"


def test_another_rule_a_first_value_and_no_guard_pass() -> None:
    assert cause(entry("27", rule="old"), entry("3", items=1)) is None
    assert why_held(Guard(), last=None, new=entry("3"), past=[]) is None
    assert cause(entry("27"), entry("3", items=1), guard=NO_GUARD) is None


@given(st.lists(st.integers(-100, 100).map(Decimal), min_size=1))
def test_the_median_has_as_many_above_as_below(values: list[Decimal]) -> None:
    middle = median(values)
    assert sum(value < middle for value in values) == sum(value > middle for value in values) or middle in values
    assert min(values) <= middle <= max(values)


def test_the_bounds_of_a_jump_are_inclusive_on_the_side_of_passing() -> None:
    # moves -1 (seven) and -2 (three): median -1, mean distance 0.3; at 8 times that is 2.4 further: -3.4 passes
    still = Guard(jump=Decimal(10))
    assert cause(entry("27"), entry("23"), guard=still) is None, "3 away is 10 times 0.3 and not more"
    assert cause(entry("27"), entry("22.9"), guard=still) == ReviewCause.JUMP
    assert cause(entry("27"), entry("22.9"), guard=replace(still, jump=None)) is None


def test_a_changed_sign_is_shown_with_both_values_and_zero_has_none() -> None:
    found = why_held(Guard(), last=entry("20", PROFIT), new=entry("-5", PROFIT), past=[])
    assert found is not None
    assert found[1] == "20 → -5 changes its sign, which neither baseline nor target does"
    assert cause(entry("20", PROFIT), entry("0", PROFIT), []) is None
    assert cause(entry("0", PROFIT), entry("-5", PROFIT), []) is None
    assert cause(entry("20", PROFIT), entry("-5", PROFIT), [], Guard(flip=False)) is None


def test_without_a_baseline_no_move_is_small() -> None:
    bar = Metric(kind=MetricKind.AT_MOST, target=Decimal(0))
    assert cause(entry("27", bar), entry("24", bar), guard=Guard(jump=Decimal(5))) == ReviewCause.JUMP
    assert cause(entry("27"), entry("24"), guard=Guard(jump=Decimal(5))) is None, "3 of 40 is small"
