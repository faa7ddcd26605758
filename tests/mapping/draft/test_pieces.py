"""Which numbers of a sentence are meant as a measure, and which are dates, names, deadlines or parts of a ratio."""

from __future__ import annotations

import pytest

from mapping.draft.amounts import Amount, Shape
from mapping.draft.drafting import draft
from mapping.draft.english import ENGLISH
from mapping.draft.french import FRENCH
from mapping.draft.pieces import Piece, pieces_of
from mapping.draft.tokens import tokenize
from mapping.rules import UnitKind
from mapping.show import Lang


def pieces(sentence: str, lang: Lang) -> list[Piece]:
    return pieces_of(tokenize(sentence), FRENCH if lang == "fr" else ENGLISH, french=lang == "fr")


def told(amount: Amount) -> str:
    unit = "" if amount.unit is UnitKind.NUMBER else f" {amount.unit}"
    shape = "" if amount.shape is Shape.PLAIN else f" {amount.shape.name.lower()}"
    return f"{amount.value.normalize():f}{unit}{shape}"


def meant(sentence: str, lang: Lang = "en") -> tuple[list[str], list[str]]:
    """Return the amounts that are measures, and the texts that are passed over."""
    found = pieces(sentence, lang)
    return [told(each.amount) for each in found if each.amount], [each.text for each in found if each.skip]


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("Open the shop in 1990", [], ["1990"]),
        ("Open the shop in 1989", ["1989"], []),
        ("Open the shop in 2100", [], ["2100"]),
        ("Open the shop in 2101", ["2101"], []),
        ("In 2015 shops hire one cook", [], ["2015"]),
        ("In 2014 shops hire one cook", ["2014"], []),
        ("In 2060 shops hire one cook", [], ["2060"]),
        ("In 2061 shops hire one cook", ["2061"], []),
        ("Mid 2027 hire 5 cooks", ["5"], ["2027"]),
        ("Q3 2027 revenue of 5 million", ["5000000"], ["2027"]),
        ("H1 2014 revenue of 5 million", ["5000000"], ["2014"]),
        ("March 2014 revenue of 5 million", ["5000000"], ["2014"]),
        ("By March 31, 2014 hire 5 people", ["5"], ["31", "2014"]),
        ("Hire 31 people, 2014 of them cooks", ["31", "2014"], []),
        ("By 2026-12-31 2014 users", [], ["2026-12-31", "2014"]),
        ("Sell 20 shirts of 2025", ["20"], ["2025"]),
        ("Sell 20 shirts of 2014", ["20", "2014"], []),
        ("Sell 100 more than 2025", ["100"], ["2025"]),
        ("Reach 500 users through 2027 and beyond", ["500"], ["2027"]),
    ],
)
def test_a_year_is_no_measure(sentence: str, measures: list[str], passed: list[str]) -> None:
    assert meant(sentence) == (measures, passed)


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("2026 Grow revenue by 5%", ["0.05 percent"], ["2026"]),
        ("2026", [], ["2026"]),
        ("2026 users", ["2026"], []),
        ("1995 users and 20 shops", ["1995", "20"], []),
        ("Sell 2027 shirts", ["2027"], []),
        ("Reach 2027 users", ["2027"], []),
        ("Reach 2027", ["2027"], []),
        ("Grow from 1500 to 2026 users", ["1500", "2026"], []),
        ("Save 2026 trees by 2027", ["2026"], ["2027"]),
    ],
)
def test_a_number_like_a_year_may_be_a_measure(sentence: str, measures: list[str], passed: list[str]) -> None:
    assert meant(sentence) == (measures, passed)


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("Meet on 31 December", [], ["31"]),
        ("Meet on December 31", [], ["31"]),
        ("Grow to 3.5 by December", ["3.5"], []),
        ("Meet 2100 December", [], ["2100"]),
        ("Meet 2101 December", ["2101"], []),
        ("Ship version 3", [], ["3"]),
        ("ISO 27001 certified", [], ["27001"]),
        ("Launch phase 2 in 3 countries", ["3"], ["2"]),
        ("Launch Apollo 13", [], ["13"]),
        ("Launch Apollo 13 in Paris", [], ["13"]),
        ("Launch Apollo 13 times", ["13 times"], []),
        ("Launch Apollo 13%", ["0.13 percent"], []),
        ("Launch Apollo 13 hours", ["13"], []),
        ("Launch Apollo, 13", ["13"], []),
        ("apollo 13 launched", ["13"], []),
        ("Apollo 13 launched", ["13"], []),
        ("Follow Apollo 13", ["13"], []),
    ],
)
def test_dates_and_numbers_of_things_are_no_measures(sentence: str, measures: list[str], passed: list[str]) -> None:
    assert meant(sentence) == (measures, passed)


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("Answer by 24h", [], ["24 h"]),
        ("Answer by 25h", ["25"], []),
        ("Open at 9h with 3 cooks", ["3"], ["9 h"]),
        ("Increase work from 9h to 17h", ["9", "17"], []),
        ("Work to 24h", [], ["24 h"]),
        ("Work to 25h", ["25"], []),
        ("Work from 9.5h", ["9.5"], []),
    ],
)
def test_a_time_of_the_day_is_no_measure(sentence: str, measures: list[str], passed: list[str]) -> None:
    assert meant(sentence) == (measures, passed)


