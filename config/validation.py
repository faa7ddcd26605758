"""From pydantic's errors to problems that name a place, what is wrong, and what to do."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from config.yaml_nodes import MAX_PROBLEMS, Branch, Entry, Items, Leaf, Node, Plain, kind_of, plain
from mapping.errors import ConfigProblemsError, Place, Problem

M = TypeVar("M", bound=BaseModel)
Loc = tuple[int | str, ...]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` was probably meant to be."""
    by_lower = {each.lower(): str(each) for each in known}  # plain text also of an enumeration's member
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def one_of(word: str, known: Iterable[str]) -> str:
    """Return advice that names the nearest known word, or all of them."""
    names = list(known)
    if found := nearest(word, names):
        return f"did you mean {found!r}?"
    if not names:
        return "remove it; none is known here"
    return f"use one of {', '.join(names)}" if len(names) > 1 else f"use {names[0]}"


class TooManyProblemsError(ConfigProblemsError):
    """So much is wrong that looking on is no use; holds what was found until then."""


@dataclass(frozen=True, slots=True)
class Problems:
    """The list that everything wrong is added to, and the secrets that no message may show."""

    found: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def add(self, place: Place, what: str, fix: str) -> None:
        """Add one problem, without any secret in it and on one line.

        Raises:
            TooManyProblemsError: there are enough to be getting on with.
        """
        if len(self.found) >= MAX_PROBLEMS:
            last = Problem(place=place, what=f"more than {MAX_PROBLEMS} problems", fix="correct those above first")
            raise TooManyProblemsError([*self.found, last])
        self.found.append(Problem(place=place, what=self._clean(what), fix=self._clean(fix)))

    def _clean(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return " ".join(text.split())


def unknown_key(name: str, place: Place, known: Iterable[str], problems: Problems) -> None:
    """Report a key that means nothing here."""
    if name.replace(" ", "").isdigit():
        # {at_least: 1,234} is YAML for at_least: 1 and a key 234
        fix = "inside {…} a comma ends the value: write the number without it, as 1234"
        problems.add(place, f"{name!r} stands where a key should", fix)
        return
    problems.add(place, f"unknown key {name!r}", one_of(name, known))


def own_keys(node: Branch, model: type[BaseModel], known: Collection[str], problems: Problems) -> Branch:
    """Return the keys that ``model`` checks; report unknown ones here, where those checked elsewhere are known too."""
    for name, inner in node.entries.items():
        if name not in known:
            unknown_key(name, inner.key_place, known, problems)
    return Branch(node.spot, {name: inner for name, inner in node.entries.items() if name in model.model_fields})


def branch_of(entry: Entry, name: str, problems: Problems) -> Branch | None:
    """Return the entry's group of keys, or report that it is none."""
    if isinstance(entry.node, Branch):
        return entry.node
    problems.add(entry.node.place, f"{name} is {kind_of(entry.node)}", "write keys with values, indented below it")
    return None


def validated(model: type[M], node: Branch, problems: Problems, *, at: Place, data: Plain = None) -> M | None:
    """Return ``node`` as an instance of ``model``, or report everything that keeps it from being one.

    A number, date or boolean where the model wants text is taken as the text that the file shows: nobody should
    have to put a row label ``42`` in quotes.

    What concerns the node as a whole, a missing key above all, is reported ``at`` a place: best that of its own key.
    ``data`` holds its values when they differ from what the file says (variables filled in).
    """
    values = plain(node) if data is None else data
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error
    taken = [_as_written(values, node, each["loc"]) for each in _errors(first) if each["type"] == "string_type"]
    if any(taken):
        try:
            return model.model_validate(values)
        except ValidationError as error:
            first = error
    _report(first, model, node, problems, at)
    return None


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False)


def _as_written(values: Plain, node: Node, loc: Loc) -> bool:
    """Put the text of the leaf at ``loc`` into ``values``; tell whether there was one."""
    inside: Plain = values
    for index, part in enumerate(loc):
        found = _child(node, part)
        if found is None:
            continue
        node = found
        if isinstance(node, Leaf) and node.value is not None and not isinstance(node.value, str):
            return _replace(inside, part, node.text) and index == len(loc) - 1
        inside = _inner(inside, part)
    return False


def _inner(values: Plain, part: int | str) -> Plain:
    if isinstance(values, dict) and isinstance(part, str):
        return values.get(part)
    if isinstance(values, list) and isinstance(part, int):
        return values[part]
    return None


def _replace(values: Plain, part: int | str, text: str) -> bool:
    if isinstance(values, dict) and isinstance(part, str):
        values[part] = text
        return True
    if isinstance(values, list) and isinstance(part, int):
        values[part] = text
        return True
    return False


def _child(node: Node, part: int | str) -> Node | None:
    if isinstance(node, Branch) and isinstance(part, str) and part in node.entries:
        return node.entries[part].node
    if isinstance(node, Items) and isinstance(part, int) and part < len(node.nodes):
        return node.nodes[part]
    return None


