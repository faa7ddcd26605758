"""How one record of Jira becomes a work item. Nothing of the vendor's shape walks further than this file.

The record is the ``IssueBean`` of Jira Cloud's REST API v3
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast
from urllib.parse import quote

import msgspec

from connectors.jira.options import JiraOptions
from mapping.errors import SkipRecordError
from mapping.words import NO_NUMBERS, ItemState, WorkItem

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

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_STATES = {
    "new": ItemState.TODO,
    "undefined": ItemState.TODO,  # Jira's "No Category": certainly not done
    "indeterminate": ItemState.IN_PROGRESS,
    "done": ItemState.DONE,
}


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
    """An assignee; privacy settings may hide all but the account's id."""

    display_name: str | None = None
    account_id: str | None = None


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
def decoder_for(field_ids: tuple[str, ...]) -> msgspec.json.Decoder[Issue]:
    """Return a decoder for issues that also carry these fields, each left raw: a float would lose digits."""
    extra = [
        (f"number_{place}", msgspec.Raw, msgspec.field(default=msgspec.Raw(b"null"), name=field_id))
        for place, field_id in enumerate(field_ids)
    ]
    fields = msgspec.defstruct("IssueFieldsWithNumbers", extra, bases=(IssueFields,), frozen=True, kw_only=True)
    issue = msgspec.defstruct("IssueWithNumbers", [("fields", fields)], bases=(Issue,), frozen=True, kw_only=True)
    return msgspec.json.Decoder(cast("type[Issue]", issue))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Turns records of one connection into work items."""

    connection: str
    browse: str
    """Address that people open issues under."""
    wont_do: frozenset[str]
    """Ids and :func:`plain` names of resolutions that mean closed without being done."""
    categories: Mapping[str, str]
    """Status id to category key, for records that came without their category."""
    numbers: Mapping[str, str]
    """The rules' name of a numeric field to its id."""

    @property
    def field_ids(self) -> tuple[str, ...]:
        """The fields that rules use, by id, each once."""
        return tuple(sorted(set(self.numbers.values())))

    def item(self, record: msgspec.Raw) -> WorkItem:
        """Return the work item for one ``IssueBean``.

        Raises:
            SkipRecordError: no id, no readable status or time, or something that is not a number in a numeric field.
        """
        try:
            issue = decoder_for(self.field_ids).decode(record)
            return self._item(issue)
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            raise SkipRecordError(f"{self.connection}: cannot read {name_of(record)}: {error}") from error

    def _item(self, issue: Issue) -> WorkItem:
        fields = issue.fields
        state = self._state(fields)
        kind = fields.issuetype or IssueType()
        return WorkItem(
            connection=self.connection,
            id=issue.id,
            key=issue.key,
            title=fields.summary or issue.key,
            state=state,
            updated_at=instant(fields.updated),
            kind=kind.name.lower(),
            status=fields.status.name,
            status_id=fields.status.id,
            resolution=fields.resolution.name if fields.resolution else "",
            url=f"{self.browse}/browse/{quote(issue.key)}",
            parent=fields.parent.id if fields.parent else None,
            level=_level(kind),
            labels=tuple(sorted(set(fields.labels or ()))),
            assignee=(fields.assignee.display_name or fields.assignee.account_id) if fields.assignee else None,
            created_at=instant(fields.created) if fields.created else None,
            done_at=_done_at(fields) if state is ItemState.DONE else None,
            numbers=self._numbers(fields),
        )

    def _state(self, fields: IssueFields) -> ItemState:
        status = fields.status
        # The record's own category comes first: Jira gives it in the same answer as the status, while the list of
        # statuses was read a moment earlier and leaves out statuses of workflows that are not active.
        key = status.status_category.key if status.status_category else self.categories.get(status.id)
        if key not in _STATES:
            raise ValueError(
                f"status {status.name!r} ({status.id}) has the category {key!r}, not new, indeterminate or done"
            )
        state = _STATES[key]
        resolution = fields.resolution
        if (
            state is ItemState.DONE
            and resolution
            and not self.wont_do.isdisjoint({resolution.id, plain(resolution.name)})
        ):
            return ItemState.WONT_DO
        return state

    def _numbers(self, fields: IssueFields) -> Mapping[str, Decimal]:
        if not self.numbers:
            return NO_NUMBERS
        places = {field_id: f"number_{place}" for place, field_id in enumerate(self.field_ids)}
        found = {
            name: _number(getattr(fields, places[field_id]), name, field_id) for name, field_id in self.numbers.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def reader_for(
    connection: str, options: JiraOptions, categories: Mapping[str, str], numbers: Mapping[str, str]
) -> Reader:
    """Return the reader that follows these options."""
    return Reader(
        connection=connection,
        browse=options.url,
        wont_do=frozenset(plain(name) for name in options.wont_do),
        categories=categories,
        numbers=numbers,
    )


def plain(name: str) -> str:
    """Return a resolution's name without what people type differently: case, curly apostrophes, spaces around it."""
    return name.strip().replace("\u2019", "'").casefold()


def name_of(record: msgspec.Raw) -> str:
    """Return what to call a record in a message: ``CHK-7 (10007)``, or as much of that as it tells."""
    try:
        name = msgspec.json.decode(record, type=IssueName)
    except msgspec.DecodeError:
        return "a record that tells no id"
    return f"{name.key} ({name.id})" if name.key else f"the issue {name.id}"


def instant(text: str) -> datetime:
    """Return Jira's time, such as ``2021-03-28T16:06:08.713+0800``, in UTC.

    Raises:
        ValueError: it is no time, or says no offset from UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} has no offset from UTC")
    return moment.astimezone(UTC)


def _level(kind: IssueType) -> int:
    if kind.hierarchy_level is not None:
        return kind.hierarchy_level
    return -1 if kind.subtask else 0


def _done_at(fields: IssueFields) -> datetime | None:
    # Issues that no status change ever closed have no other date than the resolution's, and those that a site closes
    # without a resolution only the date of the category.
    text = fields.resolutiondate or fields.statuscategorychangedate
    return instant(text) if text else None


def _number(raw: msgspec.Raw, name: str, field_id: str) -> Decimal | None:
    text = bytes(raw).decode()
    if text == "null":
        return None
    if not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise ValueError(f"{name} ({field_id}) holds {shown}, not a number")
    return Decimal(text)
