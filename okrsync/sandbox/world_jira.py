"""Rivelle's Jira: three projects, four months of work. Everything follows from a random source and the anchor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from okrsync.sandbox import company, jira_words
from okrsync.sandbox.days import HISTORY_DAYS, span_around, working_time
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jira_words import Person
from okrsync.sandbox.wire import Record

SHOP, ZERO, GROW = "SHOP", "ZERO", "GROW"
CHECKOUT_EPIC = "SHOP-1"
CHECKOUT = "checkout"
FIRST_ID = 10100
POINTS = (1, 2, 3, 3, 5, 5, 8, 13)
TODO, DOING, REVIEW, DONE = "To Do", "In Progress", "In Review", "Done"


@dataclass(slots=True, eq=False)
class Plan:
    """What becomes of one issue; keys and ids are given later, in the order of creation."""

    project: str
    type: str
    summary: str
    created: datetime
    people: Sequence[Person]
    parent: Plan | None = None
    labels: tuple[str, ...] = ()
    points: float | None = None
    moves: list[tuple[datetime, str, str | None]] = field(default_factory=list)
    """Instant, status, resolution."""
    estimated: tuple[datetime, float] | None = None
    first_status: str = TODO
    key: str = ""
    id: str = ""


def empty_jira(base_url: str) -> JiraSite:
    """Return Rivelle's site with its metadata and no issues."""
    site = JiraSite(base_url=base_url, title="Rivelle")
    site.projects = [
        jira_words.project(base_url, "10001", SHOP, "Web shop", company.INES),
        jira_words.project(base_url, "10002", ZERO, "Zero waste", company.SOFIA, team_managed=True),
        jira_words.project(base_url, "10003", GROW, "Growth campaigns", company.HANNAH),
    ]
    site.statuses = [
        jira_words.status(base_url, "10000", TODO, "new"),
        jira_words.status(base_url, "3", DOING, "indeterminate"),
        jira_words.status(base_url, "10001", REVIEW, "indeterminate"),
        jira_words.status(base_url, "10002", DONE, "done"),
        jira_words.status(base_url, "10010", "Planned", "new", "10002"),
        jira_words.status(base_url, "10011", "On trial", "indeterminate", "10002"),
        jira_words.status(base_url, "10012", "Zero waste", "done", "10002"),
    ]
    site.types = [
        jira_words.issue_type(base_url, "10000", "Epic", level=1, description="A big piece of work."),
        jira_words.issue_type(base_url, "10001", "Story", description="Something a customer can do."),
        jira_words.issue_type(base_url, "10002", "Task", description="Work that has to be done."),
        jira_words.issue_type(base_url, "10003", "Sub-task", level=-1, description="Part of a larger piece."),
        jira_words.issue_type(base_url, "10004", "Bug", description="Something that is broken."),
        jira_words.issue_type(
            base_url, "10020", "Waste stream", description="One source of waste.", project_id="10002"
        ),
    ]
    site.resolutions = [
        jira_words.resolution(base_url, "10000", "Done", "Work has been completed."),
        jira_words.resolution(base_url, "10001", "Won't Do", "This will not be done."),
        jira_words.resolution(base_url, "10002", "Duplicate", "It exists already."),
        jira_words.resolution(base_url, "10003", "Cannot Reproduce", "Nobody else can see it."),
    ]
    site.filters = [
        _filter(
            base_url, "10100", "Open checkout bugs", "project = SHOP AND issuetype = Bug AND statusCategory != Done"
        ),
        _filter(base_url, "10101", "Everything about subscriptions", "parent = SHOP-2 ORDER BY rank"),
    ]
    in_shop = [["10000"], ["3", "10001"], ["10002"]]
    in_zero = [["10010"], ["10011"], ["10012"]]
    site.boards = [
        jira_words.board(base_url, 1, "Web shop", "scrum", "10100", in_shop, jira_words.IN_POINTS),
        jira_words.board(base_url, 2, "Zero waste", "kanban", "10101", in_zero, jira_words.UNESTIMATED),
    ]
    return site


def _filter(base: str, id_: str, name: str, jql: str) -> Record:
    return {
        "self": f"{base}/rest/api/3/filter/{id_}",
        "id": id_,
        "name": name,
        "owner": jira_words.user(base, company.INES),
        "jql": jql,
        "viewUrl": f"{base}/issues/?filter={id_}",
        "searchUrl": f"{base}/rest/api/3/search?jql=filter%3D{id_}",
        "favourite": False,
        "favouritedCount": 0,
        "sharePermissions": [],
        "editPermissions": [],
        "subscriptions": {"size": 0, "items": [], "max-results": 0, "start-index": 0, "end-index": 0},
    }


