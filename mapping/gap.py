"""What would close the gap: the shortest list of open items that brings a key result back on pace.

No measure is known here. All open items are taken as done at once, and the key result is measured again: if the change
of its value is the sum of what each item changed, items can be ranked, and the greatest contributions come first. The
list that comes out is measured once more, so that what it promises is what a sync would find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mapping.decimals import GRID, ONE, ZERO, difference, exact, quotient, total
from mapping.measure import measure_one
from mapping.metric import falls, has_ramp, outside, raw_progress, value_at
from mapping.mirror import Mirror
from mapping.readings import Contribution, Reading
from mapping.rules import KeyResult, Metric, MetricKind, Objective
from mapping.show import show_progress, show_value
from mapping.status import Pace, Status
from mapping.tally import items_word
from mapping.whatif import Finished, ItemId
from mapping.words import ItemState, WorkItem

ASKED = frozenset({Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK})
"""A gap is spoken of only where there is a colour: not for stale values, too early, or after the end."""
MOST_SHOWN = 50
_SLACK = GRID * 1000
"""Quotients are rounded to the grid once per item; more than this is no rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapItem:
    """An open item that would bring a key result forward."""

    connection: str
    item: str
    key: str
    title: str
    state: ItemState
    status: str
    url: str | None
    assignee: str | None
    created_at: datetime | None
    effect: Decimal
    """What finishing it adds to the value, in the value's unit; less than 0 where less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What would bring a key result back on pace, or why no list of items can."""

    needed: Decimal
    """The progress that is on track today."""
    items: tuple[GapItem, ...] = ()
    """The fewest that are enough, the greatest contribution first; at most the first 50. All that help if none is."""
    count: int = 0
    """All items of the list."""
    after: Decimal | None = None
    """Progress once they are done, by measuring again."""
    closes: bool = False
    because: str


def gap(
    key_result: KeyResult, objective: Objective, mirror: Mirror, reading: Reading, pace: Pace, now: datetime
) -> Gap | None:
    """Return the open items that close the gap, or why none can; None where there is no colour to speak of.

    Args:
        key_result: as ruled.
        objective: gives cycle and profile.
        mirror: the sources as the reading has them.
        reading: with its evidence, as measured from that mirror.
        pace: of the same value.
        now: when that was measured.
    """
    if pace.status not in ASKED or reading.value is None:
        return None
    progress = raw_progress(key_result.metric, reading.value, objective.cycle)
    needed = objective.profile.needed(pace.expected) if has_ramp(key_result.metric) else ONE
    if progress >= needed:
        because = f"nothing is needed: {show_progress(progress)} of the way, {show_progress(needed)} is on pace"
        return Gap(needed=needed, because=because)
    return _Search(key_result, objective, mirror, reading, now, progress, needed).gap()


