"""GitHub's ``POST /graphql`` for reading issues: runs a query and gives exactly the fields it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain

from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.graphql_connections import FieldError
from okrsync.sandbox.graphql_more import owner_node, project_item, project_node
from okrsync.sandbox.graphql_query import GraphQLError, Part, Selected, Value, parse
from okrsync.sandbox.graphql_types import (
    Arguments,
    Node,
    actor,
    issues_under,
    item_node,
    milestone_node,
    plain,
    repository_node,
)
from okrsync.sandbox.wire import Record, github_time, next_hour

POINTS = 5000
MOST_IDS = 100


def execute(site: GitHubSite, body: Mapping[str, object], now: datetime) -> Record:
    """Return the answer to a GraphQL request: data, errors, or both, always to be sent with 200."""
    query, variables, name = body.get("query"), body.get("variables") or {}, body.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict):
        return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
    try:
        parts = parse(query, variables, name if isinstance(name, str) else None)
        run = _Run(site)
        data = run.fields(_root(site, now), parts, [])
    except GraphQLError as error:
        return {"errors": [{"message": str(error), "locations": [{"line": 1, "column": 1}]}]}
    return {"data": data} | ({"errors": run.errors} if run.errors else {})


@dataclass(slots=True)
class _Run:
    """One query under way; fields that cannot be given are null and named in ``errors``."""

    site: GitHubSite
    errors: list[Record] = field(default_factory=list)

    def fields(self, node: Node, parts: Sequence[Part], path: list[str | int]) -> Record:
        result: Record = {}
        for part in _flat(node, parts):
            if part.key in result:
                merged = self._field(node, part, path)
                result[part.key] = _merged(result[part.key], merged)
            else:
                result[part.key] = self._field(node, part, path)
        return result

    def _field(self, node: Node, part: Selected, path: list[str | int]) -> object:
        here = [*path, part.key]
        if part.name == "__typename":
            return node.type
        resolve = node.fields.get(part.name)
        if resolve is None:
            raise GraphQLError(f"Field '{part.name}' doesn't exist on type '{node.type}'")
        try:
            return self._value(resolve(part.arguments), part, here)
        except FieldError as error:
            place = {"line": 1, "column": 1}
            self.errors.append({"type": error.kind, "path": here, "locations": [place], "message": str(error)})
            return None

    def _value(self, value: object, part: Selected, path: list[str | int]) -> object:
        if isinstance(value, Node):
            if not part.selections:
                raise GraphQLError(f"Field must have selections (field '{part.name}' returns {value.type})")
            return self.fields(value, part.selections, path)
        if isinstance(value, list):
            return [self._entry(one, part, [*path, index]) for index, one in enumerate(value)]
        return value

    def _entry(self, value: object, part: Selected, path: list[str | int]) -> object:
        if isinstance(value, FieldError):
            self.errors.append({"type": value.kind, "path": path, "message": str(value)})
            return None
        return self._value(value, part, path)


def _flat(node: Node, parts: Sequence[Part]) -> Iterator[Selected]:
    for part in parts:
        if isinstance(part, Selected):
            yield part
        elif part.type in (None, node.type, *node.interfaces):
            yield from _flat(node, part.selections)


def _merged(one: object, other: object) -> object:
    """Return both selections of the same field together, as two fragments may each ask for a part."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merged(one.get(name), other.get(name)) if name in one and name in other
                else (one | other)[name] for name in (*one, *(key for key in other if key not in one))}  # fmt: skip
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(left, right) for left, right in zip(one, other, strict=True)]
    return other


def _root(site: GitHubSite, now: datetime) -> Node:
    def repository(arguments: Arguments) -> Node:
        name = f"{arguments.get('owner')}/{arguments.get('name')}"
        found = site.find(name)
        if found is None:
            raise FieldError("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
        return repository_node(site, found)

    def node(arguments: Arguments) -> object:
        found = _by_id(site, arguments.get("id"))
        if isinstance(found, FieldError):
            raise found
        return found

    def nodes(arguments: Arguments) -> list[object]:
        ids = arguments.get("ids")
        if not isinstance(ids, list) or len(ids) > MOST_IDS:
            count = len(ids) if isinstance(ids, list) else 0
            raise FieldError(
                "ARGUMENT_LIMIT", f"You may not provide more than {MOST_IDS} node ids; you provided {count}."
            )
        return list(_by_ids(site, ids))

    fields: dict[str, Callable[[Arguments], object]] = {
        "repository": repository,
        "repositoryOwner": lambda arguments: owner_node(site, str(arguments.get("login"))),
        "node": node,
        "nodes": nodes,
        "viewer": lambda _arguments: _viewer(site),
        "rateLimit": lambda _arguments: _rate_limit(now),
    }
    return Node("Query", fields)


def _by_id(site: GitHubSite, id_: Value) -> Node | FieldError:
    return _by_ids(site, [id_])[0]


def _by_ids(site: GitHubSite, ids: list[Value]) -> list[Node | FieldError]:
    """Return the nodes with these ids, and an error for each that is not there."""
    wanted = {str(id_) for id_ in ids}
    found = {id_: make() for id_, make in _nodes(site, wanted)}
    return [found.get(str(id_)) or FieldError("NOT_FOUND", f"Could not resolve to a node: '{id_}'") for id_ in ids]


def _nodes(site: GitHubSite, wanted: set[str]) -> Iterator[tuple[str, Callable[[], Node]]]:
    """Give those that are there of the nodes with these ids."""
    for id_, make in chain(_of_repositories(site), _of_projects(site)):
        if id_ in wanted:
            yield id_, make


def _of_repositories(site: GitHubSite) -> Iterator[tuple[str, Callable[[], Node]]]:
    for repository in site.repositories.values():
        for record in repository.records:
            yield record["node_id"], partial(item_node, site, repository, record)
        for milestone in repository.milestones:
            yield milestone["node_id"], partial(milestone_node, site, repository, milestone)
        for label in repository.labels:
            yield label["node_id"], partial(issues_under, site, label)


def _of_projects(site: GitHubSite) -> Iterator[tuple[str, Callable[[], Node]]]:
    for project in site.projects:
        yield project.node_id, partial(project_node, site, project)
        for item in project.items:
            yield item["id"], partial(project_item, site, project, item)


def _viewer(site: GitHubSite) -> Node:
    person = site.account.person
    own = actor(site.user(person))
    interfaces = own.interfaces if own else ()
    more = plain("", {"name": person.name, "email": person.email}).fields
    return Node("User", {**(own.fields if own else {}), **more}, interfaces)


def _rate_limit(now: datetime) -> Node:
    reset = github_time(next_hour(now))
    values = {"limit": POINTS, "cost": 1, "remaining": POINTS - 1, "used": 1, "resetAt": reset, "nodeCount": 0}
    return plain("RateLimit", values)
