"""Google's discovery documents as judges of requests and answers, field masks included."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
from jsonschema import Draft202012Validator

from tests.sandbox.described import description

Schema = Any  # JSON of a description: read, walked and handed to the validator
Mask = dict[str, "Mask"]
DOCUMENTS = {"sheets.googleapis.com": "google-sheets.v4.json", "www.googleapis.com": "google-drive.v3.json"}


@cache
def _document(host: str) -> Schema:
    return json.loads(description(DOCUMENTS[host]).read_bytes())


def mask_of(text: str) -> Mask:
    """Return a field mask such as ``a,b(c,d)`` or ``a/b`` as a tree.

    >>> mask_of("a,b(c,d/e)")
    {'a': {}, 'b': {'c': {}, 'd': {'e': {}}}}
    """
    mask: Mask = {}
    stack, current, word = [], mask, ""
    at = mask
    for letter in text + ",":
        if letter in ",()/":
            if word:
                at = at.setdefault(word, {})
            word = ""
            if letter == "(":
                stack.append(current)
                current = at
            elif letter == ",":
                at = current
            elif letter == ")":
                current = stack.pop()
                at = current
        else:
            word += letter
    assert not stack, f"parentheses that do not match in {text!r}"
    return mask


def masked(value: Any, mask: Mask) -> Any:
    """Return what a mask leaves of an answer, as Google does."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(each, mask) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: masked(each, mask[name]) for name, each in value.items() if name in mask}


def problems(request: httpx.Request, answer: Any) -> list[str]:
    """Return what in a request, or in a good answer to it, is not as described."""
    document = _document(request.url.host)
    base = httpx.URL(document["baseUrl"]).path
    path = unquote(request.url.path).removeprefix(base)
    found = _method(document, request.method, path)
    if found is None:
        return [f"no method {request.method} {path}"]
    known = document["parameters"] | found["parameters"]
    query = parse_qs(request.url.query.decode(), keep_blank_values=True)
    wrong = [problem for name, values in query.items() for problem in _parameter(name, values, known.get(name))]
    result = {"$ref": found["response"]["$ref"]}
    for fields in query.get("fields", []):
        wrong += _unknown(mask_of(fields), result, document["schemas"], "fields")
    validator = Draft202012Validator({**_strict(result), "schemas": _strict(document["schemas"])})
    return wrong + [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer)]


def _method(document: Schema, verb: str, path: str) -> Schema | None:
    for resource in document.get("resources", {}).values():
        for method in resource.get("methods", {}).values():
            shape = re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(method["path"]))
            if method["httpMethod"] == verb and re.fullmatch(shape, path):
                return method
        if (inner := _method(resource, verb, path)) is not None:
            return inner
    return None


def _parameter(name: str, values: list[str], described: Schema | None) -> list[str]:
    if described is None:
        return [f"no parameter {name}"]
    if len(values) > 1 and not described.get("repeated"):
        return [f"parameter {name} given {len(values)} times"]
    allowed = described.get("enum") or (["true", "false"] if described["type"] == "boolean" else values)
    return [f"parameter {name} = {value}" for value in values if value not in allowed]


def _unknown(mask: Mask, schema: Schema, schemas: Schema, at: str) -> list[str]:
    while "$ref" in schema or schema.get("type") == "array":
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    wrong: list[str] = []
    for name, inner in mask.items():
        if name not in schema.get("properties", {}):
            wrong.append(f"{at}: no field {name}")
        else:
            wrong += _unknown(inner, schema["properties"][name], schemas, f"{at}/{name}")
    return wrong


def _strict(node: Schema) -> Schema:
    """Return a discovery schema as JSON Schema that knows no other members than those described."""
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _strict(value) for name, value in node.items() if name not in ("id", "format", "required", "default")}
    if isinstance(node.get("$ref"), str):
        return {"$ref": f"#/schemas/{node['$ref']}"}
    if node.get("type") == "any":
        made.pop("type")
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        made["properties"] = {name: _strict(value) for name, value in node["properties"].items()}
        made["additionalProperties"] = False
    return made
