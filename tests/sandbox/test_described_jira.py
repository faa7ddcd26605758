"""Boards, and all that the Data Center answers, as Atlassian's own descriptions allow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from okrsync.sandbox.accounts import JIRA_DC_ACCOUNT
from okrsync.sandbox.jira_dc import data_center
from okrsync.sandbox.server import Sandbox, free_port, serving
from tests.sandbox.conftest import ANCHOR, jira_client, sandbox_at
from tests.sandbox.described import problems

AGILE = "jira-cloud-software-agile.json"
DATA_CENTER = "jira-dc-10.3-openapi.json"
Body = dict[str, Any]


@pytest.fixture(scope="module")
def both() -> Iterator[Sandbox]:
    sandbox = sandbox_at(free_port())
    sandbox.jira_dc = data_center(sandbox.jira, sandbox.jira_dc_url)
    with serving(sandbox, clock=lambda: ANCHOR):
        yield sandbox


@pytest.fixture(scope="module")
def center(both: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {JIRA_DC_ACCOUNT.token}"}
    with httpx.Client(base_url=both.jira_dc_url, headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/rest/agile/1.0/board", "/rest/agile/1.0/board?type=scrum&maxResults=8"),
        ("/rest/agile/1.0/board/{boardId}/configuration", "/rest/agile/1.0/board/1/configuration"),
        ("/rest/agile/1.0/board/{boardId}/configuration", "/rest/agile/1.0/board/2/configuration"),
    ],
)
def test_boards_of_cloud_are_as_described(both: Sandbox, path: str, url: str) -> None:
    with jira_client(both) as client:
        answer = client.get(url)
    assert answer.status_code == 200
    assert problems(AGILE, path, "get", answer.json()) == []


SEARCH: Body = {"jql": "project = SHOP ORDER BY key", "fields": ["*all"], "maxResults": 30, "expand": ["changelog"]}
CALLS: list[tuple[str, str, str, Body | None]] = [
    ("get", "/api/2/serverInfo", "/rest/api/2/serverInfo", None),
    ("get", "/api/2/myself", "/rest/api/2/myself", None),
    ("get", "/api/2/field", "/rest/api/2/field", None),
    ("get", "/api/2/status", "/rest/api/2/status", None),
    ("get", "/api/2/project", "/rest/api/2/project?includeArchived=true", None),
    ("get", "/api/2/project/{projectIdOrKey}", "/rest/api/2/project/SHOP", None),
    ("get", "/api/2/filter/{id}", "/rest/api/2/filter/10100", None),
    ("get", "/api/2/issue/{issueIdOrKey}", "/rest/api/2/issue/SHOP-7?expand=changelog", None),
    ("post", "/api/2/search", "/rest/api/2/search", SEARCH),
    ("post", "/api/2/search", "/rest/api/2/search", {"jql": "id in (1)", "validateQuery": False, "maxResults": 0}),
    ("get", "/agile/1.0/board/{boardId}/configuration", "/rest/agile/1.0/board/1/configuration", None),
]


@pytest.mark.parametrize(("method", "path", "url", "body"), CALLS, ids=[call[2] for call in CALLS])
def test_a_data_center_answers_as_described(
    center: httpx.Client, method: str, path: str, url: str, body: Body | None
) -> None:
    answer = center.request(method, url, json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    # of a list the description gives the shape of one entry
    for one in found if isinstance(found, list) else [found]:
        assert problems(DATA_CENTER, path, method, one) == []


def test_offsets_and_a_size_that_is_silently_lowered(both: Sandbox, center: httpx.Client) -> None:
    assert both.jira_dc is not None
    whole = center.post(
        "/rest/api/2/search", json={"jql": "project = SHOP", "fields": ["id"], "maxResults": 9999}
    ).json()
    assert whole["maxResults"] == 1000
    part = {"jql": "project = SHOP", "fields": ["id"], "startAt": 5, "maxResults": 3}
    page = center.post("/rest/api/2/search", json=part).json()
    assert page["total"] == whole["total"] == len(whole["issues"])
    assert page["issues"] == whole["issues"][5:8]


def test_values_that_are_gone_are_faults_or_warnings_as_asked(center: httpx.Client) -> None:
    asked: Body = {"jql": "id in (1, 2)"}
    assert center.post("/rest/api/2/search", json=asked).status_code == 400
    lenient = center.post("/rest/api/2/search", json=asked | {"validateQuery": False}).json()
    assert (lenient["total"], len(lenient["warningMessages"])) == (0, 2)


def test_stories_hang_on_their_epic_by_epic_link_alone(center: httpx.Client) -> None:
    def total(jql: str) -> int:
        found: int = center.post("/rest/api/2/search", json={"jql": jql, "maxResults": 0}).json()["total"]
        return found

    assert total("parent = SHOP-1") == 0
    assert total('"Epic Link" = SHOP-1') == total("cf[10014] in (SHOP-1)") > 5
    assert center.post("/rest/api/2/search", json={"jql": "parentEpic = SHOP-1"}).status_code == 400


def test_nobody_comes_in_without_an_account(both: Sandbox) -> None:
    with httpx.Client(base_url=both.jira_dc_url) as client:
        assert client.get("/rest/api/2/serverInfo").status_code == 200
        refused = client.get("/rest/api/2/myself")
    assert (refused.status_code, refused.headers["x-seraph-loginreason"]) == (401, "AUTHENTICATED_FAILED")