def _report(error: ValidationError, model: type[BaseModel], node: Branch, problems: Problems, at: Place) -> None:
    grouped: dict[tuple[str, int, int, bool], list[tuple[ErrorDetails, Place, str]]] = {}
    for each in _errors(error):
        place, name = _where(node, each["loc"], at, of_key=each["type"] == "extra_forbidden")
        key = (place.file, place.line, place.column, each["type"] in ("missing", "extra_forbidden"))
        grouped.setdefault(key, []).append((each, place, name))
    for group in grouped.values():
        alike = group if group[0][0]["type"] in ("missing", "extra_forbidden") else group[:1]
        for details, place, name in alike:
            what, fix = _words(details, name, model, node)
            problems.add(place, what, fix)


def _where(node: Node, loc: Loc, at: Place, *, of_key: bool) -> tuple[Place, str]:
    """Return the place of ``loc`` and the nearest key's name; parts that are no keys (of a union) are passed."""
    place, name = at, ""
    for part in loc:
        found = _child(node, part)
        if found is None:
            continue
        is_last = part == loc[-1]
        place = found.place
        if isinstance(node, Branch) and (of_key or isinstance(found, Branch)) and (is_last or not of_key):
            place = node.entries[str(part)].key_place
        name = part if isinstance(part, str) else f"{name}, entry {part + 1}"
        node = found
    return place, name


def _words(details: ErrorDetails, name: str, model: type[BaseModel], node: Branch) -> tuple[str, str]:
    kind = details["type"]
    last = str(details["loc"][-1]) if details["loc"] else name
    if kind == "extra_forbidden":
        return f"unknown key {last!r}", one_of(last, keys_at(model, details["loc"][:-1]))
    if kind == "missing":
        return f"key {last!r} is missing", f"add `{last}:`"
    if kind == "value_error":
        return _own_words(str(details["ctx"]["error"]) if "ctx" in details else details["msg"], name)
    shown = _shown(details, node, model)
    if kind in ("enum", "literal_error"):
        expected = str(details.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
        return f"{name}: unknown value{shown}", one_of(shown.strip(" '"), expected.split(", "))
    for start, fix in _FIXES:
        if kind.startswith(start):
            return f"{name} is no {fix.partition('|')[0]}{shown and ':'}{shown}", fix.partition("|")[2]
    return f"{name}: {details['msg'][:1].lower()}{details['msg'][1:]}{shown and ':'}{shown}", "change it accordingly"


_FIXES = (
    ("string_type", "text|write a text, in quotes if need be"),
    ("string_", "text of the right form|write it in the form that the documentation shows"),
    ("date", "date|write a date like 2026-10-01"),
    ("time", "time|write a time like 02:00"),
    ("bool", "yes or no|write true or false"),
    ("int", "whole number|write a whole number without quotes, spaces or units"),
    ("decimal", "number|write a number with a point, such as 1234.5"),
    ("float", "number|write a number with a point, such as 1234.5"),
    ("list", "list|write a list, such as [a, b]"),
    ("tuple", "list|write a list, such as [a, b]"),
    ("set", "list|write a list, such as [a, b]"),
    ("frozen_set", "list|write a list, such as [a, b]"),
    ("dict", "group of keys|write keys with values, indented below it"),
    ("model_type", "group of keys|write keys with values, indented below it"),
)


def _own_words(message: str, name: str) -> tuple[str, str]:
    """Split a validator's sentence ``what is wrong: what to do``."""
    what, colon, fix = message.partition(": ")
    if not colon:
        return (f"{name} {what}" if name else what), "change it accordingly"
    return (f"{name} {what}" if name else what), fix


def _shown(details: ErrorDetails, node: Branch, model: type[BaseModel]) -> str:
    """Return the value as the file says it (never with variables filled in, never that of a secret)."""
    loc = details["loc"]
    if loc and str(loc[0]) in secret_fields(model):
        return ""
    found: Node = node
    for part in loc:
        found = _child(found, part) or found
    return f" {found.text!r}" if isinstance(found, Leaf) and found.value is not None else ""


def keys_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at ``loc`` in a model."""
    models = [model]
    for part in loc:
        fields = [each.model_fields[part] for each in models if isinstance(part, str) and part in each.model_fields]
        models = [found for field in fields for found in _models_in(field.annotation)] or models
    return list(dict.fromkeys(name for each in models for name in field_names(each)))


def field_names(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as the file writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in typing.get_args(annotation) for found in _models_in(inner)]


def secret_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the keys of a model that hold secrets."""
    return frozenset(
        field.alias or name for name, field in model.model_fields.items() if _holds(field.annotation, SecretStr)
    )


def has_model(annotation: object) -> bool:
    """Return whether a field may hold a group of keys with a model of its own."""
    return bool(_models_in(annotation))


def _holds(annotation: object, wanted: type) -> bool:
    return annotation is wanted or any(_holds(inner, wanted) for inner in typing.get_args(annotation))


def entries_of(node: Branch, name: str, problems: Problems) -> Mapping[str, Entry]:
    """Return the entries below key ``name``; empty when there is none or it is no group of keys."""
    entry = node.entries.get(name)
    if entry is None or (isinstance(entry.node, Leaf) and entry.node.value is None):
        return {}
    inner = branch_of(entry, name, problems)
    return inner.entries if inner else {}
