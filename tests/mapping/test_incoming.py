"""Rows to OKRs: what is understood, what is assumed, and what is refused with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mapping.incoming import Around, Incoming, incoming
from mapping.numbers import NumberStyle
from mapping.rows import BadRowsError, Entry, Row
from mapping.rules import (
    ByHand,
    Cycle,
    Metric,
    MetricKind,
    Mode,
    ObjectiveKind,
    Period,
    PeriodPolicy,
    Unit,
    UnitKind,
)

CYCLE = Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
AROUND = Around(cycles={CYCLE.id: CYCLE}, cycle=CYCLE.id)
PERCENT = Unit(kind=UnitKind.PERCENT)
EUROS = Unit(kind=UnitKind.CURRENCY, currency="EUR")


def row(number: int = 2, /, **texts: str) -> Row:
    entries = {name: Entry(text, f"t.csv, line {number}, {name}") for name, text in texts.items()}
    return Row(place=f"t.csv, line {number}", entries=entries)


def read(*rows: Row, around: Around = AROUND) -> Incoming:
    return incoming(rows, around)


def metric(**texts: str) -> Metric:
    found = read(row(objective_title="Grow", title="A thing", **texts))
    return found.objectives[0].key_results[0].metric


def refused(*rows: Row, around: Around = AROUND) -> str:
    with pytest.raises(BadRowsError) as caught:
        read(*rows, around=around)
    return str(caught.value)


def test_a_row_becomes_an_objective_with_a_key_result_that_people_check_in() -> None:
    found = read(
        row(
            objective_title="Grow the shop",
            objective_kind="Engagé",
            team="Shop",
            title="Bugs down",
            owner="ana",
            baseline="40",
            target="10",
            value="25",
            confidence="70%",
            author="ben",
            checked_in_at="2026-11-02",
            note="better",
        )
    )
    (objective,) = found.objectives
    (part,) = objective.key_results
    assert (objective.id, objective.kind, objective.team) == ("grow-the-shop", ObjectiveKind.COMMITTED, "Shop")
    assert (part.id, part.measure, part.mode) == ("grow-the-shop/bugs-down", ByHand(), Mode.MANUAL)
    assert part.metric == Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10))
    (said,) = found.check_ins
    assert (said.value, said.confidence, said.author, said.note) == (Decimal(25), Decimal("0.7"), "ben", "better")
    assert said.at == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ({"target": "42"}, Metric(kind=MetricKind.AT_LEAST, target=Decimal(42))),
        (
            {"baseline": "15", "target": "25", "unit": "%"},
            Metric(kind=MetricKind.INCREASE, baseline=Decimal("0.15"), target=Decimal("0.25"), unit=PERCENT),
        ),
        (
            {"baseline": "15%", "target": "25%"},
            Metric(kind=MetricKind.INCREASE, baseline=Decimal("0.15"), target=Decimal("0.25"), unit=PERCENT),
        ),
        (
            {"baseline": "1.2M€", "target": "2M€"},
            Metric(kind=MetricKind.INCREASE, baseline=Decimal(1200000), target=Decimal(2000000), unit=EUROS),
        ),
        (
            {"target": "20", "upper": "25"},
            Metric(kind=MetricKind.BETWEEN, target=Decimal(20), upper=Decimal(25)),
        ),
        (
            {"baseline": "0", "target": "30", "per": "month", "over": "worst", "unit": "leads"},
            Metric(
                kind=MetricKind.INCREASE,
                baseline=Decimal(0),
                target=Decimal(30),
                per=Period.MONTH,
                over=PeriodPolicy.WORST,
                unit=Unit(name="leads"),
            ),
        ),
        (
            {"unit": "fait"},
            Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE)),
        ),
    ],
)
def test_numbers_tell_the_metric(texts: dict[str, str], wanted: Metric) -> None:
    assert metric(**texts) == wanted


def test_cells_in_per_cent_are_fractions_and_french_texts_are_read_when_said() -> None:
    entries = {
        "objective_title": Entry("Grow", "p"),
        "title": Entry("A", "p"),
        "target": Entry("0.25", "p", percent=True, exact=True),
    }
    found = read(Row(place="p", entries=entries)).objectives[0].key_results[0].metric
    assert (found.target, found.unit) == (Decimal("0.25"), PERCENT)
    french = Around(cycles=AROUND.cycles, cycle=CYCLE.id, numbers=NumberStyle.FR)
    rows = row(objective_title="Grow", title="A", baseline="4,2", target="1 234,5")
    assert read(rows, around=french).objectives[0].key_results[0].metric.target == Decimal("1234.5")


def test_without_numbers_the_title_tells_and_else_it_is_done_or_not() -> None:
    found = read(
        row(objective_title="Grow", title="Grow MRR from $120k to $200k"),
        row(3, objective_title="Grow", title="Hire somebody kind"),
    )
    first, second = found.objectives[0].key_results
    assert (first.metric.baseline, first.metric.target) == (Decimal(120000), Decimal(200000))
    assert second.metric.kind is MetricKind.BINARY
    assert [remark.partition(": ")[0] for remark in found.remarks] == ["t.csv, line 2", "t.csv, line 3"]


def test_a_cycle_that_is_not_known_is_made_from_its_dates() -> None:
    rows = row(cycle="Q1 2027", starts_on="2027-01-01", ends_on="2027-04-01", objective_title="Grow")
    found = read(rows, around=Around(cycles={}, timezone="Europe/Paris"))
    cycle = found.objectives[0].cycle
    assert (cycle.id, cycle.starts_on, cycle.ends_on) == ("q1-2027", date(2027, 1, 1), date(2027, 4, 1))
    assert cycle.timezone == "Europe/Paris"
    assert found.objectives[0].key_results == ()


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"target": "many"}, "line 2, target: 'many' is no number: write one such as"),
        ({"target": "10", "baseline": "10"}, "baseline and target are both 10"),
        ({"baseline": "10"}, "has a baseline and no target"),
        ({"target": "10", "kind": "sideways"}, "'sideways' is none of increase"),
        ({"target": "10", "commit": "5"}, "commit and stretch stand together"),
        ({"target": "10", "kind": "between"}, "a band has two edges"),
        ({"target": "10", "value": "5%"}, "is in another unit than the row"),
        ({"target": "10", "value": "5", "checked_in_at": "yesterday"}, "'yesterday' is no date"),
        ({"target": "10", "value": "5", "confidence": "700"}, "a confidence lies between"),
        ({"target": "10", "weight": "-1"}, "a weight is 0 or more"),
        ({"target": "10", "key_result_id": "no id!"}, "'no id!' is no id"),
    ],
)
def test_what_cannot_be_taken_over_is_named_with_its_place(texts: dict[str, str], says: str) -> None:
    assert says in refused(row(objective_title="Grow", title="A", **texts))


def test_all_troubles_are_told_at_once() -> None:
    text = refused(
        row(2, title="A"),
        row(3, objective_title="Grow", title="A", target="x"),
        row(4, objective_title="Grow", title="B", target="1"),
        row(5, objective_title="Grow", title="B", target="1"),
        row(6, objective_id="grow", objective_title="Shrink"),
    )
    assert [line.partition(",")[2][:7] for line in text.splitlines()] == [" line 2", " line 3", " line 5", " line 6"]
    assert "names no cycle" in refused(row(objective_title="Grow"), around=Around(cycles={}))
    assert "is not known" in refused(row(objective_title="Grow", cycle="q9"), around=Around(cycles={}))
