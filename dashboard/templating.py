"""One Jinja environment a language: autoescaped, strict about names, with our formats as filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboard import drawing, vocabulary
from dashboard.links import safe_href
from dashboard.phrases import phrase
from dashboard.texts import LANGUAGES, Texts
from mapping.canonical import rule_text
from mapping.rules import Cycle, Metric, Unit
from mapping.show import show_delta, show_metric, show_progress, show_value

QUARTER = re.compile(r"(?P<year>\d{4})-?q(?P<quarter>[1-4])", re.IGNORECASE)
SPAN = re.compile(r"\d{4}[\d-]*(?:to-?[\d-]+)?")
"""Ids that only say dates, such as ``2026``, ``2026-10-to-12`` or ``2026-07-to-2026-12``."""
Word = TypeVar("Word", bound=str)


def environments() -> Mapping[str, Environment]:
    """Return the environments by language."""
    return {language: environment(Texts(language)) for language in LANGUAGES}


def environment(texts: Texts) -> Environment:
    """Return the environment whose templates speak the language of ``texts``."""
    made = Environment(
        loader=PackageLoader("dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(texts.translations, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.globals.update(language=texts.language, languages=LANGUAGES, drawing=drawing, texts=texts)
    made.filters.update(_formats(texts))
    made.filters.update(_words(texts))
    return made


def _formats(texts: Texts) -> dict[str, object]:
    language = texts.language

    def value(number: Decimal | None, unit: Unit) -> str:
        return show_value(number, unit, language)

    def bare(number: Decimal | None, unit: Unit) -> str:
        return show_value(number, replace(unit, name=None), language)

    def delta(number: Decimal, unit: Unit) -> str:
        return show_delta(number, unit, language)

    def way(metric: Metric) -> str:
        return show_metric(metric, language)

    def progress(share: Decimal | None) -> str:
        return show_progress(share, language)

    def number(plain: Decimal | int) -> str:
        return show_value(Decimal(plain), Unit(), language)

    return {
        "value": value,
        "bare": bare,
        "delta": delta,
        "way": way,
        "progress": progress,
        "number": number,
        "phrase": lambda text: phrase(text, texts),
        "day": texts.day,
        "full_day": texts.full_day,
        "moment": texts.moment,
        "ago": texts.ago,
        "cycle_name": lambda cycle: cycle_name(cycle, texts),
        "href": safe_href,
        "width": drawing.percent,
        "person": person,
        "rule_text": rule_text,
        "in_sentence": in_sentence,
    }


def _words(texts: Texts) -> dict[str, object]:
    def lookup(words: Mapping[Word, str]) -> object:
        # An outcome arrives as the plain string that the store keeps; a StrEnum's member equals it.
        return lambda key: texts(words.get(key, str(key)))

    return {
        "status_word": lookup(vocabulary.STATUS_WORDS),
        "cause_word": lookup(vocabulary.CAUSE_WORDS),
        "item_word": lookup(vocabulary.ITEM_WORDS),
        "outcome_word": lookup(vocabulary.OUTCOME_WORDS),
        "delivery_word": lookup(vocabulary.DELIVERY_WORDS),
        "kind_word": lookup(vocabulary.KIND_WORDS),
    }


def person(owner: str) -> str:
    """Return the short name of an owner: what stands before the @ of an address.

    >>> person("ana@acme.test")
    'ana'
    """
    return owner.partition("@")[0] or owner


def in_sentence(title: str) -> str:
    """Return a title as it reads inside a sentence; acronyms keep their capitals.

    >>> in_sentence("Launch the shop"), in_sentence("NPS of 42")
    ('launch the shop', 'NPS of 42')
    """
    first = title.split(" ", 1)[0]
    return title[:1].lower() + title[1:] if first[1:].islower() else title


def cycle_name(cycle: Cycle, texts: Texts) -> str:
    """Return a cycle's name for people: a quarter or a span of months is written out, any other id stays as it is."""
    found = QUARTER.fullmatch(cycle.id)
    if found is not None:
        return texts.quarter(date(int(found["year"]), 3 * int(found["quarter"]) - 2, 1))
    return texts.months(cycle.starts_on, drawing.last_day(cycle)) if SPAN.fullmatch(cycle.id) else cycle.id
