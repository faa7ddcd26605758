"""What a change of the rules does: those of a revision and those of the working tree over the same mirror.

No vendor is asked. Past days are measured on the mirror as the runs of then left it; where there was none, or where it
had not read what a rule asks for yet, on the mirror of today taken back by what is known of its items' past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from config.load import Config
from flows.backfill import end_of
from flows.revision import Revision
from mapping.comparison import (
    Effect,
    ObjectiveChange,
    PastDay,
    RuleChange,
    effect_of,
    objective_progress,
    past_days,
)
from mapping.mirror import Mirror
from mapping.outcome import Outcome, outcomes
from mapping.past import Changes, PastMirror, Remembered
from mapping.periods import local_date
from mapping.rules import KeyResult, Objective, selections_of
from store import Store

Rule = tuple[KeyResult, Objective]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a change of the rules does."""

    revision: str
    commit: str
    as_of: datetime
    days: int
    """How many past days were looked at."""
    key_results: tuple[RuleChange, ...]
    """In the order of the rules of now, those that are gone last; what stays the same among them."""
    objectives: tuple[ObjectiveChange, ...]

    @property
    def changes(self) -> tuple[RuleChange, ...]:
        """Those that do not stay the same."""
        return tuple(each for each in self.key_results if each.effect is not Effect.SAME)


def compare(revision: Revision, config: Config, store: Store, *, now: datetime, days: int) -> Comparison:
    """Return what the rules of now do otherwise than those of a revision.

    Args:
        revision: the older version.
        config: the rules as they stand; no secret of them is needed.
        store: the mirror of both.
        now: an aware instant.
        days: so many days before today are looked at too.
    """
    before = () if revision.config is None else revision.config.objectives
    comparing = _Comparing(before, config.objectives, config.renames, store, now)
    changes = comparing.changes()
    touched = [each.key_result for each in changes if each.effect in (Effect.MOVED, Effect.REWRITTEN)]
    past = comparing.past(touched, days)
    return Comparison(
        revision=revision.name,
        commit=revision.commit,
        as_of=now,
        days=days,
        key_results=tuple(_with_past(each, past) for each in changes),
        objectives=tuple(comparing.objectives()),
    )


def _with_past(change: RuleChange, past: Mapping[str, list[PastDay]]) -> RuleChange:
    if change.effect not in (Effect.MOVED, Effect.REWRITTEN):
        return change
    return replace(change, past=past_days(past.get(change.key_result, ())))


