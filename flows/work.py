"""One sync at work: its steps as plain functions on what they share.

A run opens its sources, pulls connections at the same time, measures on the merged mirror, and publishes in one
transaction. ``flows.sync`` lets Prefect call the same steps; a plan is a run that is rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from config.load import Config, load
from config.settings import load_settings
from connectors.port import Source
from flows.declaring import Declaring, audit_of
from flows.deliver import deliver
from flows.earlier import earlier_statuses
from flows.leases import Leases
from flows.opening import open_source
from flows.outgoing import enqueue, enqueue_retired
from flows.pull import Progress, Pull, not_opened, pull_connection, worst_of
from flows.staleness import freshness
from flows.sync_report import SyncReport
from mapping.changes import Action, Change
from mapping.errors import OkrsyncError
from mapping.failpoints import reach
from mapping.ledger import shared_out
from mapping.plan import plan
from mapping.rules import KeyResult, Objective, selections_of
from mapping.runs import ConnectionRecord
from mapping.status import Status
from mapping.words import Outcome, PullResult, Selection
from store import Run, Store

PAST_VALUES = 40
"""So many earlier values tell the guard what moves are usual."""
SETTLED = frozenset({Action.CREATE, Action.CHANGE, Action.KEEP})

Watch = Callable[[Progress], None]


def utc_now() -> datetime:
    """Return the clock of a real run."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a sync was asked to do; everything by default."""

    connections: frozenset[str] = frozenset()
    key_results: frozenset[str] = frozenset()
    accept_shrink: bool = False


