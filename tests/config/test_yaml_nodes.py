from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_nodes import Branch, Items, Leaf, Plain, plain, read_nodes
from mapping.errors import ConfigProblemsError, Problem


def read(text: str | bytes) -> Plain:
    problems: list[Problem] = []
    node = read_nodes(text if isinstance(text, bytes) else text.encode(), file="f.yaml", problems=problems)
    assert not problems, problems
    return None if node is None else plain(node)


def refused(text: str | bytes) -> str:
    problems: list[Problem] = []
    try:
        read_nodes(text if isinstance(text, bytes) else text.encode(), file="f.yaml", problems=problems)
    except ConfigProblemsError as error:
        problems += error.problems
    assert len(problems) == 1, problems
    return str(problems[0])


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "NO", "y", "12:30:45", "007", "0x1F", "1_000", ".inf", "+"])
def test_what_yaml_1_1_would_turn_into_something_else_stays_text(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}
    assert read(f"{word}: a") == {word: "a"}


def test_only_true_and_false_are_booleans() -> None:
    assert read("[true, false, True, FALSE, 'true']") == [True, False, True, False, "true"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", Decimal("0.1")), ("1e3", Decimal(1000)), ("-2.50", Decimal("-2.50")), (".5", Decimal("0.5"))],
)
def test_fractions_are_exact_decimals_and_never_floats(text: str, value: Decimal) -> None:
    found = read(f"a: {text}")
    assert isinstance(found, dict)
    assert isinstance(found["a"], Decimal)
    assert str(found["a"]) == str(Decimal(text))
    assert found["a"] == value


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_whole_numbers_come_back_exactly(number: int) -> None:
    assert read(f"a: {number}") == {"a": number}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_decimals_come_back_exactly(number: Decimal) -> None:
    assert read(f"a: {number:f}") == {"a": number}


def test_dates_are_dates_and_instants_stay_text() -> None:
    assert read("[2026-10-01, 2026-10-01T10:00:00]") == [date(2026, 10, 1), "2026-10-01T10:00:00"]


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("2026: a\ntrue: b\n1.0: c\n") == {"2026": "a", "true": "b", "1.0": "c"}


def test_nothing_is_none_and_an_empty_file_is_nothing() -> None:
    assert read("a:\nb: ~\nc: null\n") == {"a": None, "b": None, "c": None}
    assert read("") is None
    assert read("# only a comment\n") is None


def test_every_key_and_value_knows_its_line_and_column() -> None:
    node = read_nodes("é: {b: [x, 'y']}\n".encode(), file="f.yaml", problems=[])
    assert isinstance(node, Branch)
    inner = node.entries["é"]
    assert str(inner.key_place) == "f.yaml:1:1"
    assert isinstance(inner.node, Branch)
    assert str(inner.node.entries["b"].key_place) == "f.yaml:1:5"
    listed = inner.node.entries["b"].node
    assert isinstance(listed, Items)
    assert [str(each.place) for each in listed.nodes] == ["f.yaml:1:9", "f.yaml:1:12"]


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read("\ufeffa: 1") == {"a": 1}


def test_aliases_repeat_a_value() -> None:
    assert read("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


def test_text_keeps_what_the_file_says() -> None:
    node = read_nodes(b"a: 1.50\n", file="f.yaml", problems=[])
    assert isinstance(node, Branch)
    leaf = node.entries["a"].node
    assert isinstance(leaf, Leaf)
    assert leaf.text == "1.50"


def test_all_keys_that_stand_twice_are_named_at_once() -> None:
    problems: list[Problem] = []
    node = read_nodes(b"a: 1\na: 2\nb: {c: 1, c: 2}\n", file="f.yaml", problems=problems)
    assert [str(each.place) for each in problems] == ["f.yaml:2:1", "f.yaml:3:11"]
    assert node is not None
    assert plain(node) == {"a": 1, "b": {"c": 1}}


def test_a_tag_is_refused_and_never_carried_out() -> None:
    assert refused("a: !!python/object/apply:os.getcwd []").startswith(
        "f.yaml:1:4: tag !!python/object/apply:os.getcwd"
    )


def test_text_may_be_forced_by_a_tag() -> None:
    assert read("a: !!str 12") == {"a": "12"}


SYNTAX = st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t0123456789.\u00e9~", max_size=80)


@given(st.binary(max_size=200) | SYNTAX.map(str.encode))
def test_any_bytes_give_a_tree_or_problems_with_a_place(data: bytes) -> None:
    problems: list[Problem] = []
    try:
        read_nodes(data, file="f.yaml", problems=problems)
    except ConfigProblemsError as error:
        problems += error.problems
    assert all(each.place.line >= 1 and each.place.column >= 1 and each.fix for each in problems)
