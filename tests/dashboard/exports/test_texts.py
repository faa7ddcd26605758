"""Markdown and JSON: what people paste, and what scripts read."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.exports.as_json import report_json
from dashboard.exports.markdown import escaped, markdown
from dashboard.exports.tables import link_to
from tests.dashboard.exports.kit import EN, FR, NAUGHTY, renamed, told


def test_markdown_shows_the_reading_form_in_both_languages() -> None:
    english, french = markdown(told(), EN), markdown(told(), FR)
    assert english.count("- I will ") == french.count("- Je vais ") == len(told().stories)
    assert "What moved: completed" in english
    assert "Ce qui a bougé : terminé" in french
    assert "> ana: waits for a supplier" in english


def test_markdown_says_who_stands_above_the_measure_why_and_until_when() -> None:
    said = markdown(told(), EN, history=True)
    assert re.search(r"ana says .*; measured: .*\. “the tracker counts doubles” Stands until ", said)
    assert "| the tracker counts doubles |" in said
    assert "“the tracker counts doubles” Vaut jusqu’au " in markdown(told(), FR)


def test_markdown_of_a_closed_cycle_says_who_closed_it_and_the_scores() -> None:
    text = markdown(told(closed=True), EN)
    assert "by ana" in text
    assert "score 0.65" in text


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_becomes_markup(text: str) -> None:
    shown = markdown(renamed(told(), text), EN, history=True)
    assert "<script" not in shown.replace("\\<", "")
    heads = [line for line in shown.splitlines() if line.startswith("#")]
    assert len(heads) == 1 + len(told().overview.objectives)
    rows = [line.replace("\\|", "") for line in shown.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {8}


def test_numbers_stay_readable_and_lists_are_not_begun() -> None:
    assert escaped("75.2% of 3.3") == "75.2% of 3.3"
    assert escaped("- a") == "\\- a"
    assert escaped("1. a") == "1\\. a"


def test_links_go_to_the_page_and_to_no_other_scheme() -> None:
    assert link_to("https://okr.acme.test/", "a/b c") == "https://okr.acme.test/kr/a/b%20c"
    assert link_to("javascript:alert(1)", "a/b") is None
    text = markdown(told(), EN, page="https://okr.acme.test")
    assert "](<https://okr.acme.test/kr/" in text


def test_json_has_the_story_of_each_key_result_and_its_check_ins_when_asked() -> None:
    brief, whole = report_json(told()), report_json(told(), history=True)
    assert isinstance(brief, dict)
    assert isinstance(whole, dict)
    assert json.loads(json.dumps(whole)) == whole
    addresses = [each["id"] for each in brief["key_results"] if isinstance(each, dict)]  # type: ignore[union-attr] # a list
    assert list(brief["stories"]) == addresses  # type: ignore[arg-type] # a dict
    assert "check_ins" in json.dumps(whole["stories"])
    assert "check_ins" not in json.dumps(brief["stories"])