def jira_world(rng: Random, anchor: datetime, base_url: str) -> JiraSite:
    """Return the site as it stands at the anchor, its changelogs telling how it came there."""
    site = empty_jira(base_url)
    elapsed = span_around(anchor).elapsed
    plans = [*_shop(rng, anchor, elapsed), *_zero(rng, anchor, elapsed), *_grow(rng, anchor, elapsed)]
    _number(plans)
    _play(site, plans)
    return site


def _shop(rng: Random, anchor: datetime, elapsed: float) -> list[Plan]:
    plans: list[Plan] = []
    shares = (0.9, 0.9, 0.7, 1.2, 0.5, 0.8)  # how far each epic is, as a share of the cycle that is over
    first = working_time(rng, anchor, HISTORY_DAYS + 5)  # before everything else: the rules name SHOP-1
    for index, (epic, share) in enumerate(zip(company.EPICS, shares, strict=True)):
        opened = first + timedelta(minutes=11 * index)
        above = Plan(SHOP, "Epic", epic, opened, company.DEVELOPERS)
        above.moves = [(opened + timedelta(days=3, minutes=index), DOING, None)]
        plans.append(above)
        stories = [_story(rng, anchor, above, title, index) for title in company.STORIES[epic]]
        _finish(rng, anchor, stories, done=min(0.9, elapsed * share), wont_do=2 if index < 2 else 1)
        plans += stories
        plans += [part for story in stories[::3] for part in _parts(rng, story)]
    bugs = [
        Plan(SHOP, "Bug", f"{what} {where}", working_time(rng, anchor, rng.uniform(3, 110)), company.DEVELOPERS,
             labels=(CHECKOUT,) if index % 10 else (CHECKOUT, "regression"))
        for index, (what, where) in enumerate(_pairs(rng, 72))
    ]  # fmt: skip
    _finish(rng, anchor, bugs, done=1 - (40 - 30 * elapsed * 0.95 + 6) / 72, wont_do=6, reason="Cannot Reproduce")
    return plans + bugs


def _story(rng: Random, anchor: datetime, epic: Plan, title: str, index: int) -> Plan:
    created = working_time(rng, anchor, rng.uniform(20, 105))
    kind = "Task" if title.startswith(("Measure", "Translate", "Import")) else "Story"
    story = Plan(SHOP, kind, title, created, company.DEVELOPERS, parent=epic)
    story.labels = (CHECKOUT,) if index == 0 else ("web",) if rng.random() < 0.3 else ()
    if rng.random() < 0.88:  # the others were never estimated
        points = float(rng.choice(POINTS))
        if rng.random() < 0.3:
            story.estimated = (created + timedelta(hours=rng.randrange(2, 60)), points)
        else:
            story.points = points
    return story


def _parts(rng: Random, story: Plan) -> list[Plan]:
    """Return two sub-tasks of a story; they end with it."""
    names = rng.sample(company.SUBTASKS, 2)
    parts = []
    for number, name in enumerate(names):
        part = Plan(
            SHOP, "Sub-task", f"{name}: {story.summary}", story.created + timedelta(minutes=5 + number), story.people
        )
        part.parent = story
        part.moves = [
            (at - timedelta(minutes=9 - number), status, why) for at, status, why in story.moves if status != REVIEW
        ]
        part.moves = [move for move in part.moves if move[0] > part.created]
        parts.append(part)
    return parts


def _pairs(rng: Random, count: int) -> list[tuple[str, str]]:
    pairs = [(what, where) for what in company.BUG_PARTS for where in company.BUG_PLACES]
    return rng.sample(pairs, count)


def _zero(rng: Random, anchor: datetime, elapsed: float) -> list[Plan]:
    plans = [
        Plan(ZERO, "Waste stream", title, working_time(rng, anchor, rng.uniform(60, 118)), company.OPERATIONS,
             first_status="Planned")
        for title in company.ZERO_TASKS
    ]  # fmt: skip
    _finish(rng, anchor, plans, done=elapsed * 0.78, wont_do=0, statuses=("On trial", "On trial", "Zero waste"))
    return plans


