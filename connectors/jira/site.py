"""What a source asks of a Jira, whichever of the two it is; :mod:`client` is Cloud, :mod:`datacenter` the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

import msgspec

from connectors.jira.shapes import Change, Issue

R_co = TypeVar("R_co", covariant=True)


class IssueId(msgspec.Struct, frozen=True):
    """An issue of a page that is only about ids."""

    id: str


class Kind(msgspec.Struct, frozen=True, rename="camel"):
    """The type of an issue that a rule names."""

    name: str = ""
    hierarchy_level: int | None = None


class NamedFields(msgspec.Struct, frozen=True):
    """As much of an issue as ``check`` shows."""

    summary: str | None = None
    issuetype: Kind | None = None


class NamedIssue(msgspec.Struct, frozen=True):
    """An issue with its present key."""

    id: str
    key: str
    fields: NamedFields = NamedFields()

    def __str__(self) -> str:
        return f"{self.key} {self.fields.summary or ''}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """Issues with their fields; ``more`` says whether there are others, which are not read this way."""

    records: Sequence[msgspec.Raw]
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk(Generic[R_co]):
    """What a read by ids gave. What is gone or hidden is in neither."""

    records: Sequence[R_co]
    withheld: Mapping[str, str]
    """Issues that are there but could not be given this time, by id, with Jira's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An issue with its fields and all its changes, in no particular order."""

    record: msgspec.Raw
    changes: Sequence[Change]
    cut: str = ""
    """Why some changes are missing; empty when none are."""


class Lifecycle(Enum):
    """What has become of a project."""

    LIVE = "live"
    ARCHIVED = "archived"
    DELETED = "deleted"
    """In the trash."""


class Site(Protocol):
    """One Jira. Queries are JQL without an order; all methods raise as :class:`connectors.port.Source` says."""

    def ids(self, restriction: str) -> AsyncGenerator[list[str], None]:
        """Stream the ids of all issues that match, page by page, and make certain that the end was reached."""
        ...

    def records(self, restriction: str, fields: Sequence[str]) -> AsyncGenerator[RecordPage, None]:
        """Stream the issues that match with their fields, as long as that takes few requests."""
        ...

    async def bulk(self, ids: Sequence[str], fields: Sequence[str]) -> Bulk[msgspec.Raw]:
        """Return the issues with these ids, at most :data:`IDS_A_CALL`; issues that have moved are found too."""
        ...

    async def decoded(self, ids: Sequence[str], fields: Sequence[str], shape: type[Issue]) -> Bulk[Issue | msgspec.Raw]:
        """Return the same, decoded where a whole answer can be: quicker than one by one."""
        ...

    async def among(self, restriction: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[msgspec.Raw]:
        """Return those of at most 50 issues that match right now, as fresh as Jira can be."""
        ...

    def histories(self, ids: Sequence[str], fields: Sequence[str]) -> AsyncGenerator[Past, None]:
        """Stream issues with their fields and all their changes; gone or hidden ones are absent."""
        ...

    async def example(self, restriction: str) -> str | None:
        """Return the first issue that matches as people call it, ``CHK-12 Pay by card``; None when none matches."""
        ...

    async def count(self, restriction: str) -> int:
        """Return how many issues match: a hint."""
        ...

    async def issue(self, key: str) -> NamedIssue:
        """Return an issue by its key, also one that has moved since."""
        ...

    async def is_epic(self, issue: NamedIssue) -> bool | None:
        """Return whether an issue is an epic; None where nothing tells."""
        ...

    async def project(self, key: str) -> str:
        """Return a project's name."""
        ...

    async def filter(self, number: int) -> str:
        """Return a saved filter's name."""
        ...

    async def projects(self, keys: Sequence[str]) -> Mapping[str, Lifecycle]:
        """Return those of these projects that the account can see, by key in capitals."""
        ...

    def below(self, parents: Sequence[str]) -> str:
        """Return the restriction for the issues right below these, given by key or id."""
        ...

    def subtree(self, epics: Sequence[str]) -> str | None:
        """Return one restriction for all below these epics; None where it takes more than one query."""
        ...


EPIC_LEVEL = 1
"""Of a type of issue, where Jira tells levels."""
IDS_A_CALL = 100
"""The most issues that are read by ids in one request."""
RECONCILED = 50
"""The most issues that Jira brings up to date for one search."""
