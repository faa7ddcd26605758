"""How we compute with Decimal: wide enough that sums are exact, quotients rounded once to a fixed grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

ZERO = Decimal(0)
ONE = Decimal(1)

GRID = Decimal("1e-12")
"""Values that come from a division lie on this grid, so that differences between them stay exact."""

_WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN)


def exact() -> AbstractContextManager[Context]:
    """Return a context in which sums and differences of our values lose no digit, whatever their order."""
    return localcontext(_WIDE)


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return the quotient on the grid of twelve decimal places, rounded half to even.

    Raises:
        ZeroDivisionError: the denominator is zero; callers ask first, as that means no data.
    """
    if not denominator:
        raise ZeroDivisionError(f"{numerator} / 0")
    return tidy(_WIDE.quantize(_WIDE.divide(numerator, denominator), GRID))


def total(values: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    with exact():
        return sum(values, start=ZERO)


def difference(new: Decimal, old: Decimal) -> Decimal:
    """Return the exact ``new - old``."""
    with exact():
        return new - old


def tidy(value: Decimal) -> Decimal:
    """Return the same number without trailing zeros and without an exponent above 0."""
    return Decimal(decimal_text(value))


def decimal_text(value: Decimal) -> str:
    """Return all digits without an exponent and without trailing zeros: ``0.25``, ``2000000``, ``0`` for ``-0.0``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percentile(values: Mapping[Decimal, int], p: Decimal) -> Decimal:
    """Return the value below which ``p`` percent lie, between two neighbours in proportion, on the grid.

    The rank is ``(n - 1) · p / 100``, counted from 0: the convention of spreadsheets (PERCENTILE.INC) and of NumPy's
    default, number 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996). 50 is the median.

    Args:
        values: how often each occurs; not empty.
        p: 0 to 100.
    """
    with exact():
        rank = (sum(values.values()) - 1) * p / 100
        below = int(rank)
        part = rank - below
    found: list[Decimal] = []
    seen = 0
    for value in sorted(values):
        seen += values[value]
        while len(found) < 2 and below + len(found) < seen:
            found.append(value)
    low, high = found[0], found[-1]
    with exact():
        return quotient(low + (high - low) * part, ONE)
