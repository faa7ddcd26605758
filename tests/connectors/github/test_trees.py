"""Sub-issues: the whole tree, across repositories, and never GitHub's own summary of it."""

from __future__ import annotations

import pytest

from mapping.errors import FixConfigError
from mapping.words import ItemState
from okrsync.sandbox.github_acts import add_sub_issue, take_sub_issue
from tests.connectors.github.stage import Stage, census, options, whole


def grown() -> Stage:
    """acme/shop#1 above #2 and acme/app#1; #2 above #3; #4 beside them."""
    stage = Stage()
    top, child, grandchild = (stage.issue(title) for title in ("Top", "Child", "Grandchild"))
    stage.issue("Beside")
    far = stage.issue("Far", repo="app", closed="completed", labels=["bug"])
    for parent, below in ((top, child), (top, far), (child, grandchild)):
        add_sub_issue(stage.site, parent, below, at=stage.at())
    return stage


@pytest.mark.parametrize("via", ["graphql", "rest"])
async def test_a_tree_is_all_below_an_issue_in_whatever_repository(via: str) -> None:
    stage = grown()
    async with stage.source(options(via=via)) as source:
        items = await whole(source, sub_issues_of="acme/shop#1")
    assert set(items) == {"acme/shop#2", "acme/shop#3", "acme/app#1"}
    assert items["acme/app#1"].state is ItemState.DONE
    assert items["acme/shop#3"].parent == items["acme/shop#2"].id
    assert items["acme/shop#2"].parent == stage.site.issue("acme/shop", 1)["node_id"]


async def test_both_ways_give_equal_trees() -> None:
    stage = grown()
    async with stage.source(options(via="graphql")) as one, stage.source(options(via="rest")) as other:
        assert await whole(one, sub_issues_of="acme/shop#1") == await whole(other, sub_issues_of="acme/shop#1")


async def test_depth_ends_the_descent_and_labels_narrow_what_belongs() -> None:
    stage = grown()
    async with stage.source() as source:
        assert set(await whole(source, sub_issues_of="acme/shop#1", depth=1)) == {"acme/shop#2", "acme/app#1"}
        assert set(await whole(source, sub_issues_of="acme/shop#1", labels=["Bug"])) == {"acme/app#1"}
        assert await whole(source, sub_issues_of="acme/shop#4") == {}


async def test_pitfall_8_the_summary_of_sub_issues_is_not_trusted() -> None:
    stage = grown()
    async with stage.source() as source:
        await census(source, sub_issues_of="acme/shop#1")
    bodies = b"".join(request.content for request, _, _ in stage.watch.calls)
    assert b"subIssues(" in bodies
    assert b"subIssuesSummary" not in bodies
    # the sandbox's summary says 0 of 0, and four issues of a hundred are counted all the same


async def test_a_sub_issue_taken_away_is_not_in_the_next_census() -> None:
    stage = grown()
    async with stage.source() as source:
        await census(source, sub_issues_of="acme/shop#1")
        take_sub_issue(stage.site, stage.site.issue("acme/shop", 3), at=stage.at())
        assert set(await whole(source, sub_issues_of="acme/shop#1")) == {"acme/shop#2", "acme/app#1"}


async def test_more_than_a_page_of_sub_issues_and_eight_levels_are_all_read() -> None:
    stage = Stage()
    parent = top = stage.issue("Top")
    for _ in range(8):
        child = stage.issue("Level")
        add_sub_issue(stage.site, parent, child, at=stage.at())
        parent = child
    for _ in range(120):
        add_sub_issue(stage.site, top, stage.issue("Wide"), at=stage.at())
    async with stage.source() as source:
        assert len(await whole(source, sub_issues_of="acme/shop#1")) == 128


@pytest.mark.parametrize("via", ["graphql", "rest"])
async def test_an_issue_that_is_not_there_is_named(via: str) -> None:
    async with Stage().source(options(via=via)) as source:
        with pytest.raises(FixConfigError, match="shop"):
            await census(source, sub_issues_of="acme/shop#77")
