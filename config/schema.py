"""The JSON Schema of a rules file, for editors: what may stand where, with the connectors' own options and selections.

A copy is kept in ``okrsync.schema.json``; ``python -m config.schema`` prints it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel

from config.compound import LEAVES, MILESTONES
from config.measure_model import BY_HAND, FORMULA, MEASURES, RATIO, ROLLUP, TICKED, PartKeys
from config.metrics import BETWEEN, ENDS, ZONES
from config.model import (
    DEFAULT_CRON,
    DEFAULT_TIMEZONE,
    ID,
    CurrenciesKeys,
    CycleKeys,
    GuardKeys,
    KeyResultKeys,
    MetricKeys,
    ObjectiveKeys,
    PaceKeys,
    ProfileKeys,
    ScheduleKeys,
)
from config.profiles import shipped
from connectors import destinations, registry
from connectors.destination import DestinationKind
from connectors.port import Connector
from mapping.delivery import OnConflict
from mapping.numbers import NumberStyle
from mapping.shares import DoubleCounting

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_AMOUNT = {"type": ["number", "string"]}
_AMOUNTS = ("baseline", *(name for name in ENDS if name != BETWEEN), *ZONES)


def json_schema() -> Schema:
    """Return the schema, draft 2020-12."""
    return _Writer().schema()


def schema_text() -> str:
    """Return the schema as it is kept and printed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


