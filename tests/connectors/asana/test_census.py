"""What belongs to a selection, and how it is known that this is all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mapping.errors import FixConfigError, PartialReadError, SkipRecordError, TryAgainError
from mapping.words import ItemState
from okrsync.sandbox import faults
from okrsync.sandbox.asana_faults import no_asana_end, repeat_asana_page
from tests.connectors.asana.kit import Office, census, selection, titles


async def test_a_project_gives_its_tasks_and_no_milestones_or_separators(office: Office) -> None:
    launch, other = office.site.add_project("Launch"), office.site.add_project("Other")
    office.tasks(launch, "Pay", "Ship")
    office.tasks(other, "Elsewhere")
    office.edits.add("Go live", launch, subtype="milestone")
    office.edits.add("Later:", launch, separator=True)
    assert await titles(office.source(), selection(project="Launch")) == ["Pay", "Ship"]
    assert await titles(office.source(), selection(project=launch.gid, milestones="only")) == ["Go live"]


async def test_a_section_is_found_by_name_in_its_project_or_by_gid(office: Office) -> None:
    launch, other = office.site.add_project("Launch"), office.site.add_project("Other")
    office.tasks(launch, "Pay", section="Doing")
    office.tasks(launch, "Ship", section="Done")
    office.tasks(other, "Elsewhere", section="Doing")
    assert await titles(office.source(), selection(project="Launch", section="doing")) == ["Pay"]
    assert await titles(office.source(), selection(section=other.section("Doing")["gid"])) == ["Elsewhere"]


async def test_a_tag_gives_its_tasks_of_all_projects(office: Office) -> None:
    launch, other = office.site.add_project("Launch"), office.site.add_project("Other")
    pay, ship, far = *office.tasks(launch, "Pay", "Ship"), *office.tasks(other, "Far")
    tag = office.site.add_tag("q4")
    for task in (pay, far):
        office.edits.tag(task, tag)
    assert await titles(office.source(), selection(tag="q4")) == ["Far", "Pay"]
    office.edits.untag(pay, tag)
    assert await titles(office.source(), selection(tag=tag["gid"])) == ["Far"]
    assert ship["tags"] == []


async def test_a_portfolio_gives_all_its_projects_and_those_of_portfolios_inside_it(office: Office) -> None:
    projects = [office.site.add_project(name) for name in ("A", "B", "C")]
    for project in projects:
        office.tasks(project, f"{project.name}1", f"{project.name}2")
    inner = office.site.add_portfolio("Inner", [projects[1].gid, projects[2].gid])
    outer = office.site.add_portfolio("Outer", [projects[0].gid, inner["gid"], projects[1].gid])
    inner["items"].append(outer["gid"])  # in a circle
    found = await titles(office.source(), selection(portfolio="Outer"))
    assert found == ["A1", "A2", "B1", "B2", "C1", "C2"]


async def test_each_project_of_a_portfolio_is_listed_and_asked_what_changed_meanwhile(office: Office) -> None:
    projects = [office.site.add_project(f"Project {number}") for number in range(12)]
    for project in projects:
        office.tasks(project, f"In {project.name}")
    portfolio = office.site.add_portfolio("All", [project.gid for project in projects])
    assert len(await census(office.source(), selection(portfolio=portfolio["gid"]))) == 12
    assert len(office.asked("/tasks")) == 24


async def test_a_task_in_several_projects_counts_once_and_reads_the_same_in_each(office: Office) -> None:
    """Pitfall 10: a multi-homed task is one item, whichever list it was read from."""
    one, two = office.site.add_project("One"), office.site.add_project("Two")
    shared = office.tasks(one, "Shared", section="Doing")[0]
    office.edits.add_to(shared, two, "Done")
    portfolio = office.site.add_portfolio("Both", [one.gid, two.gid])
    source = office.source()
    everywhere = await census(source, selection(portfolio=portfolio["gid"]))
    assert list(everywhere) == [shared["gid"]]
    assert everywhere[shared["gid"]].status == "Doing, Done"
    for project in (one, two):
        assert await census(source, selection(project=project.gid)) == everywhere


async def test_a_rejected_approval_is_not_done_though_asana_calls_it_completed(office: Office) -> None:
    """Pitfall 11."""
    project = office.site.add_project("Launch")
    for status in ("approved", "rejected", "changes_requested", "pending"):
        office.edits.decide(office.edits.add(status, project, subtype="approval"), status)
    found = {item.title: item.state for item in (await census(office.source(), selection(project="Launch"))).values()}
    assert found == {
        "approved": ItemState.DONE,
        "rejected": ItemState.WONT_DO,
        "changes_requested": ItemState.IN_PROGRESS,
        "pending": ItemState.TODO,
    }


async def test_milestones_are_no_tasks_unless_asked_for(office: Office) -> None:
    """Pitfall 12: Asana's own task counts have them inside."""
    project = office.site.add_project("Launch")
    office.tasks(project, "Pay")
    office.edits.complete(office.edits.add("Go live", project, subtype="milestone"))
    assert await titles(office.source(), selection(project="Launch")) == ["Pay"]
    assert await titles(office.source(), selection(project="Launch", milestones="include")) == ["Go live", "Pay"]
    assert not office.asked("*task_counts")


