"""One number from the samples of a series: the newest, or a window of them. See docs/semantics.md, Series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from mapping.currencies import CODES
from mapping.decimals import decimal_text, difference, quotient, total
from mapping.errors import RuleError
from mapping.metric import worst_of
from mapping.periods import has_come, local_date, stated_date
from mapping.rates import convert
from mapping.readings import Reading
from mapping.rules import Cycle, Latest, Metric, Series, SeriesTake, UnitKind
from mapping.windows import Window
from mapping.words import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a series, and when."""

    address: str
    metric: Metric
    own_unit: bool
    """Whether the samples are in the metric's unit; inside a ratio or a formula they have units of their own."""
    cycle: Cycle
    now: datetime

    def past(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return the samples that have come, oldest first; of those at one instant the one read last comes last."""
        return sorted((each for each in samples if self._has_come(each)), key=lambda sample: sample.at)

    def _has_come(self, sample: Sample) -> bool:
        return has_come(sample.at, self.now, self.cycle.timezone)

    def day(self, sample: Sample) -> date:
        """Return the day a sample is of."""
        return stated_date(sample.at, self.cycle.timezone)


class NoRateError(Exception):
    """A sample cannot be brought to the metric's currency: the message says why. Never seen outside of a measure."""


def latest(asked: Asked, measure: Latest, samples: Sequence[Sample]) -> Reading:
    """Return the newest sample at or before now; of several at one instant the one read last."""
    past = asked.past(samples)
    if not past:
        return _none_yet(measure, samples)
    try:
        value, words = in_unit(asked, past[-1])
    except NoRateError as error:
        return Reading(value=None, no_data=str(error))
    return Reading(value=value, formula=f"{words} read", at=past[-1].at, origin=past[-1].origin)


def latest_per_period(
    asked: Asked, measure: Latest, samples: Sequence[Sample], window: Window
) -> tuple[list[Decimal | None], Reading]:
    """Return the newest sample of each period, and what they rest on."""
    reading = latest(asked, measure, samples)
    newest = {place: group[-1] for place, group in _by_period(asked.past(samples), window).items()}
    return _valued(asked, {place: [sample] for place, sample in newest.items()}, window, reading, SeriesTake.LATEST)


def windowed(asked: Asked, measure: Series, samples: Sequence[Sample]) -> Reading:
    """Return the number over the window of days that ends today, both ends included."""
    past = asked.past(samples)
    if not past:
        return _none_yet(measure, samples)
    today = local_date(asked.now, asked.cycle.timezone)
    begins = asked.cycle.starts_on if measure.days is None else today - timedelta(days=measure.days - 1)
    ends = min(today, asked.cycle.ends_on - timedelta(days=1)) if measure.days is None else today
    inside = [sample for sample in past if begins <= asked.day(sample) <= ends]
    before = [sample for sample in past if asked.day(sample) < begins]
    words = f"from {begins} to {ends}"
    if not inside:
        return Reading(value=None, no_data=f"no sample {words}: {measure.selection}")
    try:
        value, formula = _taken(asked, measure.take, inside, before[-1] if before else None)
    except NoRateError as error:
        return Reading(value=None, no_data=str(error))
    if value is None:
        return Reading(value=None, no_data=f"{formula} {words}: {measure.selection}")
    return Reading(value=value, formula=f"{formula} {words}", at=inside[-1].at, origin=inside[-1].origin)


def windowed_per_period(
    asked: Asked, measure: Series, samples: Sequence[Sample], window: Window
) -> tuple[list[Decimal | None], Reading]:
    """Return the number over the samples of each period, and what they rest on."""
    past = asked.past(samples)
    if not past:
        return [None] * window.count, _none_yet(measure, samples)
    reading = Reading(value=None, at=past[-1].at, origin=past[-1].origin)
    return _valued(asked, _by_period(past, window), window, reading, measure.take, past)


def _by_period(past: Sequence[Sample], window: Window) -> dict[int, list[Sample]]:
    found: dict[int, list[Sample]] = {}
    for sample in past:
        place = window.place(sample.at)
        if isinstance(place, int):
            found.setdefault(place, []).append(sample)
    return found


def _valued(
    asked: Asked,
    groups: dict[int, list[Sample]],
    window: Window,
    reading: Reading,
    take: SeriesTake,
    past: Sequence[Sample] = (),
) -> tuple[list[Decimal | None], Reading]:
    values: list[Decimal | None] = [None] * window.count
    try:
        for place, group in groups.items():
            earlier = [sample for sample in past if asked.day(sample) < asked.day(group[0])]
            values[place], _ = _taken(asked, take, group, earlier[-1] if earlier else None)
    except NoRateError as error:
        return values, Reading(value=None, no_data=str(error))
    return values, reading


def _taken(
    asked: Asked, take: SeriesTake, inside: Sequence[Sample], before: Sample | None
) -> tuple[Decimal | None, str]:
    """Return the number and its formula; no number, and why, where one sample is too few."""
    if take in (SeriesTake.CHANGE, SeriesTake.RATE):
        return _moved(asked, take, [*([before] if before else []), *inside])
    values = [in_unit(asked, sample)[0] for sample in inside]
    match take:
        case SeriesTake.LATEST:
            value = values[-1]
        case SeriesTake.MEAN:
            value = quotient(total(values), Decimal(len(values)))
        case SeriesTake.SUM:
            value = total(values)
        case SeriesTake.MIN:
            value = min(values)
        case SeriesTake.MAX:
            value = max(values)
        case _:
            value = worst_of(asked.metric, values)
    return value, f"{take} of {_samples(len(values))} = {decimal_text(value)}"


def _moved(asked: Asked, take: SeriesTake, samples: Sequence[Sample]) -> tuple[Decimal | None, str]:
    """Return by how much the samples moved, or how much a day."""
    first, last = samples[0], samples[-1]
    days = (asked.day(last) - asked.day(first)).days
    if len(samples) < 2 or (take is SeriesTake.RATE and not days):
        return None, "there are no two samples to compare"
    (start, _), (end, _) = in_unit(asked, first), in_unit(asked, last)
    change = difference(end, start)
    words = f"{decimal_text(start)} on {asked.day(first)} → {decimal_text(end)} on {asked.day(last)}"
    if take is SeriesTake.CHANGE:
        return change, f"{words}: {decimal_text(change)}"
    value = quotient(change, Decimal(days))
    return value, f"{words}: {decimal_text(change)} / {days} days = {decimal_text(value)} a day"


def _samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"


def _none_yet(measure: Latest | Series, samples: Sequence[Sample]) -> Reading:
    why = f"the first sample is of {min(each.at for each in samples):%Y-%m-%d}" if samples else "no sample yet"
    return Reading(value=None, no_data=f"{why}: {measure.selection}")


def in_unit(asked: Asked, sample: Sample) -> tuple[Decimal, str]:
    """Return a sample's value in the metric's unit, and its formula.

    Money is converted by the rates of the rules, as of the day the sample is of. 0.25 is not 25, so a percentage never
    becomes a plain number.

    Raises:
        NoRateError: there is no rate for that day.
        RuleError: a percentage is held against something that is none.
    """
    unit = asked.metric.unit
    plain = sample.value, decimal_text(sample.value)
    if not asked.own_unit or sample.unit is None:
        return plain
    if sample.unit in CODES and unit.kind is UnitKind.CURRENCY and unit.currency and sample.unit != unit.currency:
        found = convert(sample.value, sample.unit, unit.currency, asked.day(sample), asked.metric.rates)
        if found.value is None:
            raise NoRateError(found.words)
        return found.value, f"{found.words} = {decimal_text(found.value)} {unit.currency}"
    if sample.unit == UnitKind.PERCENT and unit.kind not in (UnitKind.PERCENT, UnitKind.POINTS):
        place = sample.origin or sample.series
        fix = "write baseline and target with a percent sign"
        raise RuleError(
            f"{asked.address} is no percentage, but {place} gives {decimal_text(sample.value * 100)} %: {fix}"
        )
    return plain
