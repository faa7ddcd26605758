"""Every answer is one that the vendor's own description allows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.described import ALL, FOLDER, GITHUB, JIRA, problems

Body = dict[str, Any]

SEARCH: Body = {"jql": "project = SHOP ORDER BY id", "fields": ["*all"], "maxResults": 20, "expand": "names,changelog"}
JIRA_CALLS: list[tuple[str, str, str, Body | None]] = [
    ("get", "/rest/api/3/serverInfo", "/rest/api/3/serverInfo", None),
    ("get", "/rest/api/3/myself", "/rest/api/3/myself", None),
    ("get", "/rest/api/3/field", "/rest/api/3/field", None),
    ("get", "/rest/api/3/status", "/rest/api/3/status", None),
    ("get", "/rest/api/3/statuscategory", "/rest/api/3/statuscategory", None),
    ("get", "/rest/api/3/issuetype", "/rest/api/3/issuetype", None),
    ("get", "/rest/api/3/resolution", "/rest/api/3/resolution", None),
    ("get", "/rest/api/3/project", "/rest/api/3/project", None),
    ("get", "/rest/api/3/project/search", "/rest/api/3/project/search?maxResults=2", None),
    ("get", "/rest/api/3/project/{projectIdOrKey}", "/rest/api/3/project/SHOP", None),
    ("get", "/rest/api/3/filter/search", "/rest/api/3/filter/search?expand=jql", None),
    ("get", "/rest/api/3/filter/{id}", "/rest/api/3/filter/10100", None),
    ("get", "/rest/api/3/search/jql", "/rest/api/3/search/jql?jql=project%3DSHOP&fields=summary,status", None),
    ("post", "/rest/api/3/search/jql", "/rest/api/3/search/jql", SEARCH),
    ("post", "/rest/api/3/search/jql", "/rest/api/3/search/jql", {"jql": "project = ZERO", "maxResults": 5000}),
    ("post", "/rest/api/3/search/approximate-count", "/rest/api/3/search/approximate-count", {"jql": "project = ZERO"}),
    ("post", "/rest/api/3/issue/bulkfetch", "/rest/api/3/issue/bulkfetch",
     {"issueIdsOrKeys": ["SHOP-1", "SHOP-2", "NONE-1"], "fields": ["*all"], "expand": ["changelog"]}),
    ("post", "/rest/api/3/changelog/bulkfetch", "/rest/api/3/changelog/bulkfetch",
     {"issueIdsOrKeys": ["SHOP-1", "SHOP-20"], "maxResults": 2}),
    ("post", "/rest/api/3/jql/parse", "/rest/api/3/jql/parse?validation=strict",
     {"queries": ["project = SHOP AND NOT (labels in (a, b) OR assignee = currentUser()) ORDER BY created DESC",
                  "parent is EMPTY", "this is no query", "universe = 42"]}),
    ("get", "/rest/api/3/issue/{issueIdOrKey}", "/rest/api/3/issue/SHOP-7?expand=changelog", None),
    ("get", "/rest/api/3/issue/{issueIdOrKey}/changelog", "/rest/api/3/issue/SHOP-7/changelog?maxResults=1", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "url", "body"), JIRA_CALLS, ids=[call[2] for call in JIRA_CALLS])
def test_jira_answers_as_described(jira: httpx.Client, method: str, path: str, url: str, body: Body | None) -> None:
    answer = jira.request(method, url, json=body)
    assert answer.status_code == 200, answer.text
    assert problems(JIRA, path, method, answer.json()) == []


GITHUB_CALLS = [
    ("/user", "/user"),
    ("/rate_limit", "/rate_limit"),
    ("/repos/{owner}/{repo}", "/repos/rivelle/storefront"),
    ("/repos/{owner}/{repo}/issues", "/repos/rivelle/storefront/issues?state=all&per_page=100"),
    ("/repos/{owner}/{repo}/issues", "/repos/rivelle/payments/issues?state=all&per_page=100"),
    ("/repos/{owner}/{repo}/issues/{issue_number}", "/repos/rivelle/payments/issues/1"),
    ("/repos/{owner}/{repo}/milestones", "/repos/rivelle/payments/milestones?state=all"),
    ("/repos/{owner}/{repo}/milestones/{milestone_number}", "/repos/rivelle/payments/milestones/2"),
    ("/repos/{owner}/{repo}/labels", "/repos/rivelle/payments/labels"),
]


@pytest.mark.parametrize(("path", "url"), GITHUB_CALLS, ids=[call[1] for call in GITHUB_CALLS])
def test_github_answers_as_described(github: httpx.Client, path: str, url: str) -> None:
    answer = github.get(url)
    assert answer.status_code == 200, answer.text
    assert problems(GITHUB, path, "get", answer.json()) == []


@pytest.mark.parametrize(
    ("path", "url", "status"),
    [
        ("/repos/{owner}/{repo}/issues/{issue_number}", "/repos/rivelle/payments/issues/9999", "404"),
        ("/repos/{owner}/{repo}/issues", "/repos/rivelle/payments/issues?state=everything", "422"),
        ("/repos/{owner}/{repo}", "/repos/rivelle/secret", "404"),
    ],
)
def test_github_refuses_as_described(github: httpx.Client, path: str, url: str, status: str) -> None:
    answer = github.get(url)
    assert answer.status_code == int(status)
    assert problems(GITHUB, path, "get", answer.json(), status) == []


def test_the_validator_finds_what_is_not_as_described() -> None:
    wrong = {"issues": [{"id": 5}], "total": 1}
    found = problems(JIRA, "/rest/api/3/search/jql", "post", wrong)
    assert len(found) == 2
    assert any("total" in line for line in found)


def test_no_description_is_missing_where_there_is_any() -> None:
    """A folder with half of the descriptions would skip in silence what nobody skipped on purpose."""
    there = [name for name in ALL if (FOLDER / name).is_file()]
    assert there in ([], list(ALL)), f"{FOLDER} lacks {', '.join(sorted(set(ALL) - set(there)))}"
