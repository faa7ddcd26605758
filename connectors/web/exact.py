"""JMESPath over exact numbers: JSON's are decoded as Decimal, and the language's own functions keep them so.

https://jmespath.org/specification.html
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError
from jmespath.functions import REVERSE_TYPES_MAP, TYPES_MAP, Functions, signature
from jmespath.parser import ParsedResult
from jmespath.visitor import Options

from connectors.plain import number_of
from mapping.decimals import quotient, total

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)


class PathError(Exception):
    """A path cannot be evaluated on an answer: a function met what it does not take."""


def decode(body: bytes) -> object:
    """Return JSON with every number as it is written: int or Decimal.

    Raises:
        msgspec.MsgspecError: it is no JSON.
    """
    return _DECODER.decode(body)


@cache
def compiled(path: str) -> ParsedResult:
    """Return a path ready to search.

    Raises:
        ValueError: it is no JMESPath; the text says where it breaks off.
    """
    try:
        found = jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(f"{path!r} is no JMESPath: {' '.join(str(error).split())}") from error
    _exact_literals(found.parsed)
    return found


def search(path: str, value: object) -> object:
    """Return what a path finds; None where there is nothing.

    Raises:
        PathError: a function cannot take what it is given.
    """
    try:
        return compiled(path).search(value, options=Options(custom_functions=_Exact()))
    except (JMESPathError, ArithmeticError, TypeError) as error:
        raise PathError(" ".join(str(error).split())) from error


def _exact_literals(node: Any) -> None:
    """Turn the floats of literals such as `0.1` into what was written: no Decimal equals the float 0.1."""
    if node.get("type") == "literal" and isinstance(node.get("value"), float):
        node["value"] = number_of(node["value"])
    for child in node.get("children", ()):
        if isinstance(child, dict):
            _exact_literals(child)


class _Exact(Functions):
    """The language's functions, for which a Decimal is a number too."""

    _TYPES: ClassVar = {**REVERSE_TYPES_MAP, "number": (*REVERSE_TYPES_MAP["number"], "Decimal")}

    def _get_allowed_pytypes(self, types: Sequence[str]) -> tuple[list[str], list[Sequence[str]]]:
        named = [each.partition("-") for each in types]
        allowed = [python for kind, _, _ in named for python in self._TYPES[kind]]
        return allowed, [self._TYPES[element] for _, _, element in named if element]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return "number" if pyobject == "Decimal" else TYPES_MAP.get(pyobject, "unknown")

    @signature({"types": ["array-number"]})
    def _func_sum(self, arg: list[Decimal | int]) -> Decimal:
        return total(Decimal(each) for each in arg)

    @signature({"types": ["array-number"]})
    def _func_avg(self, arg: list[Decimal | int]) -> Decimal | None:
        return quotient(self._func_sum(arg), Decimal(len(arg))) if arg else None

    @signature({"types": []})
    def _func_to_number(self, arg: object) -> Decimal | None:
        try:
            return number_of(arg)
        except ValueError:
            return None

    @signature({"types": []})
    def _func_type(self, arg: object) -> str:
        return self._convert_to_jmespath_type(type(arg).__name__)
