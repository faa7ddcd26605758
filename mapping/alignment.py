"""The alignment tree: which objective serves which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mapping.standing import ObjectiveStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """An objective with those that serve it, in the order given."""

    objective: ObjectiveStanding
    below: tuple[Aligned, ...] = ()


def aligned(objectives: Sequence[ObjectiveStanding]) -> tuple[Aligned, ...]:
    """Return the trees of some objectives: on top those whose parent is none, or is not among them.

    Every objective stands in them once; parents that go round in a circle, which no rules do, are cut where they begin.
    """
    among = {each.id for each in objectives}
    serves = {each.id: each.parent for each in objectives if each.parent in among and each.parent is not None}
    cut = {circle[0] for each in objectives if (circle := circle_from(each.id, serves)) and circle[0] == min(circle)}
    below: dict[str | None, list[ObjectiveStanding]] = {}
    for each in objectives:
        below.setdefault(None if each.id in cut else serves.get(each.id), []).append(each)

    def trees(parent: str | None) -> tuple[Aligned, ...]:
        return tuple(Aligned(objective=each, below=trees(each.id)) for each in below.get(parent, ()))

    return trees(None)


def circle_from(name: str, serves: Mapping[str, str]) -> list[str]:
    """Return the objectives from one along its parents back to itself; empty where the way does not come back."""
    path = [name]
    while (parent := serves.get(path[-1])) is not None:
        if parent == name:
            return path
        if parent in path:
            return []  # a circle further up, which is not of this one
        path.append(parent)
    return []


def of_team(objectives: Sequence[ObjectiveStanding], team: str) -> tuple[ObjectiveStanding, ...]:
    """Return the objectives that a team owns or contributes to, whole, and of others the key results that are its."""
    found = []
    for each in objectives:
        if team in (each.team, *each.teams):
            found.append(each)
        elif theirs := tuple(one for one in each.key_results if one.team == team):
            found.append(replace(each, key_results=theirs))
    return tuple(found)


def teams_of(objectives: Sequence[ObjectiveStanding]) -> list[str]:
    """Return the teams that own or contribute to any of these, sorted."""
    named = {team for each in objectives for team in (each.team, *each.teams, *(one.team for one in each.key_results))}
    return sorted(team for team in named if team)
