"""Texts that a spreadsheet must not take for formulas.

A cell of a csv that begins with ``=``, ``+``, ``-``, ``@`` or a control character is run as a formula by the programs
that open it; titles and notes are written by anybody. https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import unicodedata

MARK = "'"
"""A cell that begins with it is text, in every spreadsheet program."""
_BEGINNINGS = frozenset("=+-@＝＋－＠﹢﹣﹦﹫⁺⁻⁼−")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def safe(text: str) -> str:
    """Return a text that a spreadsheet shows instead of running it: with a leading quote where it needs one.

    Spaces and invisible characters before the sign do not hide it. ``unsafe`` gives back exactly what went in.

    >>> safe("=1+1"), safe("  ＝1+1"), safe("a-b"), safe("'=1+1")
    ("'=1+1", "'  ＝1+1", 'a-b', "''=1+1")
    """
    return MARK + text if _is_run(text.lstrip(MARK)) else text


def unsafe(text: str) -> str:
    """Return the text that ``safe`` was given."""
    return text[1:] if text.startswith(MARK) and _is_run(text.lstrip(MARK)) else text


def _is_run(text: str) -> bool:
    for character in text:
        if character in _BEGINNINGS or unicodedata.category(character) == "Cc":
            return True
        if unicodedata.category(character) not in _INVISIBLE:
            return False
    return False
