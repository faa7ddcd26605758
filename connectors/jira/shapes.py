"""The shapes of Jira's issues, Cloud's and Data Center's: as much of them as a work item and its history need."""

from __future__ import annotations

import functools
from typing import cast

import msgspec

FIELDS = (
    "summary",
    "status",
    "issuetype",
    "parent",
    "labels",
    "assignee",
    "resolution",
    "created",
    "updated",
    "resolutiondate",
    "statuscategorychangedate",
)
"""What every work item needs; nothing more is asked for but the numbers that rules use."""


class Category(msgspec.Struct, frozen=True):
    """A status category; the key is the same in every language, the name is not."""

    key: str


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """A status as it stands inside an issue."""

    id: str
    name: str = ""
    status_category: Category | None = None


class IssueType(msgspec.Struct, frozen=True, rename="camel"):
    """An issue's type; the level is missing on old sites."""

    name: str = ""
    hierarchy_level: int | None = None
    subtask: bool = False


class Parent(msgspec.Struct, frozen=True):
    """What the issue belongs to: a story's epic, a sub-task's story."""

    id: str


class Resolution(msgspec.Struct, frozen=True):
    """Why an issue is closed; its name is in the language of the site."""

    id: str = ""
    name: str = ""


class Person(msgspec.Struct, frozen=True, rename="camel"):
    """An assignee; privacy settings may hide all but the account's id, and Data Center has a name instead of that."""

    display_name: str | None = None
    account_id: str | None = None
    name: str | None = None


class IssueFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of :data:`FIELDS`."""

    summary: str | None = None
    status: Status
    issuetype: IssueType | None = None
    parent: Parent | None = None
    labels: list[str] | None = None
    assignee: Person | None = None
    resolution: Resolution | None = None
    created: str | None = None
    updated: str
    resolutiondate: str | None = None
    statuscategorychangedate: str | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue with the fields of :data:`FIELDS`; :func:`issue_type` adds the rules' numbers."""

    id: str
    key: str
    fields: IssueFields


class IssueName(msgspec.Struct, frozen=True):
    """As much of an issue as a message needs."""

    id: str = "without an id"
    key: str = ""


@functools.cache
def issue_type(field_ids: tuple[str, ...]) -> type[Issue]:
    """Return the type of issues that also carry these fields, each left raw: a float would lose digits."""
    extra = [
        (f"extra_{place}", msgspec.Raw, msgspec.field(default=msgspec.Raw(b"null"), name=field_id))
        for place, field_id in enumerate(field_ids)
    ]
    fields = msgspec.defstruct("IssueFieldsWithNumbers", extra, bases=(IssueFields,), frozen=True, kw_only=True)
    issue = msgspec.defstruct("IssueWithNumbers", [("fields", fields)], bases=(Issue,), frozen=True, kw_only=True)
    return cast("type[Issue]", issue)


class Change(msgspec.Struct, frozen=True):
    """One entry of a changelog: what was changed together."""

    created: str | int
    """An ISO time, or milliseconds since 1970."""
    items: list[ChangedField] = []
    id: str = "0"


class ChangedField(
    msgspec.Struct,
    frozen=True,
    rename={
        "field_id": "fieldId",
        "before": "from",
        "before_text": "fromString",
        "after": "to",
        "after_text": "toString",
    },
):
    """One field of a change: ids in ``before`` and ``after``, and what people saw as text."""

    field: str
    field_id: str | None = None
    before: str | None = None
    before_text: str | None = None
    after: str | None = None
    after_text: str | None = None
