"""B8: a page token repeats, a list never ends, or is empty but not last: each paged read stops, and says by name why.

Every paged endpoint of every vendor is asked as a rule would ask it. The token that repeats has to be noticed at once;
a list with always another token is stopped at its cap, which is made small here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from config.load import load
from config.settings import load_settings
from connectors.asana import client as asana_client
from connectors.github import graphql, paging, sweep
from connectors.jira import client as jira_client
from connectors.port import History, Source
from mapping.changes import Action
from mapping.errors import OkrsyncError, PartialReadError
from mapping.words import Selection
from okrsync.sandbox import company
from okrsync.sandbox.faults import Change
from okrsync.sandbox.github_acts import add_item, add_project, add_sub_issue, release, run_workflow
from okrsync.sandbox.wire import Record
from tests.faults.kit import LISTS, START, Make, Rig, of
from tests.faults.pages import Way, leading_nowhere, question
from tests.faults.rules import ALL, DONE, OTHER
from tests.faults.worlds import KINDS, AsanaWorld, GitHubWorld, JiraWorld, Kind, World

CAP = 12
"""Pages of one list, made small; a sweep of GitHub's issues may look at twenty pages first."""
IN_FLIGHT = 4
"""Pages that are asked for at once where their addresses are known, so that a repetition may be met by each."""
MOST_AFTER_REPEAT = 2 + IN_FLIGHT
AT_THE_CAP = 20 + CAP + 2
NONE: frozenset[str] = frozenset()
Prepare = Callable[[World], dict[str, object]]


@dataclass(frozen=True)
class Case:
    """One paged endpoint: what leads a read there."""

    name: str
    kinds: tuple[Kind, ...]
    path: str
    how: str = "census"
    prepare: Prepare = lambda world: world.terms()
    """Puts in what the read needs, and returns the terms of the selection."""
    fields: frozenset[str] = NONE
    anonymous: bool = False
    """Asked without an account, to which GitHub shows nothing but REST."""


def _jira_epic(world: World) -> dict[str, object]:
    assert isinstance(world, JiraWorld)
    first = world.site.get(f"SHOP-{world.given}")
    world.site.create(id_="9000", key="SHOP-9000", type_="Epic", summary="Above", at=START, by=company.INES)
    world.site.reparent(first["key"], "SHOP-9000", at=START, by=company.INES)
    return {"epic": "SHOP-9000"}


