"""How a change of the rules looks: in a terminal, and as a comment on a pull request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from flows.against import Comparison
from mapping.comparison import Effect, ObjectiveChange, PastDays, RuleChange
from mapping.outcome import Outcome
from mapping.rules import Metric
from mapping.show import show_metric, show_progress, show_value
from mapping.status import Status
from okrsync.show import BADGES, clean, counted_as

MARK = "<!-- okrsync plan -->"
"""The first line of a comment, by which the next one finds it again."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def lines(comparison: Comparison) -> list[str]:
    """Return what a change does, a line each, for a terminal."""
    found = [heading(comparison) + ":"]
    for change in comparison.changes:
        found.append(f"  {change.key_result}: {said(change, comparison.days)}")
        found += [f"    {each}" for each in remarks(change)]
    found += [f"  {each.objective}: {objective_said(each)}" for each in comparison.objectives]
    return found if len(found) > 1 else [f"{heading(comparison)}."]


def markdown(comparison: Comparison) -> str:
    """Return the same as Markdown; titles and reasons are text in it, whatever they hold."""
    parts = [MARK, f"**okrsync**: {_text(heading(comparison))}.", ""]
    for change in comparison.changes:
        parts.append(f"- `{change.key_result}` {_text(change.title)}: {_text(said(change, comparison.days))}")
        parts += [f"  - {_text(each)}" for each in remarks(change)]
    parts += [
        f"- objective `{each.objective}` {_text(each.title)}: {_text(objective_said(each))}"
        for each in comparison.objectives
    ]
    parts += ["", f"Measured {comparison.as_of:%Y-%m-%d %H:%M} UTC on what the last sync read; no vendor was asked."]
    return "\n".join(parts) + "\n"


def heading(comparison: Comparison) -> str:
    """Return how many key results a change touches, and how."""
    against = f"against {comparison.revision} ({comparison.commit[:10]})"
    tally = Counter(each.effect for each in comparison.changes)
    if not tally:
        return f"nothing changes for {counted_as(len(comparison.key_results), 'key result')} {against}"
    words = {
        Effect.MOVED: ("moves today", "move today"),
        Effect.REWRITTEN: ("has another rule and the same result", "have other rules and the same results"),
        Effect.NEW: ("is new", "are new"),
        Effect.REMOVED: ("is gone", "are gone"),
    }
    parts = [f"{tally[effect]} {forms[tally[effect] > 1]}" for effect, forms in words.items() if tally[effect]]
    return f"of {counted_as(len(comparison.key_results), 'key result')}, {', '.join(parts)} {against}"


def said(change: RuleChange, days: int) -> str:
    """Return what happens to one key result, in a sentence."""
    match change.effect:
        case Effect.NEW:
            return f"new, at {_stands(change.after, change.metric_after)}"
        case Effect.REMOVED:
            return f"gone, last at {_stands(change.before, change.metric_before)}"
        case Effect.MOVED:
            return f"{_moved(change)}; {_past(change.past, days)}"
        case _:
            return f"another rule, still {_stands(change.after, change.metric_after)}; {_past(change.past, days)}"


def _moved(change: RuleChange) -> str:
    before, after = change.before or Outcome(), change.after or Outcome()
    was, is_now = (_progress(each) for each in (before, after))
    parts = [f"{was} → {is_now} today" if was != is_now else f"{was} as before"]
    values = [_value(before, change.metric_before), _value(after, change.metric_after)]
    same_scale = (before.value, after.value) == (before.progress, after.progress)  # a share of work
    if values[0] != values[1] and not same_scale:
        parts.append(f"value {values[0]} → {values[1]}")
    if before.status is not after.status:
        parts.append(f"{_badge(before.status)} → {_badge(after.status)}")
    return ", ".join(parts)


def _stands(outcome: Outcome | None, metric: Metric | None) -> str:
    if outcome is None or metric is None:
        return "nothing"
    value, progress = _value(outcome, metric), _progress(outcome)
    both = value if value == progress else f"{value} ({progress})"
    return f"{both}, {_badge(outcome.status)}"


def _value(outcome: Outcome, metric: Metric | None) -> str:
    if outcome.value is None or metric is None:
        return "no data"
    return show_value(outcome.value, metric.unit)


def _progress(outcome: Outcome) -> str:
    return "no data" if outcome.progress is None else show_progress(outcome.progress)


def _badge(status: Status | None) -> str:
    return "✘ rule fails" if status is None else BADGES[status][0]


def _past(past: PastDays | None, days: int) -> str:
    """Return what would have been on past days; ``9 of 30 past days``."""
    if past is None or not past.days:
        return f"none of the last {counted_as(days, 'day')} can be told" if days else "no past day was looked at"
    if past.moved:
        text = f"would have moved on {past.moved} of {counted_as(past.days, 'past day')}"
    else:
        text = f"would not have moved on any of {counted_as(past.days, 'past day')}"
    if past.most is not None and past.on is not None:
        text += f", at most by {_points(past.most)} on {past.on}"
    if past.rebuilt:
        text += f" ({counted_as(past.rebuilt, 'day')} rebuilt from the items' past)"
    return text


def _points(change: Decimal) -> str:
    return f"{'+' if change > 0 else '−'}{show_progress(abs(change)).removesuffix('%')} points"


def remarks(change: RuleChange) -> Iterator[str]:
    """Yield what else there is to know of one key result: targets, reasons, what was never read."""
    if change.metric_before and change.metric_after:
        was, is_now = (show_metric(each) for each in (change.metric_before, change.metric_after))
        if was != is_now:
            yield f"metric {was}, now {is_now}"
    after = change.after
    if after is not None and (after.error or after.no_data):
        yield clean(after.error or after.no_data or "")
    if change.was is not None:
        yield f"renamed, it was {change.was}"
    if change.frozen:
        yield "its cycle is closed, so nothing of this is published"
    if change.unread:
        yield f"never read so far, so nothing can be said before a sync: {clean(', '.join(change.unread))}"


def objective_said(change: ObjectiveChange) -> str:
    """Return how the progress of an objective changes."""
    return f"{show_progress(change.before)} → {show_progress(change.after)} today"


def _text(words: str) -> str:
    """Return words as Markdown that shows them as they are, and mentions nobody."""
    return _SPECIAL.sub(r"\\\1", clean(words)).replace("@", "@\u200b")
