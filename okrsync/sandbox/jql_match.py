"""What a query means: which issues it matches, and in which order they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt, ne
from typing import Any
from zoneinfo import ZoneInfo

from okrsync.sandbox.jql import Call, Clause, Empty, JqlError, Literal, Node, Operand, Query, Sort, parse
from okrsync.sandbox.jql_dates import date_value

COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
NAMED = {
    "project": "project",
    "key": "key",
    "issuekey": "key",
    "issue": "key",
    "id": "id",
    "issuetype": "issuetype",
    "type": "issuetype",
    "status": "status",
    "statuscategory": "statusCategory",
    "resolution": "resolution",
    "labels": "labels",
    "parent": "parent",
    "epic link": "epicLink",
    "cf[10014]": "epicLink",
    "parent link": "parentLink",
    "cf[10018]": "parentLink",
    "parentepic": "parentEpic",
    "assignee": "assignee",
    "reporter": "reporter",
    "sprint": "sprint",
}
DATES = {
    "created": "created",
    "createddate": "created",
    "updated": "updated",
    "updateddate": "updated",
    "resolved": "resolved",
    "resolutiondate": "resolved",
    "due": "due",
    "duedate": "due",
}
TEXTS = {"summary": "summary", "description": "description", "text": "text"}
SORTABLE = {
    "key",
    "issuekey",
    "id",
    "created",
    "updated",
    "resolved",
    "rank",
    "summary",
    "status",
    "priority",
    "duedate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What queries look at in one issue. Named values hold every spelling they answer to, in lower case."""

    id: int
    key: str
    named: Mapping[str, frozenset[str]]
    dates: Mapping[str, datetime | None]
    texts: Mapping[str, str]
    numbers: Mapping[str, Decimal]
    """By lower-case clause name: ``cf[10028]``, ``story points``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What the site knows, by which a query is checked before it is run."""

    known: Mapping[str, frozenset[str]]
    """Field to every spelling that exists (project, issuetype, status, statusCategory, resolution, key, id)."""
    number_fields: frozenset[str]
    filters: Mapping[str, str]
    """Id and lower-case name of a saved filter to its JQL."""
    missing: frozenset[str] = frozenset()
    """Fields that this kind of Jira does not have, in lower case."""
    warnings: list[str] | None = None
    """Where to note values that do not exist; None: they are faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and when: JQL depends on both."""

    account_id: str
    zone: ZoneInfo
    now: datetime


