"""Takes check-ins of before into the store, beside what is there and never over it: another store's, another tool's.

All that is read is looked at first; one row that cannot be taken over stops the whole import. A dry run comes to the
same report in a transaction that is rolled back. The same file again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flows.outgoing import Outlet, enqueue_after
from flows.people import audited
from mapping.check_ins import CheckIn, CheckInKind
from mapping.past_rows import Past, same_digits
from mapping.rows import BadRowsError
from mapping.show import show_value
from store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """What an import of check-ins does to one key result."""

    key_result: str
    taken: int
    kept: int
    """So many are on record already."""
    since: datetime | None
    until: datetime | None
    """Of those taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReport:
    """What an import of check-ins did, or would do."""

    steps: tuple[PastStep, ...]
    remarks: tuple[str, ...]
    dry: bool
    run: int | None
    """None where nothing was written."""


def import_history(
    store: Store,
    past: Past,
    *,
    source: str,
    actor: str,
    now: datetime,
    dry: bool = False,
    outlets: Iterable[Outlet] = (),
) -> PastReport:
    """Take over check-ins of before in one run, or find what that would do.

    Args:
        store: where to.
        past: what was read.
        source: what it was read from, for people.
        actor: who imports.
        now: the clock.
        dry: write nothing.
        outlets: the destinations of the rules.

    Raises:
        BadRowsError: something is in a closed cycle, or of a day to come; nothing was written.
    """
    by_address: dict[str, list[CheckIn]] = defaultdict(list)
    for each in past.check_ins:
        by_address[each.key_result].append(each)
    with store.begin(started_at=now, kind="import") as run:
        run.merge()
        _refuse(by_address, store, now)
        sorted_out = {address: _sort_out(each, store.history(address)) for address, each in by_address.items()}
        steps = tuple(each.step(address) for address, each in sorted_out.items())
        remarks = (*past.remarks, *(line for each in sorted_out.values() for line in each.remarks))
        report = PastReport(steps=steps, remarks=remarks, dry=dry, run=None)
        if dry or not any(each.taken for each in steps):
            return report
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
        run.remember([replace(entry, run=run.seq) for each in sorted_out.values() for entry in each.fresh])
        run.audit(
            [
                audited(now, actor, "import history", each.key_result, None, {"check_ins": each.taken, "from": source})
                for each in steps
                if each.taken
            ]
        )
        enqueue_after(run, store, list(by_address), outlets, now=now)
        run.commit()
        return replace(report, run=run.seq)


def _refuse(by_address: Mapping[str, Sequence[CheckIn]], store: Store, now: datetime) -> None:
    closed = store.snapshots()
    troubles = []
    for address, entries in by_address.items():
        objective = store.objective_of(address)
        if objective is not None and objective.cycle.id in closed:
            troubles.append(f"{address}: cycle {objective.cycle.id} is closed: nothing in it changes any more")
        troubles += [
            f"{each.origin}: {address} is checked in on {each.at:%Y-%m-%d}, a day to come: correct the date"
            for each in entries
            if each.at > now
        ]
    if troubles:
        raise BadRowsError(troubles)


@dataclass(slots=True)
class _Sorted:
    fresh: list[CheckIn] = field(default_factory=list)
    kept: int = 0
    remarks: list[str] = field(default_factory=list)

    def step(self, address: str) -> PastStep:
        days = [each.at for each in self.fresh]
        since, until = min(days, default=None), max(days, default=None)
        return PastStep(key_result=address, taken=len(self.fresh), kept=self.kept, since=since, until=until)


def _sort_out(entries: Sequence[CheckIn], known: Sequence[CheckIn]) -> _Sorted:
    """Tell what is new from what is on record already, and from what is there at the same second with another value."""
    there: dict[datetime, list[CheckIn]] = defaultdict(list)
    for each in known:
        if each.kind is not CheckInKind.IMPORTED or each.origin:  # a table of OKRs brings a value, and no more of it
            there[each.at.replace(microsecond=0)].append(each)
    found = _Sorted()
    for each in entries:
        others = there[each.at.replace(microsecond=0)]
        if any(same_digits(each.value, other.value) for other in others):
            found.kept += 1
        elif others:
            shown = show_value(others[0].value, others[0].metric.unit)
            found.remarks.append(f"{each.origin}: {shown} is on record for {each.key_result} at that moment: it stays")
        else:
            found.fresh.append(each)
    return found
