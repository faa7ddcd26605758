"""Items of projects as they come over the wire, and the records they become.

https://docs.github.com/en/graphql/reference/objects#projectv2item
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from connectors.github.records import Instant, ProjectItem, Record, from_graphql

WEIGHT = "weight"


class Field(Struct, frozen=True, rename="camel"):
    """A field of a project. One of a kind that has no id comes empty."""

    id: str = ""
    name: str = ""
    data_type: str = ""


class _Value(Struct, frozen=True, rename="camel"):
    field: Field | None = None
    number: Decimal | None = None
    name: str | None = None
    option_id: str | None = None
    text: str | None = None
    date: str | None = None
    title: str | None = None


class _Values(Struct, frozen=True):
    nodes: list[_Value | None]


class _Login(Struct, frozen=True):
    login: str


class _Logins(Struct, frozen=True):
    nodes: list[_Login]


class _Draft(Struct, frozen=True, rename="camel"):
    id: str
    title: str
    created_at: Instant
    updated_at: Instant
    assignees: _Logins | None = None


class _Content(Struct, frozen=True):
    typename: str = msgspec.field(name="__typename")


class _Id(Struct, frozen=True):
    id: str
    number: int


class _Item(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    full_database_id: str | int | None = None
    is_archived: bool
    type: Literal["ISSUE", "PULL_REQUEST", "DRAFT_ISSUE", "REDACTED"]
    updated_at: Instant
    project: _Id
    field_values: _Values
    content: Raw = Raw(b"null")


class RedactedError(ValueError):
    """An item whose content is not for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A project with the fields that a selection reads."""

    id: str
    name: str
    """``acme/5``."""
    title: str
    weight: str | None
    """Id of the number field that weighs."""
    status: str | None
    """Id of the single-select field that is the status."""
    status_has_events: bool = False
    """GitHub keeps events only of the built-in field, which every project has under the name Status."""
    wanted: Mapping[str, str] = field(default_factory=dict)
    """Id of a field to the name by which rules ask for it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A record at its place in a project."""

    record: Record
    archived: bool
    told: str | None
    """Node id of the project whose events tell the item's past status; None where no events do."""


def project_of(raw: Raw) -> str:
    """Return the node id of the project that an item is in."""
    return msgspec.json.decode(raw, type=_Item).project.id


def placed(raw: Raw, board: Board) -> Placed:
    """Return the record of one item.

    Raises:
        msgspec.ValidationError: a member is missing or of the wrong type.
        RedactedError: GitHub shows that there is an item, and not which.
    """
    item = msgspec.json.decode(raw, type=_Item)
    if item.type == "REDACTED" or bytes(item.content) == b"null":
        raise RedactedError(f"an item of {board.name} is hidden from this account")
    status, numbers, texts = _values(item, board)
    draft = msgspec.json.decode(item.content, type=_Content).typename == "DraftIssue"
    record = _draft(item, board) if draft else from_graphql(item.content)
    as_item = ProjectItem(
        id=item.id,
        draft=draft,
        updated_at=item.updated_at.astimezone(UTC),
        status=status.name or "",
        status_id=status.option_id or "",
        numbers=numbers,
        texts=texts,
    )
    return Placed(
        msgspec.structs.replace(record, item=as_item), item.is_archived, board.id if board.status_has_events else None
    )


def _values(item: _Item, board: Board) -> tuple[_Value, dict[str, Decimal], dict[str, str]]:
    status, numbers, texts = _Value(), dict[str, Decimal](), dict[str, str]()
    for value in item.field_values.nodes:
        if value is None or value.field is None:
            continue
        if value.field.id == board.status and board.status:
            status = value
        names = [board.wanted[value.field.id]] if value.field.id in board.wanted else []
        if value.field.id == board.weight and board.weight:
            names.append(WEIGHT)
        for name in names:
            if value.number is not None:
                numbers[name] = value.number
            elif text := value.name or value.text or value.date or value.title:
                texts[name] = text
    return status, numbers, texts


def _draft(item: _Item, board: Board) -> Record:
    draft = msgspec.json.decode(item.content, type=_Draft)
    people = tuple(person.login for person in draft.assignees.nodes) if draft.assignees else ()
    number = str(item.full_database_id or 0)
    return Record(
        id=draft.id,
        repo=board.name,
        number=int(number) if number.isdigit() else 0,
        title=draft.title,
        url="",
        pull_request=False,
        closed=False,
        reason="",
        merged=False,
        draft=False,
        created_at=draft.created_at.astimezone(UTC),
        updated_at=draft.updated_at.astimezone(UTC),
        closed_at=None,
        labels=(),
        assignee=people[0] if people else None,
        assignees=people,
        milestone=None,
        milestone_number=None,
        type=None,
        comments=0,
        parent=None,
        parent_address=None,
        address=None,
    )