Test = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns the tree of a query into a test of an issue's facts."""

    words: Vocabulary
    asker: Asker
    depth: int = 0
    cache: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def compile(self, node: Node) -> Test:
        """Return the test.

        Raises:
            JqlError: a field, value or operator that the site does not know.
        """
        if isinstance(node, Clause):
            return self._clause(node)
        tests = [self.compile(part) for part in node.parts]
        if node.operator == "not":
            return lambda facts: not tests[0](facts)
        if node.operator == "and":
            return lambda facts: all(test(facts) for test in tests)
        return lambda facts: any(test(facts) for test in tests)

    def _clause(self, clause: Clause) -> Test:
        name = clause.field.lower()
        if name in ("filter", "request", "savedfilter"):
            return self._filter(clause)
        if name in self.words.missing:
            raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        if name in NAMED:
            return self._named(clause, NAMED[name])
        if name in DATES:
            return self._date(clause, DATES[name])
        if name in TEXTS:
            return self._text(clause, TEXTS[name])
        if name in self.words.number_fields:
            return self._number(clause, name)
        raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")

    def _filter(self, clause: Clause) -> Test:
        _only(clause, "=", "!=", "in", "not in")
        if self.depth > 5:
            raise JqlError("The filter refers to itself.")
        tests = []
        for value in clause.values:
            shown = value.text if isinstance(value, Literal) else "EMPTY"
            text = self.words.filters.get(shown.lower())
            if text is None:
                raise JqlError(f"The value '{shown}' does not exist for the field 'filter'.")
            where = parse(text).where
            if where is not None:
                tests.append(Compiler(self.words, self.asker, self.depth + 1).compile(where))
        wanted = clause.operator in ("=", "in")
        return lambda facts: any(test(facts) for test in tests) is wanted

    def _named(self, clause: Clause, name: str) -> Test:
        if name in ("key", "id"):
            _only(clause, "=", "!=", "in", "not in", "<", ">", "<=", ">=")
        else:
            _only(clause, "=", "!=", "in", "not in", "is", "is not")
        if clause.operator in ("<", ">", "<=", ">="):
            return self._key_order(clause)
        empty = any(_is_empty(value, name) for value in clause.values)
        wanted = frozenset(self._spelling(clause, name, value) for value in clause.values if not _is_empty(value, name))
        if clause.operator in ("=", "in", "is"):
            return lambda facts: (empty and not facts.named[name]) or bool(facts.named[name] & wanted)
        # an empty field does not match "!=" or "not in": only "is empty" finds it
        return lambda facts: bool(facts.named[name]) and not facts.named[name] & wanted

    def _key_order(self, clause: Clause) -> Test:
        value = clause.values[0]
        text = value.text if isinstance(value, Literal) else ""
        project, _, number = text.rpartition("-")
        if not number.isdigit():
            raise JqlError(f"The issue key '{text}' for field '{clause.field}' is invalid.")
        compare = COMPARE[clause.operator]
        if clause.field.lower() == "id":
            return lambda facts: compare(facts.id, int(number))

        def test(facts: Facts) -> bool:
            own, _, own_number = facts.key.rpartition("-")
            return own.lower() == project.lower() and compare(int(own_number), int(number))

        return test

    def _spelling(self, clause: Clause, name: str, value: Operand) -> str:
        if isinstance(value, Call):
            if value.name.lower() == "currentuser" and name in ("assignee", "reporter"):
                return self.asker.account_id.lower()
            raise JqlError(f"Unable to find JQL function '{value.name}({', '.join(value.arguments)})'.")
        if not isinstance(value, Literal):
            raise JqlError(f"The field '{clause.field}' does not support this value.")
        spelling = value.text.lower()
        lookup = "key" if name in ("parent", "parentEpic", "epicLink", "parentLink") else name
        known = self.words.known.get(lookup)
        if known is not None and spelling not in known:
            if self.words.warnings is None:
                raise JqlError(_unknown(clause.field, lookup, value.text))
            self.words.warnings.append(_unknown(clause.field, lookup, value.text))
        return spelling

    def _date(self, clause: Clause, name: str) -> Test:
        _only(clause, "=", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not")
        if clause.operator in ("is", "is not"):
            present = clause.operator == "is not"
            return lambda facts: (facts.dates.get(name) is not None) is present
        instants = [
            date_value(value, clause.field, now=self.asker.now, zone=self.asker.zone) for value in clause.values
        ]
        if clause.operator in ("in", "not in"):
            wanted = clause.operator == "in"
            return lambda facts: facts.dates.get(name) is not None and (facts.dates[name] in instants) is wanted
        compare, limit = COMPARE[clause.operator], instants[0]
        return lambda facts: (own := facts.dates.get(name)) is not None and compare(own, limit)

    def _text(self, clause: Clause, name: str) -> Test:
        _only(clause, "~", "!~", "is", "is not")
        if clause.operator in ("is", "is not"):
            filled = clause.operator == "is not"
            return lambda facts: bool(facts.texts[name]) is filled
        value = clause.values[0]
        patterns = _words(value.text if isinstance(value, Literal) else "")
        wanted = clause.operator == "~"
        return lambda facts: all(pattern.search(facts.texts[name]) for pattern in patterns) is wanted

    def _number(self, clause: Clause, name: str) -> Test:
        _only(clause, "=", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not")
        if clause.operator in ("is", "is not"):
            present = clause.operator == "is not"
            return lambda facts: (name in facts.numbers) is present
        if isinstance(clause.values[0], Empty):
            present = clause.operator == "!="
            return lambda facts: (name in facts.numbers) is present
        numbers = [_decimal(value, clause.field) for value in clause.values]
        if clause.operator in ("in", "not in"):
            wanted = clause.operator == "in"
            return lambda facts: name in facts.numbers and (facts.numbers[name] in numbers) is wanted
        compare = COMPARE[clause.operator]
        return lambda facts: name in facts.numbers and compare(facts.numbers[name], numbers[0])


def _is_empty(value: Operand, name: str) -> bool:
    """Return whether the operand means "nothing"; a resolution has a second word for it."""
    unresolved = name == "resolution" and isinstance(value, Literal) and value.text.lower() == "unresolved"
    return isinstance(value, Empty) or unresolved


def _only(clause: Clause, *operators: str) -> None:
    if clause.operator not in operators:
        raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _unknown(shown: str, name: str, value: str) -> str:
    if name == "key" and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*-\d+|\d+", value):
        return f"The issue key '{value}' for field '{shown}' is invalid."
    if name == "key":
        return f"An issue with key '{value}' does not exist for field '{shown}'."
    if name == "id":
        return f"A value with ID '{value}' does not exist for the field '{shown}'."
    return f"The value '{value}' does not exist for the field '{shown}'."


def _decimal(value: Operand, shown: str) -> Decimal:
    text = value.text if isinstance(value, Literal) else ""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise JqlError(f"The value '{text}' for field '{shown}' is not a number.") from None


def _words(text: str) -> list[re.Pattern[str]]:
    """Return one pattern a word, or one for a phrase in quotes; a word may end in ``*``."""
    phrase = re.fullmatch(r'"(.*)"', text.strip())
    parts = [phrase.group(1)] if phrase else text.split()
    return [
        re.compile(rf"\b{re.escape(part.rstrip('*'))}" + ("" if part.endswith("*") else r"\b"), re.IGNORECASE)
        for part in parts
    ]


def check_order(query: Query, words: Vocabulary) -> None:
    """Raise JqlError when the query sorts by a field that cannot be sorted by."""
    for sort in query.order:
        name = sort.field.lower()
        if name not in SORTABLE and name not in words.number_fields and name not in DATES:
            raise JqlError(f"Field '{sort.field}' does not exist or you do not have permission to view it.")


SortKey = list[str | int]


def sort_key(facts: Facts, order: tuple[Sort, ...]) -> SortKey:
    """Return values that JSON can hold, one for each field of the order, and the id so that no two are equal."""
    return [_sort_value(facts, sort.field.lower()) for sort in order] + [facts.id]


def _sort_value(facts: Facts, name: str) -> str | int:
    if name in ("key", "issuekey"):
        project, _, number = facts.key.rpartition("-")
        return f"{project}-{int(number):09d}"
    if name in DATES:
        instant = facts.dates.get(DATES[name])
        return -1 if instant is None else int(instant.timestamp() * 1000)
    if name in TEXTS:
        return facts.texts[name].lower()
    if name == "status":
        return min(facts.named["status"], default="")
    return facts.id  # id, and rank: new issues are ranked last


def before(left: SortKey, right: SortKey, order: tuple[Sort, ...]) -> int:
    """Compare two sort keys as ``cmp`` does; without an order the newest issue comes first, as in Jira."""
    directions = [sort.descending for sort in order] + [not order]
    for one, other, descending in zip(left, right, directions, strict=True):
        if one != other:
            smaller = str(one) < str(other) if isinstance(one, str) or isinstance(other, str) else one < other
            return 1 if smaller is descending else -1
    return 0
