"""The GitHub server: lists with links, pull requests among the issues, refusals, ETags, and GraphQL beside REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from okrsync.sandbox import company
from okrsync.sandbox.accounts import GITHUB_ACCOUNT
from okrsync.sandbox.server import Sandbox
from tests.sandbox.conftest import ANCHOR, github_client

ISSUES = "/repos/rivelle/storefront/issues"
Record = dict[str, Any]


def walk(client: httpx.Client, url: str, **params: str | int) -> list[Record]:
    found: list[Record] = []
    answer = client.get(url, params=params)
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()
        following = answer.links.get("next")
        if following is None:
            return found
        answer = client.get(following["url"])


def test_following_the_links_gives_every_record_once(github: httpx.Client) -> None:
    found = walk(github, ISSUES, state="all", per_page=9, direction="asc")
    assert [record["number"] for record in found] == list(range(1, 69))


def test_links_say_where_we_are_and_go_by_the_repositorys_number(github: httpx.Client) -> None:
    second = github.get(ISSUES, params={"state": "all", "per_page": 30, "page": 2})
    assert set(second.links) == {"prev", "next", "last", "first"}
    assert "/repositories/" in second.links["next"]["url"]
    assert "state=all" in second.links["next"]["url"]
    last = github.get(second.links["last"]["url"])
    assert set(last.links) == {"prev", "first"}


def test_only_open_ones_are_listed_when_nothing_is_said(github: httpx.Client) -> None:
    states = {record["state"] for record in walk(github, ISSUES)}
    assert states == {"open"}


def test_pull_requests_stand_among_the_issues(github: httpx.Client) -> None:
    found = walk(github, ISSUES, state="all")
    pulls = [record for record in found if "pull_request" in record]
    assert pulls
    assert all(record["state_reason"] is None for record in pulls)
    merged = [record for record in pulls if record["pull_request"]["merged_at"]]
    assert merged
    assert all(record["state"] == "closed" for record in merged)


def test_all_the_ways_of_closing_are_there(github: httpx.Client) -> None:
    found = walk(github, ISSUES, state="closed") + walk(github, "/repos/rivelle/payments/issues", state="closed")
    assert {record["state_reason"] for record in found} == {"completed", "not_planned", "duplicate", None}


def test_filters_narrow_the_list(github: httpx.Client) -> None:
    everything = walk(github, ISSUES, state="all")
    barriers = walk(github, ISSUES, state="all", labels="Accessibility")
    since = sorted(record["updated_at"] for record in everything)[40]
    recent = walk(github, ISSUES, state="all", since=since)
    assert {r["number"] for r in barriers} == {
        r["number"] for r in everything if any(label["name"] == "accessibility" for label in r["labels"])
    }
    assert {r["number"] for r in recent} == {r["number"] for r in everything if r["updated_at"] >= since}
    assert walk(github, ISSUES, state="all", labels="accessibility,bug") == []


def test_milestones_count_pull_requests_too_as_github_does(github: httpx.Client) -> None:
    milestone = github.get("/repos/rivelle/payments/milestones/2").json()
    inside = walk(github, "/repos/rivelle/payments/issues", state="all", milestone=2)
    assert milestone["open_issues"] + milestone["closed_issues"] == len(inside)
    assert any("pull_request" in record for record in inside)
    outside = walk(github, "/repos/rivelle/payments/issues", state="all", milestone="none")
    within = walk(github, "/repos/rivelle/payments/issues", state="all", milestone="*")
    assert len(outside) + len(within) == 52


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/repos/rivelle/secret", 404),
        ("/repos/rivelle/secret/issues", 404),
        (f"{ISSUES}/4000", 404),
        (f"{ISSUES}?sort=priority", 422),
        (f"{ISSUES}?since=yesterday", 422),
        (f"{ISSUES}?milestone=77", 422),
        (f"{ISSUES}?page=101", 422),
        ("/nowhere", 404),
    ],
)
def test_what_cannot_be_given_is_refused_in_githubs_shape(github: httpx.Client, url: str, status: int) -> None:
    answer = github.get(url)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert answer.json()["documentation_url"].startswith("https://docs.github.com")


@pytest.mark.parametrize(("header", "message"), [("Bearer wrong", "Bad credentials"), ("", "Requires authentication")])
def test_wrong_credentials_are_refused(shared: Sandbox, header: str, message: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{shared.github_url}/user", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["message"] == message


def test_an_unchanged_list_is_answered_304_and_costs_nothing(own: Sandbox) -> None:
    with github_client(own) as client:
        first = client.get(ISSUES)
        again = client.get(ISSUES, headers={"If-None-Match": first.headers["etag"]})
        number = first.json()[0]["number"]
        own.github.close(own.github.issue("rivelle/storefront", number), at=ANCHOR, by=company.INES)
        changed = client.get(ISSUES, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert "x-ratelimit-used" not in again.headers
    assert changed.status_code == 200
    used = [int(answer.headers["x-ratelimit-used"]) for answer in (first, changed)]
    assert used[1] == used[0] + 1


def test_a_deleted_issue_is_gone_and_one_that_never_was_is_unknown(own: Sandbox) -> None:
    own.github.delete("rivelle/storefront", 5)
    with github_client(own) as client:
        assert client.get(f"{ISSUES}/5").status_code == 410
        assert client.get(f"{ISSUES}/500").status_code == 404
        assert 5 not in [record["number"] for record in walk(client, ISSUES, state="all")]


def ask(client: httpx.Client, query: str, **variables: object) -> Record:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200
    found: Record = answer.json()
    return found


FIELDS = """
fragment Common on Issue { number title state stateReason(enableDuplicate: true) updated: updatedAt closedAt
  labels(first: 10) { nodes { name } } milestone { title number } author { login } }
