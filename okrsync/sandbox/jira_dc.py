"""A server that speaks as Jira Data Center 10.3: offsets, Epic Link, changelogs only along with issues.

Built from Atlassian's OpenAPI description of that version. Its issues live in a ``JiraSite`` and are written here as a
Data Center writes them: no levels of types, no parents but of sub-tasks, people by name and not by account id.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okrsync.sandbox import jira_words as words
from okrsync.sandbox.accounts import JIRA_DC_ACCOUNT, JIRA_DC_PASSWORD
from okrsync.sandbox.jira_boards import board_configuration, board_list
from okrsync.sandbox.jira_search import jira_error, matching
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.wire import Record, RefusedError, answer, jira_time

DEFAULT_ROWS = 50
BUCKET = 100
HEADERS = {
    "x-ratelimit-limit": str(BUCKET),
    "x-ratelimit-remaining": str(BUCKET - 1),
    "x-ratelimit-fillrate": "50",
    "x-ratelimit-interval-seconds": "60",
    "retry-after": "0",  # it is always there, and 0 while there are tokens left
}

Handler = Callable[[JiraSite, Request, datetime], Awaitable[object]]


def data_center(cloud: JiraSite, base_url: str = "") -> JiraSite:
    """Return a Data Center with the issues of a Cloud site, each tied to its epic by Epic Link."""
    site = JiraSite(
        base_url=base_url, account=JIRA_DC_ACCOUNT, title=f"{cloud.title} (Data Center)".strip(), data_center=True
    )
    for name in ("statuses", "types", "resolutions", "projects", "filters", "boards"):
        setattr(site, name, deepcopy(getattr(cloud, name)))
    site.fields = words.fields(*words.CUSTOM_FIELDS, *words.DATA_CENTER_FIELDS)
    site.histories = deepcopy(cloud.histories)
    for issue in cloud.issues.values():
        site.put(deepcopy(issue))
    return site


def jira_dc_app(site: Callable[[], JiraSite | None], clock: Callable[[], datetime]) -> Starlette:
    """Return the ASGI app of a Data Center; without a site it answers 404 to everything."""
    handlers: list[tuple[str, str, Handler, bool]] = [
        ("GET", "/api/2/serverInfo", _server_info, False),
        ("GET", "/api/2/myself", _myself, True),
        ("GET", "/api/2/field", _field, True),
        ("GET", "/api/2/status", _status, True),
        ("GET", "/api/2/project", _projects, True),
        ("GET", "/api/2/project/{key}", _project, True),
        ("GET", "/api/2/filter/{id}", _filter, True),
        ("GET", "/api/2/issue/{id}", _issue, True),
        ("POST", "/api/2/search", _search, True),
        ("GET", "/agile/1.0/board", board_list, True),
        ("GET", "/agile/1.0/board/{id}/configuration", board_configuration, True),
    ]
    routes = [
        Route("/rest" + path, _endpoint(site, clock, handler, private=private), methods=[method])
        for method, path, handler, private in handlers
    ]
    app = Starlette(routes=routes)
    app.add_exception_handler(404, _not_found)
    return app


def _endpoint(
    site: Callable[[], JiraSite | None], clock: Callable[[], datetime], handler: Handler, *, private: bool
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        here = site()
        if here is None:
            return answer({"errorMessages": ["There is no Data Center in this sandbox."], "errors": {}}, status=404)
        try:
            if private:
                _authenticate(request, here)
            return answer(await handler(here, request, clock()), headers=HEADERS)
        except RefusedError as refused:
            return answer(refused.body, status=refused.status, headers=HEADERS | refused.headers)

    return endpoint


def _authenticate(request: Request, site: JiraSite) -> None:
    """Let in a personal access token, or the account with its password."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials == site.account.token:
        return
    try:
        pair = tuple(base64.b64decode(credentials, validate=True).decode().split(":", 1))
    except (binascii.Error, UnicodeDecodeError):
        pair = ()
    if scheme.lower() != "basic" or pair != (site.account.person.login, JIRA_DC_PASSWORD):
        raise RefusedError(
            401,
            {"errorMessages": ["You do not have the permission to see the specified issue."], "errors": {}},
            {"www-authenticate": "OAuth realm=jira", "x-seraph-loginreason": "AUTHENTICATED_FAILED"},
        )


async def _not_found(request: Request, _error: Exception) -> Response:
    return answer({"errorMessages": [f"null for uri: {request.url.path}"], "errors": {}}, status=404)


async def _server_info(site: JiraSite, _request: Request, now: datetime) -> Record:
    return {
        "baseUrl": site.base_url,
        "version": "10.3.24",
        "versionNumbers": [10, 3, 24],
        "deploymentType": "Server",
        "buildNumber": 10030024,
        "buildDate": "2026-06-01T00:00:00.000+0000",
        "serverTime": jira_time(now),
        "scmInfo": "0a1b2c3d",
        "serverTitle": site.title,
    }