@dataclass
class _Comparing:
    old: Sequence[Objective]
    new: Sequence[Objective]
    renames: Mapping[str, str]
    """Ids of objectives and addresses of before, by those of now."""
    store: Store
    now: datetime
    mirror: Remembered = field(init=False)

    def __post_init__(self) -> None:
        self.mirror = Remembered(mirror=self.store.mirror())

    @cached_property
    def was(self) -> dict[str, str]:
        """The addresses of before, by those of now, of key results that both versions have."""
        found: dict[str, str] = {}
        old = {each.id for one in self.old for each in one.key_results}
        for address in self.after:
            objective, _, name = address.partition("/")
            moved = f"{self.renames.get(objective, objective)}/{name}"
            first = next((each for each in (address, self.renames.get(address), moved) if each in old), None)
            if first is not None:
                found[address] = first
        return found

    @cached_property
    def before(self) -> dict[str, Rule]:
        """The key results of the older version, by their address of now where they have one."""
        now = {old: new for new, old in self.was.items()}
        return {now.get(each.id, each.id): (each, one) for one in self.old for each in one.key_results}

    @cached_property
    def after(self) -> dict[str, Rule]:
        """The key results of now."""
        return {each.id: (each, one) for one in self.new for each in one.key_results}

    @cached_property
    def closed(self) -> frozenset[str]:
        """The closed cycles."""
        return frozenset(self.store.snapshots())

    @cached_property
    def today(self) -> tuple[dict[str, Outcome], dict[str, Outcome]]:
        """What both versions come to now."""
        return (
            self._before(self.mirror, self.now, self.before.keys()),
            outcomes(self.new, self.mirror, self.now, self.after.keys()),
        )

    def _before(self, mirror: Mirror, at: datetime, addresses: AbstractSet[str]) -> dict[str, Outcome]:
        """Return what the older version comes to, by the addresses of now."""
        named = {address: self.before[address][0].id for address in addresses}
        found = outcomes(self.old, mirror, at, set(named.values()))
        return {address: found[old] for address, old in named.items()}

    def changes(self) -> list[RuleChange]:
        """Return every key result under both versions, without the past."""
        return [self._change(address) for address in dict.fromkeys([*self.after, *self.before])]

    def _change(self, address: str) -> RuleChange:
        before, after = self.before.get(address), self.after.get(address)
        was, is_now = (side.get(address) for side in self.today)
        named = after or before
        return RuleChange(
            key_result=address,
            was=before[0].id if before and after and before[0].id != address else None,
            title=named[0].title if named else "",
            effect=effect_of(before, after, (was, is_now)),
            before=was,
            after=is_now,
            metric_before=before[0].metric if before else None,
            metric_after=after[0].metric if after else None,
            unread=tuple(self._unread(before, after)),
            frozen=named is not None and named[1].cycle.id in self.closed,
        )

    def _unread(self, before: Rule | None, after: Rule | None) -> Iterator[str]:
        """Yield the selections that only one version has and that were never read."""
        sides = [set(selections_of(side[0].measure)) if side else set() for side in (before, after)]
        for selection in sorted(sides[0] ^ sides[1], key=str):
            if not self.mirror.pulled(selection):
                yield str(selection)

    def objectives(self) -> Iterator[ObjectiveChange]:
        """Yield the objectives of both versions whose progress of today is another."""
        old = {each.id: each for each in self.old}
        found = {self.before[address][0].id: each for address, each in self.today[0].items()}
        for objective in self.new:
            before = old.get(objective.id) or old.get(self.renames.get(objective.id, ""))
            if before is not None:
                was, is_now = objective_progress(before, found), objective_progress(objective, self.today[1])
                if was != is_now:
                    yield ObjectiveChange(objective=objective.id, title=objective.title, before=was, after=is_now)

    def past(self, addresses: Sequence[str], days: int) -> dict[str, list[PastDay]]:
        """Return both versions of key results at the ends of the last days, today left out."""
        found: defaultdict[str, list[PastDay]] = defaultdict(list)
        for ago in range(days, 0, -1):
            for day, at, wanted in self._due(addresses, ago):
                for mirror, some, rebuilt in self._mirrors(at, wanted):
                    old = self._before(mirror, at, some)
                    new = outcomes(self.new, mirror, at, some)
                    for address in some:
                        found[address].append(PastDay(day, old[address], new[address], rebuilt))
        return found

    def _due(self, addresses: Sequence[str], ago: int) -> Iterator[tuple[date, datetime, list[str]]]:
        """Yield the day so many days ago with its end, where the cycles of some key results had begun; by cycle."""
        grouped: defaultdict[tuple[date, datetime], list[str]] = defaultdict(list)
        for address in addresses:
            cycle = self.after[address][1].cycle
            day = local_date(self.now, cycle.timezone) - timedelta(days=ago)
            if cycle.starts_on <= day < cycle.ends_on:
                grouped[day, end_of(day, cycle)].append(address)
        for (day, at), some in grouped.items():
            yield day, at, some

    def _mirrors(self, at: datetime, addresses: Iterable[str]) -> Iterator[tuple[Mirror, AbstractSet[str], bool]]:
        """Yield the mirrors of an instant with the key results to measure on each: as it was, and rebuilt."""
        then = self.mirror.as_of(at)
        seen = {address for address in addresses if then is not None and self._knew(then, address)}
        if then is not None and seen:
            yield Remembered(mirror=then), seen, False
        rest = set(addresses) - seen
        if rest:
            # both versions ask for much the same: an item is taken back once for the two
            yield Remembered(mirror=PastMirror(known=self.mirror, changes=self._pasts, at=at)), rest, True

    def _knew(self, mirror: Mirror, address: str) -> bool:
        sides = (self.before[address][0], self.after[address][0])
        return all(mirror.pulled(selection) for side in sides for selection in selections_of(side.measure))

    @cached_property
    def _pasts(self) -> Changes:
        rules = [one for side in (self.before, self.after) for one, _ in side.values()]
        names = {selection.connection for one in rules for selection in selections_of(one.measure)}
        return {key: changes for name in sorted(names) for key, changes in self.store.pasts(name).items()}