"""
LIST = (
    """
query ($owner: String!, $name: String!, $after: String, $filter: IssueFilters, $size: Int = 7) {
  repository(owner: $owner, name: $name) {
    issues(first: $size, after: $after, filterBy: $filter, orderBy: {field: CREATED_AT, direction: ASC}) {
      totalCount pageInfo { hasNextPage endCursor } nodes { __typename id ...Common }
    }
  }
}
"""
    + FIELDS
)


def walk_graphql(client: httpx.Client, **filters: object) -> list[Record]:
    after, nodes = None, []
    while True:
        found = ask(client, LIST, owner="rivelle", name="storefront", after=after, filter=filters)
        issues = found["data"]["repository"]["issues"]
        nodes += issues["nodes"]
        after = issues["pageInfo"]["endCursor"]
        if not issues["pageInfo"]["hasNextPage"]:
            assert issues["totalCount"] == len(nodes)
            return nodes


@pytest.mark.parametrize(
    "filters", [{}, {"labels": ["accessibility"]}, {"states": ["OPEN"]}, {"since": "2026-10-20T00:00:00Z"}]
)
def test_graphql_gives_the_same_issues_as_rest(github: httpx.Client, filters: dict[str, Any]) -> None:
    params: dict[str, str | int] = {"state": "all", "direction": "asc", "per_page": 100}
    params |= {"labels": ",".join(filters["labels"])} if "labels" in filters else {}
    params |= {"state": "open"} if "states" in filters else {}
    params |= {"since": filters["since"]} if "since" in filters else {}
    rest = [record for record in walk(github, ISSUES, **params) if "pull_request" not in record]
    expected = [
        {
            "__typename": "Issue",
            "id": record["node_id"],
            "number": record["number"],
            "title": record["title"],
            "state": record["state"].upper(),
            "stateReason": record["state_reason"] and record["state_reason"].upper(),
            "updated": record["updated_at"],
            "closedAt": record["closed_at"],
            "labels": {"nodes": [{"name": label["name"]} for label in record["labels"]]},
            "milestone": record["milestone"],
            "author": {"login": record["user"]["login"]},
        }
        for record in rest
    ]
    assert expected
    assert walk_graphql(github, **filters) == expected


def test_nodes_are_found_by_id_whatever_they_are_and_missing_ones_are_null(github: httpx.Client) -> None:
    found = walk(github, ISSUES, state="all", per_page=100)
    issue = next(record for record in found if "pull_request" not in record)
    pull = next(record for record in found if "pull_request" in record and record["pull_request"]["merged_at"])
    query = """query ($ids: [ID!]!) {
      nodes(ids: $ids) { __typename ... on PullRequest { merged state } ... on Issue { number } } }"""
    answer = ask(github, query, ids=[issue["node_id"], "I_nowhere", pull["node_id"]])
    assert answer["data"]["nodes"] == [
        {"__typename": "Issue", "number": issue["number"]},
        None,
        {"__typename": "PullRequest", "merged": True, "state": "MERGED"},
    ]
    assert [error["type"] for error in answer["errors"]] == ["NOT_FOUND"]
    assert answer["errors"][0]["path"] == ["nodes", 1]


def test_a_duplicate_shows_as_such_only_to_those_who_ask(own: Sandbox) -> None:
    record = own.github.issue("rivelle/storefront", 1)
    own.github.close(record, at=ANCHOR + timedelta(minutes=1), by=company.INES, reason="duplicate")
    query = """query($id: ID!) { node(id: $id) {
      ... on Issue { plain: stateReason all: stateReason(enableDuplicate: true) } } }"""
    with github_client(own) as client:
        assert ask(client, query, id=record["node_id"])["data"]["node"] == {"plain": "NOT_PLANNED", "all": "DUPLICATE"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('{ repository(owner: "a", name: "b") { id } }', "Could not resolve to a Repository with the name 'a/b'."),
        ("{ viewer { shoeSize } }", "Field 'shoeSize' doesn't exist on type 'User'"),
        ("{ viewer }", "Field must have selections"),
        ("{ viewer { login }", "Unexpected end of document"),
        ("mutation { closeIssue { clientMutationId } }", "queries only"),
        ("query ($id: ID!) { node(id: $id) { id } }", "Variable $id was provided invalid value"),
        ("{ viewer { ...Gone } }", "Fragment Gone was used, but not defined"),
        ("fragment A on User { ...A } query { viewer { ...A } }", "infinite loop"),
        (
            '{ repository(owner: "rivelle", name: "payments") { issues(first: 101) { totalCount } } }',
            "exceeds the `first` limit of 100 records",
        ),
        ('{ repository(owner: "rivelle", name: "payments") { issues { totalCount } } }', "You must provide a `first`"),
    ],
)
def test_a_faulty_graphql_query_is_answered_200_with_errors(github: httpx.Client, query: str, message: str) -> None:
    errors = ask(github, query)["errors"]
    assert message in errors[0]["message"]


def test_fragments_that_ask_for_parts_of_one_thing_are_put_together(github: httpx.Client) -> None:
    query = """
    query ($yes: Boolean = true) { rateLimit { limit } viewer { ...A ... on Actor { login } name @skip(if: $yes) } }
    fragment A on User { id @include(if: $yes) }
    """
    answer = ask(github, query)["data"]
    assert list(answer["viewer"]) == ["id", "login"]
    assert answer["viewer"]["login"] == GITHUB_ACCOUNT.person.login
    assert answer["rateLimit"] == {"limit": 5000}


def test_the_last_page_can_be_read_backwards(github: httpx.Client) -> None:
    query = """{ repository(owner: "rivelle", name: "storefront") {
      issues(last: 3) { pageInfo { hasPreviousPage hasNextPage } edges { cursor node { number } } } } }"""
    issues = ask(github, query)["data"]["repository"]["issues"]
    numbers = [
        record["number"]
        for record in walk(github, ISSUES, state="all", direction="asc")
        if "pull_request" not in record
    ]
    assert [edge["node"]["number"] for edge in issues["edges"]] == numbers[-3:]
    assert issues["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}
