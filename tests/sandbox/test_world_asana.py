"""Rivelle's Asana: believable on any day, moved by steps, and answered as Asana describes it."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from okrsync.sandbox.asana_site import ASANA_ACCOUNT, WORKSPACE, AsanaSite
from okrsync.sandbox.server import Sandbox
from okrsync.sandbox.steps import take_step
from okrsync.sandbox.wire import Record, instant_of, json_bytes
from okrsync.sandbox.world_asana import (
    EFFORT,
    GOAL_BUGS,
    GOAL_READY,
    PERMITS,
    PRODUCTS,
    SECTIONS,
    SHELVES,
    effort_of,
    field_of,
    open_work,
)
from tests.connectors.asana.described import answer_problems, there
from tests.sandbox.conftest import ANCHOR, world_at
from tests.sandbox.test_world import DAYS, world

STEP_AT = ANCHOR + timedelta(hours=1)
ON_THE_WAY = (0.25, 0.75)
"""Between these shares the plan is believable in the middle of a cycle."""


def leaves(site: AsanaSite) -> list[Record]:
    return [task for task in site.tasks.values() if effort_of(task) and not site.subtasks(task["gid"])]


@pytest.mark.parametrize("anchor", DAYS, ids=[f"{day:%m-%d}" for day in DAYS])
def test_on_every_day_the_plan_is_on_its_way_and_nothing_lies_ahead(anchor: datetime) -> None:
    site = world(anchor=anchor).asana
    work = leaves(site)
    share = sum(effort_of(task) for task in work if task["completed"]) / sum(map(effort_of, work))
    assert ON_THE_WAY[0] < share < ON_THE_WAY[1]
    approvals = [task["approval_status"] for task in site.tasks.values() if task["resource_subtype"] == "approval"]
    assert {"approved", "rejected", "pending"} == set(approvals)
    for task in site.tasks.values():
        assert instant_of(task["modified_at"]) < anchor
        if task["completed"]:
            assert instant_of(task["completed_at"]) >= instant_of(task["created_at"])


def test_the_same_seed_and_steps_give_the_same_asana() -> None:
    one, other = (world(steps=(STEP_AT,)).asana for _ in range(2))
    assert json_bytes([one.tasks, one.stories, one.goals]) == json_bytes([other.tasks, other.stories, other.goals])


@pytest.mark.parametrize("anchor", DAYS, ids=[f"{day:%m-%d}" for day in DAYS])
def test_a_step_completes_work_and_grants_a_permit_all_of_it_after_the_last_change(anchor: datetime) -> None:
    before, after, at = world(anchor=anchor), world(anchor=anchor), anchor + timedelta(hours=1)
    sentences = take_step(after, 1, at)
    moved = [task for gid, task in after.asana.tasks.items() if task != before.asana.tasks[gid]]
    assert [task["name"] for task in moved if not task["completed"]] == []
    assert all(at < instant_of(task["modified_at"]) < at + timedelta(seconds=2) for task in moved)
    told = [sentence for sentence in sentences if sentence.startswith("In Asana, ")]
    assert len(told) == len(moved) == 4
    assert len(open_work(after.asana, PERMITS)) == len(open_work(before.asana, PERMITS)) - 1
    (shelf,) = [task for task in open_work(before.asana, SHELVES) if task["gid"] in {each["gid"] for each in moved}]
    held = next(each for each in shelf["custom_fields"] if each["gid"] == field_of(after.asana, PRODUCTS)["gid"])
    assert held["number_value"] > 0


def test_steps_can_be_taken_until_nothing_is_left_to_do() -> None:
    made = world()
    for number in range(1, 13):
        take_step(made, number, ANCHOR + timedelta(days=number))
    assert open_work(made.asana, "Team") == []


@pytest.mark.skipif(not there(), reason="Asana's description is not there: set OKRSYNC_SPECS to its folder")
def test_all_that_is_there_is_answered_as_described(stage: Sandbox) -> None:
    site = world_at(stage.port, steps=(STEP_AT,)).asana
    stage.asana, stage.refresh = site, None
    (project,) = site.projects
    (portfolio,), (tag,) = site.portfolios, site.tags
    lists = [
        f"/projects?workspace={WORKSPACE}",
        f"/projects/{project}/sections",
        f"/portfolios/{portfolio}/items",
        f"/tags/{tag}/tasks",
        f"/workspaces/{WORKSPACE}/custom_fields",
        f"/goals?workspace={WORKSPACE}",
        *(f"/tasks/{gid}/stories" for gid in list(site.tasks)[:12]),
        *(f"/tasks/{gid}/subtasks" for gid in site.tasks if site.subtasks(gid)),
    ]
    whole = [*(f"/tasks/{gid}" for gid in site.tasks), *(f"/goals/{gid}" for gid in (GOAL_READY, GOAL_BUGS))]
    with httpx.Client(base_url=stage.asana_url, headers={"Authorization": f"Bearer {ASANA_ACCOUNT.token}"}) as client:
        for path in (*lists, *whole):
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            assert answer_problems(path.partition("?")[0], "get", 200, answer.json()) == []


def test_the_rules_name_what_is_there() -> None:
    site = world().asana
    (project,) = site.projects.values()
    assert [section["name"] for section in project.sections] == list(SECTIONS)
    assert {field_of(site, name)["type"] for name in (EFFORT, PRODUCTS)} == {"number"}
    assert set(site.goals) == {GOAL_READY, GOAL_BUGS}
