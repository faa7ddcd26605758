"""What people do at GitHub beside opening and closing: sub-issues, types, transfers, projects, releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from okrsync.sandbox.github_kinds import WEB, Project, Repository, node_id
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.wire import Record, github_time

NUMBER, SINGLE_SELECT = "NUMBER", "SINGLE_SELECT"


def add_sub_issue(site: GitHubSite, parent: Record, child: Record, *, at: datetime) -> None:
    """Put an issue under another one, in whatever repository."""
    site.parents[child["node_id"]] = parent["node_id"]
    child["parent_issue_url"] = parent["url"]
    child["updated_at"] = github_time(at)
    site.happened(child, "parent_issue_added", at=at, parent={"id": parent["node_id"]})
    site.happened(parent, "sub_issue_added", at=at, sub_issue={"id": child["node_id"]})


def take_sub_issue(site: GitHubSite, child: Record, *, at: datetime) -> None:
    """Take an issue from under its parent."""
    parent = site.parents.pop(child["node_id"])
    child.pop("parent_issue_url", None)
    child["updated_at"] = github_time(at)
    site.happened(child, "parent_issue_removed", at=at, parent={"id": parent})


def set_type(site: GitHubSite, record: Record, name: str | None, *, at: datetime) -> None:
    """Give an issue a type of its organisation, or none."""
    before = record.get("type")
    number = sum(map(ord, name or ""))
    record["type"] = name and {"id": number, "node_id": node_id("IT", 0, number), "name": name, "description": None}
    record["updated_at"] = github_time(at)
    event = "issue_type_changed" if before and name else "issue_type_added" if name else "issue_type_removed"
    site.happened(record, event, at=at, old=before and before["name"], new=name)


def transfer(site: GitHubSite, full_name: str, number: int, to: str, *, at: datetime) -> Record:
    """Transfer an issue: it lives on in another repository under a new number and a new id."""
    source, target = site.repositories[full_name.lower()], site.repositories[to.lower()]
    record = site.issue(full_name, number)
    source.records.remove(record)
    opened = datetime.fromisoformat(record["created_at"])
    moved = site.open_issue(target, record["title"], at=opened, by=site.account.person)
    kept = ("state", "state_reason", "closed_at", "created_at", "comments", "assignees", "assignee")
    moved |= {name: record[name] for name in kept}
    moved["updated_at"] = github_time(at)
    source.gone[number] = moved["url"]
    site.parents.pop(record["node_id"], None)
    site.happened(moved, "transferred", at=at, repository=full_name)
    return moved


def hide(repository: Repository, number: int) -> None:
    """Take an issue out of sight: absent from every list, and its own address answers 404."""
    (record,) = (record for record in repository.records if record["number"] == number)
    repository.records.remove(record)
    repository.hidden[number] = record


def show(repository: Repository, number: int) -> None:
    """Let a hidden issue be seen again, as the same one."""
    repository.records.append(repository.hidden.pop(number))


def add_project(site: GitHubSite, owner: str, number: int, title: str, fields: Mapping[str, str]) -> Project:
    """Add a project with fields by name and kind; single selects get the options To do, In progress and Done."""
    project = Project(owner=owner, number=number, title=title)
    for index, (name, kind) in enumerate({"Title": "TITLE", **fields}.items()):
        options = [{"id": f"opt{index}{n}", "name": text} for n, text in enumerate(("To do", "In progress", "Done"))]
        record: Record = {"id": node_id("PVTF", number, index), "name": name, "dataType": kind}
        project.fields.append(record | ({"options": options} if kind == SINGLE_SELECT else {}))
    site.projects.append(project)
    return project


def add_item(
    project: Project, content: Record | None, *, at: datetime, values: Mapping[str, str | int | float] | None = None
) -> Record:
    """Add an issue, a pull request, a draft (``{"title": …}``) or a hidden thing (None) to a project."""
    number = len(project.items) + 1
    if content is not None and "node_id" not in content:
        stamps = {"created_at": github_time(at), "updated_at": github_time(at)}
        content = {"node_id": node_id("DI", project.number, number), "draft_issue": True} | stamps | content
    item: Record = {
        "id": node_id("PVTI", project.number, number),
        "databaseId": 7000 + number,
        "content": content,
        "archived": False,
        "created_at": github_time(at),
        "updated_at": github_time(at),
        "values": {},
    }
    project.items.append(item)
    for name, value in (values or {}).items():
        item["values"][field_of(project, name)["id"]] = value
    return item


def field_of(project: Project, name: str) -> Record:
    """Return a field of a project; raises KeyError when there is none of that name."""
    for record in project.fields:
        if record["name"] == name:
            return record
    raise KeyError(name)


def set_value(
    site: GitHubSite, project: Project, item: Record, name: str, value: str | float | None, *, at: datetime
) -> None:
    """Change a value of an item. The issue is not touched by that; its timeline tells of the field Status only."""
    record = field_of(project, name)
    before = item["values"].get(record["id"])
    if value is None:
        item["values"].pop(record["id"], None)
    else:
        item["values"][record["id"]] = value
    item["updated_at"] = github_time(at)
    content = item["content"]
    if name == "Status" and content is not None and "draft_issue" not in content:
        event = "project_v2_item_status_changed"
        site.happened(content, event, at=at, project=project.node_id, old=before or "", new=value or "")


def release(repository: Repository, tag: str, *, at: datetime, draft: bool = False) -> Record:
    """Publish a release, or leave it as a draft."""
    number = len(repository.releases) + 1
    record: Record = {
        "id": repository.id * 10 + number,
        "tag_name": tag,
        "name": tag,
        "draft": draft,
        "created_at": github_time(at),
        "published_at": None if draft else github_time(at),
    }
    repository.releases.append(record)
    return record


def deploy(
    repository: Repository, environment: str, *, at: datetime, statuses: Sequence[tuple[datetime, str]] = ()
) -> Record:
    """Deploy to an environment; statuses are instants with ``SUCCESS``, ``FAILURE`` and the like."""
    number = len(repository.deployments) + 1
    record: Record = {
        "id": node_id("DE", repository.id, number),
        "environment": environment,
        "created_at": github_time(at),
        "statuses": [{"createdAt": github_time(when), "state": state} for when, state in statuses],
    }
    repository.deployments.append(record)
    return record


def run_workflow(
    repository: Repository, workflow: str, *, at: datetime, ended: datetime, conclusion: str = "success"
) -> Record:
    """Run a workflow to its end on the branch main."""
    number = len(repository.runs) + 1
    record: Record = {
        "id": repository.id * 1000 + number,
        "workflow": workflow,
        "run_number": number,
        "head_branch": "main",
        "created_at": github_time(at),
        "run_started_at": github_time(at),
        "updated_at": github_time(ended),
        "conclusion": conclusion,
        "html_url": f"{WEB}/{repository.full_name}/actions/runs/{number}",
    }
    repository.runs.append(record)
    return record
