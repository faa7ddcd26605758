"""The share of a selection that is done, item by item. Formula and policies: docs/semantics.md, Completion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from mapping.decimals import ONE, ZERO, decimal_text, quotient
from mapping.readings import Contribution, Reading
from mapping.rules import Completion, MissingEstimate, WontDo
from mapping.tally import NOT_MATCHED, contribution, items_word, spoken
from mapping.where import compile_where
from mapping.words import ItemState, WorkItem

WONT_DO = "closed without being done"
HAS_CHILDREN = "has children in the selection"
SPOKEN_FOR = "the estimate of its parent counts"
NO_ESTIMATE = "no estimate"


@dataclass(kw_only=True)
class CompletionTally:
    """The share of a selection that is done."""

    measure: Completion
    collect: bool = False
    done: int = 0
    estimated: int = 0
    weight: Decimal = ZERO
    credit: Decimal = ZERO
    """Weight that counts as done, of estimated items."""
    open_shares: Decimal = ZERO
    """Sum of the shares done of items without an estimate."""
    unestimated: int = 0
    unestimated_done: int = 0
    weights: Counter[Decimal] = field(default_factory=Counter)
    """How often each weight occurs, for the median: as many entries as there are different estimates."""
    left_out: Counter[str] = field(default_factory=Counter)
    parents: dict[str, WorkItem] = field(default_factory=dict)
    """Members with children wait here until it is known whether a child passes the filter."""
    with_children: set[str] = field(default_factory=set)
    with_estimates: set[str] = field(default_factory=set)
    """Ids of which some child that passes the filter has an estimate."""
    waiting: list[WorkItem] = field(default_factory=list)
    """Children without an estimate, until it is known whether their parent's estimate counts."""
    taken: list[tuple[WorkItem, Decimal | None, Decimal]] = field(default_factory=list)
    skipped: list[Contribution] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.where = compile_where(self.measure.where) if self.measure.where else None
        self.statuses = frozenset(name.casefold() for name in self.measure.done_statuses)

    def add(self, item: WorkItem, parent: bool, /) -> None:
        """Take one item of the selection."""
        if self.where is not None and not self.where.matches(item):
            self.left_out[NOT_MATCHED] += 1
            return
        if not self.measure.leaves:
            self._take(item)
            return
        estimated = self._weight(item) is not None
        if item.parent is not None:
            self.with_children.add(item.parent)
            if estimated:
                self.with_estimates.add(item.parent)
        if parent:
            self.parents[item.id] = item
        elif item.parent is None or estimated:
            self._take(item)
        else:
            self.waiting.append(item)

    def _settle(self) -> None:
        """Decide about parents and children: work counts once, at the lowest level that carries an estimate.

        Without a weight that is the lowest level of all. With one, sub-tasks seldom have estimates of their own:
        then the story's counts, and they are left out.
        """
        below = self._estimated_below()
        speaking = {
            item.id for item in self.parents.values() if self._weight(item) is not None and item.id not in below
        }
        for item in (*self.parents.values(), *self.waiting):
            if self._ancestors(item) & speaking:
                self._skip(item, SPOKEN_FOR)
            elif item.id in self.with_children and item.id not in speaking:
                self._skip(item, HAS_CHILDREN)
            else:
                self._take(item)
        self.parents, self.waiting = {}, []

    def _estimated_below(self) -> set[str]:
        """Return the ids of members with an estimate anywhere below them; without a weight each item is its own."""
        found = set(self.with_estimates)
        for parent in self.with_estimates & self.parents.keys():
            found |= self._ancestors(self.parents[parent])
        return found

    def _ancestors(self, item: WorkItem) -> set[str]:
        """Return the ids of the members above an item; a loop in the vendor's data ends the walk."""
        found: set[str] = set()
        while item.parent in self.parents and item.parent not in found:
            found.add(item.parent)
            item = self.parents[item.parent]
        return found

    def _weight(self, item: WorkItem) -> Decimal | None:
        return ONE if self.measure.by is None else item.numbers.get(self.measure.by)

    def _take(self, item: WorkItem) -> None:
        share = self._share(item)
        if share is None:
            self._skip(item, WONT_DO)
            return
        weight = self._weight(item)
        if weight is None and self.measure.missing is MissingEstimate.EXCLUDE:
            self._skip(item, NO_ESTIMATE)
            return
        if weight is None:
            self.unestimated += 1
            self.unestimated_done += share == ONE
            self.open_shares += share
        else:
            self.estimated += 1
            self.weight += weight
            self.credit += weight * share
            self.weights[weight] += 1
        self.done += share == ONE
        if self.collect:
            self.taken.append((item, weight, share))

    def _share(self, item: WorkItem) -> Decimal | None:
        """Return how much of the item is done, 0 to 1; None when it leaves the measure."""
        state = item.state
        if state is ItemState.WONT_DO:
            return {WontDo.EXCLUDE: None, WontDo.DONE: ONE, WontDo.OPEN: ZERO}[self.measure.wont_do]
        if is_done(item, self.statuses):
            return ONE
        # done for the vendor but not by the statuses that the rule names: it is on its way
        return self.measure.in_progress if state is not ItemState.TODO else ZERO

    def _skip(self, item: WorkItem, why: str) -> None:
        self.left_out[why] += 1
        if self.collect:
            self.skipped.append(contribution(item, weight=self._weight(item), counted=False, note=why))

    def values(self) -> list[Decimal | None]:
        """Return the only value."""
        return [self.reading().value]

    def reading(self) -> Reading:
        """Return the share done."""
        self._settle()
        counted = self.estimated + self.unestimated
        assumed = self._assumed_weight()
        denominator = self.weight + self.unestimated * assumed
        numerator = self.credit + self.open_shares * assumed
        why = self._no_data(counted, denominator)
        return Reading(
            value=None if why else quotient(numerator, denominator),
            no_data=why,
            items=counted,
            done=self.done,
            numerator=numerator,
            denominator=denominator,
            left_out=dict(sorted(self.left_out.items())),
            assumed={self._assumption(assumed): self.unestimated} if self.unestimated else {},
            formula="" if why else self._formula(numerator, denominator, counted),
            evidence=self._evidence(assumed),
        )

    def _no_data(self, counted: int, denominator: Decimal) -> str | None:
        if not counted:
            reasons = ", ".join(f"{count} {why}" for why, count in sorted(self.left_out.items()))
            return f"no item counts: {reasons}"
        if self.estimated == 0 and self.measure.missing in (MissingEstimate.MEAN, MissingEstimate.MEDIAN):
            name = spoken(self.measure.by or "an estimate")
            return f"none of {items_word(counted)} has {name}, so there is no {self.measure.missing}"
        if denominator <= 0:
            return f"the weights of {items_word(counted)} sum to {decimal_text(denominator)}"
        return None

    def _assumed_weight(self) -> Decimal:
        """Return what an item without an estimate weighs."""
        match self.measure.missing:
            case MissingEstimate.MEAN if self.estimated:
                return quotient(self.weight, Decimal(self.estimated))
            case MissingEstimate.MEDIAN if self.estimated:
                return median(self.weights)
            case MissingEstimate.FIXED:
                return self.measure.missing_value or ZERO
            case _:
                return ZERO

    def _assumption(self, assumed: Decimal) -> str:
        how = {MissingEstimate.MEAN: "the mean ", MissingEstimate.MEDIAN: "the median "}.get(self.measure.missing, "")
        return f"{NO_ESTIMATE}: counted as {how}{decimal_text(assumed)}"

    def _formula(self, numerator: Decimal, denominator: Decimal, counted: int) -> str:
        share = f"{decimal_text(numerator)} of {decimal_text(denominator)}"
        if self.measure.by is None:
            return f"{share} items done" + self._credit_note()
        return f"{share} {spoken(self.measure.by)} done ({self.done} of {items_word(counted)}){self._credit_note()}"

    def _credit_note(self) -> str:
        if not self.measure.in_progress:
            return ""
        return f", in progress counts {decimal_text(self.measure.in_progress)}"

    def _evidence(self, assumed: Decimal) -> tuple[Contribution, ...]:
        if not self.collect:
            return ()
        note = self._assumption(assumed)
        counted = [
            contribution(
                item,
                weight=weight,
                credit=(assumed if weight is None else weight) * share,
                counted=True,
                note=note if weight is None else "",
            )
            for item, weight, share in self.taken
        ]
        return tuple(sorted([*counted, *self.skipped], key=lambda part: part.item))


def is_done(item: WorkItem, statuses: frozenset[str]) -> bool:
    """Return whether an item counts as done: by the named statuses (name or id, any case), else by its state."""
    if not statuses:
        return item.done
    return item.status.casefold() in statuses or item.status_id.casefold() in statuses


def median(weights: Counter[Decimal]) -> Decimal:
    """Return the middle weight, or the mean of the two in the middle."""
    count = weights.total()
    middle = ((count - 1) // 2, count // 2)
    found: list[Decimal] = []
    seen = 0
    for weight in sorted(weights):
        seen += weights[weight]
        found += [weight for place in middle[len(found) :] if place < seen]
    return quotient(found[0] + found[1], Decimal(2))
