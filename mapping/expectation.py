"""What a test of a rule expects, and where what came out differs from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from mapping.decimals import decimal_text
from mapping.outcome import Outcome
from mapping.rules import Unit, UnitKind
from mapping.show import show_value
from mapping.status import Status


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number as a test writes it: exact, or a percentage that is compared as rounded to the digits written."""

    text: str
    value: Decimal
    step: Decimal | None = None
    """One of the last digit written; None: exact."""

    def fits(self, found: Decimal) -> bool:
        """Return whether a number is the one that is meant.

        >>> rounded = Wanted("42%", Decimal("0.42"), Decimal("0.01"))
        >>> [rounded.fits(Decimal(each)) for each in ("0.42", "0.4237", "0.4251")]
        [True, True, False]
        """
        return found == self.value if self.step is None else abs(found - self.value) * 2 <= self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a test expects; None where it does not care."""

    value: Wanted | None = None
    progress: Wanted | None = None
    status: Status | None = None
    items: int | None = None
    done: int | None = None
    formula: str | None = None
    no_data: str | bool | None = None
    """Part of the reason; True: any, False: there is a value."""
    error: str | None = None
    """Part of what is said when the rule fails; None: it must not fail."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise."""

    name: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, found {self.found}"


def differences(wanted: Expectation, found: Outcome, unit: Unit) -> list[Difference]:
    """Return what came out otherwise than expected, in the order of the keys."""
    if found.error is not None or wanted.error is not None:
        said = found.error or "no failure"
        fits = wanted.error is not None and found.error is not None and wanted.error in found.error
        return [] if fits else [Difference("error", wanted.error or "no failure", said)]
    return list(_differences(wanted, found, unit))


def _differences(wanted: Expectation, found: Outcome, unit: Unit) -> Iterator[Difference]:
    nothing = f"no data ({found.no_data})"
    percent = Unit(kind=UnitKind.PERCENT)
    for name, number, came, kind in (
        ("value", wanted.value, found.value, unit),
        ("progress", wanted.progress, found.progress, percent),
    ):
        if number is not None and (came is None or not number.fits(came)):
            yield Difference(name, number.text, nothing if came is None else _shown(came, kind))
    for name, expected, came_out in (
        ("status", wanted.status, found.status),
        ("items", wanted.items, found.items),
        ("done", wanted.done, found.done),
        ("formula", wanted.formula, found.formula),
    ):
        if expected is not None and expected != came_out:
            yield Difference(name, str(expected), nothing if came_out is None else str(came_out))
    if wanted.no_data is not None and not _no_data_fits(wanted.no_data, found.no_data):
        words = wanted.no_data if isinstance(wanted.no_data, str) else "no data" if wanted.no_data else "a value"
        yield Difference("no_data", words, found.no_data or _shown(found.value, unit))


def _no_data_fits(wanted: str | bool, found: str | None) -> bool:
    if isinstance(wanted, bool):
        return wanted is (found is not None)
    return found is not None and wanted in found


def _shown(value: Decimal | None, unit: Unit) -> str:
    """Return a number exactly, and as people see it where that differs."""
    exact = "nothing" if value is None else decimal_text(value)
    said = show_value(value, unit)
    return exact if said == exact or value is None else f"{exact} ({said})"
