r"""Building JQL: one way to quote, one way to wrap a person's own query, one order.

The grammar is the one of Jira's advanced searching: strings stand in single or double quotes and know the escapes
``\t \n \r \\ \' \" \uXXXX``; ``order by`` may only come last and outside of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

ORDER = "ORDER BY created ASC, key ASC"
"""The order of every walk. ``created`` never changes, so an issue that is edited or moved to another project while we
page keeps its place and can be neither missed nor pushed to a page already read; a new issue comes last. ``id`` is only
another name of ``key`` in JQL, and a key changes with a move, so it merely breaks ties."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NAMED_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What JQL's lexer refuses inside a string: controls and Unicode's noncharacters of the basic plane.
_REFUSED = re.compile('[\\\\"\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]')
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<bracket>[()])
  | (?P<word>(?:[^\s"'()\\=!<>~,&|]|\\.)+)
  | (?P<sign>[=!<>~,&|]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class JqlError(ValueError):
    """A person's query cannot be wrapped safely; the message says why."""


def quote(text: str) -> str:
    r"""Return ``text`` as one JQL string literal.

    >>> print(quote('say "hi"'))
    "say \"hi\""

    Raises:
        JqlError: the text holds half of a surrogate pair, which no request can carry.
    """
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise JqlError(f"{text!r} is not valid Unicode text: write it again")
    return '"' + _REFUSED.sub(lambda found: _escaped(found[0]), text) + '"'


def _escaped(char: str) -> str:
    return _NAMED_ESCAPES.get(char) or f"\\u{ord(char):04x}"


def quoted_list(texts: Iterable[str]) -> str:
    """Return ``("a", "b")`` for the right side of IN."""
    return "(" + ", ".join(quote(text) for text in texts) + ")"


def restriction_of(jql: str) -> str:
    """Return a person's query without its ORDER BY, which says nothing about membership.

    Raises:
        JqlError: a quote or bracket is left open or closed too often (wrapped in brackets the query would then mean
            something else), or the query restricts nothing (Jira refuses unbounded queries).
    """
    depth, end = 0, len(jql)
    words: list[tuple[str, int]] = []
    for kind, text, at in _tokens(jql):
        if kind == "bracket":
            depth += 1 if text == "(" else -1
            if depth < 0:
                raise JqlError(f"closes a bracket at character {at + 1} that was never opened: {jql}")
        if kind == "space":
            continue
        if kind == "word" and text.lower() == "by" and words and words[-1][0] == "order":
            if depth:
                raise JqlError(f"has ORDER BY inside brackets: {jql}")
            end = words[-1][1]
            break
        words.append((text.lower() if kind == "word" else "", at))
    if depth:
        raise JqlError(f"leaves {depth} bracket(s) open: {jql}")
    restriction = jql[:end].strip()
    if not restriction:
        raise JqlError("restricts nothing: name a project, an epic, a label or another condition")
    return restriction


def _tokens(jql: str) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, text, position) for all of ``jql``."""
    at = 0
    while at < len(jql):
        found = _TOKEN.match(jql, at)
        if found is None:
            what = "a quote" if jql[at] in "\"'" else "a backslash"
            raise JqlError(f"leaves {what} open at character {at + 1}: {jql}")
        yield str(found.lastgroup), found[0], at
        at = found.end()


def subtree_of(epics: Iterable[str]) -> str:
    """Return the restriction for everything under these epics, without the epics themselves.

    ``parent`` gives their stories (https://support.atlassian.com/jira-work-management/docs/jql-fields/#Parent),
    ``parentEpic`` these and their sub-tasks as well; the last term keeps the epic itself out, wherever it is given.
    """
    keys = quoted_list(epics)
    return f"(parent in {keys} OR parentEpic in {keys}) AND key not in {keys}"


def with_ids(restriction: str, ids: Iterable[str]) -> str:
    """Return the restriction for those of these issues that another one matches; ids are numbers, no quotes needed."""
    return f"({restriction}) AND id in ({', '.join(ids)})"


def census_of(restriction: str) -> str:
    """Return the query of a census."""
    return f"({restriction}) {ORDER}"


def changed_since(restriction: str, since: datetime, overlap: timedelta) -> str:
    """Return the restriction for what changed at or after ``since`` less ``overlap``.

    The instant is an unquoted number of milliseconds: a quoted date would be read in the time zone of the calling
    account and to the minute. There is no upper bound: with one, an issue touched every few minutes is never read.
    """
    milliseconds = max(0, (since - overlap - EPOCH) // timedelta(milliseconds=1))
    return f"({restriction}) AND updated >= {milliseconds}"
