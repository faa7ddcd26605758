"""What a whole sentence is about: its verbs, whether less is better, whether a thing is to be done."""

from __future__ import annotations

from collections.abc import Sequence

from mapping.draft.pieces import Piece
from mapping.draft.words import Tag

_ACTIONS = frozenset(
    {Tag.UP, Tag.DOWN, Tag.CHANGE, Tag.REACH, Tag.HOLD, Tag.MAKE, Tag.EFFORT, Tag.FINISH, Tag.BUILD, Tag.SERVE}
)
_PERIODS = frozenset({Tag.PER, Tag.PER_SHORT, Tag.PER_ADJECTIVE})
_PEOPLE = frozenset({"who", "that", "which", "whose", "qui", "que", "dont"})
"""What follows one of these happens to those counted, as in ``users who order each week``."""
_NOT_PERIODIC_BEFORE = 2
_BEHIND_A_NUMBER = frozenset({Tag.TIMES, Tag.SCALE, Tag.MONEY, Tag.POINTS})
"""They say something behind a number only: elsewhere ``X`` is a name."""
_NEAR = 5
_ONE_THING = frozenset({"the", "le", "la", "l", "a", "an", "un", "une"})
_FIRST_WORDS = 4


class Aim:
    """The pieces of a sentence, asked about what they say together. Looked through once, however often it is asked."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self._first: dict[Tag, int] = {}
        actions = ((at, found) for at, each in enumerate(pieces) if (found := each.tags & _ACTIONS))
        self._action: tuple[int, frozenset[Tag]] = next(actions, (len(pieces), frozenset()))
        self._who = next((at for at, each in enumerate(pieces) if each.text in _PEOPLE), len(pieces))
        self._directions: list[Tag | None] = [None]
        for at, piece in enumerate(pieces):
            for tag in piece.tags:
                self._first.setdefault(tag, at)
            turn = self._directions[-1]
            if Tag.DOWN in piece.tags or (Tag.BETTER in piece.tags and self._worsens(at)):
                turn = Tag.DOWN
            elif Tag.UP in piece.tags:
                turn = Tag.UP
            self._directions.append(turn)

    def _worsens(self, at: int) -> bool:
        """Tell ``improve the response time``, which goes down."""
        return any(Tag.BAD in each.tags for each in self.pieces[at + 1 : at + _NEAR])

    @property
    def first_action(self) -> frozenset[Tag]:
        """What the first verb says."""
        return self._action[1]

    def action_before(self, at: int) -> frozenset[Tag]:
        """Return what the first verb says, if it stands before a place: behind a number it only tells of the thing."""
        return self._action[1] if self._action[0] < at else frozenset()

    def says(self, *tags: Tag) -> bool:
        """Tell whether any piece says one of these."""
        return any(tag in self._first for tag in tags)

    def says_before(self, at: int, *tags: Tag) -> bool:
        """Tell whether any piece before a place says one of these."""
        return any(self._first.get(tag, at) < at for tag in tags)

    def direction(self, at: int) -> Tag | None:
        """Return UP or DOWN as said last before a place."""
        return self._directions[at]

    def less_is_better(self, at: int) -> bool:
        """Tell whether less is better of the thing beside an amount, and nobody says that it is dealt with."""
        if self.first_action & {Tag.MAKE, Tag.SERVE, Tag.FINISH} and not self.first_action & {Tag.HOLD, Tag.REACH}:
            return False
        follows = self.pieces[at + 1 : at + 4]
        without = any(Tag.NONE in each.tags for each in follows)  # "365 days without an accident"
        near = [] if without or (follows and follows[0].text in ("of", "des")) else follows
        dealt = any(
            each.tags & {Tag.SERVE, Tag.MAKE, Tag.MADE} and not each.tags & {Tag.BAD, Tag.PLACE}
            for each in self.pieces[at + 1 :]
        )
        return not dealt and (self.says_before(at, Tag.BAD) or any(Tag.BAD in each.tags for each in near))

    def period(self, target: int, *, adjectives: bool, share: bool = False) -> str | None:
        """Return the span that the amount at ``target`` is meant for each of, unless it is said of people or things.

        Args:
            target: place of the amount.
            adjectives: whether ``monthly`` says it too.
            share: the amount is a percentage, to which a period belongs only when it follows at once.
        """
        for at, piece in enumerate(self.pieces):
            tags = piece.tags & _PERIODS
            if not tags or piece.lexeme is None or self._who < at or (share and not target < at <= target + _NEAR):
                continue
            if Tag.PER in tags or (Tag.PER_SHORT in tags and at > target and not self._is_span(at)):
                return piece.lexeme.name
            if adjectives and Tag.PER_ADJECTIVE in tags and at <= target + _NEAR and not self._is_stock(at):
                return piece.lexeme.name
        return None

    def _is_span(self, at: int) -> bool:
        """Tell ``after a week``."""
        return bool(self.pieces[at - 1].tags & {Tag.WITHIN, Tag.DEADLINE, Tag.PLACE})

    def _is_stock(self, at: int) -> bool:
        if at and self.pieces[at - 1].tags & {Tag.DEFINITE}:
            return True  # the annual conference is one
        near = self.pieces[max(0, at - _NOT_PERIODIC_BEFORE) : at + 3]
        return any(Tag.STOCK in each.tags for each in near)

    # sentences without an amount

    @property
    def is_done_or_not(self) -> bool:
        """Whether it names something that is either done or not."""
        if self.says(Tag.DONE):
            return True
        if self.says(Tag.VAGUE):
            return False
        return self.forbids or (not self.first_action & {Tag.UP, Tag.DOWN, Tag.EFFORT} and self._finishes)

    @property
    def forbids(self) -> bool:
        """Whether it begins with none of something: ``no screens after 9``."""
        return self._first.get(Tag.NONE, len(self.pieces)) < min(_FIRST_WORDS, len(self.pieces) - 1)

    @property
    def allows_none(self) -> bool:
        """Whether nothing is to be left of something that is counted: ``no critical incidents``."""
        at = self._first.get(Tag.NONE, len(self.pieces))
        return self.forbids and any(Tag.BAD in each.tags for each in self.pieces[at + 1 : at + 4])

    @property
    def _finishes(self) -> bool:
        """Tell a verb or participle of doing once, with something that is to be done."""
        if (
            self.first_action & {Tag.HOLD, Tag.CHANGE}
            and not self.first_action & {Tag.FINISH, Tag.BUILD}
            and not self.says(Tag.MADE)
        ):
            return False
        others = [each for each in self.pieces if not each.tags - _BEHIND_A_NUMBER and not each.stop]
        named = [
            each
            for each in self.pieces
            if each.tags & {Tag.NAMED, Tag.SCORE, Tag.RATE, Tag.BAD, Tag.SERVE, Tag.TIME} or each.skip
        ]
        if not others and not named:
            return False
        if self.first_action & {Tag.FINISH} or self.says(Tag.MADE):
            return True
        particular = self.says(Tag.ARTICLE) or any(each.text in _ONE_THING for each in self.pieces)
        return bool(self.first_action & {Tag.BUILD}) and particular and not self.says(Tag.SOFT)
