"""The past of tasks: replayed from stories, which are never read as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.port import History, Source
from mapping.errors import SkipRecordError
from mapping.words import PastChange
from okrsync.sandbox import faults
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import asana_time
from okrsync.sandbox.wire import Record
from tests.connectors.asana.kit import Office

START = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
Told = list[tuple[int, str, str | None, str | None]]


def on(office: Office, day: int) -> AsanaEdits:
    return AsanaEdits(office.site, START + timedelta(days=day))


async def past(
    source: Source, tasks: Sequence[Record], fields: frozenset[str] = frozenset(), *skips: str
) -> list[PastChange]:
    assert isinstance(source, History)
    told: list[SkipRecordError] = []
    found = [
        change
        async for batch in source.history([task["gid"] for task in tasks], fields, told.append)
        for change in batch
    ]
    assert len(told) == len(skips)
    assert all(says in str(error) for says, error in zip(skips, told, strict=True))
    return found


def days(changes: Sequence[PastChange], *names: str) -> Told:
    """Return changes as day, field, old and new; only those of the named fields when there are any."""
    return [
        ((each.at - START).days, each.field, each.old, each.new) for each in changes if not names or each.field in names
    ]


async def test_completions_and_reopenings_are_each_dated(office: Office) -> None:
    """Pitfall 29: the time of completion is that of the last one only."""
    task = on(office, 0).add("Pay", office.site.add_project("Launch"))
    on(office, 1).complete(task)
    on(office, 3).reopen(task)
    on(office, 4).complete(task)
    assert days(await past(office.source(), [task])) == [
        (1, "state", "todo", "done"),
        (3, "state", "done", "todo"),
        (4, "state", "todo", "done"),
    ]


async def test_sections_are_the_status_of_the_past(office: Office) -> None:
    project = office.site.add_project("Launch")
    task = on(office, 0).add("Pay", project)
    on(office, 1).move(task, project, "Doing")
    on(office, 2).complete(task)
    on(office, 2).move(task, project, "Done")
    todo, doing, done = (project.section(name)["gid"] for name in ("To do", "Doing", "Done"))
    changes = await past(office.source(in_progress=["Doing"]), [task])
    assert days(changes, "status") == [(1, "status", "To do", "Doing"), (2, "status", "Doing", "Done")]
    assert days(changes, "status_id") == [(1, "status_id", todo, doing), (2, "status_id", doing, done)]
    assert days(changes, "state") == [(1, "state", "todo", "in_progress"), (2, "state", "in_progress", "done")]


async def test_only_the_project_of_a_move_is_moved_back(office: Office) -> None:
    one, two = office.site.add_project("One"), office.site.add_project("Two")
    task = on(office, 0).add("Shared", one)
    on(office, 0).add_to(task, two, "Doing")
    on(office, 1).move(task, one, "Done")
    assert days(await past(office.source(), [task]), "status") == [(1, "status", "To do, Doing", "Done, Doing")]


async def test_decisions_of_an_approval_are_states_of_their_own(office: Office) -> None:
    task = on(office, 0).add("Budget", office.site.add_project("Launch"), subtype="approval")
    on(office, 1).decide(task, "changes_requested")
    on(office, 2).decide(task, "rejected")
    on(office, 3).decide(task, "approved")
    assert days(await past(office.source(), [task])) == [
        (1, "state", "todo", "in_progress"),
        (2, "state", "in_progress", "wont_do"),
        (3, "state", "wont_do", "done"),
    ]


async def test_numbers_options_and_tags_have_their_past(office: Office) -> None:
    project = office.site.add_project("Launch")
    points = office.site.add_field("Points", projects=[project])
    stage = office.site.add_field("Stage", "enum", options=("Alpha", "Beta"), projects=[project])
    task = on(office, 0).add("Pay", project)
    on(office, 1).set_number(task, points, 3)
    on(office, 2).set_number(task, points, 5.5)
    on(office, 3).set_number(task, points, None)
    on(office, 4).set_enum(task, stage, "Alpha")
    on(office, 5).set_enum(task, stage, "Beta")
    urgent = office.site.add_tag("urgent")
    on(office, 6).tag(task, urgent)
    on(office, 7).tag(task, office.site.add_tag("Big"))
    on(office, 8).untag(task, urgent)
    assert days(await past(office.source(), [task], frozenset({"Points", "Stage"}))) == [
        (1, "numbers.Points", None, "3"),
        (2, "numbers.Points", "3", "5.5"),
        (3, "numbers.Points", "5.5", None),
        (4, "fields.Stage", None, "Alpha"),
        (5, "fields.Stage", "Alpha", "Beta"),
        (6, "labels", None, "urgent"),
        (7, "labels", "urgent", "Big,urgent"),
        (8, "labels", "Big,urgent", "Big"),
    ]


async def test_fields_that_no_rule_uses_are_left_out(office: Office) -> None:
    project = office.site.add_project("Launch")
    points = office.site.add_field("Points", projects=[project])
    task = on(office, 0).add("Pay", project)
    on(office, 1).set_number(task, points, 3)
    on(office, 2).rename(task, "Pay later")
    assert await past(office.source(), [task], frozenset({"section", "num_subtasks"})) == []


async def test_a_completion_without_a_story_is_dated_by_itself_and_not_by_the_creation(office: Office) -> None:
    """Pitfall 30: imports leave such tasks; dated to their creation they would have been done all along."""
    task = on(office, 0).add("Imported", office.site.add_project("Launch"))
    task["completed"], task["completed_at"] = True, asana_time(START + timedelta(days=2))
    assert days(await past(office.source(), [task])) == [(2, "state", "todo", "done")]
    task["completed_at"] = task["created_at"]
    assert await past(office.source(), [task]) == []


async def test_the_last_change_leads_to_what_the_task_is_now(office: Office) -> None:
    project = office.site.add_project("Launch")
    points = office.site.add_field("Points", projects=[project])
    task = on(office, 0).add("Pay", project)
    on(office, 1).set_number(task, points, 3)
    on(office, 2).move(task, project, "Doing")
    on(office, 3).complete(task)
    source, fields = office.source(), frozenset({"Points"})
    item = next(iter([item async for batch in source.by_ids([task["gid"]], fields, _never) for item in batch]))
    last = {change.field: change.new for change in await past(source, [task], fields)}
    assert last == {
        "state": item.state.value,
        "status": item.status,
        "status_id": item.status_id,
        "numbers.Points": str(item.numbers["Points"]),
    }


def _never(error: SkipRecordError) -> None:
    raise error


async def test_many_stories_come_in_pages_and_many_tasks_in_their_order(office: Office) -> None:
    office.site.most = 3
    project = office.site.add_project("Launch")
    tasks = [on(office, 0).add(f"Task {number}", project) for number in range(5)]
    for day in range(1, 9):
        for task in tasks:
            (on(office, day).complete if day % 2 else on(office, day).reopen)(task)
    changes = await past(office.source(in_flight=3), tasks)
    assert [change.item for change in changes] == [task["gid"] for task in tasks for _ in range(8)]
    assert [day for day, *_ in days(changes)] == [*range(1, 9)] * 5


async def test_the_past_of_what_is_gone_or_hidden_is_absent(office: Office) -> None:
    project = office.site.add_project("Launch")
    gone, hidden, kept = (on(office, 0).add(name, project) for name in ("Gone", "Hidden", "Kept"))
    for task in (gone, hidden, kept):
        on(office, 1).complete(task)
    on(office, 2).delete(gone)
    on(office, 2).hide(hidden)
    assert {change.item for change in await past(office.source(), [gone, hidden, kept])} == {kept["gid"]}


async def test_a_change_between_task_and_stories_is_read_anew(office: Office) -> None:
    task = on(office, 0).add("Pay", office.site.add_project("Launch"))
    on(office, 1).complete(task)
    office.faults.add(faults.mutate(lambda: on(office, 2).reopen(task)), f"/tasks/{task['gid']}", nth=1)
    assert days(await past(office.source(), [task])) == [(1, "state", "todo", "done"), (2, "state", "done", "todo")]
    assert len(office.asked(f"/tasks/{task['gid']}")) == 2


async def test_a_task_that_never_rests_is_named(office: Office) -> None:
    task = on(office, 0).add("Hot", office.site.add_project("Launch"))
    clock = iter(range(1, 100))
    office.faults.add(faults.mutate(lambda: on(office, next(clock)).rename(task, "Hotter")), f"/tasks/{task['gid']}")
    assert await past(office.source(), [task], frozenset(), "changes faster than its history is read") == []


async def test_an_unknown_approval_status_is_named_and_the_rest_is_told(office: Office) -> None:
    project = office.site.add_project("Launch")
    odd, fine = on(office, 0).add("Odd", project, subtype="approval"), on(office, 0).add("Fine", project)
    on(office, 1).decide(odd, "approved")
    office.site.stories[odd["gid"]][0]["old_approval_status"] = "vetoed"
    on(office, 1).complete(fine)
    changes = await past(office.source(), [odd, fine], frozenset(), f"the history of task {odd['gid']} 'Odd'")
    assert {change.item for change in changes} == {fine["gid"]}


@pytest.mark.parametrize("text", ["completed this task", "hat diese Aufgabe abgeschlossen", ""])
async def test_the_text_of_a_story_means_nothing(office: Office, text: str) -> None:
    task = on(office, 0).add("Pay", office.site.add_project("Launch"))
    on(office, 1).rename(task, "Pay later")
    office.site.stories[task["gid"]][0]["text"] = text
    assert await past(office.source(), [task]) == []
    assert all("text" not in asked.params()["opt_fields"].split(",") for asked in office.asked("*/stories"))


async def test_it_takes_two_requests_a_task(office: Office) -> None:
    project = office.site.add_project("Launch")
    tasks = [on(office, 0).add(f"Task {number}", project) for number in range(10)]
    source = office.source()
    await past(source, tasks)
    assert source.requests() == 20
