"""Recorded records are served as they are, over HTTP."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from mapping.errors import FixConfigError
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.records import serve_records
from okrsync.sandbox.server import Sandbox
from tests.sandbox.conftest import github_client, jira_client

FOLDER = Path(os.environ.get("OKRSYNC_REAL_DATA", Path(__file__).parents[3] / "shared" / "real"))
Record = dict[str, Any]


def recorded(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {FOLDER}: set OKRSYNC_REAL_DATA to the folder of real records")
    return path


def test_recorded_jira_issues_are_served_with_all_their_fields(own: Sandbox) -> None:
    path = recorded("jira-issues.json")
    records: list[Record] = json.loads(path.read_text(encoding="utf-8"))
    serve_records(own, jira=path)
    jql = f"project in ({', '.join(sorted({record['fields']['project']['key'] for record in records}))}) ORDER BY id"
    with jira_client(own) as client:
        body = {"jql": jql, "fields": ["*all"], "maxResults": 100}
        issues = client.post("/rest/api/3/search/jql", json=body).json()["issues"]
        history = client.get(f"/rest/api/3/issue/{records[0]['key']}/changelog").json()
        fields = client.get("/rest/api/3/field").json()
        statuses = client.get("/rest/api/3/status").json()
        done = client.post("/rest/api/3/search/jql", json={"jql": f"statusCategory = Done AND {jql}"}).json()
        children = client.post("/rest/api/3/search/jql", json={"jql": "parent = K5-1"}).json()
    by_id = {record["id"]: record for record in records}
    assert len(issues) == len(by_id) == 33
    assert {issue["id"]: issue["fields"] for issue in issues} == {id_: one["fields"] for id_, one in by_id.items()}
    assert history["total"] == records[0]["changelog"]["total"]
    assert len([field for field in fields if field["custom"]]) >= 100
    assert len({status["id"] for status in statuses}) == len(statuses)
    expected = [id_ for id_, one in by_id.items() if one["fields"]["status"]["statusCategory"]["key"] == "done"]
    assert {issue["id"] for issue in done["issues"]} == set(expected)
    assert [issue["id"] for issue in children["issues"]] == ["20708"]


def test_recorded_github_records_are_served_doubles_included(own: Sandbox) -> None:
    path = recorded("github-issues.json")
    records: list[Record] = json.loads(path.read_text(encoding="utf-8"))
    serve_records(own, github=path)
    url = "/repos/panjf2000/ants/issues?state=all&per_page=20&direction=asc"
    served: list[Record] = []
    with github_client(own) as client:
        while url:
            answer: httpx.Response = client.get(url)
            served += answer.json()
            url = answer.links.get("next", {}).get("url", "")
        milestone = client.get("/repos/panjf2000/ants/milestones?state=all").json()
    assert len(served) == 42
    assert sorted(served, key=repr) == sorted(records, key=repr)
    assert max(Counter(record["node_id"] for record in served).values()) == 2
    assert [one["title"] for one in milestone] == ["v0.11.0"]


def issue(id_: str, key: str, **fields: object) -> Record:
    base: Record = {
        "project": {"id": "1", "key": key.partition("-")[0], "name": "Any"},
        "issuetype": {"id": "5", "name": "Story", "subtask": False, "hierarchyLevel": 0},
        "status": {"id": "7", "name": "Fertig", "statusCategory": {"id": 3, "key": "done", "name": "Fertig"}},
        "summary": "Something",
        "created": "2026-01-02T03:04:05.678+0800",
        "updated": "2026-01-02T03:04:05.678+0800",
    }
    return {"id": id_, "key": key, "self": "https://else.test/1", "fields": base | fields}


def test_metadata_is_gathered_from_the_records() -> None:
    odd = {"id": "7", "name": "Fertig", "statusCategory": {"id": 2, "key": "new", "name": "Neu"}}
    records = [
        issue("1", "A-1", customfield_10001=3.5),
        issue("2", "A-2", customfield_10002="x"),
        issue("3", "A-3", status=odd),
    ]
    site = JiraSite.from_records(records)
    custom = {field["id"]: field["schema"]["type"] for field in site.fields if field["custom"]}
    assert custom == {"customfield_10001": "number", "customfield_10002": "string"}
    assert [status["statusCategory"]["key"] for status in site.statuses] == ["done"], "what most issues say"
    assert [project["key"] for project in site.projects] == ["A"]


def test_records_as_a_search_answered_them_are_understood(own: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"issues": [issue("1", "A-1")], "isLast": True}))
    serve_records(own, jira=path)
    with jira_client(own) as client:
        body = {"jql": "project = A and created >= '2026-01-01 20:04'", "fields": ["summary"]}
        found = client.post("/rest/api/3/search/jql", json=body).json()
        info = client.get("/rest/api/3/serverInfo").json()
    assert [one["self"] for one in found["issues"]] == ["https://else.test/1"]
    assert info["baseUrl"] == own.jira_url


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ('{"total": 3}', "holds no list of issues"),
        ('[{"node_id": "x", "number": 1}]', "record 1 lacks id, key, fields"),
    ],
)
def test_a_file_with_something_else_is_refused(own: Sandbox, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(FixConfigError, match=message):
        serve_records(own, jira=path)
    with pytest.raises(FixConfigError, match="cannot be read"):
        serve_records(own, github=tmp_path / "missing.json")
