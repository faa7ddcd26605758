"""The invented world: the same from the same seed, believable, and changed step by step with a cause for everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from okrsync.sandbox.days import span_around
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jira_words import STORY_POINTS
from okrsync.sandbox.server import Sandbox, free_port, serving
from okrsync.sandbox.steps import latest_change, take_step
from okrsync.sandbox.wire import Record, instant_of, json_bytes
from okrsync.sandbox.world import World, build
from tests.sandbox.conftest import ANCHOR, SEED, github_client, jira_client, world_at

STEP_AT = ANCHOR + timedelta(hours=1)
DAYS = [datetime(2026, month, day, 9, 30, tzinfo=UTC) for month in (1, 2, 3, 6, 11) for day in (1, 9, 14, 28)]


def world(*, seed: int = SEED, anchor: datetime = ANCHOR, steps: tuple[datetime, ...] = ()) -> World:
    return build(seed=seed, anchor=anchor, jira_url="http://jira.test", github_url="http://github.test", steps=steps)


def records(of: World) -> list[Record]:
    return [record for repository in of.github.repositories.values() for record in repository.records]


def stories(site: JiraSite) -> list[Record]:
    return [issue for issue in site.issues.values() if issue["fields"].get("customfield_10014") == "SHOP-1"]


def bodies(sandbox: Sandbox) -> Iterator[bytes]:
    search = {"jql": "created <= now() ORDER BY id", "fields": ["*all"], "maxResults": 100, "expand": "changelog"}
    with jira_client(sandbox) as jira, github_client(sandbox) as github:
        for path in ("serverInfo", "myself", "field", "status", "issuetype", "project/search"):
            yield jira.get(f"/rest/api/3/{path}").content
        token: str | None = None
        while True:
            answer = jira.post("/rest/api/3/search/jql", json=search | {"nextPageToken": token})
            yield answer.content
            token = answer.json().get("nextPageToken")
            if token is None:
                break
        for repository in ("storefront", "payments"):
            for page in (1, 2):
                params: dict[str, str | int] = {"state": "all", "per_page": 50, "page": page}
                yield github.get(f"/repos/rivelle/{repository}/issues", params=params).content


def test_the_same_seed_anchor_and_steps_give_the_same_bytes_over_http() -> None:
    port, served = free_port(), []
    for _ in range(2):
        made = world_at(port, steps=(STEP_AT,))
        with serving(Sandbox(jira=made.jira, github=made.github, port=port), clock=lambda: STEP_AT) as sandbox:
            served.append(list(bodies(sandbox)))
    assert served[0] == served[1]
    assert sum(map(len, served[0])) > 500_000


def test_another_seed_gives_another_world() -> None:
    assert json_bytes(world(seed=1).jira.issues) != json_bytes(world(seed=2).jira.issues)


@pytest.mark.parametrize("anchor", DAYS, ids=[f"{day:%m-%d}" for day in DAYS])
def test_the_cycle_runs_on_every_day_and_the_rules_find_their_issues(anchor: datetime) -> None:
    span = span_around(anchor)
    made = world(anchor=anchor)
    assert 0.3 < span.elapsed < 0.7
    assert span.starts_on.day == span.ends_on.day == 1
    assert made.jira.get("SHOP-1")["fields"]["summary"] == "One-page checkout"
    assert len(stories(made.jira)) == 24
    assert latest_change(made) < anchor
    for repository in made.github.repositories.values():
        created = [record["created_at"] for record in repository.records]
        assert created == sorted(created), "numbers follow the order of opening"


def test_the_company_is_as_large_and_as_mixed_as_it_should_be() -> None:
    made = world()
    issues = list(made.jira.issues.values())
    types = Counter(issue["fields"]["issuetype"]["name"] for issue in issues)
    resolutions = Counter((issue["fields"]["resolution"] or {}).get("name") for issue in issues)
    assert 380 <= len(issues) + len(records(made)) <= 440
    assert {"Epic", "Story", "Task", "Sub-task", "Bug", "Waste stream"} == set(types)
    assert min(resolutions[name] for name in ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")) >= 1
    assert any(issue["fields"][STORY_POINTS] is None for issue in stories(made.jira))
    assert {project["simplified"] for project in made.jira.projects} == {True, False}


def test_every_changelog_ends_in_the_state_the_issue_has() -> None:
    made = world(steps=(STEP_AT,)).jira
    for issue in made.issues.values():
        fields, history = issue["fields"], made.histories[issue["id"]]
        times = [instant_of(entry["created"]) for entry in history]
        assert times == sorted(times)
        assert instant_of(fields["updated"]) == max([instant_of(fields["created"]), *times])
        last = {item["field"]: item for entry in history for item in entry["items"]}
        if "status" in last:
            assert last["status"]["to"] == fields["status"]["id"]
        if "Story Points" in last:
            assert float(last["Story Points"]["toString"]) == fields[STORY_POINTS]
        done = fields["status"]["statusCategory"]["key"] == "done"
        assert (fields["resolution"] is not None) is done is (fields["resolutiondate"] is not None)
        if done:
            assert last["resolution"]["to"] == fields["resolution"]["id"]


def test_changes_join_to_one_line() -> None:
    """Each change of a status begins where the one before it ended."""
    made = world().jira
    seen = 0
    for history in made.histories.values():
        moves = [item for entry in history for item in entry["items"] if item["field"] == "status"]
        for one, following in pairwise(moves):
            seen += 1
            assert one["to"] == following["from"]
    assert seen > 100


def test_a_step_brings_every_cause_and_all_of_it_after_the_last_change() -> None:
    before, after = world(), world()
    sentences = take_step(after, 1, STEP_AT)
    old, new = before.jira.issues, after.jira.issues

    def resolved(issue: Record) -> bool:
        return issue["fields"]["resolution"] is not None

    both = old.keys() & new.keys()
    assert sum(not resolved(old[id_]) and resolved(new[id_]) for id_ in both) >= 5, "completed"
    assert sum(resolved(old[id_]) and not resolved(new[id_]) for id_ in both) == 1, "reopened"
    assert old.keys() - new.keys(), "deleted"
    assert len(new.keys() - old.keys()) == 3, "added"
    assert any(old[id_]["fields"][STORY_POINTS] != new[id_]["fields"][STORY_POINTS] for id_ in both), "re-estimated"
    labels = [[{label["name"] for label in record["labels"]} for record in records(made)] for made in (before, after)]
    assert sum("accessibility" in one and "accessibility" not in other for one, other in zip(*labels, strict=True)) == 1
    assert latest_change(after) > STEP_AT
    changed = [issue for id_, issue in new.items() if old.get(id_) != issue]
    updated = [instant_of(i["fields"]["updated"]) for i in changed if i["fields"]["updated"] > "2026-11-17T11"]
    assert len(updated) >= 10
    assert all(STEP_AT < at < STEP_AT + timedelta(seconds=2) for at in updated)
    assert len(sentences) >= 12
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_key_and_an_id_are_never_given_twice() -> None:
    made = world(steps=(STEP_AT,))
    deleted = set(made.jira.deleted_ids)
    take_step(made, 2, STEP_AT + timedelta(hours=1))
    assert deleted
    assert deleted.isdisjoint(made.jira.issues)
    keys = [issue["key"] for issue in made.jira.issues.values()]
    assert len(set(keys)) == len(keys)


def test_many_steps_can_be_taken() -> None:
    made = world()
    for number in range(1, 13):
        sentences = take_step(made, number, ANCHOR + timedelta(days=number))
        assert sentences
    assert latest_change(made) > ANCHOR + timedelta(days=12)


def test_a_delta_read_sees_the_step(own: Sandbox) -> None:
    watermark = int(ANCHOR.timestamp() * 1000)
    made = world_at(own.port, steps=(STEP_AT,))
    own.jira, own.github = made.jira, made.github
    with jira_client(own) as jira, github_client(own) as github:
        body = {"jql": f"project = SHOP AND updated >= {watermark}", "maxResults": 5000}
        changed = jira.post("/rest/api/3/search/jql", json=body).json()["issues"]
        params = {"state": "all", "since": "2026-11-17T10:00:00Z"}
        touched: httpx.Response = github.get("/repos/rivelle/storefront/issues", params=params)
    assert len(changed) >= 10
    assert len(touched.json()) == 3
