"""Every error okrsync raises on purpose, grouped by what the caller does next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


class OkrsyncError(Exception):
    """Base of all expected failures: one clear line for the user, no traceback."""


def named_once(connection: str, message: str) -> str:
    """Return a message that begins with its connection's name without the vendor's behind it where that is the same.

    >>> named_once("jira", "jira: Jira: the address holds an account: take it out of url")
    'jira: the address holds an account: take it out of url'
    >>> named_once("work", "work: Jira: the address holds an account: take it out of url")
    'work: Jira: the address holds an account: take it out of url'
    """
    twice = f"{connection}: {connection}: "
    same = message[: len(twice)].casefold() == twice.casefold()
    return f"{connection}: {message[len(twice) :]}" if same else message


class FixConfigError(OkrsyncError):
    """A person must change the config or a credential; trying again is no use."""


class TryAgainError(OkrsyncError):
    """The vendor was busy or away; the same call may go through later."""


class PartialReadError(OkrsyncError):
    """A read began but did not reach its end; what it gave may be kept, what it lacks proves nothing."""


class SkipRecordError(OkrsyncError):
    """One record cannot be read; go on with the next, the pull ends partial."""


class RuleError(FixConfigError):
    """A rule cannot be evaluated: an expression with a fault, or one that failed on an item."""


class AmountError(FixConfigError):
    """A text cannot be read as an amount, or can be read as two different ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a file something stands; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a config: where, what, and what to do about it."""

    place: Place
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.fix}"


class ConfigProblemsError(FixConfigError):
    """All the problems of a config, collected and shown together, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def one(cls, place: Place, what: str, fix: str) -> Self:
        """Return the error for a single problem."""
        return cls([Problem(place=place, what=what, fix=fix)])
