"""Searches, only where asked for; and repositories by owner and pattern, issue types, assignees."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from pydantic import ValidationError

from connectors.github.selection import GitHubSelection
from mapping.errors import FixConfigError, PartialReadError
from mapping.words import Selection
from okrsync.sandbox.github_acts import add_sub_issue, set_type
from tests.connectors.github.stage import START, Stage, census, options, whole


async def test_a_search_finds_across_repositories_and_is_told_what_is_meant() -> None:
    stage = Stage()
    stage.issue("Checkout fails", labels=["bug"])
    stage.issue("Checkout is slow", repo="app", labels=["bug"], closed="completed")
    stage.issue("Checkout", pull=True, labels=["bug"])
    stage.issue("Basket")
    async with stage.source() as source:
        assert set(await whole(source, search="checkout org:acme")) == {"acme/shop#1", "acme/app#1"}
        assert set(await whole(source, search="checkout", kind="both")) == {"acme/shop#1", "acme/app#1", "acme/shop#2"}
        assert set(await whole(source, search="label:bug is:open is:issue")) == {"acme/shop#1"}
    queries = [request.url.params["q"] for request, _, _ in stage.watch.calls if request.url.path == "/search/issues"]
    assert queries == [
        "checkout org:acme is:issue",
        "checkout is:issue",
        "checkout is:pull-request",
        "label:bug is:open is:issue",
    ]


async def test_pitfall_20_more_than_a_thousand_results_are_cut_by_the_time_of_creation() -> None:
    stage = Stage()
    for number in range(2300):
        stage.issue(at=START + timedelta(minutes=13 * number))
    async with stage.source() as source:
        found = await census(source, search="repo:acme/shop")
    assert len(found.ids) == len(set(found.ids)) == 2300
    async with stage.source() as source:
        with pytest.raises(FixConfigError, match="cannot be cut by created:"):
            await census(source, search="repo:acme/shop created:2026-01-01..2027-01-01")


async def test_pitfall_20_a_search_that_ran_out_of_time_is_partial() -> None:
    stage = Stage()
    answer = {"total_count": 1, "incomplete_results": True, "items": []}
    stage.answer = lambda request: httpx.Response(200, json=answer)
    async with stage.source() as source:
        with pytest.raises(PartialReadError, match="incomplete_results"):
            await census(source, search="checkout")


async def test_a_search_that_gives_fewer_than_it_counts_is_partial() -> None:
    stage = Stage()
    answer = {"total_count": 3, "incomplete_results": False, "items": []}
    stage.answer = lambda request: httpx.Response(200, json=answer)
    async with stage.source() as source:
        with pytest.raises(PartialReadError, match=r"counted 3 results .* gave 0"):
            await census(source, search="checkout")


async def test_a_search_that_gives_one_result_twice_lacks_another_and_is_partial() -> None:
    stage = Stage()
    twice = stage.issue("Checkout fails")
    answer = {"total_count": 2, "incomplete_results": False, "items": [twice, twice]}
    stage.answer = lambda request: httpx.Response(200, json=answer)
    async with stage.source() as source:
        with pytest.raises(PartialReadError, match=r"counted 2 results .* gave 1"):
            await census(source, search="checkout")


async def test_a_search_that_says_what_is_meant_wants_no_kind() -> None:
    async with Stage().source() as source:
        with pytest.raises(FixConfigError, match="take kind out"):
            await census(source, search="checkout is:pr", kind="issues")


async def test_a_glimpse_counts_a_search() -> None:
    stage = Stage()
    stage.issue("Checkout fails")
    async with stage.source() as source:
        glimpse = await source.glimpse(Selection.of("hub", {"search": "checkout"}))
    assert (glimpse.matches, glimpse.example) == (1, "acme/shop#1 Checkout fails")


@pytest.mark.parametrize("via", ["graphql", "rest"])
async def test_an_owners_repositories_are_chosen_by_pattern_and_archived_ones_left_out_when_told(via: str) -> None:
    stage = Stage()
    stage.site.add_repository("umbrella", "shop", id_=3000)
    old = stage.site.add_repository("acme", "shop-old", id_=3001)
    old.archived = True
    for repo in ("shop", "shop-old", "app"):
        stage.issue(repo=repo)
    async with stage.source(options(via=via)) as source:
        assert set(await whole(source, owner="acme")) == {"acme/shop#1", "acme/shop-old#1", "acme/app#1"}
        assert set(await whole(source, owner="acme", repos_matching="Shop*")) == {"acme/shop#1", "acme/shop-old#1"}
        assert set(await whole(source, owner="acme", archived=False)) == {"acme/shop#1", "acme/app#1"}
        glimpse = await source.glimpse(Selection.of("hub", {"owner": "acme"}))
        assert glimpse.matches == 3
        with pytest.raises(FixConfigError, match="no repositories of acme named x-\\*"):
            await census(source, owner="acme", repos_matching="x-*")
        with pytest.raises(FixConfigError, match="nobody"):
            await census(source, owner="nobody")


@pytest.mark.parametrize("via", ["graphql", "rest"])
async def test_an_issue_type_narrows_whatever_its_case(via: str) -> None:
    stage = Stage()
    for number in range(3):
        set_type(stage.site, stage.issue(), "Bug" if number else "Feature", at=stage.at())
    stage.issue()
    async with stage.source(options(via=via)) as source:
        found = await whole(source, repo="acme/shop", type="bug")
    assert set(found) == {"acme/shop#2", "acme/shop#3"}
    assert {item.kind for item in found.values()} == {"bug"}


async def test_an_issue_type_narrows_a_tree_as_well() -> None:
    stage = Stage()
    top, bug, other = stage.issue(), stage.issue(), stage.issue()
    for child in (bug, other):
        add_sub_issue(stage.site, top, child, at=stage.at())
    set_type(stage.site, bug, "Bug", at=stage.at())
    async with stage.source() as source:
        assert set(await whole(source, sub_issues_of="acme/shop#1", type="Bug")) == {"acme/shop#2"}


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"repo": "a/b", "owner": "a"}, "name one repository"),
        ({"owner": "a/b"}, "is no owner"),
        ({"project": "5"}, "is no project"),
        ({"sub_issues_of": "a/b/12"}, "is no sub_issues_of"),
        ({"repo": "a/b", "repos_matching": "x"}, "repos_matching goes with owner"),
        ({"repo": "a/b", "weight": "x"}, "weight goes with project"),
        ({"repo": "a/b", "depth": 2}, "depth goes with sub_issues_of"),
        ({"repo": "a/b", "archived": False}, "archived goes with"),
        ({"search": "x", "labels": ["y"]}, "write it into the search"),
        ({"repo": "a/b", "type": "Bug", "kind": "both"}, "pull requests have none"),
        ({"project": "a/1", "milestone": 3}, "write its title"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(terms: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GitHubSelection.model_validate(terms)
