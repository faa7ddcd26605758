"""Runs tests of rules: each case is measured over the mirror it writes down, and held against what it expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.fixtures import RuleTest
from mapping.expectation import Difference, differences
from mapping.outcome import Outcome, outcome


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case."""

    test: RuleTest
    found: Outcome
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


def run_tests(tests: Iterable[RuleTest]) -> list[Result]:
    """Return the result of each case, in their order; nothing is read besides."""
    return [_result(each) for each in tests]


def _result(test: RuleTest) -> Result:
    found = outcome(test.key_result, test.objective, test.mirror, test.now)
    return Result(test, found, tuple(differences(test.expect, found, test.key_result.metric.unit)))
