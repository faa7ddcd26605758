from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decimals import decimal_text
from mapping.errors import AmountError
from mapping.numbers import NumberStyle, RelativeKind, parse_amount, parse_value
from mapping.rules import Unit, UnitKind

PLAIN, EN, FR = NumberStyle.PLAIN, NumberStyle.EN, NumberStyle.FR


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("15 %", PLAIN, "0.15"),
        ("15%", PLAIN, "0.15"),
        ("15\u00a0%", FR, "0.15"),
        ("4.6/5", PLAIN, "4.6"),
        ("4,6/5", PLAIN, "4.6"),
        ("4,6/5", FR, "4.6"),
        ("4.6 / 5", EN, "4.6"),
        ("1 M", PLAIN, "1000000"),
        ("1M", PLAIN, "1000000"),
        ("1,5 M", FR, "1500000"),
        ("5 000", PLAIN, "5000"),
        ("5\u00a0000", PLAIN, "5000"),
        ("5\u202f000", FR, "5000"),
        ("5\u2009000", EN, "5000"),
        ("5,000", EN, "5000"),
        ("5,000", FR, "5"),
        ("12_000", PLAIN, "12000"),
        ("1,234,567", PLAIN, "1234567"),
        ("1,234.5", PLAIN, "1234.5"),
        ("1,234.5", EN, "1234.5"),
        ("1 234,5", FR, "1234.5"),
        ("1 234,5", PLAIN, "1234.5"),
        ("0,123", PLAIN, "0.123"),
        (".5", PLAIN, "0.5"),
        ("-7", PLAIN, "-7"),
        ("+7", PLAIN, "7"),
        ("1e6", PLAIN, "1000000"),
        ("1.5E-3", EN, "0.0015"),
        ("2 million", EN, "2000000"),
        ("3 milliards", FR, "3000000000"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, style: NumberStyle, value: str) -> None:
    assert parse_amount(text, style=style).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("2 M€", "2000000", "EUR"),
        ("€2M", "2000000", "EUR"),
        ("2 000 000 EUR", "2000000", "EUR"),
        ("EUR 2M", "2000000", "EUR"),
        ("2M EUR", "2000000", "EUR"),
        ("$1.5k", "1500", "USD"),
        ("-€5", "-5", "EUR"),
        ("€-5", "-5", "EUR"),
        ("CHF 100", "100", "CHF"),
    ],
)
def test_money_carries_its_currency_code(text: str, value: str, code: str) -> None:
    amount = parse_amount(text, style=PLAIN)
    assert amount.value == Decimal(value)
    assert amount.unit is not None
    assert (amount.unit.kind, amount.unit.currency) == (UnitKind.CURRENCY, code)


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("x10", RelativeKind.MULTIPLE, "10"),
        ("×10", RelativeKind.MULTIPLE, "10"),
        ("× 1.5", RelativeKind.MULTIPLE, "1.5"),
        ("10x", RelativeKind.MULTIPLE, "10"),
        ("double", RelativeKind.MULTIPLE, "2"),
        ("Doubled", RelativeKind.MULTIPLE, "2"),
        ("triple", RelativeKind.MULTIPLE, "3"),
        ("half", RelativeKind.MULTIPLE, "0.5"),
        ("+20%", RelativeKind.SHARE, "0.2"),
        ("-10 %", RelativeKind.SHARE, "-0.1"),
        ("− 10 %", RelativeKind.SHARE, "-0.1"),
        ("+10pp", RelativeKind.PERCENTAGE_POINTS, "0.1"),
        ("-2.5 percentage points", RelativeKind.PERCENTAGE_POINTS, "-0.025"),
        ("+10 pts", RelativeKind.POINTS, "10"),
    ],
)
def test_a_relative_amount_says_what_it_is_relative_to(text: str, kind: RelativeKind, amount: str) -> None:
    relative = parse_amount(text, style=PLAIN).relative
    assert relative is not None
    assert (relative.kind, relative.amount) == (kind, Decimal(amount))


@pytest.mark.parametrize("text", ["15 %", "5000", "2 M€", "4.6/5", "-7", "+7"])
def test_an_absolute_amount_is_not_relative(text: str) -> None:
    assert parse_amount(text, style=PLAIN).relative is None


@pytest.mark.parametrize(("text", "readings"), [("1,234", ("1234", "1.234")), ("5,000", ("5000", "5.000"))])
def test_two_readings_under_an_undeclared_style_are_an_error_that_names_both(
    text: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, style=PLAIN)
    assert all(reading in str(caught.value) for reading in readings)
    assert "declare the style" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", PLAIN),
        ("   ", PLAIN),
        ("abc", PLAIN),
        ("12 34", PLAIN),
        ("1.234,5", PLAIN),
        ("1.", PLAIN),
        ("5,", PLAIN),
        ("..", PLAIN),
        ("4,6", EN),
        ("1.5", FR),
        ("1,234,567", FR),
        ("1 234_567", PLAIN),
        ("12 bugs", PLAIN),
        ("2m", PLAIN),
        ("12 ABC", PLAIN),
        ("€5 EUR", PLAIN),
        ("€5 %", PLAIN),
        ("3/4", PLAIN),
        ("10/12", PLAIN),
        ("7/5", PLAIN),
        ("10 pp", PLAIN),
        ("--5", PLAIN),
        ("#N/A", PLAIN),
        ("NaN", PLAIN),
        ("Infinity", PLAIN),
        ("١٢", PLAIN),
        ("1e999", PLAIN),
        ("9" * 101, PLAIN),
    ],
)
def test_what_is_no_single_amount_is_refused(text: str, style: NumberStyle) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, style=style)


@pytest.mark.parametrize("text", ["x10", "double", "+10pp", "+10 pts"])
def test_a_cell_must_stand_for_itself(text: str) -> None:
    with pytest.raises(AmountError, match="relative to a baseline"):
        parse_value(text, style=PLAIN)


def test_a_negative_percentage_in_a_cell_is_a_value() -> None:
    amount = parse_value("-10 %", style=FR)
    assert (amount.value, amount.relative) == (Decimal("-0.1"), None)


@pytest.mark.parametrize(("text", "value"), [("done", 1), ("oui", 1), ("Not done", 0), ("non", 0)])
def test_done_and_not_done_are_one_and_zero(text: str, value: int) -> None:
    amount = parse_amount(text, style=PLAIN)
    assert amount.value == value
    assert amount.unit == Unit(kind=UnitKind.DONE)


numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=4)


@given(value=numbers)
def test_a_number_reads_the_same_in_every_notation(value: Decimal) -> None:
    english = f"{value:,.4f}"
    french = english.replace(",", "\u202f").replace(".", ",")
    assert parse_value(english, style=EN).value == value
    assert parse_value(french, style=FR).value == value
    assert parse_value(decimal_text(value), style=PLAIN).value == value


@given(text=st.text(max_size=30) | st.text("0123456789 .,_%€kMxE+-/", max_size=12), style=st.sampled_from(NumberStyle))
def test_any_text_is_an_amount_or_an_amount_error(text: str, style: NumberStyle) -> None:
    with suppress(AmountError):
        assert parse_amount(text, style=style).value.is_finite()


@pytest.mark.parametrize("text", ["5\n000", "5\t000", "5\x85000"])
def test_only_spaces_set_groups_apart(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, style=PLAIN)
