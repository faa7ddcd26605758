"""Reads the amounts people write: ``15 %``, ``4,6/5``, ``2 M€``, ``x10``, ``+20%``. See docs/semantics.md, Amounts.

A notation is declared, never guessed: a text with two readings is an error that names both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mapping.currencies import CODES, SIGNS
from mapping.decimals import decimal_text, tidy
from mapping.errors import AmountError
from mapping.rules import Unit, UnitKind

LONGEST = 100
"""No amount is longer; what is, is prose."""


class NumberStyle(StrEnum):
    """How numbers are written. In every style groups of three may be set apart by a space of any kind."""

    PLAIN = "plain"
    """As in a config: a dot, and commas or underscores only where one reading is possible."""
    EN = "en"
    """``1,234.5``"""
    FR = "fr"
    """``1 234,5``"""


class RelativeKind(StrEnum):
    """What a relative amount is relative to."""

    MULTIPLE = "multiple"
    """Times the baseline: ``x10``, ``double``."""
    SHARE = "share"
    """A share of the baseline more or less: ``+20%`` is 0.2."""
    PERCENTAGE_POINTS = "percentage points"
    """``+10pp`` is 0.1, added to a baseline that is a percentage."""
    POINTS = "points"
    """``+10 pts`` is 10: percentage points of a percentage, else points of a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An amount that needs a baseline to become a value."""

    kind: RelativeKind
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What a text says. ``relative`` is set where it may be meant against a baseline.

    A signed percentage is both: ``-10 %`` in a cell is the value -0.1, as a target it is a tenth less.
    """

    value: Decimal
    unit: Unit | None = None
    relative: Relative | None = None


WORDS = {
    "double": 2, "doubled": 2, "twice": 2, "doubler": 2, "doublé": 2,
    "triple": 3, "tripled": 3, "tripler": 3, "triplé": 3,
    "quadruple": 4, "quadrupled": 4, "quadrupler": 4,
}  # fmt: skip
HALVES = frozenset({"half", "halve", "halved", "moitié"})
DONE = {"done": 1, "yes": 1, "true": 1, "fait": 1, "oui": 1, "vrai": 1} | {
    "not done": 0, "no": 0, "false": 0, "à faire": 0, "non": 0, "faux": 0,
}  # fmt: skip
SCALES = {
    "k": 10**3, "K": 10**3, "thousand": 10**3, "mille": 10**3,
    "M": 10**6, "million": 10**6, "millions": 10**6,
    "bn": 10**9, "B": 10**9, "Md": 10**9, "Mds": 10**9, "milliard": 10**9, "milliards": 10**9,
}  # fmt: skip
SCORES = frozenset({5, 6, 10, 20, 100})
"""What a score may be out of; ``3/4`` or ``10/12`` could as well be a fraction or a date."""

_PERCENT = Unit(kind=UnitKind.PERCENT)
_POINT_WORDS = {
    "pp": RelativeKind.PERCENTAGE_POINTS, "percentage points": RelativeKind.PERCENTAGE_POINTS,
    "points de pourcentage": RelativeKind.PERCENTAGE_POINTS,
    "pt": RelativeKind.POINTS, "pts": RelativeKind.POINTS, "point": RelativeKind.POINTS, "points": RelativeKind.POINTS,
}  # fmt: skip
# no-break, narrow no-break, figure and thin spaces all mean: the same number goes on
_SPACES = re.compile("[ \u00a0\u202f\u2007\u2009]+")
_MULTIPLE = re.compile(r"(?:[xX×] ?(?P<after>[0-9][0-9 .,_]*)|(?P<before>[0-9][0-9 .,_]*) ?[xX×])")
_NUMBER = re.compile(r"(?P<number>[0-9][0-9 .,_]*(?:[eE][+-]?[0-9]{1,2})?|[.,][0-9]+)")
_SCORE = re.compile(r"(?P<number>[0-9][0-9 .,_]*?) ?/ ?(?P<top>[0-9]{1,3})")
_DIGITS = re.compile(r"[0-9]+")


