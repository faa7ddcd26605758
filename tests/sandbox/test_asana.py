"""The sandbox's Asana over real HTTP: it lets nobody in without the token, and answers as Asana does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from okrsync.sandbox import faults
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_site import ASANA_ACCOUNT, WORKSPACE, AsanaSite, Project
from okrsync.sandbox.server import Sandbox
from tests.sandbox.conftest import ANCHOR


@pytest.fixture
def office(stage: Sandbox) -> Sandbox:
    """The served sandbox with an empty Asana of its own."""
    stage.asana, stage.refresh = AsanaSite(), None
    for each in (stage.asana_ledger, stage.asana_faults, stage.jira_ledger):
        each.clear()
    return stage


@pytest.fixture
def asana(office: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.asana_url, headers={"Authorization": f"Bearer {ASANA_ACCOUNT.token}"}) as client:
        yield client


@pytest.fixture
def edits(office: Sandbox) -> AsanaEdits:
    return AsanaEdits(office.asana, ANCHOR - timedelta(days=1))


@pytest.fixture
def project(office: Sandbox) -> Project:
    return office.asana.add_project("Launch")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer no"}, {"Authorization": "Basic no"}])
def test_nobody_is_let_in_without_the_token(office: Sandbox, header: dict[str, str]) -> None:
    answer = httpx.get(office.asana_url + "/users/me", headers=header)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, "Not Authorized")


def test_it_has_a_ledger_and_faults_of_its_own(office: Sandbox, asana: httpx.Client) -> None:
    office.asana_faults.add(faults.status(500), "/workspaces")
    assert asana.get("/workspaces").status_code == 500
    assert asana.get("/users/me").json()["data"]["workspaces"][0]["gid"] == WORKSPACE
    assert [(asked.path, asked.status) for asked in office.asana_ledger] == [("/workspaces", 500), ("/users/me", 200)]
    assert len(office.jira_ledger) == 0


def test_only_what_is_asked_for_is_told(asana: httpx.Client, edits: AsanaEdits, project: Project) -> None:
    edits.add("Pay", project, "Doing")
    asked = {"project": project.gid, "opt_fields": "name,parent,memberships.section.name,colour"}
    task = asana.get("/tasks", params=asked).json()["data"][0]
    assert list(task) == ["gid", "name", "parent", "memberships"]
    assert task["memberships"] == [{"section": {"gid": project.section("Doing")["gid"], "name": "Doing"}}]
    compact = asana.get("/tasks", params={"project": project.gid}).json()["data"][0]
    assert list(compact) == ["gid", "resource_type", "resource_subtype", "name"]
    assert len(asana.get(f"/tasks/{task['gid']}").json()["data"]) > 15


def test_a_page_ends_with_a_token_or_with_nothing(asana: httpx.Client, edits: AsanaEdits, project: Project) -> None:
    for number in range(5):
        edits.add(f"Task {number}", project)
    found, params = [], {"project": project.gid, "limit": "2"}
    while True:
        page = asana.get("/tasks", params=params).json()
        found += [task["name"] for task in page["data"]]
        if page["next_page"] is None:
            break
        params["offset"] = page["next_page"]["offset"]
    assert found == [f"Task {number}" for number in range(5)]
    assert asana.get("/tasks", params={**params, "project": "", "section": "1"}).status_code == 400
    assert "next_page" not in asana.get("/tasks", params={"project": project.gid}).json()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tasks", 400),
        ("/tasks?project=1&section=2", 400),
        ("/tasks?project=1", 404),
        ("/tasks?project=PROJECT&limit=101", 400),
        ("/tasks?project=PROJECT&limit=5&offset=nonsense", 400),
        ("/tasks?project=PROJECT&modified_since=yesterday", 400),
        ("/portfolios", 400),
        (f"/workspaces/{WORKSPACE}/tasks/search", 402),
        ("/tasks/5", 404),
        ("/nothing", 404),
    ],
)
def test_it_refuses_as_asana_does(asana: httpx.Client, project: Project, path: str, status: int) -> None:
    answer = asana.get(path.replace("PROJECT", project.gid))
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


def test_what_is_hidden_is_in_no_list_and_forbidden(
    office: Sandbox, asana: httpx.Client, edits: AsanaEdits, project: Project
) -> None:
    task = edits.add("Secret", project)
    edits.hide(task)
    assert asana.get("/tasks", params={"project": project.gid}).json()["data"] == []
    assert asana.get(f"/tasks/{task['gid']}").status_code == 403
    edits.show(task)
    assert asana.get(f"/tasks/{task['gid']}").status_code == 200
    office.asana.hidden.add(project.gid)
    assert asana.get("/projects").json()["data"] == []


def test_refused_requests_count_against_the_quota_as_well(office: Sandbox, asana: httpx.Client) -> None:
    # The sandbox's clock stands still, so what was asked by other tests may count as well.
    office.asana.requests_a_minute = 1
    answers = [asana.get("/users/me") for _ in range(3)]
    assert [answer.status_code for answer in answers[1:]] == [429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_editing_a_subtask_does_not_modify_its_parent(asana: httpx.Client, edits: AsanaEdits, project: Project) -> None:
    parent = edits.add("Parent", project)
    child = edits.add("Child", parent=parent)
    before = asana.get(f"/tasks/{parent['gid']}").json()["data"]
    later = AsanaEdits(edits.site, ANCHOR)
    later.complete(child)
    assert asana.get(f"/tasks/{parent['gid']}").json()["data"] == before
    assert before["num_subtasks"] == 1
    since = {"project": project.gid, "modified_since": ANCHOR.isoformat()}
    assert asana.get("/tasks", params=since).json()["data"] == []
    later.rename(parent, "Parent anew")
    assert [task["name"] for task in asana.get("/tasks", params=since).json()["data"]] == ["Parent anew"]
