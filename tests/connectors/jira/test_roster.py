"""What became of issues that Jira no longer gives, told by their projects."""

from __future__ import annotations

import pytest

from connectors.port import Fate
from okrsync.sandbox import company
from tests.connectors.jira.stage import ANCHOR, Stage, items

KINDS = ["cloud", "center"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("why", "fates"),
    [
        ("archived", {"cloud": Fate.ARCHIVED, "center": Fate.ARCHIVED}),
        ("hidden", {"cloud": Fate.HIDDEN, "center": Fate.HIDDEN}),
        ("deleted", {"cloud": Fate.DELETED, "center": Fate.DELETED}),
    ],
)
async def test_an_issue_shares_the_fate_of_its_project(
    stage: Stage, kind: str, why: str, fates: dict[str, Fate]
) -> None:
    site = stage.cloud if kind == "cloud" else stage.center
    keys = {id_: issue["key"] for id_, issue in site.issues.items() if issue["key"].startswith("GROW-")}
    site.withdraw("GROW", why)
    async with stage.knowing(kind, keys) as source:
        assert await items(source, [*keys]) == {}
        assert await source.fates([*keys]) == dict.fromkeys(keys, fates[kind])


@pytest.mark.parametrize("kind", KINDS)
async def test_an_issue_missing_from_a_project_that_is_there_was_deleted(stage: Stage, kind: str) -> None:
    site = stage.cloud if kind == "cloud" else stage.center
    id_ = site.get("GROW-3")["id"]
    site.delete("GROW-3")
    async with stage.knowing(kind, {id_: "GROW-3"}) as source:
        assert await source.fates([id_, "424242"]) == {id_: Fate.DELETED}  # what has no key is not judged


async def test_a_moved_issue_is_read_under_its_old_id_and_its_new_key(stage: Stage) -> None:
    id_ = stage.cloud.get("GROW-3")["id"]
    stage.cloud.move("GROW-3", "SHOP-777", at=ANCHOR, by=company.INES)
    async with stage.source("cloud") as source:
        assert (await items(source, [id_]))[id_].key == "SHOP-777"


async def test_cloud_asks_each_of_its_three_lists_once(stage: Stage) -> None:
    async with stage.knowing("cloud", {"1": "GROW-1", "2": "SHOP-9", "3": "GROW-2"}) as source:
        await source.fates(["1", "2", "3"])
    asked = stage.sandbox.jira_ledger.matching("*/project/search")
    assert [entry.params()["status"] for entry in asked] == ["live", "archived", "deleted"]
    assert all("keys=GROW&keys=SHOP" in entry.query for entry in asked)
