"""Column types that mean the same on both engines: aware UTC instants and exact decimals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

Id = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids and keys of all kinds: compared byte by byte, so that both engines order them alike."""

MAX_DIGITS = 1000
"""Far beyond any metric, and well inside what PostgreSQL's numeric holds (131,072 before, 16,383 after the point)."""


def instant_text(value: datetime) -> str:
    """Return an instant as fixed-width text that sorts by time. Both engines read it.

    Raises:
        ValueError: ``value`` has no time zone.
    """
    if value.tzinfo is UTC:
        return value.isoformat(
            "T", "microseconds"
        )  # by name it takes half as long again, and this is done for every item
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone: the store takes aware instants only")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def exact_text(value: Decimal) -> str:
    """Return a decimal in plain notation without trailing zeros: equal values have equal text on both engines.

    >>> exact_text(Decimal("1E+3")), exact_text(Decimal("0.250")), exact_text(Decimal("-0"))
    ('1000', '0.25', '0')

    Raises:
        ValueError: not a finite number, or one with more than 1,000 digits.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number: a value that is not known is no data, never NaN")
    if not value:
        return "0"
    _, digits, exponent = value.as_tuple()
    if len(digits) > MAX_DIGITS or abs(int(exponent)) > MAX_DIGITS:
        raise ValueError(f"a value of more than {MAX_DIGITS} digits (exponent {exponent}) is not stored")
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Instant(TypeDecorator[datetime]):
    """An aware instant, in UTC when read: timestamptz on PostgreSQL, ISO 8601 text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Return the engine's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        """Refuse naive times; SQLite gets text."""
        if value is None:
            return None
        text = instant_text(value)
        return value.astimezone(UTC) if dialect.name == "postgresql" else text

    def process_result_value(self, value: str | datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, whatever zone the session has."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value if value.tzinfo is UTC else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal without loss: numeric on PostgreSQL, text on SQLite, whose own numeric would be a float."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal] | TypeEngine[str]:
        """Return the engine's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | Decimal | None:
        """Both engines keep the same digits."""
        if value is None:
            return None
        text = exact_text(value)
        return Decimal(text) if dialect.name == "postgresql" else text

    def process_result_value(self, value: str | Decimal | None, _dialect: Dialect) -> Decimal | None:
        """Return the same decimal as was put in."""
        return None if value is None else Decimal(value)
