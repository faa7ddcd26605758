"""The sentence as amounts and cues in their order, freed of digits that are no amounts: dates, versions, deadlines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mapping.decimals import ZERO, quotient
from mapping.draft.amounts import Amount, AmountReader, Shape
from mapping.draft.tokens import Token, TokenKind
from mapping.draft.words import Lexeme, Lexicon, Tag
from mapping.rules import UnitKind

_NO_TAGS: frozenset[Tag] = frozenset()
_QUARTER = re.compile(r"(?:q|t|s|h|fy|cy)[0-9]{1,4}")
_YEAR = """
    in by before since until during en avant depuis fin debut end ici year annee mid early late fy
"""
_PERHAPS = "of de for vs versus than through a to rapport contre pour / -"
_BEFORE_A_YEAR, _MAYBE_BEFORE_A_YEAR = frozenset(_YEAR.split()), frozenset(_PERHAPS.split())
_CLOCK = frozenset(["by", "before", "avant", "pour", "des"])
_CLOCK_TOO = frozenset(["at", "a", "to", "vers", "from"])
_WEEK, _MONTH_LONG, _DAY, _HOUR = Decimal(604800), Decimal(2592000), Decimal(86400), Decimal(3600)
LIMITS = frozenset({Tag.LESS, Tag.AT_MOST})


@dataclass(frozen=True, slots=True)
class Piece:
    """An amount, a phrase the lexicon knows, or any other word or mark."""

    text: str
    amount: Amount | None = None
    lexeme: Lexeme | None = None
    stop: bool = False
    skip: bool = False
    """A date, a version, a deadline: it says nothing about the metric."""
    proper: bool = False
    """A word written like a name: Apollo, not KPI."""

    @property
    def tags(self) -> frozenset[Tag]:
        """What it says."""
        return self.lexeme.tags if self.lexeme else _NO_TAGS


def pieces_of(tokens: Sequence[Token], words: Lexicon, *, french: bool) -> list[Piece]:
    """Return the pieces of a sentence; an amount among them is one that could be meant as a measure."""
    pieces = cut(tokens, words, french=french)
    return _without_deadlines(_with_ratios(_without_names(pieces)))


def cut(tokens: Sequence[Token], words: Lexicon, *, french: bool) -> list[Piece]:
    """Return the pieces as they stand, deadlines and numbers that are names among them."""
    reader = AmountReader(tokens, words, french=french)
    pieces: list[Piece] = []
    at = 0
    while at < len(tokens):
        found = reader.read(at)
        phrase = words.find(tokens, at)
        if found is not None and (phrase is None or at + phrase[1] <= found[1]):
            amount, end = found
            text = " ".join(token.raw for token in tokens[at:end])
            unreadable = amount is None or amount.value < 0
            pieces.append(Piece(text, None if unreadable else amount, skip=unreadable))
            at = end
        elif phrase is not None:
            lexeme, length = phrase
            pieces.append(Piece(" ".join(token.text for token in tokens[at : at + length]), lexeme=lexeme))
            at += length
        else:
            token = tokens[at]
            skip = token.kind is TokenKind.SKIP
            stop = token.kind is TokenKind.STOP
            pieces.append(Piece(token.text, stop=stop, skip=skip, proper=at > 0 and token.raw.istitle()))
            at += 1
    return pieces


# digits that name something


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a number, and in the whole sentence."""

    earlier: Piece | None
    before: Piece | None
    after: Piece | None
    alone: bool
    """It is the only number."""
    finishes: bool
    """Something is to be launched or finished."""

    @property
    def ends(self) -> bool:
        """Whether nothing follows that could be counted."""
        return self.after is None or self.after.stop or Tag.PLACE in self.after.tags


