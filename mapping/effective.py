"""Which check-in people see: what was measured, or what a person said instead. See docs/semantics.md, People."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mapping.check_ins import CheckIn
from mapping.people import Override
from mapping.rules import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What is on record of one key result."""

    measured: CheckIn | None = None
    """The last that was measured, or measured and then accepted by a person."""
    by_hand: CheckIn | None = None
    """The last by a person or from an import."""
    override: Override | None = None
    """The last one, in force or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What is shown, and what stands beside it."""

    shown: CheckIn | None
    automatic: CheckIn | None = None
    """The measured one, where it is not what is shown."""
    override: Override | None = None
    """In force."""


def effective(mode: Mode, entries: Entries, now: datetime) -> Effective:
    """Return the check-in that counts at ``now``: people outrank the machine, and never in silence.

    Where people set the value, theirs counts. Elsewhere an override in force counts, then what was measured; before
    anything was measured, what a person said.
    """
    if mode is Mode.MANUAL:
        return Effective(shown=entries.by_hand, automatic=entries.measured)
    if entries.override is not None and entries.override.in_force(now):
        return Effective(shown=entries.override.check_in, automatic=entries.measured, override=entries.override)
    if entries.measured is not None:
        return Effective(shown=entries.measured)
    return Effective(shown=entries.by_hand)