@dataclass(kw_only=True)
class Work:
    """What the steps of one sync share."""

    config: Config
    store: Store
    run: Run
    wish: Wish
    started_at: datetime
    now: Callable[[], datetime]
    leases: Leases | None = None
    """None for a plan: it publishes nothing, so it keeps nobody out."""
    watch: Watch = lambda _progress: None
    sources: dict[str, Source] = field(default_factory=dict)
    results: dict[str, list[PullResult]] = field(default_factory=dict)
    busy: dict[str, str] = field(default_factory=dict)
    """Connections that another run is pulling, with who that is."""
    changes: list[Change] = field(default_factory=list)
    declaring: Declaring = field(default_factory=Declaring)
    strangers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What destinations name that nobody has declared, a line each."""
    report: SyncReport | None = None
    """Once published."""

    def names(self) -> list[str]:
        """Return the connections to pull: those asked for that some wanted key result needs."""
        return [name for name in self.config.connections if self.selections(name) and self._asked(name)]

    def _asked(self, name: str) -> bool:
        return not self.wish.connections or name in self.wish.connections

    def key_results(self) -> list[KeyResult]:
        """Return the key results to measure; those of a closed cycle are frozen."""
        wanted = self.wish.key_results
        return [
            each
            for objective in self.config.objectives
            if objective.cycle.id not in self.closed
            for each in objective.key_results
            if not wanted or each.id in wanted
        ]

    @cached_property
    def closed(self) -> frozenset[str]:
        """The cycles that are closed."""
        return frozenset(self.store.snapshots())

    def selections(self, name: str) -> list[Selection]:
        """Return what the wanted key results ask of a connection, each selection once."""
        found = [each for result in self.key_results() for each in selections_of(result.measure)]
        if not self.wish.key_results:
            found += [each.selection for each in self.config.coverage]
        return list(dict.fromkeys(selection for selection in found if selection.connection == name))

    async def pull(self, name: str) -> ConnectionRecord:
        """Pull one connection into staging, unless another run is at it. Raises nothing that a vendor causes."""
        reach("flows.pull.begin")
        other = None if self.leases is None else self.leases.take(name)
        if other is not None:
            self.busy[name] = f"another run is pulling it ({other}) and will publish what it finds"
            return self.record(name)
        connection = self.config.connections[name]
        try:
            source = self.source(name)
        except OkrsyncError as error:  # an address or credential that cannot be used at all
            self.results[name] = not_opened(self.run, self.selections(name), error)
            return self.record(name)
        step = Pull(
            name=name,
            connector=connection.connector,
            source=source,
            run=self.run,
            fields=self.config.fields_of(name),
            started_at=self.started_at,
            now=self.now,
            accept_shrink=self.wish.accept_shrink,
            hold_from=self.config.settings.hold_vanished,
            watch=self.watch,
        )
        self.results[name] = await pull_connection(step, self.selections(name))
        reach("flows.pull.end")
        return self.record(name)

    def source(self, name: str) -> Source:
        """Return the open source of a connection, opening it on first use."""
        if name not in self.sources:
            self.sources[name] = open_source(self.config, name, now=self.now, keys=self.run.keys)
        return self.sources[name]

    def record(self, name: str) -> ConnectionRecord:
        """Return how a connection fared; skipped when it was not pulled."""
        results = self.results.get(name, [])
        worst = worst_of(results)
        return ConnectionRecord(
            connection=name,
            outcome=worst,
            reason=next((result.reason for result in results if result.outcome is worst), self.busy.get(name)),
            requests=self.sources[name].requests() if name in self.sources else 0,
            matched=sum(result.matched for result in results),
            read=sum(result.read for result in results),
            skipped=sum(len(result.skipped) for result in results),
        )

    def measure(self) -> list[Change]:
        """Merge what was pulled and compute what changes. Begins the run's transaction.

        Raises:
            ConfigProblemsError: the rules declare what people own, or join histories that do not follow one another.
        """
        self.run.merge()
        reach("flows.measure")
        self.declaring = Declaring.begin(self.run, self.config)
        mirror = self.run.mirror()
        self.changes = plan(
            self._objectives(shared_out(self.config.objectives, mirror, self.started_at)),
            mirror=mirror,
            before=self.run.mirror_before,
            last=self.run.last_check_ins(),
            stale=self._stale(),
            run=self.run.seq,
            now=self.started_at,
            earlier=self._earlier(),
            past=lambda address: self.run.past(address, PAST_VALUES),
            reviews=self.run.reviews(),
            trusted=self.wish.accept_shrink,
        )
        return self.changes

    def publish(self, *, through: str) -> SyncReport:
        """Write check-ins, freshness, what the rules declare and how connections fared, and commit all at once."""
        reach("flows.publish")
        check_ins = [change.new for change in self.changes if change.new is not None]
        connections = self.records()
        self.run.publish(
            check_ins=check_ins,
            freshness=freshness(self.changes, self.run.freshness(), run=self.run.seq, now=self.started_at),
            declared=self.config.objectives,
            connections=connections,
            now=self.now(),
            connectors={name: each.connector.name for name, each in self.config.connections.items()},
            reviews=[change.review for change in self.changes if change.review is not None],
            settled=[change.key_result for change in self.changes if change.action in SETTLED],
        )
        self.run.audit(audit_of(self.declaring.changes, actor=self.config.settings.acting(), at=self.now()))
        self._enqueue()
        self.run.commit(self.leases.held.values() if self.leases is not None else ())
        self.report = self._report(run=self.run.seq, through=through, check_ins=len(check_ins))
        return self.report

    def _earlier(self) -> dict[str, tuple[Status, ...]]:
        """Return the statuses at the runs before, of key results under a profile with hysteresis."""
        known = self.declaring.as_known(self.config.objectives)
        return self.declaring.renamed(earlier_statuses(self.store, known, current=False))

    def _enqueue(self) -> None:
        """Let what destinations do not know yet wait in the outbox, in the transaction that publishes.

        What people made in the store and what others report goes out as well, not only what the rules declare.
        """
        if not self.config.destinations:
            return
        declared = self.run.declared()
        self.strangers = {
            name: tuple(str(each) for each in rule.strangers(declared))
            for name, rule in self.config.destinations.items()
        }
        outlets = self.config.destinations.values()
        enqueue_retired(self.run, outlets, now=self.now(), closed=self.closed)
        enqueue(
            self.run,
            declared,
            outlets,
            now=self.now(),
            closed=self.closed,
            earlier=self._earlier(),
        )

    async def deliver(self) -> SyncReport:
        """Deliver what waits, and return the report of publishing with how each destination fared."""
        if self.report is None:
            raise RuntimeError("deliver() comes after publish()")
        records = await deliver(self.config, self.store, now=self.now)
        told = (replace(each, failures=(*each.failures, *self.strangers.get(each.destination, ()))) for each in records)
        return replace(self.report, destinations=tuple(told))

    def preview(self) -> SyncReport:
        """Return what publishing would do, and take everything back."""
        report = self._report(run=None, through="plan", check_ins=sum(each.new is not None for each in self.changes))
        self.run.rollback()
        return report

    def records(self) -> tuple[ConnectionRecord, ...]:
        """Return how each connection of the rules fared."""
        return tuple(self.record(name) for name in self.config.connections if self.selections(name))

    def _report(self, *, run: int | None, through: str, check_ins: int) -> SyncReport:
        return SyncReport(
            run=run,
            through=through,
            started_at=self.started_at,
            finished_at=self.now(),
            check_ins=check_ins,
            connections=self.records(),
            changes=tuple(self.changes),
            declared=self.declaring.changes,
            closed=tuple(sorted({each.cycle.id for each in self.config.objectives} & self.closed)),
        )

    def _objectives(self, objectives: Sequence[Objective]) -> list[Objective]:
        """Return the objectives, narrowed to the key results to measure."""
        wanted = {each.id for each in self.key_results()}
        found = []
        for objective in objectives:
            kept = tuple(each for each in objective.key_results if each.id in wanted)
            if kept:
                found.append(replace(objective, key_results=kept))
        return found

    def _stale(self) -> dict[str, str]:
        """Return the selections whose last read was not complete, by key, with the reason.

        A connection that was left out of this run keeps the outcome of its last pull.
        """
        pulled = [result for results in self.results.values() for result in results]
        stale = {
            result.selection.key: f"{result.selection.connection}: {result.reason}"
            for result in pulled
            if result.outcome is not Outcome.COMPLETE
        }
        seen = {result.selection.key for result in pulled}
        left_out = [each.key for name in self.config.connections for each in self.selections(name)]
        for key, facts in self.store.facts([key for key in left_out if key not in seen]).items():
            if facts.outcome != Outcome.COMPLETE:
                stale[key] = f"{facts.connection}: {facts.reason}"
        return stale


def rules_in(path: str) -> Config:
    """Return the rules in a file or folder, with the settings that hold there.

    Raises:
        ConfigProblemsError: all that is wrong with them.
    """
    found = Path(path).resolve()
    return load(found, settings=load_settings(found.parent, config=found))


@asynccontextmanager
async def opened(
    config: Config,
    wish: Wish,
    *,
    watch: Watch = lambda _progress: None,
    now: Callable[[], datetime] = utc_now,
    dry: bool = False,
) -> AsyncIterator[Work]:
    """Open what one sync needs, and close it whatever happens; nothing is published unless a step publishes.

    A dry one takes no leases: it is rolled back, and so in nobody's way.
    """
    store = Store.open(config.settings.database_url)
    try:
        started_at = now()
        leases = None if dry else Leases(store=store, now=now)
        async with leases.kept() if leases is not None else nullcontext():
            with store.begin(started_at=started_at) as run:
                work = Work(
                    config=config, store=store, run=run, wish=wish,
                    started_at=started_at, now=now, leases=leases, watch=watch,
                )  # fmt: skip
                try:
                    yield work
                finally:
                    await asyncio.gather(*(source.aclose() for source in work.sources.values()))
    finally:
        store.close()
