"""Asana's records as they come over the wire: frozen types at the door, nothing else walks further in.

https://developers.asana.com/reference/tasks · https://developers.asana.com/reference/stories
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""Always with its zone: a naive time is a record that cannot be read."""

TASK_FIELDS = (
    "name",
    "resource_subtype",
    "completed",
    "completed_at",
    "created_at",
    "modified_at",
    "approval_status",
    "is_rendered_as_separator",
    "num_subtasks",
    "parent",
    "assignee.name",
    "tags.name",
    "memberships.project.name",
    "memberships.section.name",
    "custom_type.name",
    "custom_type_status_option.name",
    "permalink_url",
)
"""What every reading of a task needs; gids come along by themselves."""
CUSTOM_FIELDS = (
    "custom_fields.name",
    "custom_fields.resource_subtype",
    "custom_fields.number_value",
    "custom_fields.text_value",
    "custom_fields.enum_value.name",
    "custom_fields.multi_enum_values.name",
    "custom_fields.date_value.date",
    "custom_fields.display_value",
)
"""Asked for only when rules use a custom field: they make answers several times as expensive."""
STORY_FIELDS = (
    "created_at",
    "resource_subtype",
    "project",
    "old_section.name",
    "new_section.name",
    "old_approval_status",
    "new_approval_status",
    "old_resource_subtype",
    "new_resource_subtype",
    "tag.name",
    "custom_field",
    "old_number_value",
    "new_number_value",
    "old_text_value",
    "new_text_value",
    "old_enum_value.name",
    "new_enum_value.name",
    "old_multi_enum_values.name",
    "new_multi_enum_values.name",
    "old_date_value",
    "new_date_value",
)
"""Never ``text``: it is written for people, in their language, and some of it can be edited."""


class Named(Struct, frozen=True):
    """Anything with a gid, and a name where it was asked for."""

    gid: str
    name: str = ""


class Membership(Struct, frozen=True):
    """A project that a task is in, and the section there; a task may be in many."""

    project: Named | None = None
    section: Named | None = None


class Day(Struct, frozen=True):
    """The value of a date field."""

    date: str | None = None


class CustomValue(Struct, frozen=True, kw_only=True):
    """The value of one custom field of a task."""

    gid: str
    name: str = ""
    number_value: Decimal | None = None
    """As it is: a percentage of 25 is 0.25."""
    text_value: str | None = None
    enum_value: Named | None = None
    multi_enum_values: list[Named] | None = None
    date_value: Day | None = None
    display_value: str | None = None

    def text(self) -> str | None:
        """Return the value as text; None when it is empty."""
        if self.enum_value is not None:
            return self.enum_value.name
        if self.multi_enum_values:
            return ", ".join(each.name for each in self.multi_enum_values)
        if self.date_value is not None:
            return self.date_value.date
        return self.text_value or self.display_value or None


class Task(Struct, frozen=True, kw_only=True):
    """One task. Instants are as they came, aware."""

    gid: str
    name: str
    completed: bool
    resource_subtype: str
    """Decides whether it is a milestone or an approval; without it the task cannot be counted rightly."""
    completed_at: Instant | None = None
    created_at: Instant | None = None
    modified_at: Instant | None = None
    approval_status: str | None = None
    is_rendered_as_separator: bool = False
    num_subtasks: int
    """Decides whether there is anything below it to read."""
    parent: Named | None = None
    assignee: Named | None = None
    tags: list[Named] = []
    memberships: list[Membership] = []
    custom_type: Named | None = None
    custom_type_status_option: Named | None = None
    custom_fields: list[CustomValue] = []
    permalink_url: str | None = None
    due_on: str | None = None
    actual_time_minutes: Decimal | None = None

    @property
    def changed_at(self) -> datetime | None:
        """When it was last changed, in UTC; records of older exports tell only when it was created or completed."""
        told = self.modified_at or max((at for at in (self.completed_at, self.created_at) if at), default=None)
        return told.astimezone(UTC) if told else None


class StoryDay(Struct, frozen=True):
    """A date in a story."""

    due_on: str | None = None


class Story(Struct, frozen=True, kw_only=True):
    """One entry of a task's history. What it does not speak of is None."""

    gid: str
    created_at: Instant
    resource_subtype: str = ""
    project: Named | None = None
    old_section: Named | None = None
    new_section: Named | None = None
    old_approval_status: str | None = None
    new_approval_status: str | None = None
    old_resource_subtype: str | None = None
    new_resource_subtype: str | None = None
    tag: Named | None = None
    custom_field: Named | None = None
    old_number_value: Decimal | None = None
    new_number_value: Decimal | None = None
    old_text_value: str | None = None
    new_text_value: str | None = None
    old_enum_value: Named | None = None
    new_enum_value: Named | None = None
    old_multi_enum_values: list[Named] | None = None
    new_multi_enum_values: list[Named] | None = None
    old_date_value: StoryDay | None = None
    new_date_value: StoryDay | None = None


class _Loose(Struct, frozen=True):
    """As much of a record as it takes to name it."""

    gid: object = None
    name: object = None


def name_of(raw: msgspec.Raw) -> str:
    """Return what to call a task that cannot be read: ``task 1209 'Guest can pay'``, or as much as it tells."""
    try:
        loose = msgspec.json.decode(raw, type=_Loose)
    except msgspec.MsgspecError:
        return "a task without a gid"
    name = f" {loose.name!r}" if isinstance(loose.name, str) else ""
    return f"task {loose.gid}{name}" if isinstance(loose.gid, str) else f"a task without a gid{name}"
