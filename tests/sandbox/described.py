"""The vendors' own descriptions of their APIs, as validators of answers. Looked for in ``OKRSYNC_SPECS``."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

FOLDER = Path(os.environ.get("OKRSYNC_SPECS", Path(__file__).parents[3] / "shared" / "specs"))
JIRA = "jira-cloud-platform-v3.json"
GITHUB = "github-rest-api.github.com.json.gz"
ALL = (
    JIRA,
    "jira-cloud-software-agile.json",
    "jira-dc-10.3-openapi.json",
    GITHUB,
    "github-graphql-schema.2026-03.graphql",
    "asana_oas.yaml.gz",
)
"""What the connectors' tests hold requests and answers against."""

Schema = Any  # JSON of a description: read, walked and handed to the validator


def description(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {FOLDER}: set OKRSYNC_SPECS to the folder of the vendors' API descriptions")
    return path


@cache
def _components(path: Path) -> tuple[Schema, Schema]:
    raw = path.read_bytes()
    document = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return document["paths"], _corrected(_as_json_schema(document["components"]))


def _as_json_schema(node: Schema) -> Schema:
    """Return an OpenAPI 3.0 schema as JSON Schema: ``nullable`` is the one difference that matters here."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _as_json_schema(value) for name, value in node.items()}
    if "anyOf" in made and "properties" not in made:
        made.pop(
            "additionalProperties", None
        )  # beside anyOf alone it forbids everything, the document's own example too
    if made.pop("nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


def _corrected(components: Schema) -> Schema:
    """Allow what recorded answers hold although the description does not say so."""
    change = components["schemas"].get("ChangeDetails")
    if change is not None:  # the ends of a changelog's change are null where a field was or becomes empty
        for name in ("from", "fromString", "to", "toString"):
            change["properties"][name]["type"] = ["string", "null"]
    _correct_data_center(components["schemas"])
    return components


def _correct_data_center(schemas: Schema) -> None:
    """The same for Data Center, whose description knows no null and takes every field of an issue for an object."""
    if "ChangeItemBean" not in schemas:
        return
    for name in ("from", "fromString", "to", "toString"):
        schemas["ChangeItemBean"]["properties"][name]["type"] = ["string", "null"]
    schemas["IssueBean"]["properties"]["fields"]["additionalProperties"] = {}


def problems(name: str, path: str, method: str, answer: object, status: str = "200") -> list[str]:
    """Return what in an answer is not as described, one line each."""
    paths, components = _components(description(name))
    response = paths[path][method]["responses"][status]
    if "$ref" in response:
        response = components["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = _as_json_schema(response["content"]["application/json"]["schema"])
    validator = Draft202012Validator({**schema, "components": components})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer)]
