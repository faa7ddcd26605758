"""Reads the amounts of a sentence: digits or words, with sign, scale, currency, percent, score, points, multiple."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto

from mapping.currencies import CODES, SIGNS
from mapping.decimals import ONE, ZERO, exact, quotient, tidy
from mapping.draft.tokens import Token, TokenKind
from mapping.draft.words import Lexeme, Lexicon, Tag
from mapping.errors import AmountError
from mapping.numbers import SCORES, NumberStyle, parse_amount
from mapping.rules import UnitKind


class Shape(Enum):
    """What sort of amount it is."""

    PLAIN = auto()
    SCORE = auto()
    POINTS = auto()
    """Percentage points or points of a score: the thing measured decides."""
    PERCENTAGE_POINTS = auto()
    SCORE_POINTS = auto()
    TIMES = auto()
    FRACTION = auto()
    """A part in words, which is a percentage of something or a change by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number as it stands in the sentence, scale and percent worked in."""

    value: Decimal
    written: str = ""
    shape: Shape = Shape.PLAIN
    unit: UnitKind = UnitKind.NUMBER
    currency: str | None = None
    sign: str = ""
    scale: Decimal = ONE
    seconds: Decimal | None = None
    """Length of the unit of time behind it."""
    count: bool = False
    """It counts how often: twice a week."""
    bare_year: bool = False
    doubtful: str = ""
    """The reading that was not taken, where there are two."""


_SUFFIX_NAMES = re.compile(r"fa|g|d|st|nd|rd|th|er|ers|ere|eres|e|eme|emes|ieme|nde|nd|de|am|pm|k?w")
_SCALED_MONEY = re.compile(r"(k|m|md|mds|bn)(eur|usd|gbp|chf|euros?)")
_LETTERS = frozenset({"k", "K", "M", "Md", "Mds", "md", "mds", "B", "bn", "Bn", "mn", "Mn", "MM", "Mrd", "Mio"})
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_LONGEST_WORDS = 12


class AmountReader:
    """Reads amounts from the tokens of one sentence."""

    def __init__(self, tokens: Sequence[Token], words: Lexicon, *, french: bool) -> None:
        self._tokens = tokens
        self._words = words
        self._french = french
        self._periodic = any(self._period_follows(at) for at in range(len(tokens)))

    def read(self, at: int) -> tuple[Amount | None, int] | None:
        """Return the amount that begins at a token and where it ends.

        None where no number begins; no amount but an end where digits are a name (``2FA``).
        """
        multiple = self._multiple(at)
        if multiple is not None:
            return multiple
        sign, start = self._sign(at)
        currency, start = self._currency_before(start)
        if currency and not sign:
            sign, start = self._sign(start)
        found = self._digits(start) or self._in_words(start)
        if found is None:
            return None
        amount, end = found
        if self._is_name(end):
            return None, end + (1 if self._text(end) != "-" else 0)
        return self._with_units(replace(amount, sign=sign, currency=currency), end)

    # what stands before

    def _sign(self, at: int) -> tuple[str, int]:
        text = self._text(at)
        if text in ("moins", "minus", "plus") and self._number_near(at + 1) and self._text(at + 2) == "%":
            return "+" if text == "plus" else "-", at + 1
        if text not in ("+", "-", "–") or not self._number_near(at + 1):
            return "", at
        token, after = self._tokens[at], self._tokens[at + 1]
        before = self._tokens[at - 1] if at else None
        if before is not None and text != "+" and (before.kind is TokenKind.NUMBER or before.text in ("%", "€", "$")):
            return "", at
        if text == "+":
            return "+", at + 1
        if after.glued or token.raw == "−":
            return (
                ("-", at + 1)
                if text == "-" and not (token.glued and before and before.kind is TokenKind.WORD)
                else ("", at)
            )
        return ("-", at + 1) if self._spaced_minus(at) else ("", at)

    def _spaced_minus(self, at: int) -> bool:
        """Tell ``Churn – 10 %`` from ``Participation – 90 %``: only of what is better low is a tenth taken off."""
        behind = next((n for n in range(at + 2, min(at + 5, len(self._tokens))) if self._text(n) == "%"), None)
        if behind is None:
            return False
        found = [self._words.find(self._tokens, n) for n in range(max(0, at - 12), min(len(self._tokens), at + 12))]
        return any(each and Tag.BAD in each[0].tags for each in found)

    def _number_near(self, at: int) -> bool:
        if at < len(self._tokens) and self._tokens[at].text in SIGNS:
            at += 1
        return at < len(self._tokens) and self._tokens[at].kind is TokenKind.NUMBER

    def _currency_before(self, at: int) -> tuple[str | None, int]:
        if at + 1 >= len(self._tokens):
            return None, at
        end = at + 1
        raw = self._tokens[at].raw
        code = SIGNS.get(raw) or (raw if raw in CODES else None)
        if raw == "US" and self._text(end) == "$":
            code, end = "USD", end + 1
        follows = end < len(self._tokens) and (
            self._tokens[end].kind is TokenKind.NUMBER or self._text(end) in ("-", "+")
        )
        return (code, end) if code and follows else (None, at)

    # the number itself

    def _digits(self, at: int) -> tuple[Amount, int] | None:
        if at >= len(self._tokens) or self._tokens[at].kind is not TokenKind.NUMBER:
            return None
        groups, end = [self._tokens[at].text], at + 1
        if groups[0].isdigit() and len(groups[0]) <= 3 and groups[0] != "0":
            while self._is_group(end) and groups[-1].isdigit():
                groups.append(self._tokens[end].text)
                end += 1
        text = " ".join(groups)
        percent = self._text(end) == "%"
        value, doubtful = self._number(text, percent=percent)
        if value is None:
            return None
        year = len(groups) == 1 and text.isdigit() and len(text) == 4
        return Amount(value=value, written=text, doubtful=doubtful, bare_year=year), end

    def _is_group(self, at: int) -> bool:
        if at >= len(self._tokens) or self._tokens[at].glued or self._tokens[at].kind is not TokenKind.NUMBER:
            return False
        return re.fullmatch(r"[0-9]{3}(?:[.,][0-9]{1,6})?", self._tokens[at].text) is not None

    def _number(self, text: str, *, percent: bool) -> tuple[Decimal | None, str]:
        """Return the value in the style that fits, with the other reading where one is as good."""
        grouped = re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", text)
        if grouped and not percent:
            if not self._french:
                return parse_amount(text, style=NumberStyle.EN).value, ""
            whole = text.replace(",", "").replace(".", "")
            return Decimal(whole), f"{whole} / {text.replace('.', ',')}"
        last = max(text.rfind(","), text.rfind("."))
        comma_is_decimal = last >= 0 and text[last] == "," and (percent or not _GROUPED.fullmatch(text))
        style = NumberStyle.FR if comma_is_decimal else NumberStyle.EN
        grouping = "." if style is NumberStyle.FR else ","
        try:
            return parse_amount(
                text.replace(grouping, " ") if grouping in text and " " not in text else text, style=style
            ).value, ""
        except AmountError:
            return None, ""

    def _in_words(self, at: int) -> tuple[Amount, int] | None:
        """Return a number in words: ``trente``, ``a million``, ``two hundred and fifty``; a lone article is none."""
        total, current, end, real = ZERO, ZERO, at, False
        while end < len(self._tokens) and end - at < _LONGEST_WORDS:
            text = self._text(end)
            scale = self._scale_word(end)
            if text in self._words.numbers:
                current, real = _added(current, self._words.numbers[text], real), True
            elif text == "mille":
                total, current, real = total + max(current, ONE) * 1000, ZERO, True
            elif scale == 100 and not self._french:
                current, real = max(current, ONE) * 100, True
            elif scale is not None and (real or self._is_article(at) or self._text(at - 1) in ("le", "du", "the")):
                total, current, real = total + max(current, ONE) * scale, ZERO, True
            elif not (self._goes_on(end, current) or (end == at and self._is_article(at))):
                break
            end += 1
        if not real or (end == at + 1 and not self._stands_alone(at)):
            return None
        return Amount(value=tidy(total + current), written=" ".join(t.raw for t in self._tokens[at:end])), end

    def _scale_word(self, at: int) -> Decimal | None:
        found = self._words.phrases.get(self._text(at), {}).get((self._text(at),))
        long = found is not None and Tag.SCALE in found.tags and len(self._text(at)) > 3
        return found.value if found is not None and long else None

    def _is_article(self, at: int) -> bool:
        return (
            self._text(at) in ("a", "an", "un", "une", "one", "le", "du", "the")
            and self._scale_word(at + 1) is not None
        )

    def _goes_on(self, at: int, current: Decimal) -> bool:
        if self._text(at) == "and" and current >= 100:
            return self._text(at + 1) in self._words.numbers
        return self._text(at) == "et" and current >= 20 and self._text(at + 1) in ("un", "une", "onze")

    def _stands_alone(self, at: int) -> bool:
        """Tell whether a single number word is meant as one: ``un``, ``one`` and ``neuf`` (new) mostly are not."""
        text, after = self._text(at), self._text(at + 1)
        if text in ("un", "une", "one"):
            return (
                self._threshold_ends(at)
                or (at == 0 and self._periodic)
                or after in ("fois", "time")
                or self._ratio_follows(at + 1)
                or self._ratio_follows(at + 2)
            )
        if text == "neuf":
            return after.endswith(("s", "x")) or after in ("sur", "fois", "%")
        return text != "second"

    def _threshold_ends(self, at: int) -> bool:
        """Tell ``maximum one``, ``pas plus d'une``."""
        for start in range(max(0, at - 4), at):
            found = self._words.find(self._tokens, start)
            if found and start + found[1] == at and found[0].tags & {Tag.AT_MOST, Tag.AT_LEAST, Tag.MORE, Tag.LESS}:
                return True
        return False

    def _ratio_follows(self, at: int) -> bool:
        return self._text(at) in ("sur", "in", "out") and (
            self._text(at + 1) in self._words.numbers
            or self._text(at + 1) in ("of", "every")
            or self._text(at + 1).isdigit()
        )

    # what stands behind

    def _is_name(self, at: int) -> bool:
        """Tell ``2FA``, ``3rd`` and ``90-day``, whose digits are no amount."""
        if self._text(at) in ("am", "pm"):
            return True
        if at >= len(self._tokens) or not self._tokens[at].glued:
            return False
        token = self._tokens[at]
        if token.text == "-" and at + 1 < len(self._tokens):
            after = self._tokens[at + 1]
            return after.glued and after.kind is TokenKind.WORD and after.text != "fold"
        if token.kind is not TokenKind.WORD or (token.raw == "d" and not self._french):
            return False
        return _SUFFIX_NAMES.fullmatch(token.text) is not None or any(letter.isdigit() for letter in token.text)

    def _with_units(self, amount: Amount, at: int) -> tuple[Amount, int]:
        amount, at = self._scaled(amount, at)
        if amount.currency is None:
            amount, at = self._money(amount, at)
        if amount.currency is not None:
            return replace(amount, unit=UnitKind.CURRENCY), at
        for read in (self._percent, self._points, self._score, self._times, self._time):
            found = read(amount, at)
            if found is not None:
                return found
        return amount, at

    def _scaled(self, amount: Amount, at: int) -> tuple[Amount, int]:
        if at >= len(self._tokens):
            return amount, at
        token = self._tokens[at]
        money = _SCALED_MONEY.fullmatch(token.text)
        if money is not None:
            scale = self._words.phrases[money[1]][money[1],].value
            return _times(replace(amount, currency=money[2].upper()[:3]), scale), at + 1
        scale_found = self._tagged(at, Tag.SCALE)
        if scale_found is None or not self._is_scale(token, at, amount):
            return amount, at
        return _times(amount, scale_found[0].value), at + scale_found[1]

    def _is_scale(self, token: Token, at: int, amount: Amount) -> bool:
        if len(token.raw) > 3 or token.raw in _LETTERS:
            return True
        money = bool(amount.currency) or self._tagged(at + 1, Tag.MONEY) is not None
        return (token.glued and (money or not self._french)) or money

    def _money(self, amount: Amount, at: int) -> tuple[Amount, int]:
        if at >= len(self._tokens):
            return amount, at
        found = self._tagged(at, Tag.MONEY)
        if found is not None:
            return replace(amount, currency=found[0].name), at + found[1]
        raw = self._tokens[at].raw
        return (replace(amount, currency=raw), at + 1) if raw in CODES else (amount, at)

    def _percent(self, amount: Amount, at: int) -> tuple[Amount, int] | None:
        found = self._tagged(at, Tag.PERCENT)
        points = self._tagged(at, Tag.PERCENTAGE_POINTS)
        if found is None or points is not None:
            return None
        return replace(amount, value=tidy(amount.value.scaleb(-2)), unit=UnitKind.PERCENT), at + found[1]

    def _points(self, amount: Amount, at: int) -> tuple[Amount, int] | None:
        shapes = {
            Tag.PERCENTAGE_POINTS: Shape.PERCENTAGE_POINTS,
            Tag.SCORE_POINTS: Shape.SCORE_POINTS,
            Tag.POINTS: Shape.POINTS,
        }
        for tag, shape in shapes.items():
            found = self._tagged(at, tag)
            if found is not None:
                return replace(amount, shape=shape), at + found[1]
        return None

    def _score(self, amount: Amount, at: int) -> tuple[Amount, int] | None:
        if self._text(at) != "/" or at + 1 >= len(self._tokens) or self._tokens[at + 1].kind is not TokenKind.NUMBER:
            return None
        top = self._tokens[at + 1].text
        if top.isdigit() and len(top) <= 3 and int(top) in SCORES and amount.value <= int(top):
            return replace(amount, shape=Shape.SCORE), at + 2
        if top.isdigit() and len(top) <= 3 and ZERO < amount.value < int(top) and self._has(at + 2, Tag.OF):
            return replace(amount, value=quotient(amount.value, Decimal(top)), unit=UnitKind.PERCENT), at + 2
        return replace(amount, shape=Shape.SCORE, value=Decimal(-1)), at + 2

    def _times(self, amount: Amount, at: int) -> tuple[Amount, int] | None:
        for tag in (Tag.TIMES_UP, Tag.TIMES_DOWN, Tag.TIMES):
            found = self._tagged(at, tag)
            if found is None:
                continue
            end = at + found[1]
            if tag is Tag.TIMES and self._period_follows(end):
                return replace(amount, count=True), end
            if tag is Tag.TIMES_DOWN and amount.value:
                amount = replace(amount, value=quotient(ONE, amount.value))
            return replace(amount, shape=Shape.TIMES), end
        return None

    def _time(self, amount: Amount, at: int) -> tuple[Amount, int] | None:
        found = self._tagged(at, Tag.TIME)
        return None if found is None else (replace(amount, seconds=found[0].value), at + found[1])

    # words that are amounts

    def _multiple(self, at: int) -> tuple[Amount, int] | None:
        if self._text(at) == "×":
            found = self._digits(at + 1)
            return None if found is None else (replace(found[0], shape=Shape.TIMES), found[1])
        count = self._tagged(at, Tag.COUNT)
        if count is not None and self._period_follows(at + count[1]):
            return Amount(value=count[0].value, written=self._tokens[at].raw, count=True), at + count[1]
        for tag, shape in ((Tag.MULTIPLE, Shape.TIMES), (Tag.FRACTION, Shape.FRACTION)):
            found_word = self._tagged(at, tag)
            if found_word is not None:
                lexeme, length = found_word
                return Amount(value=lexeme.value, written=self._tokens[at].raw, shape=shape), at + length
        return self._factor(at)

    def _factor(self, at: int) -> tuple[Amount, int] | None:
        for tag in (Tag.FACTOR, Tag.DIVIDE):
            cue = self._tagged(at, tag)
            if cue is None:
                continue
            found = self._digits(at + cue[1]) or self._in_words(at + cue[1])
            if found is None or not found[0].value:
                continue
            value = quotient(ONE, found[0].value) if tag is Tag.DIVIDE else found[0].value
            return replace(found[0], value=value, shape=Shape.TIMES), found[1]
        return None

    def _period_follows(self, at: int) -> bool:
        return self._has(at, Tag.PER) or self._has(at, Tag.PER_SHORT)

    def _has(self, at: int, tag: Tag) -> bool:
        return self._tagged(at, tag) is not None

    def _tagged(self, at: int, tag: Tag) -> tuple[Lexeme, int] | None:
        """Return the longest phrase here that says ``tag``, and its length."""
        if at >= len(self._tokens):
            return None
        return self._words.find(self._tokens, at, tag)

    def _text(self, at: int) -> str:
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""


def _times(amount: Amount, scale: Decimal) -> Amount:
    with exact():
        return replace(amount, value=tidy(amount.value * scale), scale=scale, bare_year=False)


def _added(current: Decimal, number: int, real: bool) -> Decimal:
    """Add a number word to what was read: ``quatre-vingt`` multiplies, ``cent`` too, the others add up."""
    if number == 100:
        return max(current, ONE) * 100
    if number == 20 and real and current % 100 == 4:
        return current + 76
    return current + number
