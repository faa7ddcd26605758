"""What today's rules would make of the mirror as it was: a plan for a day of the past, without asking any vendor."""

from __future__ import annotations

from datetime import datetime

from config.load import Config
from flows.sync_report import SyncReport
from mapping.plan import plan
from store import Store


def plan_as_of(config: Config, store: Store, instant: datetime) -> SyncReport:
    """Return what the rules of today would have changed at an instant, against what stood published then."""
    then = store.as_of(instant)
    runs = then.runs(1)
    changes = plan(
        config.objectives,
        mirror=then.mirror(),
        before=store.mirror,
        last=then.last_check_ins(),
        stale={},
        run=runs[0].seq if runs else 0,
        now=instant,
    )
    return SyncReport(
        run=None,
        through="hindsight",
        started_at=instant,
        finished_at=instant,
        check_ins=sum(change.new is not None for change in changes),
        connections=(),
        changes=tuple(changes),
    )
