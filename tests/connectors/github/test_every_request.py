"""Every kind of request that the connector can send is sent here once, and is as GitHub describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from connectors.github import queries
from connectors.github.source import GitHubSource
from mapping.words import Selection
from okrsync.sandbox import company
from okrsync.sandbox.github_acts import (
    SINGLE_SELECT,
    add_item,
    add_project,
    add_sub_issue,
    deploy,
    release,
    run_workflow,
    set_type,
)
from tests.connectors.github.described import needs_descriptions
from tests.connectors.github.stage import NONE, START, Stage, census, changed, fail, options, past, samples
from tests.connectors.github.test_apps import app_options, with_app
from tests.connectors.sent import paths_in, pattern_of

PARTS = {"/v3", "/workflows/{}"}
"""What the code only puts together with something else."""
SELECTIONS: list[dict[str, object]] = [
    {"repo": "acme/shop"},
    {"repo": "acme/shop", "labels": ["bug"], "milestone": "v1.0"},
    {"repo": "acme/shop", "kind": "both"},
    {"owner": "acme", "repos_matching": "sh*"},
    {"sub_issues_of": "acme/shop#1"},
    {"project": "acme/5", "weight": "Estimate", "status": "Status"},
    {"search": "org:acme"},
]
SERIES: list[dict[str, object]] = [
    {"series": "releases"},
    {"series": "deployments", "environment": "production", "since": "2026-09-01"},
    {"series": "merged_pull_requests", "since": "2026-09-01"},
    {"series": "workflow_runs", "workflow": "ci.yml"},
    {"series": "workflow_runs"},
    {"series": "stars"},
    {"series": "stars", "sample": "day"},
]


def busy_stage() -> Stage:
    stage = with_app(acme=77)
    site, shop = stage.site, stage.repository()
    site.add_milestone(shop, "v1.0", by=company.INES, at=stage.at(), due=stage.at(days=90))
    first, second = stage.issue("First", labels=["bug"]), stage.issue("Second", closed="completed")
    pull = stage.issue("Pull", pull=True, closed="completed")
    add_sub_issue(site, first, second, at=stage.at())
    set_type(site, second, "Bug", at=stage.at())
    project = add_project(site, "acme", 5, "Launch", {"Estimate": "NUMBER", "Status": SINGLE_SELECT})
    for one in (first, pull):
        add_item(project, one, at=stage.at(), values={"Estimate": 2, "Status": "To do"})
    release(shop, "v1", at=stage.at())
    deploy(shop, "production", at=stage.at(), statuses=[(stage.at(), "SUCCESS")])
    run_workflow(shop, "ci.yml", at=stage.at(), ended=stage.at())
    shop.stars.append("2026-09-02T00:00:00Z")
    for number in range(510):  # so many that only ids are listed
        stage.issue(f"More {number}", repo="app", at=START + timedelta(minutes=number), labels=["bug"] * (number == 0))
    stage.repository("app").labels[0]["updated_at"] = "2026-09-02T00:00:00Z"
    return stage


def knowing(stage: Stage) -> dict[str, str]:
    return {one["node_id"]: f"acme/shop#{one['number']}" for one in stage.repository().records}


async def read_all(source: GitHubSource, selections: Sequence[dict[str, object]]) -> None:
    for terms in selections:
        pulled = await census(source, NONE, **terms)
        await source.glimpse(Selection.of("hub", terms))
        await past(source, pulled.ids)
        async for _ in source.by_ids(pulled.ids, NONE, fail):
            pass


@needs_descriptions
async def test_every_kind_of_request_is_sent_and_as_described() -> None:
    stage = busy_stage()
    async with stage.source(options(via="graphql"), knowing(stage)) as source:
        await source.identify()
        await read_all(source, SELECTIONS)
        await census(source, repo="acme/app")
        await changed(source, START, repo="acme/app")
        await source.fates(list(knowing(stage)))
        for terms in SERIES:
            await samples(source, repo="acme/shop", **terms)
    async with stage.source(options(via="rest"), knowing(stage)) as source:
        await read_all(source, [each for each in SELECTIONS if "project" not in each and "search" not in each])
    for more in ({}, {"installation": 77}, {"owner": "acme"}):
        async with stage.source(app_options(**more)) as source:
            await source.identify()
            await census(source, repo="acme/shop")
    sent = {request.url.path for request, _, _ in stage.watch.calls}
    missing = [path for path in paths_in("github") - PARTS if not any(map(pattern_of(path).fullmatch, sent))]
    assert missing == []
    asked = {
        json.loads(request.content)["query"] for request, _, _ in stage.watch.calls if request.url.path == "/graphql"
    }
    texts = {
        name: text for name, text in vars(queries).items() if name.isupper() and str(text).strip().startswith("query")
    }
    assert [name for name, text in texts.items() if not any(same(text, each) for each in asked)] == []


def same(text: str, asked: str) -> bool:
    return text.split() == asked.split()
