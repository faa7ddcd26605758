"""Tells one SELECT from everything else, before any database sees it, and finds where its parameters stand.

The databases' own read-only transactions are the wall; this is the sign in front of it, and all there is for those
that have none. What it cannot read for certain, it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_PIECE = re.compile(
    r"(?P<line>--[^\n]*)"
    r"|(?P<block>/\*.*?\*/)"
    r"|(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`)"
    r"|(?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$)"
    r"|(?P<code>.)",
    re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_BIND = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_BEGINS = ("SELECT", "WITH")
_WRITES = frozenset(
    {"ALTER", "CALL", "CREATE", "DELETE", "DROP", "EXEC", "EXECUTE", "GRANT", "INSERT", "INTO", "MERGE",
     "REVOKE", "TRUNCATE", "UPDATE", "VACUUM", "ATTACH", "DETACH", "PRAGMA"}
)  # fmt: skip


def checked(query: str, params: Collection[str]) -> str:
    """Return one SELECT as SQLAlchemy's ``text`` takes it: only the given parameters are bound, other colons are text.

    Raises:
        ValueError: it is something else than one SELECT, or binds other parameters than there are.
    """
    pieces = list(_pieces(query))
    code = "".join(text if is_code else " " for text, is_code in pieces).strip()
    body = code.rstrip("; \n\t\r")
    words = [word.upper() for word in _WORD.findall(body)]
    if not words or words[0] not in _BEGINS:
        raise ValueError(f"begins with {words[0] if words else 'nothing'}: write one SELECT, or WITH … SELECT")
    if ";" in body:
        raise ValueError("holds a semicolon: write one SELECT, and nothing behind it")
    if writing := sorted(_WRITES & set(words)):
        raise ValueError(f"holds {writing[0]}, and okrsync only reads: put a name that is meant so in double quotes")
    _compare(set(_BIND.findall(body)), set(params))
    return "".join(_bound(text) if is_code else text.replace(":", "\\:") for text, is_code in pieces).rstrip("; \n\t\r")


def _bound(code: str) -> str:
    """Return code in which every colon that binds nothing is escaped: ``text`` would take it for a parameter."""
    found, last = "", 0
    for match in _BIND.finditer(code):
        found += code[last : match.start()].replace(":", "\\:") + match[0]
        last = match.end()
    return found + code[last:].replace(":", "\\:")


def _compare(bound: set[str], given: set[str]) -> None:
    if missing := sorted(bound - given):
        raise ValueError(f"binds :{missing[0]}, and params has no {missing[0]}: add it there")
    if unused := sorted(given - bound):
        raise ValueError(f"binds no :{unused[0]}, which params has: use it, or take it out")


def _pieces(query: str) -> Iterator[tuple[str, bool]]:
    """Yield the query in pieces, code apart from comments and what is quoted.

    Raises:
        ValueError: a piece has two readings: what is text for one database is code for another.
    """
    code = ""
    for match in _PIECE.finditer(query):
        if match["code"] is not None:
            code += match["code"]
            continue
        _certain(match[0], match)
        yield code, True
        code = ""
        if match["line"] is None and match["block"] is None:
            yield match[0], False
        else:
            yield " ", True
    if re.search(r"['\"`]|/\*", code):
        raise ValueError("has a quote or a comment that does not end")
    yield code, True


def _certain(piece: str, match: re.Match[str]) -> None:
    if match["quoted"] is not None and "\\" in piece:
        raise ValueError("has a backslash within quotes, which databases read differently: give such text as a param")
    if match["block"] is not None and (piece.startswith("/*!") or "/*" in piece[2:]):
        raise ValueError("has a comment that some databases execute: take it out")