def _grow(rng: Random, anchor: datetime, elapsed: float) -> list[Plan]:
    plans = [
        Plan(GROW, "Task", title, working_time(rng, anchor, rng.uniform(15, 115)), company.MARKETERS,
             labels=("press",) if "press" in title.lower() else ())
        for title in company.CAMPAIGNS
    ]  # fmt: skip
    _finish(rng, anchor, plans, done=elapsed * 0.95, wont_do=2)
    return plans


def _finish(
    rng: Random,
    anchor: datetime,
    plans: list[Plan],
    *,
    done: float,
    wont_do: int,
    statuses: tuple[str, str, str] = (DOING, REVIEW, DONE),
    reason: str = "Won't Do",
) -> None:
    """Let a share of the plans be done, a few be given up, some of the rest be under way."""
    order = rng.sample(plans, len(plans))
    finished = round(len(plans) * done)
    for position, plan in enumerate(order):
        age = (anchor - plan.created).total_seconds() / 86400
        started = working_time(rng, anchor, age * rng.uniform(0.5, 0.9))
        reviewed = working_time(rng, anchor, age * rng.uniform(0.25, 0.45))
        ended = working_time(rng, anchor, age * rng.uniform(0.02, 0.2))
        if position < finished:
            plan.moves = [(started, statuses[0], None), (reviewed, statuses[1], None), (ended, statuses[2], None)]
            if position % 9 == 4:  # some come back before they stay done
                plan.moves[1:1] = [(started + (reviewed - started) / 3, statuses[2], None),
                                   (started + (reviewed - started) / 2, statuses[0], None)]  # fmt: skip
        elif position < finished + wont_do:
            plan.moves = [(ended, statuses[2], "Duplicate" if position % 5 == 0 else reason)]
        elif rng.random() < 0.45:
            plan.moves = [(started, statuses[0], None)]
            if rng.random() < 0.3:
                plan.moves.append((reviewed, statuses[1], None))
        _in_order(plan)


def _in_order(plan: Plan) -> None:
    """Make the moves come one after the other, after the creation, and drop those that change nothing."""
    latest, status, kept = plan.created, plan.first_status, []
    for wanted, to, why in plan.moves:
        at = max(wanted, latest + timedelta(minutes=7))
        if to != status:
            kept.append((at, to, why))
            latest, status = at, to
    plan.moves = kept


def _number(plans: list[Plan]) -> None:
    """Give keys by project and ids over all, in the order of creation, parents before their children."""
    counts: dict[str, int] = {}
    for index, plan in enumerate(sorted(plans, key=lambda plan: (plan.created, plan.summary))):
        counts[plan.project] = counts.get(plan.project, 0) + 1
        plan.key = f"{plan.project}-{counts[plan.project]}"
        plan.id = str(FIRST_ID + index)


def _play(site: JiraSite, plans: list[Plan]) -> None:
    """Do everything that was planned in the order of time, so that the changelog is written as Jira would."""
    events: list[tuple[datetime, int, Callable[[], object]]] = []
    for plan in plans:
        number = int(plan.id)
        events.append((plan.created, number, lambda plan=plan: _create(site, plan)))  # type: ignore[misc]
        if plan.estimated:
            at, points = plan.estimated
            events.append((at, number, _estimate(site, plan, at, points)))
        events += [(at, number, _move(site, plan, at, to, why)) for at, to, why in plan.moves]
    for _, _, act in sorted(events, key=lambda event: event[:2]):
        act()


def _person(plan: Plan) -> Person:
    return plan.people[int(plan.id) % len(plan.people)]


def _create(site: JiraSite, plan: Plan) -> None:
    site.create(
        id_=plan.id,
        key=plan.key,
        type_=plan.type,
        summary=plan.summary,
        at=plan.created,
        by=_person(plan),
        status=plan.first_status,
        parent=plan.parent.key if plan.parent else None,
        labels=plan.labels,
        points=plan.points,
        assignee=_person(plan) if plan.moves else None,
    )


def _estimate(site: JiraSite, plan: Plan, at: datetime, points: float) -> Callable[[], object]:
    return lambda: site.estimate(plan.key, points, at=at, by=_person(plan))


def _move(site: JiraSite, plan: Plan, at: datetime, to: str, why: str | None) -> Callable[[], object]:
    return lambda: site.transition(plan.key, to, at=at, by=_person(plan), resolution=why)
