"""What one period keeps, and how numbers are written and ranked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.cells import cell_for
from mapping.decimals import decimal_text, percentile, quotient, tidy, total
from mapping.rules import AggregateKind

VALUES = ((Decimal(4), 1), (Decimal(1), 3), (Decimal(7), 2))


@pytest.mark.parametrize(
    # 4, 1, 1, 1, 7, 7
    ("kind", "value"),
    [
        (AggregateKind.SUM, "21"),
        (AggregateKind.AVERAGE, "3.5"),
        (AggregateKind.MIN, "1"),
        (AggregateKind.MAX, "7"),
        (AggregateKind.MEDIAN, "2.5"),
        (AggregateKind.PERCENTILE, "7"),  # the 80th: rank 4 of 0 to 5
        (AggregateKind.DISTINCT, "3"),
    ],
)
def test_a_cell_takes_values_at_once_or_in_parts(kind: AggregateKind, value: str) -> None:
    whole, first, second = (cell_for(kind, Decimal(80)) for _ in range(3))
    for amount, times in VALUES:
        whole.add(amount, times)
    first.add(*VALUES[0])
    first.add(*VALUES[1])
    second.add(*VALUES[2])
    first.merge(second)
    first.merge(cell_for(kind, Decimal(80)))
    assert whole.value() == first.value() == Decimal(value)
    assert whole.count == first.count == 6


@pytest.mark.parametrize("kind", [AggregateKind.AVERAGE, AggregateKind.MIN, AggregateKind.MAX, AggregateKind.MEDIAN])
def test_an_empty_cell_has_nothing_to_take(kind: AggregateKind) -> None:
    assert cell_for(kind, None).value() is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("-0.0", "0"),
        ("0", "0"),
        ("-0", "0"),
        ("2E+6", "2000000"),
        ("0.2500", "0.25"),
        ("100", "100"),
        ("-1.50", "-1.5"),
    ],
)
def test_a_number_is_written_with_all_its_digits_and_no_more(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text
    assert tidy(Decimal(value)).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    ("p", "value"), [("0", "10"), ("25", "17.5"), ("50", "25"), ("90", "37"), ("99.9", "39.97"), ("100", "40")]
)
def test_a_percentile_lies_between_its_neighbours_in_proportion(p: str, value: str) -> None:
    four = {Decimal(each): 1 for each in (40, 10, 30, 20)}
    assert percentile(four, Decimal(p)) == Decimal(value)


def test_a_percentile_counts_how_often_a_value_occurs() -> None:
    assert percentile({Decimal(1): 3, Decimal(9): 1}, Decimal(50)) == 1
    assert percentile({Decimal(1): 2, Decimal(9): 2}, Decimal(50)) == 5
    assert percentile({Decimal(5): 1}, Decimal(90)) == 5


def test_sums_and_quotients_are_exact_beyond_the_usual_28_digits() -> None:
    great, small = Decimal(10) ** 30, Decimal("1e-12")
    assert total([great, small, -great]) == small
    assert quotient(Decimal(2), Decimal(3)) == Decimal("0.666666666667")
    assert quotient(great * 2, Decimal(3)) == Decimal("666666666666666666666666666666.666666666667")
    with pytest.raises(ZeroDivisionError, match="5 / 0"):
        quotient(Decimal(5), Decimal(0))
