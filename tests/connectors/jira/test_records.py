from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from connectors.jira import JiraOptions
from connectors.jira.records import Reader, reader_for
from mapping.errors import SkipRecordError
from mapping.words import ItemState, WorkItem
from tests.connectors.jira.replay import DOING, DONE, TODO, Record, issue, status

POINTS = "customfield_10016"


def reader(*wont_do: str, numbers: dict[str, str] | None = None) -> Reader:
    more = {"wont_do": list(wont_do)} if wont_do else {}
    options = JiraOptions.model_validate(
        {"url": "https://acme.atlassian.net", "email": "a@acme.test", "token": "t0k3n"} | more
    )
    return reader_for("jira", options, {"77": "done"}, numbers or {"story_points": POINTS})


def read(record: Record, by: Reader | None = None) -> WorkItem:
    return (by or reader()).item(msgspec.Raw(msgspec.json.encode(record)))


def test_a_record_becomes_a_work_item() -> None:
    record = issue(
        12,
        now=DONE,
        issuetype={"name": "Sub-task", "subtask": True, "hierarchyLevel": -1},
        parent={"id": "10063", "key": "CHK-1", "fields": {"summary": "not ours"}},
        labels=["b", "a", "b"],
        assignee={"accountId": "5b1", "displayName": "Ana"},
        customfield_10016=2.50,
    )
    assert read(record) == WorkItem(
        connection="jira",
        id="10012",
        key="CHK-12",
        title="Issue 12",
        state=ItemState.DONE,
        updated_at=datetime(2026, 10, 20, 8, 6, 8, 713_000, tzinfo=UTC),
        kind="sub-task",
        status="Done",
        status_id="3",
        resolution="Done",
        url="https://acme.atlassian.net/browse/CHK-12",
        parent="10063",
        level=-1,
        labels=("a", "b"),
        assignee="Ana",
        created_at=datetime(2026, 10, 1, 8, 6, 8, 713_000, tzinfo=UTC),
        done_at=datetime(2026, 10, 20, 8, 6, 8, tzinfo=UTC),
        numbers={"story_points": Decimal("2.5")},
    )


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (TODO, ItemState.TODO),
        (DOING, ItemState.IN_PROGRESS),
        (DONE, ItemState.DONE),
        (status("9", "已完成", "new"), ItemState.TODO),  # "Completed" by its name, and yet not done
        (status("9", "Done", "indeterminate"), ItemState.IN_PROGRESS),
        (status("9", "In Review", "done"), ItemState.DONE),
        (status("9", "No category", "undefined"), ItemState.TODO),
    ],
)
def test_the_category_says_how_far_an_issue_is_and_never_the_name_of_its_status(now: Record, state: ItemState) -> None:
    assert read(issue(1, now=now)).state is state


def test_a_record_without_its_category_takes_that_of_its_status() -> None:
    assert read(issue(1, now={"id": "77", "name": "Shipped"})).state is ItemState.DONE


@pytest.mark.parametrize("now", [{"id": "78", "name": "?"}, status("3", "Odd", "finished")])
def test_a_category_nobody_knows_is_not_guessed(now: Record) -> None:
    with pytest.raises(SkipRecordError, match=r"CHK-1 \(10001\).*category"):
        read(issue(1, now=now))


@pytest.mark.parametrize("name", ["Won't Do", "won’t fix", "DUPLICATE", " Cannot Reproduce ", "Declined"])
def test_closed_without_being_done_is_not_done(name: str) -> None:
    item = read(issue(1, now=DONE, resolution={"id": "5", "name": name}))
    assert item.state is ItemState.WONT_DO
    assert item.done_at is None


def test_a_site_lists_its_own_resolutions_by_name_or_id() -> None:
    own = reader("不做", "10042")
    assert read(issue(1, now=DONE, resolution={"id": "7", "name": "不做"}), own).state is ItemState.WONT_DO
    assert read(issue(1, now=DONE, resolution={"id": "10042", "name": "x"}), own).state is ItemState.WONT_DO
    assert read(issue(1, now=DONE, resolution={"id": "5", "name": "Duplicate"}), own).state is ItemState.DONE


