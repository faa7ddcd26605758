"""Makes a number, an instant, a truth or a text of a plain value, as JSON and databases have them, or says why not.

Nothing is guessed and nothing becomes 0: a ``ValueError`` says what was found and what was expected.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal

from mapping.currencies import CODES
from mapping.decimals import exact
from mapping.rules import UnitKind

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_SECONDS = range(10**8, 10**11)
"""Seconds since 1970 from 1973 on. Their thousands, from 10^11 on, are milliseconds; the two never meet."""
_MILLISECONDS = range(10**11, 10**14)
_SHOWN = 60
PERCENT = str(UnitKind.PERCENT)


def shown(value: object) -> str:
    """Return a value as messages quote it: one short line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"an object with {', '.join(map(str, list(value)[:5])) or 'no keys'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = " ".join((repr(value) if isinstance(value, str) else str(value)).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def number_of(value: object) -> Decimal:
    """Return a number exactly; text counts when it is written plainly, as ``-1234.5``.

    >>> number_of("0.10")
    Decimal('0.10')

    Raises:
        ValueError: nothing, true, NaN, an infinity, or anything else.
    """
    if isinstance(value, float):
        value = Decimal(repr(value))  # the shortest text that means this float, which is what was written
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise ValueError(f"is {shown(value)}, a number was expected")  # noqa: TRY004 - callers know one error for all that is no number
    if not value.is_finite():
        raise ValueError(f"is {value}, which is no data: a number was expected")
    return value


def instant_of(value: object, zone: tzinfo) -> datetime:
    """Return an instant in UTC: a time, a day (its midnight in ``zone``), ISO 8601, or seconds or ms since 1970.

    Raises:
        ValueError: it is none of these.
    """
    try:
        found = _instant(value, zone)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"is {shown(value)}, a time such as 2026-10-01T08:30:00Z was expected") from error
    if found is None:
        raise ValueError(f"is {shown(value)}, a time such as 2026-10-01T08:30:00Z or a day was expected")
    return found.astimezone(UTC)


def _instant(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=zone)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if int(value) in _SECONDS:
        return datetime.fromtimestamp(float(value), UTC)
    return datetime.fromtimestamp(float(value) / 1000, UTC) if int(value) in _MILLISECONDS else None


def text_of(value: object) -> str:
    """Return a text or a plain value as text, spaces collapsed; nothing is empty.

    Raises:
        ValueError: it is a list or an object.
    """
    if isinstance(value, list | tuple | dict):
        raise ValueError(f"is {shown(value)}, a text was expected")  # noqa: TRY004 - as number_of
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else " ".join(str(value).split())


def truth_of(value: object) -> bool:
    """Return true or false; nothing is false, and a database's 1 is true.

    Raises:
        ValueError: it is anything else.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ValueError(f"is {shown(value)}, true or false was expected: say which words mean it (is: [closed])")


def unit_of(unit: str | None) -> str | None:
    """Return a unit as samples carry it.

    Raises:
        ValueError: it is neither percent nor the code of a currency.
    """
    if unit is None or unit == PERCENT or unit in CODES:
        return unit
    raise ValueError(f"{unit!r} is no unit: write percent or a currency's code such as EUR, or leave it out")


def in_unit(value: Decimal, unit: str | None) -> Decimal:
    """Return the value as samples carry it: percentages as fractions, exactly.

    >>> in_unit(Decimal("42.5"), "percent")
    Decimal('0.425')
    """
    if unit != PERCENT:
        return value
    with exact():
        return value.scaleb(-2)
