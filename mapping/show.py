"""Values as people read them, in English and French. Rounding happens here and nowhere before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal

from mapping.currencies import SIGNS, WITHOUT_CENTS
from mapping.decimals import ONE, ZERO, decimal_text, exact
from mapping.rules import Metric, MetricKind, Period, Unit, UnitKind

Lang = Literal["en", "fr"]
NOTHING = "–"
NARROW = "\u202f"
"""Narrow no-break space: sets groups and the percent sign apart in French."""
_SIGN_OF = {code: sign for sign, code in SIGNS.items()}
_TENTH = Decimal("0.1")
_HUNDREDTH = Decimal("0.01")

_WORDS = {
    "en": {
        MetricKind.AT_LEAST: "at least ", MetricKind.AT_MOST: "at most ",
        MetricKind.ABOVE: "more than ", MetricKind.BELOW: "less than ", MetricKind.BETWEEN: "between ", "and": " and ",
        Period.WEEK: "per week", Period.MONTH: "per month", Period.QUARTER: "per quarter",
        "done": "done", "not done": "not done", "points": "pp",
    },
    "fr": {
        MetricKind.AT_LEAST: "au moins ", MetricKind.AT_MOST: "au plus ",
        MetricKind.ABOVE: "plus de ", MetricKind.BELOW: "moins de ", MetricKind.BETWEEN: "entre ", "and": " et ",
        Period.WEEK: "par semaine", Period.MONTH: "par mois", Period.QUARTER: "par trimestre",
        "done": "fait", "not done": "pas fait", "points": "pts",
    },
}  # fmt: skip


def first_of(names: Sequence[str], most: int = 3) -> str:
    """Return the first names and how many more there are: ``a, b, c and 9 more``; nothing for none."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def show_value(value: Decimal | None, unit: Unit, lang: Lang = "en") -> str:
    """Return a value with its unit, at most two decimals: ``25%``, ``€2,000,000``, ``12 bugs``; a dash for None."""
    if value is None:
        return NOTHING
    return _named(_bare(value, unit, lang), unit)


def show_progress(progress: Decimal | None, lang: Lang = "en") -> str:
    """Return progress in whole percent; all but the whole way never reads 100 %, and some never 0 %."""
    if progress is None:
        return NOTHING
    share = progress * 100
    rounded = share.quantize(ONE, rounding=ROUND_HALF_UP)
    if (progress < 1 and rounded == 100) or (progress < 0 and not rounded):
        rounded = Decimal(99) if progress > 0 else Decimal(-1)
    elif progress > 0 and not rounded:
        rounded = ONE
    return _percent(rounded, lang)


def show_delta(amount: Decimal, unit: Unit, lang: Lang = "en") -> str:
    """Return a change with its sign; of a percentage in percentage points: ``+3.1 pp``, ``-€500``."""
    if unit.kind in (UnitKind.PERCENT, UnitKind.POINTS):
        text = _points(amount, lang)
    elif unit.kind is UnitKind.DONE:
        text = _number(amount, lang)
    else:
        text = _bare(amount, unit, lang)
    return f"+{text}" if amount > 0 else text


def show_metric(metric: Metric, lang: Lang = "en") -> str:
    """Return the way to go: ``40 → 10 bugs``, ``at least 42``, ``30 per month``, ``500 → 5,000 (x10)``.

    Zones read commit, target, stretch: ``0 → 40 / 70 / 100``.
    """
    words = _WORDS[lang]
    if metric.kind is MetricKind.BINARY:
        return words["done"]
    text = words.get(metric.kind, "") + _goal(metric, lang)
    rises_from_zero = metric.per is not None and metric.baseline == ZERO
    if metric.baseline is not None and not rises_from_zero:
        text = f"{_bare(metric.baseline, metric.unit, lang)} → {text}"
    if metric.per is not None:
        text = f"{text} {words[metric.per]}"
    return f"{text} ({metric.stated})" if metric.stated else text


def _goal(metric: Metric, lang: Lang) -> str:
    if metric.upper is not None:
        edges = _bare(metric.target, metric.unit, lang), show_value(metric.upper, metric.unit, lang)
        return _WORDS[lang]["and"].join(edges)
    if metric.commit is None or metric.stretch is None:
        return show_value(metric.target, metric.unit, lang)
    marks = (metric.commit, metric.target, metric.stretch)
    return _named(" / ".join(_bare(mark, metric.unit, lang) for mark in marks), metric.unit)


def _named(text: str, unit: Unit) -> str:
    """Add the unit's name; a score's ``/5`` stands close."""
    if not unit.name:
        return text
    return f"{text}{unit.name}" if unit.name.startswith("/") else f"{text} {unit.name}"


def _bare(value: Decimal, unit: Unit, lang: Lang) -> str:
    match unit.kind:
        case UnitKind.PERCENT:
            return _percent(value * 100, lang)
        case UnitKind.POINTS:
            return _points(value, lang)
        case UnitKind.CURRENCY:
            return _money(value, unit.currency or "", lang)
        case UnitKind.DONE:
            return _WORDS[lang]["done" if value >= 1 else "not done"]
        case UnitKind.NUMBER:
            return _number(value, lang)


def _points(value: Decimal, lang: Lang) -> str:
    return f"{_calm(value * 100, lang)}{NARROW if lang == 'fr' else ' '}{_WORDS[lang]['points']}"


def _percent(value: Decimal, lang: Lang) -> str:
    return _calm(value, lang) + (f"{NARROW}%" if lang == "fr" else "%")


def _calm(value: Decimal, lang: Lang) -> str:
    """Return hundredths with one decimal from 10 on, where a second one says nothing; but never round up to 100."""
    with exact():
        shown = value.quantize(_TENTH, rounding=ROUND_HALF_UP) if abs(value) >= 10 else value
    return _number(value if shown == 100 != value else shown, lang)


def _money(value: Decimal, code: str, lang: Lang) -> str:
    sign = _SIGN_OF.get(code, code)
    cents = ONE if code in WITHOUT_CENTS else _HUNDREDTH
    amount = value.quantize(cents, rounding=ROUND_HALF_UP)
    text = _grouped(f"{abs(amount):f}" if amount % 1 else decimal_text(abs(amount)), lang)
    minus = "-" if amount < 0 else ""
    if lang == "fr":
        return f"{minus}{text}\u00a0{sign}"
    return f"{minus}{sign}{'' if len(sign) == 1 else ' '}{text}"


def _number(value: Decimal, lang: Lang) -> str:
    """Return at most two decimals, or two significant digits for what would read 0."""
    with exact():
        rounded = value.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
        if not rounded and value:
            rounded = value.quantize(Decimal(1).scaleb(value.adjusted() - 1), rounding=ROUND_DOWN)
    text = _grouped(decimal_text(abs(rounded)), lang)
    return f"-{text}" if rounded < 0 else text


def _grouped(text: str, lang: Lang) -> str:
    integer, dot, decimals = text.partition(".")
    grouped = f"{int(integer):,}"
    if lang == "fr":
        return grouped.replace(",", NARROW) + ("," if dot else "") + decimals
    return grouped + dot + decimals
