"""The form that reads a sentence as a metric, in both languages and with anything typed into it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from dashboard.app import create_app
from dashboard.drafts import LONGEST, rows_of
from dashboard.vocabulary import COMPARATOR_WORDS, DRAFT_KIND_WORDS, PERIOD_WORDS, UNIT_WORDS
from mapping.draft.drafting import draft, draft_json
from mapping.draft.result import DraftKind, DraftPeriod
from mapping.draft.rule import rule_lines
from mapping.errors import TryAgainError
from mapping.rules import Cycle, UnitKind
from mapping.show import Lang
from tests.dashboard.fixtures import Company
from tests.dashboard.test_pages import text_of
from tests.dashboard.test_safety import HOSTILE, dangers

SENTENCES = (
    "Grow MRR from $120k to $200k",
    "Passer le taux de conversion de 15 % à 25 %",
    "30 leads a month",
    "Keep churn between 1% and 2%",
    "NPS > 42",
    "+500 customers",
    "Launch the shop",
)


class Inputs(HTMLParser):
    """Collects forms and what stands in the field."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, str | None]] = []
        self.fields: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.forms.append(dict(attrs))
        if tag == "input":
            self.fields.append(dict(attrs))


def page_of(client: TestClient, sentence: str, lang: str = "en") -> str:
    page = client.get("/draft", params={"sentence": sentence, "lang": lang})
    assert page.status_code == 200
    return page.text


def pasted(html: str) -> str:
    """What a person would copy from the page."""
    found = re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_the_form_asks_for_one_sentence_and_sends_it_to_itself(client: TestClient) -> None:
    page = client.get("/draft")
    inputs = Inputs(page.text)
    assert page.status_code == 200
    assert [(form["method"], form["action"]) for form in inputs.forms] == [("get", "/draft")]
    assert [(each["name"], each["type"], each["maxlength"]) for each in inputs.fields] == [("sentence", "text", "400")]
    assert "<pre" not in page.text


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_read_back_with_its_lines_to_paste(client: TestClient, sentence: str) -> None:
    made = draft(sentence)
    html = page_of(client, sentence)
    assert f'<p class="read-back" lang="{made.language}">{made.sentence}</p>' in html
    assert pasted(html) == "\n".join(rule_lines(made, sentence))
    assert Inputs(html).fields[0]["value"] == sentence
    for each in made.unclear:
        assert each in unescape(html)


def test_the_table_has_every_field_and_says_what_is_not_told(client: TestClient) -> None:
    words = text_of(page_of(client, "Grow MRR from $120k to $200k"))
    for part in ("Kind increase", "Baseline $120,000", "Target $200,000", "Unit currency", "Currency USD"):
        assert part in words
    assert "Comparator – not told" in words
    assert "Per – not told" in words
    assert "Relative to the baseline – not told" in words


def test_the_table_speaks_the_language_of_the_page(client: TestClient) -> None:
    words = text_of(page_of(client, "Keep churn between 1% and 2.5%", "fr")).replace("\u202f", " ")
    for part in ("Genre entre deux bornes", "Valeur de départ 1 %", "Cible 2,5 %", "Between 1% and 2.5%."):
        assert part in words


@pytest.mark.parametrize(
    ("sentence", "told"), [("Improve quality", "the measure"), ("Améliorer la qualité", "la mesure")]
)
def test_a_sentence_without_a_measure_says_what_to_add(client: TestClient, sentence: str, told: str) -> None:
    html = page_of(client, sentence)
    assert "carries no measure. Add:" in html
    assert told in html
    assert "<pre" not in html
    assert "read-back" not in html


def test_a_blank_sentence_is_the_empty_form(client: TestClient) -> None:
    assert "no measure" not in page_of(client, "  ")


def test_a_sentence_at_the_limit_is_read_and_one_beyond_it_is_refused_with_its_text_kept(client: TestClient) -> None:
    longest = "Raise the NPS to 42 ".ljust(LONGEST, "x")
    assert "read-back" in page_of(client, longest)
    page = client.get("/draft", params={"sentence": longest + "x"})
    assert page.status_code == 400
    assert "This sentence has 401 characters. Shorten it to 400 or fewer" in page.text
    assert "read-back" not in page.text
    assert Inputs(page.text).fields[0]["value"] == longest + "x"
    assert "401 caractères" in client.get("/draft", params={"sentence": longest + "x", "lang": "fr"}).text


