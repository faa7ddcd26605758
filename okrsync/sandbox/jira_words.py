"""The metadata of a Jira Cloud site: fields, statuses, types, resolutions, as ``GET /field`` and the like give them."""

from __future__ import annotations

from dataclasses import dataclass

from okrsync.sandbox.wire import Record, digest

STORY_POINTS = "customfield_10028"
"""The one float field named "Story Points": company-managed projects estimate in it."""
EPIC_LINK = "customfield_10014"
RANK = "customfield_10019"
BUSINESS_VALUE = "customfield_10040"
EPIC_NAME = "customfield_10011"
"""Only a Data Center still has it, and only epics hold something in it."""
PARENT_LINK = "customfield_10018"
"""What ties an epic to what is above it on a Data Center."""

CATEGORIES: dict[str, tuple[int, str, str]] = {
    "undefined": (1, "medium-gray", "No Category"),
    "new": (2, "blue-gray", "To Do"),
    "done": (3, "green", "Done"),
    "indeterminate": (4, "yellow", "In Progress"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account at both vendors."""

    account_id: str
    name: str
    email: str
    login: str
    zone: str = "Europe/Paris"


def category(base: str, key: str) -> Record:
    """Return a status category."""
    number, colour, name = CATEGORIES[key]
    return {
        "self": f"{base}/rest/api/3/statuscategory/{number}",
        "id": number,
        "key": key,
        "colorName": colour,
        "name": name,
    }


def avatars(base: str, kind: str, seed: str) -> dict[str, str]:
    """Return the four sizes of a picture nobody fetches."""
    sizes = {"48x48": "", "24x24": "?size=small", "16x16": "?size=xsmall", "32x32": "?size=medium"}
    return {size: f"{base}/rest/api/3/universal_avatar/view/type/{kind}/avatar/{seed}{q}" for size, q in sizes.items()}


def user(base: str, person: Person) -> Record:
    """Return a person as issues and changelogs carry them."""
    return {
        "self": f"{base}/rest/api/3/user?accountId={person.account_id}",
        "accountId": person.account_id,
        "emailAddress": person.email,
        "avatarUrls": avatars(base, "user", digest(person.account_id, length=5)),
        "displayName": person.name,
        "active": True,
        "timeZone": person.zone,
        "accountType": "atlassian",
    }


def status(base: str, id_: str, name: str, category_key: str, project_id: str | None = None) -> Record:
    """Return a status; one of a team-managed project has that project as its scope."""
    record: Record = {
        "self": f"{base}/rest/api/3/status/{id_}",
        "description": "",
        "iconUrl": f"{base}/images/icons/statuses/generic.png",
        "name": name,
        "untranslatedName": name,
        "id": id_,
        "statusCategory": category(base, category_key),
    }
    return record | _scope(project_id)


def issue_type(
    base: str, id_: str, name: str, *, level: int = 0, description: str = "", project_id: str | None = None
) -> Record:
    """Return an issue type; ``level`` is -1 for sub-tasks, 0, or 1 for epics."""
    avatar = int(id_) % 1000 + 10300
    record: Record = {
        "self": f"{base}/rest/api/3/issuetype/{id_}",
        "id": id_,
        "description": description,
        "iconUrl": f"{base}/rest/api/2/universal_avatar/view/type/issuetype/avatar/{avatar}?size=medium",
        "name": name,
        "subtask": level < 0,
        "avatarId": avatar,
        "hierarchyLevel": level,
    }
    return record | _scope(project_id)


def _scope(project_id: str | None) -> Record:
    return {} if project_id is None else {"scope": {"type": "PROJECT", "project": {"id": project_id}}}


def resolution(base: str, id_: str, name: str, description: str) -> Record:
    """Return a resolution."""
    return {"self": f"{base}/rest/api/3/resolution/{id_}", "id": id_, "description": description, "name": name}


def project(base: str, id_: str, key: str, name: str, lead: Person, *, team_managed: bool = False) -> Record:
    """Return a project as ``GET /project/search`` lists it."""
    record: Record = {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "self": f"{base}/rest/api/3/project/{id_}",
        "id": id_,
        "key": key,
        "name": name,
        "avatarUrls": avatars(base, "project", id_),
        "projectTypeKey": "software",
        "simplified": team_managed,
        "style": "next-gen" if team_managed else "classic",
        "isPrivate": False,
        "properties": {},
        "lead": user(base, lead),
    }
    if team_managed:
        uuid = digest("project", id_, length=32)
        uuid = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        record["uuid"] = uuid
    return record


def _system(
    id_: str, name: str, type_: str, *clauses: str, items: str | None = None, searchable: bool = True
) -> Record:
    schema: Record = {"type": type_, "system": id_} | ({"items": items} if items else {})
    return {
        "id": id_,
        "key": id_,
        "name": name,
        "custom": False,
        "orderable": True,
        "navigable": True,
        "searchable": searchable,
        "clauseNames": list(clauses) or [id_],
        "schema": schema,
    }


def custom_field(id_: str, name: str, type_: str, custom: str, *, items: str | None = None) -> Record:
    """Return a custom field; ``custom`` is the key of its kind, ``id_`` starts with ``customfield_``."""
    number = int(id_.removeprefix("customfield_"))
    schema: Record = {"type": type_} | ({"items": items} if items else {})
    return {
        "id": id_,
        "key": id_,
        "name": name,
        "custom": True,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": sorted({f"cf[{number}]", name}),
        "schema": schema | {"custom": custom, "customId": number},
    }


SYSTEM_FIELDS: tuple[Record, ...] = (
    _system("summary", "Summary", "string"),
    _system("status", "Status", "status"),
    _system("issuetype", "Issue Type", "issuetype", "issuetype", "type"),
    _system("project", "Project", "project"),
    _system("priority", "Priority", "priority"),
    _system("resolution", "Resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime", "resolutiondate", "resolved"),
    _system("created", "Created", "datetime", "created", "createdDate"),
    _system("updated", "Updated", "datetime", "updated", "updatedDate"),
    _system("duedate", "Due date", "date", "due", "duedate"),
    _system("assignee", "Assignee", "user"),
    _system("reporter", "Reporter", "user"),
    _system("creator", "Creator", "user"),
    _system("labels", "Labels", "array", items="string"),
    _system("components", "Components", "array", "component", items="component"),
    _system("fixVersions", "Fix versions", "array", "fixVersion", items="version"),
    _system("parent", "Parent", "issuelink", "parent"),
    _system("subtasks", "Sub-tasks", "array", "subtasks", items="issuelinks", searchable=False),
    _system("description", "Description", "string"),
    _system("environment", "Environment", "string"),
    _system("statuscategorychangedate", "Status Category Changed", "datetime", "statusCategoryChangedDate"),
    _system("timeoriginalestimate", "Original estimate", "number", "originalEstimate", "timeoriginalestimate"),
    _system("timespent", "Time Spent", "number", "timespent", searchable=False),
    _system("workratio", "Work Ratio", "number", "workratio"),
    _system("votes", "Votes", "votes", "votes"),
    _system("watches", "Watchers", "watches", "watchers"),
)


CUSTOM_FIELDS: tuple[Record, ...] = (
    custom_field(EPIC_LINK, "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link"),
    custom_field(RANK, "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"),
    custom_field("customfield_10020", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint", items="json"),
    custom_field(STORY_POINTS, "Story Points", "number", "com.atlassian.jira.plugin.system.customfieldtypes:float"),
    custom_field(BUSINESS_VALUE, "Business value", "number", "com.atlassian.jira.plugin.system.customfieldtypes:float"),
    custom_field("customfield_10041", "Browser", "option", "com.atlassian.jira.plugin.system.customfieldtypes:select"),
)


DATA_CENTER_FIELDS: tuple[Record, ...] = (
    custom_field(EPIC_NAME, "Epic Name", "string", "com.pyxis.greenhopper.jira:gh-epic-label"),
    custom_field(PARENT_LINK, "Parent Link", "any", "com.atlassian.jpo:jpo-custom-field-parent"),
)


def board(
    base: str, id_: int, name: str, type_: str, filter_id: str, statuses: list[list[str]], estimation: Record
) -> Record:
    """Return a board's configuration with its ``type``; ``statuses`` are the ids in each of three columns."""
    here = f"{base}/rest/agile/1.0/board/{id_}"
    columns = [
        {"name": column, "statuses": [{"id": status, "self": f"{base}/rest/api/2/status/{status}"} for status in ids]}
        for column, ids in zip(("To Do", "In Progress", "Done"), statuses, strict=True)
    ]
    return {
        "id": id_,
        "name": name,
        "type": type_,
        "self": f"{here}/configuration",
        "filter": {"id": filter_id, "self": f"{base}/rest/api/2/filter/{filter_id}"},
        "columnConfig": {"columns": columns, "constraintType": "none"},
        "estimation": estimation,
        "ranking": {"rankCustomFieldId": int(RANK.removeprefix("customfield_"))},
    }


IN_POINTS: Record = {"type": "field", "field": {"fieldId": STORY_POINTS, "displayName": "Story Points"}}
UNESTIMATED: Record = {"type": "none"}


def fields(*custom: Record) -> list[Record]:
    """Return the system fields and these custom ones."""
    return [*SYSTEM_FIELDS, *custom]