@pytest.mark.parametrize(
    ("sentence", "measures"),
    [
        ("9 out of 10 customers return", ["0.9 percent"]),
        ("9 in 10 customers return", ["0.9 percent"]),
        ("10 in 20 customers return", ["10", "20"]),
        ("9 customers out of 10 return", ["0.9 percent"]),
        ("9 very happy customers out of 10", ["9", "10"]),
        ("An NPS of 9 out of 10", ["9 score"]),
        ("8 out of 10", ["8 score"]),
        ("8 out of 10 on average", ["8 score"]),
        ("4.5 out of 5 customers", ["4.5 score"]),
        ("4 out of 5 stars", ["4 score"]),
        ("5 stars out of 5 in 3 shops", ["1 percent", "3"]),
        ("3 out of five shops", ["0.6 percent"]),
        ("12 out of 10 customers", ["12", "10"]),
        ("10 out of 10 customers", ["1 percent"]),
        ("0 out of 0 customers", ["0", "0"]),
        ("900 out of 1000 customers", ["0.9 percent"]),
        ("900 out of 1001 customers", ["900", "1001"]),
        ("€3 out of 5 shops", ["3 currency", "5"]),
        ("3% out of 5 shops", ["0.03 percent", "5"]),
        ("+3 out of 5 shops", ["3", "5"]),
        ("9 out of 10, customers", ["9 score"]),
        ("9 out of 10 2014 customers", ["9 score", "2014"]),
        ("9 out of 10 to return", ["9 score"]),
        ("9/10 customers", ["0.9 percent"]),
        ("9/10", ["9 score"]),
        ("8.5/10 customers", ["8.5 score"]),
        ("4/5 customers", ["4 score"]),
        ("Score: 9/10 customers", ["9 score"]),
    ],
)
def test_a_part_of_a_whole_is_a_share_of_what_is_counted_and_else_a_score(sentence: str, measures: list[str]) -> None:
    assert meant(sentence) == (measures, [])


def test_the_things_between_part_and_whole_are_kept() -> None:
    texts = [each.text for each in pieces("9 bugs out of 10 fixed in Paris", "en")]
    assert texts == ["9 out of 10", "bugs", "fixed", "in", "paris"]


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("Answer within 24 hours", ["24"], []),
        ("Answer 90% of tickets within 24 hours", ["0.9 percent"], ["24 hours"]),
        ("Close 30 tickets in under 2 hours", ["30"], ["2 hours"]),
        ("Close tickets in under 2 hours", ["2"], []),
        ("Deliver within 2 weeks", ["2"], []),
        ("Deliver within 7 days", ["7"], []),
        ("Ship the app within 24 hours", ["24"], []),
        ("Ship the app within 2 days", [], ["2 days"]),
        ("Ship the app within 3 months", [], ["3 months"]),
        ("Ship the app in less than 2 days", ["2"], []),
        ("Publish the report within the next 10 days", [], ["10 days"]),
        ("Obtain the certificate in 6 months", [], ["6 months"]),
        ("Grow sales by 5% within 3 months", ["0.05 percent"], ["3 months"]),
        ("Grow sales by 5% in less than 3 months", ["0.05 percent"], ["3 months"]),
        ("Grow sales by 5% in less than 3 weeks", ["0.05 percent", "3"], []),
        ("Launch the shop in less than 3 months", ["3"], []),
        ("Keep the delay below 2 months", ["2"], []),
        ("Reduce the time to answer from 48 to less than 24 hours", ["48", "24"], []),
        ("Get 30 days without accidents", ["30"], []),
    ],
)
def test_a_span_of_time_is_a_deadline_or_what_is_measured(
    sentence: str, measures: list[str], passed: list[str]
) -> None:
    assert meant(sentence) == (measures, passed)


@pytest.mark.parametrize(
    ("sentence", "measures", "passed"),
    [
        ("Ouvrir 3 magasins d'ici 2027", ["3"], ["2027"]),
        ("Fin 2027 avoir 3 magasins", ["3"], ["2027"]),
        ("Ouvrir le magasin le 31 mars 2014", [], ["31", "2014"]),
        ("Répondre avant 24h", [], ["24 h"]),
        ("Répondre avant 25h", ["25"], []),
        ("Ouvrir à 9h", [], ["9 h"]),
        ("9 clients sur 10", ["0.9 percent"], []),
        ("Note de 8 sur 10", ["8 score"], []),
        ("Répondre en moins de 24 heures", ["24"], []),
        ("Livrer 95 % des commandes sous 48 heures", ["0.95 percent"], ["48 heures"]),
    ],
)
def test_so_it_is_in_french(sentence: str, measures: list[str], passed: list[str]) -> None:
    assert meant(sentence, "fr") == (measures, passed)


def test_a_number_that_is_left_over_is_named_as_it_was_written() -> None:
    assert draft("Reach 500 orders and 4.6 out of 5").unclear[-1] == (
        "what 4.6 out of 5 is for: write one key result for each number"
    )
