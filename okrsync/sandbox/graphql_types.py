"""GitHub's issues, pull requests, milestones and labels as objects of its GraphQL schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from okrsync.sandbox.github_site import WEB, GitHubSite, Repository, node_id
from okrsync.sandbox.graphql_connections import connection, filtered, ordered
from okrsync.sandbox.graphql_query import Value
from okrsync.sandbox.wire import Record

Arguments = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the schema: the name of its type, the interfaces it has, and how each field is found."""

    type: str
    fields: Mapping[str, Callable[[Arguments], object]]
    interfaces: tuple[str, ...] = ()


def is_pull(record: Record) -> bool:
    """Return whether a record of the issues list is a pull request."""
    return bool(record.get("pull_request"))


def plain(type_: str, values: Mapping[str, object], *interfaces: str) -> Node:
    """Return an object whose fields take no arguments."""
    return Node(type_, {name: _always(value) for name, value in values.items()}, interfaces)


def _always(value: object) -> Callable[[Arguments], object]:
    return lambda _arguments: value


def actor(record: Record | None) -> Node | None:
    """Return a person."""
    if record is None:
        return None
    values = {"login": record["login"], "url": record["html_url"], "avatarUrl": record["avatar_url"]}
    values |= {"id": record["node_id"], "databaseId": record["id"]}
    return plain("User" if record["type"] == "User" else "Organization", values, "Actor", "Node")


def label_node(record: Record) -> Node:
    """Return a label."""
    names = {"id": "node_id", "name": "name", "color": "color", "description": "description"}
    return plain("Label", {name: record[source] for name, source in names.items()}, "Node")


def milestone_node(site: GitHubSite, repository: Repository, record: Record | None) -> Node | None:
    """Return a milestone."""
    if record is None:
        return None
    names = {
        "id": "node_id",
        "number": "number",
        "title": "title",
        "description": "description",
        "dueOn": "due_on",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "closedAt": "closed_at",
        "url": "html_url",
    }
    values: dict[str, object] = {name: record[source] for name, source in names.items()}
    values |= {"state": record["state"].upper(), "closed": record["state"] == "closed"}
    values |= {"openIssueCount": record["open_issues"], "closedIssueCount": record["closed_issues"]}
    inside = [one for one in repository.records if (one["milestone"] or {}).get("number") == record["number"]]
    fields = dict(plain("Milestone", values).fields)
    fields["issues"] = lambda arguments: _issues(site, repository, inside, arguments)
    return Node("Milestone", fields, ("Node",))


def item_node(site: GitHubSite, repository: Repository, record: Record) -> Node:
    """Return an issue or a pull request."""
    values: dict[str, object] = {
        "id": record["node_id"],
        "databaseId": record["id"],
        "fullDatabaseId": str(record["id"]),
        "number": record["number"],
        "title": record["title"],
        "body": record["body"] or "",
        "bodyText": record["body"] or "",
        "url": record["html_url"],
        "locked": record["locked"],
        "createdAt": record["created_at"],
        "updatedAt": record["updated_at"],
        "closedAt": record["closed_at"],
        "closed": record["state"] == "closed",
        "author": actor(record["user"]),
        "milestone": milestone_node(site, repository, record["milestone"]),
        "comments": plain("IssueCommentConnection", {"totalCount": record["comments"]}),
    }
    values |= _pull_values(record) if is_pull(record) else {"state": record["state"].upper()}
    fields = dict(plain("", values).fields)
    fields["repository"] = lambda _arguments: repository_node(site, repository)
    fields["labels"] = lambda arguments: connection("LabelConnection", record["labels"], arguments, label_node)
    fields["assignees"] = lambda arguments: connection("UserConnection", record["assignees"], arguments, actor)
    if not is_pull(record):
        fields |= _issue_fields(record)
    return Node("PullRequest" if is_pull(record) else "Issue", fields, _ITEM_INTERFACES)


_ITEM_INTERFACES = ("Node", "Assignable", "Closable", "Comment", "Labelable", "RepositoryNode", "IssueOrPullRequest")


def _pull_values(record: Record) -> dict[str, object]:
    merged = record["pull_request"].get("merged_at")
    return {
        "state": "MERGED" if merged else record["state"].upper(),
        "merged": bool(merged),
        "mergedAt": merged,
        "isDraft": bool(record.get("draft")),
    }


def _issue_fields(record: Record) -> dict[str, Callable[[Arguments], object]]:
    def reason(arguments: Arguments) -> object:
        stated = record.get("state_reason")
        if stated == "duplicate" and not arguments.get("enableDuplicate"):
            return "NOT_PLANNED"  # the schema hides duplicates from clients that do not ask for them
        return stated and str(stated).upper()

    none = plain("SubIssuesSummary", {"total": 0, "completed": 0, "percentCompleted": 0})
    return {
        "stateReason": reason,
        "issueType": lambda _arguments: None,
        "parent": lambda _arguments: None,
        "subIssuesSummary": lambda _arguments: none,
        "subIssues": lambda arguments: connection("IssueConnection", (), arguments, label_node),
    }


def _issues(
    site: GitHubSite, repository: Repository, records: Sequence[Record], arguments: Arguments, *, pulls: bool = False
) -> Node:
    found = [record for record in records if is_pull(record) is pulls]
    found = ordered(filtered(found, arguments), arguments.get("orderBy"))
    name = "PullRequestConnection" if pulls else "IssueConnection"
    return connection(name, found, arguments, lambda record: item_node(site, repository, record))


def repository_node(site: GitHubSite, repository: Repository) -> Node:
    """Return a repository."""
    values: dict[str, object] = {
        "id": node_id("R", 0, repository.id),
        "databaseId": repository.id,
        "name": repository.name,
        "nameWithOwner": repository.full_name,
        "url": f"{WEB}/{repository.full_name}",
        "description": repository.description or None,
        "createdAt": repository.created_at,
        "isPrivate": True,
        "isArchived": False,
        "owner": plain(
            "Organization", {"login": repository.owner, "url": f"{WEB}/{repository.owner}"}, "RepositoryOwner"
        ),
    }

    def item(arguments: Arguments, *, kind: bool | None) -> Node | None:
        for record in repository.records:
            if record["number"] == arguments.get("number") and kind in (None, is_pull(record)):
                return item_node(site, repository, record)
        return None

    def milestone(arguments: Arguments) -> Node | None:
        found = (one for one in repository.milestones if one["number"] == arguments.get("number"))
        return milestone_node(site, repository, next(found, None))

    records = repository.records
    fields = dict(plain("Repository", values).fields)
    fields |= {
        "issues": lambda arguments: _issues(site, repository, records, arguments),
        "pullRequests": lambda arguments: _issues(site, repository, records, arguments, pulls=True),
        "issue": lambda arguments: item(arguments, kind=False),
        "pullRequest": lambda arguments: item(arguments, kind=True),
        "issueOrPullRequest": lambda arguments: item(arguments, kind=None),
        "milestone": milestone,
        "milestones": lambda arguments: connection(
            "MilestoneConnection", repository.milestones, arguments, lambda one: milestone_node(site, repository, one)
        ),
        "labels": lambda arguments: connection("LabelConnection", repository.labels, arguments, label_node),
    }
    return Node("Repository", fields, ("Node",))
