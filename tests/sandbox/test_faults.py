"""The fault script: each fault does to the answer what it says, to the requests it names, and the ledger shows it."""

from __future__ import annotations

import json

import httpx
import pytest

from okrsync.sandbox import company, faults
from okrsync.sandbox.accounts import JIRA_ACCOUNT
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.server import Sandbox
from tests.sandbox.conftest import ANCHOR, github_client, jira_client

SEARCH = "/rest/api/3/search/jql"
ISSUES = "/repos/rivelle/storefront/issues"
SHOP = {"jql": "project = SHOP ORDER BY created", "maxResults": 50}


def test_a_status_with_headers_strikes_as_often_as_asked(own: Sandbox) -> None:
    own.jira_faults.add(faults.status(429, {"errorMessages": ["slow"]}, {"Retry-After": "7"}), "*/myself", times=2)
    with jira_client(own) as client:
        answers = [client.get("/rest/api/3/myself") for _ in range(3)]
        other = client.get("/rest/api/3/field")
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json() == {"errorMessages": ["slow"]}
    assert other.status_code == 200
    assert [asked.fault for asked in own.jira_ledger] == ["status 429", "status 429", "", ""]
    assert [asked.status for asked in own.jira_ledger] == [429, 429, 200, 200]


def test_only_the_nth_request_is_struck(own: Sandbox) -> None:
    own.github_faults.add(faults.status(502), f"{ISSUES}*", method="GET", nth=2)
    with github_client(own) as client:
        assert [client.get(ISSUES).status_code for _ in range(3)] == [200, 502, 200]


def test_a_login_page_comes_with_200_and_html(own: Sandbox) -> None:
    own.jira_faults.add(faults.login_page(), SEARCH)
    with jira_client(own) as client:
        answer = client.post(SEARCH, json=SHOP)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Log in" in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (faults.cut(30), httpx.RemoteProtocolError),
        (faults.cut(0), httpx.RemoteProtocolError),
        (faults.content_length(10_000_000), httpx.RemoteProtocolError),
        (faults.drop(), httpx.RemoteProtocolError),
    ],
    ids=["cut", "cut at once", "promises more", "dropped"],
)
def test_a_broken_connection_is_one_to_the_client(own: Sandbox, change: faults.Change, error: type[Exception]) -> None:
    own.jira_faults.add(change, SEARCH, times=1)
    with jira_client(own) as client:
        with pytest.raises(error):
            client.post(SEARCH, json=SHOP)
        assert client.post(SEARCH, json=SHOP).status_code == 200, "the server lives on"


def test_a_dropped_connection_shows_as_status_0(own: Sandbox) -> None:
    own.jira_faults.add(faults.drop(), "*", times=1)
    with jira_client(own) as client, pytest.raises(httpx.TransportError):
        client.get("/rest/api/3/field")
    assert [asked.status for asked in own.jira_ledger] == [0]


def test_a_length_that_is_too_small_loses_the_end(own: Sandbox) -> None:
    own.jira_faults.add(faults.content_length(20), SEARCH)
    with jira_client(own) as client:
        answer = client.post(SEARCH, json=SHOP)
    assert len(answer.content) == 20


def test_a_truncated_page_is_proper_http_with_broken_json(own: Sandbox) -> None:
    own.jira_faults.add(faults.truncate(100), SEARCH)
    with jira_client(own) as client:
        answer = client.post(SEARCH, json=SHOP)
    assert len(answer.content) == 100
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()


def test_a_warning_is_added_to_a_search(own: Sandbox) -> None:
    own.jira_faults.add(faults.warnings(), SEARCH)
    with jira_client(own) as client:
        found = client.post(SEARCH, json=SHOP).json()
    assert found["warnings"][0]["type"] == "JQL_FUNCTION_LIMIT_EXCEEDED"
    assert len(found["issues"]) == 50


@pytest.mark.parametrize("jql", ["project = SHOP", "project = ZERO"], ids=["many pages", "a single page"])
def test_a_repeated_page_goes_round_for_ever(own: Sandbox, jql: str) -> None:
    own.jira_faults.add(faults.repeat_page(), SEARCH)
    token, seen = None, []
    with jira_client(own) as client:
        for _ in range(4):
            found = client.post(SEARCH, json={"jql": jql, "maxResults": 50, "nextPageToken": token}).json()
            token = found["nextPageToken"]
            seen.append((token, found["issues"][0]["id"], found["isLast"]))
    assert len(set(seen)) == 1


def test_a_repeated_link_leads_to_the_same_page(own: Sandbox) -> None:
    own.github_faults.add(faults.repeat_page(), ISSUES)
    with github_client(own) as client:
        answer = client.get(ISSUES, params={"per_page": 5})
        again = client.get(answer.links["next"]["url"])
    assert again.url == answer.url
    assert again.json() == answer.json()


