"""The alignment tree holds every objective once, whatever its parents say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mapping.alignment import Aligned, aligned, of_team, teams_of
from mapping.effective import Entries
from mapping.rules import Latest, Objective, ObjectiveKind
from mapping.standing import ObjectiveStanding, Standing, standing
from mapping.status import Status
from tests.mapping.worlds import CYCLE, NOW, SERIES, rule

NAMES = "abcdefgh"


def objective(name: str, parent: str | None = None, team: str | None = None, *teams: str) -> ObjectiveStanding:
    return ObjectiveStanding(
        id=name,
        title=name,
        team=team,
        teams=teams,
        parent=parent,
        owner=None,
        kind=ObjectiveKind.COMMITTED,
        progress=None,
        expected=Decimal(0),
        status=Status.NO_DATA,
        missing=(),
        key_results=(),
    )


def walk(trees: Sequence[Aligned], above: str | None = None) -> Iterator[tuple[str, str | None]]:
    for each in trees:
        yield each.objective.id, above
        yield from walk(each.below, each.objective.id)


@given(st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from([*NAMES, "elsewhere"])))
def test_every_objective_stands_in_the_tree_once_and_below_its_parent(parents: dict[str, str | None]) -> None:
    found = list(walk(aligned([objective(name, parent) for name, parent in parents.items()])))
    assert sorted(name for name, _ in found) == sorted(parents)
    assert all(above in (None, parents[name]) for name, above in found)
    for name, above in found:
        if above is None and (parent := parents[name]) in parents:
            assert name in chain(parent, parents), "only a circle is cut"


def chain(name: str | None, parents: dict[str, str | None]) -> list[str | None]:
    path: list[str | None] = []
    while name is not None and name not in path:
        path.append(name)
        name = parents.get(name)
    return path


def test_a_team_sees_what_it_owns_and_what_it_contributes_to() -> None:
    among = [objective("a", team="web"), objective("b", None, "ops", "web"), objective("c", team="ops")]
    assert [each.id for each in of_team(among, "web")] == ["a", "b"]
    assert teams_of(among) == ["ops", "web"]


def stands(name: str, team: str | None) -> Standing:
    one = replace(rule(Latest(selection=SERIES), id_=name), team=team)
    held = Objective(id="o", title="O", cycle=CYCLE, key_results=(one,))
    return standing(one, held, entries=Entries(), fresh=None, now=NOW)


def test_of_others_objectives_a_team_sees_its_own_key_results_alone() -> None:
    mine, theirs = stands("o/mine", "web"), stands("o/theirs", "ops")
    among = [replace(objective("o", team="ops"), key_results=(mine, theirs)), objective("p", team="ops")]
    (seen,) = of_team(among, "web")
    assert seen == replace(among[0], key_results=(mine,))
    assert of_team(among, "ops") == tuple(among)
    assert of_team(among, "nobody") == ()
