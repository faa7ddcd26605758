"""``draft``: a sentence in, a metric out."""

from __future__ import annotations

from dataclasses import replace

from mapping.draft.english import ENGLISH
from mapping.draft.french import FRENCH
from mapping.draft.pieces import pieces_of
from mapping.draft.reading import read
from mapping.draft.result import Draft
from mapping.draft.sentence import sentence_of, unclear_in_words
from mapping.draft.tokens import TokenKind, tokenize
from mapping.draft.words import Lexicon
from mapping.plain import Plain, plain
from mapping.show import Lang

_LEXICONS = {"en": ENGLISH, "fr": FRENCH}
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
