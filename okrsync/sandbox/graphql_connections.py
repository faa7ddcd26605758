"""Connections of GitHub's GraphQL: filters, order, and cursors over a list of records."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from okrsync.sandbox.graphql_query import Value
from okrsync.sandbox.wire import Record, github_time, instant_of

if TYPE_CHECKING:
    from okrsync.sandbox.graphql_types import Node

MOST_NODES = 100
_ORDER = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "COMMENTS": "comments"}


class FieldError(Exception):
    """One field cannot be given: it becomes null and an entry in ``errors``."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def connection(
    name: str, records: Sequence[Record], arguments: Mapping[str, Value], node: Callable[[Record], Node | None]
) -> Node:
    """Return the page of a list that ``first``, ``last``, ``after`` and ``before`` ask for.

    Raises:
        FieldError: neither first nor last, one out of 1 to 100, or no cursor.
    """
    from okrsync.sandbox.graphql_types import plain

    start, end = _window(name, len(records), arguments)
    page = records[start:end]
    cursors = [_cursor(number) for number in range(start + 1, start + len(page) + 1)]
    info = {
        "hasNextPage": end < len(records),
        "hasPreviousPage": start > 0,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }
    nodes = [node(record) for record in page]
    edges = [
        plain(name.replace("Connection", "Edge"), {"cursor": cursor, "node": one})
        for cursor, one in zip(cursors, nodes, strict=True)
    ]
    values = {"nodes": nodes, "edges": edges, "totalCount": len(records), "pageInfo": plain("PageInfo", info)}
    return plain(name, values)


def _window(name: str, length: int, arguments: Mapping[str, Value]) -> tuple[int, int]:
    field = name.removesuffix("Connection")
    field = field[0].lower() + field[1:] + "s"
    start, end = 0, length
    if arguments.get("after") is not None:
        start = _number(arguments["after"], "after")
    if arguments.get("before") is not None:
        end = min(end, _number(arguments["before"], "before") - 1)
    for bound in ("first", "last"):
        size = arguments.get(bound)
        if size is None:
            continue
        if not isinstance(size, int) or not 1 <= size <= MOST_NODES:
            raise FieldError(
                "EXCESSIVE_PAGINATION",
                f"Requesting {size} records on the `{field}` connection "
                f"exceeds the `{bound}` limit of {MOST_NODES} records.",
            )
        if bound == "first":
            end = min(end, start + size)
        else:
            start = max(start, end - size)
        return start, max(start, end)
    raise FieldError(
        "MISSING_PAGINATION_BOUNDARIES",
        f"You must provide a `first` or `last` value to properly paginate the `{field}` connection.",
    )


def _cursor(number: int) -> str:
    return base64.b64encode(f"cursor:v2:{number}".encode()).decode()


def _number(cursor: Value, argument: str) -> int:
    try:
        text = base64.b64decode(str(cursor), validate=True).decode()
        return int(text.removeprefix("cursor:v2:"))
    except ValueError as error:
        raise FieldError(
            "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor ({argument})."
        ) from error


def filtered(records: Sequence[Record], arguments: Mapping[str, Value]) -> list[Record]:
    """Return the records that ``states``, ``labels`` and ``filterBy`` let through."""
    given = arguments.get("filterBy")
    filters: dict[str, Value] = dict(given) if isinstance(given, dict) else {}
    tests = [_states(filters.get("states") or arguments.get("states")), _milestone(filters)]
    # as an argument of the field labels are alternatives, in filterBy all of them must be there
    tests.append(_labels(arguments.get("labels"), any))
    tests.append(_labels(filters.get("labels"), all))
    if isinstance(since := filters.get("since"), str):
        limit = github_time(instant_of(since))  # all times are written alike, so their texts have their order
        tests.insert(0, lambda record: record["updated_at"] >= limit)
    if isinstance(kind := filters.get("type"), str):
        tests.append(lambda record: str((record.get("type") or {}).get("name", "")).lower() == kind.lower())
    if isinstance(assignee := filters.get("assignee"), str):
        tests.append(lambda record: any(assignee in ("*", one["login"]) for one in record["assignees"]))
    return [record for record in records if all(test(record) for test in tests)]


def _states(states: Value) -> Callable[[Record], bool]:
    if not isinstance(states, list):
        return lambda _record: True
    return lambda record: _state(record) in states


def _state(record: Record) -> str:
    merged = (record.get("pull_request") or {}).get("merged_at")
    return "MERGED" if merged else str(record["state"]).upper()


def _labels(wanted: Value, quantifier: Callable[[list[bool]], bool]) -> Callable[[Record], bool]:
    if not isinstance(wanted, list):
        return lambda _record: True
    names = [str(name).lower() for name in wanted]

    def test(record: Record) -> bool:
        own = {label["name"].lower() for label in record["labels"]}
        return quantifier([name in own for name in names])

    return test


def _milestone(filters: Mapping[str, Value]) -> Callable[[Record], bool]:
    for name, key in (("milestoneNumber", "number"), ("milestone", "id")):
        if name in filters:
            wanted = filters[name]
            if wanted is None:
                return lambda record: record["milestone"] is None
            if wanted == "*":
                return lambda record: record["milestone"] is not None
            return _milestone_is(key, str(wanted))
    return lambda _record: True


def _milestone_is(key: str, wanted: str) -> Callable[[Record], bool]:
    return lambda record: str((record["milestone"] or {}).get(key)) == wanted


def ordered(records: list[Record], order: Value) -> list[Record]:
    """Return the records in the order asked for; by creation, oldest first, when nothing is said."""
    by = order if isinstance(order, dict) else {}
    key = _ORDER[str(by.get("field", "CREATED_AT"))]
    return sorted(records, key=lambda one: (one[key], one["number"]), reverse=by.get("direction") == "DESC")
