"""A Jira Cloud site in memory: raw issues as the API gives them, their history, and the site's metadata.

Issues are only ever changed through the methods here, each of which writes the changelog entry that Jira would write:
a state and its history cannot disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from okrsync.sandbox import jira_words as words
from okrsync.sandbox.accounts import JIRA_ACCOUNT, Account
from okrsync.sandbox.jira_words import Person
from okrsync.sandbox.jql_facts import facts_of
from okrsync.sandbox.jql_match import Facts
from okrsync.sandbox.wire import Record, jira_time

FIRST_HISTORY = 20001


@dataclass(slots=True, kw_only=True)
class JiraSite:
    """One site. ``base_url`` stands in the links of its answers; empty: the address it was asked at."""

    base_url: str = ""
    account: Account = JIRA_ACCOUNT
    title: str = "Jira"
    issues: dict[str, Record] = field(default_factory=dict)
    """By immutable id, as text."""
    histories: dict[str, list[Record]] = field(default_factory=dict)
    """Changelog entries of an issue, oldest first."""
    moved: dict[str, str] = field(default_factory=dict)
    """Former key to id, for issues that were moved to another project."""
    deleted_ids: list[str] = field(default_factory=list)
    deleted_keys: list[str] = field(default_factory=list)
    """Of issues that are gone: neither is ever given again."""
    fields: list[Record] = field(default_factory=lambda: words.fields(*words.CUSTOM_FIELDS))
    statuses: list[Record] = field(default_factory=list)
    types: list[Record] = field(default_factory=list)
    resolutions: list[Record] = field(default_factory=list)
    projects: list[Record] = field(default_factory=list)
    filters: list[Record] = field(default_factory=list)
    away: dict[str, tuple[Record, list[Record]]] = field(default_factory=dict)
    """Projects that were withdrawn, with their issues, by key."""
    boards: list[Record] = field(default_factory=list)
    """Board configurations, each with its ``type``."""
    data_center: bool = False
    """Whether stories hang on their epic by "Epic Link" alone and queries know no ``parentEpic``."""
    most_ids: int = 5000
    """How many issues Cloud gives in a page of nothing but ids."""
    most_rows: int = 1000
    """What a Data Center's ``jira.search.views.default.max`` is set to; more is silently lowered to it."""
    _facts: dict[str, Facts] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    """Current key, in lower case, to id."""
    _next_history: int = FIRST_HISTORY

    @classmethod
    def from_records(
        cls,
        records: Iterable[Mapping[str, object]],
        *,
        base_url: str = "",
        account: Account = JIRA_ACCOUNT,
        fields: Sequence[Record] = (),
    ) -> JiraSite:
        """Return a site that serves raw issues as they are; metadata is gathered from the issues themselves.

        Args:
            records: issue objects of a search, with or without ``changelog``.
            base_url: address of the site; links inside the records are left alone.
            account: who may ask.
            fields: custom fields as ``GET /field`` gives them; those not given are named by their id.
        """
        site = cls(base_url=base_url, account=account, title="Recorded")
        for record in records:
            issue: Record = dict(record)
            changelog = issue.pop("changelog", None) or {}
            site.put(issue)
            site.histories[issue["id"]] = sorted(
                changelog.get("histories", []), key=lambda entry: str(entry["created"])
            )
        site.projects = _distinct(issue["fields"]["project"] for issue in site.issues.values())
        site.types = _distinct(issue["fields"]["issuetype"] for issue in site.issues.values())
        site.statuses = _distinct(issue["fields"]["status"] for issue in site.issues.values())
        site.resolutions = _distinct(
            issue["fields"]["resolution"] for issue in site.issues.values() if issue["fields"].get("resolution")
        )
        site.fields = words.fields(*_custom_fields(site.issues.values(), fields))
        return site

    def put(self, issue: Record) -> None:
        """Add an issue, or replace the one with its id."""
        former = self.issues.get(issue["id"])
        if former is not None:
            self._keys.pop(former["key"].lower(), None)
        self.issues[issue["id"]] = issue
        self._keys[issue["key"].lower()] = issue["id"]
        self._facts.pop(issue["id"], None)

    def find(self, id_or_key: str) -> Record | None:
        """Return an issue by id, key in any case, or the key it had before it was moved."""
        wanted = id_or_key.strip().lower()
        return self.issues.get(self._keys.get(wanted) or self.moved.get(wanted) or wanted)

    def get(self, key: str) -> Record:
        """Return the issue with this key; raises KeyError when there is none."""
        issue = self.find(key)
        if issue is None:
            raise KeyError(key)
        return issue

    def facts(self) -> list[Facts]:
        """Return what queries look at, for all issues."""
        for id_, issue in self.issues.items():
            if id_ not in self._facts:
                self._facts[id_] = facts_of(issue, self)
        return [self._facts[id_] for id_ in self.issues]

    def named(self, kind: str, name: str, project_id: str | None = None) -> Record:
        """Return the status, type or resolution of that name; one of the project's own comes first."""
        found: list[Record] = [one for one in getattr(self, kind) if one["name"] == name]
        own = [one for one in found if one.get("scope", {}).get("project", {}).get("id") == project_id]
        shared = [one for one in found if "scope" not in one]
        for one in (*own, *shared):
            return dict(one)
        raise KeyError(f"no {name!r} among {kind}")

    def create(
        self,
        *,
        id_: str,
        key: str,
        type_: str,
        summary: str,
        at: datetime,
        by: Person,
        status: str = "To Do",
        parent: str | None = None,
        labels: Sequence[str] = (),
        points: float | None = None,
        assignee: Person | None = None,
    ) -> Record:
        """Add a new issue; ``parent`` is a key. Returns the raw record."""
        project = next(one for one in self.projects if one["key"] == key.rpartition("-")[0])
        of_project = {name: project[name] for name in ("self", "id", "key", "name", "projectTypeKey", "simplified")}
        fields: Record = {
            "summary": summary,
            "issuetype": self.named("types", type_, project["id"]),
            "project": of_project | {"avatarUrls": project["avatarUrls"]},
            "status": self.named("statuses", status, project["id"]),
            "statuscategorychangedate": jira_time(at),
            "resolution": None,
            "resolutiondate": None,
            "priority": {"self": f"{self.base_url}/rest/api/3/priority/3", "name": "Medium", "id": "3"},
            "labels": list(labels),
            "assignee": None if assignee is None else words.user(self.base_url, assignee),
            "reporter": words.user(self.base_url, by),
            "creator": words.user(self.base_url, by),
            "created": jira_time(at),
            "updated": jira_time(at),
            "duedate": None,
            "description": None,
            "components": [],
            "fixVersions": [],
            "subtasks": [],
            words.STORY_POINTS: points,
            words.RANK: f"0|i{int(id_):05x}:",
        }
        if parent is not None:
            fields["parent"] = self._brief(self.get(parent))
            if self.get(parent)["fields"]["issuetype"]["hierarchyLevel"] == 1:
                fields[words.EPIC_LINK] = parent
        issue: Record = {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": id_,
            "self": f"{self.base_url}/rest/api/3/issue/{id_}",
            "key": key,
            "fields": fields,
        }
        self.histories[id_] = []
        self.put(issue)
        if parent is not None and fields["issuetype"]["subtask"]:
            self._refresh_brief(parent)
        return issue

    def transition(self, key: str, status: str, *, at: datetime, by: Person, resolution: str | None = None) -> None:
        """Move an issue to another status; a done status sets a resolution (Done unless given), others clear it."""
        issue = self.get(key)
        fields = issue["fields"]
        old, new = fields["status"], self.named("statuses", status, fields["project"]["id"])
        items = [_item("status", "status", old["id"], old["name"], new["id"], new["name"])]
        fields["status"] = new
        if old["statusCategory"]["key"] != new["statusCategory"]["key"]:
            fields["statuscategorychangedate"] = jira_time(at)
        done = new["statusCategory"]["key"] == "done"
        before = fields["resolution"]
        after = self.named("resolutions", resolution or "Done") if done else None
        if (before or {}).get("id") != (after or {}).get("id"):
            items.append(_item("resolution", "resolution", *_pair(before), *_pair(after)))
        fields["resolution"] = after
        fields["resolutiondate"] = jira_time(at) if done else None
        self._changed(issue, items, at, by)
        if "parent" in fields and fields["issuetype"]["subtask"]:
            self._refresh_brief(fields["parent"]["key"])

    def estimate(self, key: str, points: float | None, *, at: datetime, by: Person) -> None:
        """Set or clear an issue's story points."""
        issue = self.get(key)
        old = issue["fields"].get(words.STORY_POINTS)
        issue["fields"][words.STORY_POINTS] = points
        item = _item("Story Points", words.STORY_POINTS, None, _number(old), None, _number(points), kind="custom")
        self._changed(issue, [item], at, by)

    def relabel(self, key: str, labels: Sequence[str], *, at: datetime, by: Person) -> None:
        """Replace an issue's labels."""
        issue = self.get(key)
        old = " ".join(issue["fields"]["labels"])
        issue["fields"]["labels"] = list(labels)
        self._changed(issue, [_item("labels", "labels", None, old, None, " ".join(labels))], at, by)

    def rename(self, key: str, summary: str, *, at: datetime, by: Person) -> None:
        """Change an issue's summary."""
        issue = self.get(key)
        old = issue["fields"]["summary"]
        issue["fields"]["summary"] = summary
        self._changed(issue, [_item("summary", "summary", None, old, None, summary)], at, by)

    def reparent(self, key: str, parent: str | None, *, at: datetime, by: Person) -> None:
        """Put an issue under another parent, or under none."""
        issue = self.get(key)
        old = issue["fields"].pop("parent", None)
        issue["fields"].pop(words.EPIC_LINK, None)
        new = None if parent is None else self._brief(self.get(parent))
        if new is not None and parent is not None:
            issue["fields"]["parent"] = new
            if self.get(parent)["fields"]["issuetype"]["hierarchyLevel"] == 1:
                issue["fields"][words.EPIC_LINK] = parent
        self._facts.clear()  # the epic above its sub-tasks changed with it
        ends = [(one or {}).get(name) for one in (old, new) for name in ("id", "key")]
        self._changed(issue, [_item("IssueParentAssociation", None, *ends)], at, by)

    def move(self, key: str, new_key: str, *, at: datetime, by: Person) -> None:
        """Move an issue to another project: its id stays, the old key leads to it from now on."""
        issue = self.get(key)
        project = next(one for one in self.projects if one["key"] == new_key.rpartition("-")[0])
        old = issue["fields"]["project"]
        moved = issue | {"key": new_key}
        names = ("self", "id", "key", "name", "projectTypeKey", "simplified", "avatarUrls")
        moved["fields"]["project"] = {name: project[name] for name in names}
        self.put(moved)
        self.moved[key.lower()] = issue["id"]
        items = [
            _item("project", "project", old["id"], old["name"], project["id"], project["name"]),
            _item("Key", None, None, key, None, new_key),
        ]
        self._changed(moved, items, at, by)

    def delete(self, key: str) -> None:
        """Delete an issue for good, its sub-tasks with it; other children lose their parent."""
        issue = self.get(key)
        for child in [one for one in self.issues.values() if one["fields"].get("parent", {}).get("id") == issue["id"]]:
            if child["fields"]["issuetype"]["subtask"]:
                self.delete(child["key"])
            else:
                del child["fields"]["parent"]
                child["fields"].pop(words.EPIC_LINK, None)
        self._facts.clear()
        del self.issues[issue["id"]]
        self.deleted_ids.append(issue["id"])
        self.deleted_keys.append(issue["key"])
        self.histories.pop(issue["id"], None)
        self._keys.pop(issue["key"].lower(), None)
        parent = issue["fields"].get("parent")
        if parent is not None and self.find(parent["key"]) is not None:
            self._refresh_brief(parent["key"])

    def withdraw(self, project_key: str, why: str) -> None:
        """Take a project with its issues out of sight.

        Args:
            project_key: of the project.
            why: ``archived`` or ``deleted`` (then it stands in that list of projects), or ``hidden``.
        """
        project = next(one for one in self.projects if one["key"] == project_key)
        if why == "hidden":
            self.projects.remove(project)
        else:
            project[why] = True
        away = [one for one in self.issues.values() if one["fields"]["project"]["key"] == project_key]
        for issue in away:
            del self.issues[issue["id"]]
            self._keys.pop(issue["key"].lower(), None)
        self.away[project_key] = (project, away)
        self._facts.clear()

    def restore(self, project_key: str) -> None:
        """Bring back a project that was withdrawn."""
        project, issues = self.away.pop(project_key)
        project.pop("archived", None)
        project.pop("deleted", None)
        if project not in self.projects:
            self.projects.append(project)
        for issue in issues:
            self.put(issue)
        self._facts.clear()

    def _changed(self, issue: Record, items: list[Record], at: datetime, by: Person) -> None:
        issue["fields"]["updated"] = jira_time(at)
        entry = {
            "id": str(self._next_history),
            "author": words.user(self.base_url, by),
            "created": jira_time(at),
            "items": items,
        }
        self._next_history += 1
        self.histories.setdefault(issue["id"], []).append(entry)
        self._facts.pop(issue["id"], None)

    def _brief(self, issue: Record) -> Record:
        """Return an issue as other issues carry it (parent, sub-task)."""
        names = ("summary", "status", "priority", "issuetype")
        return {
            "id": issue["id"],
            "key": issue["key"],
            "self": issue["self"],
            "fields": {name: issue["fields"][name] for name in names},
        }

    def _refresh_brief(self, parent: str) -> None:
        """Write anew what a parent shows of its sub-tasks; that is no change of the parent."""
        above = self.get(parent)
        above["fields"]["subtasks"] = [
            self._brief(one)
            for one in self.issues.values()
            if one["fields"]["issuetype"]["subtask"] and one["fields"].get("parent", {}).get("id") == above["id"]
        ]


