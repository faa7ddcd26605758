"""``POST /jql/parse``: the tree of a query as Jira shows it, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime

from okrsync.sandbox.jira_search import compiled
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jql import Call, Compound, JqlError, Literal, Node, Operand, Query, parse
from okrsync.sandbox.wire import Record


def parsed(site: JiraSite, text: str, now: datetime, validation: str) -> Record:
    """Return the structure of a query, or its errors.

    Args:
        site: what queries may name.
        text: the query.
        now: the server's clock.
        validation: ``strict`` (errors), ``warn`` (unknown values become warnings) or ``none`` (only the grammar).
    """
    try:
        query = parse(text)
    except JqlError as error:
        return {"query": text, "errors": [str(error)]}
    result: Record = {"query": text, "structure": _structure(query)}
    if validation == "none":
        return result
    try:
        compiled(site, text, now)
    except JqlError as error:
        if validation == "warn":
            return result | {"warnings": [str(error)]}
        return {"query": text, "errors": [str(error)]}
    return result


def _structure(query: Query) -> Record:
    structure: Record = {}
    if query.where is not None:
        structure["where"] = _node(query.where)
    if query.order:
        structure["orderBy"] = {
            "fields": [
                {"field": _field(sort.field), "direction": "desc" if sort.descending else "asc"} for sort in query.order
            ]
        }
    return structure


def _field(name: str) -> Record:
    return {"name": name, "encodedName": _encoded(name)}


def _encoded(text: str) -> str:
    return text if text.replace("_", "").replace("-", "").isalnum() else f'"{text}"'


def _node(node: Node) -> Record:
    if isinstance(node, Compound):
        return {"operator": node.operator, "clauses": [_node(part) for part in node.parts]}
    operands = [_operand(value) for value in node.values]
    listed = node.operator in ("in", "not in") and not isinstance(node.values[0], Call)
    operand: Record = {"values": operands} if listed else operands[0]
    return {"field": _field(node.field), "operator": node.operator, "operand": operand}


def _operand(value: Operand) -> Record:
    if isinstance(value, Call):
        shown = f"{value.name}({', '.join(value.arguments)})"
        return {"function": value.name, "arguments": list(value.arguments), "encodedOperand": shown}
    if isinstance(value, Literal):
        return {"value": value.text, "encodedValue": _encoded(value.text)}
    return {"keyword": "empty", "encodedOperand": "empty"}
