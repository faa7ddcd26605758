"""GitHub in memory: repositories with raw issue records as the REST API lists them, pull requests among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from okrsync.sandbox.accounts import GITHUB_ACCOUNT, Account
from okrsync.sandbox.github_kinds import WEB, App, Project, Repository, node_id
from okrsync.sandbox.jira_words import Person
from okrsync.sandbox.wire import Record, digest, github_time


@dataclass(slots=True, kw_only=True)
class GitHubSite:
    """The API of one GitHub. ``base_url`` stands in the links of its answers; empty: the address it was asked at."""

    base_url: str = ""
    account: Account = GITHUB_ACCOUNT
    public: bool = False
    """Whether anybody may read over REST."""
    repositories: dict[str, Repository] = field(default_factory=dict)
    """By full name in lower case."""
    parents: dict[str, str] = field(default_factory=dict)
    """Node id of a sub-issue to that of its parent."""
    timelines: dict[str, list[Record]] = field(default_factory=dict)
    """Node id of an issue to what happened to it, oldest first, as "List timeline events" gives it."""
    projects: list[Project] = field(default_factory=list)
    app: App | None = None
    """The GitHub App that may ask as well, with tokens of an hour."""

    @classmethod
    def from_records(
        cls, records: Iterable[Mapping[str, object]], *, base_url: str = "", account: Account = GITHUB_ACCOUNT
    ) -> GitHubSite:
        """Return a site that serves raw records of "list repository issues" as they are, doubles too.

        Repositories are named by the records' ``repository_url``, labels and milestones gathered from the records.
        """
        site = cls(base_url=base_url, account=account)
        for record in records:
            owner, name = str(record["repository_url"]).rsplit("/", 2)[1:]
            repository = site.repositories.get(f"{owner}/{name}".lower())
            if repository is None:
                repository = site.add_repository(owner, name, id_=100_000 + len(site.repositories))
            repository.records.append(dict(record))
        for repository in site.repositories.values():
            labels = (label for record in repository.records for label in record["labels"])
            repository.labels = list({label["name"]: label for label in labels}.values())
            found = (record["milestone"] for record in repository.records if record["milestone"])
            repository.milestones = list({one["number"]: one for one in found}.values())
        return site

    def add_repository(self, owner: str, name: str, *, id_: int, description: str = "") -> Repository:
        """Add an empty repository."""
        repository = Repository(owner=owner, name=name, id=id_, description=description)
        self.repositories[repository.full_name.lower()] = repository
        return repository

    def find(self, full_name: str) -> Repository | None:
        """Return a repository by its full name in any case, or None: it is not there or not to be seen."""
        return self.repositories.get(full_name.lower())

    def issue(self, full_name: str, number: int) -> Record:
        """Return the record with this number; raises KeyError when there is none."""
        for record in self.repositories[full_name.lower()].records:
            if record["number"] == number:
                return record
        raise KeyError(f"{full_name}#{number}")

    def api(self, repository: Repository) -> str:
        """Return the address of a repository in the API."""
        return f"{self.base_url}/repos/{repository.full_name}"

    def add_label(self, repository: Repository, name: str, colour: str, description: str) -> Record:
        """Add a label to a repository."""
        number = int(digest(repository.full_name, name, length=8), 16)
        label = {
            "id": number,
            "node_id": node_id("LA", repository.id, number),
            "url": f"{self.api(repository)}/labels/{name.replace(' ', '%20')}",
            "name": name,
            "color": colour,
            "default": False,
            "description": description,
        }
        repository.labels.append(label)
        return label

    def add_milestone(self, repository: Repository, title: str, *, by: Person, at: datetime, due: datetime) -> Record:
        """Add an open milestone; its counts are kept by ``recount``."""
        number = len(repository.milestones) + 1
        url = f"{self.api(repository)}/milestones/{number}"
        milestone: Record = {
            "url": url,
            "html_url": f"{WEB}/{repository.full_name}/milestone/{number}",
            "labels_url": url + "/labels",
            "id": repository.id * 10 + number,
            "node_id": node_id("MI", repository.id, number),
            "number": number,
            "title": title,
            "description": "",
            "creator": self.user(by),
            "open_issues": 0,
            "closed_issues": 0,
            "state": "open",
            "created_at": github_time(at),
            "updated_at": github_time(at),
            "due_on": github_time(due),
            "closed_at": None,
        }
        repository.milestones.append(milestone)
        return milestone

    def open_issue(
        self,
        repository: Repository,
        title: str,
        *,
        at: datetime,
        by: Person,
        labels: Sequence[str] = (),
        milestone: int | None = None,
        pull: bool = False,
    ) -> Record:
        """Open an issue, or a pull request; the number follows the last one. Returns the raw record."""
        # Numbers are never given again, those of deleted, transferred and hidden issues neither.
        number = (
            max((*repository.gone, *repository.hidden, *(one["number"] for one in repository.records)), default=0) + 1
        )
        kind, path = ("PR", "pull") if pull else ("I", "issues")
        url = f"{self.api(repository)}/issues/{number}"
        record: Record = {
            "url": url,
            "repository_url": self.api(repository),
            "labels_url": url + "/labels{/name}",
            "comments_url": url + "/comments",
            "events_url": url + "/events",
            "html_url": f"{WEB}/{repository.full_name}/{path}/{number}",
            "id": repository.id * 10_000 + number,
            "node_id": node_id(kind, repository.id, number),
            "number": number,
            "title": title,
            "user": self.user(by),
            "labels": [label for label in repository.labels if label["name"] in labels],
            "state": "open",
            "locked": False,
            "assignee": None,
            "assignees": [],
            "milestone": next((one for one in repository.milestones if one["number"] == milestone), None),
            "comments": 0,
            "created_at": github_time(at),
            "updated_at": github_time(at),
            "closed_at": None,
            "author_association": "MEMBER",
            "active_lock_reason": None,
            "body": None,
            "closed_by": None,
            "reactions": _reactions(url),
            "timeline_url": url + "/timeline",
            "performed_via_github_app": None,
            "state_reason": None,
        }
        if pull:
            web = record["html_url"]
            api = f"{self.api(repository)}/pulls/{number}"
            pull_request = {"url": api, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch"}
            record |= {"draft": False, "pull_request": pull_request | {"merged_at": None}}
        repository.records.append(record)
        for label in record["labels"]:
            self.happened(record, "labeled", at=at, by=by, label=_short_label(label))
        if record["milestone"]:
            self.happened(record, "milestoned", at=at, by=by, milestone={"title": record["milestone"]["title"]})
        self.recount(repository)
        return record

    def happened(self, record: Record, event: str, *, at: datetime, by: Person | None = None, **more: object) -> None:
        """Add an event to the timeline of an issue."""
        events = self.timelines.setdefault(record["node_id"], [])
        number = record["id"] * 100 + len(events)
        api = "/".join(record["repository_url"].split("/"))
        events.append(
            {
                "id": number,
                "node_id": node_id("EV", 0, number),
                "url": f"{api}/issues/events/{number}",
                "actor": self.user(by or self.account.person),
                "event": event,
                "commit_id": None,
                "commit_url": None,
                "created_at": github_time(at),
                "performed_via_github_app": None,
            }
            | more
        )

    def close(self, record: Record, *, at: datetime, by: Person, reason: str = "completed") -> None:
        """Close an issue (``completed``, ``not_planned``, ``duplicate``); a pull request ``completed`` is merged."""
        record["state"] = "closed"
        record["closed_at"] = record["updated_at"] = github_time(at)
        record["closed_by"] = self.user(by)
        if "pull_request" in record:
            record["pull_request"]["merged_at"] = github_time(at) if reason == "completed" else None
            if reason == "completed":
                self.happened(record, "merged", at=at, by=by)
            self.happened(record, "closed", at=at, by=by, state_reason=None)
        else:
            record["state_reason"] = reason
            self.happened(record, "closed", at=at, by=by, state_reason=reason)
        self._recount_of(record)

    def reopen(self, record: Record, *, at: datetime) -> None:
        """Open a closed issue again."""
        record["state"] = "open"
        record["updated_at"] = github_time(at)
        record["closed_at"] = record["closed_by"] = None
        if "pull_request" not in record:
            record["state_reason"] = "reopened"
        self.happened(record, "reopened", at=at, state_reason=None)
        self._recount_of(record)

    def relabel(self, full_name: str, number: int, labels: Sequence[str], *, at: datetime) -> None:
        """Replace the labels of an issue."""
        repository = self.repositories[full_name.lower()]
        record = self.issue(full_name, number)
        before = {label["name"]: label for label in record["labels"]}
        record["labels"] = [label for label in repository.labels if label["name"] in labels]
        record["updated_at"] = github_time(at)
        after = {label["name"]: label for label in record["labels"]}
        for name in sorted(after.keys() - before.keys()):
            self.happened(record, "labeled", at=at, label=_short_label(after[name]))
        for name in sorted(before.keys() - after.keys()):
            self.happened(record, "unlabeled", at=at, label=_short_label(before[name]))

    def delete(self, full_name: str, number: int) -> None:
        """Delete an issue; it is absent from every list, and its own address answers 410."""
        repository = self.repositories[full_name.lower()]
        for record in repository.records:
            if record["number"] == number:
                self.parents.pop(record["node_id"], None)
        repository.records = [record for record in repository.records if record["number"] != number]
        repository.gone[number] = ""
        self.recount(repository)

    def recount(self, repository: Repository) -> None:
        """Count each milestone's records as GitHub does: issues and pull requests alike."""
        for milestone in repository.milestones:
            inside = [
                one for one in repository.records if (one["milestone"] or {}).get("number") == milestone["number"]
            ]
            milestone["open_issues"] = sum(one["state"] == "open" for one in inside)
            milestone["closed_issues"] = sum(one["state"] == "closed" for one in inside)

    def _recount_of(self, record: Record) -> None:
        repository = self.find("/".join(record["repository_url"].rsplit("/", 2)[1:]))
        if repository is not None:
            self.recount(repository)

    def user(self, person: Person) -> Record:
        """Return a person as records carry them."""
        number = int(digest(person.login, length=7), 16)
        api = f"{self.base_url}/users/{person.login}"
        return {
            "login": person.login,
            "id": number,
            "node_id": node_id("U", 0, number),
            "avatar_url": f"{WEB}/avatars/u/{number}?v=4",
            "gravatar_id": "",
            "url": api,
            "html_url": f"{WEB}/{person.login}",
            "followers_url": f"{api}/followers",
            "following_url": f"{api}/following{{/other_user}}",
            "gists_url": f"{api}/gists{{/gist_id}}",
            "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{api}/subscriptions",
            "organizations_url": f"{api}/orgs",
            "repos_url": f"{api}/repos",
            "events_url": f"{api}/events{{/privacy}}",
            "received_events_url": f"{api}/received_events",
            "type": "User",
            "user_view_type": "public",
            "site_admin": False,
        }


def _short_label(label: Record) -> Record:
    return {"name": label["name"], "color": label["color"]}


def _reactions(url: str) -> Record:
    names = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": url + "/reactions", "total_count": 0} | dict.fromkeys(names, 0)
