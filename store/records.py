"""What the store takes and gives besides the words of ``mapping``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How far a selection has been read, and what that reading rested on."""

    at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh one key result is. ``measured_at`` and ``measured_run`` tell the last measuring on complete reads."""

    key_result: str
    measured_at: datetime | None
    measured_run: int | None
    stale_reason: str | None = None
    stale_since: datetime | None = None
    no_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCounts:
    """What a merge changed in the mirror; all zero when the sources stood still."""

    items_new: int = 0
    items_changed: int = 0
    events: int = 0
    joined: int = 0
    left: int = 0
    samples: int = 0

    @property
    def any(self) -> bool:
        """Whether anything at all changed."""
        return bool(self.items_new or self.items_changed or self.joined or self.left or self.samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionFacts:
    """What is known about the pulls of one selection, for explanations."""

    key: str
    connection: str
    connector: str
    spec: str
    matched: int | None
    """As of the last complete pull; None while there was none."""
    last_complete_at: datetime | None
    last_complete_run: int | None
    outcome: str
    """Of the last run that asked for it."""
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """Where a store is, and how much is in it."""

    where: str
    """Path or server, without password."""
    engine: str
    schema: str
    """The revision that this okrsync knows; opening brings a store to it."""
    rows: Mapping[str, int]
    """By table."""
