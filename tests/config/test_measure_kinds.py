"""Percentiles, durations, windows, formulas, milestones and roll-ups, as a rules file states them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Duration,
    DurationKind,
    Formula,
    Group,
    Measure,
    Part,
    Rollup,
    Series,
    SeriesTake,
    Ticked,
    TimeUnit,
)
from tests.config.kit import HEAD, key_result, loaded, problem, problems

UP = "{baseline: 0, target: 80}"
STEPS = "{milestones: {Design: 20 %, Build: 50 %, Launch: 30 %}}"


def measure(folder: Path, written: str, metric: str = UP) -> Measure:
    (found,) = loaded(folder, key_result(metric, written)).key_results()
    return found.measure


def test_medians_percentiles_and_differing_texts_are_aggregates(tmp_path: Path) -> None:
    found = measure(tmp_path, "{percentile: {from: jira, project: CHK, field: cost, p: 85}}")
    assert isinstance(found, Aggregate)
    assert (found.kind, found.field, found.p) == (AggregateKind.PERCENTILE, "cost", Decimal(85))
    distinct = measure(tmp_path, "{distinct: {from: jira, project: CHK, field: assignee}}")
    assert isinstance(distinct, Aggregate)
    assert distinct.kind is AggregateKind.DISTINCT


def test_a_distinct_text_that_every_item_has_is_no_field_to_ask_for(tmp_path: Path) -> None:
    written = "{distinct: {from: jira, project: CHK, field: assignee}}"
    assert loaded(tmp_path, key_result(UP, written)).fields_of("jira") == frozenset()


def test_a_duration_says_its_time_and_how_many_become_one(tmp_path: Path) -> None:
    found = measure(tmp_path, "{duration: {from: jira, project: CHK, time: lead, p: 85, unit: hours}}")
    assert isinstance(found, Duration)
    assert (found.kind, found.take, found.p) == (DurationKind.LEAD, AggregateKind.PERCENTILE, Decimal(85))
    assert (found.unit, found.hours) == (TimeUnit.HOURS, None)


def test_working_hours_know_the_holidays_of_a_country(tmp_path: Path) -> None:
    written = "{duration: {from: jira, project: CHK, time: age, working: {hours: 10:00-18:00, country: FR}}}"
    found = measure(tmp_path, written)
    assert isinstance(found, Duration)
    assert found.hours is not None
    assert (found.hours.opens, found.hours.closes, found.hours.timezone) == (600, 1080, "Europe/Paris")
    assert date(2026, 11, 11) in found.hours.off  # Armistice, a Wednesday
    assert date(2026, 11, 1) not in found.hours.off  # All Saints' on a Sunday takes no working day
    assert date(2026, 12, 24) not in found.hours.off


def test_a_window_is_days_weeks_or_the_cycle(tmp_path: Path) -> None:
    series = "from: kpis, sheet: Web, row: Visitors, column: Now"
    found = measure(tmp_path, f"{{series: {{{series}, take: mean, over: 4 weeks}}}}")
    assert isinstance(found, Series)
    assert (found.take, found.days) == (SeriesTake.MEAN, 28)
    whole = measure(tmp_path, f"{{series: {{{series}, take: change}}}}")
    assert isinstance(whole, Series)
    assert whole.days is None


def test_a_scope_is_frozen_at_a_date(tmp_path: Path) -> None:
    found = measure(tmp_path, "{completion: {from: jira, epic: CHK-1, scope: 2026-10-01}}", "{baseline: 0, target: 1}")
    assert isinstance(found, Completion)
    assert found.frozen_on == date(2026, 10, 1)


def test_a_formula_names_its_measures(tmp_path: Path) -> None:
    bugs, all_ = "{count: {from: jira, jql: type = Bug}}", "{count: {from: jira, project: CHK}}"
    found = measure(tmp_path, f"{{formula: {{value: 1 - bugs / total, of: {{total: {all_}, bugs: {bugs}}}}}}}")
    assert isinstance(found, Formula)
    assert [name for name, _ in found.of] == ["bugs", "total"]


def test_milestones_are_ticked_by_items_or_by_hand(tmp_path: Path) -> None:
    by_items = measure(tmp_path, "{ticked: {from: jira, epic: CHK-12}}", STEPS)
    assert isinstance(by_items, Ticked)
    assert by_items.selection is not None
    assert dict(by_items.steps) == {"Design": Decimal("0.2"), "Build": Decimal("0.5"), "Launch": Decimal("0.3")}
    dated = measure(tmp_path, "{ticked: {Design: 2026-10-12}}", STEPS)
    assert isinstance(dated, Ticked)
    assert dated.by_hand == (("Design", date(2026, 10, 12)),)
    plain = measure(tmp_path, "{ticked: [Build]}", "{milestones: [Design, Build]}")
    assert isinstance(plain, Ticked)
    assert (dict(plain.steps), plain.by_hand) == ({"Design": Decimal(1), "Build": Decimal(1)}, (("Build", None),))


ROLLUP = f"""{HEAD}      a: {{title: a, weight: 2, metric: {UP}, measure: {{count: {{from: jira, project: CHK}}}}}}
      b: {{title: b, measure: {{completion: {{from: jira, epic: CHK-1}}}}}}
  company:
    title: All of it
    cycle: 2026-q4
    key_results:
      all: {{title: all, measure: {{rollup: [o, {{of: o/b, weight: 3}}]}}}}
