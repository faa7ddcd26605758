"""GitHub's records as they come over the wire, REST and GraphQL, and the one record that both become.

REST: https://docs.github.com/en/rest/issues/issues#list-repository-issues ·
GraphQL: https://docs.github.com/en/graphql/reference/objects#issue
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Instant = Annotated[datetime, Meta(tz=True)]
"""Always with its zone: a naive time is a record that cannot be read."""


class Record(Struct, frozen=True, kw_only=True):
    """One issue or pull request, whichever way it came. Instants are in UTC."""

    id: str
    """Node id; a number is unique only within its repository."""
    repo: str
    number: int
    title: str
    url: str
    pull_request: bool
    closed: bool
    reason: str
    """Why an issue is closed, in lower case; empty when nothing is said."""
    merged: bool
    draft: bool
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    labels: tuple[str, ...]
    assignee: str | None
    assignees: tuple[str, ...]
    milestone: str | None
    milestone_number: int | None
    type: str | None
    comments: int
    parent: str | None
    """Node id of the parent issue, where the answer says it."""
    parent_address: str | None
    """Where the REST API has the parent issue, where only that is said."""
    address: str | None
    """Where the REST API has the record itself."""
    item: ProjectItem | None = None
    """As what it stands in the project that was read, where one was."""


class ProjectItem(Struct, frozen=True, kw_only=True):
    """An issue, pull request or draft as an item of a project. Keyed apart: weight and status are the project's."""

    id: str
    """Node id of the item, not of its content."""
    draft: bool
    updated_at: datetime
    status: str
    status_id: str
    numbers: dict[str, Decimal]
    texts: dict[str, str]


RecordReader: TypeAlias = Callable[[msgspec.Raw], Record]
"""``from_rest`` or ``from_graphql``."""


class UnknownMergeError(ValueError):
    """A closed pull request that does not say whether it was merged."""


class _Named(Struct, frozen=True):
    name: str


class _Login(Struct, frozen=True):
    login: str


class _Milestone(Struct, frozen=True):
    title: str
    number: int | None = None


class _PullRequest(Struct, frozen=True):
    merged_at: Instant | UnsetType | None = UNSET


class RestIssue(Struct, frozen=True, kw_only=True):
    """As much of an object of "List repository issues" as is used."""

    node_id: str
    number: int
    title: str
    state: Literal["open", "closed"]
    url: str
    html_url: str
    repository_url: str
    created_at: Instant
    updated_at: Instant
    closed_at: Instant | None = None
    state_reason: str | None = None
    labels: list[_Named | str] = []
    assignee: _Login | None = None
    assignees: list[_Login] = []
    milestone: _Milestone | None = None
    type: _Named | None = None
    comments: int = 0
    draft: bool = False
    pull_request: _PullRequest | None = None
    parent_issue_url: str | None = None


class _Loose(Struct, frozen=True):
    """As much of a record as it takes to name it."""

    number: object = None
    pull_request: object = None


class Hint(Struct, frozen=True):
    """What can still be said of a record that cannot be read."""

    name: str
    pull_request: bool


def hint(raw: msgspec.Raw | RestIssue) -> Hint:
    """Return the number of a record that cannot be read, and whether it is a pull request."""
    try:
        loose = raw if isinstance(raw, RestIssue) else msgspec.json.decode(raw, type=_Loose)
    except msgspec.MsgspecError:
        return Hint("without a number", False)
    name = f"#{loose.number}" if isinstance(loose.number, int) else "without a number"
    return Hint(name, loose.pull_request is not None)


