"""A replayed Jira Cloud on loopback, because the jira library speaks through requests and takes no stand-in transport.

It refuses what the API description does not know (a body with an unknown member, too many ids), so that every test is
also one of the requests' shape.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.connectors.served import Answer, Asked, answering

SEARCH = "/rest/api/3/search/jql"
BULK = "/rest/api/3/issue/bulkfetch"
COUNT = "/rest/api/3/search/approximate-count"
CHANGES = "/rest/api/3/changelog/bulkfetch"

Record = dict[str, Any]  # a record of Jira as JSON: any shape, that is what the connector must cope with


Fault = Callable[[Asked], Answer | None]


def error(*messages: str, status: int = 400) -> Answer:
    return Answer({"errorMessages": list(messages), "errors": {}}, status)


def status(id_: str, name: str, category: str) -> Record:
    return {"id": id_, "name": name, "statusCategory": {"id": 2, "key": category, "name": category.title()}}


TODO, DOING, DONE = status("1", "To Do", "new"), status("2", "Doing", "indeterminate"), status("3", "Done", "done")
POINTS = {
    "id": "customfield_10016",
    "name": "Story Points",
    "schema": {"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float"},
}


def issue(number: int, *, now: Record = TODO, key: str = "", **fields: object) -> Record:
    """Return an ``IssueBean`` as a site in Shanghai gives it."""
    base: Record = {
        "summary": f"Issue {number}",
        "status": now,
        "issuetype": {"id": "10001", "name": "Story", "subtask": False, "hierarchyLevel": 0},
        "labels": [],
        "created": "2026-10-01T16:06:08.713+0800",
        "updated": "2026-10-20T16:06:08.713+0800",
        "resolution": None,
        "assignee": None,
    }
    if now is DONE:
        base |= {"resolutiondate": "2026-10-20T16:06:08.000+0800", "resolution": {"id": "10000", "name": "Done"}}
    return {"id": str(10000 + number), "key": key or f"CHK-{number}", "fields": base | fields}


@dataclass
class Site:
    """What the server knows. ``faults`` are asked first, in order; the first that answers has answered."""

    issues: list[Record] = field(default_factory=list)
    fields: list[Record] = field(default_factory=lambda: [POINTS])
    statuses: list[Record] = field(default_factory=lambda: [TODO, DOING, DONE])
    projects: list[Record] = field(default_factory=lambda: [{"id": "1", "key": "CHK", "name": "Checkout"}])
    faults: list[Fault] = field(default_factory=list)
    matches: Callable[[str], list[Record]] | None = None
    """Which issues a query matches; all by default: the tests of JQL look at its text."""
    id_page: int = 5000
    record_page: int = 100
    change_page: int = 1000
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        faults = (played for fault in self.faults if (played := fault(asked)) is not None)
        answer = next(faults, None) or self._right_answer(asked)
        return replace(answer, headers={"date": "Mon, 02 Nov 2026 09:00:00 GMT"} | answer.headers)

    def to(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def _right_answer(self, asked: Asked) -> Answer:
        fixed: dict[str, object] = {
            "/rest/api/3/field": self.fields,
            "/rest/api/3/status": self.statuses,
            "/rest/api/3/myself": {"accountId": "5b1", "displayName": "Sync", "timeZone": "Asia/Shanghai"},
            "/rest/api/2/serverInfo": {"deploymentType": "Cloud", "serverTitle": "Acme", "version": "1001.0.0"},
        }
        if asked.method == "GET" and asked.path in fixed:
            return Answer(fixed[asked.path])
        if asked.method == "GET":
            return self._named(asked)
        known: dict[str, tuple[set[str], Callable[[Asked], Answer]]] = {
            SEARCH: ({"jql", "fields", "maxResults", "nextPageToken", "reconcileIssues"}, self._search),
            BULK: ({"issueIdsOrKeys", "fields", "fieldsByKeys"}, self._bulk),
            CHANGES: ({"issueIdsOrKeys", "maxResults", "nextPageToken", "fieldIds"}, self._changes),
            COUNT: ({"jql"}, lambda asked: Answer({"count": len(self._matching(asked))})),
        }
        if asked.path not in known:
            return error("null for uri", status=404)
        members, handler = known[asked.path]
        if unknown := set(asked.body) - members:
            return error(f"unknown members {unknown}")
        return handler(asked)

    def _named(self, asked: Asked) -> Answer:
        *_, kind, name = asked.path.split("/")
        if kind == "issue" and (found := self._found(name)):
            return Answer(found)
        if asked.path == "/rest/api/3/project/search":
            return Answer({"values": [one for one in self.projects if one["key"] == asked.query["keys"]]})
        return error("Issue does not exist or you do not have permission to see it.", status=404)

    def _matching(self, asked: Asked) -> list[Record]:
        return self.issues if self.matches is None else self.matches(asked.body["jql"])

    def _search(self, asked: Asked) -> Answer:
        ids_only = asked.body["fields"] == ["id"]
        size = min(asked.body["maxResults"], self.id_page if ids_only else self.record_page)
        start = int(asked.body.get("nextPageToken", "0"))
        found = self._matching(asked)
        page = [{"id": one["id"]} if ids_only else _shown(one, asked) for one in found[start : start + size]]
        if start + size >= len(found):
            return Answer({"issues": page, "isLast": True})
        return Answer({"issues": page, "nextPageToken": str(start + size)})

    def _bulk(self, asked: Asked) -> Answer:
        wanted = asked.body["issueIdsOrKeys"]
        if not 0 < len(wanted) <= 100:
            return error("only 1 to 100 issues can be fetched at once")
        named = {one[kind]: one for kind in ("formerKey", "key", "id") for one in self.issues if kind in one}
        found = {one["id"]: one for name in wanted if (one := named.get(name))}
        return Answer({"issues": [_shown(one, asked) for one in found.values()], "issueErrors": []})

    def _changes(self, asked: Asked) -> Answer:
        """Give changes by time over all issues, ``change_page`` at once."""
        issues = [one for one in self.issues if one["id"] in asked.body["issueIdsOrKeys"]]
        told = [(str(entry["created"]), one["id"], entry) for one in issues for entry in self.histories(one)]
        told.sort(key=lambda each: each[:2])
        start = int(asked.body.get("nextPageToken", "0"))
        logs = [
            {"issueId": id_, "changeHistories": [entry]} for _, id_, entry in told[start : start + self.change_page]
        ]
        if start + self.change_page >= len(told):
            return Answer({"issueChangeLogs": logs})
        return Answer({"issueChangeLogs": logs, "nextPageToken": str(start + self.change_page)})

    @staticmethod
    def histories(one: Record) -> list[Record]:
        found: list[Record] = one.get("changelog", {}).get("histories", [])
        return found

    def _found(self, name: str) -> Record | None:
        return next((one for one in self.issues if name in {one["id"], one.get("key"), one.get("formerKey")}), None)


def _shown(one: Record, asked: Asked) -> Record:
    if not isinstance(one.get("fields"), dict):
        return one
    return one | {"fields": {name: value for name, value in one["fields"].items() if name in asked.body["fields"]}}


def serving(site: Site) -> AbstractContextManager[str]:
    """Serve a site, and give its address."""
    return answering(site.answer)
