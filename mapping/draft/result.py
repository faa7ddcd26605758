"""What a sentence was understood to say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mapping.rules import UnitKind


class DraftKind(StrEnum):
    """How the value is to go. Named like the kinds of a metric; the comparator says whether a threshold is strict."""

    INCREASE = "increase"
    DECREASE = "decrease"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    DONE = "done"


class DraftPeriod(StrEnum):
    """The span that a periodic target speaks of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A metric as far as a sentence tells it. Its JSON has these fields in this order, but ``language``."""

    kind: DraftKind | None = None
    """None: the sentence carries no measure, and ``unclear`` says what to add."""
    baseline: Decimal | None = None
    """Where the value is today; of ``between`` the lower edge. Percentages are fractions: 15 % is 0.15."""
    target: Decimal | None = None
    """Where it is to be; of ``between`` the upper edge. None for ``done`` and for a change from an unknown baseline."""
    comparator: str | None = None
    """``>=``, ``>``, ``<=``, ``<`` or ``between``, where the sentence sets a threshold."""
    unit: UnitKind | None = None
    """None for a change of something whose unit is not told."""
    currency: str | None = None
    """ISO 4217."""
    per: DraftPeriod | None = None
    relative: str | None = None
    """The change as a rule writes it: ``x10``, ``+20%``, ``-10%``, ``+5pp``, ``+5pts`` (of a score), ``+500``."""
    sentence: str | None = None
    """The metric read back, in the language of the input."""
    unclear: tuple[str, ...] = ()
    """In words, what could not be told."""
    language: str = "en"

    @property
    def metric(self) -> tuple[object, ...]:
        """All that makes the metric, to tell whether two sentences say the same."""
        numbers = (self.baseline, self.target)
        return (self.kind, *numbers, self.comparator, self.unit, self.currency, self.per, self.relative)
