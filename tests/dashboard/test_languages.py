"""Which language is answered, and that French lacks nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from jinja2 import nodes
from starlette.testclient import TestClient

from dashboard.languages import preferred
from dashboard.phrases import phrase
from dashboard.templating import cycle_name, environment, in_sentence
from dashboard.texts import LANGUAGES, Texts
from tests.dashboard.messages import ROOM, french, gathered
from tests.dashboard.sketches import NOW, Q4

TEMPLATES = sorted(path.name for path in (ROOM / "templates").glob("*.html"))
SPOKEN_ATTRIBUTES = re.compile(r"(?:title|aria-label|alt|placeholder|data-label)=\"([^\"]*)")
LETTERS = re.compile(r"[^\W\d_]{2,}")
NOT_TRANSLATED = {"okrsync", "sync", "why", "doctype", "html"}
"""The product's name and its commands are the same in every language."""


def language_of(client: TestClient, path: str = "/", **headers: str) -> str:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    found = re.search(r'<html lang="(\w+)">', answer.text)
    assert found is not None
    return found[1]


def test_the_address_outranks_the_cookie_and_the_cookie_the_browser(client: TestClient) -> None:
    assert language_of(client, accept_language="fr") == "fr"
    assert language_of(client, accept_language="fr", cookie="okrsync_lang=en") == "en"
    assert language_of(client, "/?lang=fr", accept_language="en", cookie="okrsync_lang=en") == "fr"
    client.cookies.clear()
    assert language_of(client, "/?lang=xx", accept_language="de") == "en"


def test_a_language_once_chosen_is_remembered(client: TestClient) -> None:
    client.get("/?lang=fr")
    assert language_of(client, "/runs", accept_language="en") == "fr"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en;q=0.2, fr;q=0.7", "fr"),
        ("fr;q=0, en", "en"),
        ("de", "en"),
        ("fr;q=high", "en"),
        ("*", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_browsers_weights_are_honoured(header: str, language: str) -> None:
    assert preferred(header, "en") == language


def test_the_switch_keeps_the_rest_of_the_address(client: TestClient) -> None:
    page = client.get("/kr/launch-checkout/epic?items=counted").text
    assert 'href="/kr/launch-checkout/epic?items=counted&amp;lang=fr"' in page


def test_french_pages_have_french_words_numbers_and_dates(client: TestClient) -> None:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/?lang=fr").text.replace("\u202f", "_")))
    for part in (
        "4e trimestre 2026",
        "8 résultats clés sur 25 en bonne voie",
        "il y a 2 heures",
        "21,2_%",
        "Ce qui a bougé",
    ):
        assert part in page, part
    assert "1_706_250,75" in page


def test_every_marked_text_has_a_french_one_with_the_same_places() -> None:
    known = french()
    for message in gathered():
        if not message.id:
            continue
        translated = known.get(message.id)
        assert translated is not None, f"run python -m tests.dashboard.messages for {message.id!r}"
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = translated.string if isinstance(translated.string, tuple) else (translated.string,)
        for text in texts:
            assert isinstance(text, str), message.id
            assert text, message.id
            assert places(text) == places(str(originals[-1])), message.id


def test_the_french_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    said = {str(message.id) for message in gathered()}
    assert {str(message.id) for message in french()} - said == set()


def places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_text_of_a_template_is_left_unmarked(name: str) -> None:
    source = (ROOM / "templates" / name).read_text("utf-8")
    tree = environment(Texts("en")).parse(source)
    plain = "\0".join(data.data for data in tree.find_all(nodes.TemplateData))
    spoken = [*SPOKEN_ATTRIBUTES.findall(plain), re.sub(r"<[^>]*>?|^[^<]*>|&\w+;", " ", plain)]
    words = {word for text in spoken for word in LETTERS.findall(text)}
    assert words - NOT_TRANSLATED == set()


@pytest.mark.parametrize(("seconds", "english", "french_text"), [
    (0, "just now", "à l’instant"),
    (59, "just now", "à l’instant"),
    (-5, "just now", "à l’instant"),
    (60, "1 minute ago", "il y a 1 minute"),
    (7200, "2 hours ago", "il y a 2 heures"),
    (3 * 86400, "3 days ago", "il y a 3 jours"),
])  # fmt: skip
def test_ages_are_told_in_both_languages(seconds: int, english: str, french_text: str) -> None:
    at = NOW - timedelta(seconds=seconds)
    assert Texts("en").ago(at, NOW) == english
    assert Texts("fr").ago(at, NOW).replace("\xa0", " ") == french_text


@pytest.mark.parametrize(
    ("id_", "english", "french_text"),
    [
        ("2026-q4", "4th quarter 2026", "4e trimestre 2026"),
        ("2026-10-to-12", "October – December 2026", "octobre – décembre 2026"),
        ("2026", "October – December 2026", "octobre – décembre 2026"),
        ("fy27-q2", "fy27-q2", "fy27-q2"),
        ("Autumn", "Autumn", "Autumn"),
    ],
)
def test_a_cycle_is_named_as_people_say_it(id_: str, english: str, french_text: str) -> None:
    cycle = replace(Q4, id=id_)
    names = [re.sub(r"\s?–\s?", " – ", cycle_name(cycle, Texts(language))) for language in LANGUAGES]
    assert names == [english, french_text]


def test_a_title_in_a_sentence_keeps_its_acronyms() -> None:
    assert in_sentence("Raise the NPS") == "raise the NPS"
    assert in_sentence("NPS of 42") == "NPS of 42"
    assert in_sentence("") == ""


def test_an_unknown_sentence_is_shown_as_it_came() -> None:
    for text in ("jira: something only a vendor says", "", "{x}", "%s"):
        assert phrase(text, Texts("fr")) == text
