"""What a connector must do to keep numbers true, rule by rule, and how each connector answers.

A connector's room holds its answers in ``quality.yaml``: every rule is ``done`` (by tests, code or a page that show
it), ``todo`` or ``exempt`` (both with the reason). ``okrsync connectors`` prints them; a test checks that what they
name is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from importlib.util import find_spec
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mapping.errors import FixConfigError

FILE = "quality.yaml"

RULES: Mapping[str, str] = {
    "contract": "It passes the tests that every connector owes (tests/connectors/contract.py).",
    "census-ends": "A census reaches its end or is partial: no page size, total or missing link is taken on trust.",
    "partial-is-partial": "An answer that is cut, warned of or half refused never looks complete.",
    "unreadable-records": "A record that cannot be read is named and counted, and the rest is read.",
    "identity": "Items are keyed by what never changes at the vendor, not by a key, a number or an address.",
    "done-by-category": "Done follows the vendor's category or state, never a name that is translated or edited.",
    "fates": "Items that are gone are told apart: deleted, moved, archived, hidden from us.",
    "history": "The past can be told from the vendor's own events, each dated by its own time.",
    "changing-world": "What changes while it is read loses nothing that stays, and the next read is the truth.",
    "limits": "The vendor's limits and requests to wait are honoured, within the budget of a run.",
    "expiry": "A credential that ends soon is announced by okrsync check, and one that ended says so.",
    "secrets": "No secret stands in an error, a log line or a printed object.",
    "least-permissions": "The page says the least rights that are enough, and how to set up in minutes.",
    "described": "Every kind of request, and its answer, is held against the vendor's own description.",
    "pitfalls": "Each known way to a wrong number that this vendor has is shut, and a test keeps it so.",
}
"""The scale: id to what it asks."""


class Level(StrEnum):
    """How a rule is answered."""

    DONE = "done"
    TODO = "todo"
    EXEMPT = "exempt"


class Answer(BaseModel):
    """How one connector answers one rule; exactly one of the three is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    done: tuple[str, ...] = ()
    """What shows it: ``tests/…/test_x.py::test_name``, ``connectors/…/y.py::function`` or ``docs/….md#heading``."""
    todo: str = ""
    exempt: str = ""

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(map(bool, (self.done, self.todo, self.exempt))) != 1:
            raise ValueError("a rule is answered by exactly one of done (with proofs), todo and exempt (with a reason)")
        return self

    @property
    def level(self) -> Level:
        """Which of the three it is."""
        return Level.DONE if self.done else Level.TODO if self.todo else Level.EXEMPT

    @property
    def reason(self) -> str:
        """Why it is not done; empty when it is."""
        return self.todo or self.exempt


class Quality(BaseModel):
    """All answers of one connector, in the order of the rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: Mapping[str, Answer]

    @model_validator(mode="after")
    def _every_rule_is_answered(self) -> Self:
        missing, unknown = [one for one in RULES if one not in self.answers], set(self.answers) - set(RULES)
        if missing or unknown:
            raise ValueError(
                "; ".join(
                    f"{what} {', '.join(sorted(which))}"
                    for what, which in (("no answer to", missing), ("there is no rule", unknown))
                    if which
                )
            )
        return self

    def at(self, level: Level) -> list[str]:
        """Return the rules that are answered so, in their order."""
        return [rule for rule in RULES if self.answers[rule].level is level]

    @property
    def mark(self) -> str:
        """How many of the rules that concern the connector are done: ``14 of 15``."""
        return f"{len(self.at(Level.DONE))} of {len(RULES) - len(self.at(Level.EXEMPT))}"


def quality_of(module: str) -> Quality | None:
    """Return the answers that lie beside a connector's code; None when its package says nothing.

    Args:
        module: the package that holds the connector.

    Raises:
        FixConfigError: the file is there and does not answer the rules.
    """
    spec = find_spec(module)
    if spec is None or spec.submodule_search_locations is None:
        return None  # a single module has no folder of its own
    file = files(module) / FILE
    if not file.is_file():
        return None
    try:
        return Quality(answers=yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise FixConfigError(f"{module}/{FILE} does not answer the rules ({_faults(error)}): correct it") from error


def _faults(error: ValidationError | yaml.YAMLError) -> str:
    if isinstance(error, yaml.YAMLError):
        return " ".join(str(error).split())
    return "; ".join(f"{'.'.join(map(str, each['loc'][1:]))} {each['msg']}".strip() for each in error.errors())
