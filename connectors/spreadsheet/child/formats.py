"""Tells from a number format whether a number is shown as percent or as money (ECMA-376 part 1, 18.8.30, 18.8.31)."""

from __future__ import annotations

import re

_BUILT_IN_PERCENT = frozenset({"9", "10"})
_NOT_SHOWN = re.compile(r'\\.|_.|\*.|"[^"]*"|\[[^\]]*\]')
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]")
_QUOTED = re.compile(r'"\s*([^"]*?)\s*"')
_CODE = re.compile(r"[A-Z]{3}")
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "zł": "PLN", "₺": "TRY", "₪": "ILS"}
"""Signs that mean one currency. A bare ``$``, ``¥`` or ``kr`` means several, so it says nothing."""
_LOCALES = {
    ("$", "409"): "USD", ("$", "1009"): "CAD", ("$", "C09"): "AUD", ("¥", "411"): "JPY", ("¥", "804"): "CNY",
    ("kr", "41D"): "SEK", ("kr", "414"): "NOK", ("kr", "406"): "DKK",
}  # fmt: skip
"""Signs that a locale makes plain, by Windows language id."""


def style_of(number: str, code: str | None) -> str:
    """Return ``%``, an ISO 4217 code, or nothing for a number format.

    >>> style_of("10", None), style_of("164", '#,##0.00 [$€-40C]'), style_of("165", '0.0"%"')
    ('%', 'EUR', '')
    """
    if code is None:
        return "%" if number in _BUILT_IN_PERCENT else ""
    positive = code.split(";", 1)[0]
    if "%" in _NOT_SHOWN.sub("", positive):
        return "%"
    for sign, locale in _CURRENCY.findall(positive):
        known = _currency(sign.strip(), locale.upper())
        if known:
            return known
    for quoted in _QUOTED.findall(positive):
        known = _currency(quoted, "")
        if known:
            return known
    return next((currency for sign, currency in _SIGNS.items() if sign in positive), "")


def _currency(sign: str, locale: str) -> str:
    if _CODE.fullmatch(sign):
        return sign
    return _SIGNS.get(sign) or _LOCALES.get((sign, locale.lstrip("0")), "")