def _without_names(pieces: list[Piece]) -> list[Piece]:
    alone = sum(each.amount is not None for each in pieces) == 1
    finishes = any(Tag.FINISH in each.tags for each in pieces)
    kept: list[Piece] = []
    for at, piece in enumerate(pieces):
        earlier, before = kept[-2] if at > 1 else None, kept[-1] if at else None
        after = pieces[at + 1] if at + 1 < len(pieces) else None
        around = _Around(earlier, before, after, alone, finishes)
        is_name = piece.amount is not None and _names(piece.amount, around)
        kept.append(replace(piece, amount=None, skip=True) if is_name else piece)
    return kept


def _names(amount: Amount, around: _Around) -> bool:
    before = around.before
    if amount.seconds == _HOUR and before is not None and before.text in _CLOCK and amount.value <= 24:
        return True
    if amount.unit is not UnitKind.NUMBER or amount.shape is not Shape.PLAIN or amount.sign or amount.seconds:
        return False
    if before is not None and (Tag.NAMED in before.tags or (before.proper and around.finishes and around.ends)):
        return True
    return _is_date(amount, around) or (amount.bare_year and _is_year(int(amount.value), around))


def _is_date(amount: Amount, around: _Around) -> bool:
    if not amount.written.isdigit() or amount.value > 2100:
        return False
    return any(each is not None and Tag.MONTH_NAME in each.tags for each in (around.before, around.after))


def _is_year(year: int, around: _Around) -> bool:
    if not 1990 <= year <= 2100:
        return False
    before, likely = around.before, 2015 <= year <= 2060
    if before is None:
        return likely and (not around.alone or around.after is None)
    if before.text == "," and around.earlier is not None and around.earlier.skip:
        return True
    if before.skip or _QUARTER.fullmatch(before.text) or Tag.MONTH_NAME in before.tags:
        return True
    return _is_year_after(before, around, likely=likely)


def _is_year_after(before: Piece, around: _Around, *, likely: bool) -> bool:
    after, word = around.after, before.text.rpartition(" ")[2]
    last = around.ends or (after is not None and bool(after.tags & {Tag.BY, Tag.TO, Tag.AND}))
    if word in _BEFORE_A_YEAR:
        return last or likely
    reached = before.tags & {Tag.REACH, Tag.TO, Tag.MORE, Tag.LESS, Tag.AT_LEAST, Tag.AT_MOST}
    return likely and last and (word in _MAYBE_BEFORE_A_YEAR or not around.alone or not reached)


# ratios


def _with_ratios(pieces: list[Piece]) -> list[Piece]:
    """Put ``9 out of 10``, ``9 clients sur 10`` together: a percentage, or a score where one is spoken of."""
    scored = any(Tag.SCORE in each.tags for each in pieces)
    kept: list[Piece] = []
    at = 0
    while at < len(pieces):
        end = _ratio_ends(pieces, at)
        top = pieces[end].amount if end else None
        share = pieces[at].amount
        if not end or share is None or top is None:
            kept.append(_score_as_share(pieces, at) if not scored else pieces[at])
            at += 1
            continue
        text = f"{pieces[at].text} {pieces[end - 1].text} {pieces[end].text}"
        counted = end - at > 2 or _counts(pieces[end + 1 : end + 2])
        is_score = (scored and end - at == 2) or share.value % 1 != 0 or not counted
        kept.append(Piece(text, replace(share, shape=Shape.SCORE) if is_score else _share(share, top.value)))
        kept.extend(each for each in pieces[at + 1 : end - 1])
        at = end + 1
    return kept


def _ratio_ends(pieces: list[Piece], at: int) -> int:
    """Return the place of the whole whose part stands at ``at``, or 0."""
    part = pieces[at].amount
    if part is None or not _is_bare(part):
        return 0
    for cue in range(at + 1, min(at + 4, len(pieces) - 1)):
        if pieces[cue].amount is not None or pieces[cue].stop:
            return 0
        if Tag.OUT_OF in pieces[cue].tags or (pieces[cue].text == "in" and part.value < 10):
            whole = pieces[cue + 1].amount
            return cue + 1 if whole and _is_bare(whole) and part.value <= whole.value <= 1000 and whole.value else 0
    return 0


