"""Filters on items: expressions of the Common Expression Language over ``item``. The only file that knows CEL.

The library is young and returns run-time errors as values of type ERROR; here they are raised. Language:
https://github.com/google/cel-spec/blob/master/doc/langdef.md. What an expression may use: docs/semantics.md, Filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from mapping.errors import RuleError
from mapping.loops import check_size, has_loop
from mapping.words import ItemState, WorkItem

if TYPE_CHECKING:
    from cel_expr_python import cel

LONGEST = 2048
"""Bytes of UTF-8; a longer filter belongs into the query of the selection."""
MOST_ANSWERS = 4096
"""Answers kept for a filter; one that reads titles or instants would fill the memory without ever being asked again."""

Plain: TypeAlias = "bool | int | float | str | datetime | list[str] | Mapping[str, float] | Mapping[str, str]"

Getter: TypeAlias = "Callable[[WorkItem], object]"

ALWAYS: Mapping[str, Callable[[WorkItem], Plain]] = {
    "done": lambda item: item.done,
    "state": lambda item: item.state.value,
    "kind": lambda item: item.kind,
    "status": lambda item: item.status,
    "resolution": lambda item: item.resolution,
    "labels": lambda item: list(item.labels),
    "key": lambda item: item.key,
    "title": lambda item: item.title,
    "assignee": lambda item: item.assignee or "",
    "parent": lambda item: item.parent or "",
    "level": lambda item: item.level,
    "updated_at": lambda item: item.updated_at,
    # binary floats serve comparisons only; no value of a key result passes through a filter
    "numbers": lambda item: {name: float(number) for name, number in item.numbers.items()},
    "fields": lambda item: dict(item.fields),
}
"""What every item has; text that is empty at the vendor is ``""``."""

SOMETIMES: Mapping[str, Callable[[WorkItem], datetime | None]] = {
    "created_at": lambda item: item.created_at,
    "done_at": lambda item: item.done_at,
    "on": lambda item: item.on,
}
"""What an item may lack; ask ``has(item.done_at)`` first."""


INSTANTS = frozenset({"updated_at", *SOMETIMES})
DATES = "when"
"""A map of mixed values cannot hold an instant here, so ``item.done_at`` is looked up in a map of instants. Its name is
as long as ``item``: columns in messages stay true."""


class Verdict(Enum):
    """What a filter says of an item."""

    MATCHES = auto()
    FAILS = auto()
    UNDECIDED = auto()
    """The answer hangs on ``item.done`` of an item closed without being done, which is neither done nor open."""


@dataclass(frozen=True, slots=True)
class Where:
    """A compiled filter."""

    text: str
    names: frozenset[str]
    """What it reads of an item: ``story_points`` for ``item.story_points`` and for ``item.numbers["story_points"]``."""
    _program: cel.Expression = field(repr=False, compare=False)
    _roots: frozenset[str] | None = field(repr=False, compare=False)
    """Names that an item must be given with; None: all of them, as the expression uses ``item`` in another way."""
    _getters: tuple[Getter, ...] | None = field(repr=False, compare=False)
    """Give all that the expression reads of an item; None where that is not certain."""
    _loops: bool = field(repr=False, compare=False)
    _answers: dict[tuple[object, ...], Verdict] = field(default_factory=dict, repr=False, compare=False)
    """By all that the expression reads of an item: it knows nothing else, so equal items have equal answers."""

    @property
    def reads_all(self) -> bool:
        """Whether it may read anything of an item, as it uses ``item`` or its numbers or fields as a whole."""
        return self._roots is None

    @property
    def custom(self) -> frozenset[str]:
        """The names that are no part of every item: the numbers and fields a connector must be asked for."""
        return self.names - ALWAYS.keys() - SOMETIMES.keys()

    def matches(self, item: WorkItem) -> bool:
        """Return whether the item belongs.

        Raises:
            RuleError: the expression fails on this item.
        """
        return self.judge(item) is Verdict.MATCHES

    def judge(self, item: WorkItem) -> Verdict:
        """Return whether the item belongs; an item closed undone is asked about both as done and as open."""
        if self._getters is None:
            return self._judge(item)
        read = tuple([get(item) for get in self._getters])
        answer = self._answers.get(read)
        if answer is None:
            answer = self._judge(item)
            if len(self._answers) < MOST_ANSWERS:
                self._answers[read] = answer
        return answer

    def _judge(self, item: WorkItem) -> Verdict:
        data = _activation(item, self._roots)
        if self._loops:
            check_size(data, self.text, item)
        if item.state is not ItemState.WONT_DO or (self._roots is not None and "done" not in self._roots):
            return Verdict.MATCHES if self._ask(data, item) else Verdict.FAILS
        as_done, as_open = (self._ask(_with_done(data, done=done), item) for done in (True, False))
        if as_done is not as_open:
            return Verdict.UNDECIDED
        return Verdict.MATCHES if as_done else Verdict.FAILS

    def _ask(self, data: Mapping[str, object], item: WorkItem) -> bool:
        try:
            value = self._program.eval(data=data)
        except RuntimeError as error:  # the budget of loop steps is raised, all else is returned
            raise RuleError(f"filter {self.text!r} failed on {item.key}: {error}") from error
        plain = value.plain_value()
        kind = value.type().name()
        if kind == "BOOL" and isinstance(plain, bool):
            return plain
        if kind == "ERROR":
            raise RuleError(f"filter {self.text!r} failed on {item.key}: {_explained(str(plain), item)}")
        raise RuleError(
            f"filter {self.text!r} gave {str(plain)[:60]!r} ({kind.lower()}) for {item.key}: it must be true or false"
        )


@lru_cache(maxsize=512)
def compile_where(text: str) -> Where:
    """Return the filter.

    Raises:
        RuleError: too long, not CEL, an unknown name, types that do not fit, or a result that is no truth value;
            with line and column, the expression and what is available.
    """
    size = len(text.encode())
    if size > LONGEST:
        raise RuleError(f"filter {text[:40]!r}… is {size} bytes long, at most {LONGEST} are read: shorten it")
    if not text.strip():
        raise RuleError(f"an empty filter: leave it out, or write one, as !item.done; {available()}")
    needless = _NEEDLESS.search(text)
    if needless is not None:
        raise RuleError(f"filter {text!r}: item.{needless[1]} is always there: leave has() out")
    loops = has_loop(text)
    try:
        program = _environment().compile(_TOKENS.sub(_to_dates, text))
    except RuntimeError as error:
        raise RuleError(_compile_message(text, str(error))) from error
    kind = program.return_type().name()
    if kind not in ("BOOL", "DYN"):
        raise RuleError(f"filter {text!r} gives {kind.lower()}: it must be true or false; {available()}")
    roots, names = _used(text)
    return Where(text, names, program, roots, _getters(text, roots, names), loops)


def available() -> str:
    """Return what an expression may use, for messages."""
    always = ", ".join(f"item.{name}" for name in ALWAYS if name not in ("numbers", "fields"))
    sometimes = ", ".join(f"item.{name}" for name in SOMETIMES)
    return (
        f'available: {always}, item.numbers["x"], item.fields["x"], item.x for a field the rules read; '
        f"after has(…): {sometimes} and any number or field"
    )


@cache
def _environment() -> cel.Env:
    """Return the environment; the names that are always there are typed, so that a comparison is checked at once."""
    from cel_expr_python import cel

    kind = cel.Type
    typed = {
        "done": kind.BOOL,
        "labels": kind.List(kind.STRING),
        "level": kind.INT,
        "numbers": kind.Map(kind.STRING, kind.DYN),
        "fields": kind.Map(kind.STRING, kind.STRING),
    }
    variables = {f"item.{name}": typed.get(name, kind.STRING) for name in ALWAYS.keys() - INSTANTS}
    dates = kind.Map(kind.STRING, kind.TIMESTAMP)
    return cel.NewEnv(variables={"item": kind.Map(kind.STRING, kind.DYN), DATES: dates, **variables})


_NEEDLESS = re.compile(rf"\bhas\(\s*item\s*\.\s*({'|'.join(ALWAYS)})\s*\)")
_TEXT = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_TOKENS = re.compile(
    rf"\bitem\s*\.\s*(?:numbers|fields)\s*(?:\.\s*(?P<dotted>\w+)\b(?!\s*\()|\[\s*(?P<quoted>{_TEXT})\s*\])"
    rf"|\bitem\s*\.\s*(?P<name>\w+)\b(?!\s*\()|\bitem\s*\[\s*(?P<index>{_TEXT})\s*\]|(?P<bare>\bitem\b)|{_TEXT}"
)


def _used(text: str) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the names to give an item with (None for all), and the names that are read of it."""
    tokens = list(_TOKENS.finditer(text))
    inner = {token["dotted"] or (token["quoted"] or "")[1:-1] for token in tokens} - {""}
    own = {token["name"] or (token["index"] or "")[1:-1] for token in tokens} - {""}
    # numbers or fields as a whole: whatever is in them is read
    if any(token["bare"] for token in tokens) or (inner | own) & {"numbers", "fields"}:
        return None, frozenset(inner | own | ALWAYS.keys())
    return frozenset(own | ({"numbers", "fields"} if inner else set())), frozenset(inner | own)