@pytest.mark.parametrize("sentence", ["", "Improve quality", *SENTENCES])
def test_the_json_is_the_draft_and_nothing_else(client: TestClient, sentence: str) -> None:
    answer = client.get("/draft.json", params={"sentence": sentence})
    assert answer.status_code == 200
    assert answer.json() == draft_json(draft(sentence))
    assert list(answer.json()) == list(draft_json(draft(sentence)))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_language_of_a_sentence_can_be_told(client: TestClient, language: Lang) -> None:
    sentence = "MRR 1,200"
    answer = client.get("/draft.json", params={"sentence": sentence, "language": language}).json()
    assert answer == draft_json(draft(sentence, language))
    page = client.get("/draft", params={"sentence": sentence, "language": language}).text
    link = re.search(r'href="(/draft\.json[^"]*)"', page)
    assert link is not None
    assert client.get(unescape(link[1])).json() == answer


def test_the_json_refuses_what_it_cannot_read_with_one_clear_line(client: TestClient) -> None:
    assert client.get("/draft.json").status_code == 400
    assert "/draft.json?sentence=" in client.get("/draft.json").json()["error"]
    answer = client.get("/draft.json", params={"sentence": "x" * 401})
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert "401 characters: shorten it to 400" in answer.json()["error"]


@pytest.mark.parametrize("typed", [*HOSTILE, "\x00", "\ud83d".encode("utf-8", "surrogatepass"), "\n\r\t", "'\"&<>"])
@pytest.mark.parametrize("measured", [b"", b" from 1 to 5"])
def test_hostile_input_stays_text(client: TestClient, typed: str | bytes, measured: bytes) -> None:
    raw = (typed if isinstance(typed, bytes) else typed.encode()) + measured
    page = client.get(f"/draft?sentence={quote(raw)}")
    assert page.status_code == (400 if len(raw.decode("utf-8", "replace")) > LONGEST else 200)
    assert dangers(page.text) == ["form"]
    shown = Inputs(page.text).fields
    assert len(shown) == 1
    assert client.get(f"/draft.json?sentence={quote(raw)}").status_code == page.status_code


def test_the_form_carries_the_headers_that_keep_scripts_out(client: TestClient) -> None:
    for path in ("/draft", "/draft?sentence=x", "/draft.json?sentence=x"):
        policy = client.get(path).headers["content-security-policy"]
        assert "script-src 'none'" in policy
        assert "form-action 'self'" in policy


def test_nothing_is_changed_by_a_sentence_and_nothing_else_is_taken(client: TestClient) -> None:
    assert client.post("/draft", data={"sentence": "x"}).status_code == 405


def test_the_form_needs_no_store() -> None:
    class Away(Company):
        def cycles(self) -> tuple[Cycle, ...]:
            raise TryAgainError("store: away")

    client = TestClient(create_app(Away()))
    assert client.get("/").status_code == 503
    assert "read-back" in page_of(client, "NPS of 42")


def test_the_overview_links_to_the_form_before_the_first_sync_too(client: TestClient) -> None:
    empty = TestClient(create_app(Company({}, ())))
    for each in (client, empty):
        assert 'href="/draft"' in each.get("/").text


def test_the_form_behind_a_prefix_stays_there() -> None:
    page = TestClient(create_app(Company()), root_path="/okr").get("/draft").text
    assert Inputs(page).forms[0]["action"] == "/okr/draft"


def test_every_word_of_a_draft_is_known() -> None:
    assert set(DRAFT_KIND_WORDS) == set(DraftKind)
    assert set(UNIT_WORDS) == set(UnitKind)
    assert set(PERIOD_WORDS) == set(DraftPeriod)
    assert set(COMPARATOR_WORDS) == {">=", ">", "<=", "<", "between"}


def test_the_table_rounds_nothing() -> None:
    made = draft("Cut latency from 1234.56789 to 0.123456")
    assert dict(rows_of(made, "en"))["Baseline"] == "1,234.56789"
