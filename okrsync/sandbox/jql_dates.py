"""Dates in JQL: minute precision in the zone of the account that asks, periods, epoch milliseconds, functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from okrsync.sandbox.jql import Call, JqlError, Literal, Operand

_ABSOLUTE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
_PERIOD = re.compile(r"\s*([+-]?)\s*(\d+)\s*([yMwdhm])")
_STEP = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_EPOCH_DIGITS = 10
"""Unquoted numbers of at least so many digits are epoch milliseconds; shorter ones are no dates."""


def date_value(operand: Operand, field: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant an operand means.

    Raises:
        JqlError: no date in any of Jira's notations.
    """
    if isinstance(operand, Call):
        return _function(operand, field, now=now, zone=zone)
    if not isinstance(operand, Literal):
        raise JqlError(f"The value EMPTY is not supported by this operator for the field '{field}'.")
    text = operand.text.strip()
    if text.isdigit() and len(text) >= _EPOCH_DIGITS and not operand.quoted:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute:
        try:
            numbers = [int(part) for part in absolute.groups(default="0")]
            return datetime(*numbers[:5], tzinfo=zone)  # type: ignore[misc,arg-type]
        except ValueError:
            raise _invalid(operand, field) from None
    moved = _moved(text, now)
    if moved is None:
        raise _invalid(operand, field)
    return moved


def _invalid(operand: Literal, field: str) -> JqlError:
    return JqlError(
        f"Date value '{operand.text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _moved(text: str, start: datetime) -> datetime | None:
    """Return the instant moved by a period such as ``-4w 2d``; a sign holds for what follows it."""
    at, sign, moved = 0, 1, start
    while at < len(text):
        found = _PERIOD.match(text, at)
        if found is None:
            return None
        if found.group(1):
            sign = -1 if found.group(1) == "-" else 1
        count = sign * int(found.group(2))
        moved = (
            _months(moved, count, found.group(3)) if found.group(3) in "yM" else moved + count * _STEP[found.group(3)]
        )
        at = found.end()
    return moved if text else None


def _months(start: datetime, count: int, unit: str) -> datetime:
    months = start.year * 12 + start.month - 1 + (count * 12 if unit == "y" else count)
    year, month = divmod(months, 12)
    for day in range(start.day, 27, -1):
        try:
            return start.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return start.replace(year=year, month=month + 1)


def _function(call: Call, field: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    name = call.name.lower()
    if name in ("now", "currentlogin"):
        return now
    edge = re.fullmatch(r"(start|end)of(day|week|month|year)", name)
    if edge is None:
        raise JqlError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")
    local = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = {
        "day": local,
        "week": local - timedelta(days=(local.weekday() + 1) % 7),  # weeks begin on Sunday in a site set to English
        "month": local.replace(day=1),
        "year": local.replace(month=1, day=1),
    }[edge.group(2)]
    unit = {"day": "d", "week": "w", "month": "M", "year": "y"}[edge.group(2)]
    if call.arguments:
        given = call.arguments[0]
        moved = _moved(given if given[-1:].isalpha() else given + unit, start)
        if moved is None:
            raise JqlError(
                f"Argument '{given}' in function '{call.name}' for field '{field}' is not a valid increment."
            )
        start = moved
    if edge.group(1) == "start":
        return start
    following = _moved("1" + unit, start)
    return (following or start) - timedelta(milliseconds=1)
