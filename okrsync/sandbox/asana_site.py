"""Asana in memory: workspaces, projects, portfolios, tags and custom fields, raw task records and their stories.

Records are kept whole; what an answer shows of them is decided by its ``opt_fields``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from okrsync.sandbox.accounts import Account
from okrsync.sandbox.company import SYNC
from okrsync.sandbox.jira_words import Person
from okrsync.sandbox.wire import Record, digest

WEB = "https://app.asana.test/0"
"""Where people would look; the sandbox has no pages."""
WORKSPACE = "1199000000000001"
ASANA_ACCOUNT = Account(person=SYNC, token="sandbox-asana-6b1d94e2f8")  # noqa: S106 - made up, opens only the sandbox


@dataclass(slots=True, kw_only=True)
class Project:
    """One project. Its sections stand in their order, the first one takes what names none."""

    gid: str
    name: str
    workspace: str
    sections: list[Record] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """Gids of the custom fields that its tasks have."""
    archived: bool = False

    def section(self, name: str) -> Record:
        """Return a section by name; raises KeyError when there is none."""
        for section in self.sections:
            if section["name"] == name:
                return section
        raise KeyError(f"{self.name}: {name}")


class Keeper(Protocol):
    """Keeps somewhere what requests change."""

    def load(self, site: AsanaSite) -> None:
        """Bring a site up to what was kept; raises FixConfigError where that cannot be read."""
        ...

    def save(self, site: AsanaSite) -> None:
        """Keep what a site holds now."""
        ...


@dataclass(slots=True, kw_only=True)
class AsanaSite:
    """The API of Asana as one account sees it."""

    account: Account = ASANA_ACCOUNT
    workspaces: dict[str, str] = field(default_factory=lambda: {WORKSPACE: "Rivelle"})
    """Gid to name, those of the account."""
    projects: dict[str, Project] = field(default_factory=dict)
    portfolios: dict[str, Record] = field(default_factory=dict)
    """Raw records; ``items`` holds the gids of projects and portfolios, in their order."""
    tags: dict[str, Record] = field(default_factory=dict)
    custom_fields: dict[str, Record] = field(default_factory=dict)
    tasks: dict[str, Record] = field(default_factory=dict)
    stories: dict[str, list[Record]] = field(default_factory=dict)
    """By the gid of their task, oldest first."""
    ranks: dict[str, dict[str, int]] = field(default_factory=dict)
    """Project (or parent task) to the ranks of the tasks in it, which lists are ordered by."""
    hidden: set[str] = field(default_factory=set)
    """Gids that exist but not for the account: absent from lists, 403 when asked for."""
    goals: dict[str, Record] = field(default_factory=dict)
    supports: dict[str, list[str]] = field(default_factory=dict)
    """By gid of a goal the gids of those that it supports."""
    status_updates: dict[str, Record] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)
    """Gids of goals that the account may see and not edit."""
    effects: list[tuple[str, str, object]] = field(default_factory=list)
    """What was changed by requests, in order: goal, what of it, to what."""
    paid: bool = True
    """Without a paid plan custom fields, portfolios and search answer 402."""
    requests_a_minute: int | None = None
    """How many requests a minute are answered, refused ones counted as well; None: all."""
    most: int = 100
    """The longest page; tests make it short."""
    keeper: Keeper | None = None
    """Asked before each request and told after each change; None: what is changed lives as long as the site."""
    last_gid: int = 1_209_000_000_000_000

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, object]]) -> AsanaSite:
        """Return a site that serves recorded tasks as they are; projects and sections are named by their gids."""
        site = cls()
        for record in records:
            task: Record = dict(record)
            site.tasks[task["gid"]] = task
            site.stories[task["gid"]] = []
            for home in task.get("memberships", []):
                project = site.projects.get(home["project"]["gid"]) or site.add_project(
                    home["project"].get("name", f"Project {home['project']['gid']}"), (), gid=home["project"]["gid"]
                )
                section = home.get("section")
                if section and all(each["gid"] != section["gid"] for each in project.sections):
                    named = {"name": f"Section {section['gid']}", **section}
                    project.sections.append({"resource_type": "section", **named})
                site.rank(project.gid, task["gid"])
        return site

    def new_gid(self) -> str:
        """Return a gid that was never given before."""
        self.last_gid += 1
        return str(self.last_gid)

    def add_project(
        self, name: str, sections: Sequence[str] = ("To do", "Doing", "Done"), *, gid: str = "", workspace: str = ""
    ) -> Project:
        """Add a project with empty sections."""
        project = Project(gid=gid or self.new_gid(), name=name, workspace=workspace or next(iter(self.workspaces)))
        self.projects[project.gid] = project
        for section in sections:
            self.add_section(project, section)
        return project

    def add_section(self, project: Project, name: str) -> Record:
        """Add a section at the end of a project."""
        section: Record = {"gid": self.new_gid(), "resource_type": "section", "name": name}
        project.sections.append(section)
        return section

    def add_portfolio(self, name: str, items: Sequence[str], *, owner: Person | None = None) -> Record:
        """Add a portfolio of projects and portfolios, by their gids."""
        portfolio: Record = {
            "gid": self.new_gid(),
            "resource_type": "portfolio",
            "name": name,
            "owner": self.user(owner or self.account.person),
            "items": list(items),
            "workspace": next(iter(self.workspaces)),
        }
        self.portfolios[portfolio["gid"]] = portfolio
        return portfolio

    def add_goal(self, name: str, *, gid: str = "", source: str = "manual", **metric: object) -> str:
        """Add a goal and return its gid; its metric is a percentage from 0 to 1 unless said otherwise."""
        gid = gid or self.new_gid()
        made: Record = {
            "gid": self.new_gid(),
            "resource_type": "goal_metric",
            "resource_subtype": "number",
            "unit": "percentage",
            "currency_code": None,
            "precision": 0,
            "initial_number_value": 0,
            "target_number_value": 1,
            "current_number_value": 0,
            "progress_source": source,
            "is_custom_weight": False,
            "can_manage": source != "external",
            **metric,
        }
        self.goals[gid] = {
            "gid": gid,
            "resource_type": "goal",
            "name": name,
            "metric": made,
            "current_status_update": None,
        }
        return gid

    def add_tag(self, name: str) -> Record:
        """Add a tag that nothing carries yet."""
        tag: Record = {
            "gid": self.new_gid(),
            "resource_type": "tag",
            "name": name,
            "workspace": next(iter(self.workspaces)),
        }
        self.tags[tag["gid"]] = tag
        return tag

    def add_field(
        self,
        name: str,
        kind: str = "number",
        *,
        projects: Sequence[Project] = (),
        options: Sequence[str] = (),
        style: str = "none",
        precision: int = 0,
        local: bool = False,
    ) -> Record:
        """Add a custom field to projects: ``number``, ``enum``, ``text``, ``date``; tasks there have it, empty.

        A ``local`` one belongs to its projects only, and is not in the workspace's list.
        """
        made: Record = {
            "gid": self.new_gid(),
            "resource_type": "custom_field",
            "name": name,
            "type": kind,
            "resource_subtype": kind,
            "is_global_to_workspace": not local,
            "enabled": True,
        }
        if kind == "number":
            made |= {"precision": precision, "format": style, "number_value": None}
        if kind == "enum":
            names = [{"gid": self.new_gid(), "resource_type": "enum_option", "name": each} for each in options]
            made |= {"enum_options": [each | {"enabled": True, "color": "none"} for each in names], "enum_value": None}
        if kind == "text":
            made |= {"text_value": None}
        if kind == "date":
            made |= {"date_value": None}
        made |= {"display_value": None}
        self.custom_fields[made["gid"]] = made
        for project in projects:
            project.fields.append(made["gid"])
            for task in self.tasks.values():
                if any(home["project"]["gid"] == project.gid for home in task["memberships"]):
                    self.give_fields(task, project)
        return made

    def give_fields(self, task: Record, project: Project) -> None:
        """Let a task have the custom fields of a project that it is in."""
        there = {value["gid"] for value in task["custom_fields"]}
        task["custom_fields"] += [dict(self.custom_fields[gid]) for gid in project.fields if gid not in there]

    def user(self, person: Person) -> Record:
        """Return a person as records carry them."""
        return {"gid": person_gid(person), "resource_type": "user", "name": person.name}

    def project_compact(self, gid: str) -> Record:
        """Return a project as records carry it."""
        return {"gid": gid, "resource_type": "project", "name": self.projects[gid].name}

    def visible(self, gid: str) -> bool:
        """Return whether the account may see a task, project, tag or portfolio."""
        return gid not in self.hidden

    def subtasks(self, gid: str) -> list[str]:
        """Return the gids of a task's own subtasks that are visible, in their order."""
        there = self.ranks.get(gid, {})
        return [child for child in sorted(there, key=lambda each: there[each]) if self.visible(child)]

    def rank(self, owner: str, task: str, *, top: bool = False) -> None:
        """Put a task at the end or at the top of a project, or of its parent."""
        there = self.ranks.setdefault(owner, {})
        there.pop(task, None)
        # The first and the last were put in by rank, so the ends of the dict are not the ends of the list.
        there[task] = min(there.values(), default=1) - 1 if top else max(there.values(), default=-1) + 1

    def whole(self, task: Record) -> Record:
        """Return a task as it is answered, with what is counted or looked up then."""
        parent = self.tasks.get(task["parent"]["gid"]) if task.get("parent") else None
        compact = ("gid", "resource_type", "resource_subtype", "name")
        looked_up = {} if parent is None else {"parent": {name: parent[name] for name in compact}}
        homes = [home for home in task.get("memberships", []) if self.visible(home["project"]["gid"])]
        return task | looked_up | {"num_subtasks": len(self.subtasks(task["gid"])), "memberships": homes}


def person_gid(person: Person) -> str:
    """Return the gid of a person; it depends on nothing but who it is."""
    return str(1_200_000_000_000_000 + int(digest(person.login, length=10), 16))


def asana_time(instant: datetime) -> str:
    """Return the instant as Asana writes it: UTC, milliseconds, Z."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