def _getters(text: str, roots: frozenset[str] | None, names: frozenset[str]) -> tuple[Getter, ...] | None:
    """Return what gives all that an expression reads of an item; None where a name may stand in a way unread here."""
    if roots is None or "\\" in text:
        return None
    own = [ALWAYS[name] for name in sorted(roots & ALWAYS.keys()) if name not in ("numbers", "fields", "labels")]
    dates = [SOMETIMES[name] for name in sorted(roots & SOMETIMES.keys())]
    labels: list[Getter] = [lambda item: item.labels] if "labels" in roots else []
    # numbers["state"] is a field that happens to be called like what every item has
    loose = names if "numbers" in roots else names - ALWAYS.keys() - SOMETIMES.keys()
    entries = [_entry(name) for name in sorted(loose)]
    return (lambda item: item.state is ItemState.WONT_DO, *own, *dates, *labels, *entries)


def _entry(name: str) -> Getter:
    return lambda item: (item.numbers.get(name), item.fields.get(name))


def _to_dates(token: re.Match[str]) -> str:
    """Return a token with ``item.created_at`` turned to the map of instants."""
    name = token["name"] or (token["index"] or "")[1:-1]
    return DATES + token[0].removeprefix("item") if name in INSTANTS else token[0]


def _activation(item: WorkItem, roots: frozenset[str] | None) -> dict[str, object]:
    """Return the flat item: typed names beside a map with the rest. Converting costs more than evaluating."""
    flat: dict[str, object] = {}
    dates: dict[str, datetime] = {}
    data: dict[str, object] = {"item": flat, DATES: dates}
    for name in ALWAYS if roots is None else roots & ALWAYS.keys():
        value = ALWAYS[name](item)
        if isinstance(value, datetime):
            dates[name] = value
        else:
            data[f"item.{name}"] = flat[name] = value
    for name in SOMETIMES if roots is None else roots & SOMETIMES.keys():
        instant = SOMETIMES[name](item)
        if instant is not None:
            dates[name] = instant
    for name in _own_names(item) if roots is None else roots - ALWAYS.keys() - SOMETIMES.keys():
        if name in item.numbers:
            flat[name] = float(item.numbers[name])
        elif name in item.fields:
            flat[name] = item.fields[name]
    return data


