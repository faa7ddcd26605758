"""Which language a request is answered in: the address, then the cookie, then what the browser prefers."""

from __future__ import annotations

from starlette.requests import Request

from dashboard.texts import LANGUAGES
from mapping.show import Lang

COOKIE = "okrsync_lang"
ONE_YEAR = 365 * 24 * 3600


def language_of(request: Request, default: Lang) -> Lang:
    """Return one of our languages for ``request``; unknown ones are passed over."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if (language := known(wish)) is not None:
            return language
    return preferred(request.headers.get("accept-language", ""), default)


def known(wish: str | None) -> Lang | None:
    """Return the language of that name, if it is one of ours."""
    return next((language for language in LANGUAGES if language == wish), None)


def preferred(header: str, default: Lang) -> Lang:
    """Return our language with the highest weight in an Accept-Language header (RFC 9110, 12.5.4).

    >>> preferred("de;q=0.9, fr-CA;q=0.8, en;q=0.1", "en")
    'fr'
    >>> preferred("", "en")
    'en'
    """
    best, weight_of_best = default, 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = known(tag.strip().lower().partition("-")[0])
        weight = _weight(parameter)
        if language is not None and weight > weight_of_best:
            best, weight_of_best = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, number = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0  # an unreadable weight is no wish
