"""A server that speaks as Asana: tasks, what holds them, and their stories, as its OpenAPI description has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mapping.errors import FixConfigError
from okrsync.sandbox.asana_fields import projected
from okrsync.sandbox.asana_goals import goal, goals, parents, post_status, set_metric, set_value, status_update
from okrsync.sandbox.asana_pages import Quota, Rows, asana_error, page_of
from okrsync.sandbox.asana_site import AsanaSite, Project, person_gid
from okrsync.sandbox.wire import Record, RefusedError, answer, instant_of

Handler = Callable[[AsanaSite, Request, datetime], "Rows | Record"]
Changer = Callable[[AsanaSite, Request, Record, datetime], Record]
Answered = Callable[[AsanaSite, Request, datetime], Awaitable[Response]]


def asana_app(site: Callable[[], AsanaSite], clock: Callable[[], datetime]) -> Starlette:
    """Return the ASGI app; ``site`` is asked anew at each request, so it may be exchanged."""
    quota = Quota()
    handlers: dict[str, Handler] = {
        "/users/{gid}": _user,
        "/workspaces": _workspaces,
        "/workspaces/{gid}/tags": _tags,
        "/workspaces/{gid}/custom_fields": _custom_fields,
        "/workspaces/{gid}/tasks/search": _search,
        "/projects": _projects,
        "/projects/{gid}": _project,
        "/projects/{gid}/sections": _sections,
        "/projects/{gid}/tasks": _tasks_of_project,
        "/sections/{gid}/tasks": _tasks_of_section,
        "/tags/{gid}/tasks": _tasks_of_tag,
        "/tasks": _tasks,
        "/tasks/{gid}": _task,
        "/tasks/{gid}/subtasks": _subtasks,
        "/tasks/{gid}/stories": _stories,
        "/portfolios": _portfolios,
        "/portfolios/{gid}/items": _items,
        "/custom_fields/{gid}": _custom_field,
        "/goals": lambda site, request, _now: _numbered(goals(site, request.query_params.get("workspace", ""))),
        "/goals/{gid}/parentGoals": lambda site, request, _now: _numbered(parents(site, _gid(request))),
        "/goals/{gid}": lambda site, request, _now: goal(site, _gid(request)),
        "/status_updates/{gid}": lambda site, request, _now: status_update(site, _gid(request)),
    }
    changes: dict[str, Changer] = {
        "/goals/{gid}/setMetric": lambda site, request, data, now: set_metric(site, _gid(request), data, now),
        "/goals/{gid}/setMetricCurrentValue": lambda site, request, data, now: set_value(
            site, _gid(request), data, now
        ),
        "/status_updates": lambda site, _request, data, now: post_status(site, data, now),
    }
    answers = [(path, "GET", _given(each)) for path, each in handlers.items()]
    answers += [(path, "POST", _changed(each)) for path, each in changes.items()]
    routes = [Route(path, _endpoint(site, clock, quota, each), methods=[method]) for path, method, each in answers]
    app = Starlette(routes=routes)
    app.add_exception_handler(404, _no_route)
    return app


def _endpoint(
    site: Callable[[], AsanaSite], clock: Callable[[], datetime], quota: Quota, answered: Answered
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        now = clock()
        try:
            there = site()
            _authenticate(request, there)
            quota.count(now, there.requests_a_minute)
            _bring_up(there)
            return await answered(there, request, now)
        except RefusedError as refused:
            return answer(refused.body, status=refused.status, headers=refused.headers)

    return endpoint


def _bring_up(site: AsanaSite) -> None:
    try:
        if site.keeper is not None:
            site.keeper.load(site)
    except FixConfigError as error:  # somebody is editing what was kept: it is read anew with the next request
        raise asana_error(500, str(error)) from error


def _given(handler: Handler) -> Answered:
    async def answered(site: AsanaSite, request: Request, now: datetime) -> Response:
        found = handler(site, request, now)
        fields = [each for each in request.query_params.get("opt_fields", "").split(",") if each]
        if isinstance(found, dict):
            return answer({"data": projected(found, fields) if fields else found})
        return answer(page_of(found, fields, request, site, now))

    return answered


def _changed(changer: Changer) -> Answered:
    async def answered(site: AsanaSite, request: Request, now: datetime) -> Response:
        body = await request.json()
        found = changer(site, request, body["data"], now)
        if site.keeper is not None:
            site.keeper.save(site)
        return answer({"data": found}, status=201 if request.url.path.endswith("/status_updates") else 200)

    return answered


def _authenticate(request: Request, site: AsanaSite) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token.strip() != site.account.token:
        raise asana_error(401, "Not Authorized")


async def _no_route(_request: Request, _error: Exception) -> Response:
    return answer(asana_error(404, "No matching route for request").body, status=404)


def _numbered(records: Iterable[Record]) -> Rows:
    """Return rows in the order of their gids, which is that of their making."""
    return [((0, int(record["gid"])), record) for record in records]


def _gid(request: Request) -> str:
    gid: str = request.path_params["gid"]
    return gid


def _seen(there: bool, site: AsanaSite, kind: str, gid: str) -> None:
    """Raise the refusal for something that is gone (404) or hidden (403)."""
    if not there:
        raise asana_error(404, f"{kind}: Not a recognized ID: {gid}")
    if not site.visible(gid):
        raise asana_error(403, f"{kind}: Forbidden: {gid}")


def _need_paid(site: AsanaSite, what: str) -> None:
    if not site.paid:
        raise asana_error(402, f"{what} is only available to premium users.")


def _workspace_of(site: AsanaSite, gid: str) -> str:
    _seen(gid in site.workspaces, site, "workspace", gid)
    return gid


def _find_project(site: AsanaSite, gid: str) -> Project:
    _seen(gid in site.projects, site, "project", gid)
    return site.projects[gid]


def _find_task(site: AsanaSite, gid: str) -> Record:
    _seen(gid in site.tasks, site, "task", gid)
    return site.tasks[gid]


def _user(site: AsanaSite, request: Request, _now: datetime) -> Record:
    person = site.account.person
    if _gid(request) not in ("me", person_gid(person)):
        raise asana_error(404, f"user: Not a recognized ID: {_gid(request)}")
    return site.user(person) | {"email": person.email, "workspaces": _workspace_records(site)}


def _workspace_records(site: AsanaSite) -> list[Record]:
    return [{"gid": gid, "resource_type": "workspace", "name": name} for gid, name in site.workspaces.items()]


def _workspaces(site: AsanaSite, _request: Request, _now: datetime) -> Rows:
    return _numbered(_workspace_records(site))


def _tags(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    workspace = _workspace_of(site, _gid(request))
    return _numbered(
        each for each in site.tags.values() if each["workspace"] == workspace and site.visible(each["gid"])
    )


def _custom_fields(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    _workspace_of(site, _gid(request))
    _need_paid(site, "Custom fields")
    return _numbered(each for each in site.custom_fields.values() if each["is_global_to_workspace"])


def _custom_field(site: AsanaSite, request: Request, _now: datetime) -> Record:
    _seen(_gid(request) in site.custom_fields, site, "custom_field", _gid(request))
    return site.custom_fields[_gid(request)]


def _search(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    _workspace_of(site, _gid(request))
    raise asana_error(402, "Search is only available to premium users, and this sandbox has none.")


def _project_record(project: Project) -> Record:
    return {
        "gid": project.gid,
        "resource_type": "project",
        "name": project.name,
        "archived": project.archived,
        "workspace": {"gid": project.workspace, "resource_type": "workspace"},
    }


def _projects(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    workspace = request.query_params.get("workspace", "")
    if workspace:
        _workspace_of(site, workspace)
    archived = request.query_params.get("archived")
    there = [each for each in site.projects.values() if site.visible(each.gid) and workspace in ("", each.workspace)]
    return _numbered(_project_record(each) for each in there if archived in (None, str(each.archived).lower()))


def _project(site: AsanaSite, request: Request, _now: datetime) -> Record:
    return _project_record(_find_project(site, _gid(request)))


def _sections(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    return [((0, place), each) for place, each in enumerate(_find_project(site, _gid(request)).sections)]


def _portfolios(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    if "workspace" not in request.query_params:
        raise asana_error(400, "workspace: Missing input")
    workspace = _workspace_of(site, request.query_params["workspace"])
    _need_paid(site, "Portfolios")
    me = person_gid(site.account.person)
    own = [each for each in site.portfolios.values() if each["owner"]["gid"] == me and each["workspace"] == workspace]
    return _numbered(each for each in own if site.visible(each["gid"]))


def _items(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    gid = _gid(request)
    _need_paid(site, "Portfolios")
    _seen(gid in site.portfolios, site, "portfolio", gid)
    there = [each for each in site.portfolios[gid]["items"] if site.visible(each)]
    records = [
        site.portfolios[each] if each in site.portfolios else _project_record(site.projects[each]) for each in there
    ]
    return [((0, place), record) for place, record in enumerate(records)]


def _tasks(site: AsanaSite, request: Request, now: datetime) -> Rows:
    params = request.query_params
    named = [name for name in ("project", "section", "tag", "assignee") if name in params]
    if len(named) != 1 or (named == ["assignee"] and "workspace" not in params):
        raise asana_error(
            400, "You should specify one of project, tag, section, user_task_list, or assignee + workspace"
        )
    if named == ["project"]:
        rows = _of_project(site, params["project"])
    elif named == ["section"]:
        rows = _of_section(site, params["section"])
    else:
        mine = (each for each in site.tasks.values() if (each.get("assignee") or {}).get("gid") == params["assignee"])
        rows = _numbered(each for each in mine if site.visible(each["gid"]))
    return _since(rows, request, now)


def _of_project(site: AsanaSite, gid: str) -> Rows:
    project = _find_project(site, gid)
    order = {section["gid"]: place for place, section in enumerate(project.sections)}
    rows: Rows = []
    for task_gid, rank in site.ranks.get(gid, {}).items():
        if site.visible(task_gid):
            task = site.tasks[task_gid]
            home = next(each for each in task["memberships"] if each["project"]["gid"] == gid)
            section = order.get((home.get("section") or {}).get("gid", ""), 0)
            rows.append(((section, rank), task))
    return rows


def _of_section(site: AsanaSite, gid: str) -> Rows:
    project = next((each for each in site.projects.values() if any(s["gid"] == gid for s in each.sections)), None)
    if project is None:
        raise asana_error(404, f"section: Not a recognized ID: {gid}")
    _find_project(site, project.gid)
    place = next(place for place, section in enumerate(project.sections) if section["gid"] == gid)
    return [row for row in _of_project(site, project.gid) if row[0][0] == place]


def _since(rows: Rows, request: Request, now: datetime) -> Rows:
    params = request.query_params
    if "modified_since" in params:
        since = _instant(params["modified_since"], now)
        rows = [row for row in rows if instant_of(row[1].get("modified_at") or row[1]["created_at"]) >= since]
    if "completed_since" in params:
        since = _instant(params["completed_since"], now)
        rows = [row for row in rows if not (end := row[1].get("completed_at")) or instant_of(end) >= since]
    return rows


def _instant(text: str, now: datetime) -> datetime:
    if text == "now":
        return now
    try:
        instant = instant_of(text)
    except ValueError:
        raise asana_error(400, f"modified_since: Not a valid date: {text}") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)


def _tasks_of_project(site: AsanaSite, request: Request, now: datetime) -> Rows:
    return _since(_of_project(site, _gid(request)), request, now)


def _tasks_of_section(site: AsanaSite, request: Request, now: datetime) -> Rows:
    return _since(_of_section(site, _gid(request)), request, now)


def _tasks_of_tag(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    gid = _gid(request)
    _seen(gid in site.tags, site, "tag", gid)
    tagged = (each for each in site.tasks.values() if any(tag["gid"] == gid for tag in each.get("tags", [])))
    return _numbered(each for each in tagged if site.visible(each["gid"]))


def _task(site: AsanaSite, request: Request, _now: datetime) -> Record:
    return site.whole(_find_task(site, _gid(request)))


def _subtasks(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    gid = _find_task(site, _gid(request))["gid"]
    return [((0, site.ranks[gid][child]), site.tasks[child]) for child in site.subtasks(gid)]


def _stories(site: AsanaSite, request: Request, _now: datetime) -> Rows:
    return _numbered(site.stories[_find_task(site, _gid(request))["gid"]])