def _own_names(item: WorkItem) -> set[str]:
    return (item.numbers.keys() | item.fields.keys()) - ALWAYS.keys() - SOMETIMES.keys()


def _with_done(data: Mapping[str, Any], *, done: bool) -> dict[str, Any]:
    return {**data, "item": {**data["item"], "done": done}, "item.done": done}


_COMPILE_FAULT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


def _compile_message(text: str, raw: str) -> str:
    faults = [f"{line}:{column}: {what}" for line, column, what in _COMPILE_FAULT.findall(raw)]
    what = ("; ".join(faults[:3]) or raw).replace(" (in container '')", "")
    return f"filter {text!r} has a fault at {what}; {available()}"


_MISSING_KEY = re.compile(r'Key not found in map : "(.*)"')


def _explained(fault: str, item: WorkItem) -> str:
    """Return the library's run-time error with what to do about it."""
    missing = _MISSING_KEY.search(fault)
    if missing is not None:
        there = ", ".join(sorted(_own_names(item))) or "none"
        return (
            f"it has no {missing[1]!r}: write has(item.{missing[1]}) && … if it may be empty "
            f"(numbers and fields of this item: {there}; {available()})"
        )
    if "No matching overloads" in fault:
        return f"{fault}: numbers of items have decimals, so write 2.0 in arithmetic with them"
    return fault
