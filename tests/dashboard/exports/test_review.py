"""The review of a quarter: a page that runs and loads nothing, and slides that hold what they should."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
from dataclasses import replace
from typing import Any

import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.exports.printed import printed
from dashboard.exports.slides import RESULTS_A_SLIDE, Box, fitted, printable, slides
from dashboard.texts import Texts
from flows.report import CycleReport
from mapping.errors import FixConfigError
from tests.dashboard.exports.kit import EN, FR, NAUGHTY, renamed, told


def texts_of(content: bytes) -> list[list[str]]:
    deck: Any = pptx.Presentation(io.BytesIO(content))
    return [[shape.text_frame.text for shape in slide.shapes if shape.has_text_frame] for slide in deck.slides]


def slides_of(whole: CycleReport, texts: Texts = EN) -> list[list[str]]:
    return texts_of(slides(whole, texts))


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    page = printed(told(), EN, page="https://okr.test")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    hashed = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src &#39;sha256-{hashed}&#39;" in policy[1]
    assert "default-src &#39;none&#39;" in policy[1]
    body = page.split("</style>")[1]
    assert "<script" not in page
    assert " style=" not in body
    assert not re.search(r"<(?:link|img|iframe|object|embed)\b|\bon\w+=|@import|url\(", page)
    assert {link.split("/")[2] for link in re.findall(r'href="(https?://[^"]*)"', body)} == {"okr.test"}


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_becomes_markup_of_the_page(text: str) -> None:
    page = printed(renamed(told(closed=True), text), EN, history=True)
    assert "<script" not in page
    assert page.count("<section") == len(told().overview.objectives) + 3


def test_the_page_speaks_french_and_says_what_moved_and_what_is_stuck() -> None:
    page = printed(told(closed=True), FR)
    for words in ("Revue", "Ce qui a bougé", "Ce qui est bloqué", "Notes finales", "waits for a supplier", "Clos le"):
        assert words in page


def test_page_and_slides_say_who_stands_above_the_measure_why_and_until_when() -> None:
    page = printed(told(), EN, history=True)
    above = sum(len(story.overrides) for story in told().stories.values())
    assert above > 1
    assert page.count("<q><bdi>the tracker counts doubles</bdi></q>") == 2 * above, "above the history and in it"
    assert page.count("Stands until ") == 2 * above
    assert "“the tracker counts doubles” Stands until " in "\n".join(slides_of(told())[2])


def test_the_slides_are_a_title_an_overview_one_for_each_objective_and_the_scores() -> None:
    open_, closed = told(), told(closed=True)
    objectives = open_.overview.objectives
    assert all(len(each.key_results) <= RESULTS_A_SLIDE for each in objectives)
    found = slides_of(open_)
    assert [slide[0] for slide in found] == ["4th quarter 2026", "Overview", *(each.title for each in objectives)]
    first = "\n".join(found[2])
    assert "On track · ana" in first
    assert "What moved: completed +20 pp" in first
    assert "ana: waits for a supplier" in first
    assert [slide[0] for slide in slides_of(closed, FR)[len(found) :]] == ["Notes finales", "Notes finales (suite)"]


@pytest.mark.parametrize("text", NAUGHTY)
def test_any_text_fits_on_a_slide(text: str) -> None:
    found = slides_of(renamed(told(), text))
    kept = found[2][0].removesuffix("…")
    assert printable(text).startswith(kept)
    assert kept or not printable(text)


@given(text=st.text(max_size=600), width=st.floats(0.5, 12), height=st.floats(0.2, 1), size=st.integers(9, 44))
def test_a_text_that_does_not_fit_is_made_smaller_and_then_cut(
    text: str, width: float, height: float, size: int
) -> None:
    box = Box(0, 0, width, height)
    line, chosen = fitted(text, box, size)
    assert chosen <= size
    assert line == printable(text) or (line.endswith("…") and len(line) <= len(printable(text)))
    again = fitted(line, box, chosen)
    assert again[0] == line


def test_texts_keep_their_size_where_there_is_room() -> None:
    box = Box(0, 0, 5.9, 0.45)
    assert fitted("Launch the checkout", box, 14) == ("Launch the checkout", 14)
    longer = "Be a manager people like to work with, and a father who is there"
    assert fitted(longer, box, 14) == (longer, 13)
    assert fitted("word " * 500, box, 14)[0].endswith("…")
    assert printable("a\x00b\nc") == "a b c"


def test_an_objective_without_key_results_says_so_and_a_value_that_is_not_there_has_no_way() -> None:
    whole = told()
    bare = replace(whole.overview.objectives[0], key_results=())
    found = slides_of(replace(whole, overview=replace(whole.overview, objectives=(bare,))))
    assert "no key results yet" in found[2]
    assert not any("→ –" in text for slide in slides_of(whole) for text in slide)


def test_without_python_pptx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(FixConfigError, match=r"pip install 'okrsync\[slides\]'"):
        slides(told(), EN)