def test_a_repeated_cursor_goes_round_for_ever(own: Sandbox) -> None:
    own.github_faults.add(faults.repeat_page(), "/graphql")
    query = """query($after: String) { repository(owner: "rivelle", name: "payments") {
      issues(first: 90, after: $after) { pageInfo { hasNextPage endCursor } nodes { number } } } }"""
    cursors: list[str] = []
    with github_client(own) as client:
        for _ in range(3):
            body = {"query": query, "variables": {"after": cursors[-1] if cursors else None}}
            info = client.post("/graphql", json=body).json()["data"]["repository"]["issues"]["pageInfo"]
            assert info["hasNextPage"] is True
            cursors.append(info["endCursor"])
    assert len(set(cursors)) == 1


def test_a_chain_of_pages_can_break_off(own: Sandbox) -> None:
    own.jira_faults.add(faults.no_next_page(), SEARCH)
    own.github_faults.add(faults.no_next_page(), ISSUES)
    with jira_client(own) as jira, github_client(own) as github:
        found = jira.post(SEARCH, json=SHOP).json()
        listed = github.get(ISSUES, params={"per_page": 5})
    assert found["isLast"] is False
    assert "nextPageToken" not in found
    assert listed.links == {}


def test_graphql_errors_come_with_200_beside_the_data(own: Sandbox) -> None:
    own.github_faults.add(faults.graphql_errors(), "/graphql")
    with github_client(own) as client:
        answer = client.post("/graphql", json={"query": "{ viewer { login } }"})
    assert answer.status_code == 200
    assert answer.json()["data"]["viewer"]
    assert answer.json()["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"


def test_the_world_can_change_between_two_pages(own: Sandbox) -> None:
    own.jira_faults.add(
        faults.mutate(lambda: own.jira.transition("SHOP-2", "Done", at=ANCHOR, by=company.INES)), SEARCH, nth=1
    )
    asked = {"jql": "key = SHOP-2", "fields": ["status"]}
    with jira_client(own) as client:
        before, after = (client.post(SEARCH, json=asked).json()["issues"][0]["fields"]["status"] for _ in range(2))
    assert (before["name"], after["name"]) == ("In Progress", "Done")


def test_a_late_answer_is_right(own: Sandbox) -> None:
    own.jira_faults.add(faults.delay(0.3), SEARCH, times=1)
    with jira_client(own) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(SEARCH, json=SHOP, timeout=0.05)
        assert client.post(SEARCH, json=SHOP).status_code == 200


def test_an_answer_can_come_byte_by_byte(own: Sandbox) -> None:
    own.jira_faults.add(faults.drip(0.001), "*/myself", times=1)
    with jira_client(own) as client, client.stream("GET", "/rest/api/3/myself") as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 10
    assert json.loads(b"".join(pieces))["active"] is True


def test_several_faults_are_applied_in_turn_and_can_be_lifted(own: Sandbox) -> None:
    own.jira_faults.add(faults.warnings(), SEARCH)
    own.jira_faults.add(faults.truncate(0), SEARCH)
    with jira_client(own) as client:
        assert client.post(SEARCH, json=SHOP).content == b""
        own.jira_faults.clear()
        assert client.post(SEARCH, json=SHOP).json()["isLast"] is False
    assert [asked.fault for asked in own.jira_ledger] == ["warnings, truncate", ""]


def test_the_ledger_keeps_requests_but_no_secrets(own: Sandbox) -> None:
    with jira_client(own) as client:
        client.post(SEARCH, json=SHOP)
        client.get("/rest/api/3/project/search", params={"maxResults": "2"})
    searches = own.jira_ledger.matching(SEARCH, "POST")
    assert [asked.json()["jql"] for asked in searches] == [SHOP["jql"]]
    assert own.jira_ledger.matching("*/project/search")[0].params() == {"maxResults": "2"}
    assert searches[0].headers["authorization"] == "Basic"
    assert JIRA_ACCOUNT.token not in repr(own.jira_ledger)
    assert len(own.jira_ledger) == 2
    own.jira_ledger.clear()
    assert len(own.jira_ledger) == 0


def test_a_rule_counts_only_what_it_names() -> None:
    fault = faults.Fault(name="x", change=faults.drop(), path="/a/*", method="POST", nth=2)
    asked = [Asked(method="POST", path="/a/1"), Asked(method="GET", path="/a/1"), Asked(method="POST", path="/b")]
    assert [fault.strikes(one) for one in [*asked, asked[0], asked[0]]] == [False, False, False, True, False]
    assert json.loads(faults.status(503, {"x": 1})(asked[0], faults.Reply(status=200, headers={}, body=b"")).body) == {
        "x": 1
    }
