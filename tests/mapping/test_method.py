"""Every kind of key result of the method, as a rule, with its value and progress computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest

from mapping.canonical import rule_from_json, rule_json
from mapping.measure import measure_one
from mapping.metric import raw_progress, resolve_relative
from mapping.numbers import NumberStyle, parse_amount
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MetricKind,
    Period,
    Ratio,
    Unit,
    UnitKind,
)
from mapping.words import Sample, Selection, WorkItem
from tests.mapping.worlds import CYCLE, DOING, DONE, SECOND, SERIES, WORK, World, day, item, rule, sample

UP, DOWN, AT_LEAST, BINARY = MetricKind.INCREASE, MetricKind.DECREASE, MetricKind.AT_LEAST, MetricKind.BINARY
LATEST = Latest(selection=SERIES)
TWO_SERIES = Ratio(of=LATEST, to=Latest(selection=SECOND))
COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK)


def metric(target: str, baseline: str | None = None, kind: MetricKind = UP, per: Period | None = None) -> Metric:
    """Return the metric as an author would write it: ``15 %``, ``1 M``, ``x10``."""
    start = None if baseline is None else parse_amount(baseline, style=NumberStyle.PLAIN)
    goal = parse_amount(target, style=NumberStyle.PLAIN)
    unit = goal.unit or (start.unit if start is not None else None) or Unit()
    if goal.relative is not None and start is not None:
        unit = start.unit or Unit()
        value = resolve_relative(start.value, goal.relative, unit)
        return Metric(kind=kind, target=value, baseline=start.value, unit=unit, per=per, stated=target)
    return Metric(kind=kind, target=goal.value, baseline=None if start is None else start.value, unit=unit, per=per)


def of(kind: AggregateKind, name: str) -> Aggregate:
    return Aggregate(kind=kind, selection=WORK, field=name)


def where(text: str) -> Aggregate:
    return Aggregate(kind=AggregateKind.COUNT, selection=WORK, where=text)


def rows(*entries: tuple[str, int]) -> list[WorkItem]:
    return [item(str(n), DONE, on=day(on), numbers={"qualified": value}) for n, (on, value) in enumerate(entries)]


def people(*labels: str) -> list[WorkItem]:
    return [item(str(n), labels=(label,)) for n, label in enumerate(labels)]


def series(value: str, second: str | None = None) -> Mapping[Selection, Sequence[Sample]]:
    found: dict[Selection, Sequence[Sample]] = {SERIES: [sample(value, day("2026-11-01"))]}
    if second is not None:
        found[SECOND] = [sample(second, day("2026-11-01"), series=SECOND)]
    return found


@dataclass(frozen=True)
class Kind:
    about: str
    metric: Metric
    measure: Measure
    value: str
    progress: str
    items: Sequence[WorkItem] = ()
    samples: Mapping[Selection, Sequence[Sample]] | None = None
    now: str = "2026-12-15"


EVENINGS = [item(str(n), DONE, on=day(f"2026-{10 + n // 18}-{1 + n % 18:02}")) for n in range(30)]
EPIC = [item("1", DONE, parent="9"), item("2", DONE, parent="9"), item("3", DOING, parent="9"), item("9", level=1)]

KINDS = [
    # engagement 2 % at the start, so 4 % is meant; 3 % is half the way
    Kind("engagement rate doubled", metric("doubled", "2 %"), LATEST, "0.03", "0.5", samples=series("0.03")),
    Kind("5 000 followers", metric("5 000", "1 000"), LATEST, "4000", "0.75", samples=series("4000")),
    # October 30, November 24: 27 a month of 30
    Kind(
        "30 qualified leads a month",
        metric("30", "0", per=Period.MONTH),
        of(AggregateKind.SUM, "qualified"),
        "27",
        "0.9",
        rows(("2026-10-02", 10), ("2026-10-30", 20), ("2026-11-11", 24), ("2026-12-01", 3)),
    ),
    Kind("zero waste", metric("100 %", "60 %"), LATEST, "0.9", "0.75", samples=series("0.9")),
    Kind("offsets paid of computed", metric("100 %", "0 %"), TWO_SERIES, "0.25", "0.25", samples=series("30", "120")),
    Kind("materials compostable", metric("25 %", "5 %"), LATEST, "0.15", "0.5", samples=series("0.15")),
    Kind("materials biodegradable", metric("75 %", "50%"), LATEST, "0.6", "0.4", samples=series("0.6")),
    Kind("NPS of 42 or more", metric("42", kind=AT_LEAST), LATEST, "42", "1", samples=series("42")),
    Kind("NPS just below", metric("42", kind=AT_LEAST), LATEST, "41.9", "0", samples=series("41.9")),
    Kind("NPS from -20", metric("42", "-20", AT_LEAST), LATEST, "11", "0.5", samples=series("11")),
    Kind("order rating", metric("4,6/5", kind=AT_LEAST), LATEST, "4.6", "1", samples=series("4.6")),
    # 3 of 4 in a blind tasting prefer us
    Kind(
        "preferred in a blind tasting",
        metric("75 %", "0 %"),
        Ratio(of=where('"ours" in item.labels'), to=COUNT),
        "0.75",
        "1",
        people("ours", "theirs", "ours", "ours"),
    ),
    Kind("a million visitors", metric("1 M", "0"), LATEST, "250000", "0.25", samples=series("250000")),
    # 500 become 5,000; 2,750 is half the way
    Kind("followers times ten", metric("×10", "500"), LATEST, "2750", "0.5", samples=series("2750")),
    Kind("members integrated", metric("1 000", "0"), where("item.done"), "2", "0.002", [*EPIC]),
    Kind("recommendation of 8 or more", metric("8", kind=AT_LEAST), LATEST, "7.5", "0", samples=series("7.5")),
    Kind(
        "active users with the feature",
        metric("40 %", "0 %"),
        Ratio(of=where("has(item.uses) && item.uses > 0"), to=COUNT),
        "0.2",
        "0.5",
        [item(str(n), numbers={"uses": 3} if n == 0 else None) for n in range(5)],
    ),
    # from 15 % to 25 % are ten points: 20 % is half the way
    Kind("conversion", metric("25 %", "15 %"), LATEST, "0.2", "0.5", samples=series("0.2")),
    Kind("conversion in points", metric("+10pp", "15 %"), LATEST, "0.2", "0.5", samples=series("0.2")),
    # 3.5 becomes 4.2
    Kind("satisfaction", metric("+20%", "3.5"), LATEST, "3.85", "0.5", samples=series("3.85")),
    Kind("survey participation", metric("90 %", "0 %"), TWO_SERIES, "0.45", "0.5", samples=series("54", "120")),
    Kind("positive feedback doubled", metric("double", "12"), COUNT, "18", "0.5", people(*["praise"] * 18)),
    Kind("recurring revenue", metric("2 M€", "1 M€"), LATEST, "1250000", "0.25", samples=series("1250000")),
    Kind("renewals", metric("+ 25 %", "400"), LATEST, "450", "0.5", samples=series("450")),
    # 8 % goes down to 7.2 %; 7.4 % is three quarters of the way
    Kind("churn", metric("− 10 %", "8 %", DOWN), LATEST, "0.074", "0.75", samples=series("0.074")),
    # 18 evenings in October, 12 in November: 15 of 20
    Kind("home for dinner", metric("20", "0", per=Period.MONTH), COUNT, "15", "0.75", EVENINGS),
    Kind("no internet in family time", metric("done", kind=BINARY), LATEST, "0", "0", samples=series("0")),
    Kind("no internet, kept", metric("done", kind=BINARY), LATEST, "1", "1", samples=series("1")),
    # two of the epic's three stories; the epic itself counts for nothing
    Kind(
        "initiative launched", COMPLETION_METRIC, Completion(selection=WORK), "0.666666666667", "0.666666666667", EPIC
    ),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.about)
def test_each_kind_of_the_method_gives_the_value_computed_by_hand(kind: Kind) -> None:
    world = World({WORK: kind.items}, kind.samples or {})
    reading = measure_one(rule(kind.measure, kind.metric), CYCLE, world, day(kind.now))
    assert reading.no_data is None
    assert reading.value == Decimal(kind.value)
    assert raw_progress(kind.metric, reading.value, CYCLE) == Decimal(kind.progress)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.about)
def test_each_kind_of_the_method_can_be_kept_and_measured_again(kind: Kind) -> None:
    assert rule_from_json(rule_json(kind.metric, kind.measure)) == (kind.metric, kind.measure)


def test_money_and_percentages_carry_their_unit() -> None:
    units = {kind.about: kind.metric.unit for kind in KINDS}
    assert units["recurring revenue"] == Unit(kind=UnitKind.CURRENCY, currency="EUR")
    assert units["conversion"].kind is UnitKind.PERCENT
    assert units["order rating"].name == "/5"