async def test_subtasks_are_walked_to_every_depth_only_when_asked_for(office: Office) -> None:
    project = office.site.add_project("Launch")
    top = office.tasks(project, "Top")[0]
    below = top
    for depth in range(4):
        below = office.edits.add(f"Depth {depth}", parent=below)
    office.edits.add("Step:", parent=top, separator=True)
    office.edits.add("Below a milestone", parent=office.edits.add("Go live", project, subtype="milestone"))
    assert await titles(office.source(), selection(project="Launch")) == ["Top"]
    found = await census(office.source(), selection(project="Launch", subtasks=True))
    assert sorted(item.title for item in found.values()) == [
        "Below a milestone",
        *(f"Depth {n}" for n in range(4)),
        "Top",
    ]
    by_title = {item.title: item for item in found.values()}
    assert by_title["Depth 0"].parent == top["gid"]
    assert by_title["Depth 1"].parent == by_title["Depth 0"].id
    assert {item.level for item in found.values() if item.title != "Top"} == {-1}


async def test_tasks_without_subtasks_cost_no_request(office: Office) -> None:
    project = office.site.add_project("Launch")
    parent, *_ = office.tasks(project, *(f"Task {number}" for number in range(20)))
    office.edits.add("Step", parent=parent)
    await census(office.source(), selection(project=project.gid, subtasks=True))
    assert len(office.ledger) == 2


async def test_a_parent_that_is_gone_before_its_subtasks_are_read_takes_them_along(office: Office) -> None:
    project = office.site.add_project("Launch")
    gone, hidden, kept = office.tasks(project, "Gone", "Hidden", "Kept")
    for parent in (gone, hidden, kept):
        office.edits.add(f"Below {parent['name']}", parent=parent)

    def happen() -> None:
        office.edits.delete(gone)
        office.edits.hide(hidden)

    office.faults.add(faults.mutate(happen), "/tasks", nth=1)
    found = await titles(office.source(), selection(project=project.gid, subtasks=True))
    assert found == ["Below Kept", "Gone", "Hidden", "Kept"]
    assert await titles(office.source(), selection(project=project.gid, subtasks=True)) == ["Below Kept", "Kept"]


async def test_subtasks_that_asana_refuses_for_a_parent_that_is_there_are_an_error(office: Office) -> None:
    project = office.site.add_project("Launch")
    parent = office.tasks(project, "Top")[0]
    office.edits.add("Step", parent=parent)
    office.faults.add(faults.status(403, {"errors": [{"message": "Forbidden"}]}), "/tasks/*/subtasks")
    with pytest.raises(FixConfigError, match=r"does not show the subtasks of task \d+ 'Top'"):
        await census(office.source(), selection(project=project.gid, subtasks=True))


