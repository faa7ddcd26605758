"""How one record of Jira becomes a work item. Nothing of the vendor's shape walks further than this file.

The record is the ``IssueBean`` of Jira Cloud's REST API v3
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/) or of Data Center's REST API v2
(https://developer.atlassian.com/server/jira/platform/rest/). The latter knows no levels, and ties a story to its epic
by a custom field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import msgspec

from connectors.jira.options import JiraOptions
from connectors.jira.shapes import Issue, IssueFields, IssueName, IssueType, Person, Resolution, Status, issue_type
from mapping.errors import SkipRecordError
from mapping.words import ItemState, WorkItem

_PLAIN = re.compile(r"[A-Z0-9_]+-[0-9]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_STATES = {
    "new": ItemState.TODO,
    "undefined": ItemState.TODO,  # Jira's "No Category": certainly not done
    "indeterminate": ItemState.IN_PROGRESS,
    "done": ItemState.DONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """The custom fields by which a Data Center ties issues to what is above them; ids of fields, None: not there."""

    epic: str | None = None
    """"Epic Link" of a story, holds the epic's key."""
    epic_name: str | None = None
    """"Epic Name", which only epics have."""
    parent: str | None = None
    """"Parent Link" of an epic, holds the key of what is above it."""

    @property
    def field_ids(self) -> tuple[str, ...]:
        """The fields that there are."""
        return tuple(field_id for field_id in (self.epic, self.epic_name, self.parent) if field_id is not None)

    @property
    def upward(self) -> tuple[str, ...]:
        """The fields that hold the key of what is above."""
        return tuple(field_id for field_id in (self.epic, self.parent) if field_id is not None)


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
    ties: Ties | None = None
    """None on Cloud, where ``parent`` and the type's level say it all."""

    field_ids: tuple[str, ...] = field(init=False)
    """The fields to ask for besides :data:`connectors.jira.shapes.FIELDS`, by id, each once."""
    places: Mapping[str, str] = field(init=False)
    """Where a decoded issue holds each of them."""
    shape: type[Issue] = field(init=False)
    """What such an issue is decoded as."""

    def __post_init__(self) -> None:
        field_ids = tuple(sorted({*self.numbers.values(), *(self.ties.field_ids if self.ties else ())}))
        object.__setattr__(self, "field_ids", field_ids)
        object.__setattr__(self, "places", {field_id: f"extra_{place}" for place, field_id in enumerate(field_ids)})
        object.__setattr__(self, "shape", issue_type(field_ids))

    def item(self, record: msgspec.Raw | Issue) -> WorkItem:
        """Return the work item for one ``IssueBean``, as it came or decoded as ``shape``.

        Raises:
            SkipRecordError: no id, no readable status or time, or something that is not a number in a numeric field.
        """
        try:
            return self._item(record if isinstance(record, Issue) else self.decode(record))
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            raise self.unreadable(record, error) from error

    def decode(self, record: msgspec.Raw) -> Issue:
        """Return the record as a type.

        Raises:
            msgspec.DecodeError: it lacks what every issue has.
        """
        return msgspec.json.decode(record, type=self.shape)

    def unreadable(self, record: msgspec.Raw | Issue, error: Exception) -> SkipRecordError:
        """Return the error for a record that cannot be read, by the name people know it under."""
        return SkipRecordError(f"{self.connection}: cannot read {name_of(record)}: {error}")

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
            url=f"{self.browse}/browse/{issue.key if _PLAIN.fullmatch(issue.key) else quote(issue.key)}",
            parent=self.parent(issue),
            level=self._level(fields, kind),
            labels=tuple(sorted(set(fields.labels or ()))),
            assignee=_person(fields.assignee),
            created_at=instant(fields.created) if fields.created else None,
            done_at=_done_at(fields) if state is ItemState.DONE else None,
            numbers=self.numbers_of(fields),
        )

    def _state(self, fields: IssueFields) -> ItemState:
        status = fields.status
        # The record's own category comes first: Jira gives it in the same answer as the status, while the list of
        # statuses was read a moment earlier and leaves out statuses of workflows that are not active.
        key = status.status_category.key if status.status_category else self.categories.get(status.id)
        return self.state(key, status, fields.resolution)

    def state(self, category: str | None, status: Status, resolution: Resolution | None) -> ItemState:
        """Return how far an issue is that has this status, whose category is given, and this resolution.

        Raises:
            ValueError: the category is none of Jira's.
        """
        if category not in _STATES:
            raise ValueError(
                f"status {status.name!r} ({status.id}) has the category {category!r}, not new, indeterminate or done"
            )
        state = _STATES[category]
        if state is ItemState.DONE and resolution and self.given_up(resolution):
            return ItemState.WONT_DO
        return state

    def given_up(self, resolution: Resolution) -> bool:
        """Return whether a resolution means closed without being done."""
        return not self.wont_do.isdisjoint({resolution.id, plain(resolution.name)})

    def parent(self, issue: Issue) -> str | None:
        """Return what is above an issue: an id, or on a Data Center the key of an epic; None at the top."""
        if issue.fields.parent is not None:
            return issue.fields.parent.id
        keys = (self._text(issue, field_id) for field_id in (self.ties.upward if self.ties else ()))
        return next((key for key in keys if key), None)

    def numbers_of(self, fields: IssueFields) -> Mapping[str, Decimal]:
        """Return the numbers that rules use, by the rules' names; empty fields are absent.

        Raises:
            ValueError: one of them holds no number.
        """
        found: dict[str, Decimal] = {}
        for name, field_id in self.numbers.items():
            text = bytes(self._extra(fields, field_id)).decode()
            if text != "null":
                found[name] = _number(text, name, field_id)
        return found

    def _level(self, fields: IssueFields, kind: IssueType) -> int:
        if kind.hierarchy_level is not None:
            return kind.hierarchy_level
        if kind.subtask:
            return -1
        name = self.ties.epic_name if self.ties else None
        return 1 if name is not None and bytes(self._extra(fields, name)) not in (b"null", b'""') else 0

    def _extra(self, fields: IssueFields, field_id: str) -> msgspec.Raw:
        raw: msgspec.Raw = getattr(fields, self.places[field_id])
        return raw

    def _text(self, issue: Issue, field_id: str) -> str | None:
        return msgspec.json.decode(self._extra(issue.fields, field_id), type=str | None)


