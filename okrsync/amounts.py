"""Values, confidences and days as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from mapping.errors import FixConfigError
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import KeyResult, UnitKind


def value_of(text: str, key_result: KeyResult) -> Decimal:
    """Return a value in the unit of a key result's metric.

    Raises:
        AmountError: it cannot be read.
        FixConfigError: it is in another unit, or 25 where 25 % must be meant.
    """
    amount, unit = parse_value(text, style=NumberStyle.PLAIN), key_result.metric.unit
    if amount.unit is not None and (amount.unit.kind, amount.unit.currency) != (unit.kind, unit.currency):
        raise FixConfigError(f"{text!r} is in another unit than {key_result.id}, which is a {unit.kind}")
    if amount.unit is None and unit.kind is UnitKind.PERCENT and abs(amount.value) > 1:
        raise FixConfigError(f"{text!r} would be {amount.value * 100:f} %: write {text}%")
    return amount.value


def confidence_of(text: str) -> Decimal:
    """Return a confidence from ``0.7`` or ``70%``; whether it lies between 0 and 1 is asked later."""
    return parse_value(text, style=NumberStyle.PLAIN).value


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the instant in UTC at which a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
