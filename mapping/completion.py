"""The share of a selection that is done, item by item. Formula and policies: docs/semantics.md, Completion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from mapping.decimals import ONE, ZERO, decimal_text, percentile, quotient
from mapping.mirror import PlainCounts
from mapping.readings import Contribution, Reading
from mapping.rules import Completion, MissingEstimate, WontDo
from mapping.shares import Shares, part_of
from mapping.tally import NOT_MATCHED, contribution, items_word, spoken
from mapping.where import compile_where
from mapping.words import ItemState, WorkItem

WONT_DO = "closed without being done"
HAS_CHILDREN = "has children in the selection"
SPOKEN_FOR = "the estimate of its parent counts"
NO_ESTIMATE = "no estimate"
HALF = Decimal(50)
WONT_DO_SHARES = {WontDo.EXCLUDE: None, WontDo.DONE: ONE, WontDo.OPEN: ZERO}


@dataclass(slots=True)
class Sums:
    """What the share done is computed from, whatever is assumed of items without an estimate."""

    done: int = 0
    estimated: int = 0
    weight: Decimal = ZERO
    credit: Decimal = ZERO
    """Weight that counts as done, of estimated items."""
    open_shares: Decimal = ZERO
    """Sum of the shares done of items without an estimate."""
    unestimated: int = 0
    unestimated_done: int = 0
    weights: dict[Decimal, int] = field(default_factory=dict)
    """How often each weight occurs, for the median: as many entries as there are different estimates."""

    def add(self, share: Decimal, weight: Decimal | None, times: int) -> None:
        """Take a number of items alike."""
        full = times if share == ONE else 0
        self.done += full
        if weight is None:
            self.unestimated += times
            self.unestimated_done += full
            self.open_shares += share * times
        else:
            self.estimated += times
            self.weight += weight * times
            self.credit += weight * share * times
            self.weights[weight] = self.weights.get(weight, 0) + times

    def assumed(self, missing: MissingEstimate, fixed: Decimal | None) -> Decimal:
        """Return what an item without an estimate weighs under a policy."""
        match missing:
            case MissingEstimate.MEAN if self.estimated:
                return quotient(self.weight, Decimal(self.estimated))
            case MissingEstimate.MEDIAN if self.estimated:
                return percentile(self.weights, HALF)
            case MissingEstimate.FIXED:
                return fixed or ZERO
            case _:
                return ZERO

    def fraction(self, assumed: Decimal) -> tuple[Decimal, Decimal]:
        """Return what counts as done and all there is, where an item without an estimate weighs ``assumed``."""
        return self.credit + self.open_shares * assumed, self.weight + self.unestimated * assumed

    def span(self, fixed: Decimal | None) -> tuple[Decimal, Decimal] | None:
        """Return the least and greatest share done over all policies for missing estimates; None where none differ."""
        if not self.unestimated:
            return None
        policies = [policy for policy in MissingEstimate if policy is not MissingEstimate.FIXED or fixed is not None]
        fractions = [self.fraction(self.assumed(policy, fixed)) for policy in policies]
        found = [quotient(done, whole) for done, whole in fractions if whole > 0]
        return (min(found), max(found)) if found else None


@dataclass(kw_only=True)
class CompletionTally:
    """The share of a selection that is done."""

    measure: Completion
    collect: bool = False
    shares: Shares = field(default_factory=dict)
    counts: dict[tuple[Decimal | None, Decimal | None], int] = field(default_factory=dict)
    """How often each pair of a share done (None: it leaves the measure) and a weight (None: no estimate) occurs."""
    left_out: Counter[str] = field(default_factory=Counter)
    divided: Counter[str] = field(default_factory=Counter)
    """How many items had their weight divided, by what is said of it."""
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

    @property
    def plain(self) -> str | None:
        """Return the weight that is all it looks at beside the state (empty for none), or None if it looks at more."""
        alone = self.where is None and not self.statuses and not self.collect and not self.shares
        return (self.measure.by or "") if alone else None

    def add_counts(self, counts: PlainCounts, /) -> None:
        """Take many items at once, by how often each state and weight occurs among them."""
        for (state, weight), times in counts.items():
            key = self._share_of(state), weight
            self.counts[key] = self.counts.get(key, 0) + times

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
        if not self.parents and not self.waiting:
            return
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
        share, weight = self._share(item), self._weight(item)
        part = part_of(self.shares, item.connection, item.id)
        if part is not None:
            if part.elsewhere is not None:
                self._skip(item, part.said())
                return
            if weight is not None and part.divided:
                weight = part.of(weight)
                self.divided[part.said()] += 1
        self.counts[share, weight] = self.counts.get((share, weight), 0) + 1
        if not self.collect:
            return
        if share is None:
            self._told(item, WONT_DO)
        elif weight is None and self.measure.missing is MissingEstimate.EXCLUDE:
            self._told(item, NO_ESTIMATE)
        else:
            self.taken.append((item, weight, share))

    def _share(self, item: WorkItem) -> Decimal | None:
        """Return how much of the item is done, 0 to 1; None when it leaves the measure."""
        if item.state is not ItemState.WONT_DO and self.statuses and is_done(item, self.statuses):
            return ONE
        return self._share_of(item.state)

    def _share_of(self, state: ItemState) -> Decimal | None:
        match state:
            case ItemState.WONT_DO:
                return WONT_DO_SHARES[self.measure.wont_do]
            case ItemState.DONE if not self.statuses:
                return ONE
            case ItemState.TODO:
                return ZERO
            case _:  # also done for the vendor but not by the statuses that the rule names: it is on its way
                return self.measure.in_progress

    def _skip(self, item: WorkItem, why: str) -> None:
        self.left_out[why] += 1
        if self.collect:
            self._told(item, why)

    def _told(self, item: WorkItem, why: str) -> None:
        self.skipped.append(contribution(item, weight=self._weight(item), counted=False, note=why))

    def values(self) -> list[Decimal | None]:
        """Return the only value."""
        return [self.reading().value]

    def _sums(self) -> tuple[Sums, dict[str, int]]:
        """Return the sums, and how many were left out and why."""
        self._settle()
        sums, left_out = Sums(), dict(self.left_out)
        for (share, weight), times in self.counts.items():
            if share is None:
                left_out[WONT_DO] = left_out.get(WONT_DO, 0) + times
            else:
                sums.add(share, weight, times)
        return sums, left_out

    def reading(self) -> Reading:
        """Return the share done."""
        sums, left_out = self._sums()
        excluded = self.measure.missing is MissingEstimate.EXCLUDE
        assumed = sums.assumed(self.measure.missing, self.measure.missing_value)
        numerator, denominator = sums.fraction(assumed)
        if excluded and sums.unestimated:
            left_out[NO_ESTIMATE] = sums.unestimated
        counted = sums.estimated + (0 if excluded else sums.unestimated)
        done = sums.done - (sums.unestimated_done if excluded else 0)
        why = self._no_data(sums, counted, denominator, left_out)
        assumptions = {} if excluded or not sums.unestimated else {self._assumption(assumed): sums.unestimated}
        return Reading(
            value=None if why else quotient(numerator, denominator),
            no_data=why,
            items=counted,
            done=done,
            numerator=numerator,
            denominator=denominator,
            left_out=dict(sorted(left_out.items())),
            assumed={**self.divided, **assumptions},
            unestimated=sums.unestimated,
            span=None if why else sums.span(self.measure.missing_value),
            formula="" if why else self._formula(numerator, denominator, done, counted),
            evidence=self._evidence(assumed),
        )

    def _no_data(self, sums: Sums, counted: int, denominator: Decimal, left_out: dict[str, int]) -> str | None:
        if not counted:
            reasons = ", ".join(f"{count} {why}" for why, count in sorted(left_out.items()))
            return f"no item counts: {reasons}"
        if sums.estimated == 0 and self.measure.missing in (MissingEstimate.MEAN, MissingEstimate.MEDIAN):
            name = spoken(self.measure.by or "an estimate")
            return f"none of {items_word(counted)} has {name}, so there is no {self.measure.missing}"
        if denominator <= 0:
            return f"the weights of {items_word(counted)} sum to {decimal_text(denominator)}"
        return None

    def _assumption(self, assumed: Decimal) -> str:
        how = {MissingEstimate.MEAN: "the mean ", MissingEstimate.MEDIAN: "the median "}.get(self.measure.missing, "")
        return f"{NO_ESTIMATE}: counted as {how}{decimal_text(assumed)}"

    def _formula(self, numerator: Decimal, denominator: Decimal, done: int, counted: int) -> str:
        share = f"{decimal_text(numerator)} of {decimal_text(denominator)}"
        if self.measure.by is None:
            return f"{share} items done" + self._credit_note()
        return f"{share} {spoken(self.measure.by)} done ({done} of {items_word(counted)}){self._credit_note()}"

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
                note=note if weight is None else self._divided_note(item),
            )
            for item, weight, share in self.taken
        ]
        return tuple(sorted([*counted, *self.skipped], key=lambda part: part.item))

    def _divided_note(self, item: WorkItem) -> str:
        part = part_of(self.shares, item.connection, item.id)
        return part.said() if part is not None and part.divided else ""

    def parts(self) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Yield id, weight and share done of each item that counts; needs ``collect``."""
        sums, _ = self._sums()
        assumed = sums.assumed(self.measure.missing, self.measure.missing_value)
        for item, weight, share in self.taken:
            yield item.id, assumed if weight is None else weight, share


def is_done(item: WorkItem, statuses: frozenset[str]) -> bool:
    """Return whether an item counts as done: by the named statuses (name or id, any case), else by its state."""
    if not statuses:
        return item.done
    return item.status.casefold() in statuses or item.status_id.casefold() in statuses
