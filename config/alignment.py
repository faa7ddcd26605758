"""Objectives serve others: every parent is there, and nobody serves themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from config.validation import Problems, one_of
from mapping.alignment import circle_from
from mapping.errors import Place
from mapping.rules import Objective


def check_parents(
    objectives: Sequence[Objective], parents: Mapping[str, Place], known: Collection[str], problems: Problems
) -> None:
    """Report parents that are not declared, and chains of parents that come back to where they began.

    Args:
        objectives: those that are right.
        parents: where an objective names its parent, by its id.
        known: ids of all objectives that are declared, and addresses of key results.
        problems: gets what is wrong, each circle once.
    """
    serves = {each.id: each.parent for each in objectives if each.parent is not None}
    told: set[str] = set()
    for name, parent in serves.items():
        if parent not in known or "/" in parent:
            ids = [each for each in known if "/" not in each and each != name]
            problems.add(parents[name], f"unknown objective {parent!r} as parent", one_of(parent, ids))
            continue
        circle = circle_from(name, serves)
        if circle and not told & set(circle):
            told.update(circle)
            shown = " → ".join([*circle, circle[0]])
            problems.add(parents[name], f"the parents go round in a circle: {shown}", "take one of them out")
