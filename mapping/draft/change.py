"""Changes against a baseline: ``x10``, ``+20%``, ``+5pp``, ``-500``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mapping.decimals import ONE, ZERO, decimal_text, exact, quotient, tidy
from mapping.draft.amounts import Amount, Shape
from mapping.errors import AmountError
from mapping.metric import resolve_relative
from mapping.numbers import Relative, RelativeKind
from mapping.rules import Unit, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An amount that is to be added to the baseline or multiplies it."""

    amount: Amount
    falls: bool
    score: bool
    """Points are those of a score, not of a percentage."""

    @property
    def stated(self) -> str | None:
        """The change as a rule writes it, or None when it changes nothing."""
        size = self.size
        if size == ZERO or (self.is_multiple and size == ONE):
            return None
        if self.is_multiple:
            return f"x{decimal_text(size)}"
        sign, shape = "-" if self.falls else "+", self.amount.shape
        if shape in (Shape.POINTS, Shape.PERCENTAGE_POINTS, Shape.SCORE_POINTS):
            return f"{sign}{decimal_text(size)}{'pts' if self._of_a_score else 'pp'}"
        share = self._is_share
        return f"{sign}{decimal_text(size * 100 if share else size)}{'%' if share else ''}"

    @property
    def is_multiple(self) -> bool:
        """Whether it multiplies."""
        return self.amount.shape is Shape.TIMES

    @property
    def size(self) -> Decimal:
        """The amount without its sign; of a multiple below 1 where less is said."""
        value = self.amount.value
        if self.is_multiple and self.falls and value > 1:
            return quotient(ONE, value)
        return abs(value)

    @property
    def rises(self) -> bool:
        """Whether the target is above the baseline."""
        return self.size > 1 if self.is_multiple else not self.falls

    @property
    def unit(self) -> UnitKind | None:
        """The unit that the change tells of its baseline; a multiple or a share tells none."""
        if self.is_multiple or self._is_share:
            return None
        if self.amount.shape in (Shape.POINTS, Shape.PERCENTAGE_POINTS, Shape.SCORE_POINTS):
            return UnitKind.NUMBER if self._of_a_score else UnitKind.PERCENT
        return self.amount.unit

    def target(self, baseline: Decimal, unit: UnitKind) -> Decimal | None:
        """Return the target from a baseline, or None where there is none, as a share of 0."""
        size = -self.size if self.falls and not self.is_multiple else self.size
        if self.unit is not None and unit is UnitKind.PERCENT:
            kind, size = (
                RelativeKind.PERCENTAGE_POINTS,
                tidy(size.scaleb(-2)) if self.amount.unit is UnitKind.NUMBER else size,
            )
        elif self.unit is not None:
            with exact():
                return tidy(baseline + size)
        else:
            kind = RelativeKind.MULTIPLE if self.is_multiple else RelativeKind.SHARE
        try:
            return resolve_relative(baseline, Relative(kind=kind, amount=size), Unit(kind=unit))
        except AmountError:
            return None

    @property
    def _of_a_score(self) -> bool:
        return self.amount.shape is Shape.SCORE_POINTS or (self.amount.shape is Shape.POINTS and self.score)

    @property
    def _is_share(self) -> bool:
        return self.amount.unit is UnitKind.PERCENT or self.amount.shape is Shape.FRACTION
