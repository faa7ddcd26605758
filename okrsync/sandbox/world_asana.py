"""Rivelle's Asana: the plan for its first store, what marks it in work, and two goals that people look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from okrsync.sandbox import company
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import ASANA_ACCOUNT, AsanaSite, Project
from okrsync.sandbox.days import Span, span_around, working_time
from okrsync.sandbox.wire import Record, instant_of

STORE = "Store in Ghent"
PERMITS, FIT_OUT, SHELVES, TEAM, OPENING, DROPPED = "Permits", "Fit-out", "Shelves", "Team", "Opening", "Dropped"
SECTIONS = (PERMITS, FIT_OUT, SHELVES, TEAM, OPENING, DROPPED)
EFFORT, PRODUCTS = "Effort (days)", "Products"
TAG, PORTFOLIO = "needs a craftsman", "Stores"
GOAL_READY, GOAL_BUGS = "1208000000000001", "1208000000000002"
"""Gids of the goals, fixed because the rules name them."""


def asana_world(rng: Random, anchor: datetime) -> AsanaSite:
    """Return the site as it stands at the anchor."""
    site = AsanaSite(account=ASANA_ACCOUNT)
    project = site.add_project(STORE, SECTIONS)
    for name in (EFFORT, PRODUCTS):
        site.add_field(name, projects=[project])
    site.add_portfolio(PORTFOLIO, [project.gid])
    tag = site.add_tag(TAG)
    elapsed = span_around(anchor).elapsed
    _permits(rng, anchor, site, project, elapsed)
    for section, tasks in company.STORE_TASKS.items():
        work = [leaf for task in tasks for leaf in _add(rng, anchor, site, project, section, task)]
        if section == FIT_OUT:
            for task in work:
                AsanaEdits(site, instant_of(task["created_at"]), company.SOFIA).tag(task, tag)
        if section != DROPPED:
            _complete(rng, anchor, site, work, elapsed)
    opening = AsanaEdits(site, working_time(rng, anchor, 100), company.SOFIA)
    opening.add("Doors open", project, OPENING, subtype="milestone")
    _goals(site, span_around(anchor))
    return site


def _permits(rng: Random, anchor: datetime, site: AsanaSite, project: Project, elapsed: float) -> None:
    """Add the approvals: as many decided as the cycle lets one expect, the last of these turned down."""
    decided = round(len(company.STORE_PERMITS) * elapsed)
    for number, name in enumerate(company.STORE_PERMITS, start=1):
        asked = AsanaEdits(site, working_time(rng, anchor, rng.uniform(60, 90)), company.SOFIA)
        task = asked.add(name, project, PERMITS, subtype="approval")
        if number <= decided:
            answer = AsanaEdits(site, working_time(rng, anchor, rng.uniform(3, 40)), company.SOFIA)
            answer.decide(task, "rejected" if number == decided else "approved")


def _add(
    rng: Random, anchor: datetime, site: AsanaSite, project: Project, section: str, planned: company.StoreTask
) -> list[Record]:
    """Add a task with its subtasks, and return those that work is done on: the subtasks, or else itself."""
    edits = AsanaEdits(site, working_time(rng, anchor, rng.uniform(70, 110)), rng.choice(company.OPERATIONS))
    task = edits.add(planned.name, project, section)
    if planned.products:
        edits.set_number(task, field_of(site, PRODUCTS), planned.products)
    leaves = [edits.add(name, parent=task) for name, _ in planned.parts] or [task]
    for leaf, days in zip(leaves, [days for _, days in planned.parts] or [planned.days], strict=True):
        site.give_fields(leaf, project)
        edits.set_number(leaf, field_of(site, EFFORT), days)
    return leaves


def _complete(rng: Random, anchor: datetime, site: AsanaSite, work: list[Record], elapsed: float) -> None:
    """Complete work until the share of its days that is done fits how much of the cycle is over."""
    left = sum(map(effort_of, work)) * elapsed
    for task in work:
        left -= effort_of(task)
        if left < -effort_of(task) / 2:  # a task of which the better half should be done is
            return
        ended = max(instant_of(task["created_at"]) + timedelta(hours=3), working_time(rng, anchor, rng.uniform(3, 45)))
        AsanaEdits(site, ended, company.LEO).complete(task)


def field_of(site: AsanaSite, name: str) -> Record:
    """Return a custom field by its name."""
    return next(each for each in site.custom_fields.values() if each["name"] == name)


def open_work(site: AsanaSite, section: str) -> list[Record]:
    """Return what is still to do in a section of the plan, parts instead of their parents, in the order of making."""

    def section_of(task: Record) -> str:
        home = next(iter(site.tasks[task["parent"]["gid"] if task["parent"] else task["gid"]]["memberships"]))
        return str(home["section"]["name"])

    return [
        task
        for task in site.tasks.values()
        if not task["completed"]
        and task["resource_subtype"] != "milestone"
        and not site.subtasks(task["gid"])
        and section_of(task) == section
    ]


def effort_of(task: Record) -> float:
    """Return the days of work of a task, 0 where nobody said."""
    held: Record = next((each for each in task["custom_fields"] if each["name"] == EFFORT), {})
    return float(held.get("number_value") or 0)


def _goals(site: AsanaSite, span: Span) -> None:
    """Add the goals as somebody made them at the start of the cycle; nobody has kept them since."""
    site.add_goal("The store in Ghent is ready to open", gid=GOAL_READY, precision=1)
    site.add_goal(
        "At most ten open checkout bugs",
        gid=GOAL_BUGS,
        unit="none",
        initial_number_value=40,
        target_number_value=10,
        current_number_value=40,
    )
    last = span.ends_on - timedelta(days=1)
    for gid, owner in ((GOAL_READY, company.SOFIA), (GOAL_BUGS, company.AGNES)):
        dates = {"start_on": span.starts_on.isoformat(), "due_on": last.isoformat()}
        site.goals[gid] |= {"owner": site.user(owner), **dates}
