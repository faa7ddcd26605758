"""Rows of a table as they are imported, and what their cells say: ids, numbers, days, units, words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mapping.columns import IN_HUNDREDTHS, folded, read_number, unit_of
from mapping.errors import FixConfigError, OkrsyncError
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import Unit, UnitKind

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""As in the rules."""
Choice = TypeVar("Choice", bound=StrEnum)


class BadRowsError(FixConfigError):
    """Rows that cannot be imported, all of them with their places; nothing was written."""

    def __init__(self, troubles: Sequence[str]) -> None:
        self.troubles = tuple(troubles)
        super().__init__("\n".join(troubles))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one cell holds."""

    text: str
    place: str
    """For people: ``q4.csv, line 7, Target``."""
    percent: bool = False
    """A number that is shown as per cent and is a fraction."""
    exact: bool = False
    """A number as a program wrote it, whatever the file's style is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key result as a table says it; or an objective alone, where nothing is said of a key result."""

    place: str
    entries: Mapping[str, Entry]
    """By name of the column; what is empty is absent."""

    def text(self, name: str) -> str | None:
        """Return the text of a column, without the spaces around it; None where there is none."""
        found = self.entries.get(name)
        return (found.text.strip() or None) if found else None


@dataclass(slots=True)
class CellReader:
    """Reads cells of rows; what cannot be read is noted with its place, and reading goes on."""

    timezone: str = "UTC"
    """Of days whose row names none."""
    numbers: NumberStyle = NumberStyle.PLAIN
    troubles: list[str] = field(default_factory=list)

    def trouble(self, row: Row, column: str, what: str, fix: str) -> None:
        """Note what is wrong with a cell, or with the row where it has no such cell, and what to do."""
        entry = row.entries.get(column)
        self.troubles.append(f"{entry.place if entry else row.place}: {what}: {fix}")

    def id(self, row: Row, column: str, text: str) -> str | None:
        """Return the text if it is an id as in the rules."""
        if ID.fullmatch(text):
            return text
        self.trouble(row, column, f"{text!r} is no id", "use letters, digits, dots and dashes")
        return None

    def unit(self, row: Row) -> Unit:
        """Return the unit that a row names, else the one that its target or baseline is written in."""
        text = row.text("unit")
        if text is not None:
            return unit_of(text)
        for name in ("target", "baseline"):
            entry = row.entries.get(name)
            if entry is not None and entry.percent:
                return Unit(kind=UnitKind.PERCENT)
            if entry is not None and not entry.exact:
                found = self._amount(entry)
                if found is not None and found[1] is not None:
                    return found[1]
        return Unit()

    def number(self, row: Row, name: str, unit: Unit) -> Decimal | None:
        """Return a number in a unit; None where there is none, or none that can be read."""
        entry = row.entries.get(name)
        if entry is None or not entry.text.strip():
            return None
        found = self._amount(entry)
        if found is None:
            self.trouble(row, name, f"{entry.text!r} is no number", "write one such as 25, 25% or 1200.5")
            return None
        value, own = found
        if own is not None and (own.kind, own.currency) != (unit.kind, unit.currency):
            self.trouble(row, name, f"{entry.text!r} is in another unit than the row", "make Unit say the same")
            return None
        in_unit = entry.percent or own is not None
        return value if in_unit and unit.kind in IN_HUNDREDTHS else read_number(value, unit)

    def _amount(self, entry: Entry) -> tuple[Decimal, Unit | None] | None:
        if entry.exact:
            return Decimal(entry.text), None
        try:
            amount = parse_value(entry.text, style=self.numbers)
        except OkrsyncError:
            return None
        return amount.value, amount.unit

    def choice(self, row: Row, name: str, words: Mapping[str, Choice]) -> Choice | None:
        """Return what a word, folded, stands for; None where there is none, or another one."""
        text = row.text(name)
        found = words.get(folded(text)) if text is not None else None
        if text is not None and found is None:
            self.trouble(row, name, f"{text!r} is none of {', '.join(dict.fromkeys(words.values()))}", "write one")
        return found

    def day(self, row: Row, name: str) -> date | None:
        """Return a day; None where there is none, or none that can be read."""
        at = self.instant(row, name)
        return None if at is None else at.astimezone(self._zone(row)).date()

    def instant(self, row: Row, name: str) -> datetime | None:
        """Return an instant in UTC; a day is its first moment in the row's time zone."""
        text = row.text(name)
        if text is None:
            return None
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            self.trouble(row, name, f"{text!r} is no date", "write 2026-10-01, or 2026-10-01T18:00:00Z")
            return None
        return (read if read.tzinfo else read.replace(tzinfo=self._zone(row))).astimezone(UTC)

    def _zone(self, row: Row) -> ZoneInfo:
        try:
            return ZoneInfo(row.text("timezone") or self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")  # the row is refused for it elsewhere
