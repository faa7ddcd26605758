"""``draft``: a sentence in, a metric out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mapping.draft.english import ENGLISH
from mapping.draft.french import FRENCH
from mapping.draft.pieces import cut, pieces_of
from mapping.draft.reading import read
from mapping.draft.result import Draft
from mapping.draft.sentence import sentence_of, unclear_in_words
from mapping.draft.tokens import TokenKind, tokenize
from mapping.draft.words import Lexicon, Tag
from mapping.plain import Plain, plain
from mapping.show import Lang

_LEXICONS = {"en": ENGLISH, "fr": FRENCH}
_VAGUE = frozenset({Tag.VAGUE, Tag.SOFT, Tag.BETTER})
_WAYS = frozenset({Tag.UP, Tag.DOWN, Tag.GAIN, Tag.LOSE, Tag.MORE, Tag.LESS})
_FRENCH_LETTERS = frozenset("éèêàâçùûîïôœ")


def draft(sentence: str, language: Lang | None = None) -> Draft:
    """Return the metric that a sentence states, as far as it states one; for the same text always the same.

    Args:
        sentence: a key result as people write it, in English or French.
        language: ``en`` or ``fr``; found from the words when it is not given.

    Returns:
        ``kind`` is None when there is no measure in it; ``unclear`` then says what to add. No text raises an error.

    >>> draft("Grow MRR from $120k to $200k").sentence
    'Increase from $120,000 to $200,000.'
    """
    lang = language or language_of(sentence)
    found = read(pieces_of(tokenize(sentence), _LEXICONS[lang], french=lang == "fr"))
    return replace(
        found.draft,
        sentence=sentence_of(found.draft, lang),
        unclear=unclear_in_words(found.unclear, lang),
        language=lang,
    )


def language_of(sentence: str) -> Lang:
    """Return the language whose short words the sentence has more of; French letters count, English wins a draw."""
    tokens = [token for token in tokenize(sentence) if token.kind is TokenKind.WORD]
    french = _known([token.text for token in tokens], FRENCH, ENGLISH)
    french += sum(any(letter in _FRENCH_LETTERS for letter in token.raw.casefold()) for token in tokens)
    english = _known([token.text for token in tokens if token.raw.isascii()], ENGLISH, FRENCH)
    return "fr" if french > english else "en"


def numbers_in(sentence: str, language: Lang) -> tuple[Decimal, ...]:
    """Return every amount of a sentence, whatever it is meant for, deadlines among them; 15 % is 0.15.

    >>> numbers_in("9 of 10 orders within 20 minutes", "en")
    (Decimal('9'), Decimal('10'), Decimal('20'))
    """
    pieces = cut(tokenize(sentence), _LEXICONS[language], french=language == "fr")
    return tuple(piece.amount.value for piece in pieces if piece.amount is not None)


def vague_words(sentence: str, language: Lang) -> tuple[str, ...]:
    """Return the words of a sentence that say a wish or a direction and no end, in their order.

    Better, qualité; work on at its beginning; increase and less only where no number stands in the sentence.

    >>> [vague_words(each, "en") for each in ("Improve the quality of our service", "Reduce churn", "Cut 3 layers")]
    [('improve', 'quality'), ('reduce',), ()]
    """
    pieces = pieces_of(tokenize(sentence), _LEXICONS[language], french=language == "fr")
    tags = _VAGUE if numbers_in(sentence, language) else _VAGUE | _WAYS
    return tuple(
        piece.text for place, piece in enumerate(pieces) if piece.tags & (tags if place else tags | {Tag.EFFORT})
    )


def _known(words: list[str], own: Lexicon, other: Lexicon) -> int:
    """Count the short words of a language, and those that only its lexicon has."""
    particular = sum(len(word) > 1 and word in own.phrases and word not in other.phrases for word in words)
    return particular + 2 * sum(word in own.short for word in words)


def draft_json(made: Draft) -> dict[str, Plain]:
    """Return the fields of a draft as JSON holds them: numbers as decimal strings, absent ones null."""
    whole = plain(made)
    if not isinstance(whole, dict):
        raise TypeError("a draft is an object")
    del whole["language"]
    return whole
