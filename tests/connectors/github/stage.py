"""The sandbox's GitHub without a network: the connector's requests go straight into the app, and are watched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx

from connectors.github.options import GitHubOptions
from connectors.github.source import GitHubSource
from mapping.errors import SkipRecordError
from mapping.words import PastChange, Sample, Selection, WorkItem
from okrsync.sandbox import company
from okrsync.sandbox.accounts import GITHUB_ACCOUNT
from okrsync.sandbox.github import github_app
from okrsync.sandbox.github_kinds import Repository
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.wire import Record
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.github.described import PRESENT, Watch

URL = "https://api.github.com"
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NONE: frozenset[str] = frozenset()


class Watched(httpx.AsyncBaseTransport):
    """Hands requests to the sandbox and keeps them for the validators."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._app = httpx.ASGITransport(github_app(lambda: stage.site, stage.clock.now))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        stage = self._stage
        stage.before(request)
        if (staged := stage.answer(request)) is not None:
            stage.watch.calls.append((request, staged.status_code, b""))  # not the sandbox's, so not judged
            return staged
        answer = await self._app.handle_async_request(request)
        body = await answer.aread()
        stage.watch.calls.append((request, answer.status_code, body))
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


@dataclass
class Stage:
    """A GitHub with the repositories acme/shop and acme/app, and a clock of its own."""

    site: GitHubSite = field(default_factory=lambda: GitHubSite(base_url=URL))
    clock: FakeClock = field(default_factory=lambda: FakeClock(START + timedelta(days=60)))
    watch: Watch = field(default_factory=Watch)
    tick: int = 0
    answer: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
    """May answer instead of the sandbox, for faults."""

    def __post_init__(self) -> None:
        for number, name in enumerate(("shop", "app")):
            repository = self.site.add_repository("acme", name, id_=1000 + number)
            for label in ("bug", "checkout"):
                self.site.add_label(repository, label, "ff0000", "")

    def before(self, request: httpx.Request) -> None:
        """Called before each request is answered: a test may change the world here."""

    def repository(self, name: str = "shop") -> Repository:
        return self.site.repositories[f"acme/{name}"]

    def at(self, **later: float) -> datetime:
        """Return an instant, a minute after the one before unless told otherwise."""
        self.tick += 1
        return START + (timedelta(**later) if later else timedelta(minutes=self.tick))

    def issue(
        self, title: str = "Issue", *, repo: str = "shop", at: datetime | None = None, closed: str | None = None,
        labels: Sequence[str] = (), pull: bool = False,
    ) -> Record:  # fmt: skip
        opened = at or self.at()
        record = self.site.open_issue(
            self.repository(repo), title, at=opened, by=company.INES, labels=labels, pull=pull
        )
        if closed is not None:
            self.site.close(record, at=opened + timedelta(hours=5), by=company.INES, reason=closed)
        return record

    @asynccontextmanager
    async def source(
        self, options: GitHubOptions | None = None, keys: Mapping[str, str] | None = None, *, in_flight: int = 8
    ) -> AsyncIterator[GitHubSource]:
        """Open a source; when it closes, everything it sent and got must have been as GitHub describes it."""
        options = options or GitHubOptions.model_validate({"token": GITHUB_ACCOUNT.token})
        around = surroundings(Watched(self), self.clock, connection="hub", in_flight=in_flight)
        known = dict(keys or {})
        around = replace(around, keys=lambda ids: {id_: known[id_] for id_ in ids if id_ in known})
        source = GitHubSource(options, around)
        try:
            yield source
        finally:
            await source.aclose()
        if PRESENT:
            problems = self.watch.problems()
            assert not problems, "\n".join(problems[:8])


def options(**given: object) -> GitHubOptions:
    return GitHubOptions.model_validate({"token": GITHUB_ACCOUNT.token} | given)


def fail(skipped: SkipRecordError) -> None:
    raise AssertionError(f"nothing here is unreadable: {skipped}")


@dataclass
class Pulled:
    ids: list[str]
    items: dict[str, WorkItem]


async def census(source: GitHubSource, fields: frozenset[str] = NONE, **terms: object) -> Pulled:
    pulled = Pulled([], {})
    async for page in source.census(Selection.of("hub", terms), fields, fail):
        pulled.ids += page.ids
        pulled.items |= {item.id: item for item in page.items}
    return pulled


async def whole(source: GitHubSource, fields: frozenset[str] = NONE, **terms: object) -> dict[str, WorkItem]:
    """Return what matches by key, reading by ids what came without a record."""
    pulled = await census(source, fields, **terms)
    lacking = [id_ for id_ in pulled.ids if id_ not in pulled.items]
    if lacking:
        async for batch in source.by_ids(lacking, fields, fail):
            pulled.items |= {item.id: item for item in batch}
    assert sorted(pulled.items) == sorted(pulled.ids)
    return {item.key: item for item in pulled.items.values()}


async def changed(source: GitHubSource, since: datetime, **terms: object) -> dict[str, WorkItem]:
    selection = Selection.of("hub", terms)
    return {item.key: item async for batch in source.changed(selection, since, NONE, fail) for item in batch}


async def samples(source: GitHubSource, **terms: object) -> list[Sample]:
    return [one async for batch in source.series(Selection.of("hub", terms), fail) for one in batch]


async def past(source: GitHubSource, ids: Sequence[str], fields: frozenset[str] = NONE) -> list[PastChange]:
    return [change async for batch in source.history(ids, fields, fail) for change in batch]
