"""The alignment tree in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from mapping.alignment import Aligned, aligned
from mapping.show import show_progress
from mapping.standing import ObjectiveStanding
from okrsync.show import badge, clean


def tree_of(objectives: Sequence[ObjectiveStanding]) -> Tree:
    """Return which objective serves which, each with its teams, progress and status, and its key results below it."""
    root = Tree("", hide_root=True, guide_style="dim")
    for each in aligned(objectives):
        _add(root, each)
    return root


def _add(above: Tree, aligned_: Aligned) -> None:
    objective = aligned_.objective
    branch = above.add(_line(objective))
    for each in objective.key_results:
        line = Text(each.key_result, style="dim")
        if each.team:
            line.append(f"  {clean(each.team)}", style="cyan")
        branch.add(line.append(f"  {show_progress(each.raw_progress)}  ").append_text(badge(each.status)))
    for inner in aligned_.below:
        _add(branch, inner)


def _line(objective: ObjectiveStanding) -> Text:
    line = Text(clean(objective.title), style="bold")
    line.append(f"  {objective.level}", style="not bold dim")
    for team in (objective.team, *objective.teams):
        if team:
            line.append(f"  {clean(team)}", style="not bold cyan")
    line.append(f"  {show_progress(objective.progress)}  ").append_text(badge(objective.status))
    if objective.parent and objective.parent_title:
        line.append(f"  serves {clean(objective.parent_title)}", style="not bold dim")
    return line
