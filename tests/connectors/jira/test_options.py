from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.jira import JiraOptions, JiraSelection

ACCOUNT = {"url": "https://acme.atlassian.net/", "email": "sync@acme.test", "token": "t0k3n-made-up"}


def test_a_site_needs_its_address_an_account_and_a_token() -> None:
    options = JiraOptions.model_validate(ACCOUNT)
    assert options.url == "https://acme.atlassian.net"
    assert "t0k3n-made-up" not in repr(options)
    assert "Won't Do" in options.wont_do


@pytest.mark.parametrize(
    "url", ["http://acme.atlassian.net", "acme.atlassian.net", "https://a:b@acme.test", "https://acme.test/?x=1", ""]
)
def test_an_address_that_would_leak_or_lead_nowhere_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        JiraOptions.model_validate(ACCOUNT | {"url": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/jira", "http://localhost:1", "http://[::1]:1"])
def test_loopback_may_speak_plain_http(url: str) -> None:
    assert JiraOptions.model_validate(ACCOUNT | {"url": url}).url == url


def test_an_empty_token_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValidationError, match="is empty"):
        JiraOptions.model_validate(ACCOUNT | {"token": " "})


def test_story_points_have_one_place_to_be_named() -> None:
    with pytest.raises(ValidationError, match="story_points: customfield_1"):
        JiraOptions.model_validate(ACCOUNT | {"fields": {"story_points": "customfield_1"}})


@pytest.mark.parametrize(
    ("selection", "restriction"),
    [
        ({"jql": "type = Bug OR type = Defect ORDER BY rank"}, "type = Bug OR type = Defect"),
        ({"project": "CHK"}, 'project = "CHK"'),
        ({"filter": 123}, "filter = 123"),
        ({"filter": "123"}, "filter = 123"),
        ({"filter": 'Open "bugs"'}, 'filter = "Open \\"bugs\\""'),
    ],
)
def test_most_ways_of_selecting_are_one_query(selection: dict[str, object], restriction: str) -> None:
    chosen = JiraSelection.model_validate(selection)
    assert (chosen.restriction(), chosen.roots) == (restriction, ())


@pytest.mark.parametrize(
    ("selection", "roots"),
    [
        ({"epic": "chk-12"}, ("CHK-12",)),
        ({"epics": ["CHK-2", "CHK-1", "CHK-2"]}, ("CHK-1", "CHK-2")),
        ({"issue": "PLAN-1", "depth": 3}, ("PLAN-1",)),
    ],
)
def test_the_others_are_all_that_is_below_some_issues(selection: dict[str, object], roots: tuple[str, ...]) -> None:
    assert JiraSelection.model_validate(selection).roots == roots


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"project": "CHK", "depth": 2}, "with project there is none"),
        ({"epic": "CHK-1", "depth": 0}, "greater than or equal to 1"),
        ({"epic": "CHK-1", "issue": "CHK-2"}, "epic and issue"),
        ({"depth": 2}, "there is none"),
    ],
)
def test_a_depth_goes_with_an_issue_to_go_down_from(selection: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JiraSelection.model_validate(selection)


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({}, "there is none"),
        ({"epic": "CHK-1", "project": "CHK"}, "there is epic and project"),
        ({"epic": "CHK"}, "no issue key"),
        ({"epic": 'CHK-1" OR x'}, "no issue key"),
        ({"epics": []}, "at least 1"),
        ({"jql": "project = A) OR (project = B"}, "never opened"),
        ({"jql": "ORDER BY created"}, "restricts nothing"),
        ({"filter": True}, "is no filter"),
        ({"project": ""}, "at least 1"),
        ({"sprint": 3}, "Extra inputs"),
    ],
)
def test_a_selection_that_says_nothing_or_too_much_is_refused(selection: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JiraSelection.model_validate(selection)


def test_equal_epics_make_equal_selections_in_whatever_order() -> None:
    assert JiraSelection.model_validate({"epics": ["B-1", "a-2"]}) == JiraSelection.model_validate(
        {"epics": ["A-2", "B-1"]}
    )
