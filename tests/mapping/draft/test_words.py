"""The lexicon: what a phrase says, found by its first word."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.draft.tokens import tokenize
from mapping.draft.words import Lexeme, Lexicon, Tag, lexicon, spread


def made() -> Lexicon:
    return lexicon(
        cues={Tag.UP: "grow*, à la hausse, work-in, more", Tag.BAD: "more"},
        valued={Tag.TIME: {"hour, person's hour": 3600, "half an hour": 1800}},
        named={Tag.PER: {"month": "a month, month", "week": "a week"}},
        numbers={"ten": 10},
        short="of the",
        forms=lambda verb: (verb, f"{verb}s"),
    )


def found(text: str, tag: Tag | None = None) -> tuple[Lexeme, int] | None:
    return made().find(tokenize(text), 0, tag)


def test_a_list_is_spread_and_a_star_stands_for_all_forms() -> None:
    assert list(spread("up, grow* fast ,  more", lambda verb: (verb, f"{verb}s"))) == [
        "up", "grow fast", "grows fast", "more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tags", "value", "name", "length"),
    [
        ("grow", {Tag.UP}, 1, "", 1),
        ("Grows sales", {Tag.UP}, 1, "", 1),
        ("À la hausse", {Tag.UP}, 1, "", 3),
        ("more bugs", {Tag.UP, Tag.BAD}, 1, "", 1),
        ("hour", {Tag.TIME}, 3600, "", 1),
        ("half an hour late", {Tag.TIME}, 1800, "", 3),
        ("a month", {Tag.PER}, 1, "month", 2),
        ("a week", {Tag.PER}, 1, "week", 2),
    ],
)
def test_the_longest_phrase_is_found_with_what_it_says(
    text: str, tags: set[Tag], value: int, name: str, length: int
) -> None:
    assert found(text) == (Lexeme(frozenset(tags), Decimal(value), name), length)


@pytest.mark.parametrize("text", ["half an", "la hausse", "sales", "a"])
def test_a_part_of_a_phrase_says_nothing(text: str) -> None:
    assert found(text) is None


def test_a_phrase_is_looked_up_for_what_is_wanted() -> None:
    assert found("a month", Tag.PER) is not None
    assert found("a month", Tag.TIME) is None
    assert (made().numbers, made().short) == ({"ten": 10}, frozenset({"of", "the"}))


def test_a_phrase_that_has_a_name_keeps_it_when_it_comes_to_say_more() -> None:
    plain = Lexicon(numbers={}, short=frozenset())
    plain.add(Tag.PER, "month", Decimal(30), "month")
    plain.add(Tag.TIME, "month", Decimal(99))
    both = frozenset({Tag.PER, Tag.TIME})
    assert plain.phrases["month"] == {("month",): Lexeme(both, Decimal(30), "month")}
    plain.add(Tag.PER, "month", Decimal(31), "other")
    assert plain.phrases["month"] == {("month",): Lexeme(both, Decimal(31), "other")}


def test_apostrophes_and_hyphens_part_words_as_in_a_text() -> None:
    plain = Lexicon(numbers={}, short=frozenset())
    plain.add(Tag.UP, "L'État-major")
    assert plain.phrases == {"l": {("l", "etat", "major"): Lexeme(frozenset({Tag.UP}))}}
