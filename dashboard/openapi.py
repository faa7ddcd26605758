"""What the REST API is, for machines: OpenAPI 3.1. A test holds routes and answers against it."""

from __future__ import annotations

from typing import Any

from mapping.rules import MetricKind, ObjectiveKind, Period, PeriodPolicy, Running, UnitKind
from mapping.status import Status

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_AMOUNT: Json = {"type": ["string", "number"], "description": "A decimal; as text it keeps every digit."}
_AMOUNT_OR_NULL: Json = {"type": ["string", "number", "null"]}
_INSTANT: Json = {"type": "string", "format": "date-time"}
_DAY: Json = {"type": "string", "format": "date"}


def description() -> Json:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "okrsync",
            "version": "1",
            "description": "Read how key results stand, and report check-ins from another okrsync.",
        },
        "security": [{"token": []}],
        "paths": {
            "/api/v1/openapi.json": {"get": {**_op("This description", {"type": "object"}), "security": []}},
            "/api/v1/token": {"get": _op("Whose the token is, and how far it goes", _ref("Token"))},
            "/api/v1/overview": {
                "get": {
                    **_op("A cycle with its objectives and key results", _ref("Overview")),
                    "parameters": [{"name": "cycle", "in": "query", "schema": _TEXT}],
                }
            },
            "/api/v1/key-results/{objective}/{key_result}": {
                "parameters": _ADDRESS,
                "get": _op("Why a key result stands where it does", _ref("Explanation")),
            },
            "/api/v1/key-results/{objective}/{key_result}/check-ins": {
                "parameters": _ADDRESS,
                "get": _op("Its check-ins, newest first", _ref("CheckIns")),
            },
            "/api/v1/key-results/{objective}/{key_result}/check-ins/{id}": {
                "parameters": [*_ADDRESS, _path("id", r"^[A-Za-z0-9_-]{8,64}$")],
                "put": {
                    **_op("Report a check-in; the same id again changes nothing", _ref("Taken"), created=True),
                    "requestBody": _BODY,
                },
            },
            "/api/v1/key-results/{objective}/{key_result}/trial": {
                "parameters": _ADDRESS,
                "post": {
                    **_op("Whether a report would be taken; nothing is written", _ref("Trial")),
                    "requestBody": _BODY,
                },
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _path(name: str, pattern: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


_BODY: Json = {"required": True, "content": {"application/json": {"schema": _ref("Report")}}}
_ADDRESS = [_path(name, r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$") for name in ("objective", "key_result")]
_REFUSALS = {
    "400": "A path or body that cannot be read",
    "401": "No token, or one that does not work",
    "403": "The token may not do this",
    "404": "No such cycle or key result",
    "409": "What is here already stands against it",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "The body says something that makes no sense",
    "503": "Busy: try again after the seconds in Retry-After",
}


def _op(summary: str, schema: Json, *, created: bool = False) -> Json:
    good = {"description": summary, "content": {"application/json": {"schema": schema}}}
    refused = {
        status: {"description": says, "content": {"application/json": {"schema": _ref("Refusal")}}}
        for status, says in _REFUSALS.items()
    }
    return {"summary": summary, "responses": {"200": good, **({"201": good} if created else {}), **refused}}


def _object(required: Json, optional: Json | None = None, *, closed: bool = False) -> Json:
    made: Json = {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}
    return {**made, "additionalProperties": False} if closed else made


def _schemas() -> Json:
    unit = _object(
        {}, {"kind": {"enum": [str(each) for each in UnitKind]}, "currency": _TEXT_OR_NULL, "name": _TEXT_OR_NULL},
        closed=True,
    )  # fmt: skip
    metric = _object(
        {"kind": {"enum": [str(each) for each in MetricKind]}, "target": _AMOUNT},
        {
            "baseline": _AMOUNT_OR_NULL,
            "unit": unit,
            "per": {"enum": [*(str(each) for each in Period), None]},
            "over": {"enum": [str(each) for each in PeriodPolicy]},
            "stated": _TEXT,
            "upper": _AMOUNT_OR_NULL,
            "commit": _AMOUNT_OR_NULL,
            "stretch": _AMOUNT_OR_NULL,
            "running": {"enum": [str(each) for each in Running]},
            "rates": {"type": ["object", "null"]},
        },
        closed=True,
    )
    status = {"enum": [*(str(each) for each in Status), None]}
    check_in = _object(
        {"key_result": _TEXT, "at": _INSTANT, "value": _TEXT_OR_NULL, "progress": _TEXT_OR_NULL, "author": _TEXT},
        {"run": {"type": "integer"}, "kind": _TEXT, "note": _TEXT, "status": status, "metric": metric},
    )
    standing = _object(
        {"id": _TEXT, "objective": _TEXT, "title": _TEXT, "value": _TEXT_OR_NULL, "progress": _TEXT_OR_NULL},
        {"status": status, "metric": metric, "stale_reason": _TEXT_OR_NULL, "no_data": _TEXT_OR_NULL},
    )
    return {
        "Refusal": _object({"status": {"type": "integer"}, "error": _TEXT}),
        "Overview": _object({"cycle": _TEXT, "objectives": {"type": "array"}, "key_results": _list(standing)}),
        "Explanation": _object({"id": _TEXT, "standing": standing, "rule_version": _TEXT}),
        "CheckIn": check_in,
        "CheckIns": _object({"key_result": _TEXT, "check_ins": _list(_ref("CheckIn"))}),
        "Taken": _object(
            {
                "id": _TEXT,
                "key_result": _TEXT,
                "run": {"type": "integer"},
                "created": {"type": "boolean", "description": "False for a repetition, which changes nothing."},
                "check_in": {"anyOf": [_ref("CheckIn"), {"type": "null"}]},
            }
        ),
        "Token": _object({"name": _TEXT, "scope": {"enum": ["read", "write"]}, "objectives": _list(_TEXT)}),
        "Trial": _object(
            {
                "key_result": _TEXT,
                "known": {"type": "boolean", "description": "Whether it is here already."},
                "value": {**_TEXT_OR_NULL, "description": "What it stands at here by what was reported."},
            }
        ),
        "Report": _object(
            {
                "at": _INSTANT,
                "title": _TEXT,
                "objective": _object(
                    {"title": _TEXT},
                    {
                        "kind": {"enum": [str(each) for each in ObjectiveKind]},
                        "team": _TEXT_OR_NULL,
                        "owner": _TEXT_OR_NULL,
                    },
                    closed=True,
                ),
                "cycle": _object({"id": _TEXT, "starts_on": _DAY, "ends_on": _DAY, "timezone": _TEXT}, closed=True),
                "metric": metric,
                "value": _AMOUNT_OR_NULL,
            },
            {
                "owner": _TEXT_OR_NULL,
                "confidence": _AMOUNT_OR_NULL,
                "author": _TEXT,
                "note": _TEXT,
                "stale_reason": _TEXT_OR_NULL,
                "no_data": _TEXT_OR_NULL,
            },
            closed=True,
        ),
    }


def _list(schema: Json) -> Json:
    return {"type": "array", "items": schema}
