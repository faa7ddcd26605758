"""A draft in words: read back in the language of the input, and what could not be told."""

from __future__ import annotations

from decimal import Decimal

from mapping.currencies import SIGNS
from mapping.decimals import decimal_text, exact
from mapping.draft.reading import BASELINE, NO_MEASURE, NO_SHARE, NO_WAY, READING, SECOND, UNIT
from mapping.draft.result import Draft, DraftKind, DraftPeriod
from mapping.rules import UnitKind
from mapping.show import NARROW, Lang

_SIGN_OF = {code: sign for sign, code in SIGNS.items()}
_WORDS: dict[Lang, dict[str, str]] = {
    "en": {
        "increase": "Increase",
        "decrease": "Decrease",
        "from": "from {} to {}",
        "to": "to {}",
        "by": "by {}",
        "times": "Multiply by {}",
        ">=": "At least {}",
        ">": "More than {}",
        "<=": "At most {}",
        "<": "Less than {}",
        "coming": "{}, currently {}",
        "between": "Between {} and {}",
        "done": "Done or not done",
        "pp": "percentage points",
        "pts": "score points",
        DraftPeriod.DAY: "per day",
        DraftPeriod.WEEK: "per week",
        DraftPeriod.MONTH: "per month",
        DraftPeriod.QUARTER: "per quarter",
        DraftPeriod.YEAR: "per year",
    },
    "fr": {
        "increase": "Augmenter",
        "decrease": "Réduire",
        "from": "de {} à {}",
        "to": "à {}",
        "by": "de {}",
        "times": "Multiplier par {}",
        ">=": "Au moins {}",
        ">": "Plus de {}",
        "<=": "Au plus {}",
        "<": "Moins de {}",
        "coming": "{}, actuellement {}",
        "between": "Entre {} et {}",
        "done": "Fait ou pas fait",
        "pp": "points de pourcentage",
        "pts": "points de score",
        DraftPeriod.DAY: "par jour",
        DraftPeriod.WEEK: "par semaine",
        DraftPeriod.MONTH: "par mois",
        DraftPeriod.QUARTER: "par trimestre",
        DraftPeriod.YEAR: "par an",
    },
}
_UNCLEAR: dict[Lang, dict[str, str]] = {
    "en": {
        BASELINE: "the baseline",
        SECOND: "what {} is for: write one key result for each number",
        UNIT: "the unit: today's value and the one to reach have different ones",
        READING: "whether {} is meant",
        NO_MEASURE: "the measure: say how much, as `from 15% to 25%`, `at least 42`, `30 per month` or `x2`, or what is"
        " done at the end, as `Launch the shop`",
        NO_WAY: "the way to go: baseline and target are equal",
        NO_SHARE: "the target: nothing can be multiplied or shared from a baseline of {}",
    },
    "fr": {
        BASELINE: "la valeur de départ (baseline)",
        SECOND: "à quoi sert {} : écrire un résultat clé par nombre",
        UNIT: "l'unité : la valeur de départ et la cible n'ont pas la même",
        READING: "si {} est voulu",
        NO_MEASURE: "la mesure : dire combien, comme `de 15 % à 25 %`, `au moins 42`, `30 par mois` ou `x2`, ou ce qui"
        " sera fait à la fin, comme `Lancer la boutique`",
        NO_WAY: "le chemin : la valeur de départ et la cible sont égales",
        NO_SHARE: "la cible : rien ne se multiplie ni ne se partage à partir de {}",
    },
}


def sentence_of(draft: Draft, lang: Lang) -> str | None:
    """Return the metric as a sentence that says the same when it is read again; None where there is none."""
    if draft.kind is None:
        return None
    words = _WORDS[lang]
    text = _body(draft, lang)
    return f"{text} {words[draft.per]}." if draft.per else f"{text}."


def unclear_in_words(unclear: tuple[tuple[str, str], ...], lang: Lang) -> tuple[str, ...]:
    """Return what could not be told, in a language."""
    return tuple(_UNCLEAR[lang][key].format(about) for key, about in unclear)


def _body(draft: Draft, lang: Lang) -> str:
    words = _WORDS[lang]
    if draft.kind is DraftKind.DONE:
        return words["done"]
    start = None if draft.baseline is None else value_text(draft.baseline, draft, lang)
    end = None if draft.target is None else value_text(draft.target, draft, lang)
    if draft.kind is DraftKind.BETWEEN:
        return words["between"].format(start, end)
    if draft.comparator is not None:
        threshold = words[draft.comparator].format(end)
        return words["coming"].format(threshold, start) if start else threshold
    return _way(draft, start, end, lang)


def _way(draft: Draft, start: str | None, end: str | None, lang: Lang) -> str:
    words = _WORDS[lang]
    verb = words[draft.kind or "increase"]
    if end is None:
        stated = draft.relative or ""
        change = _change(stated, draft, lang)
        return words["times"].format(change) if stated.startswith("x") else f"{verb} {words['by'].format(change)}"
    way = words["to"].format(end) if start is None else words["from"].format(start, end)
    if not draft.relative:
        return f"{verb} {way}"
    # "+10pts" alone would be read as percentage points
    change = (
        draft.relative[0] + _change(draft.relative, draft, lang) if draft.relative.endswith("pts") else draft.relative
    )
    return f"{verb} {way} ({change})"


def _change(stated: str, draft: Draft, lang: Lang) -> str:
    for suffix in ("pp", "pts"):
        if stated.endswith(suffix):
            return f"{_number(Decimal(stated[1:].removesuffix(suffix)), lang)} {_WORDS[lang][suffix]}"
    if stated.endswith("%"):
        return _percent(Decimal(stated[1:-1]), lang)
    value = Decimal(stated[1:])
    return _number(value, lang) if stated.startswith("x") else value_text(value, draft, lang)


def value_text(value: Decimal, draft: Draft, lang: Lang) -> str:
    """Return all digits of a value in the unit of its draft: what is read back must not be rounded."""
    if draft.unit is UnitKind.PERCENT:
        with exact():
            return _percent(value * 100, lang)
    if draft.currency is None:
        return _number(value, lang)
    sign = _SIGN_OF.get(draft.currency, draft.currency)
    text = _number(abs(value), lang)
    minus = "-" if value < 0 else ""
    if lang == "fr":
        return f"{minus}{text}\u00a0{sign}"
    return f"{minus}{sign}{'' if len(sign) == 1 else ' '}{text}"


def _percent(value: Decimal, lang: Lang) -> str:
    """Return a percentage without groups: ``1,000%`` is read as a decimal in French."""
    return _number(value, lang, group="") + (f"{NARROW}%" if lang == "fr" else "%")


def _number(value: Decimal, lang: Lang, *, group: str = ",") -> str:
    integer, dot, decimals = decimal_text(abs(value)).partition(".")
    grouped = f"{int(integer):,}".replace(",", group)
    if lang == "fr":
        if len(decimals) == 3 and group:
            decimals += "0"  # 2,125 could be read as groups of three
        grouped, dot = grouped.replace(",", NARROW), dot.replace(".", ",")
    return f"{'-' if value < 0 else ''}{grouped}{dot}{decimals}"
