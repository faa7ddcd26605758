"""The shape of a measure in a rules file: what may stand in it beside ``from`` and the selection."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from config.model import Strict, Text
from mapping.rules import DurationKind, SeriesTake, TimeUnit, WontDo

_WHERE = "CEL over item; items for which it is false do not count."
_SPAN = re.compile(r"([1-9][0-9]{0,3}) (day|days|week|weeks)")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
Percent = Annotated[Decimal, Field(ge=0, le=100)]


class CompletionKeys(Strict):
    """The share of a selection that is done."""

    by: Text | None = Field(default=None, description="Numeric field that weighs items; each counts 1 without it.")
    where: Text | None = Field(default=None, description="CEL over item; items for which it is false do not belong.")
    done: tuple[Text, ...] | None = Field(
        default=None, min_length=1, description="Names or ids of statuses that count as done, instead of the category."
    )
    wont_do: WontDo = Field(default=WontDo.EXCLUDE, description="What happens to items closed without being done.")
    leaves: bool = Field(default=True, description="Count only items without children in the same selection.")
    missing: Literal["exclude", "zero", "mean", "median"] | Annotated[Decimal, Field(ge=0)] = Field(
        default="exclude", description="What an item without the weighing field weighs; or a number."
    )
    in_progress: Decimal = Field(default=Decimal(0), ge=0, le=1, description="Credit for an item in progress.")
    scope: Literal["current"] | date = Field(
        default="current", description="current: what is selected now; a date: what was at the end of that day."
    )


class CountKeys(Strict):
    """How many items a selection matches."""

    where: Text | None = Field(default=None, description=_WHERE)


class AggregateKeys(Strict):
    """A numeric field over the items of a selection; of distinct a text."""

    field: Text = Field(description="The field.")
    where: Text | None = Field(default=None, description=_WHERE)


class PercentileKeys(AggregateKeys):
    """The value of a numeric field below which p percent of the items lie."""

    p: Percent = Field(description="0 to 100; 50 is the median.")


class WorkingKeys(Strict):
    """When work is done, so that nights, weekends and holidays do not count."""

    hours: str = Field(default="09:00-17:00", description="From and to, by the clock on the wall.")
    country: Text | None = Field(default=None, description="ISO 3166 code; its weekends and holidays are off.")
    region: Text | None = Field(default=None, description="Part of the country with holidays of its own, as BY in DE.")

    @field_validator("hours")
    @classmethod
    def _from_to(cls, value: str) -> str:
        if _CLOCK.fullmatch(value) is None or value[:5] >= value[6:] or value[6:] > "24:00":
            raise ValueError(f"{value!r} is no span of a day: write it as 09:00-17:00")
        return value

    def minutes(self) -> tuple[int, int]:
        """Return from and to in minutes after midnight."""
        first, last = self.hours.split("-")
        return _minutes(first), _minutes(last)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


class DurationKeys(Strict):
    """How long items take."""

    time: DurationKind = Field(
        description="lead: created to done; cycle: begun to done; age: created to now, of open items."
    )
    take: Literal["average", "median", "min", "max"] = Field(default="median", description="How many become one.")
    p: Percent | None = Field(default=None, description="A percentile instead, such as 85.")
    where: Text | None = Field(default=None, description=_WHERE)
    unit: TimeUnit = Field(default=TimeUnit.DAYS, description="days or hours; with working hours a day is one of work.")
    working: WorkingKeys | None = Field(default=None, description="Count working hours only.")


class LatestKeys(Strict):
    """The most recent sample of a series."""


class SeriesKeys(Strict):
    """One number from the samples of a window of days that ends today."""

    take: SeriesTake = Field(description="latest, mean, sum, min, max, worst, change, or rate (change a day).")
    over: str = Field(default="cycle", description="A number of days or weeks, as 28 days; or cycle: from its start.")

    @field_validator("over")
    @classmethod
    def _is_span(cls, value: str) -> str:
        if value != "cycle" and _SPAN.fullmatch(value) is None:
            raise ValueError(f"{value!r} is no span: write 28 days, 4 weeks or cycle")
        return value

    def days(self) -> int | None:
        """Return the length of the window in days; None for the cycle."""
        found = _SPAN.fullmatch(self.over)
        if found is None:
            return None
        return int(found[1]) * (7 if found[2].startswith("week") else 1)


class PartKeys(Strict):
    """One part of a roll-up."""

    of: Text = Field(description="An objective, or a key result as objective/key-result.")
    weight: Annotated[Decimal, Field(gt=0)] | None = Field(default=None, description="Its share; 1 by default.")


MEASURES: dict[str, type[Strict]] = {
    "completion": CompletionKeys,
    "count": CountKeys,
    "sum": AggregateKeys,
    "average": AggregateKeys,
    "min": AggregateKeys,
    "max": AggregateKeys,
    "median": AggregateKeys,
    "percentile": PercentileKeys,
    "distinct": AggregateKeys,
    "duration": DurationKeys,
    "latest": LatestKeys,
    "series": SeriesKeys,
}
"""What a measure on one selection is called, and what may stand in it beside ``from`` and the selection."""
SERIES = frozenset({"latest", "series"})
"""Those that need samples; all others need work items."""
RATIO, FORMULA, TICKED, ROLLUP, BY_HAND = "ratio", "formula", "ticked", "rollup", "by_hand"
KINDS = (*MEASURES, RATIO, FORMULA, TICKED, ROLLUP, BY_HAND)
