"""Asana's tasks in our words: what counts as done, what a status is, which tasks are work at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from connectors.asana.fields import EXTRA, Wanted
from connectors.asana.options import AsanaOptions
from connectors.asana.records import CUSTOM_FIELDS, TASK_FIELDS, CustomValue, Membership, Named, Task
from connectors.asana.selection import AsanaSelection, Choice
from mapping.errors import SkipRecordError
from mapping.words import ItemState, WorkItem

APPROVAL = "approval"
MILESTONE = "milestone"
KINDS = {"default_task": "task"}
APPROVALS = {
    None: ItemState.TODO,
    "pending": ItemState.TODO,
    "changes_requested": ItemState.IN_PROGRESS,
    "approved": ItemState.DONE,
    "rejected": ItemState.WONT_DO,
}
"""Asana marks a rejected approval as completed, and one whose changes are requested as well; neither is done."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the state of a task depends on, now or at a moment of the past."""

    subtype: str
    completed: bool
    approval: str | None
    homes: tuple[tuple[str, Named | None], ...]
    """Projects by gid, each with the section the task is in there; in the order of their gids."""
    option: Named | None
    """The status of a custom task type."""

    def statuses(self) -> tuple[Named, ...]:
        """Return the status of its type, or its sections: what people see as its status."""
        if self.option is not None:
            return (self.option,)
        sections = {section.gid: section for _, section in self.homes if section is not None}
        return tuple(sections.values())


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns tasks into work items, as the options and the rules of a connection want it."""

    connection: str
    in_progress: frozenset[str]
    wont_do: frozenset[str]
    wanted: Wanted

    @classmethod
    def of(cls, connection: str, options: AsanaOptions, wanted: Wanted) -> Reader:
        """Return the reader that follows these options."""
        return cls(connection, _plain(options.in_progress), _plain(options.wont_do), wanted)

    @property
    def opt_fields(self) -> tuple[str, ...]:
        """What Asana is asked to tell of each task."""
        extra = tuple(told for name, told in EXTRA.items() if name in self.wanted.plain)
        return (*TASK_FIELDS, *extra, *(CUSTOM_FIELDS if self.wanted.custom else ()))

    def facts(self) -> list[str]:
        """Return what a reading depends on besides the tasks."""
        return [*sorted(self.in_progress), "", *sorted(self.wont_do), "", *self.wanted.facts()]

    def item(self, task: Task) -> WorkItem:
        """Return the work item for a task. It depends on the task alone, whichever list it was read from.

        Raises:
            SkipRecordError: an approval status that okrsync does not know, or no time of change.
        """
        name = f"{self.connection}: task {task.gid} {task.name!r}"
        changed_at = task.changed_at
        if changed_at is None:
            raise SkipRecordError(f"{name} cannot be read: it tells no time of change")
        standing = standing_of(task)
        try:
            state = self.state(standing)
        except ValueError as error:
            raise SkipRecordError(f"{name} cannot be read: {error}") from error
        return WorkItem(
            connection=self.connection,
            id=task.gid,
            key=task.gid,
            title=task.name or "(without a name)",
            state=state,
            updated_at=changed_at,
            kind=kind_of(task),
            status=names_of(standing),
            status_id=",".join(each.gid for each in standing.statuses()),
            resolution=(task.approval_status or "") if task.resource_subtype == APPROVAL and task.completed else "",
            url=task.permalink_url,
            parent=task.parent.gid if task.parent else None,
            level=-1 if task.parent else 0,
            labels=tuple(sorted({tag.name for tag in task.tags})),
            assignee=(task.assignee.name or task.assignee.gid) if task.assignee else None,
            created_at=_utc(task.created_at),
            done_at=_utc(task.completed_at) if state is ItemState.DONE else None,
            numbers=self.numbers(task),
            fields=self.texts(task),
        )

    def state(self, standing: Standing) -> ItemState:
        """Return how far a task is.

        Raises:
            ValueError: an approval status that okrsync does not know.
        """
        named = {text for each in standing.statuses() for text in (each.gid, each.name.strip().casefold())}
        if self.wont_do & named:
            return ItemState.WONT_DO
        if standing.subtype == APPROVAL:
            return _approval(standing)
        if standing.completed:
            return ItemState.DONE
        return ItemState.IN_PROGRESS if self.in_progress & named else ItemState.TODO

    def numbers(self, task: Task) -> Mapping[str, Decimal]:
        """Return the numbers that rules ask for, by the rules' names; empty ones are absent."""
        plain = {"num_subtasks": Decimal(task.num_subtasks), "actual_time_minutes": task.actual_time_minutes}
        found = {name: value for name, value in plain.items() if name in self.wanted.plain and value is not None}
        for name, value in self._custom(task):
            if value.number_value is not None:
                found[name] = value.number_value
        return found

    def texts(self, task: Task) -> Mapping[str, str]:
        """Return the other fields that rules ask for, as text; empty ones are absent."""
        homes = sorted(task.memberships, key=_by_project)
        plain = {
            "section": _joined(home.section for home in homes),
            "project": _joined(home.project for home in homes),
            "approval_status": task.approval_status,
            "due_on": task.due_on,
        }
        found = {name: value for name, value in plain.items() if name in self.wanted.plain and value}
        for name, value in self._custom(task):
            if value.number_value is None and (text := value.text()):
                found[name] = text
        return found

    def _custom(self, task: Task) -> Iterable[tuple[str, CustomValue]]:
        """Stream the value of each custom field that rules ask for; of several fields the first that the task has."""
        there = {value.gid: value for value in task.custom_fields}
        for name, meant in self.wanted.custom.items():
            value = next((there[each.gid] for each in meant if each.gid in there), None)
            if value is not None:
                yield name, value


