"""GitHub through the flow into a real store: few requests when little changed, and never a wrong membership."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest

from connectors.github import CONNECTOR, graphql, issues, lanes
from connectors.github.source import GitHubSource
from flows.pull import Pull, pull_connection
from mapping.words import Outcome, PullResult, Selection, WorkItem
from okrsync.sandbox import company
from okrsync.sandbox.github_acts import transfer
from store import Run, Store
from tests.connectors.clock import surroundings
from tests.connectors.github.stage import START, Stage, Watched, options

FIELDS = frozenset({"comments"})
WORLDS = int(os.environ.get("OKRSYNC_WORLDS", "12"))
"""How many worlds are made to change; a thousand take some minutes."""


class Nightly:
    """Syncs one selection of a staged GitHub into a store, again and again."""

    def __init__(self, stage: Stage, store: Store, terms: Mapping[str, object], connection: str = "hub") -> None:
        self.stage = stage
        self.store = store
        self.connection = connection
        self.selection = Selection.of(connection, terms)
        self.requests = 0
        self.fields_read = 0

    async def sync(self) -> dict[str, WorkItem]:
        """Sync and return the members afterwards, by id."""
        with self.store.begin(started_at=self.stage.clock.now()) as run:
            result = await self._pull(run)
            assert result.outcome is Outcome.COMPLETE, result.reason
            run.merge()
            members = {item.id: item for item in run.mirror().members(self.selection)}
            run.publish(check_ins=[], freshness=[], declared=[], connections=[], now=self.stage.clock.now())
            run.commit()
        return members

    async def _pull(self, run: Run) -> PullResult:
        source = self._source(run)
        pull = Pull(
            name=self.connection,
            connector=CONNECTOR,
            source=source,
            run=run,
            fields=FIELDS,
            started_at=self.stage.clock.now(),
            accept_shrink=True,
        )
        try:
            (result,) = await pull_connection(pull, [self.selection])
        finally:
            self.requests, self.fields_read = source.requests(), result.read
            await source.aclose()
        return result

    def _source(self, run: Run | None = None, via: str = "auto") -> GitHubSource:
        around = surroundings(Watched(self.stage), self.stage.clock, connection=self.connection)
        if run is not None:
            around = replace(around, keys=lambda ids: run.keys(self.connection, ids))
        return GitHubSource(options(via=via), around)

    async def truth(self) -> dict[str, WorkItem]:
        """Return what a full read over REST gives now."""
        found: dict[str, WorkItem] = {}
        source = self._source(via="rest")
        async for page in source.census(self.selection, FIELDS, lambda error: pytest.fail(str(error))):
            found |= {item.id: item for item in page.items}
        await source.aclose()
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/okrsync.db") as opened:
        yield opened


async def test_three_thousand_issues_cost_a_tenth_when_one_in_a_hundred_changed(store: Store) -> None:
    stage = Stage()
    for number in range(3000):
        stage.issue(at=START + timedelta(minutes=20 * number))
    night = Nightly(stage, store, {"repo": "acme/shop"})
    assert len(await night.sync()) == 3000
    assert night.requests <= 30 + 12  # fields a hundred at a time, and a dozen for the ids
    for number in range(1, 3000, 100):
        record = stage.site.issue("acme/shop", number)
        stage.clock.instant += timedelta(seconds=1)
        stage.site.close(record, at=stage.clock.now(), by=company.INES)
    stage.site.delete("acme/shop", 77)
    transfer(stage.site, "acme/shop", 78, "acme/app", at=stage.clock.now())
    stage.clock.instant += timedelta(days=1)
    members = await night.sync()
    assert members == await night.truth()
    assert len(members) == 2998
    assert night.fields_read <= 100 + 31
    assert night.requests <= 16


def change(stage: Stage, random: Random) -> None:
    """Let somebody do something at GitHub."""
    stage.clock.instant += timedelta(seconds=random.randrange(3))
    at, repository = stage.clock.now(), stage.repository()
    record = random.choice(repository.records)
    match random.choice(("open", "close", "reopen", "label", "delete", "transfer", "retitle")):
        case "open":
            stage.issue("New", at=at, labels=random.choice([["bug"], []]))
        case "close":
            stage.site.close(record, at=at, by=company.INES, reason=random.choice(["completed", "not_planned"]))
        case "reopen":
            stage.site.reopen(record, at=at)
        case "label":
            labels = random.choice([["bug"], [], ["bug", "checkout"]])
            stage.site.relabel("acme/shop", record["number"], labels, at=at)
        case "delete" if len(repository.records) > 8:
            stage.site.delete("acme/shop", record["number"])
        case "transfer" if len(repository.records) > 8:
            transfer(stage.site, "acme/shop", record["number"], "acme/app", at=at)
        case _:
            record |= {"title": f"Title of {at}", "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


async def test_a_world_that_changes_between_requests_is_true_one_sync_after_it_rests(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issues, "SHORT", 0)
    for module in (graphql, lanes, issues):
        monkeypatch.setattr(module, "PAGE", 6)
    for seed in range(WORLDS):
        random = Random(f"github {seed}")
        stage = Stage()
        for number in range(random.randrange(10, 50)):
            stage.issue(at=START + timedelta(hours=11 * number), labels=["bug"] if number % 2 else [])
        labels = random.choice([{}, {"labels": ["bug"]}, {"labels": ["bug", "checkout"]}])

        def meddle(_request: httpx.Request, stage: Stage = stage, random: Random = random) -> None:
            for _ in range(random.randrange(3)):
                change(stage, random)

        night = Nightly(stage, store, {"repo": "acme/shop", **labels}, f"hub{seed}")
        for _ in range(2):
            stage.answer = meddle
            await night.sync()
            stage.clock.instant += timedelta(hours=random.choice((0, 1, 24)))
        stage.answer = lambda _request: None
        stage.clock.instant += timedelta(minutes=1)
        members = await night.sync()
        assert members == await night.truth(), seed