def _item(
    field_: str,
    field_id: str | None,
    from_: str | None,
    from_string: str | None,
    to: str | None,
    to_string: str | None,
    *,
    kind: str = "jira",
) -> Record:
    item: Record = {"field": field_, "fieldtype": kind}
    if field_id is not None:
        item["fieldId"] = field_id
    return item | {"from": from_, "fromString": from_string, "to": to, "toString": to_string}


def _pair(named: Record | None) -> tuple[str | None, str | None]:
    return (None, None) if named is None else (named["id"], named["name"])


def _number(points: float | None) -> str | None:
    return None if points is None else f"{points:g}"


def _distinct(records: Iterable[Record]) -> list[Record]:
    """Return one record for each id, the spelling that most issues carry, ordered by id."""
    counted: dict[str, Counter[str]] = {}
    by_text: dict[str, Record] = {}
    for record in records:
        text = repr(sorted(record.items(), key=lambda pair: pair[0]))
        by_text[text] = record
        counted.setdefault(record["id"], Counter())[text] += 1
    return [by_text[counts.most_common(1)[0][0]] for _, counts in sorted(counted.items(), key=lambda p: int(p[0]))]


def _custom_fields(issues: Iterable[Record], given: Sequence[Record]) -> list[Record]:
    known = {record["id"]: record for record in given}
    values: dict[str, object] = {}
    for issue in issues:
        for name, value in issue["fields"].items():
            if name.startswith("customfield_") and values.get(name) is None:
                values[name] = value
    types = "com.atlassian.jira.plugin.system.customfieldtypes:"
    guessed = {
        name: words.custom_field(name, name, "number", types + "float")
        if isinstance(value, int | float) and not isinstance(value, bool)
        else words.custom_field(name, name, "string", types + "textfield")
        for name, value in sorted(values.items())
    }
    return list((guessed | known).values())
