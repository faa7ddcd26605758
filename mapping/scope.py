"""One completion under two scopes, with the creep between them. See docs/semantics.md, Scope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mapping.completion import CompletionTally
from mapping.decimals import ZERO, decimal_text, quotient
from mapping.mirror import Mirror
from mapping.readings import Reading, Scope
from mapping.rules import Completion, Cycle
from mapping.words import Selection


@dataclass(frozen=True, slots=True)
class At:
    """When a scope is looked at, and where a day ends."""

    now: datetime
    timezone: str


def frozen_on(measure: Completion, cycle: Cycle) -> date:
    """Return the day whose scope is held against today's: the rule's, else the first of the cycle."""
    return measure.frozen_on or cycle.starts_on


def with_scope(reading: Reading, tally: CompletionTally, mirror: Mirror, on: date, at: At) -> Reading:
    """Return a reading with its scope; of a rule with a frozen scope the value is that of the frozen one.

    Items that were in scope then keep the weight they had then and stay in the denominator, whatever became of them;
    done is what is a member now and done. Where the past is not known there is no scope, and a frozen rule has no data.
    """
    then = _weights_then(tally, mirror, on, at)
    frozen = tally.measure.frozen_on is not None
    if then is None:
        why = f"the scope of {on} is not on record: {tally.measure.selection}"
        return replace(reading, value=None, no_data=why, formula="", span=None) if frozen else reading
    now = {id_: (weight, share) for id_, weight, share in tally.parts()}
    weight_then = sum(then.values(), start=ZERO)
    weight_now = sum((weight for weight, _ in now.values()), start=ZERO)
    done = sum((weight * now[id_][1] for id_, weight in then.items() if id_ in now), start=ZERO)
    scope = Scope(
        on=on,
        current=reading.value,
        frozen=quotient(done, weight_then) if weight_then > 0 else None,
        weight_then=weight_then,
        weight_now=weight_now,
        creep=quotient(weight_now - weight_then, weight_then) if weight_then > 0 else None,
    )
    if not frozen:
        return replace(reading, scope=scope)
    missing = None if scope.frozen is not None else f"nothing was in scope on {on}: {tally.measure.selection}"
    formula = f"{decimal_text(done)} of the {decimal_text(weight_then)} in scope on {on} done"
    return replace(
        reading,
        value=scope.frozen,
        no_data=missing,
        numerator=done,
        denominator=weight_then,
        formula="" if missing else formula,
        span=None,
        scope=scope,
    )


def _weights_then(today: CompletionTally, mirror: Mirror, on: date, at: At) -> dict[str, Decimal] | None:
    """Return the weight of each item that counted at the end of a local day; None where that is not on record."""
    end = datetime.combine(on + timedelta(days=1), time(0), ZoneInfo(at.timezone))
    past = mirror if end > at.now else mirror.as_of(end)  # a day that is not over yet stands as it is now
    measure = today.measure
    if past is None or not past.pulled(measure.selection):
        return None
    tally = CompletionTally(measure=measure, collect=True, shares=today.shares)
    return {id_: weight for id_, weight, _ in _measured(tally, past, measure.selection).parts()}


def _measured(tally: CompletionTally, mirror: Mirror, selection: Selection) -> CompletionTally:
    parents = mirror.parents(selection)
    for item in mirror.members(selection):
        tally.add(item, item.id in parents)
    return tally