def belongs(task: Task, terms: AsanaSelection) -> bool:
    """Return whether a task that was listed is work of the kinds that a selection wants."""
    if task.is_rendered_as_separator:
        return False
    milestone, approval = task.resource_subtype == MILESTONE, task.resource_subtype == APPROVAL
    return _wanted(terms.milestones, holds=milestone) and _wanted(terms.approvals, holds=approval)


def standing_of(task: Task) -> Standing:
    """Return what the state of a task depends on now."""
    homes = sorted((home for home in task.memberships if home.project is not None), key=_by_project)
    return Standing(
        subtype=task.resource_subtype,
        completed=task.completed,
        approval=task.approval_status,
        homes=tuple((home.project.gid, home.section) for home in homes if home.project is not None),
        option=task.custom_type_status_option,
    )


def kind_of(task: Task) -> str:
    """Return the type in lower case: ``task``, ``milestone``, ``approval``, ``separator``, or a custom type's name."""
    if task.is_rendered_as_separator:
        return "separator"
    if task.custom_type is not None and task.custom_type.name:
        return task.custom_type.name.lower()
    return KINDS.get(task.resource_subtype, task.resource_subtype)


def names_of(standing: Standing) -> str:
    """Return the status as people see it; of a task in several projects all its sections."""
    return ", ".join(dict.fromkeys(each.name for each in standing.statuses() if each.name))


def _approval(standing: Standing) -> ItemState:
    if standing.approval not in APPROVALS or (standing.approval is None and standing.completed):
        raise ValueError(f"the approval status {standing.approval!r} is none that okrsync knows")
    return APPROVALS[standing.approval]


def _wanted(choice: Choice, *, holds: bool) -> bool:
    return {"exclude": not holds, "include": True, "only": holds}[choice]


def _plain(names: Iterable[str | int]) -> frozenset[str]:
    return frozenset(str(name).casefold() for name in names)


def _by_project(home: Membership) -> tuple[int, str]:
    gid = home.project.gid if home.project else ""
    return len(gid), gid  # gids are numbers as text


def _joined(things: Iterable[Named | None]) -> str:
    return ", ".join(dict.fromkeys(thing.name for thing in things if thing is not None and thing.name))


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None
