"""What one okrsync reports to another: how a key result stands there, with all it takes to show it here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mapping.check_ins import CheckIn
from mapping.delivery import Update
from mapping.errors import OkrsyncError
from mapping.rules import Cycle, Metric, ObjectiveKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedObjective:
    """The objective that a reported key result belongs to."""

    title: str
    kind: ObjectiveKind = ObjectiveKind.ASPIRATIONAL
    team: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One reported check-in. Progress and status are not reported: they follow from value, metric and cycle."""

    at: datetime
    title: str
    objective: ReportedObjective
    cycle: Cycle
    metric: Metric
    value: Decimal | None
    owner: str | None = None
    confidence: Decimal | None = None
    author: str = ""
    """Who said it there, where a person did."""
    note: str = ""
    stale_reason: str | None = None
    no_data: str | None = None


def report_of(update: Update) -> Report:
    """Return what another okrsync is told."""
    return Report(
        at=update.at,
        title=update.title,
        objective=ReportedObjective(
            title=update.objective_title, kind=update.objective_kind, team=update.team, owner=update.objective_owner
        ),
        cycle=update.cycle,
        metric=update.metric,
        value=update.value,
        owner=update.owner,
        confidence=update.confidence,
        author=update.author,
        note=update.note,
        stale_reason=update.stale_reason,
        no_data=update.no_data,
    )


class ForbiddenError(OkrsyncError):
    """The token may not do this."""


class ConflictError(OkrsyncError):
    """What is here already stands against it; repeating the same is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report."""

    run: int
    created: bool
    """False for a repetition: nothing was written."""
    check_in: CheckIn | None
    """None where value and metric are what they were, and for a report that is older than the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What would become of a report that is only tried out."""

    known: bool
    """Whether the key result is there already."""
    value: Decimal | None
    """What it stands at there by what was reported or measured; None where nothing was."""
