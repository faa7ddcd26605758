"""Microsoft Graph's metadata (CSDL) as judge of requests and answers."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

import httpx

from tests.sandbox.described import description

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
PLAIN: dict[str, tuple[type, ...]] = {
    "Edm.String": (str,),
    "Edm.Int64": (int,),
    "Edm.Int32": (int,),
    "Edm.Boolean": (bool,),
    "Edm.DateTimeOffset": (str,),
}


@dataclass
class Described:
    """A type: its properties, inherited ones included, and whether it may have more."""

    properties: dict[str, str] = field(default_factory=dict)
    open: bool = False


@cache
def _model() -> tuple[dict[str, Described], dict[str, str]]:
    root = ET.fromstring(gzip.decompress(description("msgraph-v1.0-full.csdl.xml.gz").read_bytes()))
    schema = next(each for each in root.iter(f"{EDM}Schema") if each.get("Namespace") == "microsoft.graph")
    raw = {
        each.get("Name", ""): each
        for kind in ("EntityType", "ComplexType", "EnumType")
        for each in schema.iter(EDM + kind)
    }

    @cache
    def described(name: str) -> Described:
        found = raw[name]
        base = found.get("BaseType")
        inherited = described(base.removeprefix("graph.")) if base else Described()
        own = {
            each.get("Name", ""): each.get("Type", "")
            for kind in ("Property", "NavigationProperty")
            for each in found.findall(EDM + kind)
        }
        return Described(inherited.properties | own, inherited.open or found.get("OpenType") == "true")

    sets = {each.get("Name", ""): each.get("EntityType", "") for each in root.iter(f"{EDM}EntitySet")}
    return {name: described(name) for name in raw}, sets


def problems(request: httpx.Request, answer: Any) -> list[str]:
    """Return what in a request, or in a good answer to it, is not as described."""
    types, _ = _model()
    try:
        kind = type_of(unquote(request.url.path).removeprefix("/v1.0/"))
    except KeyError as error:
        return [f"no path {request.url.path}: {error}"]
    wrong = []
    element = _element(kind)
    for name, values in parse_qs(request.url.query.decode()).items():
        if name not in ("$select", "$top", "$skiptoken"):
            wrong.append(f"no parameter {name}")
        elif name == "$select":
            wrong += [f"$select: no {each}" for each in values[0].split(",") if each not in types[element].properties]
    if kind == "Edm.Stream":
        return wrong
    if kind.startswith("Collection("):
        rest = [name for name in answer if name not in ("value", "@odata.context", "@odata.nextLink")]
        wrong += [f"$: {name}" for name in rest]
        return wrong + [problem for each in answer["value"] for problem in _unlike(each, element, "$.value")]
    return wrong + _unlike(answer, element, "$")


def type_of(path: str) -> str:
    """Return the type that a path leads to.

    Raises:
        KeyError: a segment is none of the type before it.
    """
    types, sets = _model()
    segments = path.split("/")
    kind = f"Collection({sets[segments.pop(0)]})"
    while segments:
        segment = segments.pop(0)
        if kind.startswith("Collection("):
            kind = _element(kind)  # any segment is a key
            if segment.endswith(":"):  # addressed by its path, which reaches to the end here
                segments.clear()
        else:
            by_path = segment.endswith(":")
            kind = types[_element(kind)].properties[segment.removesuffix(":")]
            if by_path:
                segments.clear()
    return kind


def _element(kind: str) -> str:
    kind = kind.removeprefix("Collection(").removesuffix(")")
    return kind.removeprefix("microsoft.").removeprefix("graph.")


def _unlike(value: Any, kind: str, at: str) -> list[str]:
    types, _ = _model()
    if kind in PLAIN:
        good = isinstance(value, PLAIN[kind]) and (kind != "Edm.DateTimeOffset" or _is_instant(str(value)))
        return [] if good else [f"{at}: {value!r} is no {kind}"]
    described = types.get(_element(kind))
    if described is None or not isinstance(value, dict):
        return [f"{at}: {value!r} is no {kind}"]
    wrong = []
    for name, inner in value.items():
        if name.startswith("@"):
            continue
        if name in described.properties:
            wrong += _unlike(inner, described.properties[name], f"{at}.{name}")
        elif not described.open:
            wrong.append(f"{at}: no {name}")
    return wrong


def _is_instant(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None
