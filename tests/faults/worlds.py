"""What can happen to the items of a vendor's place, and what is true of them: one world for each kind of source.

Every world offers the same deeds (insert, edit, turn, delete, move, hide) on the sandbox's own site, and tells from
that site alone which items a selection matches now and where those went that it no longer matches.
"""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal, get_args

from mapping.mirror import Departure
from okrsync.sandbox import company
from okrsync.sandbox.accounts import GITHUB_ACCOUNT, JIRA_ACCOUNT, JIRA_DC_ACCOUNT, Account
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import AsanaSite
from okrsync.sandbox.faults import FaultScript
from okrsync.sandbox.github_acts import hide, show, transfer
from okrsync.sandbox.github_kinds import Repository
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.ledger import Ledger
from okrsync.sandbox.server import Sandbox
from okrsync.sandbox.wire import Record
from okrsync.sandbox.world_jira import empty_jira
from tests.connectors.clock import FakeClock

Kind = Literal["jira", "jira-dc", "github-rest", "github-graphql", "asana"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Facts = tuple[str, bool]
"""Title, and whether it is done."""
STEPS = (1, 40, 420)
"""Seconds from one deed to the next: within a second's precision, within the overlap of a delta, and beyond it."""


@dataclass
class World(ABC):
    """A place at a vendor, with ``page`` items to a page."""

    sandbox: Sandbox
    clock: FakeClock
    chance: Random
    page: int
    deeds: Counter[str] = field(default_factory=Counter)
    given: int = 0
    """How many items were ever made; their numbers are never given again."""

    def __post_init__(self) -> None:
        self.begin()

    def happen(self) -> None:
        """Let somebody do something, a little later than what was done before."""
        self.clock.instant += timedelta(seconds=self.chance.choice(STEPS))
        deeds: tuple[Callable[[], None], ...] = (
            self.insert, self.insert, self.edit, self.turn, self.delete, self.move, self.hide,
        )  # fmt: skip
        deed = self.chance.choice(deeds) if len(self.members()) > 1 else self.insert
        deed()
        self.deeds[deed.__name__] += 1

    def any(self) -> str:
        """Return the id of a member that chance picks."""
        return self.chance.choice(sorted(self.members()))

    def at(self) -> datetime:
        return self.clock.now()

    def fill(self, count: int, *, done: int = 0) -> None:
        """Put so many items in, an hour apart and all in the past, the first ``done`` of them done."""
        now, self.clock.instant = self.clock.instant, self.clock.instant - timedelta(hours=count + 1)
        for number in range(count):
            self.clock.instant += timedelta(hours=1)
            id_ = self.add()
            if number < done:
                self.finish(id_)
        self.clock.instant = now

    @property
    @abstractmethod
    def account(self) -> Account:
        """Whom the vendor lets in."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger: ...

    @property
    @abstractmethod
    def faults(self) -> FaultScript: ...

    @abstractmethod
    def begin(self) -> None:
        """Put an empty site into the sandbox."""

    @abstractmethod
    def connection(self) -> dict[str, object]:
        """Return the connection as the rules say it, its token left out."""

    @abstractmethod
    def terms(self) -> dict[str, object]:
        """Return what the rules select."""

    @abstractmethod
    def members(self) -> dict[str, Facts]:
        """Return what the selection matches now."""

    @abstractmethod
    def key(self, id_: str) -> str:
        """Return what a mirror knows as the key of a member."""

    @abstractmethod
    def departure(self, id_: str) -> Departure:
        """Return where an item is that was a member once and is none now, as this vendor can tell."""

    @abstractmethod
    def add(self) -> str:
        """Add a member and return its id."""

    def insert(self) -> None:
        self.add()

    @abstractmethod
    def finish(self, id_: str) -> None: ...

    @abstractmethod
    def turn(self) -> None:
        """Complete something, or open it again."""

    @abstractmethod
    def edit(self) -> None: ...

    @abstractmethod
    def remove(self, id_: str) -> None: ...

    def delete(self) -> None:
        self.remove(self.any())

    @abstractmethod
    def lead_away(self, id_: str) -> None:
        """Let a member leave the selection that lives on, where we can still see it."""

    @property
    @abstractmethod
    def site(self) -> object:
        """What the vendor holds."""

    @abstractmethod
    def replace_site(self, site: object) -> None:
        """Put back what ``site`` was."""

    def snapshot(self) -> bytes:
        """Return the whole site as it is, packed."""
        return pickle.dumps(self.site)

    def restore(self, packed: bytes) -> None:
        """Let the site be again as it was."""
        self.replace_site(pickle.loads(packed))

    @abstractmethod
    def move(self) -> None:
        """Move something out of the selection, or back."""

    @abstractmethod
    def hide(self) -> None:
        """Take something out of our sight, or let us see it again."""


@dataclass
class JiraWorld(World):
    """The issues of project SHOP."""

    data_center: bool = False
    hidden: dict[str, Record] = field(default_factory=dict)

    @property
    def site(self) -> JiraSite:
        site = self.sandbox.jira_dc if self.data_center else self.sandbox.jira
        assert site is not None
        return site

    @property
    def account(self) -> Account:
        return JIRA_DC_ACCOUNT if self.data_center else JIRA_ACCOUNT

    @property
    def ledger(self) -> Ledger:
        return self.sandbox.jira_dc_ledger if self.data_center else self.sandbox.jira_ledger

    @property
    def faults(self) -> FaultScript:
        return self.sandbox.jira_dc_faults if self.data_center else self.sandbox.jira_faults

    def begin(self) -> None:
        site = empty_jira("http://jira.test")
        site.data_center, site.account = self.data_center, self.account
        site.most_rows = site.most_ids = self.page
        if self.data_center:
            self.sandbox.jira_dc = site
        else:
            self.sandbox.jira = site

    def connection(self) -> dict[str, object]:
        if self.data_center:
            return {"connector": "jira", "url": self.sandbox.jira_dc_url}
        return {"connector": "jira", "url": self.sandbox.jira_url, "email": JIRA_ACCOUNT.person.email}

    def terms(self) -> dict[str, object]:
        return {"project": "SHOP"}

    def members(self) -> dict[str, Facts]:
        return {
            id_: (issue["fields"]["summary"], issue["fields"]["status"]["statusCategory"]["key"] == "done")
            for id_, issue in self.site.issues.items()
            if issue["key"].startswith("SHOP-")
        }

    def departure(self, id_: str) -> Departure:
        # Jira tells an issue that its security level hides from a deleted one no more than the roster can.
        return Departure.UNMATCHED if id_ in self.site.issues else Departure.DELETED

    def add(self) -> str:
        id_, key = self._new("SHOP")
        self.site.create(id_=id_, key=key, type_="Story", summary=f"Item {id_}", at=self.at(), by=company.INES)
        return id_

    def finish(self, id_: str) -> None:
        self.site.transition(self.key(id_), "Done", at=self.at(), by=company.INES)

    def turn(self) -> None:
        status = self.chance.choice(("To Do", "In Progress", "Done"))
        self.site.transition(self.key(self.any()), status, at=self.at(), by=company.INES)

    def edit(self) -> None:
        id_ = self.any()
        self.site.rename(self.key(id_), f"Item {id_} at {self.at():%H:%M:%S}", at=self.at(), by=company.INES)

    def remove(self, id_: str) -> None:
        self.site.delete(self.key(id_))

    def lead_away(self, id_: str) -> None:
        self.site.move(self.key(id_), self._new("GROW")[1], at=self.at(), by=company.INES)

    def replace_site(self, site: object) -> None:
        assert isinstance(site, JiraSite)
        if self.data_center:
            self.sandbox.jira_dc = site
        else:
            self.sandbox.jira = site

    def move(self) -> None:
        outside = sorted(set(self.site.issues) - set(self.members()))
        back = bool(outside) and self.chance.random() < 0.5
        id_ = self.chance.choice(outside) if back else self.any()
        _, key = self._new("SHOP" if back else "GROW")
        self.site.move(self.key(id_), key, at=self.at(), by=company.INES)

    def hide(self) -> None:
        if self.hidden and self.chance.random() < 0.5:
            self.site.put(self.hidden.pop(self.chance.choice(sorted(self.hidden))))
        else:
            id_ = self.any()
            self.hidden[id_] = issue = self.site.issues.pop(id_)
            self.site._keys.pop(issue["key"].lower(), None)
        self.site._facts.clear()

    def key(self, id_: str) -> str:
        return str(self.site.issues[id_]["key"])

    def _new(self, project: str) -> tuple[str, str]:
        self.given += 1
        return str(10_000 + self.given), f"{project}-{self.given}"


@dataclass
class GitHubWorld(World):
    """The issues of acme/shop."""

    via: str = "graphql"
    fates: dict[str, Departure] = field(default_factory=dict)

    @property
    def site(self) -> GitHubSite:
        return self.sandbox.github

    @property
    def account(self) -> Account:
        return GITHUB_ACCOUNT

    @property
    def ledger(self) -> Ledger:
        return self.sandbox.github_ledger

    @property
    def faults(self) -> FaultScript:
        return self.sandbox.github_faults

    def begin(self) -> None:
        self.sandbox.github = site = GitHubSite(base_url=self.sandbox.github_url)
        for number, name in enumerate(("shop", "app")):
            repository = site.add_repository("acme", name, id_=1000 + number)
            site.add_label(repository, "bug", "ff0000", "")

    def connection(self) -> dict[str, object]:
        return {"connector": "github", "url": self.sandbox.github_url, "via": self.via}

    def terms(self) -> dict[str, object]:
        return {"repo": "acme/shop"}

    def members(self) -> dict[str, Facts]:
        return {id_: (record["title"], record["state"] == "closed") for id_, record in self._records().items()}

    def departure(self, id_: str) -> Departure:
        hidden = {record["node_id"] for record in self._shop.hidden.values()}
        return Departure.HIDDEN if id_ in hidden else self.fates[id_]

    def add(self) -> str:
        self.given += 1
        record = self.site.open_issue(self._shop, f"Item {self.given}", at=self.at(), by=company.INES)
        return str(record["node_id"])

    def finish(self, id_: str) -> None:
        self.site.close(self._records()[id_], at=self.at(), by=company.INES)

    def turn(self) -> None:
        record = self._records()[self.any()]
        if record["state"] == "open":
            self.site.close(record, at=self.at(), by=company.INES)
        else:
            self.site.reopen(record, at=self.at())

    def edit(self) -> None:
        record = self._records()[self.any()]
        record |= {"title": f"Title of {self.at():%H:%M:%S}", "updated_at": self.at().strftime("%Y-%m-%dT%H:%M:%SZ")}

    def remove(self, id_: str) -> None:
        self.site.delete("acme/shop", self._records()[id_]["number"])
        self.fates[id_] = Departure.DELETED

    def lead_away(self, id_: str) -> None:
        transfer(self.site, "acme/shop", self._records()[id_]["number"], "acme/app", at=self.at())
        self.fates[id_] = Departure.MOVED

    def replace_site(self, site: object) -> None:
        assert isinstance(site, GitHubSite)
        self.sandbox.github = site

    def move(self) -> None:
        self.lead_away(self.any())

    def hide(self) -> None:
        hidden = sorted(self._shop.hidden)
        if hidden and self.chance.random() < 0.5:
            show(self._shop, self.chance.choice(hidden))
        else:
            hide(self._shop, self._records()[self.any()]["number"])

    def key(self, id_: str) -> str:
        return f"acme/shop#{self._records()[id_]['number']}"

    @property
    def _shop(self) -> Repository:
        return self.site.repositories["acme/shop"]

    def _records(self) -> dict[str, Record]:
        return {record["node_id"]: record for record in self._shop.records}


@dataclass
class AsanaWorld(World):
    """The tasks of project Launch, subtasks included."""

    @property
    def site(self) -> AsanaSite:
        return self.sandbox.asana

    @property
    def account(self) -> Account:
        return self.site.account

    @property
    def ledger(self) -> Ledger:
        return self.sandbox.asana_ledger

    @property
    def faults(self) -> FaultScript:
        return self.sandbox.asana_faults

    def begin(self) -> None:
        self.sandbox.asana = AsanaSite(most=self.page)
        self._project = self.site.add_project("Launch")

    def connection(self) -> dict[str, object]:
        return {"connector": "asana", "url": self.sandbox.asana_url, "requests_a_minute": 100_000}

    def terms(self) -> dict[str, object]:
        return {"project": self._project.gid, "subtasks": True}

    def members(self) -> dict[str, Facts]:
        waiting = [gid for gid in self.site.ranks.get(self._project.gid, {}) if self.site.visible(gid)]
        found: dict[str, Facts] = {}
        while waiting:
            gid = waiting.pop()
            found[gid] = (self.site.tasks[gid]["name"], self.site.tasks[gid]["completed"])
            waiting += [child for child in self.site.subtasks(gid) if child not in found]
        return found

    def departure(self, id_: str) -> Departure:
        if id_ not in self.site.tasks:
            return Departure.DELETED
        return Departure.UNMATCHED if self.site.visible(id_) else Departure.HIDDEN

    def add(self) -> str:
        self.given += 1
        return str(self._edits.add(f"Item {self.given}", self._project)["gid"])

    def insert(self) -> None:
        """Add a task at either end, or a subtask."""
        self.given += 1
        if self.members() and self.chance.random() < 0.2:
            self._edits.add(f"Item {self.given}", parent=self.site.tasks[self.any()])
        else:
            self._edits.add(f"Item {self.given}", self._project, top=self.chance.random() < 0.5)

    def finish(self, id_: str) -> None:
        self._edits.complete(self.site.tasks[id_])

    def turn(self) -> None:
        task = self.site.tasks[self.any()]
        (self._edits.reopen if task["completed"] else self._edits.complete)(task)

    def edit(self) -> None:
        task = self.site.tasks[self.any()]
        self._edits.rename(task, f"{task['name']} anew")

    def remove(self, id_: str) -> None:
        self._edits.delete(self.site.tasks[id_])

    def lead_away(self, id_: str) -> None:
        self._edits.remove_from(self.site.tasks[id_], self._project)

    def replace_site(self, site: object) -> None:
        assert isinstance(site, AsanaSite)
        self.sandbox.asana = site
        self._project = site.projects[self._project.gid]

    def move(self) -> None:
        inside = sorted(self.site.ranks.get(self._project.gid, {}))
        outside = sorted(set(self.site.tasks) - set(inside) - self.site.hidden)
        if inside and self.chance.random() < 0.5:
            self._edits.remove_from(self.site.tasks[self.chance.choice(inside)], self._project)
        elif outside:
            self._edits.add_to(self.site.tasks[self.chance.choice(outside)], self._project, top=True)

    def hide(self) -> None:
        hidden = sorted(self.site.hidden & self.site.tasks.keys())
        if hidden and self.chance.random() < 0.5:
            self._edits.show(self.site.tasks[self.chance.choice(hidden)])
        else:
            self._edits.hide(self.site.tasks[self.any()])

    def key(self, id_: str) -> str:
        return id_

    @property
    def _edits(self) -> AsanaEdits:
        return AsanaEdits(self.site, self.at())


def world_of(kind: Kind, sandbox: Sandbox, clock: FakeClock, *, seed: object = 0, page: int = 4) -> World:
    """Return an empty world of a kind, in place in the sandbox."""
    chance = Random(f"{kind} {seed}")
    if kind == "asana":
        return AsanaWorld(sandbox, clock, chance, page)
    if kind in ("jira", "jira-dc"):
        return JiraWorld(sandbox, clock, chance, page, data_center=kind == "jira-dc")
    return GitHubWorld(sandbox, clock, chance, page, via=kind.removeprefix("github-"))
