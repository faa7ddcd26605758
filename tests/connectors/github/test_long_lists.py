"""Long lists over GraphQL: ids in lanes, fields of what is new or changed, and the same membership as a full read."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from mapping.errors import FixConfigError
from mapping.words import ItemState
from okrsync.sandbox import company
from tests.connectors.github.stage import START, Stage, census, changed, options, whole

MANY = 700


def stocked(count: int = MANY) -> Stage:
    stage = Stage()
    for number in range(count):
        stage.issue(f"Issue {number}", at=START + timedelta(minutes=7 * number), labels=["bug"] if number % 2 else [])
    stage.tick = 7 * count
    return stage


async def test_a_long_list_gives_ids_and_only_the_first_page_brings_records() -> None:
    stage = stocked()
    async with stage.source() as source:
        pulled = await census(source, repo="acme/shop")
        assert len(pulled.ids) == len(set(pulled.ids)) == MANY
        assert 0 < len(pulled.items) <= 100
        assert source.requests() <= 6


async def test_reading_by_ids_completes_it_to_what_rest_gives() -> None:
    stage = stocked()
    async with stage.source() as one, stage.source(options(via="rest")) as other:
        assert await whole(one, repo="acme/shop") == await whole(other, repo="acme/shop")


async def test_what_changed_is_read_and_nothing_else() -> None:
    stage = stocked()
    mark = stage.at()
    async with stage.source() as source:
        record = stage.site.issue("acme/shop", 5)
        stage.site.close(record, at=stage.at(), by=company.INES)
        new = stage.issue("New")
        await census(source, repo="acme/shop")
        before = source.requests()
        items = await changed(source, mark, repo="acme/shop")
        assert set(items) == {"acme/shop#5", f"acme/shop#{new['number']}"}
        assert items["acme/shop#5"].state is ItemState.DONE
        assert source.requests() - before == 2  # the changes, and the labels


async def test_a_short_list_brings_everything_so_nothing_is_asked_twice() -> None:
    stage = stocked(30)
    async with stage.source() as source:
        pulled = await census(source, repo="acme/shop")
        assert len(pulled.items) == 30
        assert await changed(source, START, repo="acme/shop") == {}
        assert source.requests() == 1


async def test_deleted_transferred_and_unlabelled_issues_leave_the_census_at_once() -> None:
    stage = stocked()
    async with stage.source() as source:
        before = set((await census(source, repo="acme/shop", labels=["bug"])).ids)
        for number in (2, 4):
            stage.site.delete("acme/shop", number)
        stage.site.relabel("acme/shop", 6, [], at=stage.at())
        after = set((await census(source, repo="acme/shop", labels=["bug"])).ids)
        assert len(before) == MANY // 2
        assert len(before - after) == 3
        assert not after - before


async def test_pitfall_28_a_label_of_another_name_is_seen_though_no_issue_was_touched() -> None:
    stage = stocked()
    mark = stage.at()
    later = stage.at()
    async with stage.source() as source:
        await census(source, repo="acme/shop")
        (label,) = [one for one in stage.repository().labels if one["name"] == "bug"]
        label |= {"name": "defect", "updated_at": later.strftime("%Y-%m-%dT%H:%M:%SZ")}
        items = await changed(source, mark, repo="acme/shop")
    assert len(items) == MANY // 2
    assert {item.labels for item in items.values()} == {("defect",)}


async def test_all_labels_must_match_also_where_only_ids_are_listed() -> None:
    stage = stocked()
    stage.site.relabel("acme/shop", 8, ["bug", "checkout"], at=stage.at())
    async with stage.source() as source:
        assert len((await census(source, repos=["acme/shop"], labels=["Bug", "checkout"])).ids) == 1
    stage = stocked()
    for number in range(2, MANY, 2):
        stage.site.relabel("acme/shop", number, ["bug", "checkout"], at=stage.at())
    stage.site.relabel("acme/shop", 1, ["checkout"], at=stage.at())
    async with stage.source() as source:
        assert len((await census(source, repo="acme/shop", labels=["bug", "checkout"])).ids) == (MANY - 1) // 2


async def test_many_repositories_share_queries() -> None:
    stage = Stage()
    for number in range(95):
        repository = stage.site.add_repository("acme", f"lib-{number}", id_=2000 + number)
        for _ in range(3):
            stage.issue(repo=repository.name)
    async with stage.source() as source:
        pulled = await census(source, owner="acme", repos_matching="lib-*")
        assert len(pulled.ids) == 3 * 95
        assert source.requests() == 3  # the repositories, and ninety lanes and five of them
        assert len(await whole(source, owner="acme", repos_matching="LIB-1*")) == 33


@pytest.mark.parametrize("status", [200, 502])
async def test_lanes_too_heavy_for_github_are_asked_for_by_halves(status: int) -> None:
    heavy = 0

    def weak(request: httpx.Request) -> httpx.Response | None:
        nonlocal heavy
        if request.content.count(b": repository(owner") <= 4:
            return None
        heavy += 1
        error = {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."}
        return httpx.Response(status, json={"data": {"lane0": None}, "errors": [error]})

    stage = stocked(1500)
    stage.answer = weak
    async with stage.source() as source:
        assert len((await census(source, repo="acme/shop")).ids) == 1500
    assert 1 <= heavy <= 3


async def test_a_server_without_graphql_is_read_over_rest_unless_graphql_was_insisted_on() -> None:
    def missing(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404, json={"message": "Not Found"}) if request.url.path == "/graphql" else None

    stage = stocked(120)
    stage.answer = missing
    async with stage.source() as source:
        assert len((await census(source, repo="acme/shop")).items) == 120
        assert await changed(source, START, repo="acme/shop") == {}
        await census(source, repo="acme/shop")
    assert [request.url.path for request, _, _ in stage.watch.calls].count("/graphql") == 1
    async with stage.source(options(via="graphql")) as source:
        with pytest.raises(FixConfigError, match="no GraphQL API"):
            await census(source, repo="acme/shop")


async def test_rest_reads_a_long_list_by_slices_of_the_time_of_update_side_by_side() -> None:
    stage = stocked(950)
    async with stage.source(options(via="rest")) as source:
        pulled = await census(source, repo="acme/shop")
        assert sorted(pulled.items) == sorted(record["node_id"] for record in stage.repository().records)
        assert source.requests() <= 26  # ten pages, and the ends of eight slices


@pytest.mark.parametrize("kind", ["issues", "both"])
async def test_an_issue_that_leaves_between_two_pages_of_rest_hides_no_other(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On numbered pages all rows behind it would move up, and one of them would be on no page."""
    stage = stocked(950)
    there = [record for record in stage.repository().records if record["labels"]]

    def leave(request: httpx.Request) -> None:
        if request.url.path.endswith("/issues") and len(stage.watch.calls) in (3, 5):
            stage.site.relabel("acme/shop", there.pop(0)["number"], [], at=stage.clock.now())

    monkeypatch.setattr(stage, "before", leave)
    async with stage.source(options(via="rest")) as source:
        pulled = await census(source, repo="acme/shop", labels=["bug"], kind=kind)
    assert len(there) == 473
    assert {record["node_id"] for record in there} <= set(pulled.items)


async def test_a_week_later_everything_is_read_again() -> None:
    stage = Stage()
    async with stage.source() as source:
        first = await source.fingerprint(frozenset())
        stage.clock.instant += timedelta(days=7)
        assert await source.fingerprint(frozenset()) != first
