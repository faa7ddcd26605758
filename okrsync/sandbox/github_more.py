"""More of GitHub over REST: sub-issues, timelines, releases, workflow runs, search, and owners."""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import fnmatchcase

from starlette.requests import Request

from okrsync.sandbox.github import DOCS, Given, Handler, github_error, number_of, paged, repository_of
from okrsync.sandbox.github_kinds import WEB, Repository, node_id
from okrsync.sandbox.github_repo import owner_record, repository_record
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.graphql_types import sub_issues_of
from okrsync.sandbox.wire import Record, RefusedError, digest

CAP = 1000
"""Results that one search or filtered list gives, however many there are."""
INNER = ("parent", "sub_issue", "project", "old", "new")
"""What our own events hold beside what GitHub tells."""
SINCE = "2019-05-06T08:00:00Z"


def _record_of(repository: Repository, request: Request) -> Record:
    for record in repository.records:
        if record["number"] == request.path_params["number"]:
            return record
    raise github_error(404, "Not Found", "/issues")


async def _sub_issues(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository = repository_of(site, request)
    record = _record_of(repository, request)
    path = f"/repositories/{repository.id}/issues/{record['number']}/sub_issues"
    return paged(request, site, sub_issues_of(site, record), path)


async def _timeline(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository = repository_of(site, request)
    record = _record_of(repository, request)
    events = [_told(site, event) for event in site.timelines.get(record["node_id"], [])]
    return paged(request, site, events, f"/repositories/{repository.id}/issues/{record['number']}/timeline")


def _told(site: GitHubSite, event: Record) -> Record:
    """Return an event as the REST API tells it."""
    told = {
        name: value for name, value in event.items() if name not in ("parent", "sub_issue", "project", "old", "new")
    }
    if "parent" in event:
        told["parent_issue"] = _reference(site, event["parent"]["id"])
    if "sub_issue" in event:
        told["sub_issue"] = _reference(site, event["sub_issue"]["id"])
    if event["event"].startswith("issue_type_"):
        told["issue_type"] = _type_record(event["new"] or event["old"])
        told["prev_issue_type"] = _type_record(event["old"])
    return told


def _type_record(name: str | None) -> Record | None:
    return None if name is None else {"id": sum(map(ord, name)), "name": name, "color": "gray"}


def _reference(site: GitHubSite, id_: str) -> Record | None:
    for repository in site.repositories.values():
        for record in repository.records:
            if record["node_id"] == id_:
                names = ("id", "node_id", "number", "title", "url", "html_url", "state", "repository_url")
                return {name: record[name] for name in names}
    return None


async def _pulls(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository, state = repository_of(site, request), request.query_params.get("state", "open")
    pulls = [one for one in reversed(repository.records) if "pull_request" in one and state in ("all", one["state"])]
    found = [_pull(site, repository, one) for one in pulls]
    return paged(request, site, found, f"/repositories/{repository.id}/pulls")


def _pull(site: GitHubSite, repository: Repository, record: Record) -> Record:
    url, own = record["pull_request"]["url"], site.user(site.account.person)
    names = ("url", "html_url", "diff_url", "patch_url", "merged_at")
    links = {
        "self": url,
        "html": record["html_url"],
        "issue": record["url"],
        "comments": f"{record['url']}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{site.api(repository)}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{site.api(repository)}/statuses/{digest(record['id'], length=40)}",
    }
    branch = {"user": own, "repo": repository_record(site, repository), "sha": digest(record["id"], length=40)}
    of_issue = ("id", "node_id", "number", "state", "locked", "title", "user", "body", "labels", "milestone", "draft",
                "created_at", "updated_at", "closed_at", "assignee", "assignees", "author_association")  # fmt: skip
    return (
        {name: record[name] for name in of_issue}
        | {name: record["pull_request"][name] for name in names}
        | {f"{name}_url": links[name] for name in links if name not in ("self", "html")}
        | {
            "_links": {name: {"href": address} for name, address in links.items()},
            "head": branch | {"label": f"{repository.owner}:change", "ref": "change"},
            "base": branch | {"label": f"{repository.owner}:main", "ref": "main"},
            "merge_commit_sha": None,
            "auto_merge": None,
        }
    )


async def _releases(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository = repository_of(site, request)
    found = [_release(site, repository, one) for one in reversed(repository.releases)]
    return paged(request, site, found, f"/repositories/{repository.id}/releases")


def _release(site: GitHubSite, repository: Repository, one: Record) -> Record:
    url, web = f"{site.api(repository)}/releases/{one['id']}", f"{WEB}/{repository.full_name}/releases"
    return one | {
        "node_id": node_id("RE", repository.id, one["id"]),
        "url": url,
        "html_url": f"{web}/tag/{one['tag_name']}",
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "tarball_url": f"{url}/tarball",
        "zipball_url": f"{url}/zipball",
        "target_commitish": "main",
        "prerelease": False,
        "assets": [],
        "author": site.user(site.account.person),
    }


async def _runs(site: GitHubSite, request: Request, _now: datetime) -> Given:
    repository, query = repository_of(site, request), request.query_params
    workflow, status, branch = request.path_params.get("workflow"), query.get("status"), query.get("branch")
    first, last = _span(query.get("created"))
    found = [
        run
        for run in reversed(repository.runs)
        if workflow in (None, run["workflow"])
        and status in (None, "completed", run["conclusion"])
        and branch in (None, run["head_branch"])
        and (first is None or run["created_at"] >= first)
        and (last is None or run["created_at"] <= last)
    ]
    size, page = min(number_of(request, "per_page", 30), 100), number_of(request, "page", 1)
    shown = (found[:CAP] if query.get("created") else found)[(page - 1) * size : page * size]
    short = repository_record(site, repository)
    return Given({"total_count": len(found), "workflow_runs": [_run(site, repository, run, short) for run in shown]})


def _span(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    first, dots, last = text.partition("..")
    if not dots:
        raise RefusedError(422, {"message": "Validation Failed", "documentation_url": DOCS})
    return first, last


def _run(site: GitHubSite, repository: Repository, run: Record, short: Record) -> Record:
    url = f"{site.api(repository)}/actions/runs/{run['id']}"
    sha = digest(run["id"], length=40)
    commit = {"id": sha, "tree_id": sha, "message": "Change", "timestamp": run["created_at"]}
    person = {"name": "Somebody", "email": "somebody@acme.test"}
    names = ("jobs", "logs", "cancel", "rerun", "artifacts", "workflow", "check_suite")
    record = {name: value for name, value in run.items() if name != "workflow"}
    return (
        record
        | {f"{name}_url": f"{url}/{name}" for name in names}
        | {
            "node_id": node_id("WFR", repository.id, run["run_number"]),
            "display_title": "Change",
            "event": "push",
            "status": "completed",
            "head_sha": sha,
            "path": f".github/workflows/{run['workflow']}",
            "workflow_id": sum(map(ord, run["workflow"])),
            "url": url,
            "head_commit": commit | {"author": person, "committer": person},
            "head_repository": short,
            "repository": short,
            "pull_requests": [],
        }
    )


_WORD = re.compile(r"(?P<name>[a-z-]+):(?P<value>\"[^\"]*\"|\S+)")


async def _search(site: GitHubSite, request: Request, _now: datetime) -> Given:
    text = request.query_params.get("q", "")
    terms = [(match["name"], match["value"].strip('"')) for match in _WORD.finditer(text)]
    if not any(name in ("is", "type") and value in ("issue", "pr", "pull-request") for name, value in terms):
        message = "Query must include 'is:issue' or 'is:pull-request'"
        raise RefusedError(422, {"message": message, "documentation_url": DOCS + "/search/search"})
    words = _WORD.sub("", text).lower().split()
    records = [one for repository in site.repositories.values() for one in repository.records]
    found = [one for one in records if all(_meets(one, name, value) for name, value in terms)]
    found = [one for one in found if all(word in one["title"].lower() for word in words)]
    found.sort(key=lambda one: (one["created_at"], one["id"]), reverse=request.query_params.get("order") != "asc")
    size, page = min(number_of(request, "per_page", 30), 100), number_of(request, "page", 1)
    if (page - 1) * size >= CAP:
        raise RefusedError(
            422, {"message": "Only the first 1000 search results are available", "documentation_url": DOCS}
        )
    items = [one | {"score": 1.0, "body": one["body"] or ""} for one in found[:CAP][(page - 1) * size : page * size]]
    return Given({"total_count": len(found), "incomplete_results": False, "search_type": "lexical", "items": items})


def _meets(record: Record, name: str, value: str) -> bool:
    repo = "/".join(record["repository_url"].rsplit("/", 2)[1:])
    match name:
        case "is" | "type" if value in ("issue", "pr", "pull-request"):
            return ("pull_request" in record) is (value != "issue")
        case "is" | "state":
            return str(record["state"]) == value
        case "repo":
            return repo.lower() == value.lower()
        case "org" | "user":
            return fnmatchcase(repo.lower(), f"{value.lower()}/*")
        case "label":
            return value.lower() in [label["name"].lower() for label in record["labels"]]
        case "created":
            first, last = _span(value)
            created = str(record["created_at"])
            return (first or "") <= created <= (last or "9")
    raise RefusedError(422, {"message": f"the sandbox's search knows no {name}:", "documentation_url": DOCS})


async def _owner(site: GitHubSite, request: Request, _now: datetime) -> Given:
    owner = request.path_params["owner"]
    if not _repositories(site, owner):
        raise github_error(404, "Not Found", "/orgs/orgs#get-an-organization")
    record = owner_record(site, owner)
    api = f"{site.base_url}/orgs/{owner}"
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    flags = dict.fromkeys(("has_organization_projects", "has_repository_projects"), True)
    urls = {f"{name}_url": f"{api}/{name}" for name in ("hooks", "issues")}
    urls |= {"members_url": f"{api}/members{{/member}}", "public_members_url": f"{api}/public_members{{/member}}"}
    dates: Record = {"created_at": SINCE, "updated_at": SINCE, "archived_at": None, "description": None}
    return Given(record | counts | flags | urls | dates)


async def _owners_repositories(site: GitHubSite, request: Request, _now: datetime) -> Given:
    owner = request.path_params["owner"]
    found = [repository_record(site, one) for one in _repositories(site, owner)]
    return paged(request, site, found, f"/orgs/{owner}/repos")


def _repositories(site: GitHubSite, owner: str) -> list[Repository]:
    return [one for one in site.repositories.values() if one.owner.lower() == owner.lower()]


HANDLERS: list[tuple[str, str, Handler]] = [
    ("GET", "/repos/{owner}/{repo}/issues/{number:int}/sub_issues", _sub_issues),
    ("GET", "/repositories/{repository_id:int}/issues/{number:int}/sub_issues", _sub_issues),
    ("GET", "/repos/{owner}/{repo}/issues/{number:int}/timeline", _timeline),
    ("GET", "/repositories/{repository_id:int}/issues/{number:int}/timeline", _timeline),
    ("GET", "/repos/{owner}/{repo}/pulls", _pulls),
    ("GET", "/repos/{owner}/{repo}/releases", _releases),
    ("GET", "/repositories/{repository_id:int}/releases", _releases),
    ("GET", "/repos/{owner}/{repo}/actions/runs", _runs),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}/runs", _runs),
    ("GET", "/search/issues", _search),
    ("GET", "/orgs/{owner}", _owner),
    ("GET", "/orgs/{owner}/repos", _owners_repositories),
]
