"""A small world for the store's tests: items, pulls, and a sync that publishes a share of done items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from msgspec import structs

from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Cycle,
    KeyResult,
    Latest,
    Objective,
    Ratio,
)
from mapping.runs import ConnectionRecord
from mapping.words import ItemState, Outcome, PullResult, Sample, Selection, WorkItem
from store import Freshness, MergeCounts, Run, Store

START = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EPIC = Selection.of("jira", {"epic": "CHK-12"})
BUGS = Selection.of("jira", {"jql": "type = Bug"})
CELL = Selection.of("kpis", {"sheet": "KPI", "cell": "C7"})
PLAIN = WorkItem(
    connection="jira", id="", key="", title="", state=ItemState.TODO, updated_at=START, created_at=START - DAY
)
CYCLE = Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
SHARE = KeyResult(
    id="launch/epic",
    title="Finish the epic",
    metric=COMPLETION_METRIC,
    measure=Completion(selection=EPIC, by="story_points", done_statuses=("Livré",)),
    rule='{"completion":{"epic":"CHK-12"}}',
    rule_version="0123456789ab",
)
RATE = replace(
    SHARE,
    id="launch/rate",
    title="Bugs per order",
    measure=Ratio(
        of=Aggregate(kind=AggregateKind.COUNT, selection=BUGS, where="!item.done"), to=Latest(selection=CELL)
    ),
)
LAUNCH = Objective(id="launch", title="Launch", cycle=CYCLE, team="payments", key_results=(SHARE, RATE))


def item(number: int | str, **changes: object) -> WorkItem:
    """Return a work item of the connection jira."""
    return structs.replace(PLAIN, **{"id": str(number), "key": f"CHK-{number}", "title": f"Step {number}", **changes})


def sample(value: str, at: datetime = START, origin: str = "KPI!C7") -> Sample:
    """Return a sample of the series CELL."""
    return Sample(connection="kpis", series=CELL.key, at=at, value=Decimal(value), unit="%", origin=origin)


@dataclass(frozen=True, kw_only=True)
class Pull:
    """What one selection gives in one run."""

    selection: Selection = EPIC
    items: Sequence[WorkItem] = ()
    ids: Sequence[str] | None = None
    """The census; None: the ids of ``items``."""
    samples: Sequence[Sample] = ()
    outcome: Outcome = Outcome.COMPLETE
    vanished: frozenset[str] = frozenset()
    watermark: datetime | None = None
    fingerprint: str = "f1"


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a sync came to."""

    seq: int
    counts: MergeCounts
    lost: dict[str, list[str]] = field(default_factory=dict)


def stage(run: Run, pull: Pull) -> list[str]:
    """Stage one pull as flows do, and return what was lost."""
    ids = [one.id for one in pull.items] if pull.ids is None else list(pull.ids)
    run.stage_items(pull.selection.connection, pull.items)
    run.stage_samples(pull.samples)
    run.stage_census(pull.selection, ids)
    lost: list[str] = []
    if pull.outcome is Outcome.COMPLETE:
        lost = run.lost(pull.selection)
        run.mark_vanished(pull.selection, [one for one in lost if one in pull.vanished])
    reason = None if pull.outcome is Outcome.COMPLETE else "the end was not reached"
    run.finish(
        PullResult(
            selection=pull.selection,
            outcome=pull.outcome,
            reason=reason,
            matched=len(ids) or len(pull.samples),
            read=len(pull.items),
            watermark=pull.watermark,
            fingerprint=pull.fingerprint,
        )
    )
    return lost


def measured(run: Run, at: datetime) -> list[CheckIn]:
    """Return the check-in of the share of done items, unless it stands at that already."""
    members = list(run.mirror().members(EPIC))
    if not members:
        return []
    value = Decimal(sum(one.done for one in members)) / len(members)
    last = run.last_check_ins().get(SHARE.id)
    if last is not None and last.value == value:
        return []
    return [check_in(run.seq, at, value, last)]


def check_in(run: int, at: datetime, value: Decimal | None, last: CheckIn | None = None) -> CheckIn:
    """Return a check-in of SHARE whose cause tells where it came from."""
    before = last.value if last and last.value is not None else Decimal(0)
    kind = CauseKind.FIRST if last is None else CauseKind.COMPLETED
    return CheckIn(
        key_result=SHARE.id,
        run=run,
        at=at,
        value=value,
        metric=COMPLETION_METRIC,
        raw_progress=value,
        progress=value,
        items=3,
        done=1,
        formula=f"{value}",
        no_data=None if value is not None else "nothing matched",
        rule=SHARE.rule,
        rule_version=SHARE.rule_version,
        causes=(CausePart(kind=kind, amount=(value or Decimal(0)) - before, items=("CHK-1",), count=1),),
    )


def publish(
    run: Run, at: datetime, check_ins: Sequence[CheckIn] = (), declared: Sequence[Objective] = (LAUNCH,)
) -> None:
    """Publish with one connection."""
    run.publish(
        check_ins=check_ins,
        freshness=[Freshness(key_result=SHARE.id, measured_at=at, measured_run=run.seq)],
        declared=declared,
        connections=[
            ConnectionRecord(
                connection="jira", outcome="complete", reason=None, requests=3, matched=2, read=2, skipped=0
            )
        ],
        now=at + timedelta(minutes=2),
        connectors={"jira": "jira", "kpis": "spreadsheet"},
    )


def sync(store: Store, *pulls: Pull, at: datetime = START) -> Synced:
    """Pull, merge, measure, publish and commit."""
    with store.begin(started_at=at) as run:
        lost = {pull.selection.key: stage(run, pull) for pull in pulls}
        counts = run.merge()
        publish(run, at, measured(run, at))
        run.commit()
        return Synced(seq=run.seq, counts=counts, lost=lost)
