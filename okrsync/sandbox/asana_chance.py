"""Things that people do in Asana by chance: one at a time, so that a test can let them happen between two pages."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import Project
from okrsync.sandbox.wire import Record

Deed = Callable[[AsanaEdits, Random, Project], str]


def by_chance(edits: AsanaEdits, chance: Random, project: Project) -> str:
    """Let one thing happen to a project's tasks, and return what; an empty project gets a task."""
    deed = chance.choice(DEEDS) if edits.site.ranks.get(project.gid) else _insert
    return deed(edits, chance, project)


def _any(edits: AsanaEdits, chance: Random, project: Project) -> Record:
    return edits.site.tasks[chance.choice(sorted(edits.site.ranks[project.gid]))]


def _insert(edits: AsanaEdits, chance: Random, project: Project) -> str:
    section = chance.choice(project.sections)["name"]
    task = edits.add(f"Task {len(edits.site.tasks)}", project, section, top=chance.random() < 0.7)
    return f"inserted {task['gid']}"


def _insert_below(edits: AsanaEdits, chance: Random, project: Project) -> str:
    parent = _any(edits, chance, project)
    return f"inserted {edits.add('Subtask', parent=parent)['gid']} below {parent['gid']}"


def _edit(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    edits.rename(task, f"{task['name']} anew")
    return f"renamed {task['gid']}"


def _turn(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    if task["completed"]:
        edits.reopen(task)
        return f"reopened {task['gid']}"
    edits.complete(task)
    return f"completed {task['gid']}"


def _delete(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    edits.delete(task)
    return f"deleted {task['gid']}"


def _move(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task, section = _any(edits, chance, project), chance.choice(project.sections)["name"]
    edits.move(task, project, section, top=chance.random() < 0.5)
    return f"moved {task['gid']} to {section}"


def _reorder(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    edits.reorder(task, project, top=chance.random() < 0.5)
    return f"dragged {task['gid']}"


def _leave(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    edits.remove_from(task, project)
    return f"took {task['gid']} out"


def _come(edits: AsanaEdits, chance: Random, project: Project) -> str:
    outside = sorted(edits.site.tasks.keys() - edits.site.ranks[project.gid].keys())
    if not outside:
        return _insert(edits, chance, project)
    task = edits.site.tasks[chance.choice(outside)]
    edits.add_to(task, project, top=chance.random() < 0.5)
    return f"took {task['gid']} in"


def _hide(edits: AsanaEdits, chance: Random, project: Project) -> str:
    task = _any(edits, chance, project)
    if edits.site.visible(task["gid"]):
        edits.hide(task)
        return f"hid {task['gid']}"
    edits.show(task)
    return f"showed {task['gid']}"


DEEDS: tuple[Deed, ...] = (
    _insert,
    _insert_below,
    _edit,
    _turn,
    _delete,
    _move,
    _reorder,
    _leave,
    _come,
    _hide,
)
