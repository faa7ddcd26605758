"""The Jira server: paging, limits, errors and history as Jira Cloud has them."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from jira import JIRA

from okrsync.sandbox import company
from okrsync.sandbox.accounts import JIRA_ACCOUNT
from okrsync.sandbox.jira_words import STORY_POINTS
from okrsync.sandbox.server import Sandbox
from tests.sandbox.conftest import ANCHOR, jira_client

SEARCH = "/rest/api/3/search/jql"
SHOP = "project = SHOP ORDER BY created, key"


def page(client: httpx.Client, **body: object) -> dict[str, Any]:
    answer = client.post(SEARCH, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def walk(client: httpx.Client, **body: object) -> list[str]:
    ids: list[str] = []
    token = None
    while True:
        found = page(client, **body, nextPageToken=token)
        ids += [issue["id"] for issue in found["issues"]]
        token = found.get("nextPageToken")
        assert found["isLast"] is (token is None)
        if token is None:
            return ids


def test_ids_alone_come_up_to_5000_a_page_and_nothing_but_ids(jira: httpx.Client) -> None:
    found = page(jira, jql=SHOP, maxResults=5000)
    assert found["isLast"] is True
    assert "nextPageToken" not in found
    assert "total" not in found
    assert len(found["issues"]) == 218
    assert all(issue.keys() == {"id"} for issue in found["issues"])


def test_real_fields_come_100_a_page_however_many_are_asked_for(jira: httpx.Client) -> None:
    found = page(jira, jql=SHOP, maxResults=5000, fields=["summary"])
    assert len(found["issues"]) == 100
    assert found["nextPageToken"]
    assert found["issues"][0]["fields"].keys() == {"summary"}


def test_pages_together_hold_every_issue_once(jira: httpx.Client) -> None:
    whole = [issue["id"] for issue in page(jira, jql=SHOP, maxResults=5000)["issues"]]
    assert walk(jira, jql=SHOP, maxResults=37, fields=["status"]) == whole
    assert len(set(whole)) == len(whole)


def test_a_token_goes_on_behind_the_last_issue_though_the_world_changed(own: Sandbox) -> None:
    with jira_client(own) as client:
        first = page(client, jql=SHOP, maxResults=10)
        own.jira.delete(own.jira.issues[first["issues"][-1]["id"]]["key"])
        second = page(client, jql=SHOP, maxResults=10, nextPageToken=first["nextPageToken"])
    seen = {issue["id"] for issue in first["issues"]}
    assert len(second["issues"]) == 10
    assert seen.isdisjoint(issue["id"] for issue in second["issues"])


def test_a_token_of_another_search_is_refused(jira: httpx.Client) -> None:
    token = page(jira, jql=SHOP, maxResults=10)["nextPageToken"]
    for body in ({"jql": "project = ZERO", "nextPageToken": token}, {"jql": SHOP, "nextPageToken": "%%%"}):
        answer = jira.post(SEARCH, json=body)
        assert answer.status_code == 400
        assert "nextPageToken" in answer.json()["errorMessages"][0]


def test_get_and_post_search_agree(jira: httpx.Client) -> None:
    params = {"jql": SHOP, "fields": "summary,labels", "maxResults": "20"}
    got = jira.get(SEARCH, params=params).json()
    assert got["issues"] == page(jira, jql=SHOP, fields=["summary", "labels"], maxResults=20)["issues"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"jql": "order by created"}, "Unbounded"),
        ({"jql": SHOP, "maxResults": 0}, "maxResults"),
        ({"jql": SHOP, "startAt": 0}, "Invalid request payload"),
        ({"jql": SHOP, "reconcileIssues": list(range(51))}, "reconcileIssues"),
        ([], "error parsing JSON"),
    ],
)
def test_a_faulty_search_is_refused(jira: httpx.Client, body: object, message: str) -> None:
    answer = jira.post(SEARCH, json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {}
    assert message in answer.json()["errorMessages"][0]


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_old_search_is_gone(jira: httpx.Client, version: int, method: str) -> None:
    answer = jira.request(method, f"/rest/api/{version}/search")
    assert answer.status_code == 410
    assert "CHANGE-2046" in answer.json()["errorMessages"][0]


@pytest.mark.parametrize("auth", [None, ("okrsync@rivelle.test", "wrong"), ("else@rivelle.test", JIRA_ACCOUNT.token)])
def test_wrong_credentials_are_refused(shared: Sandbox, auth: tuple[str, str] | None) -> None:
    answer = httpx.get(f"{shared.jira_url}/rest/api/3/myself", auth=auth)
    assert answer.status_code == 401
    assert answer.json()["errorMessages"]
    assert JIRA_ACCOUNT.token not in answer.text


def test_the_server_says_what_it_is_without_credentials(shared: Sandbox) -> None:
    said = httpx.get(f"{shared.jira_url}/rest/api/3/serverInfo").json()
    assert said["deploymentType"] == "Cloud"
    assert said["baseUrl"] == shared.jira_url


def test_bulk_fetch_gives_known_issues_by_ascending_id_and_leaves_out_the_rest(jira: httpx.Client) -> None:
    wanted = {"issueIdsOrKeys": ["SHOP-9", "shop-3", "99999", "NOPE-1", "SHOP-3"], "fields": ["status"]}
    found = jira.post("/rest/api/3/issue/bulkfetch", json=wanted).json()
    ids = [int(issue["id"]) for issue in found["issues"]]
    assert sorted(issue["key"] for issue in found["issues"]) == ["SHOP-3", "SHOP-9"]
    assert ids == sorted(ids)
    assert found["issueErrors"] == []


def test_bulk_fetch_takes_no_more_than_100(jira: httpx.Client) -> None:
    answer = jira.post("/rest/api/3/issue/bulkfetch", json={"issueIdsOrKeys": [str(n) for n in range(101)]})
    assert answer.status_code == 400
    assert "100" in answer.json()["errorMessages"][0]


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(own: Sandbox) -> None:
    id_ = own.jira.get("GROW-3")["id"]
    own.jira.move("GROW-3", "SHOP-900", at=ANCHOR + timedelta(minutes=1), by=company.INES)
    with jira_client(own) as client:
        by_old_key = client.get("/rest/api/3/issue/GROW-3").json()
        found = page(client, jql="project = SHOP and key = GROW-3", fields=["project"])
        gone = page(client, jql="project = GROW", maxResults=5000)
    assert (by_old_key["id"], by_old_key["key"]) == (id_, "SHOP-900")
    assert [issue["key"] for issue in found["issues"]] == ["SHOP-900"]
    assert len(gone["issues"]) == 39


def test_a_deleted_issue_is_absent_everywhere(own: Sandbox) -> None:
    id_ = own.jira.get("SHOP-20")["id"]
    own.jira.delete("SHOP-20")
    with jira_client(own) as client:
        assert client.get(f"/rest/api/3/issue/{id_}").status_code == 404
        assert client.post("/rest/api/3/issue/bulkfetch", json={"issueIdsOrKeys": [id_]}).json()["issues"] == []
        assert id_ not in walk(client, jql=SHOP, maxResults=5000)


def test_with_an_epic_its_children_lose_their_parent_and_a_storys_sub_tasks_are_gone(own: Sandbox) -> None:
    with jira_client(own) as client:
        stories = walk(client, jql="parent = SHOP-1")
        story = next(id_ for id_ in stories if own.jira.issues[id_]["fields"]["subtasks"])
        parts = [part["id"] for part in own.jira.issues[story]["fields"]["subtasks"]]
        own.jira.delete("SHOP-1")
        orphans = walk(client, jql="project = SHOP and parent is EMPTY", maxResults=5000)
        own.jira.delete(own.jira.issues[story]["key"])
        left = walk(client, jql="project = SHOP", maxResults=5000)
    assert set(stories) <= set(orphans)
    assert parts
    assert set(left).isdisjoint([story, *parts])


def test_bulk_changelogs_come_oldest_first_over_all_pages(jira: httpx.Client) -> None:
    ids = [issue["id"] for issue in page(jira, jql=SHOP, maxResults=40)["issues"]]
    body: dict[str, object] = {"issueIdsOrKeys": ids, "maxResults": 11}
    entries: list[tuple[str, str]] = []
    while True:
        found = jira.post("/rest/api/3/changelog/bulkfetch", json=body).json()
        entries += [(one["created"], one["id"]) for log in found["issueChangeLogs"] for one in log["changeHistories"]]
        if "nextPageToken" not in found:
            break
        body["nextPageToken"] = found["nextPageToken"]
    assert len(entries) > 40
    assert [created for created, _ in entries] == sorted(created for created, _ in entries)
    assert len({id_ for _, id_ in entries}) == len(entries)


def test_bulk_changelogs_can_be_narrowed_to_fields(jira: httpx.Client) -> None:
    ids = [issue["id"] for issue in page(jira, jql="parent = SHOP-1", maxResults=40)["issues"]]
    body = {"issueIdsOrKeys": ids, "fieldIds": [STORY_POINTS]}
    logs = jira.post("/rest/api/3/changelog/bulkfetch", json=body).json()["issueChangeLogs"]
    named = {item["field"] for log in logs for entry in log["changeHistories"] for item in entry["items"]}
    assert named == {"Story Points"}


def test_expand_gives_only_the_newest_40_entries_and_the_endpoint_gives_all(own: Sandbox) -> None:
    for number in range(60):
        own.jira.rename("SHOP-30", f"Name {number}", at=ANCHOR + timedelta(minutes=number), by=company.INES)
    with jira_client(own) as client:
        expanded = client.get("/rest/api/3/issue/SHOP-30", params={"expand": "changelog"}).json()["changelog"]
        listed = client.get("/rest/api/3/issue/SHOP-30/changelog").json()
    assert len(expanded["histories"]) == 40
    assert expanded["histories"][0]["items"][0]["toString"] == "Name 59"
    assert len(listed["values"]) == listed["total"] >= 60


def test_project_pages_can_be_followed_to_the_end(jira: httpx.Client) -> None:
    url, keys = "/rest/api/3/project/search?maxResults=2", []
    while url:
        found = jira.get(url).json()
        keys += [project["key"] for project in found["values"]]
        url = found.get("nextPage", "")
    assert keys == ["GROW", "SHOP", "ZERO"]
    assert found["isLast"] is True


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/rest/api/3/project/NOPE", 404),
        ("/rest/api/3/issue/NOPE-1", 404),
        ("/rest/api/3/filter/4711", 400),
        ("/rest/api/3/nowhere", 404),
        ("/rest/api/3/jql/parse", 405),
    ],
)
def test_what_is_not_there_is_refused_in_jiras_shape(jira: httpx.Client, url: str, status: int) -> None:
    answer = jira.get(url)
    assert answer.status_code == status
    assert answer.json()["errorMessages"]


def test_exactly_one_field_looks_like_story_points(jira: httpx.Client) -> None:
    fields = jira.get("/rest/api/3/field").json()
    candidates = [
        field["id"]
        for field in fields
        if "story point" in field["name"].lower() or "story-points" in field["schema"].get("custom", "")
    ]
    assert candidates == [STORY_POINTS]


def test_answers_carry_the_burst_limit(jira: httpx.Client) -> None:
    headers = jira.get("/rest/api/3/myself").headers
    assert int(headers["X-RateLimit-Limit"]) > int(headers["X-RateLimit-Remaining"])


def test_the_jira_library_can_talk_to_it(shared: Sandbox) -> None:
    auth = (JIRA_ACCOUNT.person.email, JIRA_ACCOUNT.token)
    client = JIRA(server=shared.jira_url, basic_auth=auth, max_retries=0, timeout=5)
    with contextlib.closing(client):
        assert client.server_info()["deploymentType"] == "Cloud"
        assert client.myself()["timeZone"] == "Europe/Paris"
        assert {project.key for project in client.projects()} == {"SHOP", "ZERO", "GROW"}
        assert {status.statusCategory.key for status in client.statuses()} == {"new", "indeterminate", "done"}
        assert len(client.fields()) > 20
        assert {"Epic", "Sub-task"} <= {type_.name for type_ in client.issue_types()}
        issues = client.search_issues("project = ZERO", maxResults=False, fields=["summary"], json_result=False)
        assert len(issues) == 34
