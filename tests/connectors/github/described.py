"""GitHub's own descriptions of its APIs, as validators of what okrsync sends and of what the sandbox answers.

Looked for in ``OKRSYNC_SPECS``; without them nothing is validated, and the tests about them are skipped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, is_input_type, parse, validate
from graphql.utilities import coerce_input_value, type_from_ast
from jsonschema import Draft202012Validator

from tests.sandbox import described

SCHEMA = "github-graphql-schema.2026-03.graphql"
PRESENT = (described.FOLDER / described.GITHUB).is_file() and (described.FOLDER / SCHEMA).is_file()
Json = Any  # JSON of a description or of an answer


@cache
def graphql_schema() -> GraphQLSchema:
    return build_schema(described.description(SCHEMA).read_text(encoding="utf-8"), assume_valid=True)


@cache
def paths() -> list[tuple[re.Pattern[str], str, Json]]:
    """Return a pattern for each path, the fixed ones before those with variables."""
    found, _ = described._components(described.description(described.GITHUB))
    ordered = sorted(found, key=lambda path: (path.count("{"), path))
    return [(re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path))), path, found[path]) for path in ordered]


def described_path(path: str) -> tuple[str, Json]:
    for pattern, name, methods in paths():
        if pattern.fullmatch(path):
            return name, methods
    raise AssertionError(f"GitHub describes no {path}")


@dataclass
class Watch:
    """Keeps every request with its answer and says what is not as described."""

    prefix: str = ""
    """Of paths, before those that GitHub describes."""
    calls: list[tuple[httpx.Request, int, bytes]] = field(default_factory=list)

    def problems(self) -> list[str]:
        return [line for call in self.calls for line in self._call(*call)]

    def _call(self, request: httpx.Request, status: int, body: bytes) -> list[str]:
        path = request.url.path.removeprefix(self.prefix)
        if path == "/graphql":
            return graphql_problems(json.loads(request.content))
        if path.startswith("/repositories/"):
            return []  # GitHub's own links lead here; no client makes them up
        name, methods = described_path(path)
        method = request.method.lower()
        if method not in methods:
            return [f"{method} {name} is not described"]
        found = _parameter_problems(methods[method], request)
        found += _body_problems(methods[method], request)
        if str(status) in methods[method]["responses"] and body and status not in (301, 304):
            found += described.problems(described.GITHUB, name, method, _sample(json.loads(body)), str(status))
        return [f"{request.method} {path}: {line}" for line in found]


def _sample(answer: Json) -> Json:
    """Return an answer with the ends of its long lists only: a hundred records of one kind tell no more than four."""
    if isinstance(answer, list):
        return answer if len(answer) <= 4 else [*answer[:2], *answer[-2:]]
    if isinstance(answer, dict):
        return {name: _sample(value) if name in ("items", "workflow_runs") else value for name, value in answer.items()}
    return answer


def graphql_problems(body: Json) -> list[str]:
    schema, document = graphql_schema(), parse(body["query"])
    found = [error.message for error in validate(schema, document)]
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    declared = {one.variable.name.value: one.type for one in operation.variable_definitions or ()}
    given = body.get("variables") or {}
    found += [f"variable {name} is not declared" for name in given.keys() - declared.keys()]
    for name, type_ in declared.items():
        kind = type_from_ast(schema, type_)
        assert is_input_type(kind)
        try:
            coerce_input_value(given.get(name), kind)
        except Exception as error:  # noqa: BLE001 - whatever it says is the finding
            found.append(f"variable {name}: {error}")
    return found


def _parameter_problems(operation: Json, request: httpx.Request) -> list[str]:
    _, components = described._components(described.description(described.GITHUB))
    known: dict[str, Json] = {}
    for one in operation.get("parameters", []):
        parameter = components["parameters"][one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
        if parameter["in"] == "query":
            known[parameter["name"]] = described._as_json_schema(parameter["schema"])
    found = []
    for name, text in parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True):
        if name not in known:
            found.append(f"parameter {name} is not described")
            continue
        schema = {**known[name], "components": components}
        readings: list[object] = [text, *([int(text)] if text.isdigit() else [])]
        if not any(Draft202012Validator(schema).is_valid(reading) for reading in readings):
            found.append(f"parameter {name}={text} is not as described")
    return found


def _body_problems(operation: Json, request: httpx.Request) -> list[str]:
    if "requestBody" not in operation:
        return ["a body where none is described"] if request.content else []
    _, components = described._components(described.description(described.GITHUB))
    schema = described._as_json_schema(operation["requestBody"]["content"]["application/json"]["schema"])
    body = json.loads(request.content or b"{}")
    validator = Draft202012Validator({**schema, "components": components})
    return [f"body: {error.message[:200]}" for error in validator.iter_errors(body)]


needs_descriptions = pytest.mark.skipif(
    not PRESENT, reason=f"GitHub's descriptions are not in {described.FOLDER}: set OKRSYNC_SPECS to their folder"
)
