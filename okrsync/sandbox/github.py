"""A server that speaks as GitHub: issues, milestones and labels over REST, and the issues part of GraphQL.

Built from GitHub's OpenAPI description and its public GraphQL schema.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okrsync.sandbox.github_kinds import Repository
from okrsync.sandbox.github_repo import repository_record
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.graphql import execute
from okrsync.sandbox.wire import Record, RefusedError, answer, digest, instant_of, json_bytes, next_hour

DOCS = "https://docs.github.com/rest"
QUOTA = 5000
MOST_PER_PAGE = 100
DEFAULT_PER_PAGE = 30
MOST_PAGES = 100
"""Beyond it GitHub wants a cursor instead of a page number."""
CHOICES = {
    "state": ("open", "open", "closed", "all"),
    "sort": ("created", "created", "updated", "comments"),
    "direction": ("desc", "asc", "desc"),
}
"""Parameter to its default and all its values."""


def github_error(status: int, message: str, path: str = "") -> RefusedError:
    """Return a refusal in GitHub's shape."""
    return RefusedError(status, {"message": message, "documentation_url": DOCS + path, "status": str(status)})


@dataclass(slots=True)
class Given:
    """An answer with its own headers."""

    value: object
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


Handler = Callable[[GitHubSite, Request, datetime], Awaitable[Given]]


@dataclass(slots=True)
class Quota:
    """Counts requests of the running hour, for the headers."""

    used: int = 0
    hour: datetime | None = None

    def count(self, now: datetime) -> dict[str, str]:
        """Count one request and return the headers about it."""
        if self.hour != next_hour(now):
            self.hour, self.used = next_hour(now), 0
        self.used += 1
        return {
            "x-ratelimit-limit": str(QUOTA),
            "x-ratelimit-remaining": str(max(0, QUOTA - self.used)),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(int(next_hour(now).timestamp())),
            "x-ratelimit-resource": "core",
        }


def github_app(site: Callable[[], GitHubSite], clock: Callable[[], datetime]) -> Starlette:
    """Return the ASGI app; ``site`` is asked anew at each request, so it may be exchanged."""
    quota = Quota()
    handlers: list[tuple[str, str, Handler]] = [
        ("GET", "/user", _user),
        ("GET", "/rate_limit", _rate_limit),
        ("GET", "/repos/{owner}/{repo}", _repository),
        ("GET", "/repos/{owner}/{repo}/issues", _issues),
        ("GET", "/repositories/{repository_id:int}/issues", _issues),
        ("GET", "/repos/{owner}/{repo}/issues/{number:int}", _issue),
        ("GET", "/repos/{owner}/{repo}/milestones", _milestones),
        ("GET", "/repos/{owner}/{repo}/milestones/{number:int}", _milestone),
        ("GET", "/repos/{owner}/{repo}/labels", _labels),
        ("POST", "/graphql", _graphql),
        ("GET", "/repositories/{repository_id:int}/milestones", _milestones),
        ("GET", "/repositories/{repository_id:int}/labels", _labels),
    ]
    from okrsync.sandbox.github_apps import APP_HANDLERS  # late: they build on this module
    from okrsync.sandbox.github_more import HANDLERS

    handlers += HANDLERS + APP_HANDLERS
    routes = [
        Route(path, _endpoint(site, clock, quota, handler), methods=[method]) for method, path, handler in handlers
    ]
    app = Starlette(routes=routes)
    app.add_exception_handler(404, _no_route)
    return app


def _endpoint(
    site: Callable[[], GitHubSite], clock: Callable[[], datetime], quota: Quota, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        now = clock()
        headers = {"x-github-media-type": "github.v3; format=json", "x-github-api-version-selected": "2022-11-28"}
        try:
            _authenticate(request, site(), now)
            given = await handler(site(), request, now)
        except RefusedError as refused:
            return answer(refused.body, status=refused.status, headers=headers | quota.count(now) | refused.headers)
        etag = f'W/"{digest(json_bytes(given.value), request.headers.get("authorization"), length=64)}"'
        headers |= given.headers | {"etag": etag, "cache-control": "private, max-age=60, s-maxage=60"}
        if request.method == "GET" and request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)  # costs nothing of the quota
        return answer(given.value, status=given.status, headers=quota.count(now) | headers)

    return endpoint


