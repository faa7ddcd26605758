"""Sentences as people write them, and what must hold for any text. The sentences stand in the .txt files beside."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapping.decimals import decimal_text
from mapping.draft.drafting import draft, draft_json, language_of
from mapping.draft.english import ENGLISH
from mapping.draft.french import FRENCH
from mapping.draft.result import DraftKind
from mapping.show import Lang
from tests.mapping.draft.sentences import FIELDS, sentences

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
READ = [*sentences("method"), *sentences("english"), *sentences("french")]
REFUSED = (HERE / "refused.txt").read_text(encoding="utf-8").splitlines()
WORDS = [*ENGLISH.phrases, *FRENCH.phrases, *ENGLISH.numbers, *FRENCH.numbers]
SIGNS = [
    "→",
    "->",
    "/",
    "%",
    "€",
    "$",
    "+",
    "-",
    "−",
    "×",
    "x",
    "≥",
    "<",
    ",",
    ".",
    ":",
    "(",
    ")",
    "k",
    "M",
    "pp",
    "pts",
]
NUMBERS = st.one_of(
    st.integers(0, 10**7).map(str),
    st.decimals(0, 1000, places=2).map(str),
    st.sampled_from(
        ["1,234.5", "1 234,5", "5\u202f000", "5,000", "4,6/5", "9/10", "19:00", "2026-12-31", "Q3", "1e9", "0"]
    ),
)
PROSE = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(SIGNS), NUMBERS), max_size=14).map(" ".join)


@pytest.mark.parametrize(("sentence", "wanted"), READ, ids=[sentence for sentence, _ in READ])
def test_a_sentence_is_read_with_every_field(sentence: str, wanted: dict[str, str | None]) -> None:
    made = draft_json(draft(sentence))
    assert {name: made[name] for name in FIELDS} == wanted


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_sentence_without_a_measure_is_refused_and_says_what_to_add(sentence: str) -> None:
    made = draft(sentence)
    assert made.kind is None
    assert made.sentence is None
    assert "from 15% to 25%" in made.unclear[0] or "de 15 % à 25 %" in made.unclear[0]


def test_what_the_page_says_is_refused_is_refused() -> None:
    page = (ROOT / "docs" / "draft.md").read_text(encoding="utf-8")
    quoted = re.findall('"([^"]+)"', page.partition("## What is refused")[2])
    assert len(quoted) >= 6
    assert [each for each in quoted if draft(each).kind is not None] == []


def test_what_is_read_back_says_the_same() -> None:
    for sentence, _ in READ:
        made = draft(sentence)
        assert made.sentence is not None
        assert draft(made.sentence).metric == made.metric, sentence
        assert draft(made.sentence, _lang(made.language)).metric == made.metric, sentence


def test_there_are_sentences_enough_in_both_languages() -> None:
    languages = [language_of(sentence) for sentence, _ in READ]
    assert languages.count("en") >= 60
    assert languages.count("fr") >= 60
    assert len(REFUSED) >= 40


@given(text=st.one_of(st.text(max_size=300), PROSE), language=st.sampled_from([None, "en", "fr"]))
@example(text="1/0", language="en")
@example(text="0/10-1000", language=None)
@example(text="At least 1000 %", language="fr")
@example(text="divide by 0", language="en")
@example(text="² ½ ١٢٣ 1'000", language="fr")
@example(text="0×", language=None)
@example(text="0×", language="fr")
@example(text="-0 fois", language="fr")
@settings(max_examples=200)
def test_no_text_raises_and_what_is_read_back_says_the_same(text: str, language: Lang | None) -> None:
    made = draft(text, language)
    assert (made.kind is None) == (made.sentence is None)
    assert made.kind is not None or made.unclear
    json.dumps(draft_json(made))
    if made.sentence is not None:
        assert draft(made.sentence, _lang(made.language)).metric == made.metric


SPACES = [" ", "\u00a0", "\u202f", "\u2009"]


@given(
    start=st.integers(0, 9_999_999),
    way=st.integers(1, 9_999_999),
    cents=st.integers(1, 99).filter(lambda n: n % 10 > 0),
    space=st.sampled_from(SPACES),
)
def test_numbers_survive_a_change_of_notation(start: int, way: int, cents: int, space: str) -> None:
    end = start + way
    grouped = f"{start:,}", f"{end:,}"
    french = [f"{each.replace(',', space)},{cents:02}" for each in grouped]
    english = [f"{each}.{cents:02}" for each in grouped]
    wanted = tuple(Decimal(f"{each}.{cents:02}") for each in (start, end))
    for sentence in (
        f"Passer le revenu de {french[0]}{space}€ à {french[1]}{space}€",
        f"Grow the revenue from €{english[0]} to €{english[1]}",
        f"Grow the revenue from {french[0]} € to {french[1]} €",
        f"Passer le revenu de {start}.{cents:02} € à {end}.{cents:02} €",
    ):
        made = draft(sentence)
        assert (made.baseline, made.target, made.currency) == (*wanted, "EUR")


@given(value=st.decimals(Decimal("0.01"), 100, places=2), space=st.sampled_from(["", *SPACES]))
def test_percentages_are_fractions_in_every_notation(value: Decimal, space: str) -> None:
    text = decimal_text(value)
    for written in (text, text.replace(".", ",")):
        for sentence in (f"At least {written}{space}% of users", f"Au moins {written}{space}% des clients"):
            assert draft(sentence).target == value / 100


LONG = 10_000
UNITS = [
    *("1 ", "1,000", "from ", "a million ", "- ", "9", "KR1: ", "(", "de 15 % à 25 % ", "un an de ", "twice as "),
    *("1/5 out of ", "vingt et ", "x10 ", "\u0301", "1.", "between 1 and ", "minimum ", "19h", " ", "more than "),
    *("a-", "'", "€", "1 2", "5 % ", "who per month "),
]
HOSTILE = [(unit * LONG)[:LONG] for unit in UNITS]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:12] for text in HOSTILE])
def test_a_very_long_text_is_read_like_any_other(text: str) -> None:
    for language in ("en", "fr"):
        made = draft(text, _lang(language))
        assert made.kind is None or made.sentence


def test_the_json_has_exactly_the_documented_fields() -> None:
    made = draft_json(draft("Passer le taux de conversion de 15 % à 25 %"))
    assert list(made) == [
        "kind", "baseline", "target", "comparator", "unit", "currency", "per", "relative", "sentence", "unclear",
    ]  # fmt: skip
    assert (made["baseline"], made["target"], made["unit"]) == ("0.15", "0.25", "percent")
    assert made["sentence"] == "Augmenter de 15\u202f% à 25\u202f%."
    assert made["unclear"] == []


def test_a_missing_baseline_is_named_in_the_language_of_the_sentence() -> None:
    assert draft("Increase NPS to 42").unclear == ("the baseline",)
    assert draft("Augmenter le NPS à 42").unclear == ("la valeur de départ (baseline)",)


def test_a_known_baseline_turns_a_change_into_a_target() -> None:
    made = draft("Increase conversion by 20% (currently 15%)")
    assert (made.kind, made.baseline, made.target, made.relative) == (
        DraftKind.INCREASE, Decimal("0.15"), Decimal("0.18"), "+20%",
    )  # fmt: skip


def test_a_way_that_leads_nowhere_is_refused() -> None:
    assert draft("Grow from 15% to 15%").unclear == ("the way to go: baseline and target are equal",)
    assert draft("Grow from 5 € to 6 $").unclear == (
        "the unit: today's value and the one to reach have different ones",
    )
    assert draft("Double the bugs fixed (currently 0)").kind is None


def test_a_number_with_two_readings_is_taken_and_said() -> None:
    made = draft("Recruter 5,000 membres")
    assert made.target == 5000
    assert made.unclear == ("si 5000 / 5,000 est voulu",)


def test_a_second_measure_is_not_dropped_silently() -> None:
    made = draft("Reach 5,000 followers and at least 90% of answers within a day")
    assert made.target == 5000
    assert any("90 %" in each for each in made.unclear)


def test_the_language_can_be_given() -> None:
    assert draft("NPS > 42", "fr").sentence == "Plus de 42."
    assert draft("NPS > 42").sentence == "More than 42."


def _lang(language: str) -> Lang:
    return "fr" if language == "fr" else "en"