def parse_amount(text: str, *, style: NumberStyle) -> Amount:
    """Return the amount that ``text`` writes in ``style``; percentages as fractions.

    Raises:
        AmountError: it is no amount, has two readings, or is relative without saying by how much.
    """
    shown = text.strip()
    if len(shown) > LONGEST:
        raise AmountError(f"{shown[:20]!r}… is {len(shown)} characters long: an amount has at most {LONGEST}")
    plain = _SPACES.sub(" ", shown).replace("−", "-").strip()
    if not plain:
        raise AmountError("an empty text is no amount: write a number")
    return _by_word(plain) or _multiple(plain, style) or _score(plain, style) or _signed(plain, style)


def parse_value(text: str, *, style: NumberStyle) -> Amount:
    """Return the amount of a text that must stand for itself, as a spreadsheet cell does.

    Raises:
        AmountError: as ``parse_amount``; also for ``x10``, ``double`` and ``+10pp``, which need a baseline.
    """
    amount = parse_amount(text, style=style)
    if amount.relative is not None and amount.relative.kind is not RelativeKind.SHARE:
        raise AmountError(f"{text.strip()!r} is relative to a baseline: write the value itself")
    return Amount(value=amount.value, unit=amount.unit)


def _by_word(text: str) -> Amount | None:
    word = text.casefold()
    if word in WORDS:
        return _times(Decimal(WORDS[word]))
    if word in HALVES:
        return _times(Decimal("0.5"))
    if word in DONE:
        return Amount(value=Decimal(DONE[word]), unit=Unit(kind=UnitKind.DONE))
    return None


def _multiple(text: str, style: NumberStyle) -> Amount | None:
    match = _MULTIPLE.fullmatch(text)
    return _times(_number(match["after"] or match["before"], style, text)) if match else None


def _times(factor: Decimal) -> Amount:
    return Amount(value=factor, relative=Relative(kind=RelativeKind.MULTIPLE, amount=factor))


def _score(text: str, style: NumberStyle) -> Amount | None:
    match = _SCORE.fullmatch(text)
    if match is None:
        return None
    value, top = _number(match["number"], style, text), int(match["top"])
    if top not in SCORES:
        tops = "5, 6, 10, 20 or 100"
        raise AmountError(f"{text!r} may be a score, a fraction or a date: write a number, or a score out of {tops}")
    if value > top:
        raise AmountError(f"{text!r}: {decimal_text(value)} is more than the {top} it is out of")
    return Amount(value=value, unit=Unit(name=f"/{top}"))


def _signed(text: str, style: NumberStyle) -> Amount:
    """Read a number with a sign, a scale, a currency, a percent sign or points, each at most once."""
    sign, rest = _take_sign(text)
    currency, rest = _take_currency(rest, text)
    if not sign:
        sign, rest = _take_sign(rest)
    match = _NUMBER.match(rest)
    if match is None:
        raise AmountError(f"{text!r} is no amount: write a number, as 1234.5, 15 %, 2 M€, x10 or +20%")
    number = _number(match["number"].strip(), style, text)
    after = rest[match.end() :].strip()
    trailing, after = _take_currency(after, text)
    if currency and trailing:
        raise AmountError(f"{text!r} names a currency twice: keep one")
    scale, after = _take_scale(after)
    if not (currency or trailing):
        trailing, after = _take_currency(after, text)
    value = tidy((-number if sign == "-" else number) * scale)
    code = currency or trailing
    if not after:
        return Amount(value=value, unit=Unit(kind=UnitKind.CURRENCY, currency=code) if code else None)
    if code or scale != 1:
        raise AmountError(f"{text!r}: {after!r} cannot follow here: write one number with one unit")
    return _with_unit(value, after, bool(sign), text)