def _milestone(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    shop = world.site.repositories["acme/shop"]
    world.site.add_milestone(shop, "v1", by=company.INES, at=START, due=START)
    return {"repo": "acme/shop", "milestone": "v1"}


def _public(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    world.site.public = True
    return world.terms()


def _renamed_label(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    shop = world.site.repositories["acme/shop"]
    for record in shop.records:
        world.site.relabel("acme/shop", record["number"], ["bug"], at=START - timedelta(days=300))
    shop.labels[0]["created_at"] = "2020-01-01T00:00:00Z"
    shop.labels[0]["updated_at"] = START.strftime("%Y-%m-%dT%H:%M:%SZ")
    return world.terms() | {"labels": ["bug"]}


def _sub_issues(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    records: list[Record] = world.site.repositories["acme/shop"].records
    add_sub_issue(world.site, records[0], records[1], at=START)
    return {"sub_issues_of": f"acme/shop#{records[0]['number']}"}


def _board(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    board = add_project(world.site, "acme", 1, "Roadmap", {"Status": "SINGLE_SELECT"})
    add_item(board, world.site.repositories["acme/shop"].records[0], at=START)
    return {"project": "acme/1"}


def _releases(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    release(world.site.repositories["acme/shop"], "v1", at=START)
    return {"repo": "acme/shop", "series": "releases"}


def _runs(world: World) -> dict[str, object]:
    assert isinstance(world, GitHubWorld)
    run_workflow(world.site.repositories["acme/shop"], "ci.yml", at=START, ended=START + timedelta(minutes=3))
    return {"repo": "acme/shop", "series": "workflow_runs", "sample": "day"}


def _subtasks(world: World) -> dict[str, object]:
    assert isinstance(world, AsanaWorld)
    world._edits.add("Below", parent=world.site.tasks[world.any()])
    return world.terms()


def _by_name(world: World) -> dict[str, object]:
    world.sandbox.asana.add_tag("urgent")
    return {"project": "Launch"}


def _portfolio(world: World) -> dict[str, object]:
    assert isinstance(world, AsanaWorld)
    return {"portfolio": world.site.add_portfolio("Everything", list(world.site.projects))["gid"]}


GRAPHQL: tuple[Kind, ...] = ("github-graphql",)
REST: tuple[Kind, ...] = ("github-rest",)
CASES = [
    Case("issues by project", ("jira",), "/rest/api/3/search/jql"),
    Case("issues by epic", ("jira",), "/rest/api/3/search/jql", prepare=_jira_epic),
    Case("issues that changed", ("jira",), "/rest/api/3/search/jql", how="changed"),
    Case("changelogs", ("jira",), "/rest/api/3/changelog/bulkfetch", how="history"),
    Case("issues by project", ("jira-dc",), "/rest/api/2/search"),
    Case("issues that changed", ("jira-dc",), "/rest/api/2/search", how="changed"),
    Case("issues", REST, "/repos/*/issues"),
    Case("milestones", REST, "/repos/*/milestones", prepare=_milestone),
    Case("sub-issues", REST, "/repos/*/sub_issues", prepare=_sub_issues),
    Case("repositories", REST, "/orgs/acme/repos", prepare=lambda _world: {"owner": "acme"}),
    Case("timelines", REST, "/repos/*/timeline", how="history", prepare=_public, anonymous=True),
    Case("releases", REST, "/repos/*/releases", how="series", prepare=_releases),
    Case("workflow runs", REST, "/repos/*/runs", how="series", prepare=_runs),
    Case("search", REST, "/search/issues", prepare=lambda _world: {"search": "repo:acme/shop is:issue"}),
    Case("pull requests", REST, "/repos/*/issues", prepare=lambda w: w.terms() | {"kind": "pull_requests"}),
    Case("issues", GRAPHQL, "/graphql"),
    Case("issues that changed", GRAPHQL, "/graphql", how="changed"),
    Case("issues under a label", GRAPHQL, "/graphql", how="changed", prepare=_renamed_label),
    Case("milestones", GRAPHQL, "/repos/*/milestones", prepare=_milestone),
    Case("sub-issues", GRAPHQL, "/graphql", prepare=_sub_issues),
    Case("repositories", GRAPHQL, "/graphql", prepare=lambda _world: {"owner": "acme"}),
    Case("timelines", GRAPHQL, "/graphql", how="history"),
    Case("a project's items", GRAPHQL, "/graphql", prepare=_board),
    Case("tasks", ("asana",), "/tasks"),
    Case("subtasks", ("asana",), "/tasks/*/subtasks", prepare=_subtasks),
    Case("projects by name", ("asana",), "/projects", prepare=_by_name),
    Case("sections by name", ("asana",), "/projects/*/sections",
         prepare=lambda w: w.terms() | {"section": "Doing", "subtasks": False}),
    Case("a portfolio's items", ("asana",), "/portfolios/*/items", prepare=_portfolio),
    Case("tags by name", ("asana",), "/workspaces/*/tags", prepare=lambda _world: {"tag": "urgent"}),
    Case("custom fields", ("asana",), "/workspaces/*/custom_fields", fields=frozenset({"effort"})),
    Case("stories", ("asana",), "/tasks/*/stories", how="history"),
]  # fmt: skip


def _name(value: object) -> str:
    return f"{value.kinds[0]} {value.name}" if isinstance(value, Case) else str(value)


@pytest.fixture
def small_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jira_client, "MOST_PAGES", CAP)
    monkeypatch.setattr(jira_client, "MOST_EMPTY_PAGES", CAP)
    monkeypatch.setattr(graphql, "MOST_PAGES", CAP)
    monkeypatch.setattr(paging, "MOST_PAGES", CAP)
    monkeypatch.setattr(sweep, "MOST_ROUNDS", CAP)
    monkeypatch.setattr(asana_client, "MOST_PAGES", CAP)


def read(rig: Rig, case: Case, terms: dict[str, object], fault: Change) -> OkrsyncError | None:
    """Read as the case says, the fault on its path, and return what it ended with."""
    rig.write_rules(anonymous=case.anonymous)
    config = load(rig.folder / "okrsync.yaml", settings=load_settings(rig.folder))
    connection = config.connections["source"]
    chosen = Selection.of("source", terms)
    keys = {id_: rig.world.key(id_) for id_ in sorted(rig.world.members())[:2]}

    async def go() -> OkrsyncError | None:
        source: Source = connection.connector.open(connection.options, rig.around(lambda _ids: keys))
        try:
            if case.how == "changed":  # what changed is asked of what a census listed
                await drained(source.census(chosen, NONE, _skip))
            rig.world.ledger.clear()
            rig.world.faults.add(fault, case.path)
            await drained(stream(source, case, chosen, list(keys)))
        except OkrsyncError as error:
            return error
        finally:
            await source.aclose()
        return None

    return asyncio.run(go())


def stream(source: Source, case: Case, chosen: Selection, ids: list[str]) -> AsyncIterator[object]:
    """Return what the case reads."""
    match case.how:
        case "history":
            assert isinstance(source, History)
            return source.history(ids, NONE, _skip)
        case "changed":
            return source.changed(chosen, START - timedelta(days=200), NONE, _skip)
        case "series":
            return source.series(chosen, _skip)
        case _:
            return source.census(chosen, case.fields, _skip)


async def drained(batches: AsyncIterator[object]) -> None:
    async for _ in batches:
        pass


def _skip(error: object) -> None:
    raise AssertionError(f"nothing here is unreadable: {error}")


@pytest.mark.usefixtures("small_caps")
@pytest.mark.parametrize("way", ["repeats", "never ends", "is empty"])
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_list_without_an_end_is_left_and_named(make: Make, case: Case, way: Way) -> None:
    rig = make(case.kinds[0], page=5)
    rig.world.fill(3)
    error = read(rig, case, case.prepare(rig.world), leading_nowhere(way))
    asked = Counter(question(one) for one in rig.world.ledger if one.fault)
    print(f"B8 {case.kinds[0]}, {case.name} that {way}: {max(asked.values())} requests of one list, {error}")
    assert isinstance(error, PartialReadError)
    assert "source: " in str(error)
    assert max(asked.values()) <= (MOST_AFTER_REPEAT if way == "repeats" else AT_THE_CAP)


@pytest.mark.usefixtures("small_caps")
@pytest.mark.parametrize("kind", KINDS)
def test_a_sync_that_meets_a_list_without_an_end_keeps_the_last_good_values(make: Make, kind: Kind) -> None:
    rig = make(kind)
    rig.world.fill(23, done=4)
    rig.sync()
    before = rig.dump()
    rig.world.faults.add(leading_nowhere("repeats"), LISTS[kind])
    report = rig.sync()
    assert [of(report, name).action for name in (ALL, DONE, OTHER)] == [Action.HOLD, Action.HOLD, Action.KEEP]
    assert (rig.value(ALL), rig.value(OTHER)) == (23, 42)
    assert len(report.failures) == 1
    assert rig.stale(OTHER) is None
    rig.world.faults.clear()
    rig.sync()
    assert rig.dump() == before
