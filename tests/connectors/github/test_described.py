"""What okrsync sends and what the sandbox answers, held against GitHub's own GraphQL schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLResolveInfo,
    NameNode,
    SelectionSetNode,
    Visitor,
    execute_sync,
    parse,
    print_ast,
    validate,
    visit,
)

from connectors.github import queries
from okrsync.sandbox import company
from okrsync.sandbox import graphql as sandbox
from okrsync.sandbox.github_acts import SINGLE_SELECT, add_item, add_project, add_sub_issue, deploy, set_type, set_value
from tests.connectors.github.described import graphql_problems, graphql_schema, needs_descriptions
from tests.connectors.github.stage import Stage

pytestmark = needs_descriptions
TEXTS = {name: text for name, text in vars(queries).items() if name.isupper() and str(text).strip().startswith("query")}
Json = dict[str, Any]


class WithTypes(Visitor):
    """Asks for the type of everything, so that answers can be held against the schema."""

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        return SelectionSetNode(selections=(FieldNode(name=NameNode(value="__typename")), *node.selections))


def rich() -> tuple[Stage, Mapping[str, Json]]:
    """Return a stage where there is something of everything, and variables for each query."""
    stage = Stage()
    site, shop = stage.site, stage.repository()
    first, second = stage.issue("First", labels=["bug"]), stage.issue("Second", closed="duplicate")
    pull = stage.issue("Pull", pull=True, closed="completed")
    add_sub_issue(site, first, second, at=stage.at())
    set_type(site, second, "Bug", at=stage.at())
    site.reopen(second, at=stage.at())
    site.relabel("acme/shop", 1, ["checkout"], at=stage.at())
    project = add_project(site, "acme", 5, "Launch", {"Estimate": "NUMBER", "Status": SINGLE_SELECT, "Due": "DATE"})
    values: dict[str, str | int | float] = {"Estimate": 2, "Status": "To do", "Due": "2026-10-01"}
    items = [add_item(project, one, at=stage.at(), values=values) for one in (first, pull, {"title": "Idea"}, None)]
    set_value(site, project, items[0], "Status", "Done", at=stage.at())
    deploy(shop, "production", at=stage.at(), statuses=[(stage.at(), "SUCCESS")])
    shop.stars.append("2026-09-01T00:00:00Z")
    site.close(first, at=stage.at(), by=company.INES)
    repo: Json = {"owner": "acme", "name": "shop", "first": 50, "after": None}
    ids: Json = {"ids": [first["node_id"], second["node_id"], pull["node_id"]]}
    cards: Json = {"ids": [item["id"] for item in items]}
    return stage, {
        "ISSUES": repo | {"filter": {"since": "2026-01-01T00:00:00Z"}},
        "NODES": ids,
        "SUB_ISSUES": {"ids": [first["node_id"]], "after": None},
        "ROOT": {"owner": "acme", "name": "shop", "number": 1},
        "REPOSITORIES": {"owner": "acme", "after": None},
        "LABELLED": {"id": shop.labels[1]["node_id"], "first": 10, "after": None},
        "PROJECT": {"owner": "acme", "number": 5},
        "PROJECT_ITEMS": {"id": project.node_id, "first": 10, "after": None},
        "ITEMS_BY_ID": cards,
        "TIMELINES": ids | {"after": None},
        "ITEM_TIMELINES": cards | {"after": None},
        "DEPLOYMENTS": repo | {"environments": ["production"]},
        "MERGED": repo | {"branch": "main", "labels": None},
        "STARGAZERS": repo,
    }


def answer_problems(query: str, data: Json, variables: Json | None = None) -> list[str]:
    """Return what in an answer is not of the schema's types, by running the query over the answer itself."""

    def by_key(source: Json, info: GraphQLResolveInfo[Any], **_: object) -> object:
        return source.get(str(info.path.key))

    found = execute_sync(
        graphql_schema(),
        parse(query),
        root_value=data,
        variable_values=variables,
        field_resolver=by_key,
        type_resolver=lambda value, *_: value["__typename"],
    )
    return [error.message for error in found.errors or ()]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_query_and_the_sandboxs_answer_are_as_described(name: str) -> None:
    stage, variables = rich()
    assert graphql_problems({"query": TEXTS[name], "variables": variables[name]}) == []
    query = print_ast(visit(parse(TEXTS[name]), WithTypes()))
    answer = sandbox.execute(stage.site, {"query": query, "variables": variables[name]}, stage.clock.now())
    assert "errors" not in answer
    assert answer_problems(query, answer["data"], variables[name]) == []


@pytest.mark.parametrize("whole", [True, False])
def test_queries_made_up_for_many_lanes_are_valid(whole: bool) -> None:
    schema = graphql_schema()
    for text in (queries.lanes(20, whole=whole, labels=True, types=True), queries.labels(20)):
        assert validate(schema, parse(text)) == []


def test_the_validators_find_what_is_not_as_described() -> None:
    wrong = {"query": "query ($n: Int!) { repository(owner: 1) { nothing } }", "variables": {"n": "x", "m": 1}}
    assert len(graphql_problems(wrong)) >= 4
    query = "{ repository { __typename stargazerCount } }"
    assert answer_problems(query, {"repository": {"__typename": "Repository", "stargazerCount": "many"}})
