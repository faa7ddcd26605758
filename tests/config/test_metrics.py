"""Bands, strict thresholds, zones, points and currencies, as a rules file states them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mapping.rules import Metric, MetricKind, Running, UnitKind
from tests.config.kit import HEAD, key_result, loaded, problem

SERIES = "{latest: {from: kpis, sheet: Money, row: MRR, column: Now}}"
CURRENCIES = "currencies: {base: EUR, rates: {2026-10-01: {USD: 1.08, GBP: 0.85}, 2026-09-01: {USD: 1.1}}}\n"


def metric(folder: Path, written: str, measure: str = "{count: {from: jira, project: CHK}}", head: str = "") -> Metric:
    (found,) = loaded(folder, head + key_result(written, measure)).key_results()
    return found.metric


def test_strict_thresholds_are_written_out(tmp_path: Path) -> None:
    assert metric(tmp_path, "{above: 42}").kind is MetricKind.ABOVE
    assert metric(tmp_path, "{baseline: 11, below: 3}").kind is MetricKind.BELOW


def test_a_band_has_two_edges_and_may_have_a_baseline_outside(tmp_path: Path) -> None:
    found = metric(tmp_path, "{baseline: 10%, between: [20%, 25%]}")
    assert (found.kind, found.target, found.upper) == (MetricKind.BETWEEN, Decimal("0.2"), Decimal("0.25"))
    assert (found.baseline, found.unit.kind) == (Decimal("0.1"), UnitKind.PERCENT)


def test_zones_stand_around_the_target(tmp_path: Path) -> None:
    found = metric(tmp_path, "{baseline: 0, commit: 40, target: 70, stretch: 100}")
    assert (found.commit, found.target, found.stretch) == (Decimal(40), Decimal(70), Decimal(100))


def test_percentage_points_are_kept_as_a_fraction(tmp_path: Path) -> None:
    found = metric(tmp_path, "{baseline: 0, target: 5, unit: pp}")
    assert (found.target, found.unit.kind) == (Decimal("0.05"), UnitKind.POINTS)


def test_the_running_period_has_a_policy(tmp_path: Path) -> None:
    found = metric(tmp_path, "{baseline: 0, target: 30, per: month, running: prorate}")
    assert found.running is Running.PRORATE


def test_rates_go_with_the_metrics_that_may_need_them(tmp_path: Path) -> None:
    found = metric(tmp_path, "{baseline: 1 M€, target: 2 M€}", SERIES, CURRENCIES)
    assert found.rates is not None
    assert [(f"{day}", dict(table)) for day, table in found.rates.days] == [
        ("2026-09-01", {"USD": Decimal("1.1")}),
        ("2026-10-01", {"GBP": Decimal("0.85"), "USD": Decimal("1.08")}),
    ]
    assert metric(tmp_path, "{baseline: 10, target: 20}", SERIES, CURRENCIES).rates is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{between: 20}", "14:27: between is '20': write its two edges, as between: [20, 25]"),
        ("{between: [20]}", "14:27: between is 1 amounts: write its two edges, as between: [20, 25]"),
        ("{between: [25, 20]}", "14:32: the band from 25 and 20 is empty: write the lesser amount first"),
        ("{between: [20, lots]}", "14:32: between: 'lots' is no amount: write a number, as 1234.5, 15 %, 2 M€, x10"),
        ("{baseline: 22, between: [20, 25]}", "14:42: baseline 22 is within the band already: leave out the baseline"),
        ("{baseline: 0, commit: 4, target: 7}", "14:31: commit stands without stretch: add stretch:"),
        ("{baseline: 0, commit: 9, target: 7, stretch: 10}", "14:39: baseline, commit, target and stretch are 0, 9, 7"),
        (
            "{at_least: 7, commit: 4, stretch: 9}",
            "14:31: commit and stretch stand around a target, not around at_least",
        ),
        ("{above: 3, below: 9}", "14:28: above and below stand together: keep one of them"),
        ("{above: 3, running: count}", "14:28: running says nothing without per: add per: month, or remove running"),
        ("{baseline: 0, target: 5%, unit: pp}", "14:39: target '5%' is in another unit than percentage points"),
    ],
)
def test_what_makes_no_sense_is_placed_and_says_what_to_do(tmp_path: Path, written: str, found: str) -> None:
    assert problem(tmp_path, key_result(written)).startswith(found)


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("{base: EUR, rates: {2026-10-01: {UDS: 1.08}}}", "1:46: 'UDS' is no currency code: did you mean"),
        ("{base: EUR, rates: {2026-10-01: {EUR: 1}}}", "1:46: EUR is the base, so its rate is 1: remove it"),
        ("{base: EUR, rates: {2026-10-01: {USD: 0}}}", "1:51: USD: input should be greater than 0"),
        ("{base: EUR}", "1:1: key 'rates' is missing: add `rates:`"),
        ("[EUR]", "1:13: currencies is a list: write keys with values, indented below it"),
    ],
)
def test_a_wrong_table_of_rates_is_told_at_its_place(tmp_path: Path, section: str, found: str) -> None:
    text = f"currencies: {section}\n{HEAD}      k: {{title: t, metric: {{at_least: 1}}, measure: {SERIES}}}\n"
    assert problem(tmp_path, text).startswith(found)
