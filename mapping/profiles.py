"""Status profiles: the thresholds from which a status follows, ours and other tools'. See docs/semantics.md, Profiles.

Profiles are data files that config reads and checks; here stands what one is, and ours, which holds by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mapping.decimals import ONE, exact, quotient


class Basis(StrEnum):
    """What a profile looks at."""

    SHARE = "share"
    """Progress divided by expected progress."""
    BEHIND = "behind"
    """Expected progress less progress, as parts of 1: 0.1 is ten points behind."""
    PROGRESS = "progress"
    """Progress alone: the time that has passed plays no part."""


class Level(StrEnum):
    """The three colours."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A name for final scores from a bound on, inclusive."""

    at: Decimal
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The thresholds from which a status follows; all are inclusive."""

    name: str
    title: str = ""
    basis: Basis = Basis.SHARE
    on_track: Decimal
    """From this share or progress on; for ``behind`` up to this far behind."""
    at_risk: Decimal
    called: tuple[str, str, str] = ("on track", "at risk", "off track")
    """What the tool itself calls the three colours, best first."""
    grace: Decimal = Decimal("0.05")
    """Share of the cycle in which nothing is coloured; never less than 5 %."""
    hysteresis: int = 1
    """Runs in a row that must agree before a status gets better; 1 is at once."""
    committed: Decimal = ONE
    """Progress at which a committed objective is achieved."""
    aspirational: Decimal = Decimal("0.7")
    partial: Decimal = Decimal("0.4")
    bands: tuple[Band, ...] = ()
    """Names of final scores, highest first, the last from 0 on; without them the outcome is the name."""
    reading: str = ""
    """Where the tool's documents leave a choice open: the one taken here."""
    source: str = ""

    def achieved(self, *, committed: bool) -> Decimal:
        """Return the progress at which an objective is achieved."""
        return self.committed if committed else self.aspirational

    def level(self, progress: Decimal, expected: Decimal) -> Level:
        """Return the colour of raw progress where ``expected`` is more than 0."""
        figure = self.figure(progress, expected)
        if self.basis is Basis.BEHIND:
            figure, on_track, at_risk = -figure, -self.on_track, -self.at_risk
        else:
            on_track, at_risk = self.on_track, self.at_risk
        return Level.ON_TRACK if figure >= on_track else Level.AT_RISK if figure >= at_risk else Level.OFF_TRACK

    def needed(self, expected: Decimal) -> Decimal:
        """Return the least progress that is on track."""
        with exact():
            match self.basis:
                case Basis.SHARE:
                    return self.on_track * expected
                case Basis.BEHIND:
                    return expected - self.on_track
                case Basis.PROGRESS:
                    return self.on_track

    def figure(self, progress: Decimal, expected: Decimal) -> Decimal:
        """Return what is compared with the thresholds; ``expected`` is more than 0."""
        match self.basis:
            case Basis.SHARE:
                return quotient(progress, expected)
            case Basis.BEHIND:
                with exact():
                    return expected - progress
            case Basis.PROGRESS:
                return progress


OKRSYNC = Profile(
    name="okrsync",
    title="okrsync",
    source="docs/semantics.md, Pace and status",
    on_track=Decimal("0.9"),
    at_risk=Decimal("0.7"),
)
"""What holds where no profile is named; ``config/profiles/okrsync.toml`` says the same."""
