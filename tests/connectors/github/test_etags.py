"""Conditional requests: only for what one answer tells whole, only for personal tokens, never for lists of issues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from connectors.github import etags
from connectors.github.options import GitHubOptions
from okrsync.sandbox import company
from okrsync.sandbox.github_acts import release
from tests.connectors.github.stage import START, Stage, census, options, samples
from tests.connectors.github.test_apps import app_options, with_app


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    etags._kept.clear()
    yield
    etags._kept.clear()


def statuses(stage: Stage, ending: str) -> list[int]:
    return [status for request, status, _ in stage.watch.calls if request.url.path.endswith(ending)]


async def twice(stage: Stage, given: GitHubOptions | None = None) -> None:
    for _ in range(2):
        async with stage.source(given or options()) as source:
            await census(source, repo="acme/shop", milestone="v1")


def planned(stage: Stage) -> Stage:
    stage.site.add_milestone(stage.repository(), "v1", by=company.INES, at=START, due=START)
    return stage


async def test_milestones_that_did_not_change_are_not_sent_again() -> None:
    stage = planned(Stage())
    await twice(stage)
    assert statuses(stage, "/milestones") == [200, 304]
    stage.site.add_milestone(stage.repository(), "v2", by=company.INES, at=START, due=START)
    await twice(stage)
    assert statuses(stage, "/milestones") == [200, 304, 200, 304]


async def test_the_hourly_tokens_of_an_app_make_etags_void_so_none_is_kept() -> None:
    stage = planned(with_app())
    await twice(stage, app_options())
    assert statuses(stage, "/milestones") == [200, 200]
    assert not etags._kept


async def test_another_token_does_not_get_what_was_kept_for_the_first() -> None:
    stage = planned(Stage())
    await twice(stage)
    assert all("sandbox-github" not in part for key in etags._kept for part in key)
    stage.site.account = replace(stage.site.account, token="another-made-up-token")
    await twice(stage, GitHubOptions(token=SecretStr("another-made-up-token")))
    assert statuses(stage, "/milestones") == [200, 304, 200, 304]
    assert len({key[0] for key in etags._kept}) == 2


async def test_pitfall_22_a_list_of_several_pages_is_not_kept_by_its_first() -> None:
    stage = Stage()
    for number in range(101):
        release(stage.repository(), f"v{number}", at=START)
    for _ in range(2):
        async with stage.source() as source:
            assert (await samples(source, repo="acme/shop", series="releases"))[-1].value == 101
    assert set(statuses(stage, "/releases")) == {200}


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_pitfall_22_lists_of_issues_are_asked_for_each_time(via: str) -> None:
    stage = Stage()
    stage.issue()
    for _ in range(2):
        async with stage.source(options(via=via)) as source:
            assert len((await census(source, repo="acme/shop")).ids) == 1
    assert not etags._kept
    assert all("if-none-match" not in request.headers for request, _, _ in stage.watch.calls)


async def test_what_is_kept_has_an_end() -> None:
    stage = Stage()
    for number in range(etags.MOST + 5):
        stage.site.add_repository("acme", f"lib-{number}", id_=5000 + number)
    async with stage.source() as source:
        await samples(source, owner="acme", repos_matching="lib-*", series="releases")
    assert len(etags._kept) == etags.MOST
