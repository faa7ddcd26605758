"""Forms of verbs, by which a lexicon knows them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mapping.draft import english, french
from mapping.draft.drafting import numbers_in, vague_words


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("reduce", "reduce reduces reducing reduced"),
        ("close", "close closes closing closed"),
        ("deploy", "deploy deploys deploying deployed"),
        ("carry", "carry carries carrying carried"),
        ("identify", "identify identifies identifying identified"),
        ("publish", "publish publishes publishing published"),
        ("teach", "teach teaches teaching taught"),
        ("pass", "pass passes passing passed"),
        ("fix", "fix fixes fixing fixed"),
        ("buzz", "buzz buzzes buzzing buzzed"),
        ("ship", "ship ships shipping shipped"),
        ("cut", "cut cuts cutting cut"),
        ("run", "run runs running ran"),
        ("write", "write writes writing wrote written"),
        ("read", "read reads reading"),
    ],
)
def test_english_verbs_are_known_in_all_forms(verb: str, forms: str) -> None:
    assert english.verb_forms(verb) == set(forms.split())


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        (
            "passer",
            "passer passons passant passe passes passee passees passez passent passera passerons passerez",
        ),
        (
            "manger",
            "manger mangeons mangeant mange manges mangee mangees mangez mangent mangera mangerons mangerez",
        ),
        ("finir", "finir fini finie finis finies finit finissons finissez finissent finissant"),
    ],
)
def test_french_verbs_are_known_in_all_forms(verb: str, forms: str) -> None:
    assert french.verb_forms(verb) == set(forms.split())


def test_of_a_phrase_the_first_word_is_the_verb() -> None:
    assert english.verb_forms("roll out fast") == {
        f"{form} out fast" for form in ("roll", "rolls", "rolling", "rolled")
    }
    assert {"participer a la fin", "participons a la fin"} <= french.verb_forms("participer a la fin")


def test_numbers_are_found_whatever_they_are_meant_for() -> None:
    assert numbers_in("Improve 15 % of 3 things by 2 Q3", "en")[:2] == (Decimal("0.15"), Decimal(3))
    assert numbers_in("Passer de 1,5 à 2 000", "fr") == (Decimal("1.5"), Decimal(2000))
    assert numbers_in("Improve", "en") == ()


def test_wishes_without_an_end_are_named_and_effort_only_where_it_leads() -> None:
    assert vague_words("Improve the quality of our service", "en") == ("improve", "quality")
    assert vague_words("Work on better onboarding", "en") == ("work on", "better")
    assert vague_words("Find people to work on billing", "en") == ()
    assert vague_words("Améliorer la qualité", "fr") == ("ameliorer", "qualite")
