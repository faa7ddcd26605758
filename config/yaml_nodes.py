"""YAML read as nodes that know where they stand, with the traps of YAML 1.1 taken out.

Built from the parser's events rather than by ``yaml.compose``: composing is recursive C code, so a deep file would
exhaust the stack before any limit of ours could speak. Differences from ``yaml.safe_load``, all on purpose:

* only ``true`` and ``false`` are booleans; ``no``, ``on``, ``off``, ``12:30:45`` and ``007`` stay text;
* numbers are ``int`` or ``Decimal``, exactly as written, never ``float``; ``2026-10-01`` is a date;
* keys are text, and a key that stands twice is a problem instead of silently the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

import yaml

from mapping.errors import ConfigProblemsError, Place, Problem

Scalar = str | int | Decimal | bool | date | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_ALIASES = 200
MAX_NODES = 100_000
"""Nodes of one file with every alias written out; a rules file of 2,000 key results has about 50,000."""
MAX_PROBLEMS = 200
"""Nobody reads on after so many, and looking for the nearest known word takes time for each."""
MAX_DIGITS = 40

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})


@dataclass(frozen=True, slots=True)
class Spot:
    """File, line and column, counted from 1; a ``Place`` only once somebody needs one."""

    file: str
    line: int
    column: int

    @property
    def place(self) -> Place:
        """The same for an error message."""
        return Place(file=self.file, line=self.line, column=self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One value. ``text`` is what the file says, whatever it was resolved to."""

    spot: Spot
    value: Scalar
    text: str
    block: bool = False
    """Whether it was written as ``|`` or ``>``: its text then begins on the next line."""
    quoted: bool = False
    size: int = 1

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.spot.place


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key with its value."""

    key_spot: Spot
    node: Node

    @property
    def key_place(self) -> Place:
        """Where the key stands."""
        return self.key_spot.place


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A mapping, in the order written."""

    spot: Spot
    entries: Mapping[str, Entry]
    size: int = 1

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.spot.place


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list."""

    spot: Spot
    nodes: Sequence[Node]
    size: int = 1

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.spot.place


Node = Leaf | Branch | Items


def plain(node: Node) -> Plain:
    """Return the bare values of a node."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Items):
        return [plain(each) for each in node.nodes]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def kind_of(node: Node) -> str:
    """Return what a node is, in words for people."""
    if isinstance(node, Branch):
        return "a group of keys"
    if isinstance(node, Items):
        return "a list"
    return "nothing" if node.value is None else f"{node.text!r}"