"""


def rollup(folder: Path, text: str = ROLLUP) -> Rollup:
    found = loaded(folder, text).key_results()[-1].measure
    assert isinstance(found, Rollup)
    return found


def test_a_roll_up_holds_all_that_it_takes_to_measure_its_parts(tmp_path: Path) -> None:
    found = rollup(tmp_path)
    group, part = found.parts
    assert isinstance(group, Group)
    assert [(each.address, each.weight) for each in group.parts] == [("o/a", Decimal(2)), ("o/b", Decimal(1))]
    assert isinstance(part, Part)
    assert (part.address, part.weight, part.cycle.id) == ("o/b", Decimal(3), "2026-q4")


def test_a_roll_up_needs_no_metric_and_has_a_version_that_its_parts_change(tmp_path: Path) -> None:
    before, after = (
        loaded(tmp_path, text).key_results()[-1] for text in (ROLLUP, ROLLUP.replace("target: 80", "target: 90"))
    )
    assert (before.metric.baseline, before.metric.target) == (Decimal(0), Decimal(1))
    assert before.rule_version != after.rule_version


def test_a_roll_up_by_leaves_weighs_an_objective_by_its_key_results(tmp_path: Path) -> None:
    text = ROLLUP.replace("rollup: [o, {of: o/b, weight: 3}]", "rollup: {of: [o, o/b], weigh: leaves}")
    assert [part.weight for part in rollup(tmp_path, text).parts] == [3, 1]


def test_a_roll_up_of_a_roll_up_is_resolved_wherever_it_stands(tmp_path: Path) -> None:
    text = ROLLUP.replace("  company:", "      up: {title: u, measure: {rollup: [other/k]}}\n  company:")
    text += "  other: {title: x, cycle: 2026-q4, key_results: {k: {title: k, measure: {ticked: [X]}, "
    text += "metric: {milestones: [X, Y]}}}}\n"
    found = loaded(tmp_path, text).key_results()
    top = next(each.measure for each in found if each.id == "company/all")
    assert isinstance(top, Rollup)
    (group, _) = top.parts
    assert isinstance(group, Group)
    inner = group.parts[-1]
    assert isinstance(inner, Part)
    assert isinstance(inner.measure, Rollup)
    assert [part.address for part in inner.measure.parts] == ["other/k"]


def test_a_roll_up_that_goes_round_in_a_circle_is_refused_at_its_place(tmp_path: Path) -> None:
    text = ROLLUP.replace("  company:", "      up: {title: u, measure: {rollup: [company]}}\n  company:")
    found = problems(tmp_path, text)
    assert found[0].startswith("19:44: the roll-up goes round in a circle: o/up → company/all → o/up: take this part")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("[]", "rollup is a list: write objectives"),
        ("[nobody]", "'nobody' is no objective and no key result of these rules"),
        ("[o/c]", "'o/c' is no objective and no key result of these rules: did you mean 'o/b'?"),
        ("[o, o]", "'o' stands twice: keep one of them"),
        ("{of: [o], weigh: heavy}", "weigh: unknown value 'heavy': use one of each, leaves"),
        ("[{of: o, weight: 0}]", "weight: input should be greater than 0"),
    ],
)
def test_a_roll_up_of_nothing_known_is_told(tmp_path: Path, written: str, found: str) -> None:
    text = ROLLUP.replace("rollup: [o, {of: o/b, weight: 3}]", f"rollup: {written}")
    assert found in problem(tmp_path, text)


@pytest.mark.parametrize(
    ("written", "metric", "found"),
    [
        ("{percentile: {from: jira, project: CHK, field: c, p: 101}}", UP, "15:71: p: input should be less than"),
        ("{percentile: {from: jira, project: CHK, field: c}}", UP, "15:19: key 'p' is missing: add `p:`"),
        (
            "{duration: {from: jira, project: CHK, time: led}}",
            UP,
            "15:62: time: unknown value 'led': did you mean 'lead'",
        ),
        (
            "{duration: {from: jira, project: CHK, time: age, working: {country: Xx}}}",
            UP,
            "15:19: Country Xx not available: use an ISO 3166 code",
        ),
        (
            "{duration: {from: jira, project: CHK, time: age, working: {hours: 9-5}}}",
            UP,
            "15:84: hours '9-5' is no span of a day: write it as 09:00-17:00",
        ),
        (
            "{series: {from: kpis, sheet: A, row: B, column: C, take: mean, over: ever}}",
            UP,
            "15:87: over 'ever' is no span: write 28 days, 4 weeks or cycle",
        ),
        (
            "{series: {from: jira, project: CHK, take: mean}}",
            UP,
            "15:19: series needs samples of a number, which connector jira cannot give",
        ),
        (
            "{formula: {value: a / b, of: {a: {count: {from: jira, project: CHK}}}}}",
            UP,
            "15:40: value: unknown name 'b' (at 1:5 of the expression): available: the names a;",
        ),
        (
            "{formula: {value: '2', of: {a: {count: {from: jira, project: CHK}}}}}",
            UP,
            "15:46: a is measured and not used in the value: remove it",
        ),
        (
            "{formula: {value: max(1), of: {max: {count: {from: jira, project: CHK}}}}}",
            UP,
            "15:49: 'max' cannot be a name in a formula",
        ),
        ("{formula: {of: {}}}", UP, "15:19: key 'value' is missing"),
        ("{ratio: {of: {rollup: [o]}, to: {count: {from: jira, project: CHK}}}}", UP, "15:32: a roll-up stands alone"),
        (
            "{ticked: [Design]}",
            "{baseline: 0%, target: 80%}",
            "15:19: there are no milestones to tick: add metric: {milestones:",
        ),
        ("{ticked: [Desing]}", STEPS, "15:28: 'Desing' is none of the milestones: did you mean 'Design'?"),
        ("{ticked: {Design: soon}}", STEPS, "15:36: Design was ticked on 'soon': write a date like 2026-10-12"),
        ("{count: {from: jira, project: CHK}}", STEPS, "15:9: milestones are ticked, not measured by count"),
        ("{ticked: [A]}", "{milestones: {A: 0}}", "14:34: A weighs 0: write more than 0, or remove the step"),
        ("{ticked: [A]}", "{milestones: [A], target: 3}", "14:18: milestones stand together with target"),
        ("{ticked: {}}", "{milestones: {}}", "14:30: milestones is"),
    ],
)
def test_what_makes_no_sense_is_placed_and_says_what_to_do(
    tmp_path: Path, written: str, metric: str, found: str
) -> None:
    assert problem(tmp_path, key_result(metric, written)).startswith(found)