@dataclass(slots=True)
class _Search:
    key_result: KeyResult
    objective: Objective
    mirror: Mirror
    reading: Reading
    now: datetime
    progress: Decimal
    needed: Decimal

    def gap(self) -> Gap:
        everything = Finished(self.mirror, self.now)
        after = self._measured(everything, collect=True)
        if not everything.open:
            return self._none("no open item feeds it")
        effects = self._effects(after, everything)
        if effects is None:
            return self._none("what is measured does not follow from finishing single items")
        helpful = {name: amount for name, amount in effects.items() if amount * self._direction() > 0}
        if not helpful:
            return self._none("finishing any open item would not move it that way")
        chosen, reached = self._shortest(helpful, everything.open)
        confirmed = self._progress(self._measured(Finished(self.mirror, self.now, frozenset(chosen))))
        if confirmed is None or abs(confirmed - reached) > _SLACK:
            return self._none("what is measured does not follow from finishing single items")
        items = tuple(_item(everything.open[name], helpful[name]) for name in chosen[:MOST_SHOWN])
        closes = confirmed >= self.needed
        return Gap(
            needed=self.needed,
            items=items,
            count=len(chosen),
            after=confirmed,
            closes=closes,
            because=self._because(len(chosen), confirmed, closes=closes),
        )

    def _because(self, count: int, after: Decimal, *, closes: bool) -> str:
        from_, to, needed = (show_progress(each) for each in (self.progress, after, self.needed))
        if closes:
            return f"finishing {items_word(count)} brings it from {from_} to {to}: {needed} is on pace"
        return f"no list closes the gap: finishing all {items_word(count)} brings it to {to}, {needed} is on pace"

    def _none(self, why: str) -> Gap:
        """Return why no list helps, with the value to reach instead, where one value says it."""
        because = f"no list of items closes the gap: {why}"
        value = value_at(self.key_result.metric, self.needed)
        if value is not None:
            now, then = (show_value(each, self.key_result.metric.unit) for each in (self.reading.value, value))
            because = f"{now} is to become {then}, which is on pace; {because}"
        return Gap(needed=self.needed, because=because)

    def _measured(self, mirror: Finished, *, collect: bool = False) -> Reading:
        return measure_one(self.key_result, self.objective.cycle, mirror, self.now, collect=collect)

    def _progress(self, reading: Reading) -> Decimal | None:
        if reading.value is None:
            return None
        return raw_progress(self.key_result.metric, reading.value, self.objective.cycle)

    def _effects(self, after: Reading, finished: Finished) -> dict[ItemId, Decimal] | None:
        """Return what each open item alone adds to the value; None where the value is not the sum of such parts."""
        if after.value is None or self.reading.value is None or after.denominator != self.reading.denominator:
            return None
        before, then = _credits(self.reading.evidence), _credits(after.evidence)
        scale = self.reading.denominator or ONE
        with exact():
            moved = {name: then.get(name, ZERO) - before.get(name, ZERO) for name in finished.open}
        shares = {amount: quotient(amount, scale) for amount in set(moved.values())}
        effects = {name: shares[amount] for name, amount in moved.items()}
        whole = difference(after.value, self.reading.value)
        slack = _SLACK + GRID * len(effects)
        return effects if abs(difference(total(effects.values()), whole)) <= slack else None

    def _direction(self) -> Decimal:
        """Return 1 where more is better, -1 where less is; for a band towards its nearer edge."""
        metric, value = self.key_result.metric, self.reading.value or ZERO
        if metric.kind is MetricKind.BETWEEN:
            return ONE if _below(metric, value) else -ONE
        return -ONE if falls(metric) else ONE

    def _shortest(
        self, helpful: Mapping[ItemId, Decimal], items: Mapping[ItemId, WorkItem]
    ) -> tuple[list[ItemId], Decimal]:
        """Return the fewest items whose effects sum to what is needed, the greatest first and of equals the oldest."""

        def rank(name: ItemId) -> tuple[Decimal, bool, float, str]:
            created = items[name].created_at
            age = created.timestamp() if created is not None else 0.0
            return -abs(helpful[name]), created is None, age, items[name].key

        value, reached, chosen = self.reading.value or ZERO, self.progress, list[ItemId]()
        for name in sorted(helpful, key=rank):
            with exact():
                value += helpful[name]
            chosen.append(name)
            reached = raw_progress(self.key_result.metric, value, self.objective.cycle)
            if reached >= self.needed - _SLACK:
                break
        return chosen, reached


def _below(metric: Metric, value: Decimal) -> bool:
    return value < metric.target and bool(outside(metric, value))


def _credits(evidence: Sequence[Contribution]) -> dict[ItemId, Decimal]:
    """Return what each item put into the numerator."""
    found: dict[ItemId, Decimal] = {}
    with exact():
        for part in evidence:
            if part.counted and not part.note.startswith("denominator"):
                name = (part.connection, part.item)
                found[name] = found.get(name, ZERO) + part.credit
    return found


def _item(item: WorkItem, effect: Decimal) -> GapItem:
    return GapItem(
        connection=item.connection,
        item=item.id,
        key=item.key,
        title=item.title,
        state=item.state,
        status=item.status,
        url=item.url,
        assignee=item.assignee,
        created_at=item.created_at,
        effect=effect,
    )