def _is_bare(amount: Amount) -> bool:
    plain = amount.unit is UnitKind.NUMBER and amount.shape is Shape.PLAIN
    return plain and not amount.sign and amount.seconds is None and not amount.count


def _score_as_share(pieces: list[Piece], at: int) -> Piece:
    """``9/10 customers`` counts people; ``8/10`` alone is a score."""
    piece = pieces[at]
    amount = piece.amount
    if amount is None or amount.shape is not Shape.SCORE or not piece.text.endswith("/ 10") or amount.value % 1:
        return piece
    return replace(piece, amount=_share(amount, Decimal(10))) if _counts(pieces[at + 1 : at + 2]) else piece


def _counts(after: Sequence[Piece]) -> bool:
    """Tell whether the things counted follow."""
    return (
        bool(after)
        and after[0].text[:1].isalpha()
        and not after[0].stop
        and not after[0].skip
        and not after[0].tags - {Tag.BAD, Tag.OF, Tag.SOFT}
    )


def _share(part: Amount, whole: Decimal) -> Amount:
    return replace(part, value=quotient(part.value, whole), unit=UnitKind.PERCENT, shape=Shape.PLAIN)


# deadlines


def _without_deadlines(pieces: list[Piece]) -> list[Piece]:
    spans = {at for at, each in enumerate(pieces) if _is_span(pieces, at, each)}
    measures = [at for at, each in enumerate(pieces) if each.amount is not None and at not in spans]
    tags = frozenset[Tag]().union(*(each.tags for each in pieces))
    return [
        replace(piece, amount=None, skip=True)
        if at in spans and _is_deadline(pieces, at, tags, alone=not measures)
        else piece
        for at, piece in enumerate(pieces)
    ]


def _is_span(pieces: list[Piece], at: int, piece: Piece) -> bool:
    if piece.amount is None or piece.amount.seconds is None or not at:
        return False
    cues = pieces[at - 1].tags | (pieces[at - 2].tags if at > 1 and not pieces[at - 1].stop else _NO_TAGS)
    if pieces[at - 1].tags & {Tag.WITHIN, Tag.DEADLINE}:
        return True
    filler = pieces[at - 1].tags & {Tag.FILLER, Tag.DEFINITE, Tag.LESS, Tag.AT_MOST}
    return bool(filler and cues & {Tag.WITHIN, Tag.DEADLINE}) or _is_clock(pieces, at, piece.amount)


def _is_clock(pieces: list[Piece], at: int, amount: Amount) -> bool:
    return (
        amount.seconds == _HOUR and amount.value <= 24 and amount.value % 1 == 0 and pieces[at - 1].text in _CLOCK_TOO
    )


def _is_deadline(pieces: list[Piece], at: int, tags: frozenset[Tag], *, alone: bool) -> bool:
    """Tell whether a span of time only says until when; ``Answer within 24 hours`` is a measure if no other is."""
    amount = pieces[at].amount
    if amount is None or amount.seconds is None:
        return False
    if pieces[at - 1].text in _CLOCK_TOO and _is_clock(pieces, at, amount):
        return not tags & {Tag.UP, Tag.DOWN, Tag.CHANGE, Tag.REACH, Tag.BAD, Tag.LESS}
    if not alone:
        return (
            not tags & {Tag.UP, Tag.DOWN, Tag.CHANGE}
            or not pieces[at - 1].tags & LIMITS
            or amount.seconds >= _MONTH_LONG
        )
    if amount.seconds >= _MONTH_LONG and not pieces[at - 1].tags & LIMITS:
        return True
    if Tag.SERVE in tags and amount.seconds <= _WEEK:
        return False
    return (
        amount.seconds >= _DAY
        and bool(tags & {Tag.FINISH, Tag.MADE})
        and not pieces[at - 1].tags & LIMITS - {Tag.AT_MOST}
    )


def is_zero(amount: Amount) -> bool:
    """Tell whether nothing is to be left."""
    return amount.value == ZERO and amount.shape is Shape.PLAIN