def _authenticate(request: Request, site: GitHubSite, now: datetime) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        if site.public and not request.url.path.endswith(("/graphql", "/user")):
            return
        raise github_error(401, "Requires authentication")
    if site.app is not None and token.strip() in site.app.tokens:
        if site.app.tokens[token.strip()] <= now:
            raise github_error(401, "Bad credentials")
        if request.url.path.endswith("/user"):
            raise github_error(403, "Resource not accessible by integration")
        return
    if signs_for_itself(request):
        return  # these check the App's own statement
    if scheme.lower() not in ("bearer", "token") or token.strip() != site.account.token:
        raise github_error(401, "Bad credentials")


def signs_for_itself(request: Request) -> bool:
    """Return whether an App asks here with its own signature instead of a token."""
    path = request.url.path
    return path.endswith(("/app", "/installation")) or "/app/installations" in path


async def _no_route(_request: Request, _error: Exception) -> Response:
    refused = github_error(404, "Not Found")
    return answer(refused.body, status=404)


def repository_of(site: GitHubSite, request: Request) -> Repository:
    """Return the repository asked for; 404 also means that it is hidden from us."""
    params = request.path_params
    if "repository_id" in params:
        found = next((one for one in site.repositories.values() if one.id == params["repository_id"]), None)
    else:
        found = site.find(f"{params['owner']}/{params['repo']}")
    if found is None:
        raise github_error(404, "Not Found", "/repos/repos#get-a-repository")
    return found


def number_of(request: Request, name: str, default: int) -> int:
    """Return a number of the query."""
    text = request.query_params.get(name, "")
    return int(text) if text.isdigit() and int(text) > 0 else default  # GitHub overlooks nonsense here


