"""Cuts a sentence into numbers, words and signs, in one pass. No pattern here can run twice over the same text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto


class TokenKind(Enum):
    """What a piece of text is."""

    NUMBER = auto()
    WORD = auto()
    SIGN = auto()
    STOP = auto()
    """A comma, bracket, colon or other mark that parts clauses."""
    SKIP = auto()
    """A date, time of day or version: digits that are no amount."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; ``text`` is folded: small letters without accents."""

    kind: TokenKind
    text: str
    raw: str
    glued: bool
    """No space stands before it."""


_DATE = (
    r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])(?:-[0-9]{2})?(?![0-9])"
    r"|[0-9]{1,2}/[0-9]{1,2}/(?:20)?[0-9]{2}(?![0-9])|[0-9]{1,2}[.][0-9]{1,2}[.]20[0-9]{2}(?![0-9])"
)
_TIME = r"[0-9]{1,2}:[0-9]{2}(?![0-9])|[0-9]{1,2}h[0-5][0-9](?![0-9])|24/7|7/7|24h/24"
_TOKEN = re.compile(
    rf"(?P<skip>{_DATE}|{_TIME})"
    r"|(?P<number>[0-9]+(?:[.,_][0-9]+)*|[.,][0-9]+)"
    r"|(?P<times>[x×](?= ?[0-9]))"
    r"|(?P<word>[^\W\d_]+[0-9][^\W_]*(?:[.][0-9]+)*|[^\W\d_]+)"
    r"|(?P<sign>->|=>|-->|→|>=|<=|≥|≤|[<>=+−–—\-/%×€$£¥₹₩&°#~])"
    r"|(?P<stop>\S)",
    re.IGNORECASE,
)
_KINDS = {
    "skip": TokenKind.SKIP, "number": TokenKind.NUMBER, "times": TokenKind.SIGN, "word": TokenKind.WORD,
    "sign": TokenKind.SIGN, "stop": TokenKind.STOP,
}  # fmt: skip
_SAME = {"x": "×", "−": "-", "–": "–", "—": "–", "=>": "→", "->": "→", "-->": "→", "≥": ">=", "≤": "<="}
_BULLET = re.compile(r"[\s•*·▪◦\"'«“”‘’(\[☐✓]*(?:[-–—](?!\s?[0-9])[\s•*]*)?")
_LABEL = re.compile(
    r"(?:kr|rc|okr|kpi|key result|r[eé]sultat cl[eé]|objecti(?:f|ve))(?:[ #]?[0-9]{1,3}(?:\.[0-9]{1,2})?)?\s{0,3}"
    r"(?:[:.)\]|–—]+|-(?!\s?[0-9]))\s*|[0-9]{1,2}(?:\)|\.(?=\s))\s+",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Return small letters without accents, with one kind of apostrophe."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def tokenize(sentence: str) -> list[Token]:
    """Return the pieces of a sentence, without a label such as ``KR1:`` or a bullet before it."""
    text = unicodedata.normalize("NFKC", sentence)
    tokens: list[Token] = []
    end = -1
    for match in _TOKEN.finditer(text, _label_ends(text)):
        raw = match[0]
        kind = _KINDS[match.lastgroup or "stop"]
        folded = raw if kind is TokenKind.NUMBER else fold(raw)
        if kind is TokenKind.SIGN:
            folded = _SAME.get(folded, folded)
        if _joins(text, match):
            continue
        tokens.append(Token(kind, folded, raw, glued=match.start() == end))
        end = match.end()
    return tokens


def _joins(text: str, match: re.Match[str]) -> bool:
    """Tell an elision or the hyphen of a word, which is no break: l'an, vingt-cinq."""
    if match[0] in ("'", "’"):
        return True
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return match[0] == "-" and before.isalpha() and after.isalpha()


def _label_ends(text: str) -> int:
    """Return where the sentence begins behind bullets, quotes and a label."""
    end = 0
    for pattern in (_BULLET, _LABEL, _BULLET):
        match = pattern.match(text, end)
        end = match.end() if match else end
    return end
