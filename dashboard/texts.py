"""The page's languages: texts from gettext catalogues, numbers and dates by Babel.

The catalogues are the ``.po`` files as translators write them. They are read when the page starts (a few milliseconds),
so that neither the wheel nor an editable install needs a build step, and no compiled file can lag behind its source.
"""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval, format_skeleton, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mapping.show import Lang

LANGUAGES: tuple[Lang, ...] = ("en", "fr")
"""The first one is the language that the texts in the code are written in."""

MINUTE = timedelta(minutes=1)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the translations into ``language``; the source language needs none."""
    if language == LANGUAGES[0]:
        return gettext.NullTranslations()
    with files("dashboard").joinpath(f"locale/{language}.po").open("rb") as source:
        messages = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def marked(text: str) -> str:
    """Return ``text``, having marked it for the catalogues; it is translated where it is shown."""
    return text


JUST_NOW = marked("just now")


class Texts:
    """Everything that differs between languages, bound to one of them."""

    def __init__(self, language: Lang) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self.translations = catalogue(language)

    def __call__(self, text: str) -> str:
        """Return the translation of ``text``, or itself where there is none."""
        return self.translations.gettext(text) if text else ""

    def day(self, day: date) -> str:
        """Return a short date without its year: ``Oct 1``, ``1er oct.``."""
        return self._first(day, format_skeleton("MMMd", day, locale=self.locale))

    def full_day(self, day: date) -> str:
        """Return a date with its year: ``October 1, 2026``."""
        return self._first(day, format_date(day, "long", locale=self.locale))

    def _first(self, day: date, said: str) -> str:
        """Return a date as said; the first of a month is the only ordinal in French, which CLDR leaves out."""
        return f"1er{said[1:]}" if self.language == "fr" and day.day == 1 and said.startswith("1 ") else said

    def quarter(self, day: date) -> str:
        """Return the quarter of a date: ``4th quarter 2026``."""
        return format_skeleton("yQQQQ", day, locale=self.locale)

    def months(self, first: date, last: date) -> str:
        """Return a span of months: ``October – December 2026``."""
        return format_interval(first, last, skeleton="yMMMM", locale=self.locale)

    def month(self, day: date) -> str:
        """Return the month of a date: ``October 2026``."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def moment(self, at: datetime, timezone: str) -> str:
        """Return an instant as the clocks of ``timezone`` show it, to the minute."""
        local = at.astimezone(ZoneInfo(timezone))
        day = self._first(local.date(), format_skeleton("yMMMd", local, locale=self.locale))
        return f"{day}, {format_datetime(local, 'HH:mm', locale=self.locale)}"

    def ago(self, at: datetime, now: datetime) -> str:
        """Return how long before ``now`` an instant was: ``2 hours ago``; below a minute ``just now``."""
        passed = now - at
        if passed < MINUTE:
            return self(JUST_NOW)
        return format_timedelta(-passed, add_direction=True, threshold=1, locale=self.locale)
