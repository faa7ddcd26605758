"""What the words of a language say to the grammar: a lexicon of phrases, looked up longest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto

from mapping.draft.tokens import Token, fold


class Tag(Enum):
    """One thing a word or phrase can say. A word may say several."""

    UP = auto()
    """The value is to rise: increase, hausse."""
    BETTER = auto()
    """Up, but down where less is better: improve."""
    DOWN = auto()
    CHANGE = auto()
    """The value is to move, the numbers say where: passer, bring."""
    REACH = auto()
    """A number is to be reached: atteindre, hit."""
    HOLD = auto()
    """A level is to be kept: maintain, rester."""
    MAKE = auto()
    """Things are to be made or done, which are counted from nothing: recruit, help, lire."""
    FINISH = auto()
    """Something is to be done once: launch, publier."""
    BUILD = auto()
    """The same of one particular thing, else an aim without an end: create, construire."""
    SERVE = auto()
    """A work done for others again and again, whose time may be limited: answer, livrer."""
    MADE = auto()
    """Something is said to be done: launched, obtenue, en ligne."""
    EFFORT = auto()
    """Work without an end: work on, continuer."""
    VAGUE = auto()
    """What nobody can check: better, meilleur."""
    SOFT = auto()
    """A thing without an end, unless it is launched: culture, confiance."""
    FROM = auto()
    TO = auto()
    BY = auto()
    OF = auto()
    BASE = auto()
    """The number beside it is today's: currently, contre, baseline."""
    AT_LEAST = auto()
    MORE = auto()
    AT_MOST = auto()
    LESS = auto()
    LIMIT = auto()
    """A verb whose number, further on, is not to be passed: limit, plafonner."""
    STRICT = auto()
    OR_MORE = auto()
    """Stands behind the number, as the next: or more, minimum."""
    OR_LESS = auto()
    UP_BY = auto()
    """Behind a number: more, de plus."""
    DOWN_BY = auto()
    BETWEEN = auto()
    AND = auto()
    TIMES = auto()
    """Behind a number: times, fois."""
    TIMES_UP = auto()
    """Behind a number: times more, fois plus."""
    TIMES_DOWN = auto()
    FACTOR = auto()
    """Before a number: multiply by, by a factor of."""
    DIVIDE = auto()
    MULTIPLE = auto()
    """A multiple in a word: double, halve."""
    FRACTION = auto()
    """A part in words: half, un quart."""
    COUNT = auto()
    """A count in a word: once, twice."""
    OUT_OF = auto()
    PERCENT = auto()
    POINTS = auto()
    """Points, of a percentage or of a score."""
    PERCENTAGE_POINTS = auto()
    SCORE_POINTS = auto()
    SCALE = auto()
    MONEY = auto()
    DEFINITE = auto()
    """What follows exists already, and is counted by no one: the, nos."""
    FILLER = auto()
    """Says nothing between a cue and its number: about, environ, a."""
    ARTICLE = auto()
    WHO = auto()
    """What follows qualifies things that are counted: who, qui."""
    WITHIN = auto()
    """A span of time follows that is a limit or a deadline."""
    DEADLINE = auto()
    """A span or point of time follows that is only a deadline."""
    MONTH_NAME = auto()
    TIME = auto()
    """A unit of time; the value is its length in seconds."""
    NAMED = auto()
    """A number that follows is a name: ISO, version, phase."""
    TOP = auto()
    PER = auto()
    PER_SHORT = auto()
    """``a month``: a period only behind a number."""
    PER_ADJECTIVE = auto()
    """``monthly``: a period for counts and money only."""
    STOCK = auto()
    """After ``monthly`` it takes the period away: recurring, active."""
    SCORE = auto()
    """A score or level on a scale: NPS, note."""
    RATE = auto()
    """A thing measured in percent: rate, taux."""
    GAIN = auto()
    """Points or percent behind it come on top: gain, gagner."""
    LOSE = auto()
    """Any amount behind it is taken off: lose, perdre."""
    MULTIPLIES = auto()
    """The number after ``by`` multiplies: multiply, multiplier."""
    DIVIDES = auto()
    BAD = auto()
    """Less of it is better: churn, bugs."""
    NONE = auto()
    """None of what follows: no, aucun."""
    DONE = auto()
    """``done or not done``."""
    PLACE = auto()
    """A preposition behind a number, so that no counted thing follows: on, au."""


@dataclass(frozen=True, slots=True)
class Lexeme:
    """What a phrase says, with the number or the name that belongs to it."""

    tags: frozenset[Tag]
    value: Decimal = Decimal(1)
    name: str = ""


@dataclass(slots=True)
class Lexicon:
    """All phrases of a language, by their first word."""

    numbers: Mapping[str, int]
    """Number words that add up: twenty, cent."""
    short: frozenset[str]
    """The words by which the language is recognised."""
    phrases: dict[str, dict[tuple[str, ...], Lexeme]] = field(default_factory=dict)

    def add(self, tag: Tag, phrase: str, value: Decimal = Decimal(1), name: str = "") -> None:
        """Let ``phrase`` say ``tag`` too."""
        words = tuple(fold(phrase).replace("'", " ").replace("-", " ").split())
        group = self.phrases.setdefault(words[0], {})
        before = group.get(words)
        tags = (before.tags if before else frozenset()) | {tag}
        kept = before if before and before.name and not name else None
        group[words] = Lexeme(tags, kept.value if kept else value, kept.name if kept else name)

    def find(self, tokens: Sequence[Token], at: int, tag: Tag | None = None) -> tuple[Lexeme, int] | None:
        """Return the longest phrase that begins at a token, if given one that says ``tag``, and its length."""
        group = self.phrases.get(tokens[at].text)
        if group is None:
            return None
        longest = max(len(words) for words in group)
        words = tuple(token.text for token in tokens[at : at + longest])
        for length in range(len(words), 0, -1):
            lexeme = group.get(words[:length])
            if lexeme is not None and (tag is None or tag in lexeme.tags):
                return lexeme, length
        return None


def lexicon(
    *,
    cues: Mapping[Tag, str],
    valued: Mapping[Tag, Mapping[str, str | int]],
    named: Mapping[Tag, Mapping[str, str]],
    numbers: Mapping[str, int],
    short: str,
    forms: Callable[[str], Iterable[str]],
) -> Lexicon:
    """Return the lexicon of the phrases, separated by commas; ``*`` behind a verb stands for its regular forms."""
    made = Lexicon(numbers=numbers, short=frozenset(short.split()))
    for tag, listed in cues.items():
        for phrase in spread(listed, forms):
            made.add(tag, phrase)
    for tag, values in valued.items():
        for listed, value in values.items():
            for phrase in spread(listed, forms):
                made.add(tag, phrase, Decimal(value))
    for tag, names in named.items():
        for name, listed in names.items():
            for phrase in spread(listed, forms):
                made.add(tag, phrase, name=name)
    return made


def spread(listed: str, forms: Callable[[str], Iterable[str]]) -> Iterable[str]:
    """Yield each phrase of a list, a verb marked by ``*`` in all its forms."""
    for phrase in (each.strip() for each in listed.split(",")):
        verb, star, rest = phrase.partition("*")
        if not star:
            yield phrase
            continue
        for form in forms(verb):
            yield f"{form}{rest}"
