"""Who we are, what a rule means here, and items one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.port import Fate, Roster, Source
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import WorkItem
from okrsync.sandbox import faults
from okrsync.sandbox.wire import Record
from tests.connectors.asana.described import answer_problems, request_problems, there
from tests.connectors.asana.kit import Office, census, selection

NONE: frozenset[str] = frozenset()


async def by_ids(source: Source, ids: list[str], fields: frozenset[str] = NONE) -> list[WorkItem]:
    told: list[SkipRecordError] = []
    found = [item async for batch in source.by_ids(ids, fields, told.append) for item in batch]
    assert told == []
    return found


async def fates(source: Source, tasks: list[Record]) -> dict[str, Fate]:
    assert isinstance(source, Roster)
    told = await source.fates([task["gid"] for task in tasks])
    names = {task["gid"]: task["name"] for task in tasks}
    return {names[gid]: fate for gid, fate in told.items()}


async def test_it_says_whose_token_it_is_and_which_workspaces_it_sees(office: Office) -> None:
    office.site.workspaces["1199000000000002"] = "Rivelle Labs"
    identity = await office.source().identify()
    assert identity.account == "Okrsync Robot (okrsync@rivelle.test)"
    assert identity.server == "localhost"
    assert identity.detail["workspaces"] == "Rivelle (1199000000000001), Rivelle Labs (1199000000000002)"


async def test_a_glimpse_counts_what_is_on_one_page_and_shows_one(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.tasks(project, "Pay", "Ship")
    office.edits.add("Go live", project, subtype="milestone")
    glimpse = await office.source().glimpse(selection(project="Launch"))
    assert (glimpse.matches, glimpse.example) == (2, "Pay")
    assert (await office.source().glimpse(selection(project="Launch", subtasks=True))).matches is None
    office.site.most = 1
    assert (await office.source().glimpse(selection(project="Launch"))).matches is None


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        ({"wont_do": ["Droped"]}, "wont_do names 'Droped', and tasks here are in 'Dropped': is that the one meant?"),
        ({"in_progress": ["sprint12"]}, "in_progress names 'sprint12', and tasks here are in 'Sprint 12': is that"),
        ({"wont_do": ["dropped"], "in_progress": ["Sprint 13", "1209", "Elsewhere"]}, ""),
        ({"wont_do": ["Dropped", "Droped"]}, ""),
    ],
)
async def test_a_section_that_the_options_name_almost_is_told(
    office: Office, options: dict[str, Any], remark: str
) -> None:
    project = office.site.add_project("Launch", ["Dropped", "Sprint 12"])
    office.tasks(project, "Pay", section="Dropped")
    office.tasks(project, "Ship", section="Sprint 12")
    glimpse = await office.source(**options).glimpse(selection(project="Launch"))
    assert glimpse.remark.startswith(remark)
    assert bool(glimpse.remark) is bool(remark)


async def test_a_glimpse_of_a_large_portfolio_stays_cheap(office: Office) -> None:
    projects = [office.site.add_project(f"Project {number}") for number in range(30)]
    portfolio = office.site.add_portfolio("All", [project.gid for project in projects])
    source = office.source()
    assert (await source.glimpse(selection(portfolio=portfolio["gid"]))).matches is None
    assert source.requests() <= 12


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"project": "Lunch"}, r"workspace 'Rivelle': there is no project 'Lunch' .* near it are 'Launch' \(\d+\)"),
        ({"project": "Launch", "section": "Dun"}, r"project 'Launch' \(\d+\): there is no section 'Dun' .*'Done'"),
        ({"tag": "q5"}, r"there is no tag 'q5' .* near it are 'q4' \(\d+\)"),
        ({"portfolio": "Al"}, r"no portfolio 'Al' .*'All' \(\d+\); Asana lists only portfolios that the account owns"),
        ({"project": "Twice"}, r"2 projects are called 'Twice': write the gid of the one you mean \(\d+, \d+\)"),
    ],
)
async def test_a_name_that_means_nothing_or_several_things_lists_what_is_there(
    office: Office, terms: dict[str, str], says: str
) -> None:
    for name in ("Launch", "Twice", "Twice"):
        office.site.add_project(name)
    office.site.add_tag("q4")
    office.site.add_portfolio("All", [])
    with pytest.raises(FixConfigError, match=says) as caught:
        await office.source().glimpse(selection(**terms))
    assert str(caught.value).startswith("work: ")
    with pytest.raises(FixConfigError, match=says):
        await census(office.source(), selection(**terms))


async def test_an_exact_name_goes_before_one_in_other_letters(office: Office) -> None:
    for name in ("launch", "LAUNCH"):
        office.tasks(office.site.add_project(name), f"In {name}")
    found = await census(office.source(), selection(project="LAUNCH"))
    assert [item.title for item in found.values()] == ["In LAUNCH"]
    with pytest.raises(FixConfigError, match="2 projects are called 'Launch'"):
        await census(office.source(), selection(project="Launch"))


async def test_names_are_looked_up_once_a_run(office: Office) -> None:
    for name in ("A", "B"):
        office.site.add_project(name)
    source = office.source()
    for name in ("A", "B", "A"):
        await census(source, selection(project=name))
    assert len(office.asked("/projects")) == len(office.asked("/users/me")) == 1


async def test_a_workspace_that_the_account_is_not_in_is_told_before_any_rule(office: Office) -> None:
    with pytest.raises(FixConfigError, match=r"there is no workspace 'Rivele' .* near it are 'Rivelle' \(\d+\)"):
        await office.source(workspace="Rivele").identify()
    assert (await office.source(workspace="rivelle").identify()).account == "Okrsync Robot (okrsync@rivelle.test)"


async def test_names_in_several_workspaces_need_one_of_them_named(office: Office) -> None:
    office.site.workspaces["1199000000000002"] = "Labs"
    office.tasks(office.site.add_project("Launch", workspace="1199000000000002"), "Pay")
    with pytest.raises(FixConfigError, match=r"is in 2 workspaces \('Rivelle' .*, 'Labs' .*\): set workspace"):
        await census(office.source(), selection(project="Launch"))
    for workspace in ("labs", "1199000000000002", 1199000000000002):
        assert len(await census(office.source(workspace=workspace), selection(project="Launch"))) == 1
    with pytest.raises(FixConfigError, match="no workspace 'Lab'"):
        await census(office.source(workspace="Lab"), selection(project="Launch"))
    with pytest.raises(FixConfigError, match=r"does not show|has no record of the projects of workspace 77"):
        await census(office.source(workspace=77), selection(project="Launch"))


async def test_custom_fields_are_found_by_name_by_gid_or_under_a_name_of_ones_own(office: Office) -> None:
    project = office.site.add_project("Launch")
    points = office.site.add_field("Story points", projects=[project])
    local = office.site.add_field("Hours", projects=[project], local=True)
    task = office.tasks(project, "Pay")[0]
    office.edits.set_number(task, points, 2.1)
    office.edits.set_number(task, local, 0.25)
    fields = frozenset({"story points", local["gid"], "points", "share"})
    source = office.source(fields={"points": points["gid"], "share": ["Story points", local["gid"]]})
    item = (await census(source, selection(project=project.gid), fields))[task["gid"]]
    assert item.numbers == {
        "story points": Decimal("2.1"),
        "points": Decimal("2.1"),
        local["gid"]: Decimal("0.25"),
        "share": Decimal("2.1"),
    }


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (
            "Point",
            r"no custom field 'Point' .* near it are 'Points' \(\d+\).*; a field of one project only needs its gid",
        ),
        ("Local", r"there is no custom field 'Local'"),
        ("Twice", r"2 custom fields are called 'Twice': write the gid"),
        ("120", r"has no record of custom field 120 \(404\)"),
    ],
)
async def test_a_field_that_is_not_there_is_an_error_before_anything_is_read(
    office: Office, field: str, says: str
) -> None:
    project = office.site.add_project("Launch")
    for name in ("Points", "Twice", "Twice"):
        office.site.add_field(name, projects=[project])
    office.site.add_field("Local", projects=[project], local=True)
    with pytest.raises(FixConfigError, match=says):
        await office.source().fingerprint(frozenset({field}))
    with pytest.raises(FixConfigError, match=says):
        await census(office.source(), selection(project="Launch"), frozenset({field}))
    assert not office.asked("/tasks")


async def test_all_unknown_fields_are_named_at_once(office: Office) -> None:
    office.site.add_field("Points")
    with pytest.raises(FixConfigError, match=r"'Pionts'.*; .*'Sprint'"):
        await office.source().fingerprint(frozenset({"Sprint", "Pionts"}))


async def test_custom_fields_are_asked_for_only_when_rules_use_them(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.site.add_field("Points", projects=[project])
    office.tasks(project, "Pay")
    await census(office.source(), selection(project=project.gid), frozenset({"section", "num_subtasks"}))
    assert "custom_fields" not in office.asked("/tasks")[-1].params()["opt_fields"]
    await census(office.source(), selection(project=project.gid), frozenset({"Points"}))
    assert "custom_fields.number_value" in office.asked("/tasks")[-1].params()["opt_fields"]


async def test_the_fingerprint_follows_what_readings_depend_on(office: Office) -> None:
    one, other = office.site.add_field("Points"), office.site.add_field("Effort")
    prints = [
        await office.source().fingerprint(NONE),
        await office.source().fingerprint(frozenset({"section"})),
        await office.source(wont_do=["Won't do"]).fingerprint(NONE),
        await office.source(in_progress=["Won't do"]).fingerprint(NONE),
        await office.source(fields={"p": one["gid"]}).fingerprint(frozenset({"p"})),
        await office.source(fields={"p": other["gid"]}).fingerprint(frozenset({"p"})),
    ]
    assert len(set(prints)) == len(prints)
    assert prints[4] == await office.source(fields={"p": "Points"}).fingerprint(frozenset({"p"}))


async def test_items_read_by_gid_are_as_in_the_census_and_those_gone_or_hidden_are_absent(office: Office) -> None:
    project = office.site.add_project("Launch")
    kept, gone, hidden = office.tasks(project, "Kept", "Gone", "Hidden")
    office.edits.add("Step", parent=kept)
    source = office.source()
    listed = await census(source, selection(project=project.gid))
    office.edits.delete(gone)
    office.edits.hide(hidden)
    found = await by_ids(source, [kept["gid"], gone["gid"], hidden["gid"], kept["gid"]])
    assert found == [listed[kept["gid"]]]


async def test_what_left_the_selection_is_still_read_by_gid(office: Office) -> None:
    project = office.site.add_project("Launch")
    task = office.tasks(project, "Pay")[0]
    task["resource_subtype"] = "milestone"
    assert await census(office.source(), selection(project=project.gid)) == {}
    assert [item.kind for item in await by_ids(office.source(), [task["gid"]])] == ["milestone"]


async def test_many_items_are_read_in_their_order(office: Office) -> None:
    project = office.site.add_project("Launch")
    tasks = office.tasks(project, *(f"Task {number}" for number in range(120)))
    wanted = [task["gid"] for task in reversed(tasks)]
    assert [item.id for item in await by_ids(office.source(), wanted)] == wanted


async def test_deleted_and_hidden_tasks_are_told_apart(office: Office) -> None:
    kept, gone, hidden = office.tasks(office.site.add_project("Launch"), "Kept", "Gone", "Hidden")
    office.edits.delete(gone)
    office.edits.hide(hidden)
    told = await fates(office.source(), [kept, gone, hidden])
    assert told == {"Gone": Fate.DELETED, "Hidden": Fate.HIDDEN}


async def test_a_fate_that_reading_by_gid_has_shown_costs_no_request(office: Office) -> None:
    gone = office.tasks(office.site.add_project("Launch"), "Gone")[0]
    office.edits.delete(gone)
    source = office.source()
    await by_ids(source, [gone["gid"]])
    sent = source.requests()
    assert await fates(source, [gone]) == {"Gone": Fate.DELETED}
    assert source.requests() == sent


@pytest.mark.parametrize("status", [400, 402, 418])
async def test_another_refusal_of_one_item_is_no_departure(office: Office, status: int) -> None:
    task = office.tasks(office.site.add_project("Launch"), "Pay")[0]
    office.faults.add(faults.status(status, {"errors": [{"message": "No."}]}), "/tasks/*")
    with pytest.raises(FixConfigError, match=rf"\({status}\)"):
        await by_ids(office.source(), [task["gid"]])


async def test_a_server_in_trouble_is_tried_again(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.tasks(project, "Pay")
    office.faults.add(faults.status(500, {"errors": [{"message": "Server Error", "phrase": "6 sad squid"}]}), times=2)
    assert len(await census(office.source(), selection(project=project.gid))) == 1


async def test_a_login_page_is_not_taken_for_an_empty_list(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.faults.add(faults.login_page())
    with pytest.raises(FixConfigError, match="web page instead of JSON"):
        await census(office.source(), selection(project=project.gid))


async def test_series_and_changes_are_not_offered(office: Office) -> None:
    source = office.source()
    with pytest.raises(FixConfigError, match="no series"):
        source.series(selection(project="1"), lambda _error: None)
    with pytest.raises(FixConfigError, match="census"):
        source.changed(selection(project="1"), office.clock.now(), NONE, lambda _error: None)


@pytest.mark.skipif(not there(), reason="Asana's description is not there: set OKRSYNC_SPECS to its folder")
def test_the_judge_of_requests_and_answers_finds_what_is_not_described() -> None:
    query = "project=1&opt_fields=name,colour&limit=200&page=2&modified_since=yesterday"
    assert request_problems("GET", "/tasks", query) == [
        "/tasks opt_fields: 'colour' is none of the described values",
        "/tasks limit: '200' is no number within limits",
        "/tasks has no parameter page",
        "/tasks modified_since: 'yesterday' is no instant with a zone",
    ]
    assert request_problems("GET", "/portfolios", "") == ["/portfolios needs workspace"]
    assert request_problems("GET", "/tasks/1/colours", "") == ["/tasks/1/colours is not described"]
    listed = {"data": [{"gid": "1", "completed": "yes", "assignee": None}], "next_page": None}
    assert len(answer_problems("/tasks", "GET", 200, listed)) == 1
    assert len(answer_problems("/tasks/1", "GET", 404, {"errors": "none"})) == 1
