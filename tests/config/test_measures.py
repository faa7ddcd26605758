"""Measures: their own keys and the selection's told apart, and filters checked where they stand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mapping.rules import Aggregate, Completion, Latest, Measure, MissingEstimate, Ratio, WontDo
from tests.config.kit import key_result, loaded, place_of, problem, problems


def measure(folder: Path, written: str, metric: str = "{baseline: 0%, target: 80%}") -> Measure:
    (found,) = loaded(folder, key_result(metric, written)).key_results()
    return found.measure


def test_every_policy_of_a_completion_is_read(tmp_path: Path) -> None:
    found = measure(
        tmp_path,
        "{completion: {from: jira, epic: CHK-12, by: story_points, where: item.level == 0, done: [Shipped], "
        "wont_do: open, leaves: no, missing: 2.5, in_progress: 0.5}}",
    )
    assert isinstance(found, Completion)
    assert (found.by, found.where, found.done_statuses) == ("story_points", "item.level == 0", ("Shipped",))
    assert (found.wont_do, found.leaves, found.in_progress) == (WontDo.OPEN, False, Decimal("0.5"))
    assert (found.missing, found.missing_value) == (MissingEstimate.FIXED, Decimal("2.5"))
    assert found.selection.terms() == {"epic": "CHK-12"}


def test_what_measure_and_selection_both_know_is_told_apart_by_its_form(tmp_path: Path) -> None:
    found = measure(
        tmp_path,
        "{completion: {from: kpis, table: Tasks, done: {column: State, is: [ok]}, wont_do: done, in_progress: 0.25}}",
    )
    assert isinstance(found, Completion)
    assert found.selection.terms() == {"table": "Tasks", "done": {"column": "State", "is": ["ok"]}}
    assert (found.wont_do, found.in_progress, found.done_statuses) == (WontDo.DONE, Decimal("0.25"), ())


def test_a_selection_takes_numbers_and_dates_as_the_text_they_are(tmp_path: Path) -> None:
    found = measure(tmp_path, "{latest: {from: kpis, sheet: 2026, row: 007, column: 2026-10-01}}")
    assert isinstance(found, Latest)
    assert found.selection.terms() == {"sheet": "2026", "row": "007", "column": "2026-10-01"}


def test_a_ratio_may_draw_on_several_connections_and_lists_the_fields_of_each(tmp_path: Path) -> None:
    written = (
        "{ratio: {of: {sum: {from: kpis, table: T, field: Paid, where: item.Region == 'EU'}}, "
        "to: {sum: {from: jira, project: CHK, field: cost, where: 'item.numbers[\"risk\"] > 1.0'}}}}"
    )
    config = loaded(tmp_path, key_result("{baseline: 0%, target: 80%}", written))
    (found,) = config.key_results()
    assert isinstance(found.measure, Ratio)
    assert isinstance(found.measure.of, Aggregate)
    assert config.fields_of("kpis") == {"Paid", "Region"}
    assert config.fields_of("jira") == {"cost", "risk"}
    assert [each.connection for each in config.selections_of("jira")] == ["jira"]
    assert config.fields_of("nobody") == frozenset()


def test_what_every_item_has_is_no_field_to_ask_the_vendor_for(tmp_path: Path) -> None:
    written = "{count: {from: jira, project: CHK, where: 'has(item.done_at) && \"x\" in item.labels && !item.done'}}"
    assert loaded(tmp_path, key_result(measure=written)).fields_of("jira") == frozenset()


def test_equal_selections_are_pulled_once(tmp_path: Path) -> None:
    text = key_result() + key_result().partition("    key_results:\n")[2].replace("      k:", "      other:")
    config = loaded(tmp_path, text)
    assert len(config.key_results()) == 2
    assert len(config.selections_of("jira")) == 1


@pytest.mark.parametrize("where", ["item.kind = 1", '"item.kind = 1"', "'item.kind = 1'"])
def test_a_fault_in_a_filter_is_placed_inside_its_text(tmp_path: Path, where: str) -> None:
    text = key_result(measure=f"{{count: {{from: jira, project: CHK, where: {where}}}}}")
    found = problem(tmp_path, text)
    assert found.startswith(f"{place_of(text, '= 1')}: where: "), found
    assert "available: item.done" in found


def test_a_fault_in_a_filter_of_several_lines_says_where_in_the_filter(tmp_path: Path) -> None:
    written = "\n          count:\n            from: jira\n            project: CHK\n            where: |\n"
    written += "              item.done &&\n              item.kind = 1"
    found = problem(tmp_path, key_result(measure=written))
    assert found.startswith("19:20: where: ")
    assert "(at 2:11 of the expression)" in found


def test_a_variable_in_a_selection_is_refused_rather_than_asked_of_the_vendor(tmp_path: Path) -> None:
    found = problem(tmp_path, key_result(measure="{count: {from: jira, project: '${PROJECT}'}}"))
    assert found.startswith("15:48: ${PROJECT} is not filled in here")


def test_a_misspelled_selection_is_told_once(tmp_path: Path) -> None:
    found = problem(tmp_path, key_result(measure="{count: {from: jira, projekt: CHK}}"))
    assert found.startswith("15:39: unknown key 'projekt': did you mean 'project'?")


def test_a_thousands_comma_in_braces_is_explained(tmp_path: Path) -> None:
    text = key_result("{baseline: 10, target: 1,234}")
    found = problem(tmp_path, text)
    assert found.startswith(f"{place_of(text, '234}')}: '234' stands where a key should: inside {{…}} a comma ends")


def test_percent_without_its_sign_says_what_it_would_mean(tmp_path: Path) -> None:
    found = problems(tmp_path, key_result("{baseline: 15, target: 25, unit: percent}"))
    assert found == [
        "14:28: baseline: 15 means 1500 %: write 15%",
        "14:40: target: 25 means 2500 %: write 25%",
    ]


def test_an_amount_without_a_unit_beside_one_with_a_unit_is_refused_unless_it_is_zero(tmp_path: Path) -> None:
    assert "has no unit beside" in problem(tmp_path, key_result("{baseline: 1.2, target: 2 M€}"))
    (found,) = loaded(tmp_path, key_result("{baseline: 0, target: 2 M€}")).key_results()
    assert found.metric.unit.currency == "EUR"


def test_a_completion_beyond_100_percent_is_refused(tmp_path: Path) -> None:
    written = "{completion: {from: jira, epic: CHK-12}}"
    assert "is never reached" in problem(tmp_path, key_result("{baseline: 0, target: 120%}", written))


def test_numbers_are_read_in_the_style_the_file_declares(tmp_path: Path) -> None:
    text = key_result("{baseline: 1, target: '1,234'}")
    targets = {}
    for style in ("en", "fr"):
        (found,) = loaded(tmp_path, f"numbers: {style}\n{text}").key_results()
        targets[style] = found.metric.target
    assert targets == {"en": Decimal(1234), "fr": Decimal("1.234")}