async def _myself(site: JiraSite, _request: Request, _now: datetime) -> Record:
    return _user(words.user(site.base_url, site.account.person)) | {"locale": "en_GB"}


async def _field(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return [{name: value for name, value in one.items() if name != "key"} for one in site.fields]


async def _status(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return [_named(one) for one in site.statuses]


async def _projects(site: JiraSite, request: Request, _now: datetime) -> list[Record]:
    archived = request.query_params.get("includeArchived") == "true"
    return [_brief_project(one) for one in site.projects if archived or not one.get("archived")]


async def _project(site: JiraSite, request: Request, _now: datetime) -> Record:
    wanted = request.path_params["key"].lower()
    for one in site.projects:
        if wanted in (one["key"].lower(), one["id"]):
            return _brief_project(one)
    raise jira_error(f"No project could be found with key '{request.path_params['key']}'.", status=404)


async def _filter(site: JiraSite, request: Request, _now: datetime) -> Record:
    for one in site.filters:
        if one["id"] == request.path_params["id"]:
            names = ("self", "id", "name", "jql", "viewUrl", "searchUrl", "favourite")
            return {name: one[name] for name in names}
    raise jira_error("The selected filter is not available to you.", status=400)


async def _issue(site: JiraSite, request: Request, _now: datetime) -> Record:
    issue = site.find(request.path_params["id"])
    if issue is None:
        raise jira_error("Issue Does Not Exist", status=404)
    asked = request.query_params
    return shown(site, issue["id"], asked.get("fields", "*all").split(","), asked.get("expand", "").split(","))


async def _search(site: JiraSite, request: Request, now: datetime) -> Record:
    body = json.loads(await request.body())
    warnings: list[str] | None = [] if body.get("validateQuery") is False else None
    _, found = matching(site, str(body.get("jql") or ""), now, warnings)
    start, size = int(body.get("startAt", 0)), min(int(body.get("maxResults", DEFAULT_ROWS)), site.most_rows)
    fields, expand = body.get("fields") or ["*navigable"], body.get("expand") or []
    page: Record = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": len(found),
        "issues": [shown(site, str(facts.id), fields, expand) for facts in found[start : start + size]],
    }
    return page | ({"warningMessages": warnings} if warnings else {})


def shown(site: JiraSite, id_: str, fields: Sequence[str], expand: Sequence[str] = ()) -> Record:
    """Return an issue as a Data Center gives it; changes come whole, the oldest first, without ids of fields."""
    issue = site.issues[id_]
    self = f"{site.base_url}/rest/api/2/issue/{id_}"
    result: Record = {"expand": "operations,versionedRepresentations", "id": id_, "self": self, "key": issue["key"]}
    everything = "*all" in fields or "*navigable" in fields
    own = {name: value for name, value in _fields(site, issue).items() if everything or name in fields}
    if own:
        result["fields"] = own
    if "changelog" in expand:
        histories = [_change(entry) for entry in site.histories.get(id_, [])]
        result["changelog"] = {
            "startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories,
        }  # fmt: skip
    return result


def _fields(site: JiraSite, issue: Record) -> Record:
    fields: Record = dict(issue["fields"])
    kind = fields["issuetype"]
    if not kind["subtask"]:
        fields.pop("parent", None)
    epic = site.find(fields[words.EPIC_LINK]) if fields.get(words.EPIC_LINK) else None
    fields[words.EPIC_LINK] = epic["key"] if epic else None
    fields[words.EPIC_NAME] = fields["summary"] if kind["hierarchyLevel"] == 1 else None
    fields.pop("statuscategorychangedate", None)
    for name in ("assignee", "reporter", "creator"):
        fields[name] = _user(fields[name]) if fields.get(name) else None
    fields |= {"issuetype": _named(kind), "project": _brief_project(fields["project"])}
    return fields | {"status": _named(fields["status"])}


def _change(entry: Record) -> Record:
    items = []
    for item in entry["items"]:
        name = "Epic Link" if item["field"] == "IssueParentAssociation" else item["field"]
        items.append({**{key: value for key, value in item.items() if key != "fieldId"}, "field": name})
    return entry | {"author": _user(entry["author"]), "items": items}


def _user(person: Record) -> Record:
    login = str(person["emailAddress"]).partition("@")[0]
    names = ("emailAddress", "avatarUrls", "displayName", "active", "timeZone")
    return {"self": person["self"].partition("?")[0] + f"?username={login}", "name": login, "key": login} | {
        name: person[name] for name in names
    }


def _named(record: Record) -> Record:
    """Return a status or a type without what only Cloud tells of it."""
    left_out = ("hierarchyLevel", "scope", "untranslatedName")
    return {name: value for name, value in record.items() if name not in left_out}


def _brief_project(project: Record) -> Record:
    names = ("self", "id", "key", "name", "avatarUrls", "archived")
    return {name: project[name] for name in names if name in project}
