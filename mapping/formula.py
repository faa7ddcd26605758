"""Arithmetic over named numbers: the expressions of CEL without loops, strings and lists, computed in Decimal.

CEL itself knows whole and binary numbers only, so that 0.1 + 0.2 would not be 0.3 and money would lose cents; the
syntax is kept (https://github.com/google/cel-spec/blob/master/doc/langdef.md), the numbers are ours. There is no loop
and no call of anything but ``min``, ``max``, ``abs`` and ``has``, so work is bounded by the length of the text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from enum import StrEnum
from functools import lru_cache

from mapping.decimals import GRID, ONE, ZERO, decimal_text, exact, tidy
from mapping.errors import RuleError

LONGEST = 2048
DEEPEST = 40
"""Levels of brackets and signs; nobody reads more."""
LONGEST_NUMBER = 30
MOST = Decimal(10) ** 40
"""A result beyond this is a slip."""
FUNCTIONS = ("min", "max", "abs", "has")
RESERVED = frozenset({*FUNCTIONS, "true", "false", "null", "in"})
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

Values = Mapping[str, "Decimal | None"]
Run = Callable[[Values], Decimal]


class _Kind(StrEnum):
    NUMBER = "a number"
    TRUTH = "true or false"


class NothingError(Exception):
    """The expression has no value on these numbers: the message says why. Never seen outside of a measure."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    text: str
    names: frozenset[str]
    _run: Run

    def value(self, values: Values) -> Decimal:
        """Return the result, rounded once to twelve decimal places where it has more.

        Args:
            values: by name; None for what has no value.

        Raises:
            NothingError: a number that is needed has no value, or something is divided by 0.
            RuleError: the result is beyond all measure.
        """
        try:
            with exact():
                found = self._run(values)
                if abs(found) >= MOST:
                    raise RuleError(f"formula {self.text!r} gives more than 1e40: check its terms")
                return tidy(found.quantize(GRID))
        except DecimalException as error:
            raise RuleError(f"formula {self.text!r} gives more than 1e40: check its terms") from error


@lru_cache(maxsize=512)
def compile_formula(text: str, names: Collection[str]) -> Expression:
    """Return the expression.

    Args:
        text: as written.
        names: a frozenset of those that have a measure.

    Raises:
        RuleError: too long, too deep, no expression, an unknown name, or types that do not fit; with the column.
    """
    if len(text.encode()) > LONGEST:
        size = len(text.encode())
        raise RuleError(f"formula {text[:40]!r}… is {size} bytes long, at most {LONGEST} are read: shorten it")
    parser = _Parser(text, frozenset(names))
    node = parser.whole()
    return Expression(text, frozenset(parser.used), node.run)


@dataclass(frozen=True, slots=True)
class _Node:
    kind: _Kind
    run: Run
    at: int
    """Where it begins, from 0."""


