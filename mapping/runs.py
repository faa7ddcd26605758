"""What is kept of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecord:
    """How one connection fared in a run."""

    connection: str
    outcome: str
    """The worst outcome of its selections: complete, partial, failed or skipped."""
    reason: str | None
    requests: int
    matched: int
    read: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One published execution of the sync."""

    seq: int
    id: str
    started_at: datetime
    finished_at: datetime
    check_ins: int
    connections: tuple[ConnectionRecord, ...]