def _with_unit(value: Decimal, after: str, signed: bool, text: str) -> Amount:
    if after in ("%", "percent", "pour cent"):
        share = tidy(value.scaleb(-2))
        relative = Relative(kind=RelativeKind.SHARE, amount=share) if signed else None
        return Amount(value=share, unit=_PERCENT, relative=relative)
    kind = _POINT_WORDS.get(after.casefold())
    if kind is None:
        raise AmountError(f"{text!r}: {after!r} is no unit known here: write a number, a percentage or a currency")
    if not signed:
        raise AmountError(f"{text!r} does not say more or less: write +{text} or -{text}")
    amount = tidy(value.scaleb(-2)) if kind is RelativeKind.PERCENTAGE_POINTS else value
    unit = _PERCENT if kind is RelativeKind.PERCENTAGE_POINTS else None
    return Amount(value=amount, unit=unit, relative=Relative(kind=kind, amount=amount))


def _take_sign(text: str) -> tuple[str, str]:
    return (text[0], text[1:].lstrip()) if text[:1] in ("+", "-") else ("", text)


def _take_currency(text: str, whole: str) -> tuple[str | None, str]:
    if text[:1] in SIGNS:
        return SIGNS[text[0]], text[1:].lstrip()
    match = re.match(r"[A-Z]{3}(?![A-Za-z])", text)
    if match is None:
        return None, text
    if match[0] not in CODES:
        raise AmountError(f"{whole!r}: {match[0]} is no currency code of ISO 4217: write one, as EUR")
    return match[0], text[3:].lstrip()


def _take_scale(text: str) -> tuple[int, str]:
    match = re.match(r"[A-Za-z]+", text)
    if match is None or match[0] not in SCALES:
        return 1, text
    return SCALES[match[0]], text[match.end() :].lstrip()


def _number(text: str, style: NumberStyle, whole: str) -> Decimal:
    """Return the unsigned number, with groups and decimals as the style has them."""
    digits, mark, exponent = text.strip().replace("E", "e").partition("e")
    read_as = _style_of_plain(digits, whole) if style is NumberStyle.PLAIN else style
    point, comma = (",", "") if read_as is NumberStyle.FR else (".", ",")
    integer, dot, decimals = digits.partition(point)
    if dot and not _DIGITS.fullmatch(decimals):
        raise AmountError(f"{whole!r} is no number in style {style}: {_HOW[style]}")
    groups = re.split(f"[ _{comma}]", integer)
    marks = set(re.findall(f"[ _{comma}]", integer))
    if not _grouped(groups) or len(marks) > 1:
        raise AmountError(f"{whole!r} is no number in style {style}: {_HOW[style]}")
    return tidy(Decimal(f"{''.join(groups) or '0'}.{decimals or '0'}{mark}{exponent}"))


_HOW = {
    NumberStyle.PLAIN: "write 1234.5",
    NumberStyle.EN: "a comma sets groups of three apart and a dot the decimals, as in 1,234.5",
    NumberStyle.FR: "a space sets groups of three apart and a comma the decimals, as in 1 234,5",
}


def _grouped(groups: list[str]) -> bool:
    first, rest = groups[0], groups[1:]
    if not rest:
        return not first or _DIGITS.fullmatch(first) is not None
    return (
        1 <= len(first) <= 3
        and first != "0"
        and _DIGITS.fullmatch(first) is not None
        and all(len(each) == 3 and _DIGITS.fullmatch(each) for each in rest)
    )


def _style_of_plain(digits: str, whole: str) -> NumberStyle:
    """Return the style in which an undeclared number has its only reading.

    Raises:
        AmountError: ``1,234`` is 1234 in English and 1.234 in French.
    """
    if digits.count(",") != 1 or "." in digits:
        return NumberStyle.EN
    integer, _, decimals = digits.partition(",")
    if len(decimals) == 3 and _grouped([integer, decimals]):
        raise AmountError(
            f"{whole!r} can be {integer}{decimals} (comma sets thousands apart) or {integer}.{decimals} (comma sets "
            f"decimals apart): write {integer}{decimals} or {integer}.{decimals}, or declare the style en or fr"
        )
    return NumberStyle.FR
