"""GraphQL documents, as much of the language as clients of issues use: operations, fragments, arguments, aliases.

Follows the grammar at https://spec.graphql.org/October2021/#sec-Language. Values are resolved against variables here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"


class GraphQLError(Exception):
    """The query is refused before anything is read; the message goes into ``errors``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """One field asked for, with its arguments after variables were put in."""

    name: str
    key: str
    """The alias, or the name."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    selections: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Selections that hold only for one type: an inline fragment or a spread one; ``type`` None: for all."""

    type: str | None
    selections: tuple[Part, ...]


Part: TypeAlias = "Selected | Typed"

_TOKEN = re.compile(
    r"""
    (?P<space>[\s,\ufeff]+|\#[^\n]*)
  | (?P<block>\"\"\".*?\"\"\")
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<spread>\.\.\.)
  | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[_A-Za-z]\w*)
  | (?P<mark>[!$&()\[\]{}:=@|])
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS: Mapping[str, Value] = {"true": True, "false": False, "null": None}


def parse(text: str, variables: Mapping[str, Value], operation: str | None = None) -> tuple[Part, ...]:
    """Return the selections of a document's query.

    Args:
        text: the document.
        variables: what the request gives for the operation's variables.
        operation: which operation to take; may be left out if there is only one.

    Raises:
        GraphQLError: not GraphQL, a mutation, or a variable that is required and missing.
    """
    parser = _Parser(_tokens(text), variables)
    parser.find_fragments()
    return parser.operation(operation)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise GraphQLError(f'Expected one of NAME, "{{" …, actual: UNKNOWN_CHAR ("{text[at]}") at line {line}')
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match.group()))
        at = match.end()
    return [*found, ("end", "")]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Value]) -> None:
        self.tokens = tokens
        self.at = 0
        self.variables: dict[str, Value] = dict(variables)
        self.fragments: dict[str, int] = {}
        self.open_fragments: list[str] = []

    @property
    def text(self) -> str:
        return self.tokens[self.at][1]

    def take(self, wanted: str | None = None) -> str:
        kind, text = self.tokens[self.at]
        if wanted is not None and text != wanted:
            raise GraphQLError(f'Expected "{wanted}", actual: {kind.upper()} ("{text}")')
        if kind == "end":
            raise GraphQLError("Unexpected end of document")
        self.at += 1
        return text

    def name(self) -> str:
        kind, text = self.tokens[self.at]
        if kind == "end":
            raise GraphQLError("Unexpected end of document")
        if kind != "name":
            raise GraphQLError(f'Expected NAME, actual: {kind.upper()} ("{text}")')
        self.at += 1
        return text

    def find_fragments(self) -> None:
        """Note where each fragment begins; a document may spread one before it defines it."""
        depth = 0
        for index, (kind, text) in enumerate(self.tokens):
            depth += {"{": 1, "}": -1}.get(text, 0) if kind == "mark" else 0
            if depth == 0 and kind == "name" and text == "fragment":
                self.fragments[self.tokens[index + 1][1]] = index

    def operation(self, wanted: str | None) -> tuple[Part, ...]:
        found: dict[str, tuple[Part, ...]] = {}
        while self.tokens[self.at][0] != "end":
            if self.text == "fragment":
                self._skip_definition()
                continue
            kind = "query" if self.text == "{" else self.name()
            name = self.name() if self.tokens[self.at][0] == "name" else ""
            if wanted not in (None, name):
                self._skip_definition()
                continue
            if kind != "query":
                raise GraphQLError(f"The sandbox answers queries only, not a {kind}")
            if self.text == "(":
                self._variables()
            self._directives()
            found[name] = self.selections()
        if len(found) != 1:
            raise GraphQLError("An operation name is required" if found else "No query document was present")
        return next(iter(found.values()))

    def _skip_definition(self) -> None:
        while self.text != "{":
            self.take()
        depth = 0
        while True:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
            if depth == 0:
                return

    def _variables(self) -> None:
        self.take("(")
        while self.text != ")":
            self.take("$")
            name = self.name()
            self.take(":")
            required = self._type()
            if self.text == "=":
                self.take()
                default = self.value()
                self.variables.setdefault(name, default)
            elif required and self.variables.get(name) is None:
                raise GraphQLError(f"Variable ${name} was provided invalid value: Expected value to not be null")
            self.variables.setdefault(name, None)
        self.take(")")

    def _type(self) -> bool:
        """Skip a type and return whether it is required."""
        if self.text == "[":
            self.take()
            self._type()
            self.take("]")
        else:
            self.name()
        if self.text == "!":
            self.take()
            return True
        return False

    def _directives(self) -> bool:
        """Return whether what follows is to be included."""
        included = True
        while self.text == "@":
            self.take()
            name = self.name()
            arguments = self.arguments()
            if name == "include":
                included &= bool(arguments.get("if"))
            elif name == "skip":
                included &= not arguments.get("if")
        return included

    def selections(self) -> tuple[Part, ...]:
        self.take("{")
        parts: list[Part] = []
        while self.text != "}":
            part = self._spread() if self.text == "..." else self._field()
            if part is not None:
                parts.append(part)
        self.take("}")
        return tuple(parts)

    def _field(self) -> Part | None:
        key = name = self.name()
        if self.text == ":":
            self.take()
            name = self.name()
        arguments = self.arguments()
        included = self._directives()
        inner = self.selections() if self.text == "{" else ()
        return Selected(name=name, key=key, arguments=arguments, selections=inner) if included else None

    def _spread(self) -> Part | None:
        self.take("...")
        if self.text in ("{", "@"):
            included = self._directives()
            inner = self.selections()
            return Typed(type=None, selections=inner) if included else None
        name = self.name()
        if name == "on":
            type_ = self.name()
            included = self._directives()
            inner = self.selections()
            return Typed(type=type_, selections=inner) if included else None
        included = self._directives()
        return self._fragment(name) if included else None

    def _fragment(self, name: str) -> Part:
        if name not in self.fragments:
            raise GraphQLError(f"Fragment {name} was used, but not defined")
        if name in self.open_fragments:
            raise GraphQLError(f"Fragment {name} contains an infinite loop")
        self.open_fragments.append(name)
        back, self.at = self.at, self.fragments[name]
        self.take("fragment")
        self.name()
        self.take("on")
        type_ = self.name()
        self._directives()
        part = Typed(type=type_, selections=self.selections())
        self.at = back
        self.open_fragments.pop()
        return part

    def arguments(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if self.text == "(":
            self.take()
            while self.text != ")":
                name = self.name()
                self.take(":")
                found[name] = self.value()
            self.take(")")
        return found

    def value(self) -> Value:
        kind, text = self.tokens[self.at]
        if text == "$" and kind == "mark":
            return self._variable()
        if text == "[" and kind == "mark":
            return self._list()
        if text == "{" and kind == "mark":
            return self._object()
        self.take()
        if kind == "string":
            return str(json.loads(text))
        if kind == "block":
            return text[3:-3].strip()
        if kind == "number":
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if kind == "name":
            return _KEYWORDS.get(text, text)  # anything else is a value of an enumeration
        raise GraphQLError(f'Expected a value, actual: "{text}"')

    def _variable(self) -> Value:
        self.take()
        name = self.name()
        if name not in self.variables:
            raise GraphQLError(f"Variable ${name} is used by the query but not declared")
        return self.variables[name]

    def _list(self) -> list[Value]:
        self.take()
        items: list[Value] = []
        while self.text != "]":
            items.append(self.value())
        self.take()
        return items

    def _object(self) -> dict[str, Value]:
        self.take()
        items: dict[str, Value] = {}
        while self.text != "}":
            name = self.name()
            self.take(":")
            items[name] = self.value()
        self.take()
        return items
