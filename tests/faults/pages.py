"""Pages that lead nowhere: what a vendor's list looks like when its end never comes, in each vendor's own form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from okrsync.sandbox.faults import URL_HEADER, Change, Reply
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes

Way = Literal["repeats", "never ends", "is empty"]
"""The same token again; always another one with the same records; always another one and no records."""

_LISTS = ("issues", "issueChangeLogs", "values", "items", "workflow_runs", "data")


def leading_nowhere(way: Way) -> Change:
    """Give the first page of each list again and again, naming a next one each time."""
    first: dict[str, bytes] = {}
    turns: dict[str, int] = {}
    last: list[Any] = []

    def change(asked: Asked, reply: Reply) -> Reply:
        key = question(asked)
        turns[key] = turn = turns.get(key, 0) + 1
        body = json.loads(reply.body)
        if asked.path == "/graphql" and "errors" in body and last:  # the sandbox knows its own cursors
            body = last[-1] if "nodes" not in last[-1]["data"] else {"data": {"nodes": last[-1]["data"]["nodes"][:1]}}
        last.append(body)
        body = json.loads(first.setdefault(key, json_bytes(body)))
        token = "c2FtZQ" if way == "repeats" else f"bmV4dA{turn}"
        if way == "is empty":
            body = _emptied(body)
        body, link = _named(body, token, turn)
        headers = {name: value for name, value in reply.headers.items() if name != "link"}
        if link:
            here = reply.headers[URL_HEADER]
            mark = "" if way == "repeats" else f"{'&' if '?' in here else '?'}turn={turn}"
            headers["link"] = f'<{here}{mark}>; rel="next"'
        return replace(reply, status=200, body=json_bytes(body), headers=headers)

    change.__name__ = f"a list that {way}"
    return change


def question(asked: Asked) -> str:
    """Return what is asked for, the page aside."""
    params = {k: v for k, v in asked.params().items() if k not in ("page", "offset", "turn")}
    sent: Any = asked.json() if asked.body else {}
    variables = {k: v for k, v in (sent.get("variables") or {}).items() if not k.startswith("after")}
    sent = {k: v for k, v in sent.items() if k not in ("nextPageToken", "startAt", "variables")}
    return json.dumps([asked.path, params, sent, variables], sort_keys=True)


def _named(body: Any, token: str, turn: int) -> tuple[Any, bool]:  # any vendor's page
    """Return the page naming a next one, and whether that stands in a Link header instead."""
    if isinstance(body, list) or "total_count" in body:
        if isinstance(body, dict):
            body |= {"total_count": 90}
        return body, True
    if isinstance(body.get("data"), list):  # Asana
        return body | {"next_page": {"offset": token, "path": "/x", "uri": "https://app.asana.test/x"}}, False
    if "data" in body:
        _walk(body["data"], lambda info: info.update({"hasNextPage": True, "endCursor": token}))
        return body, False
    if "total" in body:  # a Data Center: rows that are never all there
        return body | {"total": 50 + turn, "startAt": 0}, False
    return body | {"nextPageToken": token, "isLast": False}, False


def _walk(node: Any, act: Callable[[dict[str, Any]], None]) -> None:
    for child in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        _walk(child, act)
    if isinstance(node, dict) and isinstance(node.get("pageInfo"), dict):
        act(node["pageInfo"])


def _emptied(body: Any) -> Any:
    if isinstance(body, list):
        return []
    emptied = {name: [] if name in _LISTS and isinstance(value, list) else value for name, value in body.items()}
    if isinstance(body.get("data"), dict):
        _empty_nodes(emptied["data"])
    return emptied


def _empty_nodes(node: Any) -> None:
    for child in list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        _empty_nodes(child)
    if isinstance(node, dict) and "pageInfo" in node:
        node["nodes"] = []