async def test_a_list_of_many_pages_is_read_to_its_end_with_full_pages(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.tasks(project, *(f"Task {number}" for number in range(250)))
    office.clock.instant += timedelta(hours=1)
    assert len(await census(office.source(), selection(project=project.gid))) == 250
    sent = [asked.params() for asked in office.asked("/tasks")]
    assert [params["limit"] for params in sent] == ["100"] * 4
    assert [("offset" in params, "modified_since" in params) for params in sent] == [
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]


async def test_one_page_is_asked_for_once(office: Office) -> None:
    project = office.site.add_project("Launch")
    office.tasks(project, "Pay")
    await census(office.source(), selection(project=project.gid))
    assert len(office.ledger) == 1


async def test_what_moves_up_past_the_page_being_read_still_belongs_to_it(office: Office) -> None:
    office.site.most = 2
    project = office.site.add_project("Launch")
    tasks = office.tasks(project, *"abcdef", section="Done")
    office.clock.instant += timedelta(hours=1)
    office.faults.add(faults.mutate(lambda: office.edits.move(tasks[5], project, "To do", top=True)), "/tasks", nth=1)
    assert await titles(office.source(), selection(project=project.gid)) == list("abcdef")


async def test_what_is_added_on_top_while_later_pages_are_read_belongs_to_it(office: Office) -> None:
    office.site.most = 2
    project = office.site.add_project("Launch")
    office.tasks(project, *"abcd")
    office.faults.add(faults.mutate(lambda: office.edits.add("new", project, top=True)), "/tasks", nth=2)
    assert await titles(office.source(), selection(project=project.gid)) == [*"abcd", "new"]


async def test_what_moves_between_two_projects_of_a_portfolio_while_they_are_read_is_not_lost(office: Office) -> None:
    one, two = office.site.add_project("One"), office.site.add_project("Two")
    mover = office.tasks(two, "Mover")[0]
    portfolio = office.site.add_portfolio("Both", [one.gid, two.gid])
    office.clock.instant += timedelta(hours=1)

    def move() -> None:
        office.edits.add_to(mover, one)
        office.edits.remove_from(mover, two)

    office.faults.add(faults.mutate(move), "/tasks", nth=1)
    assert await titles(office.source(in_flight=1), selection(portfolio=portfolio["gid"])) == ["Mover"]


@pytest.mark.parametrize("anew", [False, True])
async def test_a_list_that_goes_round_in_a_circle_ends_as_partial(office: Office, anew: bool) -> None:
    """The second kind of circle shows in the records alone, for Asana signs each token anew."""
    office.site.most = 2
    project = office.site.add_project("Launch")
    office.tasks(project, *"abcdef")
    office.faults.add(faults.mutate(office.heard.clear))  # the repeated tokens are no answers of Asana's
    office.faults.add(repeat_asana_page(anew=anew), "/tasks")
    with pytest.raises(PartialReadError, match=rf"the tasks of project {project.gid} leads back"):
        await census(office.source(), selection(project=project.gid))
    assert len(office.ledger) <= (6 if anew else 2)


async def test_a_full_page_that_does_not_say_whether_it_is_the_last_ends_as_partial(office: Office) -> None:
    """Pitfall 18: what is missing is not "finished"."""
    project = office.site.add_project("Launch")
    office.tasks(project, *(f"Task {number}" for number in range(150)))
    office.faults.add(no_asana_end(), "/tasks")
    with pytest.raises(PartialReadError, match="is missing"):
        await census(office.source(), selection(project=project.gid))


async def test_a_token_that_ran_out_ends_as_partial(office: Office) -> None:
    office.site.most = 2
    project = office.site.add_project("Launch")
    office.tasks(project, *"abcdef")

    def wait() -> None:
        office.clock.instant += timedelta(hours=1)

    office.faults.add(faults.mutate(wait), "/tasks", nth=1)
    with pytest.raises(PartialReadError, match=r"no longer takes its own token .* has expired"):
        await census(office.source(), selection(project=project.gid))


async def test_a_record_that_cannot_be_read_is_told_once(office: Office) -> None:
    office.site.most = 2
    project = office.site.add_project("Launch")
    office.tasks(project, *"abc")
    office.edits.add("Broken", project, subtype="approval")["approval_status"] = "vetoed"
    office.faults.add(faults.mutate(office.heard.clear))  # such a record is none that Asana describes
    skipped: list[SkipRecordError] = []
    assert len(await census(office.source(), selection(project=project.gid), skipped=skipped)) == 3
    assert len(skipped) == 1
    assert "'Broken'" in str(skipped[0])


async def test_a_paid_plans_feature_is_explained(office: Office) -> None:
    office.site.add_portfolio("All", [])
    office.site.paid = False
    with pytest.raises(FixConfigError, match=r"work: Asana wants a paid plan for the portfolios of workspace Rivelle"):
        await census(office.source(), selection(portfolio="All"))
    with pytest.raises(FixConfigError, match=r"wants a paid plan for the custom fields"):
        await office.source().fingerprint(frozenset({"Points"}))


@pytest.mark.parametrize("where", ["hidden", "gone"])
async def test_a_place_that_is_hidden_or_gone_is_named(office: Office, where: str) -> None:
    project = office.site.add_project("Launch")
    if where == "hidden":
        office.site.hidden.add(project.gid)
        says = rf"does not show the tasks of project {project.gid} to connection work \(403\): share it"
    else:
        office.site.projects.clear()
        says = rf"has no record of the tasks of project {project.gid} \(404\)"
    with pytest.raises(FixConfigError, match=says):
        await census(office.source(), selection(project=project.gid))


async def test_the_rate_of_a_free_plan_is_kept_to_and_refusals_are_waited_out(office: Office) -> None:
    office.site.most = 1
    office.site.requests_a_minute = 5
    project = office.site.add_project("Launch")
    office.tasks(project, *"abcdefgh")
    office.clock.instant += timedelta(hours=1)
    assert len(await census(office.source(), selection(project=project.gid))) == 8
    refused = [asked for asked in office.ledger if asked.status == 429]
    assert 1 <= len(refused) <= 3  # each counts as a request as well: one for each minute that is full
    assert max(office.clock.slept) > 30


async def test_a_wait_beyond_the_budget_is_left_to_the_next_run(office: Office) -> None:
    office.site.most, office.site.requests_a_minute = 1, 3
    project = office.site.add_project("Launch")
    office.tasks(project, *"abcdefgh")
    with pytest.raises(TryAgainError, match="Asana is busy"):
        await census(office.source(budget_seconds=10), selection(project=project.gid))