def reader_for(
    connection: str,
    options: JiraOptions,
    categories: Mapping[str, str],
    numbers: Mapping[str, str],
    ties: Ties | None = None,
) -> Reader:
    """Return the reader that follows these options."""
    return Reader(
        connection=connection,
        browse=options.url,
        wont_do=frozenset(plain(name) for name in options.wont_do),
        categories=categories,
        numbers=numbers,
        ties=ties,
    )


def plain(name: str) -> str:
    """Return a resolution's name without what people type differently: case, curly apostrophes, spaces around it."""
    return name.strip().replace("\u2019", "'").casefold()


def name_of(record: msgspec.Raw | Issue) -> str:
    """Return what to call a record in a message: ``CHK-7 (10007)``, or as much of that as it tells."""
    try:
        name = record if isinstance(record, Issue) else msgspec.json.decode(record, type=IssueName)
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


def _person(assignee: Person | None) -> str | None:
    return (assignee.display_name or assignee.account_id or assignee.name) if assignee else None


def _done_at(fields: IssueFields) -> datetime | None:
    # Issues that no status change ever closed have no other date than the resolution's, and those that a site closes
    # without a resolution only the date of the category.
    text = fields.resolutiondate or fields.statuscategorychangedate
    return instant(text) if text else None


def _number(text: str, name: str, field_id: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise ValueError(f"{name} ({field_id}) holds {shown}, not a number")
    return Decimal(text)
