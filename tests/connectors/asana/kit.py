"""An office in Asana: the sandbox in this process, behind its own front door, and what tests do with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx
from starlette.types import ASGIApp

from connectors.asana import CONNECTOR
from connectors.asana.options import AsanaOptions
from connectors.port import Source
from mapping.errors import SkipRecordError
from mapping.words import Selection, WorkItem
from okrsync.sandbox.accounts import Account
from okrsync.sandbox.asana import asana_app
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import AsanaSite, Project
from okrsync.sandbox.company import SYNC
from okrsync.sandbox.door import FrontDoor
from okrsync.sandbox.faults import Change, FaultScript, Reply
from okrsync.sandbox.ledger import Asked, Ledger
from okrsync.sandbox.wire import Record
from tests.connectors.asana.described import answer_problems, body_problems, request_problems
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import CANARY

URL = "http://localhost/api/1.0"
CONNECTION = "work"


@dataclass
class Heard:
    """A request with its answer as it left the sandbox, faults aside."""

    asked: Asked
    status: int
    body: object


@dataclass
class Office:
    """A site, its clock, and all that was asked of it."""

    clock: FakeClock = field(default_factory=FakeClock)
    site: AsanaSite = field(default_factory=lambda: AsanaSite(account=Account(person=SYNC, token=f"1/{CANARY}")))
    ledger: Ledger = field(default_factory=Ledger)
    faults: FaultScript = field(default_factory=FaultScript)
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults.add(self._hear())

    @property
    def edits(self) -> AsanaEdits:
        """Edits that happen now."""
        return AsanaEdits(self.site, self.clock.now())

    def app(self) -> ASGIApp:
        return FrontDoor(asana_app(lambda: self.site, self.clock.now), self.ledger, self.faults)

    def source(self, *, in_flight: int = 8, budget_seconds: float = 900.0, **options: object) -> Source:
        # The pace is a matter of real time, which tests do not wait for.
        given = {"token": f"1/{CANARY}", "url": URL, "requests_a_minute": 100_000, **options}
        around = surroundings(
            httpx.ASGITransport(self.app(), root_path="/api/1.0"),
            self.clock,
            connection=CONNECTION,
            in_flight=in_flight,
            budget_seconds=budget_seconds,
        )
        return CONNECTOR.open(AsanaOptions.model_validate(given), around)

    def tasks(self, project: Project, *names: str, section: str = "") -> list[Record]:
        return [self.edits.add(name, project, section) for name in names]

    def not_as_described(self) -> list[str]:
        """Return what in the requests and answers so far is not as Asana describes it."""
        found = [
            problem
            for each in self.heard
            for problem in (
                *request_problems(each.asked.method, each.asked.path, each.asked.query),
                *body_problems(each.asked.method, each.asked.path, each.asked.json()),
                *answer_problems(each.asked.path, each.asked.method, each.status, each.body),
            )
        ]
        return sorted(set(found))

    def asked(self, path: str = "*") -> list[Asked]:
        return self.ledger.matching(path)

    def _hear(self) -> Change:
        def hear(asked: Asked, reply: Reply) -> Reply:
            self.heard.append(Heard(asked, reply.status, json.loads(reply.body)))
            return reply

        return hear


def selection(**terms: object) -> Selection:
    return Selection.of(CONNECTION, terms)


async def census(
    source: Source,
    chosen: Selection,
    fields: frozenset[str] = frozenset(),
    skipped: list[SkipRecordError] | None = None,
) -> dict[str, WorkItem]:
    """Return what a census gives, by gid; asserts that nothing comes twice and that records come along."""
    told: list[SkipRecordError] = []
    found: dict[str, WorkItem] = {}
    async for page in source.census(chosen, fields, told.append):
        assert [item.id for item in page.items] == list(page.ids)
        assert not found.keys() & set(page.ids)
        found |= {item.id: item for item in page.items}
    if skipped is None:
        assert told == []
    else:
        skipped += told
    return found


async def titles(source: Source, chosen: Selection) -> list[str]:
    """Return the titles that a census gives, sorted."""
    return sorted(item.title for item in (await census(source, chosen)).values())
