"""What everybody talks about: work items, samples, selections, and what a pull came to.

The words are those of the design; a record of a vendor becomes one of these types at the connector's door.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec


class ItemState(StrEnum):
    """How far a work item is, by the vendor's status category and never by the display name of its status."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    WONT_DO = "wont_do"
    """Closed without being done (won't do, duplicate, not planned, pull request closed unmerged)."""


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """One normalised task. Keyed by ``(connection, id)``; two vendors never share a connection.

    No dataclass as everything else here, because there are so many of them: one is made in a third of the time.

    All instants are aware and in UTC. ``numbers`` holds the numeric fields that rules asked for, by the name
    the rule uses; a field that is empty at the vendor is absent here, which is not the same as zero.
    """

    connection: str
    id: str
    """The vendor's immutable id: it survives moves and renames, the key does not."""
    key: str
    """What people call it: ``CHK-12``, ``acme/shop#4``, ``Leads row 7``."""
    title: str
    state: ItemState
    updated_at: datetime
    """The vendor's own time of last change; for a spreadsheet row the file's time of change."""
    kind: str = ""
    """The vendor's type in lower case: ``story``, ``bug``, ``issue``, ``pull_request``, ``row``."""
    status: str = ""
    """The status as people see it, in the vendor's language."""
    status_id: str = ""
    """The vendor's id of the status; falls back to ``status`` where there is none."""
    resolution: str = ""
    url: str | None = None
    parent: str | None = None
    """Immutable id of the parent item, whether or not it is in the same selection."""
    level: int = 0
    """-1 sub-task, 0 ordinary, 1 epic, above: the vendor's higher levels."""
    labels: tuple[str, ...] = ()
    """Sorted, without doubles."""
    assignee: str | None = None
    created_at: datetime | None = None
    done_at: datetime | None = None
    """When it last became done; None while it is not."""
    on: datetime | None = None
    """The date a row speaks of (a dated spreadsheet row); None elsewhere, where ``done_at`` or ``created_at`` serve."""
    numbers: Mapping[str, Decimal] = msgspec.field(default_factory=dict)
    fields: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Other fields the rules asked for, as text."""

    @property
    def done(self) -> bool:
        """Whether the item counts as done under the default policy."""
        return self.state is ItemState.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One observation of a metric. ``series`` is the key of the selection that asked for it."""

    connection: str
    series: str
    at: datetime
    value: Decimal
    unit: str | None = None
    origin: str = ""
    """Where exactly it was read, for people: ``kpis.xlsx, sheet KPI, cell C7 (row NPS, column Actual)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One change of a work item as the vendor's own history tells it, in our words.

    ``field`` is a field of WorkItem: ``state``, ``status``, ``status_id``, ``parent``, ``labels``, ``resolution``,
    ``numbers.<name>``, ``fields.<name>``.
    Values are text: a state by its value, a number as a decimal string, labels sorted and joined by a comma;
    None where there was nothing.
    """

    connection: str
    item: str
    at: datetime
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a rule asks a connection for. Equal selections have equal keys and are pulled once."""

    connection: str
    spec: str
    """Canonical JSON of what the connector's selection model holds, defaults left out."""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.connection}\n{self.spec}".encode()).hexdigest()
        object.__setattr__(self, "key", digest[:16])

    @classmethod
    def of(cls, connection: str, spec: Mapping[str, Any]) -> Selection:
        """Return the selection for ``spec``, whose order of keys does not matter."""
        return cls(connection, json.dumps(spec, sort_keys=True, ensure_ascii=False, separators=(",", ":")))

    def terms(self) -> dict[str, Any]:
        """Return the spec as a new dict."""
        terms: dict[str, Any] = json.loads(self.spec)
        return terms

    def text(self) -> str:
        """Return what is asked for, for people: ``repo acme/shop, labels bug and checkout``."""
        return ", ".join(f"{name} {_spoken(value)}" for name, value in self.terms().items())

    def __str__(self) -> str:
        return f"{self.connection}: {self.text()}"


def _spoken(value: object) -> str:
    if isinstance(value, list):
        return " and ".join(_spoken(each) for each in value)
    if isinstance(value, dict):
        return " ".join(f"{name} {_spoken(each)}" for name, each in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


class Outcome(StrEnum):
    """How a pull ended; always exactly one of these."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not asked for in this run (``sync --connection``): nothing may be concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """How the pull of one selection ended. A reason is given for everything but complete."""

    selection: Selection
    outcome: Outcome
    reason: str | None = None
    matched: int = 0
    """Ids the census gave (items) or samples read (series)."""
    read: int = 0
    """Items whose fields were read in this run."""
    skipped: tuple[str, ...] = ()
    """Messages of records that could not be read."""
    watermark: datetime | None = None
    """The latest ``updated_at`` that is certainly read; moves only with its rows."""
    fingerprint: str = ""
    """What the reading depended on besides the items (field ids, status categories): if it changes, all is reread."""