def read_nodes(data: bytes, *, file: str, problems: list[Problem]) -> Node | None:
    """Return the tree of one YAML file, None for an empty one.

    Args:
        data: the file's bytes, UTF-8.
        file: its name as errors shall give it.
        problems: gets what is wrong but does not keep the rest from being read (a key twice, a number out of range).

    Raises:
        ConfigProblemsError: the file cannot be read as YAML at all, or is beyond the limits above.
    """
    text = _decoded(data, file)
    reader = _Reader(file, problems)
    try:
        return reader.read(text)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from error
    except yaml.YAMLError as error:
        what = f"cannot be read as YAML ({error})"
        raise ConfigProblemsError.one(Place(file=file), what, "check the file") from error


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise ConfigProblemsError.one(
            Place(file=file),
            f"is {len(data):,} bytes long, more than {MAX_BYTES:,}",
            "split it into several files in a folder",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        what = f"is not UTF-8 text (byte 0x{data[error.start]:02x})"
        raise ConfigProblemsError.one(_place_after(before, file), what, "save the file as UTF-8") from error
    if found := _CONTROL.search(text):
        what = f"holds the control character U+{ord(found.group()):04X}"
        raise ConfigProblemsError.one(_place_after(text[: found.start()], file), what, "delete it")
    return text


def _place_after(before: str, file: str) -> Place:
    before = before.removeprefix("\ufeff")
    return Place(file=file, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


class _Mark(Protocol):
    line: int
    column: int


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> ConfigProblemsError:
    what = (error.problem or error.context or "cannot be read as YAML").strip()
    unclosed = what.startswith(("found unexpected end of stream", "did not find expected ',' or"))
    mark: _Mark | None = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
    place = Place(file=file, line=mark.line + 1, column=mark.column + 1) if mark else Place(file=file)
    for start, said, fix in _SAID:
        if what.startswith(start):
            return ConfigProblemsError.one(place, said or what, fix)
    return ConfigProblemsError.one(place, f"is not YAML: {what}", "check indentation, colons and quotes here")


_SAID = (
    (
        "found character that cannot start any token",
        "a tab, @, ` or % cannot begin anything here",
        "indent with spaces, and put a text that begins so in quotes",
    ),
    ("found unexpected end of stream", "a quote is opened here and never closed", "close it"),
    ("did not find expected ',' or", "a bracket is opened here and not closed before the next line", "close it"),
    (
        "mapping values are not allowed",
        "a second ': ' stands in one line",
        "put a text that holds ': ' in quotes, or check the indentation",
    ),
    (
        "did not find expected key",
        "a key was expected here",
        "check the indentation, and quotes inside a quoted text",
    ),
    ("could not find expected ':'", "a key stands here without ': ' after it", "add ': ', or check the indentation"),
)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    spot: Spot
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] | None = None
    key: tuple[str, Spot] | None = None
    size: int = 1


class _Reader:
    """Turns events into nodes; holds what is open on a stack of its own."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._aliases = 0
        self._nodes = 0
        self._root: Node | None = None
        self._documents = 0

    def read(self, text: str) -> Node | None:
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in events:
            self._take(event)
        if isinstance(self._root, Leaf) and self._root.value is None:
            return None
        return self._root

    def _take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        spot = Spot(self._file, mark.line + 1, mark.column + 1) if mark else Spot(self._file, 1, 1)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, spot)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event, spot)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), spot)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise ConfigProblemsError.one(
                    spot.place, "a second document begins here", "remove the line '---', or use a file of its own"
                )

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, spot: Spot) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._refuse_tag(event.tag, spot, ("map", "seq"))
        if len(self._open) >= MAX_DEPTH:
            raise ConfigProblemsError.one(
                spot.place, f"is nested deeper than {MAX_DEPTH} levels", "write it with fewer levels"
            )
        self._count(1, spot)
        self._open.append(_Open(spot, event.anchor, entries={} if is_mapping else None))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.entries is not None:
            node = Branch(done.spot, done.entries, done.size)
        else:
            node = Items(done.spot, tuple(done.nodes), done.size)
        if done.anchor:
            self._anchors[done.anchor] = node
        self._put(node)

    def _scalar(self, event: yaml.ScalarEvent, spot: Spot) -> None:
        self._refuse_tag(event.tag, spot, ("str",))
        self._count(1, spot)
        is_plain = bool(event.implicit[0]) and event.tag is None
        is_key = bool(self._open) and self._open[-1].entries is not None and self._open[-1].key is None
        value = self._resolved(event.value, spot) if is_plain and not is_key else event.value
        block = event.style in ("|", ">")
        leaf = Leaf(spot, value, event.value, block=block, quoted=event.style in ("'", '"'))
        if event.anchor:
            self._anchors[event.anchor] = leaf
        self._put(leaf)

    def _alias(self, name: str, spot: Spot) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise ConfigProblemsError.one(
                spot.place, f"more than {MAX_ALIASES} aliases", "write the values out instead of *repeating them"
            )
        if name not in self._anchors:
            what = f"alias *{name} has no anchor before it"
            raise ConfigProblemsError.one(spot.place, what, f"put &{name} before a value above, or quote the text")
        node = self._anchors[name]
        self._count(node.size, spot)
        self._put(node)

    def _put(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.size += node.size
        if parent.entries is None:
            parent.nodes.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            key, parent.key = parent.key, None
            self._add(parent.entries, *key, node)

    def _key(self, node: Node) -> tuple[str, Spot]:
        if not isinstance(node, Leaf) or not node.text:
            raise ConfigProblemsError.one(node.place, "a key must be a plain text", "write it as `key: value`")
        return node.text, node.spot

    def _add(self, entries: dict[str, Entry], name: str, spot: Spot, node: Node) -> None:
        if name == "<<":
            self._problem(spot, "merge keys (<<) are not supported", "write the keys out")
        elif name in entries:
            first = entries[name].key_spot
            what = f"key {name!r} stands twice (first on line {first.line})"
            self._problem(spot, what, "keep one of the two")
        else:
            entries[name] = Entry(spot, node)

    def _count(self, nodes: int, spot: Spot) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise ConfigProblemsError.one(
                spot.place,
                f"more than {MAX_NODES:,} values, aliases written out",
                "split the file, and use fewer aliases",
            )

    def _refuse_tag(self, tag: str | None, spot: Spot, allowed: tuple[str, ...]) -> None:
        if tag is None or tag in {"!", *(f"tag:yaml.org,2002:{name}" for name in allowed)}:
            return
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self._problem(spot, f"tag {shown} is not allowed", "remove it; only plain values stand in a rules file")

    def _resolved(self, text: str, spot: Spot) -> Scalar:
        if text in _NULLS:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _DATE.fullmatch(text):
            return self._date(text, spot)
        if text[0] in "+-.0123456789" and _DECIMAL.fullmatch(text) and any(char.isdigit() for char in text):
            return self._number(text, spot)
        return text

    def _date(self, text: str, spot: Spot) -> Scalar:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._problem(spot, f"{text} is no day of the calendar", "write a date like 2026-10-01")
            return text

    def _number(self, text: str, spot: Spot) -> Scalar:
        digits, _, exponent = text.lower().partition("e")
        if len(digits) > MAX_DIGITS or len(exponent) > 3 or abs(int(exponent or 0)) > MAX_DIGITS:
            self._problem(spot, f"number {text[:20]}… is out of range", f"write at most {MAX_DIGITS} digits")
            return 0
        return int(text) if _INT.fullmatch(text) else Decimal(text)

    def _problem(self, spot: Spot, what: str, fix: str) -> None:
        if len(self._problems) >= MAX_PROBLEMS:
            raise ConfigProblemsError.one(spot.place, f"more than {MAX_PROBLEMS} problems", "correct those above first")
        self._problems.append(Problem(place=spot.place, what=what, fix=fix))
