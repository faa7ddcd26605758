"""GitHub's issues, pull requests, milestones and labels as objects of its GraphQL schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from okrsync.sandbox.github_kinds import WEB, Repository, node_id
from okrsync.sandbox.github_site import GitHubSite
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
    values = {name: record[source] for name, source in names.items()}
    made = record.get("created_at", LABELS_MADE)
    return plain("Label", values | {"createdAt": made, "updatedAt": record.get("updated_at", made)}, "Node")


LABELS_MADE = "2020-02-03T09:00:00Z"


def issues_under(site: GitHubSite, label: Record) -> Node:
    """Return a label that gives its issues as well."""
    place = next(one for one in site.repositories.values() if label in one.records or label in one.labels)
    inside = [one for one in place.records if label["name"] in [each["name"] for each in one["labels"]]]
    fields = dict(label_node(label).fields)
    fields["issues"] = lambda arguments: _issues(site, place, inside, arguments)
    return Node("Label", fields, ("Node",))


def milestone_node(site: GitHubSite, repository: Repository, record: Record) -> Node:
    """Return a milestone."""
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
        "milestone": record["milestone"] and milestone_node(site, repository, record["milestone"]),
        "comments": plain("IssueCommentConnection", {"totalCount": record["comments"]}),
    }
    values |= _pull_values(record) if is_pull(record) else {"state": record["state"].upper()}
    fields = dict(plain("", values).fields)
    fields["repository"] = lambda _arguments: repository_node(site, repository)
    fields["labels"] = lambda arguments: connection("LabelConnection", record["labels"], arguments, label_node)
    fields["assignees"] = lambda arguments: connection("UserConnection", record["assignees"], arguments, actor)
    if not is_pull(record):
        fields |= _issue_fields(site, record)
    from okrsync.sandbox.graphql_more import timeline  # late: it builds on this module

    fields["timelineItems"] = lambda arguments: timeline(site, record, arguments)
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


def _issue_fields(site: GitHubSite, record: Record) -> dict[str, Callable[[Arguments], object]]:
    def reason(arguments: Arguments) -> object:
        stated = record.get("state_reason")
        if stated == "duplicate" and not arguments.get("enableDuplicate"):
            return "NOT_PLANNED"  # the schema hides duplicates from clients that do not ask for them
        return stated and str(stated).upper()

    none = plain("SubIssuesSummary", {"total": 0, "completed": 0, "percentCompleted": 0})
    return {
        "stateReason": reason,
        "issueType": lambda _arguments: type_node((record.get("type") or {}).get("name")),
        "parent": lambda _arguments: found_item(site, site.parents.get(record["node_id"], "")),
        "subIssuesSummary": lambda _arguments: none,
        "subIssues": lambda arguments: connection(
            "IssueConnection",
            sub_issues_of(site, record),
            arguments,
            lambda one: found_item(site, one["node_id"]),
        ),
    }


def type_node(name: str | None) -> Node | None:
    """Return an issue type."""
    return None if name is None else plain("IssueType", {"id": node_id("IT", 0, sum(map(ord, name))), "name": name})


def found_item(site: GitHubSite, id_: str) -> Node | None:
    """Return the issue or pull request with this id, None where there is none."""
    for repository in site.repositories.values():
        for record in repository.records:
            if record["node_id"] == id_:
                return item_node(site, repository, record)
    return None


def sub_issues_of(site: GitHubSite, record: Record) -> list[Record]:
    """Return the sub-issues of an issue, in the order they were put there."""
    below = [child for child, parent in site.parents.items() if parent == record["node_id"]]
    there = {one["node_id"]: one for repository in site.repositories.values() for one in repository.records}
    return [there[child] for child in below if child in there]


def _issues(
    site: GitHubSite, repository: Repository, records: Sequence[Record], arguments: Arguments, *, pulls: bool = False
) -> Node:
    found = [record for record in records if is_pull(record) is pulls]
    if arguments.get("baseRefName") is not None:
        found = [record for record in found if record.get("base", "main") == arguments["baseRefName"]]
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
        "isArchived": repository.archived,
        "hasIssuesEnabled": True,
        "stargazerCount": len(repository.stars),
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
        one = next(found, None)
        return None if one is None else milestone_node(site, repository, one)

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
        "deployments": lambda arguments: _deployments(repository, arguments),
        "stargazers": lambda arguments: _stargazers(repository, arguments),
    }
    return Node("Repository", fields, ("Node",))


def _deployments(repository: Repository, arguments: Arguments) -> Node:
    wanted = arguments.get("environments")
    found = [one for one in repository.deployments if not isinstance(wanted, list) or one["environment"] in wanted]
    order = arguments.get("orderBy")
    found.sort(key=lambda one: one["created_at"], reverse=isinstance(order, dict) and order["direction"] == "DESC")
    return connection("DeploymentConnection", found, arguments, _deployment)


def _deployment(record: Record) -> Node:
    last = record["statuses"][-1]["state"] if record["statuses"] else "PENDING"
    values = {"id": record["id"], "createdAt": record["created_at"], "environment": record["environment"]}
    fields = dict(plain("", values | {"state": "ACTIVE" if last == "SUCCESS" else last}).fields)
    fields["statuses"] = lambda arguments: connection(
        "DeploymentStatusConnection", record["statuses"], arguments, lambda one: plain("DeploymentStatus", one)
    )
    return Node("Deployment", fields, ("Node",))


def _stargazers(repository: Repository, arguments: Arguments) -> Node:
    stars: list[Record] = [{"starredAt": at} for at in sorted(repository.stars, reverse=True)]
    page = connection("StargazerConnection", stars, arguments, lambda one: plain("StargazerEdge", one))
    # The moment stands on the edge and not on the person.
    return Node(page.type, {**page.fields, "edges": page.fields["nodes"]})
