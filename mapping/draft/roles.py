"""What the words around an amount make of it: baseline, target, change, edge of a band, threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.draft.amounts import Amount, Shape
from mapping.draft.pieces import Piece
from mapping.draft.words import Tag
from mapping.rules import UnitKind

_THRESHOLDS = frozenset({Tag.AT_LEAST, Tag.MORE, Tag.AT_MOST, Tag.LESS})
_CUES = _THRESHOLDS | {Tag.FROM, Tag.TO, Tag.BY, Tag.BASE, Tag.STRICT, Tag.BETWEEN, Tag.AND}
_CUES |= {Tag.DEFINITE, Tag.TOP, Tag.OF, Tag.REACH}
_PASSED = frozenset({Tag.FILLER, Tag.ARTICLE, Tag.SCORE, Tag.RATE, Tag.UP_BY})
_OVER = {Tag.AT_LEAST: ">=", Tag.MORE: ">", Tag.AT_MOST: "<=", Tag.LESS: "<", Tag.OR_MORE: ">=", Tag.OR_LESS: "<="}
_STRICT = {">=": ">", "<=": "<"}
_LOWEST_RANK = 100
_BACK = 7
_AHEAD = 6
_CLOSE = frozenset({"plus", "moins", "more", "less", "up", "down", "off"})
"""They say how the number is meant only right behind it."""
_LIGHT = frozenset({"(", ",", "+"})
"""Marks that do not part a number from what is said of it."""
_COLONS = frozenset({":", "=", "("})
_AGAINST = """
    versus, vs, against, contre, au lieu de, au lieu d, instead of, compared to, compared with, rather than, plutot que,
    par rapport a, up from, down from, was, etait, starting at, partant de, en partant de
"""
_LATER_BASE = frozenset(" ".join(each.split()) for each in _AGAINST.split(","))
"""They speak of the number behind them only."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An amount with its place in the sentence and the cues around it."""

    at: int
    amount: Amount
    before: frozenset[Tag]
    after: frozenset[Tag]
    colon: bool
    """It stands behind a colon, so it is the target itself."""
    named: bool
    """It belongs to a thing: ``an NPS of 42``."""

    @property
    def comparator(self) -> str | None:
        """The comparison that the words around it state."""
        stated = _THRESHOLDS - {Tag.MORE} if self.is_rank else _THRESHOLDS
        for tags in (self.before & stated, self.after & {Tag.OR_MORE, Tag.OR_LESS}):
            for tag in (Tag.AT_LEAST, Tag.AT_MOST, Tag.MORE, Tag.LESS, Tag.OR_MORE, Tag.OR_LESS):
                if tag in tags:
                    found = _OVER[tag]
                    return _STRICT.get(found, found) if Tag.STRICT in self.before else found
        return None

    @property
    def is_rank(self) -> bool:
        """Whether it is a place in a ranking: ``top 10``, while sales that top 500 are more than that."""
        return Tag.TOP in self.before and self.amount.unit is UnitKind.NUMBER and self.amount.value <= _LOWEST_RANK

    @property
    def is_base(self) -> bool:
        """Whether it is today's value."""
        return Tag.BASE in self.before or Tag.BASE in self.after

    @property
    def is_end(self) -> bool:
        """Whether a word says that it is where the value is to be."""
        return bool(self.before & (_THRESHOLDS | {Tag.TO, Tag.REACH, Tag.BETWEEN}))

    @property
    def is_measure(self) -> bool:
        """Whether it is a measure wherever it stands; a bare number may just count what the sentence is about."""
        return self.comparator is not None or is_share(self.amount) or self.amount.shape is Shape.SCORE

    @property
    def is_level(self) -> bool:
        """Whether a word says that it is a value, not a change."""
        return self.is_end or self.colon


def placed(pieces: Sequence[Piece]) -> list[Placed]:
    """Return every amount with its cues, in the order of the sentence."""
    return [_placed(pieces, at, piece.amount) for at, piece in enumerate(pieces) if piece.amount is not None]


def _placed(pieces: Sequence[Piece], at: int, amount: Amount) -> Placed:
    before, colon, named = _looked_back(pieces, at)
    return Placed(at, amount, before, _looked_ahead(pieces, at), colon, named)


def _looked_back(pieces: Sequence[Piece], at: int) -> tuple[frozenset[Tag], bool, bool]:
    """Walk back over words that say nothing, and over ``an NPS of``, as far as cues go."""
    found: set[Tag] = set()
    place, colon, named = at - 1, False, False
    while place >= max(0, at - _BACK):
        piece = pieces[place]
        colon = colon or piece.text in _COLONS
        cues = piece.tags & _CUES
        if not cues and not piece.tags & _PASSED and piece.text not in _COLONS:
            break
        found |= cues
        jump = _thing_before_of(pieces, place) if Tag.OF in cues and not named else 0
        named = named or jump > 0
        place -= 1 + jump
    return frozenset(found), colon, named


def _thing_before_of(pieces: Sequence[Piece], of: int) -> int:
    """Return how many words to pass for ``a conversion rate`` before ``of``; 0 where there is no such thing."""
    for length in (1, 2, 3):
        article = of - length - 1
        thing = pieces[of - length]
        if article < 0 or thing.amount is not None or thing.stop or thing.tags & {Tag.UP, Tag.DOWN}:
            return 0
        if Tag.ARTICLE in pieces[article].tags:
            return length
    return 0


def _looked_ahead(pieces: Sequence[Piece], at: int) -> frozenset[Tag]:
    found: set[Tag] = set()
    for place in range(at + 1, min(at + 1 + _AHEAD, len(pieces))):
        piece = pieces[place]
        if piece.amount is not None or (piece.stop and piece.text not in _LIGHT):
            break
        found |= _behind(pieces, place, place - at)
    if at and pieces[at - 1].text == "(" and any(each.skip for each in pieces[at + 1 : at + 4]):
        found.add(Tag.BASE)  # "(28 % in 2026)"
    if at + 1 < len(pieces) and pieces[at + 1].text == "+":
        found.add(Tag.OR_MORE)
    return frozenset(found)


def _behind(pieces: Sequence[Piece], place: int, distance: int) -> frozenset[Tag]:
    """Return what a phrase behind an amount says of it; ``25 % contre 15 %`` says nothing of the first."""
    tags = pieces[place].tags & {Tag.OR_MORE, Tag.OR_LESS, Tag.BASE, Tag.UP_BY, Tag.DOWN_BY}
    comes = pieces[place + 1 : place + 3]
    amount_comes = any(each.amount is not None for each in comes)
    if Tag.BASE in tags and (pieces[place].text in _LATER_BASE or (amount_comes and Tag.TO not in comes[0].tags)):
        tags -= {Tag.BASE}
    if amount_comes:
        tags -= {Tag.OR_MORE, Tag.OR_LESS}
    than_it = amount_comes and pieces[place].text.endswith("than")
    if distance > 1 and (pieces[place].text in _CLOSE or than_it):
        tags -= {Tag.UP_BY, Tag.DOWN_BY, Tag.OR_MORE}
    return tags


def is_change_by_shape(amount: Amount) -> bool:
    """Tell an amount that is a change whatever stands around it."""
    return amount.shape in (Shape.TIMES, Shape.PERCENTAGE_POINTS)


def is_share(amount: Amount) -> bool:
    """Tell a percentage or a part in words."""
    return amount.unit is UnitKind.PERCENT or amount.shape is Shape.FRACTION