def test_a_resolution_says_nothing_while_the_issue_is_open() -> None:
    assert read(issue(1, now=TODO, resolution={"id": "5", "name": "Won't Do"})).state is ItemState.TODO


def test_an_issue_closed_without_a_resolution_is_dated_by_its_change_of_category() -> None:
    record = issue(
        1, now=DONE, resolution=None, resolutiondate=None, statuscategorychangedate="2026-10-19T01:00:00.000+0800"
    )
    assert read(record).done_at == datetime(2026, 10, 18, 17, tzinfo=UTC)


def test_an_issue_without_any_date_of_completion_is_done_all_the_same() -> None:
    item = read(issue(1, now=DONE, resolutiondate=None))
    assert (item.state, item.done_at) == (ItemState.DONE, None)


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ({"name": "Epic", "hierarchyLevel": 1}, 1),
        ({"name": "Initiative", "hierarchyLevel": 2}, 2),
        ({"name": "Sub-task", "subtask": True}, -1),
        ({"name": "Story", "subtask": False}, 0),
        (None, 0),
    ],
)
def test_the_level_comes_from_the_hierarchy(kind: Record | None, level: int) -> None:
    assert read(issue(1, issuetype=kind)).level == level


@pytest.mark.parametrize(
    ("stored", "numbers"),
    [
        (b"null", {}),
        (b"0", {"story_points": Decimal(0)}),
        (b"0.1", {"story_points": Decimal("0.1")}),
        (b"12345678901234567.89", {"story_points": Decimal("12345678901234567.89")}),
        (b"-1e2", {"story_points": Decimal(-100)}),
    ],
)
def test_an_empty_number_is_absent_zero_is_zero_and_no_digit_is_lost(
    stored: bytes, numbers: dict[str, Decimal]
) -> None:
    encoded = msgspec.json.encode(issue(1, customfield_10016="HERE")).replace(b'"HERE"', stored)
    assert reader().item(msgspec.Raw(encoded)).numbers == numbers
    assert read(issue(1)).numbers == {}


@pytest.mark.parametrize("stored", ["5", True, [5], {"value": 5}])
def test_what_is_no_number_in_a_numeric_field_skips_the_record(stored: object) -> None:
    with pytest.raises(SkipRecordError, match=r"jira: cannot read CHK-1 \(10001\): story_points \(customfield_10016\)"):
        read(issue(1, customfield_10016=stored))


def test_two_names_may_mean_one_field() -> None:
    both = reader(numbers={"story_points": POINTS, "effort": POINTS})
    assert read(issue(1, customfield_10016=3), both).numbers == {"story_points": Decimal(3), "effort": Decimal(3)}


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"id": "10001", "key": "CHK-1"}, r"CHK-1 \(10001\)"),
        ({"id": "10001", "fields": {}}, "the issue 10001"),
        (issue(1, updated=None), r"CHK-1 \(10001\)"),
        (issue(1, updated="2026-10-20T16:06:08.713"), "no offset from UTC"),
        (issue(1, updated="gestern"), r"CHK-1 \(10001\)"),
        (issue(1, status=None), r"CHK-1 \(10001\)"),
        (issue(1, labels="urgent"), r"CHK-1 \(10001\)"),
        ({}, "the issue without an id"),
    ],
)
def test_an_unreadable_record_is_named(record: Record, named: str) -> None:
    with pytest.raises(SkipRecordError, match=named):
        read(record)


def test_a_record_that_is_none_is_told_as_such() -> None:
    with pytest.raises(SkipRecordError, match="a record that tells no id"):
        reader().item(msgspec.Raw(b"[1]"))


def test_a_title_may_be_missing() -> None:
    assert read(issue(1, summary=None)).title == "CHK-1"