def from_rest(raw: msgspec.Raw | RestIssue) -> Record:
    """Return the record of one object of "List repository issues", as it came or decoded.

    Raises:
        msgspec.ValidationError: a member is missing or of the wrong type.
        UnknownMergeError: a closed pull request without ``merged_at`` (Enterprise Server before 3.5).
    """
    issue = raw if isinstance(raw, RestIssue) else _rest_issue.decode(raw)
    merged = False
    if issue.pull_request is not None:
        merged = _merged(issue.pull_request.merged_at, closed=issue.state == "closed")
    return Record(
        id=issue.node_id,
        repo="/".join(issue.repository_url.rstrip("/").rsplit("/", 2)[1:]),
        number=issue.number,
        title=issue.title,
        url=issue.html_url,
        pull_request=issue.pull_request is not None,
        closed=issue.state == "closed",
        reason=(issue.state_reason or "").lower(),
        merged=merged,
        draft=issue.draft,
        created_at=_utc(issue.created_at),
        updated_at=_utc(issue.updated_at),
        closed_at=_utc(issue.closed_at) if issue.closed_at else None,
        labels=_sorted(label if isinstance(label, str) else label.name for label in issue.labels),
        assignee=issue.assignee.login if issue.assignee else None,
        assignees=tuple(person.login for person in issue.assignees or ([issue.assignee] if issue.assignee else [])),
        milestone=issue.milestone.title if issue.milestone else None,
        milestone_number=issue.milestone.number if issue.milestone else None,
        type=issue.type.name if issue.type else None,
        comments=issue.comments,
        parent=None,
        parent_address=issue.parent_issue_url,
        address=issue.url,
    )


_rest_issue = msgspec.json.Decoder(RestIssue)


class _Nodes(Struct, frozen=True):
    nodes: list[_Named]


class _Logins(Struct, frozen=True):
    nodes: list[_Login]


class _Count(Struct, frozen=True, rename="camel"):
    total_count: int


class _Repository(Struct, frozen=True, rename="camel"):
    name_with_owner: str


class _Id(Struct, frozen=True):
    id: str


class _GraphQLIssue(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    number: int
    title: str
    url: str
    state: Literal["OPEN", "CLOSED"] | None = None
    """Issues have this one, pull requests the next."""
    pull_request_state: Literal["OPEN", "CLOSED", "MERGED"] | None = None
    created_at: Instant
    updated_at: Instant
    repository: _Repository
    closed_at: Instant | None = None
    state_reason: str | None = None
    labels: _Nodes | None = None
    assignees: _Logins | None = None
    milestone: _Milestone | None = None
    issue_type: _Named | None = None
    comments: _Count | None = None
    parent: _Id | None = None
    is_draft: bool = False


def from_graphql(raw: msgspec.Raw) -> Record:
    """Return the record of one ``Issue`` or ``PullRequest`` node with the fields that ``queries`` asks for.

    Raises:
        msgspec.ValidationError: a member is missing or of the wrong type.
    """
    node = _graphql_issue.decode(raw)
    state = node.state or node.pull_request_state
    if state is None:
        raise msgspec.ValidationError("Object missing required field `state`")
    return Record(
        id=node.id,
        repo=node.repository.name_with_owner,
        number=node.number,
        title=node.title,
        url=node.url,
        pull_request=node.pull_request_state is not None,
        closed=state != "OPEN",
        reason=(node.state_reason or "").lower(),
        merged=state == "MERGED",
        draft=node.is_draft,
        created_at=_utc(node.created_at),
        updated_at=_utc(node.updated_at),
        closed_at=_utc(node.closed_at) if node.closed_at else None,
        labels=_sorted(label.name for label in node.labels.nodes) if node.labels else (),
        assignee=node.assignees.nodes[0].login if node.assignees and node.assignees.nodes else None,
        assignees=tuple(person.login for person in node.assignees.nodes) if node.assignees else (),
        milestone=node.milestone.title if node.milestone else None,
        milestone_number=node.milestone.number if node.milestone else None,
        type=node.issue_type.name if node.issue_type else None,
        comments=node.comments.total_count if node.comments else 0,
        parent=node.parent.id if node.parent else None,
        parent_address=None,
        address=None,
    )


class _Node(Struct, frozen=True):
    typename: str = msgspec.field(name="__typename")


_graphql_issue = msgspec.json.Decoder(_GraphQLIssue)
_node = msgspec.json.Decoder(_Node | None)


def is_item(node: msgspec.Raw) -> bool:
    """Return whether a node is an issue or a pull request; what is gone or hidden comes as null."""
    known = _node.decode(node)
    return known is not None and known.typename in {"Issue", "PullRequest"}


def _merged(merged_at: datetime | UnsetType | None, *, closed: bool) -> bool:
    if merged_at is UNSET and closed:
        raise UnknownMergeError("closed, but the answer lacks merged_at")
    return isinstance(merged_at, datetime)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
