"""A small GitHub to read from: REST lists with Link headers, and the two GraphQL queries, over one set of records."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

API = "https://api.github.com"
Json = dict[str, Any]


def issue(number: int, **changes: object) -> Json:
    """Return a record as "List repository issues" gives it: open, without labels, unless told otherwise."""
    repo = "acme/shop"
    return {
        "url": f"{API}/repos/{repo}/issues/{number}",
        "repository_url": f"{API}/repos/{repo}",
        "html_url": f"https://github.com/{repo}/issues/{number}",
        "id": 9000 + number,
        "node_id": f"I_{repo}_{number}",
        "number": number,
        "title": f"Issue {number}",
        "state": "open",
        "state_reason": None,
        "labels": [],
        "assignee": None,
        "milestone": None,
        "type": None,
        "comments": 0,
        "created_at": f"2026-01-{1 + number % 28:02d}T08:00:00Z",
        "updated_at": f"2026-02-{1 + number % 28:02d}T08:00:00Z",
        "closed_at": None,
    } | changes


def closed(number: int, reason: str | None = "completed", **changes: object) -> Json:
    return issue(number, state="closed", state_reason=reason, closed_at="2026-03-01T10:00:00Z", **changes)


def pull_request(number: int, *, merged_at: str | None = None, **changes: object) -> Json:
    return issue(number, pull_request={"merged_at": merged_at}, draft=False, node_id=f"PR_{number}", **changes)


def label(name: str) -> Json:
    return {"id": 1, "name": name, "color": "3eede7"}


@dataclass
class Server:
    """Answers what okrsync asks of GitHub. ``before`` may answer instead, for faults."""

    issues: list[Json] = field(default_factory=list)
    milestones: list[Json] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    elsewhere: list[Json] = field(default_factory=list)
    """Records that are in no list of ours but can be read one by one: parents in other repositories."""
    page: int = 100
    before: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
    asked: list[httpx.Request] = field(default_factory=list)
    knows_duplicate_flag: bool = True
    link: bool = True
    shows_pulls: bool = True
    user: Json | None = field(default_factory=lambda: {"login": "octo-acme"})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.before(request) or self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, query = (
            request.url.path,
            {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()},
        )
        if path == "/graphql":
            return self.graphql(json.loads(request.content))
        if path == "/user":
            return httpx.Response(200, json=self.user) if self.user else refused(403, "Resource not accessible")
        if path == "/rate_limit":
            rate = {"limit": 5000, "remaining": 4990, "reset": 1}
            return httpx.Response(200, json={"resources": {"core": rate, "graphql": rate}})
        if path == "/repos/acme/shop":
            return httpx.Response(200, json={"full_name": "acme/shop", "has_issues": True})
        if path == "/repos/acme/shop/pulls" and not self.shows_pulls:
            return refused(403, "Resource not accessible")
        labels = [label(name) for name in self.labels]
        lists = {"milestones": self.milestones, "labels": labels, "pulls": []}
        if path.removeprefix("/repos/acme/shop/") in lists:
            return self.listed(request, lists[path.removeprefix("/repos/acme/shop/")], query)
        if path == "/repos/acme/shop/issues":
            found = [record for record in self.issues if matches(record, query)]
            return self.listed(request, in_order_of(found, query), query)
        for record in (*self.issues, *self.elsewhere):
            if f"{API}{path}" == record["url"]:
                return httpx.Response(200, json=record)
        return refused(404, "Not Found")

    def listed(self, request: httpx.Request, records: list[Json], query: dict[str, str]) -> httpx.Response:
        number = int(query.get("page", "1"))
        size = min(self.page, int(query.get("per_page", "30")))
        links = []
        if number > 1:
            links.append(f'<{request.url.copy_merge_params({"page": number - 1})}>; rel="prev"')
        if number * size < len(records):
            links.append(f'<{request.url.copy_merge_params({"page": number + 1})}>; rel="next"')
        headers = {"link": ", ".join(links)} if links and self.link else {}
        return httpx.Response(200, json=records[(number - 1) * size : number * size], headers=headers)

    def graphql(self, asked: Json) -> httpx.Response:
        if "enableDuplicate" in asked["query"] and not self.knows_duplicate_flag:
            return failed("Field 'stateReason' doesn't accept argument 'enableDuplicate'")
        variables = asked["variables"]
        if "ids" in variables:
            known = {record["node_id"]: node(record) for record in self.issues}
            nodes = [known.get(id_) for id_ in variables["ids"]]
            gone = [
                {"type": "NOT_FOUND", "path": ["nodes", index], "message": "Could not resolve to a node"}
                for index, found in enumerate(nodes)
                if found is None
            ]
            return httpx.Response(200, json={"data": {"nodes": nodes}} | ({"errors": gone} if gone else {}))
        if (variables["owner"], variables["name"]) != ("acme", "shop"):
            return failed("Could not resolve to a Repository", "NOT_FOUND", path=["repository"])
        return self.graphql_issues(variables)

    def graphql_issues(self, variables: Json) -> httpx.Response:
        wanted = variables["filter"]
        records = [record for record in self.issues if not record.get("pull_request") and passes(record, wanted)]
        start, size = int(variables["after"] or 0), min(self.page, variables["first"])
        page = {
            "totalCount": len(records),
            "pageInfo": {"hasNextPage": start + size < len(records), "endCursor": str(start + size)},
            "nodes": [node(record) for record in records[start : start + size]],
        }
        return httpx.Response(200, json={"data": {"repository": {"issues": page}}})


def in_order_of(records: list[Json], query: dict[str, str]) -> list[Json]:
    """Sort by time of update where that is asked for; other lists stay as they were written."""
    return sorted(records, key=lambda record: str(record["updated_at"])) if query.get("sort") == "updated" else records


def matches(record: Json, query: dict[str, str]) -> bool:
    """Filter as the REST list does: all labels, milestone by number, state open unless told otherwise."""
    names = {name["name"].lower() for name in record["labels"]}
    return (
        (query.get("state", "open") == "all" or record["state"] == query.get("state", "open"))
        and all(name.lower() in names for name in query.get("labels", "").split(",") if name)
        and ("milestone" not in query or str((record["milestone"] or {}).get("number")) == query["milestone"])
        and ("assignee" not in query or (record["assignee"] or {}).get("login") == query["assignee"])
        and record["updated_at"] >= query.get("since", "")
    )


def passes(record: Json, wanted: Json) -> bool:
    """Filter as ``IssueFilters`` does: any of the labels."""
    names = {name["name"].lower() for name in record["labels"]}
    return (
        ("labels" not in wanted or any(name.lower() in names for name in wanted["labels"]))
        and (
            "milestoneNumber" not in wanted
            or str((record["milestone"] or {}).get("number")) == wanted["milestoneNumber"]
        )
        and ("assignee" not in wanted or (record["assignee"] or {}).get("login") == wanted["assignee"])
        and record["updated_at"] >= wanted.get("since", "")
    )


def node(record: Json) -> Json:
    """Return the GraphQL node of a REST record."""
    pull = record.get("pull_request")
    state = "MERGED" if pull and pull["merged_at"] else record["state"].upper()
    return {
        "__typename": "PullRequest" if pull else "Issue",
        "id": record["node_id"],
        "number": record["number"],
        "title": record["title"],
        "url": record["html_url"],
        "createdAt": record["created_at"],
        "updatedAt": record["updated_at"],
        "closedAt": record["closed_at"],
        "repository": {"nameWithOwner": record["repository_url"].removeprefix(f"{API}/repos/")},
        "labels": {"nodes": [{"name": name["name"]} for name in record["labels"]]},
        "assignees": {"nodes": [{"login": record["assignee"]["login"]}] if record["assignee"] else []},
        "milestone": {"title": record["milestone"]["title"]} if record["milestone"] else None,
        "comments": {"totalCount": record["comments"]},
    } | (
        {"pullRequestState": state, "mergedAt": pull["merged_at"], "isDraft": record["draft"]}
        if pull
        else {
            "state": state,
            "stateReason": record["state_reason"].upper() if record["state_reason"] else None,
            "issueType": {"name": record["type"]["name"]} if record["type"] else None,
            "parent": {"id": record["parent_node_id"]} if record.get("parent_node_id") else None,
        }
    )


def refused(status: int, message: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"message": message}, headers=headers)


def failed(message: str, type_: str | None = None, path: list[str | int] | None = None) -> httpx.Response:
    """Return GraphQL's way to fail: status 200 and ``errors``."""
    error: Json = {"message": message} | ({"type": type_} if type_ else {}) | ({"path": path} if path else {})
    return httpx.Response(200, json={"data": None, "errors": [error]})
