"""What was changed by hand, in a terminal: field by field, as people read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from mapping.people import AuditEntry
from mapping.rules import Unit
from mapping.show import show_progress, show_value
from okrsync.show import clean
from okrsync.show_declared import apart, short, telling

NOTHING = "–"


def audit_lines(entry: AuditEntry, unit: Unit | None) -> list[str]:
    """Return who did what and when, and below it a line for each field that differs.

    Args:
        entry: with both sides as JSON.
        unit: of the key result, for its value; None where there is none, or none any more.
    """
    before, after = _side(entry.before), _side(entry.after)
    lines = [f"{entry.at:%Y-%m-%d %H:%M} UTC  {clean(entry.actor)}  {entry.action} {clean(entry.subject)}"]
    for name in telling([*before, *after]):
        old, new = (_shown(name, side.get(name), unit) for side in (before, after))
        if old != new:
            lines.append(f"    {clean(name).replace('_', ' ')}: {_change(old, new)}")
    return lines


def _side(text: str | None) -> Mapping[str, object]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}


def _change(old: str, new: str) -> str:
    if old == NOTHING:
        return short(new)
    return " → ".join(short(each) for each in apart(old, new))


def _shown(name: str, value: object, unit: Unit | None) -> str:
    if value is None or value in ("", [], {}) or value is False:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(_shown("", each, None) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_shown('', each, None)}" for key, each in value.items())
    if value is True:
        return "yes"
    return _measured(name, str(value), unit)


def _measured(name: str, text: str, unit: Unit | None) -> str:
    """Return a value with its unit, a confidence in percent, an instant to the minute, all else as it is."""
    if name.endswith("_at"):
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if name not in ("value", "confidence"):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text  # an import has it with its unit already
    if name == "confidence":
        return show_progress(number)
    return text if unit is None else show_value(number, unit)
