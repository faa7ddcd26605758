"""What rules do to what is declared follows from both sides alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.curves import Curve, CurveKind
from mapping.declared import Act, Declared, Known, Origin, Register, declared_changes, facts_of, moves_of
from mapping.profiles import OKRSYNC
from mapping.rules import NO_GUARD, ByHand, Cycle, KeyResult, Metric, MetricKind, Mode, Objective, ObjectiveKind, Period
from mapping.shares import DoubleCounting

CYCLE = Cycle(id="q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="UTC")
METRIC = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(10))
PART = KeyResult(id="o/k", title="K", metric=METRIC, measure=ByHand())
WHOLE = Objective(id="o", title="O", cycle=CYCLE)
OTHERS = {
    "title": "T", "owner": "ana", "team": "web", "teams": ("web",), "parent": "up", "level": "person",
    "kind": ObjectiveKind.COMMITTED, "weight": Decimal(2), "mode": Mode.MANUAL, "guard": NO_GUARD,
    "curve": Curve(kind=CurveKind.S_CURVE), "profile": replace(OKRSYNC, hysteresis=3),
    "metric": replace(METRIC, target=Decimal("10.0001")), "cycle": replace(CYCLE, id="q5"),
}  # fmt: skip


@pytest.mark.parametrize("body", [WHOLE, PART], ids=["objective", "key result"])
@pytest.mark.parametrize("name", OTHERS)
def test_whatever_is_said_otherwise_shows(body: Objective | KeyResult, name: str) -> None:
    if hasattr(body, name):
        changed = replace(body, **{name: OTHERS[name]})  # type: ignore[arg-type] # its own field
        assert facts_of(changed) != facts_of(body)


def test_the_period_of_a_metric_and_the_policy_of_an_objective_show_too() -> None:
    assert facts_of(replace(PART, metric=replace(METRIC, per=Period.MONTH))) != facts_of(PART)
    assert facts_of(replace(WHOLE, double_counting=DoubleCounting.SPLIT)) != facts_of(WHOLE)


worlds = st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from("xyz"), min_size=1), max_size=3)


def rules(world: dict[str, set[str]]) -> list[Objective]:
    return [
        replace(WHOLE, id=name, key_results=tuple(replace(PART, id=f"{name}/{part}") for part in sorted(parts)))
        for name, parts in world.items()
    ]


def register(objectives: Sequence[Objective], origin: Origin = Origin.FILE) -> Register:
    return Register(
        cycles={each.cycle.id: Known(each.cycle, origin, False) for each in objectives},
        objectives={each.id: Known(each, origin, False) for each in objectives},
        key_results={part.id: Known(part, origin, False) for each in objectives for part in each.key_results},
    )


@given(world=worlds)
def test_what_is_so_already_changes_nothing(world: dict[str, set[str]]) -> None:
    assert declared_changes(register(rules(world)), rules(world), {}) == ()


@given(before=worlds, after=worlds)
def test_what_comes_and_goes_is_all_told_once(before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
    found = declared_changes(register(rules(before)), rules(after), {})
    told = {(each.kind, each.id): each.act for each in found}
    assert len(told) == len(found)
    old = {f"{name}/{part}" for name, parts in before.items() for part in parts}
    new = {f"{name}/{part}" for name, parts in after.items() for part in parts}
    expected = dict.fromkeys(new - old, Act.CREATE) | dict.fromkeys(old - new, Act.RETIRE)
    assert {id_: act for (kind, id_), act in told.items() if kind is Declared.KEY_RESULT} == expected


@given(before=worlds, after=worlds)
def test_what_people_own_is_never_retired(before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
    found = declared_changes(register(rules(before), Origin.PEOPLE), rules(after), {})
    assert not [each for each in found if each.act in (Act.RETIRE, Act.HAND_OVER)]


def test_an_objective_moves_with_all_its_key_results_but_those_that_say_otherwise() -> None:
    known = register(rules({"a": {"x", "y"}}))
    moves = moves_of(known, {"b": "a", "c/z": "a/y"})
    assert (moves.objectives, moves.key_results) == ({"a": "b"}, {"a/x": "b/x", "a/y": "c/z"})
