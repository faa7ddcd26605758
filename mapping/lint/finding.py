"""What lint looks at and what it finds; no file and no line yet, those are the config's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mapping.forecast import Day
from mapping.lint.codes import CODES, Severity
from mapping.periods import local_date
from mapping.rules import Cycle, KeyResult, Objective


class Kind(StrEnum):
    """What a finding is about."""

    CYCLE = "cycle"
    OBJECTIVE = "objective"
    KEY_RESULT = "key_result"
    FILE = "file"
    """A place of its own, in a file."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is wrong, and the key below it that says so: ``title``, ``metric``; empty for the whole."""

    kind: Kind
    name: str
    key: str = ""

    @classmethod
    def of(cls, what: Cycle | Objective | KeyResult, key: str = "") -> Subject:
        """Return the subject that is a thing of the rules."""
        kinds = {Cycle: Kind.CYCLE, Objective: Kind.OBJECTIVE, KeyResult: Kind.KEY_RESULT}
        return cls(kinds[type(what)], what.id, key)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth a second look."""

    code: str
    subject: Subject
    what: str
    """With the numbers of the case."""
    fix: str

    @property
    def severity(self) -> Severity:
        """Its code's."""
        return CODES[self.code].severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a key result of a cycle that is over came out."""

    cycle: str
    team: str
    key_result: str
    progress: Decimal
    """Raw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows beside the rules; empty where there is no store."""

    matched: Mapping[str, int] = field(default_factory=dict)
    """Items (or samples) by selection key, as of its last complete read."""
    days: Mapping[str, Sequence[Day]] = field(default_factory=dict)
    """Daily raw progress of a key result in its cycle, oldest first, by address."""
    ended: Sequence[Ended] = ()
    confidence: Mapping[str, Decimal] = field(default_factory=dict)
    """People's first stated confidence in the cycle, 0 to 1, by address."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything lint looks at."""

    objectives: Sequence[Objective]
    now: datetime
    trackers: frozenset[str] = frozenset()
    """Connections whose items are tickets: work to be done rather than records of what happened."""
    series: tuple[str, ...] = ()
    """Connections that give numbers over time, to be suggested."""
    known: Known = NOTHING_KNOWN

    @property
    def open(self) -> tuple[Objective, ...]:
        """The objectives of cycles that are not over: nobody can better the others any more."""
        return tuple(each for each in self.objectives if local_date(self.now, each.cycle.timezone) < each.cycle.ends_on)

    def key_results(self) -> list[tuple[Objective, KeyResult]]:
        """Return the key results of open objectives with their objective, in the order of the rules."""
        return [(objective, each) for objective in self.open for each in objective.key_results]
