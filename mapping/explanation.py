"""Why a key result's number is what it is, as one object for every place that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mapping.check_ins import CheckIn, RebuiltReading
from mapping.curves import Mark
from mapping.delivery import Sending
from mapping.forecast import Forecast
from mapping.gap import Gap
from mapping.judging import Judgement
from mapping.people import Comment
from mapping.readings import Reading
from mapping.reviews import Review
from mapping.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A selection as shown in an explanation."""

    connection: str
    connector: str
    text: str
    """Native query or structured selection, for people."""
    matched: int | None
    last_complete_at: datetime | None
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a key result's number is what it is: one object for the command line, JSON and the page."""

    standing: Standing
    cycle: str
    objective_title: str
    reading: Reading
    """Measured again from the mirror as it was at the check-in, with its evidence."""
    agrees: bool
    """Whether measuring again gave the published value; False would be a fault worth reporting."""
    steps: tuple[str, ...]
    """The arithmetic in order, one line each: measure, progress, pace."""
    queries: tuple[Query, ...]
    rule: str
    rule_version: str
    run: int | None
    run_at: datetime | None
    check_ins: tuple[CheckIn, ...]
    """Newest first."""
    comments: tuple[Comment, ...] = ()
    """Oldest first."""
    review: Review | None = None
    """What waits for a person now."""
    rebuilt: tuple[RebuiltReading, ...] = ()
    """Days before anybody measured it, oldest first."""
    expected_line: tuple[Mark, ...] = ()
    """Expected progress over the cycle as points to be joined; empty for what is expected in full all along."""
    profiles: tuple[Judgement, ...] = ()
    """The key result under each status profile, the rules' own first."""
    forecast: Forecast | None = None
    """None after the end of the cycle."""
    gap: Gap | None = None
    """What would close the gap; None where there is no colour, or a person's value is shown."""
    deliveries: tuple[Sending, ...] = ()
    """What was written, or waits to be, at destinations; newest first."""
