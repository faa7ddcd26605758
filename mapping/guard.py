"""Looks twice at a new value before it is published. See docs/semantics.md, Guard."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from mapping.check_ins import CheckIn
from mapping.decimals import ZERO, decimal_text, difference, exact, quotient, total
from mapping.reviews import ReviewCause
from mapping.rules import Guard, Metric
from mapping.show import show_progress, show_value

FEW_ITEMS = 5
"""A selection of fewer items may shrink as it likes: two of three gone is a Tuesday."""
FEW_MOVES = 8
"""With fewer past moves nothing can be called unusual."""
SMALL_MOVE = Decimal("0.1")
"""A move of less than this share of the way from baseline to target harms nobody, however unusual."""

Finding = tuple[ReviewCause, str]


def why_held(guard: Guard, *, last: CheckIn | None, new: CheckIn, past: Sequence[Decimal]) -> Finding | None:
    """Return why a person should look at a new value first; None when it may be published.

    A value under another rule than before is not compared: whoever changed the rule has seen the plan.

    Args:
        guard: of the key result.
        last: the check-in before.
        new: the check-in to be.
        past: the values measured before, oldest first, up to and including ``last``.
    """
    if last is None or last.value is None or new.value is None or last.rule != new.rule:
        return None
    return (
        _shrunk(guard, last, new)
        or _flipped(guard, new.metric, last.value, new.value)
        or _jumped(guard, new, last.value, past)
    )


def _shrunk(guard: Guard, last: CheckIn, new: CheckIn) -> Finding | None:
    if guard.shrink is None or last.items is None or new.items is None or last.items < FEW_ITEMS:
        return None
    lost = last.items - new.items
    if Decimal(lost) < guard.shrink * last.items:
        return None
    limit = show_progress(guard.shrink)
    return ReviewCause.SHRUNK, f"{lost} of {last.items} items that counted are gone at once (held from {limit} on)"


def _flipped(guard: Guard, metric: Metric, old: Decimal, new: Decimal) -> Finding | None:
    ends = [end for end in (metric.baseline, metric.target) if end]
    if not guard.flip or not old or not new or (old > ZERO) == (new > ZERO):
        return None
    if any((end > ZERO) != (old > ZERO) for end in ends):
        return None  # the way itself leads across zero
    shown = " → ".join(show_value(value, metric.unit) for value in (old, new))
    return ReviewCause.FLIP, f"{shown} changes its sign, which neither baseline nor target does"


def _jumped(guard: Guard, new: CheckIn, old: Decimal, past: Sequence[Decimal]) -> Finding | None:
    if guard.jump is None or new.value is None or len(past) <= FEW_MOVES:
        return None
    moves = [difference(after, before) for before, after in pairwise(past)]
    middle = median(moves)
    spread = _spread([abs(difference(move, middle)) for move in moves])
    move = difference(new.value, old)
    if not spread or abs(difference(move, middle)) <= guard.jump * spread or _is_small(new.metric, move):
        return None
    times = quotient(abs(difference(move, middle)), spread).quantize(Decimal("0.1"))
    shown = " → ".join(show_value(value, new.metric.unit) for value in (old, new.value))
    limit = decimal_text(guard.jump)
    far = f"{decimal_text(times)} times further from its usual moves than they are from each other"
    return ReviewCause.JUMP, f"{shown} is {far} (held beyond {limit})"


def _spread(distances: Sequence[Decimal]) -> Decimal:
    """Return the median distance, or the mean one where most moves are alike, so that the median is 0."""
    return median(distances) or quotient(total(distances), Decimal(len(distances)))


def _is_small(metric: Metric, move: Decimal) -> bool:
    if metric.baseline is None:
        return False
    with exact():
        return abs(move) < SMALL_MOVE * abs(metric.target - metric.baseline)


def median(values: Sequence[Decimal]) -> Decimal:
    """Return the middle value, of an even number the mean of the two in the middle.

    >>> median([Decimal(1), Decimal(5), Decimal(2)])
    Decimal('2')
    """
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    with exact():
        return (ordered[half - 1] + ordered[half]) / 2
