"""Readings that wait for a person instead of being published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mapping.check_ins import CheckIn


class ReviewCause(StrEnum):
    """Why a reading waits for a person."""

    SHRUNK = "shrunken selection"
    JUMP = "unusual jump"
    FLIP = "sign changed"
    SUGGESTED = "suggested"
    """Nothing is wrong with it: the key result's mode is to ask."""


class ReviewState(StrEnum):
    """What became of a reading that waited."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """A later run read something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reading that waits, or waited, for a person instead of being published."""

    key_result: str
    run: int
    at: datetime
    proposal: CheckIn
    """What will be published if it is accepted."""
    cause: ReviewCause
    detail: str
    state: ReviewState = ReviewState.OPEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str = ""


def told_rejected(by: str | None, note: str) -> str:
    """Return who rejected what was read, with what they said."""
    return f"rejected by {by}{f': {note}' if note else ''}"


def first_rejected(by: str | None, note: str) -> str:
    """Return why a key result has no value whose first one a person did not take."""
    return f"nothing has been measured yet: the first value was {told_rejected(by, note)}"