class _Writer:
    def __init__(self) -> None:
        self._defs: Schema = {}
        self._connectors = registry.usable()

    def schema(self) -> Schema:
        for each in self._connectors:
            self._defs[f"{each.name}.selection"] = self._model(each.selection, f"{each.name}.")
        self._defs["measure"] = self._measure()
        return {
            "$schema": DRAFT,
            "title": "okrsync rules",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "timezone": {
                    "type": "string",
                    "default": DEFAULT_TIMEZONE,
                    "description": "IANA name, such as Europe/Paris: the zone of cycles and of the schedule.",
                },
                "numbers": {
                    "enum": [str(style) for style in NumberStyle],
                    "default": str(NumberStyle.PLAIN),
                    "description": "How amounts are written: plain 1234.5, en 1,234.5, fr 1 234,5.",
                },
                "schedule": self._schedule(),
                "profile": self._profile(),
                "guard": {
                    "anyOf": [{"const": "none"}, self._model(GuardKeys, "")],
                    "description": "When a new value is held for review, unless a key result says otherwise.",
                },
                "double_counting": {
                    "enum": [str(policy) for policy in DoubleCounting],
                    "default": str(DoubleCounting.ALLOW),
                    "description": "What an item counts for that feeds several key results.",
                },
                "coverage": {
                    "type": "array",
                    "description": "Selections to look over for work that no key result is served by.",
                    "items": self._kind("completion"),
                },
                "connections": _by_id({"anyOf": [self._connection(each) for each in self._connectors]}),
                "currencies": self._model(CurrenciesKeys, ""),
                "cycles": _by_id(self._cycle()),
                "objectives": _by_id(self._objective()),
                "destinations": _by_id({"anyOf": [self._destination(each) for each in destinations.usable()]}),
            },
            "$defs": self._defs,
        }

    def _model(self, model: type[BaseModel], prefix: str) -> Schema:
        """Return a model's schema; what it refers to goes among the definitions, under a name of its own."""
        schema: Schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
        for name, inner in schema.pop("$defs", {}).items():
            self._defs[f"{prefix}{name}"] = inner
        return {key: value for key, value in schema.items() if key != "title"}

    def _schedule(self) -> Schema:
        keys = self._model(ScheduleKeys, "")
        return {"anyOf": [{"const": "none"}, keys], "description": f"When the sync runs; {DEFAULT_CRON} by default."}

    def _connection(self, connector: Connector) -> Schema:
        schema = self._model(connector.options, f"{connector.name}.")
        said = {"const": connector.name, "description": connector.title}
        return {
            **schema,
            "properties": {"connector": said, **schema.get("properties", {})},
            "required": ["connector", *schema.get("required", [])],
        }

    def _destination(self, kind: DestinationKind) -> Schema:
        schema = self._model(kind.options, f"to.{kind.name}.")
        by_target = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
        names = {"type": "array", "items": {"type": "string"}}
        group = {"anyOf": [{"type": "string"}, names]}
        groups = {
            "type": "object",
            "additionalProperties": False,
            "properties": {"objectives": group, "teams": group},
        }
        by_target["description"] = f"Address of each key result, with {kind.target or 'where it goes'}."
        own: Schema = {
            "to": {"const": kind.name, "description": kind.title},
            "key_results": by_target if kind.target else {"anyOf": [{"const": "all"}, names, groups, by_target]},
            "on_conflict": {
                "enum": [str(each) for each in OnConflict],
                "default": str(OnConflict.REPORT),
                "description": "Where a person has edited what okrsync wrote: report and leave it, or overwrite.",
            },
        }
        return {
            **schema,
            "properties": {**own, **schema.get("properties", {})},
            "required": ["to", "key_results", *schema.get("required", [])],
        }

    def _cycle(self) -> Schema:
        schema = self._model(CycleKeys, "")
        return {**schema, "properties": {**schema["properties"], "pace": self._pace()}}

    def _pace(self) -> Schema:
        keys = self._model(PaceKeys, "")
        dated = {
            "type": "object",
            "description": "Dates with the share expected by then.",
            "additionalProperties": _AMOUNT,
        }
        frozen = {"anyOf": [{"type": "string"}, self._model(CycleKeys, "")]}
        freeze = {"type": "array", "description": "Days, weeks as 2026-W52, or spans off.", "items": frozen}
        keys = {**keys, "properties": {**keys["properties"], "by": dated, "freeze": freeze}}
        return {"anyOf": [keys["properties"]["curve"], keys], "description": "The curve of expected progress."}

    def _profile(self) -> Schema:
        known = {"enum": sorted(shipped())}
        own = {"type": "string", "pattern": r"\.toml$"}
        keys = self._model(ProfileKeys, "")
        return {"anyOf": [known, own, keys], "description": "The thresholds from which a status follows."}

    def _objective(self) -> Schema:
        schema = self._model(ObjectiveKeys, "")
        key_results = _by_id(self._key_result()) | {"minProperties": 1}
        return {
            **schema,
            "properties": {
                **schema["properties"],
                "pace": self._pace(),
                "profile": self._profile(),
                "key_results": key_results,
            },
            "required": [*schema["required"], "key_results"],
        }

    def _key_result(self) -> Schema:
        schema = self._model(KeyResultKeys, "")
        own = {"pace": self._pace(), "metric": self._metric(), "measure": self._own_measure()}
        return {
            **schema,
            "properties": {**schema["properties"], **own},
            "required": [*schema["required"], "measure"],
        }

    def _metric(self) -> Schema:
        schema = self._model(MetricKeys, "")
        amounts = {name: {**_AMOUNT, "description": schema["properties"][name]["description"]} for name in _AMOUNTS}
        said = schema["properties"][BETWEEN]["description"]
        amounts[BETWEEN] = {"type": "array", "items": _AMOUNT, "minItems": 2, "maxItems": 2, "description": said}
        ends = [{"required": ["baseline", "target"]}, *({"required": [name]} for name in ENDS if name != "target")]
        keys = {**schema, "properties": {**schema["properties"], **amounts}, "oneOf": ends}
        steps = {"type": "object", "minProperties": 1, "additionalProperties": _AMOUNT}
        names = {"type": "array", "minItems": 1, "items": {"type": "string"}}
        milestones = {
            "type": "object",
            "description": "Steps with weights, or of one weight; measure: ticked says which are done.",
            "additionalProperties": False,
            "properties": {MILESTONES: {"anyOf": [steps, names]}},
            "required": [MILESTONES],
        }
        return {
            "anyOf": [{"const": "done"}, keys, milestones],
            "description": "From where to where; a share of a whole (completion, ticked, rollup) needs none.",
        }

    def _measure(self) -> Schema:
        kinds = {kind: self._kind(kind) for kind in MEASURES}
        parts = {"of": {"$ref": "#/$defs/measure"}, "to": {"$ref": "#/$defs/measure"}}
        kinds[RATIO] = {
            "type": "object",
            "description": "One measure divided by another.",
            "additionalProperties": False,
            "properties": parts,
            "required": ["of", "to"],
        }
        kinds[FORMULA] = {
            "type": "object",
            "description": "Arithmetic over named measures, as a / (a + b).",
            "additionalProperties": False,
            "properties": {
                "value": {"type": "string"},
                "of": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/measure"}},
            },
            "required": ["value", "of"],
        }
        kinds[TICKED] = self._ticked()
        kinds[ROLLUP] = self._rollup()
        return {
            "type": "object",
            "description": "How work items or samples become one number.",
            "additionalProperties": False,
            "properties": kinds,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def _own_measure(self) -> Schema:
        by_hand = {"const": BY_HAND, "description": "Nothing is measured: people check in."}
        return {"anyOf": [by_hand, {"$ref": "#/$defs/measure"}]}

    def _ticked(self) -> Schema:
        day = {"type": "string", "format": "date"}
        by_items = [self._on({}, connector) for connector in self._connectors]
        by_hand = [
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "properties": {"from": False}, "additionalProperties": day},
        ]
        return {"description": "The weight of the milestones that are ticked.", "anyOf": [*by_hand, *by_items]}

    def _rollup(self) -> Schema:
        part = {"anyOf": [{"type": "string"}, self._model(PartKeys, "")]}
        parts = {"type": "array", "minItems": 1, "items": part}
        weighed = {
            "type": "object",
            "additionalProperties": False,
            "properties": {"of": parts, "weigh": {"enum": ["each", LEAVES], "default": "each"}},
            "required": ["of"],
        }
        return {"description": "The weighted mean progress of objectives and key results.", "anyOf": [parts, weighed]}

    def _kind(self, kind: str) -> Schema:
        own = self._model(MEASURES[kind], "")
        return {
            "description": own.get("description", ""),
            "anyOf": [self._on(own, connector) for connector in self._connectors],
        }

    def _on(self, own: Schema, connector: Connector) -> Schema:
        """Return what may stand in a measure on a connection of ``connector``."""
        theirs = self._defs[f"{connector.name}.selection"]
        properties = dict(own.get("properties", {}))
        for name in theirs.get("properties", {}):
            schema = {"$ref": f"#/$defs/{connector.name}.selection/properties/{name}"}
            properties[name] = {"anyOf": [properties[name], schema]} if name in properties else schema
        source = {"type": "string", "description": f"Name of a {connector.name} connection."}
        return {
            "type": "object",
            "title": connector.title,
            "additionalProperties": False,
            "properties": {"from": source, **properties},
            "required": ["from", *own.get("required", []), *theirs.get("required", [])],
        }


def _by_id(schema: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": f"^{ID}$"}, "additionalProperties": schema}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
