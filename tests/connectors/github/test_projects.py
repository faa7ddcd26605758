"""Projects: a number field as weight, a single-select as status, archived items, drafts, hidden items."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import ItemState, Selection
from okrsync.sandbox.github_acts import NUMBER, SINGLE_SELECT, add_item, add_project, add_sub_issue, set_value
from okrsync.sandbox.github_kinds import Project
from okrsync.sandbox.wire import Record
from tests.connectors.github.stage import NONE, Stage, census, fail, options, whole

WEIGHT = frozenset({"weight"})


def boarded() -> tuple[Stage, Project, list[Record]]:
    """A project of an open issue, a closed one, a merged pull request, and a draft."""
    stage = Stage()
    project = add_project(
        stage.site, "acme", 5, "Launch", {"Estimate": NUMBER, "Cost": NUMBER, "Status": SINGLE_SELECT, "Notes": "TEXT"}
    )
    open_, closed = stage.issue("Open"), stage.issue("Closed", closed="completed", repo="app")
    merged = stage.issue("Merged", pull=True, closed="completed")
    items = [
        add_item(project, open_, at=stage.at(), values={"Estimate": 0.1, "Status": "In progress", "Cost": 1000}),
        add_item(project, closed, at=stage.at(), values={"Estimate": 3, "Status": "Done", "Notes": "fine"}),
        add_item(project, merged, at=stage.at(), values={"Estimate": 0, "Status": "Done"}),
        add_item(project, {"title": "Idea"}, at=stage.at(), values={"Status": "To do"}),
    ]
    return stage, project, items


async def test_items_weigh_what_the_field_says_and_have_the_projects_status() -> None:
    stage, _, items = boarded()
    async with stage.source() as source:
        found = await whole(source, WEIGHT, project="acme/5", weight="estimate", status="Status")
    by_title = {item.title: item for item in found.values()}
    assert {title: item.numbers.get("weight") for title, item in by_title.items()} == {
        "Open": Decimal("0.1"),
        "Closed": Decimal(3),
        "Merged": Decimal(0),
        "Idea": None,  # no estimate, which is not zero
    }
    assert {title: item.status for title, item in by_title.items()} == {
        "Open": "In progress",
        "Closed": "Done",
        "Merged": "Done",
        "Idea": "To do",
    }
    assert {title: item.state for title, item in by_title.items()} == {
        "Open": ItemState.TODO,
        "Closed": ItemState.DONE,
        "Merged": ItemState.DONE,
        "Idea": ItemState.TODO,
    }
    assert {item.kind for item in found.values()} == {"issue", "pull_request", "draft"}
    assert set(found) == {"acme/shop#1", "acme/shop#2", "acme/app#1", "acme/5 draft 7004"}
    assert {item.id for item in found.values()} == {item["id"] for item in items}


async def test_rules_may_name_fields_themselves_and_by_id() -> None:
    stage, project, _ = boarded()
    cost = project.fields[2]["id"]
    async with stage.source() as source:
        found = await whole(source, frozenset({"Estimate", "Notes", "comments"}), project="acme/5")
        assert found["acme/shop#1"].numbers == {"Estimate": Decimal("0.1"), "comments": Decimal(0)}
        assert found["acme/app#1"].fields == {"Notes": "fine"}
        assert found["acme/shop#1"].status == "open"
    async with stage.source() as source:
        found = await whole(source, WEIGHT, project="acme/5", weight=cost)
        assert found["acme/shop#1"].numbers == {"weight": Decimal(1000)}


async def test_kind_chooses_and_terms_narrow() -> None:
    stage, _, _ = boarded()
    stage.site.relabel("acme/shop", 1, ["bug"], at=stage.at())
    async with stage.source() as source:
        assert set(await whole(source, project="acme/5", kind="issues")) == {"acme/shop#1", "acme/app#1"}
        assert set(await whole(source, project="acme/5", kind="pull_requests")) == {"acme/shop#2"}
        assert len(await whole(source, project="acme/5", kind="both")) == 3
        assert set(await whole(source, project="acme/5", labels=["BUG"])) == {"acme/shop#1"}


async def test_archived_items_belong_unless_left_out_for_github_archives_what_is_done() -> None:
    stage, _, items = boarded()
    items[1]["archived"] = True
    async with stage.source() as source:
        assert "acme/app#1" in await whole(source, project="acme/5")
        assert "acme/app#1" not in await whole(source, project="acme/5", archived=False)


async def test_a_value_changed_in_the_project_is_a_change_of_the_item_though_not_of_the_issue() -> None:
    stage, project, items = boarded()
    async with stage.source() as source:
        before = await whole(source, WEIGHT, project="acme/5", weight="Estimate")
        set_value(stage.site, project, items[0], "Estimate", 8, at=stage.at())
        after = await whole(source, WEIGHT, project="acme/5", weight="Estimate")
    assert after["acme/shop#1"].numbers["weight"] == 8
    assert after["acme/shop#1"].updated_at > before["acme/shop#1"].updated_at


async def test_items_read_by_id_equal_those_of_the_census() -> None:
    stage, _, items = boarded()
    async with stage.source() as source:
        listed = await census(source, WEIGHT, project="acme/5", weight="Estimate", status="Status")
        ids = [*(item["id"] for item in items), "PVTI_gone"]
        again = {item.id: item async for batch in source.by_ids(ids, WEIGHT, fail) for item in batch}
    assert again == listed.items


async def test_parents_inside_the_project_are_named_by_their_place_in_it() -> None:
    stage, project, items = boarded()
    child = stage.issue("Child")
    add_sub_issue(stage.site, stage.site.issue("acme/shop", 1), child, at=stage.at())
    add_item(project, child, at=stage.at())
    async with stage.source() as source:
        found = await whole(source, project="acme/5")
    assert found[f"acme/shop#{child['number']}"].parent == items[0]["id"]


async def test_an_item_hidden_from_us_makes_the_read_partial() -> None:
    stage, project, _ = boarded()
    add_item(project, None, at=stage.at())
    skipped: list[SkipRecordError] = []
    async with stage.source() as source:
        pages = source.census(Selection.of("hub", {"project": "acme/5"}), NONE, skipped.append)
        assert len([id_ async for page in pages for id_ in page.ids]) == 4
    assert "project acme/5 cannot be read" in str(skipped[0])
    assert "hidden from this account" in str(skipped[0])


async def test_more_than_a_page_of_items_is_read_to_the_end() -> None:
    stage, project, _ = boarded()
    for _ in range(230):
        add_item(project, {"title": "Idea"}, at=stage.at())
    async with stage.source() as source:
        assert len(await whole(source, project="acme/5")) == 234


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"weight": "Estimated"}, "no number field 'Estimated': use one of Estimate, Cost"),
        ({"weight": "Status"}, "no number field 'Status'"),
        ({"status": "Notes"}, "no single-select field 'Notes': use one of Status"),
    ],
)
async def test_a_field_that_the_project_lacks_is_named_with_those_there_are(
    terms: dict[str, object], says: str
) -> None:
    stage, _, _ = boarded()
    async with stage.source() as source:
        with pytest.raises(FixConfigError, match=says):
            await census(source, NONE, project="acme/5", **terms)


async def test_a_field_of_a_rule_that_the_project_lacks_is_named() -> None:
    stage, _, _ = boarded()
    async with stage.source() as source:
        with pytest.raises(FixConfigError, match="has no field 'Estimated'"):
            await census(source, frozenset({"Estimated"}), project="acme/5")


async def test_one_project_is_not_weighed_by_two_fields_in_one_connection() -> None:
    stage, _, _ = boarded()
    async with stage.source() as source:
        await census(source, project="acme/5", weight="Estimate")
        with pytest.raises(FixConfigError, match="different fields for weight or status"):
            await census(source, project="acme/5", weight="Cost")


async def test_a_project_that_is_not_there_and_no_token_say_so() -> None:
    stage, _, _ = boarded()
    async with stage.source() as source:
        with pytest.raises(FixConfigError, match="no project acme/9"):
            await census(source, project="acme/9")
    async with stage.source(options(token=None)) as source:
        with pytest.raises(FixConfigError, match="shows projects only to an account"):
            await census(source, project="acme/5")
        glimpse = Selection.of("hub", {"project": "acme/5"})
        with pytest.raises(FixConfigError, match="set token"):
            await source.glimpse(glimpse)


async def test_a_glimpse_names_the_project() -> None:
    stage, _, _ = boarded()
    async with stage.source() as source:
        assert (await source.glimpse(Selection.of("hub", {"project": "acme/5"}))).example == "project acme/5 Launch"
