"""The sandbox's Jiras, Cloud and Data Center with the same issues, on loopback; a new world for every test."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from connectors.jira import JiraOptions, JiraSource
from mapping.errors import SkipRecordError
from mapping.words import PastChange, Selection, WorkItem
from okrsync.sandbox import company, jira_words
from okrsync.sandbox.accounts import JIRA_ACCOUNT, JIRA_DC_ACCOUNT
from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_dc import data_center
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.server import Sandbox, free_port, serving
from okrsync.sandbox.wire import instant_of
from okrsync.sandbox.world_jira import jira_world
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.jira.described import answer_problems, cloud, problems
from tests.connectors.jira.described import data_center as data_center_api

ANCHOR = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
NONE: frozenset[str] = frozenset()
POINTS = frozenset({"story_points"})


@cache
def _worlds() -> tuple[bytes, bytes]:
    """Return both sites, packed: unpacking them is ten times as fast as making them."""
    cloud = jira_world(Random("jira 7"), ANCHOR, "http://jira.test")
    return pickle.dumps(cloud), pickle.dumps(data_center(cloud, "http://jira-dc.test"))


@dataclass(slots=True)
class Stage:
    """What is served, and how to connect to it."""

    sandbox: Sandbox
    heard: list[tuple[str, Asked, int, bytes]] = field(default_factory=list)
    """Kind of Jira, request, and its answer as it left the sandbox, faults aside."""

    @property
    def cloud(self) -> JiraSite:
        return self.sandbox.jira

    @property
    def center(self) -> JiraSite:
        assert self.sandbox.jira_dc is not None
        return self.sandbox.jira_dc

    def options(self, kind: str, **more: object) -> JiraOptions:
        if kind == "cloud":
            account = {"url": self.sandbox.jira_url, "email": JIRA_ACCOUNT.person.email, "token": JIRA_ACCOUNT.token}
        else:
            account = {"url": self.sandbox.jira_dc_url, "token": JIRA_DC_ACCOUNT.token}
        return JiraOptions.model_validate(account | more)

    @asynccontextmanager
    async def source(self, kind: str, **more: object) -> AsyncIterator[JiraSource]:
        around = surroundings(clock=FakeClock(ANCHOR + timedelta(hours=1)), connection="jira")
        opened = JiraSource(self.options(kind, **more), around)
        try:
            yield opened
        finally:
            await opened.aclose()

    @asynccontextmanager
    async def knowing(self, kind: str, keys: Mapping[str, str]) -> AsyncIterator[JiraSource]:
        """Open a source that may look up keys in a mirror."""
        around = surroundings(clock=FakeClock(ANCHOR + timedelta(hours=1)), connection="jira")
        around = replace(around, keys=lambda ids: {id_: keys[id_] for id_ in ids if id_ in keys})
        opened = JiraSource(self.options(kind), around)
        try:
            yield opened
        finally:
            await opened.aclose()

    def renew(self) -> None:
        """Put a new world in place, the same issues in both Jiras."""
        cloud, center = _worlds()
        self.sandbox.jira = pickle.loads(cloud)
        self.sandbox.jira_dc = pickle.loads(center)
        for ledger in (self.sandbox.jira_ledger, self.sandbox.jira_dc_ledger):
            ledger.clear()
        self.heard.clear()
        for kind, script in (("cloud", self.sandbox.jira_faults), ("center", self.sandbox.jira_dc_faults)):
            script.clear()
            script.add(self._hear(kind))

    def not_as_described(self) -> list[str]:
        """Return what in the requests and answers so far is not as Atlassian describes it."""
        found: dict[str, None] = {}
        for kind, asked, status, body in self.heard:
            apis = cloud() if kind == "cloud" else data_center_api()
            found |= dict.fromkeys((*problems(apis, asked), *answer_problems(apis, asked, status, body)))
        return [*found]

    def _hear(self, kind: str) -> Change:
        def hear(asked: Asked, reply: Reply) -> Reply:
            self.heard.append((kind, asked, reply.status, reply.body))
            return reply

        return hear


@contextmanager
def staged() -> Iterator[Stage]:
    sandbox = Sandbox(jira=JiraSite(), github=GitHubSite(), port=free_port())
    with serving(sandbox, clock=lambda: ANCHOR + timedelta(hours=1)):
        yield Stage(sandbox)


def fail(skipped: SkipRecordError) -> None:
    raise AssertionError(f"nothing here is unreadable: {skipped}")


async def census(source: JiraSource, **terms: object) -> list[str]:
    selection = Selection.of("jira", terms)
    return [id_ async for page in source.census(selection, NONE, fail) for id_ in page.ids]


async def items(source: JiraSource, ids: Sequence[str], fields: frozenset[str] = NONE) -> dict[str, WorkItem]:
    return {item.id: item async for batch in source.by_ids(ids, fields, fail) for item in batch}


async def changed(source: JiraSource, since: datetime, **terms: object) -> dict[str, WorkItem]:
    selection = Selection.of("jira", terms)
    return {item.id: item async for batch in source.changed(selection, since, NONE, fail) for item in batch}


async def past(source: JiraSource, ids: Sequence[str], fields: frozenset[str] = NONE) -> dict[str, list[PastChange]]:
    told: dict[str, list[PastChange]] = {}
    async for batch in source.history(ids, fields, fail):
        for change in batch:
            told.setdefault(change.item, []).append(change)
    return told


def below(site: JiraSite, key: str, levels: int = 9) -> set[str]:
    """Return the ids of all below an issue, walked down the raw records."""
    root = site.get(key)["id"]
    found: set[str] = set()
    above = {root}
    for _ in range(levels):
        above = {
            one["id"] for one in site.issues.values() if one["fields"].get("parent", {}).get("id") in above
        } - found
        found |= above
    return found


def initiative(site: JiraSite, key: str, epics: Sequence[str], *, level: int = 2) -> str:
    """Put a new issue of a higher level above some issues; returns its id."""
    kind = jira_words.issue_type(site.base_url, str(10030 + level), f"Level {level}", level=level)
    site.types.append(kind)
    id_ = str(max(map(int, site.issues)) + 1)
    site.create(id_=id_, key=key, type_=f"Level {level}", summary="Above", at=ANCHOR, by=company.INES)
    for epic in epics:
        site.reparent(epic, key, at=ANCHOR, by=company.INES)
        site.get(epic)["fields"][jira_words.PARENT_LINK] = key if site.data_center else None
    site._facts.clear()
    return id_


def updated(site: JiraSite, id_: str) -> datetime:
    return instant_of(site.issues[id_]["fields"]["updated"])
