"""Asana's own description of its API, as a judge of requests and answers. Looked for in ``OKRSYNC_SPECS``."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import yaml
from jsonschema import Draft202012Validator

from tests.sandbox.described import FOLDER

ASANA = FOLDER / "asana_oas.yaml.gz"

Schema = Any  # a description's YAML: read, walked and handed to the validator


def there() -> bool:
    return ASANA.is_file()


@cache
def _document() -> Schema:
    found = yaml.load(gzip.decompress(ASANA.read_bytes()), Loader=yaml.CSafeLoader)
    return json.loads(json.dumps(found, default=str))  # YAML reads statuses as numbers and examples as dates


@cache
def _components() -> Schema:
    components = _as_json_schema({"schemas": _document()["components"]["schemas"]})
    for part in components["schemas"]["StoryResponse"]["allOf"]:
        for name in ("old_number_value", "new_number_value"):
            if name in part.get("properties", {}):
                # Described as whole numbers, although the fields they are the past of hold any number.
                part["properties"][name] = {"type": ["number", "null"]}
    return components


def _as_json_schema(node: Schema) -> Schema:
    """Return an OpenAPI 3.0 schema as JSON Schema: ``nullable`` is the one difference that matters here."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    parts = node.get("allOf", [])
    nullable = node.get("nullable") is True or any(isinstance(one, dict) and one.get("nullable") for one in parts)
    made = {name: _as_json_schema(value) for name, value in node.items() if name not in ("nullable", "example")}
    return {"anyOf": [made, {"type": "null"}]} if nullable else made


def template_of(path: str) -> str | None:
    """Return the described path that a request's path is one of; literal ones go before those with parameters."""
    found = [each for each in _document()["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", each), path)]
    return min(found, key=lambda each: each.count("{"), default=None)


def request_problems(method: str, path: str, query: str) -> list[str]:
    """Return what in a request is not as described, one line each."""
    template = template_of(path)
    if template is None:
        return [f"{path} is not described"]
    described = _document()["paths"][template]
    if method.lower() not in described:
        return [f"{method} {template} is not described"]
    given = [*described.get("parameters", []), *described[method.lower()].get("parameters", [])]
    parameters = {each["name"]: each for each in map(_parameter, given) if each["in"] == "query"}
    sent = dict(parse_qsl(query, keep_blank_values=True))
    missing = [name for name, each in parameters.items() if each.get("required") and name not in sent]
    problems = [f"{template} needs {name}" for name in missing]
    for name, value in sent.items():
        if name not in parameters:
            problems.append(f"{template} has no parameter {name}")
        else:
            problems += [f"{template} {name}: {each}" for each in _value_problems(parameters[name]["schema"], value)]
    return problems


def body_problems(method: str, path: str, body: object) -> list[str]:
    """Return what in the body of a request is not as described, one line each; unknown members are not described."""
    template = template_of(path)
    if template is None or body is None:
        return []
    schema = _as_json_schema(
        _document()["paths"][template][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    )
    validator = Draft202012Validator({**schema, "components": _components(), "unevaluatedProperties": False})
    found = [f"{template} {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]
    reference = schema["properties"]["data"]["$ref"].rsplit("/", 1)[1]
    known = _members(reference)
    data = body["data"] if isinstance(body, dict) else {}
    return found + [f"{template} has no member {name}" for name in data if name not in known]


def _members(name: str) -> set[str]:
    schema = _document()["components"]["schemas"][name]
    found: set[str] = set()
    for part in [schema, *schema.get("allOf", [])]:
        found |= set(part.get("properties", {}))
        if "$ref" in part:
            found |= _members(part["$ref"].rsplit("/", 1)[1])
    return found


def answer_problems(path: str, method: str, status: int, body: object) -> list[str]:
    """Return what in an answer is not as described, one line each."""
    template = template_of(path)
    if template is None:
        return [f"{path} is not described"]
    responses = _document()["paths"][template][method.lower()]["responses"]
    if str(status) not in responses and status not in (402, 403, 404, 429):
        return [f"{template} has no answer {status}"]
    response = responses.get(str(status)) or responses["404"]
    if "$ref" in response:
        response = _document()["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = _as_json_schema(_whole(response["content"]["application/json"]["schema"]))
    validator = Draft202012Validator({**schema, "components": _components()})
    return [f"{template} {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]


def _whole(schema: Schema) -> Schema:
    """Return the schema of an answer with whole records in its list: ``opt_fields`` may ask for all their members."""
    text = json.dumps(schema)
    for name in re.findall(r"schemas/(\w+)Compact", text):
        if f"{name}Response" in _document()["components"]["schemas"]:
            text = text.replace(f"schemas/{name}Compact", f"schemas/{name}Response")
    return json.loads(text)


def _parameter(parameter: Schema) -> Schema:
    name: str = parameter.get("$ref", "").rsplit("/", 1)[-1]
    return _document()["components"]["parameters"][name] if name else parameter


def _value_problems(schema: Schema, value: str) -> list[str]:
    if schema["type"] == "array":
        return [each for part in value.split(",") for each in _value_problems(schema["items"], part)]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{value!r} is none of the described values"]
    if schema["type"] == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 10**9)
        return [] if value.isdigit() and low <= int(value) <= high else [f"{value!r} is no number within limits"]
    if schema["type"] == "boolean" and value not in ("true", "false"):
        return [f"{value!r} is neither true nor false"]
    if schema.get("format") == "date-time":
        try:
            aware = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            aware = False
        return [] if aware else [f"{value!r} is no instant with a zone"]
    return []
