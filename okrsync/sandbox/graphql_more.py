"""Timelines, projects and owners as objects of GitHub's GraphQL schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from okrsync.sandbox.github_kinds import WEB, Project
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.graphql_connections import FieldError, connection
from okrsync.sandbox.graphql_types import Arguments, Node, actor, found_item, is_pull, plain, repository_node, type_node
from okrsync.sandbox.wire import Record

EVENTS: Mapping[str, tuple[str, str]] = {
    "closed": ("CLOSED_EVENT", "ClosedEvent"),
    "reopened": ("REOPENED_EVENT", "ReopenedEvent"),
    "merged": ("MERGED_EVENT", "MergedEvent"),
    "labeled": ("LABELED_EVENT", "LabeledEvent"),
    "unlabeled": ("UNLABELED_EVENT", "UnlabeledEvent"),
    "milestoned": ("MILESTONED_EVENT", "MilestonedEvent"),
    "demilestoned": ("DEMILESTONED_EVENT", "DemilestonedEvent"),
    "parent_issue_added": ("PARENT_ISSUE_ADDED_EVENT", "ParentIssueAddedEvent"),
    "parent_issue_removed": ("PARENT_ISSUE_REMOVED_EVENT", "ParentIssueRemovedEvent"),
    "issue_type_added": ("ISSUE_TYPE_ADDED_EVENT", "IssueTypeAddedEvent"),
    "issue_type_changed": ("ISSUE_TYPE_CHANGED_EVENT", "IssueTypeChangedEvent"),
    "issue_type_removed": ("ISSUE_TYPE_REMOVED_EVENT", "IssueTypeRemovedEvent"),
    "transferred": ("TRANSFERRED_EVENT", "TransferredEvent"),
    "project_v2_item_status_changed": ("PROJECT_V2_ITEM_STATUS_CHANGED_EVENT", "ProjectV2ItemStatusChangedEvent"),
}
"""Name of an event in the REST API to its value of the enumeration and its type in the schema."""
PROJECT_VALUES = {
    "NUMBER": ("ProjectV2ItemFieldNumberValue", "number"),
    "TEXT": ("ProjectV2ItemFieldTextValue", "text"),
    "DATE": ("ProjectV2ItemFieldDateValue", "date"),
}
Fields = dict[str, Callable[[Arguments], object]]


def timeline(site: GitHubSite, record: Record, arguments: Arguments) -> Node:
    """Return the timeline of an issue, of the types asked for."""
    wanted = arguments.get("itemTypes")
    events = [
        event
        for event in site.timelines.get(record["node_id"], [])
        if event["event"] in EVENTS and (not isinstance(wanted, list) or EVENTS[event["event"]][0] in wanted)
    ]
    kind = "PullRequest" if is_pull(record) else "Issue"
    return connection(f"{kind}TimelineItemsConnection", events, arguments, lambda event: _event(site, event))


def _event(site: GitHubSite, event: Record) -> Node:
    values: dict[str, object] = {"id": event["node_id"], "createdAt": event["created_at"]}
    values["actor"] = actor(event["actor"])
    if "state_reason" in event:
        values["stateReason"] = event["state_reason"] and event["state_reason"].upper()
    if "label" in event:
        values["label"] = plain("Label", {"name": event["label"]["name"]}, "Node")
    if "milestone" in event:
        values["milestoneTitle"] = event["milestone"]["title"]
    if "parent" in event:
        values["parent"] = found_item(site, event["parent"]["id"])
    if event["event"].startswith("issue_type_"):
        values |= {"issueType": type_node(event["new"] or event["old"]), "prevIssueType": type_node(event["old"])}
    if event["event"] == "transferred":
        source = site.find(event["repository"])
        values["fromRepository"] = source and repository_node(site, source)
    if "project" in event:
        values |= {"previousStatus": event["old"], "status": event["new"]}
        values["project"] = next(
            (project_node(site, one) for one in site.projects if one.node_id == event["project"]), None
        )
    return plain(EVENTS[event["event"]][1], values, "Node")


def owner_node(site: GitHubSite, login: str) -> Node | None:
    """Return an organisation with its repositories and projects."""
    repositories = [one for one in site.repositories.values() if one.owner.lower() == login.lower()]
    projects = [one for one in site.projects if one.owner.lower() == login.lower()]
    if not repositories and not projects:
        return None
    fields: Fields = dict(plain("", {"login": login, "url": f"{WEB}/{login}"}).fields)

    def of_owner(arguments: Arguments) -> Node:
        by_name = sorted(repositories, key=lambda one: one.name)
        records: list[Record] = [{"repository": one} for one in by_name]
        return connection(
            "RepositoryConnection", records, arguments, lambda one: repository_node(site, one["repository"])
        )

    def project(arguments: Arguments) -> Node:
        for one in projects:
            if one.number == arguments.get("number"):
                return project_node(site, one)
        raise FieldError("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {arguments.get('number')}.")

    fields |= {"repositories": of_owner, "projectV2": project}
    return Node("Organization", fields, ("RepositoryOwner", "ProjectV2Owner", "Node"))


def project_node(site: GitHubSite, project: Project) -> Node:
    """Return a project."""
    values = {"id": project.node_id, "number": project.number, "title": project.title, "closed": False}
    fields: Fields = dict(plain("", values | {"url": f"{WEB}/orgs/{project.owner}/projects/{project.number}"}).fields)
    fields["fields"] = lambda arguments: connection(
        "ProjectV2FieldConfigurationConnection", project.fields, arguments, _field
    )
    fields["items"] = lambda arguments: connection(
        "ProjectV2ItemConnection", project.items, arguments, lambda item: project_item(site, project, item)
    )
    return Node("ProjectV2", fields, ("Node",))


def _field(record: Record) -> Node:
    values = {"id": record["id"], "name": record["name"], "dataType": record["dataType"]}
    interfaces = ("ProjectV2FieldCommon", "Node")
    if record["dataType"] != "SINGLE_SELECT":
        return plain("ProjectV2Field", values, *interfaces)
    options = [plain("ProjectV2SingleSelectFieldOption", option) for option in record["options"]]
    return plain("ProjectV2SingleSelectField", values | {"options": options}, *interfaces)


def project_item(site: GitHubSite, project: Project, item: Record) -> Node:
    """Return an item of a project."""
    content = item["content"]
    kind = "REDACTED" if content is None else "DRAFT_ISSUE" if "draft_issue" in content else "ISSUE"
    if content is not None and is_pull(content):
        kind = "PULL_REQUEST"
    values = {
        "id": item["id"],
        "databaseId": item["databaseId"],
        "fullDatabaseId": str(item["databaseId"]),
        "isArchived": item["archived"],
        "type": kind,
        "createdAt": item["created_at"],
        "updatedAt": item["updated_at"],
    }
    fields: Fields = dict(plain("", values).fields)
    fields["project"] = lambda _arguments: project_node(site, project)
    fields["content"] = lambda _arguments: _content(site, content)
    fields["fieldValues"] = lambda arguments: connection(
        "ProjectV2ItemFieldValueConnection",
        [record for record in project.fields if record["id"] in item["values"]],
        arguments,
        lambda record: _value(record, item["values"][record["id"]]),
    )
    return Node("ProjectV2Item", fields, ("Node",))


def _content(site: GitHubSite, content: Record | None) -> Node | None:
    if content is None:
        return None
    if "draft_issue" not in content:
        return found_item(site, content["node_id"])
    names = {"id": "node_id", "title": "title", "createdAt": "created_at", "updatedAt": "updated_at"}
    fields: Fields = dict(plain("", {name: content[source] for name, source in names.items()}).fields)
    fields["assignees"] = lambda arguments: connection("UserConnection", (), arguments, actor)
    return Node("DraftIssue", fields, ("Node",))


def _value(record: Record, value: object) -> Node:
    common = {"field": _field(record)}
    if record["dataType"] == "SINGLE_SELECT":
        option = next(one for one in record["options"] if one["name"] == value)
        chosen = {"name": option["name"], "optionId": option["id"]}
        return plain("ProjectV2ItemFieldSingleSelectValue", common | chosen, "Node")
    type_, name = PROJECT_VALUES[record["dataType"]]
    return plain(type_, common | {name: value}, "Node")
