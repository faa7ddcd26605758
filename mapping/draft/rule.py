"""A draft as the lines of a rules file, to be pasted below ``key_results:``."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from mapping.decimals import ZERO, decimal_text, exact
from mapping.draft.reading import counts_from_nothing
from mapping.draft.result import Draft, DraftKind
from mapping.draft.tokens import fold
from mapping.rules import Period, UnitKind

_KEYS = {">=": "at_least", ">": "above", "<=": "at_most", "<": "below"}
_LONGEST_ID = 40
_PERIODS = frozenset(each.value for each in Period)


def rule_lines(made: Draft, sentence: str) -> list[str]:
    """Return the lines of a key result without its measure: id, title, metric, and what is still to be said."""
    title = json.dumps(" ".join(sentence.split()), ensure_ascii=False)
    lines = [f"{id_of(sentence)}:", f"  title: {title}", f"  metric: {metric_text(made)}"]
    return lines + [f"  # {remark}" for remark in remarks(made)]


def id_of(sentence: str) -> str:
    """Return an id made of the first words of a sentence."""
    words = re.findall(r"[a-z0-9]+", fold(sentence[:400]))
    name = ""
    for word in words:
        if len(name) + len(word) > _LONGEST_ID:
            break
        name = f"{name}-{word}" if name else word
    return name or "key-result"


def metric_text(made: Draft) -> str:
    """Return what stands behind ``metric:``; a baseline nobody told is left out, and ``okrsync check`` asks for it."""
    if made.kind is DraftKind.DONE:
        return "done"
    parts: list[str] = []
    if made.kind is DraftKind.BETWEEN:
        parts.append(f"between: [{_amount(made.baseline, made)}, {_amount(made.target, made)}]")
    else:
        baseline = ZERO if counts_from_nothing(made) else made.baseline
        parts += [f"baseline: {_amount(baseline, made)}"] if baseline is not None else []
        end = _end(made)
        parts += [f"{_KEYS.get(made.comparator or '', 'target')}: {end}"] if end else []
    if made.per in _PERIODS:
        parts.append(f"per: {made.per}")
    return "{" + ", ".join(parts) + "}"


def remarks(made: Draft) -> list[str]:
    """Return what a person has to do before the rule says what the sentence says."""
    found = [f"Not told: {each}." for each in made.unclear]
    if made.target is None and made.relative and _end(made) is None:
        found.append(f"Add baseline and target; the target is the baseline {made.relative}.")
    if made.per is not None and made.per not in _PERIODS:
        found.append(f"The target is meant per {made.per}: state it per {', '.join(Period)}.")
    return found


def _end(made: Draft) -> str | None:
    """Return the target as a rule writes it; None for a plain amount more or less, which rules know only as a value."""
    if made.relative and made.relative.endswith(("%", "pp", "pts")):
        return json.dumps(made.relative)
    if made.relative and made.relative.startswith("x"):
        return made.relative
    return _amount(made.target, made) if made.target is not None else None


def _amount(value: Decimal | None, made: Draft) -> str:
    if value is None:
        return ""
    if made.unit is UnitKind.PERCENT:
        with exact():
            return f"{decimal_text(value * 100)}%"
    text = decimal_text(value)
    return f"{text} {made.currency}" if made.currency else text