def paged(request: Request, site: GitHubSite, records: list[Record], path: str) -> Given:
    """Return a page with its Link header; the links go by the repository's number, as GitHub's do."""
    size = min(number_of(request, "per_page", DEFAULT_PER_PAGE), MOST_PER_PAGE)
    page = number_of(request, "page", 1)
    if page > MOST_PAGES:
        message = "In order to keep the API fast for all users, pagination is limited for this resource."
        raise RefusedError(422, {"message": message, "documentation_url": DOCS + "/using-the-rest-api"})
    last = max(1, -(-len(records) // size))
    pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page <= 1:
        del pages["prev"], pages["first"]
    if page >= last:
        del pages["next"], pages["last"]
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    base = site.base_url or str(request.base_url).rstrip("/")
    links = [
        f'<{base}{path}?{urlencode([*others, ("page", str(number))])}>; rel="{rel}"' for rel, number in pages.items()
    ]
    return Given(records[(page - 1) * size : page * size], {"link": ", ".join(links)} if links else {})


async def _user(site: GitHubSite, _request: Request, _now: datetime) -> Given:
    person = site.account.person
    blank = dict.fromkeys(("company", "location", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    dates = {"created_at": "2019-05-06T08:00:00Z", "updated_at": "2026-01-07T08:00:00Z"}
    more = {"name": person.name, "email": person.email, "blog": ""}
    return Given(site.user(person) | more | blank | counts | dates)


async def _rate_limit(_site: GitHubSite, _request: Request, now: datetime) -> Given:
    reset = int(next_hour(now).timestamp())
    core = {"limit": QUOTA, "used": 0, "remaining": QUOTA, "reset": reset}
    resources = {"core": core, "graphql": core, "search": core | {"limit": 30, "remaining": 30}}
    return Given({"resources": resources, "rate": core})


async def _repository(site: GitHubSite, request: Request, _now: datetime) -> Given:
    return Given(repository_record(site, repository_of(site, request)))


def _choice(request: Request, name: str) -> str:
    default, *known = CHOICES[name]
    value = request.query_params.get(name, default)
    if value not in known:
        raise RefusedError(
            422,
            {
                "message": "Validation Failed",
                "errors": [{"resource": "Issue", "code": "invalid", "field": name, "value": value}],
                "documentation_url": DOCS + "/issues/issues#list-repository-issues",
            },
        )
    return value


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        instant = instant_of(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise RefusedError(
            422, {"message": f"Validation Failed: {name} is not a timestamp", "documentation_url": DOCS + "/issues"}
        )
    return instant


async def _issues(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository = repository_of(site, request)
    state, sort, direction = (_choice(request, name) for name in ("state", "sort", "direction"))
    since = _instant(request, "since")
    labels = {label.lower() for label in request.query_params.get("labels", "").split(",") if label}
    milestone = _milestone_filter(repository, request.query_params.get("milestone"))
    assignee, kind = request.query_params.get("assignee"), request.query_params.get("type")
    found = [
        record
        for record in repository.records
        if state in ("all", record["state"])
        and (since is None or instant_of(record["updated_at"]) >= since)
        and labels <= {label["name"].lower() for label in record["labels"]}
        and milestone(record)
        and (assignee is None or assignee in [person["login"] for person in record["assignees"]])
        and (kind is None or (record.get("type") or {}).get("name", "").lower() == kind.lower())
    ]
    key = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[sort]
    found.sort(key=lambda record: (record[key], record["number"]), reverse=direction == "desc")
    return paged(request, site, found, f"/repositories/{repository.id}/issues")


def _milestone_filter(repository: Repository, wanted: str | None) -> Callable[[Record], bool]:
    if wanted is None:
        return lambda _record: True
    if wanted == "*":
        return lambda record: record["milestone"] is not None
    if wanted == "none":
        return lambda record: record["milestone"] is None
    if not wanted.isdigit() or all(one["number"] != int(wanted) for one in repository.milestones):
        raise RefusedError(
            422,
            {
                "message": "Validation Failed",
                "errors": [{"resource": "Issue", "code": "invalid", "field": "milestone", "value": wanted}],
                "documentation_url": DOCS + "/issues/issues#list-repository-issues",
            },
        )
    return lambda record: (record["milestone"] or {}).get("number") == int(wanted)


async def _issue(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository, number = repository_of(site, request), request.path_params["number"]
    for record in repository.records:
        if record["number"] == number:
            return Given(record)
    if where := repository.gone.get(number):
        moved = {"message": "Moved Permanently", "url": where, "documentation_url": DOCS}
        raise RefusedError(301, moved, {"location": where})
    taken = (*repository.gone, *repository.hidden, *(record["number"] for record in repository.records))
    if number not in repository.hidden and number <= max(taken, default=0):
        raise github_error(410, "This issue was deleted", "/issues/issues#get-an-issue")
    raise github_error(404, "Not Found", "/issues/issues#get-an-issue")


async def _milestones(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository, state = repository_of(site, request), _choice(request, "state")
    found = [one for one in repository.milestones if state in ("all", one["state"])]
    return paged(request, site, found, f"/repositories/{repository.id}/milestones")


async def _milestone(site: GitHubSite, request: Request, _now: datetime) -> Given:
    for one in repository_of(site, request).milestones:
        if one["number"] == request.path_params["number"]:
            return Given(one)
    raise github_error(404, "Not Found", "/issues/milestones#get-a-milestone")


async def _graphql(site: GitHubSite, request: Request, now: datetime) -> Given:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise github_error(400, "Problems parsing JSON") from error
    if not isinstance(body, dict):
        raise github_error(400, "A query attribute must be specified and must be a string.")
    return Given(execute(site, body, now), {"x-ratelimit-resource": "graphql"})


async def _labels(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository = repository_of(site, request)
    return paged(request, site, repository.labels, f"/repositories/{repository.id}/labels")
