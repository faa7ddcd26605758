"""Atlassian's descriptions of its APIs, as validators of what the connector sends and of what the sandbox answers.

Looked for in ``OKRSYNC_SPECS``; without them nothing is validated, and the tests about them are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from okrsync.sandbox.ledger import Asked
from tests.sandbox import described
from tests.sandbox.described import FOLDER, JIRA, _as_json_schema, description

AGILE = "jira-cloud-software-agile.json"
DATA_CENTER = "jira-dc-10.3-openapi.json"
PRESENT = all((FOLDER / name).is_file() for name in (JIRA, AGILE, DATA_CENTER))

Schema = Any  # JSON of a description: read, walked and handed to the validator


@dataclass(frozen=True)
class Api:
    """One description. ``prefix`` stands before its paths on the wire."""

    name: str
    prefix: str
    document: Schema

    def operation(self, path: str, method: str) -> tuple[str, Schema] | None:
        """Return the path as described, the one with the fewest variables first, and what may be sent to it."""
        found = [
            template
            for template, operations in self.document["paths"].items()
            if method in operations and _pattern(self.prefix + template).fullmatch(path)
        ]
        if not found:
            return None
        template = min(found, key=lambda each: each.count("{"))
        return template, self.document["paths"][template][method]


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template)))


@cache
def cloud() -> tuple[Api, ...]:
    return tuple(Api(name, "", json.loads(description(name).read_text(encoding="utf-8"))) for name in (JIRA, AGILE))


@cache
def data_center() -> tuple[Api, ...]:
    return (Api(DATA_CENTER, "/rest", json.loads(description(DATA_CENTER).read_text(encoding="utf-8"))),)


def problems(apis: tuple[Api, ...], asked: Asked) -> list[str]:
    """Return what in a request is not as described, one line each."""
    if (found := _operation(apis, asked)) is None:
        return [f"{asked.method} {asked.path}: there is no such operation"]
    api, template, operation = found
    who = f"{asked.method} {template}"
    return [f"{who}: {problem}" for problem in (*_parameters(api, operation, asked), *_body(api, operation, asked))]


def answer_problems(apis: tuple[Api, ...], asked: Asked, status: int, body: bytes) -> list[str]:
    """Return what in the answer to a described request is not as described, one line each.

    Of a refusal the descriptions give the status and hardly ever a shape, so only the status is held against them.
    """
    if (found := _operation(apis, asked)) is None:
        return []  # the request's own problem
    api, template, operation = found
    who, responses = f"{asked.method} {template}", operation["responses"]
    if str(status) not in responses:
        return [f"{who}: no answer {status} is described"]
    if "application/json" not in responses[str(status)].get("content", {}) or status >= 400:
        return []
    answer = _ends(json.loads(body))
    # of a list Data Center's description gives the shape of one entry
    answers = answer if isinstance(answer, list) and api.name == DATA_CENTER else [answer]
    judge = partial(described.problems, api.name, template, asked.method.lower(), status=str(status))
    return [f"{who} answers {line}" for one in answers for line in judge(one)]


def _ends(answer: Schema) -> Schema:
    """Return an answer with the ends of its long lists only: a hundred records of one kind tell no more than four."""
    if isinstance(answer, list):
        return [_ends(each) for each in (answer if len(answer) <= 4 else [*answer[:2], *answer[-2:]])]
    return {name: _ends(value) for name, value in answer.items()} if isinstance(answer, dict) else answer


def _operation(apis: tuple[Api, ...], asked: Asked) -> tuple[Api, str, Schema] | None:
    # serverInfo of version 2 is asked before it is known which kind of Jira this is; Cloud answers it as well
    path = asked.path.replace("/rest/api/2/serverInfo", "/rest/api/3/serverInfo") if len(apis) > 1 else asked.path
    for api in apis:
        if (found := api.operation(path, asked.method.lower())) is not None:
            return api, *found
    return None


def _parameters(api: Api, operation: Schema, asked: Asked) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "query"}
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(asked.query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    for name, values in given.items():
        if name not in known:
            yield f"unknown parameter {name}"
            continue
        schema = _as_json_schema(known[name].get("schema") or {})
        given_value = _typed(values if schema.get("type") == "array" else values[-1], schema)
        yield from _faults(api, schema, given_value, name)
    yield from (f"no parameter {name}" for name, each in known.items() if each.get("required") and name not in given)


def _typed(value: object, schema: Mapping[str, Any]) -> object:
    """Return a parameter's text as what its schema says; a text that is none stays and is found out."""
    if isinstance(value, list):
        return [_typed(each, schema.get("items", {})) for each in value]
    kind = schema.get("type")
    if kind == "integer" and str(value).lstrip("-").isdigit():
        return int(str(value))
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    # the descriptions give some parameters as objects where they mean their text: the type of a board, say
    return {} if kind == "object" or "$ref" in schema else value


def _body(api: Api, operation: Schema, asked: Asked) -> Iterator[str]:
    described = operation.get("requestBody")
    body = asked.json()
    if described is None or body is None:
        if body is not None:
            yield "a body where none is described"
        elif described is not None and described.get("required"):
            yield "no body"
        return
    schema = _as_json_schema(described["content"]["application/json"]["schema"])
    yield from _faults(api, _closed(schema, api), body, "body")


def _closed(schema: Schema, api: Api) -> Schema:
    """Return a body's schema that allows no members it does not name; Data Center's description leaves that open."""
    if "$ref" in schema:
        schema = _as_json_schema(api.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    return {"additionalProperties": False, **schema}


def _faults(api: Api, schema: Schema, value: object, where: str) -> Iterator[str]:
    validator = Draft202012Validator({**schema, "components": _components(api.name, api.prefix)})
    yield from (f"{where}{error.json_path[1:]}: {error.message[:200]}" for error in validator.iter_errors(value))


@cache
def _components(name: str, prefix: str) -> Schema:
    del prefix
    return _as_json_schema(json.loads(description(name).read_text(encoding="utf-8"))["components"])
