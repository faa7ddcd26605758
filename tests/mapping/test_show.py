from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.numbers import NumberStyle, parse_value
from mapping.rules import Metric, MetricKind, Period, Unit, UnitKind
from mapping.show import Lang, show_delta, show_metric, show_progress, show_value
from tests.mapping.worlds import number

PERCENT = Unit(kind=UnitKind.PERCENT)
EURO = Unit(kind=UnitKind.CURRENCY, currency="EUR")


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        ("0.25", PERCENT, "25%", "25\u202f%"),
        ("0.12345", PERCENT, "12.3%", "12,3\u202f%"),
        ("2000000", EURO, "€2,000,000", "2\u202f000\u202f000\u00a0€"),
        ("-1234.5", EURO, "-€1,234.50", "-1\u202f234,50\u00a0€"),
        ("12.7", Unit(kind=UnitKind.CURRENCY, currency="JPY"), "¥13", "13\u00a0¥"),
        ("99.5", Unit(kind=UnitKind.CURRENCY, currency="CHF"), "CHF 99.50", "99,50\u00a0CHF"),
        ("4.6", Unit(), "4.6", "4,6"),
        ("4.6", Unit(name="/5"), "4.6/5", "4,6/5"),
        ("1234.567", Unit(), "1,234.57", "1\u202f234,57"),
        ("0.00123", Unit(), "0.0012", "0,0012"),
        ("-0.001", Unit(), "-0.001", "-0,001"),
        ("12", Unit(name="bugs"), "12 bugs", "12 bugs"),
        ("1", Unit(kind=UnitKind.DONE), "done", "fait"),
        ("0", Unit(kind=UnitKind.DONE), "not done", "pas fait"),
        ("-0", Unit(), "0", "0"),
    ],
)
def test_values_read_as_people_write_them(value: str, unit: Unit, english: str, french: str) -> None:
    assert show_value(Decimal(value), unit) == english
    assert show_value(Decimal(value), unit, "fr") == french


def test_no_value_is_a_dash() -> None:
    assert show_value(None, Unit()) == show_progress(None) == "–"


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        ("0", "0%"),
        ("0.001", "1%"),
        ("0.335", "34%"),
        ("0.999", "99%"),
        ("1", "100%"),
        ("1.254", "125%"),
        ("-0.001", "-1%"),
        ("-0.5", "-50%"),
    ],
)
def test_progress_never_rounds_to_all_or_nothing(progress: str, shown: str) -> None:
    assert show_progress(Decimal(progress)) == shown


@pytest.mark.parametrize(
    ("amount", "unit", "english", "french"),
    [
        ("0.031", PERCENT, "+3.1 pp", "+3,1\u202fpts"),
        ("-0.046", PERCENT, "-4.6 pp", "-4,6\u202fpts"),
        ("-500", EURO, "-€500", "-500\u00a0€"),
        ("3", Unit(name="bugs"), "+3", "+3"),
        ("1", Unit(kind=UnitKind.DONE), "+1", "+1"),
    ],
)
def test_a_change_has_a_sign_and_percentages_change_by_points(
    amount: str, unit: Unit, english: str, french: str
) -> None:
    assert show_delta(Decimal(amount), unit) == english
    assert show_delta(Decimal(amount), unit, "fr") == french


BUGS = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10), unit=Unit(name="bugs"))
LEADS = Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(30), per=Period.MONTH)
TENFOLD = Metric(kind=MetricKind.INCREASE, baseline=Decimal(500), target=Decimal(5000), stated="x10")


@pytest.mark.parametrize(
    ("metric", "lang", "shown"),
    [
        (BUGS, "en", "40 → 10 bugs"),
        (number(42, None, MetricKind.AT_LEAST), "en", "at least 42"),
        (number(42, None, MetricKind.AT_LEAST), "fr", "au moins 42"),
        (number(42, 20, MetricKind.AT_LEAST), "en", "20 → at least 42"),
        (number(3, None, MetricKind.AT_MOST), "fr", "au plus 3"),
        (LEADS, "en", "30 per month"),
        (LEADS, "fr", "30 par mois"),
        (TENFOLD, "en", "500 → 5,000 (x10)"),
        (number(1, None, MetricKind.BINARY), "en", "done"),
    ],
)
def test_a_metric_reads_as_the_way_to_go(metric: Metric, lang: Lang, shown: str) -> None:
    assert show_metric(metric, lang) == shown


money = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@given(value=money, lang=st.sampled_from(["en", "fr"]))
def test_what_is_shown_can_be_read_back(value: Decimal, lang: Lang) -> None:
    for unit in (EURO, Unit()):
        assert parse_value(show_value(value, unit, lang), style=NumberStyle(lang)).value == value
