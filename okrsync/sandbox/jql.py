"""Jira's query language, as much of it as selections use: text to a tree, with errors worded like Jira's.

Follows Atlassian's "Use advanced search with Jira Query Language" pages; what a clause means is in ``jql_match``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "~", "!~", "in", "not in", "is", "is not")
MOST_SORT_FIELDS = 7


class JqlError(Exception):
    """The query is refused; the message is Jira's, for ``errorMessages``."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written, without its quotes."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """The keyword EMPTY or NULL."""


Operand = Literal | Call | Empty


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison. ``values`` holds one operand but for ``in`` and ``not in``."""

    field: str
    operator: str
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Compound:
    """``and``, ``or``, or ``not`` with a single part."""

    operator: str
    parts: tuple[Node, ...]


Node = Clause | Compound


@dataclass(frozen=True, slots=True)
class Sort:
    """One field of ORDER BY."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; ``where`` is None when it restricts nothing."""

    where: Node | None
    order: tuple[Sort, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: ``kind`` is word, quoted, operator, punctuation or end."""

    kind: str
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Return whether it is one of these unquoted words, whatever its case."""
        return self.kind == "word" and self.text.lower() in words


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<operator>!=|!~|<=|>=|=|<|>|~|&&|\|\||!)
  | (?P<punctuation>[(),])
  | (?P<word>cf\[\d+\]|[^\s"'=!<>~(),&|\[\]{}*^%$\#@?;/+\\]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse(text: str) -> Query:
    """Return the tree of a query.

    Raises:
        JqlError: it is not JQL; the message says where, in Jira's words.
    """
    return _Parser(list(_tokens(text)), text).query()


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise JqlError(_unexpected(text, at))
        kind = str(found.lastgroup)
        if kind == "quoted":
            yield Token(kind, _unescape(found.group()[1:-1], text, at), at)
        elif kind != "space":
            yield Token(kind, found.group(), at)
        at = found.end()
    yield Token("end", "", at)


def _unexpected(text: str, at: int) -> str:
    if text[at] in "\"'":
        return (
            f"Error in the JQL Query: The quoted string '{text[at + 1 :]}' has not been completed. {_where(text, at)}"
        )
    return (
        f"Error in the JQL Query: The character '{text[at]}' is a reserved JQL character. You must enclose it in a "
        f"string or use the escape '\\u{ord(text[at]):04x}' instead. {_where(text, at)}"
    )


def _where(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"(line {line}, character {at - (text.rfind(chr(10), 0, at) + 1) + 1})"


def _unescape(inner: str, text: str, at: int) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code in "\"'\\ ":
            return code
        if code not in _ESCAPES:
            raise JqlError(f"Error in the JQL Query: '\\{code}' is an illegal JQL escape sequence. {_where(text, at)}")
        return _ESCAPES[code]

    return _ESCAPE.sub(replace, inner)


class _Parser:
    """Recursive descent: OR binds loosest, then AND, then NOT."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.at = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def error(self, expected: str, hint: str = "") -> JqlError:
        place = _where(self.text, self.now.position)
        if self.now.kind == "end":
            return JqlError(f"Error in the JQL Query: Expecting {expected} before the end of the query.{hint}")
        return JqlError(f"Error in the JQL Query: Expecting {expected} but got '{self.now.text}'.{hint} {place}")

    def query(self) -> Query:
        where = None if self.now.kind == "end" or self.now.is_word("order") else self.either()
        order = self.order() if self.now.is_word("order") else ()
        if self.now.kind != "end":
            raise self.error("either 'OR' or 'AND'")
        return Query(where, order)

    def either(self) -> Node:
        parts = [self.both()]
        while self.now.is_word("or") or self.now.text in ("||", "|"):
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Compound("or", tuple(parts))

    def both(self) -> Node:
        parts = [self.single()]
        while self.now.is_word("and") or self.now.text in ("&&", "&"):
            self.take()
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Compound("and", tuple(parts))

    def single(self) -> Node:
        if self.now.is_word("not") or self.now.text == "!":
            self.take()
            return Compound("not", (self.single(),))
        if self.now.text == "(" and self.now.kind == "punctuation":
            self.take()
            inner = self.either()
            self.expect(")")
            return inner
        return self.clause()

    def expect(self, mark: str) -> None:
        if self.now.kind != "punctuation" or self.now.text != mark:
            raise self.error(f"'{mark}'")
        self.take()

    def field(self) -> str:
        if self.now.kind not in ("word", "quoted"):
            raise self.error("a field name")
        return self.take().text

    def clause(self) -> Clause:
        name = self.field()
        operator = self.operator()
        if operator in ("in", "not in"):
            return Clause(name, operator, self.values(name, operator))
        value = self.operand()
        if operator in ("is", "is not") and not isinstance(value, Empty):
            raise JqlError(
                f"The operator '{operator}' is not supported for the value; use it with EMPTY. (field '{name}')"
            )
        return Clause(name, operator, (value,))

    def operator(self) -> str:
        if self.now.kind == "operator":
            return self.take().text
        if self.now.is_word("in"):
            self.take()
            return "in"
        if self.now.is_word("not") and self.tokens[self.at + 1].is_word("in"):
            self.at += 2
            return "not in"
        if self.now.is_word("is"):
            self.take()
            if self.now.is_word("not"):
                self.take()
                return "is not"
            return "is"
        listed = ", ".join(f"'{one.upper()}'" for one in OPERATORS[:-1])
        raise self.error("operator", f" The valid operators are {listed} and 'IS NOT'.")

    def values(self, name: str, operator: str) -> tuple[Operand, ...]:
        if self.now.text != "(":
            value = self.operand()
            if isinstance(value, Call):
                return (value,)
            shown = value.text if isinstance(value, Literal) else "EMPTY"
            raise JqlError(
                f"Operator '{operator}' does not support the non-list value '\"{shown}\"' for field '{name}'."
            )
        self.take()
        values = [self.operand()]
        while self.now.text == ",":
            self.take()
            values.append(self.operand())
        self.expect(")")
        return tuple(values)

    def operand(self) -> Operand:
        if self.now.kind == "quoted":
            return Literal(self.take().text, quoted=True)
        if self.now.kind != "word":
            raise self.error("either a value, list or function")
        word = self.take()
        if word.is_word("empty", "null"):
            return Empty()
        if self.now.kind == "punctuation" and self.now.text == "(":
            return Call(word.text, self.arguments())
        return Literal(word.text)

    def arguments(self) -> tuple[str, ...]:
        self.expect("(")
        arguments = []
        while self.now.text != ")":
            if self.now.kind not in ("word", "quoted"):
                raise self.error("a function argument")
            arguments.append(self.take().text)
            if self.now.text == ",":
                self.take()
        self.expect(")")
        return tuple(arguments)

    def order(self) -> tuple[Sort, ...]:
        self.take()
        if not self.now.is_word("by"):
            raise self.error("'by'")
        self.take()
        sorts = []
        while True:
            name = self.field()
            descending = self.now.is_word("desc")
            if self.now.is_word("asc", "desc"):
                self.take()
            sorts.append(Sort(name, descending))
            if self.now.text != ",":
                break
            self.take()
        if len(sorts) > MOST_SORT_FIELDS:
            raise JqlError(f"The ORDER BY clause may contain at most {MOST_SORT_FIELDS} fields, but has {len(sorts)}.")
        return tuple(sorts)
