"""``lint``: every rule over everything there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mapping.lint import past, structure, titles, wiring
from mapping.lint.finding import Case, Finding

Rule = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    structure.key_results_of_an_objective,
    structure.company_objectives,
    structure.objectives_of_one,
    structure.length_of_cycles,
    structure.owners,
    titles.titles,
    wiring.outputs,
    wiring.twins,
    wiring.cells_without_label,
    wiring.thresholds_without_baseline,
    wiring.measured_by_nothing,
    past.matches_nothing,
    past.met_at_the_start,
    past.out_of_reach,
    past.everything_reached,
    past.sure_of_everything,
)


def lint(case: Case) -> list[Finding]:
    """Return all that is worth a second look, by rule; cycles that are over are passed."""
    return [finding for rule in RULES for finding in rule(case)]
