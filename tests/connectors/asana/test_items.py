"""What a task counts as, whatever Asana calls it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from connectors.asana.fields import CustomField, Wanted
from connectors.asana.items import Reader, belongs
from connectors.asana.options import AsanaOptions
from connectors.asana.records import Task
from connectors.asana.selection import AsanaSelection
from mapping.errors import SkipRecordError
from mapping.words import ItemState, WorkItem

POINTS, SHARE, STAGE, TEAMS, DAY, NOTE, OWNERS = (CustomField(gid=str(number)) for number in range(1, 8))


def task(**members: object) -> Task:
    raw = {
        "gid": "1200",
        "name": "Guest can pay",
        "resource_subtype": "default_task",
        "num_subtasks": 0,
        "completed": False,
        "completed_at": None,
        "modified_at": "2026-10-05T08:00:00.000Z",
        "created_at": "2026-10-01T08:00:00.000Z",
        **members,
    }
    return msgspec.json.decode(msgspec.json.encode(raw), type=Task)


def completed(**members: object) -> Task:
    return task(completed=True, completed_at="2026-10-04T10:00:00.000+02:00", **members)


def home(project: str, section: str, name: str) -> dict[str, object]:
    return {"project": {"gid": project, "name": f"Project {project}"}, "section": {"gid": section, "name": name}}


def read(record: Task, wanted: Wanted | None = None, **options: object) -> WorkItem:
    told = AsanaOptions.model_validate({"token": "made-up", **options})
    return Reader.of("work", told, wanted or Wanted()).item(record)


def test_a_completed_task_is_done_at_its_completion_and_an_open_one_is_to_do() -> None:
    done = read(completed())
    assert (done.state, done.done_at) == (ItemState.DONE, datetime(2026, 10, 4, 8, tzinfo=UTC))
    assert (read(task()).state, read(task()).done_at) == (ItemState.TODO, None)


@pytest.mark.parametrize(
    ("status", "is_completed", "state"),
    [
        ("pending", False, ItemState.TODO),
        ("approved", True, ItemState.DONE),
        ("rejected", True, ItemState.WONT_DO),
        ("changes_requested", True, ItemState.IN_PROGRESS),
    ],
)
def test_an_approval_is_done_only_when_it_is_approved(status: str, is_completed: bool, state: ItemState) -> None:
    approval = (completed if is_completed else task)(resource_subtype="approval", approval_status=status)
    assert read(approval).state is state
    assert (read(approval).done_at is not None) == (state is ItemState.DONE)
    assert read(approval).kind == "approval"


@pytest.mark.parametrize("status", ["vetoed", None])
def test_an_approval_with_an_unknown_status_is_named_and_not_counted(status: str | None) -> None:
    with pytest.raises(SkipRecordError, match=r"work: task 1200 'Guest can pay' cannot be read: the approval status"):
        read(completed(resource_subtype="approval", approval_status=status))


def test_the_section_is_the_status() -> None:
    item = read(task(memberships=[home("10", "11", "Doing")]))
    assert (item.status, item.status_id) == ("Doing", "11")


def test_a_task_in_several_projects_reads_the_same_in_whatever_order_they_come() -> None:
    homes = [home("900", "901", "Q4"), home("1000", "1001", "Doing")]
    one, other = read(task(memberships=homes)), read(task(memberships=homes[::-1]))
    assert one == other
    assert (one.status, one.status_id) == ("Q4, Doing", "901,1001")


def test_the_status_of_a_custom_type_goes_before_the_section() -> None:
    bug = task(
        resource_subtype="custom",
        custom_type={"gid": "70", "name": "Bug ticket"},
        custom_type_status_option={"gid": "71", "name": "Solution pending"},
        memberships=[home("10", "11", "Doing")],
    )
    item = read(bug, in_progress=["solution pending"])
    assert (item.kind, item.status, item.status_id, item.state) == (
        "bug ticket",
        "Solution pending",
        "71",
        ItemState.IN_PROGRESS,
    )


@pytest.mark.parametrize("said", ["doing", "Doing ", "11", 11])
def test_a_section_may_mean_in_progress_by_name_or_gid(said: str | int) -> None:
    inside = [home("10", "11", "Doing")]
    assert read(task(memberships=inside), in_progress=[said]).state is ItemState.IN_PROGRESS
    assert read(completed(memberships=inside), in_progress=[said]).state is ItemState.DONE


def test_a_section_may_mean_that_its_tasks_will_not_be_done_completed_or_not() -> None:
    inside = [home("10", "11", "Won't do"), home("20", "21", "Backlog")]
    for record in (task(memberships=inside), completed(memberships=inside)):
        assert read(record, wont_do=["won't do"]).state is ItemState.WONT_DO
        assert read(record, wont_do=["won't do"]).done_at is None


def test_custom_fields_are_numbers_as_they_are_or_texts() -> None:
    fields = [
        {"gid": "1", "number_value": 2.1, "display_value": "2"},
        {"gid": "2", "number_value": 0.25, "display_value": "25%"},
        {"gid": "3", "enum_value": {"gid": "31", "name": "Beta"}, "display_value": "Beta"},
        {"gid": "4", "multi_enum_values": [{"gid": "41", "name": "Web"}, {"gid": "42", "name": "Shop"}]},
        {"gid": "5", "date_value": {"date": "2026-12-01"}, "display_value": "2026-12-01T00:00:00.000Z"},
        {"gid": "6", "text_value": "by hand", "display_value": "by hand"},
        {"gid": "7", "display_value": "Ana, Leo"},
        {"gid": "99", "number_value": 7},
    ]
    meant = {"Points": POINTS, "Share": SHARE, "Stage": STAGE, "Teams": TEAMS, "Day": DAY, "Note": NOTE, "Who": OWNERS}
    item = read(task(custom_fields=fields), Wanted(custom={name: (each,) for name, each in meant.items()}))
    assert item.numbers == {"Points": Decimal("2.1"), "Share": Decimal("0.25")}
    assert item.fields == {
        "Stage": "Beta",
        "Teams": "Web, Shop",
        "Day": "2026-12-01",
        "Note": "by hand",
        "Who": "Ana, Leo",
    }


def test_an_empty_field_is_absent_and_not_zero() -> None:
    fields = [{"gid": "1", "number_value": None, "display_value": None}, {"gid": "3", "enum_value": None}]
    item = read(task(custom_fields=fields), Wanted(custom={"Points": (POINTS,), "Stage": (STAGE,)}))
    assert (item.numbers, item.fields) == ({}, {})


def test_zero_is_a_number() -> None:
    item = read(task(custom_fields=[{"gid": "1", "number_value": 0}]), Wanted(custom={"Points": (POINTS,)}))
    assert item.numbers == {"Points": Decimal(0)}


def test_of_several_fields_under_one_name_the_first_that_the_task_has_counts() -> None:
    wanted = Wanted(custom={"Points": (POINTS, SHARE)})
    assert read(task(custom_fields=[{"gid": "2", "number_value": 5}]), wanted).numbers == {"Points": Decimal(5)}
    both = [{"gid": "2", "number_value": 5}, {"gid": "1", "number_value": None}]
    assert read(task(custom_fields=both), wanted).numbers == {}


def test_fields_of_every_task_are_told_when_asked_for() -> None:
    names = frozenset({"num_subtasks", "actual_time_minutes", "section", "project", "due_on", "approval_status"})
    record = task(num_subtasks=3, actual_time_minutes=90, due_on="2026-11-01", memberships=[home("10", "11", "Doing")])
    item = read(record, Wanted(plain=names))
    assert item.numbers == {"num_subtasks": Decimal(3), "actual_time_minutes": Decimal(90)}
    assert item.fields == {"section": "Doing", "project": "Project 10", "due_on": "2026-11-01"}
    assert read(record).numbers == {}


def test_a_subtask_knows_its_parent() -> None:
    item = read(task(parent={"gid": "1100"}))
    assert (item.parent, item.level, read(task()).level) == ("1100", -1, 0)


def test_labels_are_tags_and_the_assignee_is_a_name() -> None:
    tags = [{"gid": "1", "name": "zeta"}, {"gid": "2", "name": "Alpha"}, {"gid": "3", "name": "zeta"}]
    item = read(task(tags=tags, assignee={"gid": "5", "name": "Ana"}, permalink_url="https://app.asana.test/0/1/2"))
    assert (item.labels, item.assignee, item.url) == (("Alpha", "zeta"), "Ana", "https://app.asana.test/0/1/2")


def test_a_record_without_a_time_of_change_takes_the_latest_it_tells_and_one_without_any_is_named() -> None:
    assert read(task(modified_at=None)).updated_at == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert read(completed(modified_at=None)).updated_at == datetime(2026, 10, 4, 8, tzinfo=UTC)
    with pytest.raises(SkipRecordError, match="tells no time of change"):
        read(task(modified_at=None, created_at=None))


def test_a_task_without_a_name_still_has_a_title() -> None:
    assert read(task(name="")).title == "(without a name)"


@pytest.mark.parametrize(
    ("terms", "kinds"),
    [
        ({}, {"task", "approval"}),
        ({"milestones": "include"}, {"task", "approval", "milestone"}),
        ({"milestones": "only"}, {"milestone"}),
        ({"approvals": "exclude"}, {"task"}),
        ({"approvals": "only"}, {"approval"}),
        ({"milestones": "include", "approvals": "exclude"}, {"task", "milestone"}),
    ],
)
def test_milestones_and_approvals_count_only_as_asked_and_separators_never(
    terms: dict[str, str], kinds: set[str]
) -> None:
    there = {
        "task": task(),
        "milestone": task(resource_subtype="milestone"),
        "approval": task(resource_subtype="approval", approval_status="pending"),
        "separator": task(name="Later:", is_rendered_as_separator=True),
    }
    chosen = AsanaSelection.model_validate({"project": "10", **terms})
    assert {kind for kind, record in there.items() if belongs(record, chosen)} == kinds
