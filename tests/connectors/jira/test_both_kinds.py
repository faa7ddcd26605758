"""The same issues in a Cloud and in a Data Center come out the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from mapping.errors import FixConfigError, PartialReadError, SkipRecordError
from mapping.words import Selection, WorkItem
from okrsync.sandbox import company, faults
from okrsync.sandbox.accounts import JIRA_DC_ACCOUNT, JIRA_DC_PASSWORD
from okrsync.sandbox.faults import Reply
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes
from tests.connectors.jira.stage import (
    ANCHOR,
    NONE,
    POINTS,
    Stage,
    below,
    census,
    changed,
    fail,
    initiative,
    items,
    past,
    updated,
)

KINDS = ["cloud", "center"]
EPIC = "SHOP-1"


def site_of(stage: Stage, kind: str) -> JiraSite:
    return stage.cloud if kind == "cloud" else stage.center


def same(item: WorkItem) -> WorkItem:
    """Leave out what cannot be the same: the address."""
    return structs.replace(item, url=None)


class TestWhoWeAre:
    async def test_a_data_center_is_told_by_what_it_says_of_itself(self, stage: Stage) -> None:
        async with stage.source("center") as source:
            identity = await source.identify()
        assert identity.account == "Okrsync Robot"
        assert identity.detail["deployment"] == "Data Center (Server)"
        assert identity.detail["version"] == "10.3.24"
        assert {asked.path for asked in stage.sandbox.jira_dc_ledger.entries} == {
            "/rest/api/2/serverInfo", "/rest/api/2/myself",
        }  # fmt: skip

    async def test_a_password_serves_as_well(self, stage: Stage) -> None:
        login: dict[str, object] = {
            "token": None,
            "username": JIRA_DC_ACCOUNT.person.login,
            "password": JIRA_DC_PASSWORD,
        }
        async with stage.source("center", **login) as source:
            assert (await source.identify()).account == "Okrsync Robot (okrsync-robot)"
        assert {asked.headers["authorization"] for asked in stage.sandbox.jira_dc_ledger.entries} == {"Basic"}

    async def test_a_refused_personal_token_is_told_as_such(self, stage: Stage) -> None:
        async with stage.source("center", token="wr0ng-token") as source:
            with pytest.raises(FixConfigError, match="refuses the personal access token: it may have expired"):
                await census(source, project="SHOP")


@pytest.mark.parametrize("kind", KINDS)
class TestSelections:
    async def test_a_project_is_all_its_issues(self, stage: Stage, kind: str) -> None:
        async with stage.source(kind) as source:
            found = await census(source, project="SHOP")
        assert sorted(found) == sorted(
            one["id"] for one in site_of(stage, kind).issues.values() if one["key"].startswith("SHOP-")
        )

    @pytest.mark.parametrize(("terms", "levels"), [({}, 2), ({"depth": 1}, 1), ({"depth": 2}, 2), ({"depth": 9}, 2)])
    async def test_an_epic_is_its_stories_and_their_sub_tasks_as_deep_as_asked(
        self, stage: Stage, kind: str, terms: dict[str, int], levels: int
    ) -> None:
        expected = below(stage.cloud, EPIC, levels)
        async with stage.source(kind) as source:
            found = await census(source, epic=EPIC, **terms)
        assert sorted(found) == sorted(expected)

    async def test_several_epics_are_all_below_them_once(self, stage: Stage, kind: str) -> None:
        async with stage.source(kind) as source:
            found = await census(source, epics=[EPIC, "SHOP-2"])
        assert sorted(found) == sorted(below(stage.cloud, EPIC) | below(stage.cloud, "SHOP-2"))

    @pytest.mark.parametrize("depth", [None, 1, 2])
    async def test_an_initiative_is_walked_down_level_by_level(
        self, stage: Stage, kind: str, depth: int | None
    ) -> None:
        site = site_of(stage, kind)
        initiative(site, "SHOP-900", [EPIC, "SHOP-2"])
        initiative(site, "SHOP-901", ["SHOP-900"], level=3)
        expected = below(site, "SHOP-901", depth or 9)
        assert len(expected) > 2 or depth == 1
        async with stage.source(kind) as source:
            found = await census(source, issue="SHOP-901", **({} if depth is None else {"depth": depth}))
        assert sorted(found) == sorted(expected)

    async def test_what_changed_below_an_initiative_is_found_below_it(self, stage: Stage, kind: str) -> None:
        site = site_of(stage, kind)
        initiative(site, "SHOP-900", [EPIC])
        inside = sorted(below(site, EPIC))[3]
        at = ANCHOR + timedelta(minutes=30)
        for id_ in (inside, next(id_ for id_ in site.issues if id_ not in below(site, "SHOP-900"))):
            site.rename(site.issues[id_]["key"], "Renamed", at=at, by=company.INES)
        async with stage.source(kind) as source:
            assert inside in await census(source, issue="SHOP-900")
            found = await changed(source, at, issue="SHOP-900")
        assert [item.title for item in found.values()] == ["Renamed"]
        assert set(found) == {inside}

    async def test_a_glimpse_of_a_subtree_shows_one_of_its_issues(self, stage: Stage, kind: str) -> None:
        initiative(site_of(stage, kind), "SHOP-900", [EPIC])
        async with stage.source(kind) as source:
            glimpse = await source.glimpse(Selection.of("jira", {"issue": "SHOP-900"}))
        assert glimpse.matches is None
        assert (glimpse.example or "").startswith("SHOP-1 ")

    async def test_what_is_no_epic_is_told_by_check(self, stage: Stage, kind: str) -> None:
        story = site_of(stage, kind).issues[min(below(site_of(stage, kind), EPIC, 1))]["key"]
        async with stage.source(kind) as source:
            await source.glimpse(Selection.of("jira", {"epic": EPIC}))
            with pytest.raises(FixConfigError, match=rf"{story} is a \w+.*, not an epic: write issue: {story}"):
                await source.glimpse(Selection.of("jira", {"epic": story}))

    async def test_an_issue_that_is_not_there_is_named(self, stage: Stage, kind: str) -> None:
        async with stage.source(kind) as source:
            with pytest.raises(FixConfigError, match="no issue SHOP-9999 visible to"):
                await source.glimpse(Selection.of("jira", {"epic": "SHOP-9999"}))


class TestItems:
    async def test_both_kinds_give_the_same_items(self, stage: Stage) -> None:
        async with stage.source("cloud") as cloud, stage.source("center") as center:
            ids = await census(cloud, project="SHOP")
            one, other = await items(cloud, ids, POINTS), await items(center, ids, POINTS)
        assert len(one) == len(ids) > 100
        assert {id_: same(item) for id_, item in other.items()} == {id_: same(item) for id_, item in one.items()}
        assert {item.level for item in other.values()} == {-1, 0, 1}

    async def test_a_page_that_the_server_makes_smaller_loses_nothing(self, stage: Stage) -> None:
        async with stage.source("center") as source:
            ids = await census(source, project="SHOP")
            stage.center.most_rows = 7
            assert set(await items(source, ids)) == set(ids)

    async def test_an_epic_that_we_cannot_see_leaves_no_parent(self, stage: Stage) -> None:
        async with stage.source("center") as source:
            (story, *_) = sorted(below(stage.center, EPIC, 1))
            del stage.center.issues[stage.center.get(EPIC)["id"]]
            stage.center.issues[story]["fields"]["customfield_10014"] = "GONE-1"
            assert (await items(source, [story]))[story].parent is None


class TestOffsets:
    async def test_pages_made_smaller_hold_every_issue_once(self, stage: Stage) -> None:
        async with stage.source("center") as source:
            whole = await census(source, project="SHOP")
            stage.center.most_rows = 10
            again = await census(source, project="SHOP")
        assert again == whole
        sizes = [asked.json()["maxResults"] for asked in stage.sandbox.jira_dc_ledger.matching("*/search")]
        assert sizes[-1] == 0  # the total, once more at the end

    async def test_one_page_needs_no_second_look(self, stage: Stage) -> None:
        async with stage.source("center") as source:
            await census(source, project="SHOP")
        assert len(stage.sandbox.jira_dc_ledger.matching("*/search")) == 1

    @pytest.mark.parametrize("nth", [1, 2, 5, 9])
    async def test_an_issue_that_leaves_between_pages_hides_no_other(self, stage: Stage, nth: int) -> None:
        site = stage.center
        site.most_rows = 20
        first = min(
            (one for one in site.issues.values() if one["key"].startswith("SHOP-")), key=lambda one: int(one["id"])
        )
        alone = next(one for one in site.issues.values() if one["fields"]["issuetype"]["name"] == "Bug")
        assert first["id"] != alone["id"]
        stage.sandbox.jira_dc_faults.add(faults.mutate(lambda: site.delete(alone["key"])), "*/search", nth=nth)
        async with stage.source("center") as source:
            found = await census(source, project="SHOP")
        truth = {one["id"] for one in site.issues.values() if one["key"].startswith("SHOP-")}
        assert truth <= set(found) <= truth | {alone["id"]}
        assert len(found) == len(set(found))

    async def test_a_list_that_never_rests_is_partial(self, stage: Stage) -> None:
        site = stage.center
        site.most_rows = 50
        bugs = iter([one["key"] for one in site.issues.values() if one["fields"]["issuetype"]["name"] == "Bug"])
        stage.sandbox.jira_dc_faults.add(faults.mutate(lambda: site.delete(next(bugs))), "*/search")
        async with stage.source("center") as source:
            with pytest.raises(PartialReadError, match="changed its list of issues faster than it could be read"):
                await census(source, project="SHOP")

    async def test_a_server_that_gives_no_rows_but_a_total_is_partial(self, stage: Stage) -> None:
        stage.center.most_rows = 0
        async with stage.source("center") as source:
            with pytest.raises(PartialReadError, match="gave no issues from number 1 on, but says that there are"):
                await census(source, project="SHOP")

    async def test_a_warning_of_the_server_is_partial(self, stage: Stage) -> None:
        warned = {"total": 0, "issues": [], "startAt": 0, "maxResults": 50, "warningMessages": ["cut"]}
        stage.sandbox.jira_dc_faults.add(faults.status(200, warned), "*/search")
        async with stage.source("center") as source:
            with pytest.raises(PartialReadError, match="warned about the search"):
                await census(source, project="SHOP")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_changed_is_read_with_an_overlap(stage: Stage, kind: str) -> None:
    site = site_of(stage, kind)
    key = site.issues[max(site.issues, key=lambda id_: updated(site, id_))]["key"]
    at = updated(site, site.get(key)["id"])
    async with stage.source(kind) as source:
        assert site.get(key)["id"] in await changed(source, at + timedelta(minutes=4), project=key.partition("-")[0])
        assert await changed(source, at + timedelta(minutes=6), project=key.partition("-")[0]) == {}


@pytest.mark.parametrize("kind", KINDS)
class TestTouched:
    async def test_those_that_match_now_are_read_at_once(
        self,
        stage: Stage,
        kind: str,
    ) -> None:
        site = site_of(stage, kind)
        inside, outside = min(below(site, EPIC)), min(below(site, "SHOP-2"))
        async with stage.source(kind) as source:
            found = await source.touched(Selection.of("jira", {"epic": EPIC}), [inside, outside, "424242"], NONE, fail)
        assert [item.id for item in found] == [inside]

    async def test_an_issue_that_is_gone_is_no_fault(self, stage: Stage, kind: str) -> None:
        async with stage.source(kind) as source:
            assert await source.touched(Selection.of("jira", {"project": "SHOP"}), ["424242"], NONE, fail) == []


async def test_cloud_brings_its_index_up_to_date_for_at_most_fifty_issues_a_search(stage: Stage) -> None:
    async with stage.source("cloud") as source:
        ids = await census(source, project="SHOP")
        stage.sandbox.jira_ledger.clear()
        found = await source.touched(Selection.of("jira", {"project": "SHOP"}), ids[:120], NONE, fail)
    assert sorted(item.id for item in found) == sorted(ids[:120])
    asked = [entry.json()["reconcileIssues"] for entry in stage.sandbox.jira_ledger.matching("*/search/jql")]
    assert [len(each) for each in asked] == [50, 50, 20]
    assert all(isinstance(id_, int) for each in asked for id_ in each)


async def test_both_kinds_tell_the_same_past(stage: Stage) -> None:
    async with stage.source("cloud") as cloud, stage.source("center") as center:
        ids = await census(cloud, project="SHOP")
        one, other = await past(cloud, ids, POINTS), await past(center, ids, POINTS)
    assert len(one) > 100
    assert one == other
    assert {change.field for changes in one.values() for change in changes} >= {
        "state",
        "status",
        "numbers.story_points",
    }


async def test_a_changelog_that_a_data_center_cuts_short_makes_that_past_unreadable(stage: Stage) -> None:
    def cut(asked: Asked, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        for issue in page["issues"]:
            if issue.get("key") == "SHOP-7" and "changelog" in issue:
                issue["changelog"]["histories"].pop(0)
        return replace(reply, body=json_bytes(page))

    stage.sandbox.jira_dc_faults.add(cut, "*/search")
    skipped: list[SkipRecordError] = []
    async with stage.source("center") as source:
        ids = await census(source, project="SHOP")
        told = {each.item async for batch in source.history(ids, NONE, skipped.append) for each in batch}
    assert len(told) > 10
    assert stage.center.get("SHOP-7")["id"] not in told
    (said,) = map(str, skipped)
    assert re.search(r"SHOP-7 .*Jira gave \d+ of its \d+ changes, so that its past would begin too late", said)


async def test_a_search_by_epic_link_needs_the_field_and_finds_it_by_its_kind(stage: Stage) -> None:
    for field in stage.center.fields:
        if field["id"] == "customfield_10014":
            field["name"] = "Lien d'épopée"
    async with stage.source("center") as source:
        assert await census(source, epic=EPIC)
    stage.center.fields = [field for field in stage.center.fields if field["id"] != "customfield_10014"]
    async with stage.source("center") as source:
        with pytest.raises(FixConfigError, match="no field Epic Link that the owner of the token can see"):
            await census(source, epic=EPIC)
