"""The lines of a plan: what a sync would do to each key result, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mapping.check_ins import CausePart, CheckIn
from mapping.readings import Reading
from mapping.reviews import Review
from mapping.rules import Metric
from mapping.status import Status


class Action(StrEnum):
    """What a sync does to one key result."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    """Nothing changed; no check-in is written."""
    HOLD = "hold"
    """The last good value stays, marked stale."""
    SUGGEST = "suggest"
    """The value is good and waits for a person, as the key result's mode has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the plan: what was, what will be, and why."""

    key_result: str
    title: str
    action: Action
    old: CheckIn | None
    new: CheckIn | None
    """None for keep, hold and suggest."""
    review: Review | None = None
    """What waits for a person, where something does."""
    causes: tuple[CausePart, ...] = ()
    stale_reason: str | None = None
    reading: Reading
    metric: Metric
    old_status: Status | None
    status: Status
