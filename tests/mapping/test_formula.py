"""Expressions over named numbers: what each part of the language gives, and how a fault is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.errors import RuleError
from mapping.formula import DEEPEST, LONGEST_NUMBER, NothingError, compile_formula, with_numbers

VALUES = {"a": Decimal(3), "b": Decimal(1), "n": None}
NAMES = frozenset(VALUES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a > b ? a : b", 3),
        ("a < b ? a : b", 1),
        ("a < 1 ? 10 : a < 4 ? 20 : 30", 20),
        ("!(a > b) ? 1 : 2", 2),
        ("!(a < b) ? 1 : 2", 1),
        ("!!(a > b) ? 1 : 2", 1),
        ("!has(n) ? 1 : 2", 1),
        ("has(a) ? 1 : 2", 1),
        ("a >= 3 && a <= 3 && a == 3 ? 1 : 2", 1),
        ("a > 3 || a < 3 || a != 3 ? 1 : 2", 2),
        ("true && false ? 1 : 2", 2),
        ("true == !false ? 1 : 2", 1),
        ("(a > b) == (b > a) ? 1 : 2", 2),
        ("true || n > 1 ? 1 : 2", 1),
        ("false && n > 1 ? 1 : 2", 2),
        ("- - a", 3),
        ("-a + b", -2),
        ("12 / 4 / 3", 1),
        ("12 / (4 / 2)", 6),
        ("2 * 7 % 4", 2),
        ("-7 % 4", -3),
        ("min(a)", 3),
        ("max(b, a, 2)", 3),
        ("min(b, a, 2)", 1),
        ("abs(b - a)", 2),
        ("1.5e-1 * 10", "1.5"),
        ("  a  ", 3),
    ],
)
def test_each_part_of_the_language(text: str, value: int | str) -> None:
    assert compile_formula(text, NAMES).value(VALUES) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("a + $", 5, "this is no part of an expression"),
        ("a $", 3, "this is no part of an expression"),
        ("a b", 3, "'b' cannot follow here"),
        ("a >", 4, "it ends too early"),
        ("a + * b", 5, "'*' stands where a number or name should"),
        ("a > b", 1, "this is true or false, and a number is needed"),
        ("a + (a > b)", 5, "this is true or false, and a number is needed"),
        ("a ? 1 : 2", 1, "this is a number, and true or false is needed"),
        ("a > b ? 1 : true", 13, "this is true or false, and a number is needed"),
        ("a > b ? 1", 10, "':' is needed before the end"),
        ("(a", 3, "')' is needed before the end"),
        ("(a b", 4, "')' is needed before 'b'"),
        ("x + 1", 1, "unknown name 'x'"),
        ("sum(a)", 1, "there is no function 'sum'"),
        ("abs(a, b)", 1, "abs takes one number"),
        ("has(x)", 5, "has takes one of the names"),
        ("has(1)", 5, "has takes one of the names"),
        ("1 + has(a)", 5, "this is true or false, and a number is needed"),
        ("!a ? 1 : 2", 2, "this is a number, and true or false is needed"),
        ("-(a > b)", 2, "this is true or false, and a number is needed"),
    ],
)
def test_a_fault_is_told_with_its_column_and_what_there_is(text: str, at: int, what: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_formula(text, NAMES)
    assert str(caught.value) == (
        f"formula {text!r} has a fault at 1:{at}: {what}; available: the names a, b, n; + - * / %, comparisons, "
        "&& || !, a ? b : c, min, max, abs, has"
    )


def test_brackets_and_signs_are_as_deep_as_is_allowed_and_no_deeper() -> None:
    for deep, most in ((f"{'(' * (DEEPEST - 1)}a{')' * (DEEPEST - 1)}", True), ("-" * (DEEPEST - 1) + "a", False)):
        assert abs(compile_formula(deep, NAMES).value(VALUES)) == 3
        with pytest.raises(RuleError, match=f"more than {DEEPEST} levels of {'brackets' if most else 'signs'}"):
            compile_formula(f"({deep})" if most else f"-{deep}", NAMES)
    # what is closed counts no more
    beside = " + ".join(["(a)"] * DEEPEST * 2)
    assert compile_formula(beside, NAMES).value(VALUES) == 6 * DEEPEST
    assert compile_formula(" + ".join(["-a"] * DEEPEST * 2), NAMES).value(VALUES) == -6 * DEEPEST


def test_numbers_and_results_are_held_within_measure() -> None:
    longest = "1" * LONGEST_NUMBER
    assert compile_formula(longest, NAMES).value({}) == Decimal(longest)
    with pytest.raises(RuleError, match=f"a number of {LONGEST_NUMBER + 1} characters, at most {LONGEST_NUMBER}"):
        compile_formula(longest + "1", NAMES)
    assert compile_formula("1e39 * 9", NAMES).value({}) == Decimal("9e39")
    for great in ("1e39 * 10", "0 - 1e39 * 10", "1e90 * 1e90"):
        with pytest.raises(RuleError, match="gives more than 1e40: check its terms"):
            compile_formula(great, NAMES).value({})


def test_what_has_no_value_is_named_and_a_divisor_of_0_is_quoted() -> None:
    for text, why in (("a + n", "n"), ("a / (b - 1)", "the divisor (b - 1) is 0"), ("a % (b-1) + 1", "(b-1) is 0")):
        with pytest.raises(NothingError) as caught:
            compile_formula(text, NAMES).value(VALUES)
        assert str(caught.value).endswith(why)


def test_the_names_that_are_used_are_shown_with_their_numbers() -> None:
    assert with_numbers(compile_formula("b + a * 2", NAMES), VALUES) == "a = 3, b = 1"
    assert with_numbers(compile_formula("has(n) ? 1 : 2", NAMES), VALUES) == "n = –"
    assert with_numbers(compile_formula("1", NAMES), VALUES) == ""
