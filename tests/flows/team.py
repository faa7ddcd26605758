"""A team's server that publishes and reports to another one over HTTP, and may be killed before any statement."""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from config.destinations import Choice, ConfiguredDestination
from config.load import Config
from connectors.destination import Destination
from connectors.okrsync import DESTINATION, OkrsyncOptions
from flows.deliver import deliver
from flows.outgoing import enqueue
from mapping.delivery import DestinationRecord, OnConflict
from mapping.errors import Place
from store import Store
from tests.config.kit import key_result, loaded
from tests.connectors.clock import surroundings
from tests.flows.desk import objective_of
from tests.store.kit import START, check_in
from tests.store.victim import die_before

COUNT = 8
OBJECTIVE = objective_of(COUNT)
ADDRESSES = [each.id for each in OBJECTIVE.key_results]


@dataclass(frozen=True, kw_only=True)
class Team:
    """Where the team's store is, and where it reports to."""

    url: str
    folder: Path
    central: str
    token: str

    @property
    def rule(self) -> ConfiguredDestination:
        return ConfiguredDestination(
            name="central",
            kind=DESTINATION,
            place=Place(file="okrsync.yaml"),
            choice=Choice(everything=True),
            on_conflict=OnConflict.REPORT,
            checked=OkrsyncOptions.model_validate({"url": self.central, "token": self.token}),
        )

    @property
    def config(self) -> Config:
        return replace(loaded(self.folder, key_result()), destinations={"central": self.rule})

    def open(self, rule: ConfiguredDestination) -> Destination:
        opened: Destination = rule.kind.open(rule.options, surroundings(budget_seconds=0.5))
        return opened

    def perform(self, step: int, at: datetime) -> DestinationRecord:
        """Publish the values of a step unless they stand already, and deliver what waits."""
        with Store.open(self.url) as store:
            with store.begin(started_at=at) as run:
                run.merge()
                last = run.last_check_ins()
                changed = {name: amount for name, amount in values(step).items() if _stands(last.get(name)) != amount}
                made = [
                    replace(check_in(run.seq, at, amount, last.get(name)), key_result=name)
                    for name, amount in changed.items()
                ]
                run.publish(check_ins=made, freshness=(), declared=[OBJECTIVE], connections=(), now=at)
                enqueue(run, [OBJECTIVE], [self.rule], now=at)
                run.commit()
            (record,) = asyncio.run(deliver(self.config, store, now=lambda: at, opened=self.open))
        return record


def values(step: int) -> dict[str, Decimal]:
    """Return what the key results stand at in a step; some move, some do not."""
    return {name: Decimal(step + n if (step + n) % 3 else step) / 100 for n, name in enumerate(ADDRESSES, 1)}


def moment(step: int, attempt: int) -> datetime:
    """Return a time that only grows, past every wait for another attempt."""
    return START + step * timedelta(days=2) + attempt * timedelta(hours=7)


def _stands(entry: Any) -> Decimal | None:
    return None if entry is None else entry.value


def perform_and_die(team: Team, step: int, at: datetime, die_at: int | None) -> None:
    die_before(die_at)
    team.perform(step, at)


def start(team: Team, step: int, at: datetime, *, die_at: int | None = None) -> BaseProcess:
    """Start the team's server in a fresh process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.team"])
    process = context.Process(target=perform_and_die, args=(team, step, at, die_at))
    process.start()
    return process
