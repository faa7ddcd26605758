"""How we compute with Decimal: wide enough that sums are exact, quotients rounded once to a fixed grid."""

from __future__ import annotations

from collections.abc import Iterable
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
    with exact():
        if not denominator:
            raise ZeroDivisionError(f"{numerator} / 0")
        return tidy((numerator / denominator).quantize(GRID))


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
