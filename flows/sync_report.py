"""What a sync did, for whoever started it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.deliver import failures_of
from mapping.changes import Action, Change
from mapping.declared import DeclaredChange
from mapping.delivery import DestinationRecord
from mapping.runs import ConnectionRecord
from mapping.words import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did, or a plan would do."""

    run: int | None
    """None for a plan."""
    through: str
    """``in-process`` or ``prefect``."""
    started_at: datetime
    finished_at: datetime
    check_ins: int
    connections: tuple[ConnectionRecord, ...]
    changes: tuple[Change, ...]
    destinations: tuple[DestinationRecord, ...] = ()
    declared: tuple[DeclaredChange, ...] = ()
    """What the rules do to what is declared."""
    closed: tuple[str, ...] = ()
    """Cycles of the rules that are closed, so that nothing was measured for them."""
    trouble: str | None = None
    """What failed of what ran the sync, after it had published."""

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each connection that did not come out whole, and for each key result held for another reason."""
        hurt = [
            each for each in self.connections if each.reason and each.outcome is not Outcome.COMPLETE
        ]  # one that is skipped with a reason is being pulled by another run
        held = [
            f"{change.key_result}: {change.stale_reason}"
            for change in self.changes
            if change.action is Action.HOLD
            and not any((change.stale_reason or "").startswith(f"{each.connection}: ") for each in hurt)
        ]
        reasons = (f"{each.connection}: {each.reason}" for each in hurt)
        around = () if self.trouble is None else (self.trouble,)
        return (*reasons, *held, *failures_of(self.destinations), *around)

    @property
    def published(self) -> bool:
        """Whether any connection gave something that was published, or none was asked."""
        good = (Outcome.COMPLETE, Outcome.PARTIAL)
        return not self.connections or any(each.outcome in good for each in self.connections)
