"""Values, confidences and days as people write them, on the command line and in files of tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.amounts import unit_name
from mapping.errors import FixConfigError
from mapping.numbers import Amount, NumberStyle, parse_value
from mapping.rules import KeyResult, Unit, UnitKind


def value_of(text: str, key_result: KeyResult) -> Decimal:
    """Return a value in the unit of a key result's metric.

    Raises:
        AmountError: it cannot be read.
        FixConfigError: it is in another unit, or 25 where 25 % must be meant.
    """
    try:
        return in_unit(parse_value(text, style=NumberStyle.PLAIN), text, key_result.metric.unit)
    except WrongUnitError as error:
        raise FixConfigError(f"{key_result.id}: {error}") from error


class WrongUnitError(FixConfigError):
    """An amount that is in another unit than the one it is for."""


def in_unit(amount: Amount, text: str, unit: Unit) -> Decimal:
    """Return an amount that stands for itself, in a unit.

    Args:
        amount: as it was read.
        text: what it was read from, for the error.
        unit: what it is to be in.

    Raises:
        WrongUnitError: it is in another unit, or 25 where 25 % must be meant.
    """
    if amount.unit is not None and (amount.unit.kind, amount.unit.currency) != (unit.kind, unit.currency):
        raise WrongUnitError(f"{text!r} is in another unit: write it in {unit_name(unit)}")
    if amount.unit is None and unit.kind is UnitKind.PERCENT and abs(amount.value) > 1:
        raise WrongUnitError(f"{text!r} would be {amount.value * 100:f} %: write {text}%")
    return amount.value


def confidence_of(text: str) -> Decimal:
    """Return a confidence from ``0.7`` or ``70%``; whether it lies between 0 and 1 is asked later."""
    return parse_value(text, style=NumberStyle.PLAIN).value


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the instant in UTC at which a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def moment_of(text: str, timezone: str) -> datetime:
    """Return the instant in UTC that a day (its last moment) or an ISO 8601 time means; a time without zone is local.

    Raises:
        FixConfigError: it is neither.
    """
    try:
        if len(text) == len("2026-11-27"):
            day = date.fromisoformat(text)
            return start_of_day(day + timedelta(days=1), timezone) - timedelta(microseconds=1)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise FixConfigError(f"{text!r} is no day and no time: write 2026-11-27 or 2026-11-27T18:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def past_moment_of(text: str, timezone: str, *, now: datetime) -> datetime:
    """Return the same for a look back; the day that is not over yet counts as one of the past.

    Raises:
        FixConfigError: it is neither, or lies ahead.
    """
    moment = moment_of(text, timezone)
    if moment - timedelta(days=1) >= now:
        raise FixConfigError(f"{text} lies ahead: name a day up to today; `okrsync forecast` looks at what may come")
    return moment