_WORD = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?|\.[0-9]+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\|\||&&|[=!<>]=|[-+*/%()<>!?:,])|(?P<end>$)|(?P<bad>\S))"
)
_How = Callable[[Decimal, Decimal], Decimal]
_ADD: Mapping[str, _How] = {"+": operator.add, "-": operator.sub}
_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class _Parser:
    """Recursive descent; truth values are 1 and 0, told from numbers by the kind of their node."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self.used: set[str] = set()
        self.depth = 0
        self.end = 0
        self.advance()

    def advance(self) -> None:
        match = _WORD.match(self.text, self.end)
        if match is None or match["bad"]:
            raise self.fault(self.end + (len(match[0]) - 1 if match else 0), "this is no part of an expression")
        self.kind = str(match.lastgroup)
        self.word = match[self.kind]
        self.at, self.end = match.start(self.kind), match.end()

    def fail(self, at: int, what: str) -> None:
        raise self.fault(at, what)

    def fault(self, at: int, what: str) -> RuleError:
        known = ", ".join(sorted(self.names)) or "none"
        return RuleError(
            f"formula {self.text!r} has a fault at 1:{at + 1}: {what}; available: the names {known}; + - * / %, "
            "comparisons, && || !, a ? b : c, min, max, abs, has"
        )

    def whole(self) -> _Node:
        node = self.expression()
        if self.kind != "end":
            self.fail(self.at, f"{self.word!r} cannot follow here")
        self.expect(node, _Kind.NUMBER)
        return node

    def expect(self, node: _Node, kind: _Kind) -> Run:
        if node.kind is not kind:
            self.fail(node.at, f"this is {node.kind}, and {kind} is needed")
        return node.run

    def take(self, *signs: str) -> str | None:
        if self.kind != "sign" or self.word not in signs:
            return None
        found = self.word
        self.advance()
        return found

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            shown = repr(self.word) if self.word else "the end"
            self.fail(self.at, f"{sign!r} is needed before {shown}")

    def expression(self) -> _Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(self.at, f"more than {DEEPEST} levels of brackets")
        node = self.any_of()
        if self.take("?"):
            test = self.expect(node, _Kind.TRUTH)
            yes = self.expression()
            self.need(":")
            no = self.expression()
            one, other = yes.run, self.expect(no, yes.kind)
            node = _Node(yes.kind, lambda values: one(values) if test(values) else other(values), node.at)
        self.depth -= 1
        return node

    def any_of(self) -> _Node:
        return self._truths(self.all_of, "||", stop=True)

    def all_of(self) -> _Node:
        return self._truths(self.compared, "&&", stop=False)

    def _truths(self, inner: Callable[[], _Node], sign: str, *, stop: bool) -> _Node:
        node = inner()
        runs = []
        while self.take(sign):
            runs.append(self.expect(inner(), _Kind.TRUTH))
        if not runs:
            return node
        runs.insert(0, self.expect(node, _Kind.TRUTH))

        def run(values: Values) -> Decimal:
            return ONE if any(bool(each(values)) is stop for each in runs) is stop else ZERO

        return _Node(_Kind.TRUTH, run, node.at)

    def compared(self) -> _Node:
        node = self.summed()
        sign = self.take(*_COMPARE)
        if sign is None:
            return node
        right = self.summed()
        kind = node.kind if sign in ("==", "!=") else _Kind.NUMBER
        compare, one, other = _COMPARE[sign], self.expect(node, kind), self.expect(right, kind)
        return _Node(_Kind.TRUTH, lambda values: ONE if compare(one(values), other(values)) else ZERO, node.at)

    def summed(self) -> _Node:
        node = self.multiplied()
        rest: list[tuple[_How, Run]] = []
        while sign := self.take(*_ADD):
            rest.append((_ADD[sign], self.expect(self.multiplied(), _Kind.NUMBER)))
        return self._chain(node, rest)

    def multiplied(self) -> _Node:
        node = self.signed()
        rest: list[tuple[_How, Run]] = []
        while sign := self.take("*", "/", "%"):
            right = self.signed()
            how = (
                operator.mul if sign == "*" else self._divider(right, operator.truediv if sign == "/" else operator.mod)
            )
            rest.append((how, self.expect(right, _Kind.NUMBER)))
        return self._chain(node, rest)

    def _chain(self, first: _Node, rest: list[tuple[_How, Run]]) -> _Node:
        """Return the terms taken from left to right; a loop, as nested calls would be as deep as the chain is long."""
        if not rest:
            return first
        start = self.expect(first, _Kind.NUMBER)

        def run(values: Values) -> Decimal:
            found = start(values)
            for how, term in rest:
                found = how(found, term(values))
            return found

        return _Node(_Kind.NUMBER, run, first.at)

    def _divider(self, right: _Node, divide: _How) -> _How:
        shown = self.text[right.at : self.at].strip()

        def run(a: Decimal, b: Decimal) -> Decimal:
            if not b:
                raise NothingError(f"the divisor {shown} is 0")
            return divide(a, b)

        return run

    def signed(self) -> _Node:
        at = self.at
        sign = self.take("-", "!")
        if sign is None:
            return self.primary()
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(at, f"more than {DEEPEST} levels of signs")
        node = self.signed()
        self.depth -= 1
        if sign == "-":
            inner = self.expect(node, _Kind.NUMBER)
            return _Node(_Kind.NUMBER, lambda values: -inner(values), at)
        truth = self.expect(node, _Kind.TRUTH)
        return _Node(_Kind.TRUTH, lambda values: ZERO if truth(values) else ONE, at)

    def primary(self) -> _Node:
        at, kind, word = self.at, self.kind, self.word
        if self.take("("):
            node = self.expression()
            self.need(")")
            return _Node(node.kind, node.run, at)
        if kind not in ("number", "name"):
            self.fail(at, f"{word!r} stands where a number or name should" if word else "it ends too early")
        self.advance()
        if kind == "number":
            return self._number(word, at)
        if word in ("true", "false"):
            truth = ONE if word == "true" else ZERO
            return _Node(_Kind.TRUTH, lambda _: truth, at)
        return self._call(word, at) if self.take("(") else self._named(word, at)

    def _number(self, word: str, at: int) -> _Node:
        if len(word) > LONGEST_NUMBER:
            self.fail(at, f"a number of {len(word)} characters, at most {LONGEST_NUMBER} are read")
        number = Decimal(word)
        return _Node(_Kind.NUMBER, lambda _: number, at)

    def _named(self, word: str, at: int) -> _Node:
        if word not in self.names:
            self.fail(at, f"unknown name {word!r}")
        self.used.add(word)

        def run(values: Values) -> Decimal:
            value = values[word]
            if value is None:
                raise NothingError(word)
            return value

        return _Node(_Kind.NUMBER, run, at)

    def _call(self, word: str, at: int) -> _Node:
        if word not in FUNCTIONS:
            self.fail(at, f"there is no function {word!r}")
        if word == "has":
            return self._has(at)
        runs = [self.expect(self.expression(), _Kind.NUMBER)]
        while self.take(","):
            runs.append(self.expect(self.expression(), _Kind.NUMBER))
        self.need(")")
        if word == "abs":
            if len(runs) != 1:
                self.fail(at, "abs takes one number")
            (inner,) = runs
            return _Node(_Kind.NUMBER, lambda values: abs(inner(values)), at)
        pick: Callable[[list[Decimal]], Decimal] = min if word == "min" else max
        return _Node(_Kind.NUMBER, lambda values: pick([run(values) for run in runs]), at)

    def _has(self, at: int) -> _Node:
        name = self.word
        if self.kind != "name" or name not in self.names:
            self.fail(self.at, "has takes one of the names")
        self.advance()
        self.need(")")
        self.used.add(name)
        return _Node(_Kind.TRUTH, lambda values: ZERO if values[name] is None else ONE, at)


def with_numbers(expression: Expression, values: Values) -> str:
    """Return the names of an expression with their numbers: ``a = 3, b = 1``; a dash for what has none."""
    used = sorted(name for name in expression.names)
    return ", ".join(f"{name} = {'–' if (value := values[name]) is None else decimal_text(value)}" for name in used)
