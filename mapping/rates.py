"""Converts money by a dated table of rates, and says by which. See docs/semantics.md, Currencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mapping.decimals import ONE, decimal_text, exact, quotient


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of the base is worth in other currencies, by the day from which on it holds.

    Written as the European Central Bank quotes: with base EUR, ``USD 1.08`` says that 1 EUR is 1.08 USD.
    """

    base: str
    days: tuple[tuple[date, tuple[tuple[str, Decimal], ...]], ...]
    """Ascending by day; codes ascending, every rate above 0."""


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in another currency; no value, and the reason, where a rate is missing."""

    value: Decimal | None
    words: str
    """``1200 USD at 1.08 USD a EUR of 2026-10-01``, or why there is no value."""


def convert(amount: Decimal, source: str, wanted: str, on: date, rates: Rates | None) -> Converted:
    """Return an amount of ``source`` in ``wanted``, by the rates that held on a day.

    Of each currency the newest rate of that day or before serves; between two that are not the base, both do.
    The result lies on the grid of twelve decimal places.
    """
    if source == wanted:
        return Converted(amount, f"{decimal_text(amount)} {source}")
    if rates is None:
        return Converted(None, f"{source} cannot become {wanted}: the rules have no currencies section")
    words = []
    factors = []
    for code in (source, wanted):
        found = _rate(code, on, rates)
        if found is None:
            return Converted(None, f"{source} cannot become {wanted}: no rate for {code} on or before {on}")
        day, rate = found
        factors.append(rate)
        if day is not None:
            words.append(f"{decimal_text(rate)} {code} a {rates.base} of {day}")
    with exact():
        value = quotient(amount * factors[1], factors[0])
    return Converted(value, f"{decimal_text(amount)} {source} at {' and '.join(words)}")


def _rate(code: str, on: date, rates: Rates) -> tuple[date | None, Decimal] | None:
    """Return the newest rate of a currency on or before a day, and its day; of the base 1 on any day."""
    if code == rates.base:
        return None, ONE
    dated = ((day, dict(table)) for day, table in reversed(rates.days) if day <= on)
    return next(((day, table[code]) for day, table in dated if code in table), None)
