"""A server that speaks as Jira Cloud: the read part of its REST API that selections, metadata and history need.

Built from Atlassian's OpenAPI description of the platform API, version 3. The few answers that version 2 gives as
well (server information, account, fields, statuses, types, projects) are served under both prefixes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okrsync.sandbox import jira_words as words
from okrsync.sandbox.jira_boards import board_configuration, board_list
from okrsync.sandbox.jira_history import bulk_changelogs
from okrsync.sandbox.jira_parse import parsed
from okrsync.sandbox.jira_search import (
    DEFAULT_PAGE,
    MOST_RECONCILED,
    SearchRequest,
    jira_error,
    matching,
    search,
    shown,
)
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.wire import Record, RefusedError, answer, jira_time

API = "/rest/api/{version:int}"
AGILE = "/rest/agile/1.0"
MOST_BULK_ISSUES = 100
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
BURST_LIMIT = 100
"""Requests a second and endpoint, for the headers; the sandbox never runs out by itself."""

Handler = Callable[[JiraSite, Request, datetime], Awaitable[object]]


def jira_app(site: Callable[[], JiraSite], clock: Callable[[], datetime]) -> Starlette:
    """Return the ASGI app of a site; ``site`` is asked anew at each request, so it may be exchanged."""
    handlers: list[tuple[str, str, Handler, bool]] = [
        ("GET", "/serverInfo", _server_info, False),
        ("GET", "/myself", _myself, True),
        ("GET", "/field", _field, True),
        ("GET", "/status", _status, True),
        ("GET", "/statuscategory", _status_category, True),
        ("GET", "/issuetype", _issue_type, True),
        ("GET", "/resolution", _resolution, True),
        ("GET", "/project", _projects, True),
        ("GET", "/project/search", _project_search, True),
        ("GET", "/project/{key}", _project, True),
        ("GET", "/filter/search", _filter_search, True),
        ("GET", "/filter/{id}", _filter, True),
        ("GET", "/search/jql", _search_get, True),
        ("POST", "/search/jql", _search_post, True),
        ("POST", "/search/approximate-count", _approximate_count, True),
        ("GET", "/search", _removed, True),
        ("POST", "/search", _removed, True),
        ("POST", "/issue/bulkfetch", _bulk_fetch, True),
        ("POST", "/changelog/bulkfetch", _bulk_changelogs, True),
        ("POST", "/jql/parse", _parse, True),
        ("GET", "/issue/{id}/changelog", _changelog, True),
        ("GET", "/issue/{id}", _issue, True),
    ]
    boards: list[tuple[str, str, Handler]] = [
        ("GET", "/board", board_list),
        ("GET", "/board/{id}/configuration", board_configuration),
    ]
    routes = [
        Route(API + path, _endpoint(site, clock, handler, private=private), methods=[method])
        for method, path, handler, private in handlers
    ] + [
        Route(AGILE + path, _endpoint(site, clock, handler, private=True), methods=[method])
        for method, path, handler in boards
    ]
    app = Starlette(routes=routes)
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _not_allowed)
    return app


def _endpoint(
    site: Callable[[], JiraSite], clock: Callable[[], datetime], handler: Handler, *, private: bool
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        now = clock()
        headers = {
            "x-ratelimit-limit": str(BURST_LIMIT),
            "x-ratelimit-remaining": str(BURST_LIMIT - 1),
            "x-ratelimit-reset": now.strftime("%Y-%m-%dT%H:%MZ"),
            "cache-control": "no-cache, no-store, no-transform",
        }
        try:
            if private:
                _authenticate(request, site())
                headers["x-aaccountid"] = site().account.person.account_id
            return answer(await handler(site(), request, now), headers=headers)
        except RefusedError as refused:
            return answer(refused.body, status=refused.status, headers=headers | refused.headers)

    return endpoint


def _authenticate(request: Request, site: JiraSite) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        email, _, token = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        email, token = "", ""
    if scheme.lower() != "basic" or (email, token) != (site.account.person.email, site.account.token):
        raise RefusedError(
            401,
            {"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}},
            {"www-authenticate": 'OAuth realm="' + site.base_url.replace(":", "%3A").replace("/", "%2F") + '"'},
        )


async def _not_found(request: Request, _error: Exception) -> Response:
    return answer({"errorMessages": [f"null for uri: {request.url.path}"], "errors": {}}, status=404)


async def _not_allowed(request: Request, _error: Exception) -> Response:
    return answer({"errorMessages": [f"Method {request.method} is not allowed here."], "errors": {}}, status=405)


async def _body(request: Request) -> Record:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise jira_error("There was an error parsing JSON. Check that your request body is valid.") from error
    if not isinstance(body, dict):
        raise jira_error("There was an error parsing JSON. Check that your request body is valid.")
    return body


def _whole(value: object, name: str) -> int:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise jira_error(f"The value of {name} must be a whole number.")


def _window(request: Request, size: int) -> tuple[int, int]:
    start = _whole(request.query_params.get("startAt", "0"), "startAt")
    most = _whole(request.query_params.get("maxResults", str(size)), "maxResults")
    return start, max(1, min(most, size))


def _page(request: Request, site: JiraSite, values: list[Record], size: int) -> Record:
    """Return a page of the older kind, with ``startAt`` and ``total``."""
    start, most = _window(request, size)
    here = _base(site, request) + request.url.path.removeprefix(request.scope.get("root_path", ""))
    last = start + most >= len(values)
    page: Record = {"self": f"{here}?maxResults={most}&startAt={start}"}
    if not last:
        page["nextPage"] = f"{here}?maxResults={most}&startAt={start + most}"
    page |= {"maxResults": most, "startAt": start, "total": len(values), "isLast": last}
    return page | {"values": values[start : start + most]}


def _base(site: JiraSite, request: Request) -> str:
    return site.base_url or str(request.base_url).rstrip("/")


async def _server_info(site: JiraSite, request: Request, now: datetime) -> Record:
    names = ("baseUrl", "displayUrl", "displayUrlServicedeskHelpCenter", "displayUrlConfluence")
    return dict.fromkeys(names, _base(site, request)) | {
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100292,
        "buildDate": "2026-06-10T00:00:00.000+0000",
        "serverTime": jira_time(now),
        "scmInfo": "5b1f3a8c0d2e4f6a7b8c9d0e1f2a3b4c5d6e7f80",
        "serverTitle": site.title,
        "serverTimeZone": "Etc/UTC",
    }


async def _myself(site: JiraSite, _request: Request, _now: datetime) -> Record:
    more = {"locale": "en_GB", "groups": {"size": 1, "items": []}, "applicationRoles": {"size": 1, "items": []}}
    return words.user(site.base_url, site.account.person) | more | {"expand": "groups,applicationRoles"}


async def _field(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return site.fields


async def _status(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return site.statuses


async def _status_category(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return [words.category(site.base_url, key) for key in words.CATEGORIES]


async def _issue_type(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return site.types


async def _resolution(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return site.resolutions


async def _projects(site: JiraSite, _request: Request, _now: datetime) -> list[Record]:
    return site.projects


async def _project_search(site: JiraSite, request: Request, _now: datetime) -> Record:
    asked = request.query_params
    keys = {key.lower() for key in asked.getlist("keys")}
    text = asked.get("query", "").lower()
    lifecycle = {status for value in asked.getlist("status") for status in value.split(",")} or {"live"}
    found = [
        one
        for one in site.projects
        if (not keys or one["key"].lower() in keys)
        and (text in one["key"].lower() or text in one["name"].lower())
        and ("archived" if one.get("archived") else "deleted" if one.get("deleted") else "live") in lifecycle
    ]
    return _page(request, site, sorted(found, key=lambda one: str(one["key"])), 50)


async def _project(site: JiraSite, request: Request, _now: datetime) -> Record:
    wanted = request.path_params["key"].lower()
    for one in site.projects:
        if wanted in (one["key"].lower(), one["id"]):
            own = [type_ for type_ in site.types if type_.get("scope", {}).get("project", {}).get("id") == one["id"]]
            shared = [type_ for type_ in site.types if "scope" not in type_]
            return one | {"issueTypes": own or shared, "components": [], "versions": [], "roles": {}}
    raise jira_error(f"No project could be found with key '{request.path_params['key']}'.", status=404)


async def _filter_search(site: JiraSite, request: Request, _now: datetime) -> Record:
    text = request.query_params.get("filterName", "").lower()
    names = ("id", "name", "self") + (("jql",) if "jql" in request.query_params.get("expand", "") else ())
    found = [{name: one[name] for name in names} for one in site.filters if text in one["name"].lower()]
    return _page(request, site, found, 50)


async def _filter(site: JiraSite, request: Request, _now: datetime) -> Record:
    for one in site.filters:
        if one["id"] == request.path_params["id"]:
            return one
    raise jira_error(
        "The selected filter is not available to you, perhaps it has been deleted or had its permissions changed.",
        status=400,
    )


async def _search_post(site: JiraSite, request: Request, now: datetime) -> Record:
    body = await _body(request)
    known = {
        "jql", "fields", "fieldsByKeys", "maxResults", "nextPageToken", "expand", "properties", "reconcileIssues",
        "failFast",
    }  # fmt: skip
    for name in body:
        if name not in known:
            raise jira_error("Invalid request payload. Refer to the REST API documentation and try again.")
    _check_reconcile(body.get("reconcileIssues") or [])
    asked = SearchRequest(
        jql=str(body.get("jql") or ""),
        fields=tuple(body.get("fields") or ("id",)),
        max_results=_whole(body.get("maxResults", DEFAULT_PAGE), "maxResults"),
        token=body.get("nextPageToken"),
        expand=tuple(str(body.get("expand") or "").split(",")),
    )
    return search(site, asked, now)


async def _search_get(site: JiraSite, request: Request, now: datetime) -> Record:
    asked = request.query_params
    fields = tuple(name for value in asked.getlist("fields") for name in value.split(",") if name)
    _check_reconcile(asked.getlist("reconcileIssues"))
    return search(
        site,
        SearchRequest(
            jql=asked.get("jql", ""),
            fields=fields or ("id",),
            max_results=_whole(asked.get("maxResults", str(DEFAULT_PAGE)), "maxResults"),
            token=asked.get("nextPageToken"),
            expand=tuple(asked.get("expand", "").split(",")),
        ),
        now,
    )


def _check_reconcile(ids: list[object] | list[str]) -> None:
    if len(ids) > MOST_RECONCILED:
        raise jira_error(f"reconcileIssues accepts at most {MOST_RECONCILED} issue ids.")
    for id_ in ids:
        _whole(id_, "reconcileIssues")


async def _approximate_count(site: JiraSite, request: Request, now: datetime) -> Record:
    _, found = matching(site, str((await _body(request)).get("jql") or ""), now)
    return {"count": len(found)}


async def _removed(_site: JiraSite, _request: Request, _now: datetime) -> Record:
    raise jira_error(REMOVED, status=410)


async def _bulk_fetch(site: JiraSite, request: Request, _now: datetime) -> Record:
    body = await _body(request)
    wanted = body.get("issueIdsOrKeys")
    if not isinstance(wanted, list) or not wanted:
        raise jira_error("issueIdsOrKeys must not be empty.")
    if len(wanted) > MOST_BULK_ISSUES:
        raise jira_error(f"Cannot fetch more than {MOST_BULK_ISSUES} issues at once, but {len(wanted)} were asked for.")
    fields = tuple(body.get("fields") or ("*navigable",))
    found = {issue["id"] for one in wanted if (issue := site.find(str(one))) is not None}
    issues = [shown(site, id_, fields, tuple(body.get("expand") or ())) for id_ in sorted(found, key=int)]
    return {"issueErrors": [], "issues": issues}


async def _bulk_changelogs(site: JiraSite, request: Request, _now: datetime) -> Record:
    return bulk_changelogs(site, await _body(request))


async def _parse(site: JiraSite, request: Request, now: datetime) -> Record:
    queries = (await _body(request)).get("queries")
    if not isinstance(queries, list) or not queries:
        raise jira_error("queries must not be empty.")
    mode = request.query_params.get("validation", "strict")
    return {"queries": [parsed(site, str(query), now, mode) for query in queries]}


def _issue_of(site: JiraSite, request: Request) -> Record:
    issue = site.find(request.path_params["id"])
    if issue is None:
        raise jira_error("Issue does not exist or you do not have permission to see it.", status=404)
    return issue


async def _issue(site: JiraSite, request: Request, _now: datetime) -> Record:
    asked = request.query_params
    fields = tuple(name for value in asked.getlist("fields") for name in value.split(",") if name)
    return shown(site, _issue_of(site, request)["id"], fields or ("*all",), asked.get("expand", "").split(","))


async def _changelog(site: JiraSite, request: Request, _now: datetime) -> Record:
    issue = _issue_of(site, request)
    return _page(request, site, site.histories.get(issue["id"], []), 100)
