"""Everything that the connector sends is what Atlassian's own descriptions allow: path, parameters, body."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.jira import JiraSource
from mapping.words import Selection
from okrsync.sandbox import jira_words as words
from okrsync.sandbox.ledger import Asked
from tests.connectors.jira.described import answer_problems, cloud, data_center, problems
from tests.connectors.jira.stage import ANCHOR, POINTS, Stage, census, changed, fail, initiative, items, past
from tests.connectors.sent import paths_in, pattern_of

OWN = {
    "cloud": [
        "POST /rest/api/3/search/jql",
        "POST /rest/api/3/search/approximate-count",
        "POST /rest/api/3/issue/bulkfetch",
        "POST /rest/api/3/changelog/bulkfetch",
        "GET /rest/api/3/project/search",
    ],
    "center": ["POST /rest/api/2/search", "GET /rest/api/2/project", "GET /rest/api/2/project/SHOP"],
}
SELECTIONS: list[dict[str, object]] = [
    {"project": "SHOP"},
    {"epic": "SHOP-1"},
    {"epic": "SHOP-1", "depth": 1},
    {"epics": ["SHOP-1", "SHOP-2"]},
    {"issue": "SHOP-900"},
    {"filter": 10100},
    {"filter": "Open checkout bugs"},
    {"jql": "labels = checkout ORDER BY rank"},
]


async def everything(source: JiraSource) -> None:
    """Use every feature once."""
    await source.identify()
    await source.fingerprint(POINTS)
    for terms in SELECTIONS:
        ids = await census(source, **terms)
        await changed(source, ANCHOR - timedelta(days=400), **terms)
        await source.glimpse(Selection.of("jira", terms))
        await source.touched(Selection.of("jira", terms), ids[:60], POINTS, fail)
    ids = await census(source, project="SHOP")
    await items(source, ids, POINTS)
    await past(source, ids, POINTS)
    await source.fates(ids[:5])


def said(asked: list[Asked]) -> set[str]:
    return {f"{entry.method} {entry.path}" for entry in asked}


@pytest.mark.parametrize("kind", ["cloud", "center"])
async def test_each_request_is_as_described(stage: Stage, kind: str) -> None:
    apis = cloud() if kind == "cloud" else data_center()
    site = stage.cloud if kind == "cloud" else stage.center
    site.most_rows = 60
    initiative(site, "SHOP-900", ["SHOP-1"])
    site.fields = [*site.fields, words.custom_field("customfield_10050", "Story point estimate", "number",
                                                    "com.pyxis.greenhopper.jira:jsw-story-points")]  # fmt: skip
    keys = {id_: issue["key"] for id_, issue in site.issues.items()}
    async with stage.knowing(kind, keys) as source:
        await everything(source)
    async with stage.source(kind, board=1) as source:
        await source.fingerprint(POINTS)
    asked = (stage.sandbox.jira_ledger if kind == "cloud" else stage.sandbox.jira_dc_ledger).entries
    assert {line for entry in asked for line in problems(apis, entry)} == set()
    assert {entry.status for entry in asked} == {200}
    assert {*shared(kind), *OWN[kind]} <= said(asked)


def shared(kind: str) -> list[str]:
    """Return what both kinds are asked, each by its version."""
    version = "3" if kind == "cloud" else "2"
    api = [f"GET /rest/api/{version}/{what}" for what in ("field", "status", "myself", "filter/10100", "issue/SHOP-1")]
    return [*api, "GET /rest/agile/1.0/board", "GET /rest/agile/1.0/board/1/configuration"]


def test_the_validator_finds_what_is_not_as_described() -> None:
    search, old = "/rest/api/3/search/jql", "/rest/api/2/search"
    wrong = [
        (cloud(), Asked(method="POST", path=search, body=b'{"jql": "x", "startAt": 5}'), "'startAt' was unexpected"),
        (cloud(), Asked(method="POST", path=search, body=b'{"jql": 5}'), "5 is not of type 'string'"),
        (cloud(), Asked(method="POST", path=search), "no body"),
        (cloud(), Asked(method="GET", path="/rest/api/3/project/search", query="status=lost"), "'lost' is not one of"),
        (
            cloud(),
            Asked(method="GET", path="/rest/api/3/project/search", query="maxResults=many"),
            "not of type 'integer'",
        ),
        (cloud(), Asked(method="GET", path="/rest/api/3/field", query="x=1"), "unknown parameter x"),
        (cloud(), Asked(method="DELETE", path=search), "there is no such operation"),
        (
            data_center(),
            Asked(method="POST", path=old, body=b'{"nextPageToken": "x"}'),
            "'nextPageToken' was unexpected",
        ),
        (data_center(), Asked(method="POST", path=old, body=b'{"startAt": "5"}'), "'5' is not of type 'integer'"),
        (data_center(), Asked(method="POST", path="/rest/api/2/changelog/bulkfetch", body=b"{}"), "no such operation"),
    ]
    for apis, asked, line in wrong:
        found = problems(apis, asked)
        assert len(found) == 1, (asked, found)
        assert line in found[0]


@pytest.mark.parametrize("kind", ["cloud", "center"])
async def test_each_answer_is_heard_and_judged(stage: Stage, kind: str) -> None:
    async with stage.source(kind) as source:
        await census(source, project="SHOP")
    apis = cloud() if kind == "cloud" else data_center()
    (_, asked, status, body), *_ = [each for each in stage.heard if each[1].path.endswith(("/search/jql", "/search"))]
    assert answer_problems(apis, asked, status, body) == []
    wrong = json.dumps(json.loads(body) | {"issues": "none"}).encode()
    assert "'none' is not of type 'array'" in " ".join(answer_problems(apis, asked, status, wrong))
    assert answer_problems(apis, asked, 418, body) == [f"POST {template_of(asked)}: no answer 418 is described"]


def template_of(asked: Asked) -> str:
    return asked.path if asked.path.endswith("jql") else asked.path.removeprefix("/rest")


def test_every_path_that_stands_in_the_code_is_among_those_sent_here() -> None:
    sent = {line.split()[1] for kind in OWN for line in (*OWN[kind], *shared(kind))}
    written = {f"/{path.removeprefix('/')}" for path in paths_in("jira")}
    assert [path for path in sorted(written) if not any(map(pattern_of(path).fullmatch, sent))] == []
