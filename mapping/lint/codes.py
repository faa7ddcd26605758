"""The codes of lint: what each is about, how much it weighs, and why anybody should care. docs/lint.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    ERROR = "error"
    """The rules cannot be used."""
    WARNING = "warning"
    """Most likely a mistake, or a number that will mislead."""
    HINT = "hint"
    """Worth a thought."""

    @property
    def weight(self) -> int:
        """0 for the heaviest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Code:
    """What all findings of one code share."""

    severity: Severity
    about: str
    because: str


_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

CODES: Mapping[str, Code] = {
    "OKR001": Code(_E, "the rules cannot be loaded", "what `okrsync check` refuses is computed by nobody"),
    "OKR002": Code(_W, "an ignore names an unknown code", "it silences nothing, and nobody would notice"),
    "OKR003": Code(_H, "an ignore silences nothing", "what it was written for is gone, or stands elsewhere"),
    "OKR010": Code(_W, "fewer than 2 key results", "one number alone is easily reached at the cost of another"),
    "OKR011": Code(_W, "more than 5 key results", "what is watched by so many numbers is watched by nobody"),
    "OKR012": Code(_H, "fewer than 3 company objectives in a cycle", "a company rarely has only one or two directions"),
    "OKR013": Code(_W, "more than 5 company objectives in a cycle", "few and well followed beats many and forgotten"),
    "OKR014": Code(_W, "more than 3 objectives of a team in a cycle", "a team that follows everything follows nothing"),
    "OKR015": Code(_W, "more than 3 objectives of a person in a cycle", "nobody keeps more than three in mind"),
    "OKR016": Code(_W, "a cycle shorter than 3 months", "outcomes need time to follow from work"),
    "OKR017": Code(_W, "a cycle longer than 12 months", "nobody feels the end of so long a cycle"),
    "OKR020": Code(_W, "a key result without an owner", "nobody answers for it, and reminders reach nobody"),
    "OKR021": Code(_H, "an objective without owner and team", "nobody answers for it, and no team's page shows it"),
    "OKR022": Code(_W, "the guard is off and nobody owns it", "a wrong value would be published and seen by nobody"),
    "OKR030": Code(_W, "a vague title", "who reads it cannot tell when it is reached"),
    "OKR031": Code(_W, "the title states another target", "one of the two is wrong, and people believe the title"),
    "OKR032": Code(_W, "the title states another baseline", "progress is counted from the metric's, not the title's"),
    "OKR033": Code(_W, "the title states another unit", "the same figure means something else in another unit"),
    "OKR034": Code(_W, "the title states another period", "a total is not a value per month"),
    "OKR035": Code(_W, "the title goes the other way", "the better the value, the worse the progress would be"),
    "OKR036": Code(
        _H, "the title says above, the metric at least, or the reverse", "exactly 42 is at least 42, but not above it"
    ),
    "OKR037": Code(
        _H, "an objective that reads like a key result", "an objective is a direction; numbers are its key results"
    ),
    "OKR040": Code(
        _W, "work done is measured where an outcome was meant", "all tickets may be closed, and nothing better"
    ),
    "OKR041": Code(_W, "two key results with one measure and metric", "one move counts twice in the mean"),
    "OKR042": Code(_W, "a cell without a label", "a row inserted above it, and another number is read without a word"),
    "OKR043": Code(_H, "a threshold without a baseline", "it is at 0 % or 100 %: no pace, no early warning"),
    "OKR044": Code(_H, "a key result that nothing measures", "it moves only when somebody remembers it"),
    "OKR050": Code(_W, "a selection that matches nothing", "it is mistyped or hidden, and its key result has no data"),
    "OKR051": Code(_W, "a target that was met at the start", "nothing has to happen for it to be reached"),
    "OKR052": Code(_W, "a pace that was never reached before", "the target can only be met at a rate nobody has seen"),
    "OKR053": Code(_H, "a team that reached everything", "100 % every time means that targets are too low"),
    "OKR054": Code(_H, "a team that is sure of everything", "confidence above 90 % at the start means low targets"),
}
"""In the order in which the documentation lists them."""
