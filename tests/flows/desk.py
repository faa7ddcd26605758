"""A store whose key results go to goals of a sandbox, and what tests of deliveries do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from config.destinations import Choice, ConfiguredDestination
from config.load import Config
from connectors.asana.goals import DESTINATION, GoalsOptions
from connectors.destination import Destination
from flows.deliver import deliver
from flows.outgoing import enqueue, enqueue_retired
from mapping.canonical import rule_of
from mapping.delivery import Delivery, DestinationRecord, OnConflict
from mapping.errors import Place
from mapping.rules import Objective
from store import Store
from tests.config.kit import key_result, loaded
from tests.connectors.asana.kit import Office
from tests.connectors.clock import surroundings
from tests.store.kit import LAUNCH, SHARE, check_in

NAME = "goals"
HOUR = timedelta(hours=1)


class Losing(httpx.AsyncBaseTransport):
    """A network that hands requests on and may lose the answers: ``loses`` is asked after each was applied."""

    def __init__(self, inner: httpx.AsyncBaseTransport, loses: Callable[[httpx.Request], bool]) -> None:
        self._inner = inner
        self._loses = loses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if self._loses(request):
            raise httpx.ReadError("connection reset", request=request)
        return answer


def objective_of(count: int) -> Objective:
    """Return an objective with so many key results, all shares."""
    ruled = replace(SHARE, rule=rule_of(SHARE))
    return replace(LAUNCH, key_results=tuple(replace(ruled, id=f"launch/k{n}") for n in range(count)))


@dataclass(kw_only=True)
class Desk:
    """A store, an office with goals, and the rules that bind them."""

    store: Store
    office: Office
    folder: Path
    objective: Objective = LAUNCH
    targets: dict[str, str] = field(default_factory=dict)
    on_conflict: OnConflict = OnConflict.REPORT
    loses: Callable[[httpx.Request], bool] = lambda _request: False
    options: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def with_goals(cls, store: Store, office: Office, folder: Path, count: int, **metric: object) -> Desk:
        """Return a desk with as many key results as goals."""
        objective = objective_of(count)
        goals = [office.site.add_goal(f"Goal {n}", **{"precision": 1, **metric}) for n in range(count)]  # type: ignore[arg-type] # any member of a metric
        targets = {each.id: gid for each, gid in zip(objective.key_results, goals, strict=True)}
        return cls(store=store, office=office, folder=folder, objective=objective, targets=targets)

    @property
    def rule(self) -> ConfiguredDestination:
        account = self.office.site.account
        given = {"token": account.token, "url": "http://localhost/api/1.0", "requests_a_minute": 100_000}
        return ConfiguredDestination(
            name=NAME,
            kind=DESTINATION,
            place=Place(file="okrsync.yaml"),
            choice=Choice(targets=self.targets),
            on_conflict=self.on_conflict,
            checked=GoalsOptions.model_validate({**given, **self.options}),
        )

    @property
    def config(self) -> Config:
        return replace(loaded(self.folder, key_result()), destinations={NAME: self.rule})

    def open(self, rule: ConfiguredDestination) -> Destination:
        inner = httpx.ASGITransport(self.office.app(), root_path="/api/1.0")
        around = surroundings(Losing(inner, self.loses), self.office.clock, connection=NAME, budget_seconds=60)
        opened: Destination = rule.kind.open(rule.options, around)
        return opened

    def publish(self, values: Mapping[str, Decimal | None], *, queue: bool = True) -> int:
        """Publish values as a sync does, and return how many rows that put into the outbox."""
        now = self.office.clock.now()
        with self.store.begin(started_at=now) as run:
            run.merge()
            last = run.last_check_ins()
            made = [
                replace(check_in(run.seq, now, value, last.get(name)), key_result=name, rule=rule_of(SHARE))
                for name, value in values.items()
            ]
            run.publish(check_ins=made, freshness=(), declared=[self.objective], connections=(), now=now)
            outlets = [self.rule] if queue else []
            rows = enqueue_retired(run, outlets, now=now) + enqueue(run, [self.objective], outlets, now=now)
            run.commit()
        return rows

    def deliver(self, *, dry: bool = False) -> DestinationRecord:
        """Deliver what is due."""
        clock = self.office.clock
        (record,) = asyncio.run(deliver(self.config, self.store, now=clock.now, dry=dry, opened=self.open))
        return record

    def until_done(self, most: int = 400) -> list[DestinationRecord]:
        """Deliver again and again, time passing between, until nothing waits."""
        records = []
        for _ in range(most):
            records.append(self.deliver())
            if not records[-1].waiting:
                return records
            self.office.clock.instant += HOUR
        raise AssertionError(f"{records[-1].waiting} still wait: {records[-1].failures[:3]}")

    def value(self, address: str) -> Decimal:
        """Return what a key result's goal stands at."""
        return Decimal(str(self.office.site.goals[self.targets[address]]["metric"]["current_number_value"]))

    def set_by_a_person(self, address: str, value: float) -> None:
        self.office.site.goals[self.targets[address]]["metric"]["current_number_value"] = value

    def effects(self, address: str, what: str = "value") -> list[object]:
        """Return what requests changed of a key result's goal, in order."""
        return [value for gid, part, value in self.office.site.effects if (gid, part) == (self.targets[address], what)]

    def rows(self, address: str | None = None) -> Sequence[Delivery]:
        """Return the outbox, newest first."""
        return self.store.deliveries(address, 10_000)
