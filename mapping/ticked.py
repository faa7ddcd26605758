"""Milestones: named steps with weights, ticked by items or by hand. See docs/semantics.md, Milestones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mapping.decimals import ZERO, decimal_text, quotient, total
from mapping.readings import Contribution, Reading
from mapping.rules import Ticked
from mapping.tally import contribution
from mapping.words import ItemState, WorkItem

NO_STEP = "is no step of the milestones"


@dataclass(kw_only=True)
class TickedTally:
    """Finds the items that carry a step: those whose title or key is the step's name, in any case."""

    measure: Ticked
    collect: bool = False
    found: dict[str, list[WorkItem]] = field(default_factory=dict)
    left_out: int = 0

    def __post_init__(self) -> None:
        self.names = {name.casefold(): name for name, _ in self.measure.steps}

    def add(self, item: WorkItem, _parent: bool, /) -> None:
        """Take one item of the selection."""
        name = self.names.get(item.title.strip().casefold()) or self.names.get(item.key.casefold())
        if name is None:
            self.left_out += 1
        else:
            self.found.setdefault(name, []).append(item)

    def values(self) -> list[Decimal | None]:
        """Return the only value."""
        return [self.reading().value]

    def reading(self) -> Reading:
        """Return the weight of the steps of which every item is done; those closed without being done do not speak.

        A step that no item carries is no data rather than not ticked: it was most likely renamed.
        """
        speaking = {
            name: [item for item in items if item.state is not ItemState.WONT_DO] for name, items in self.found.items()
        }
        missing = [name for name, _ in self.measure.steps if not speaking.get(name)]
        done = {name for name, items in speaking.items() if items and all(item.done for item in items)}
        reading = of_weights(self.measure, done)
        if missing:
            why = f"no item is named {', '.join(missing)}: {self.measure.selection}"
            reading = Reading(value=None, no_data=why)
        return Reading(
            value=reading.value,
            no_data=reading.no_data,
            items=sum(len(items) for items in speaking.values()),
            done=sum(item.done for items in speaking.values() for item in items),
            numerator=reading.numerator,
            denominator=reading.denominator,
            left_out={NO_STEP: self.left_out} if self.left_out else {},
            formula=reading.formula,
            evidence=self._evidence(speaking, done),
        )

    def _evidence(self, speaking: Mapping[str, list[WorkItem]], done: set[str]) -> tuple[Contribution, ...]:
        if not self.collect:
            return ()
        return tuple(
            contribution(
                item, weight=weight, credit=weight if name in done else ZERO, counted=True, note=f"step {name}"
            )
            for name, weight in self.measure.steps
            for item in sorted(speaking.get(name, []), key=lambda each: each.id)
        )


def by_hand(measure: Ticked, today: date) -> Reading:
    """Return the weight of the steps that people ticked on or before a local day."""
    return of_weights(measure, {name for name, on in measure.by_hand if on is None or on <= today})


def of_weights(measure: Ticked, done: set[str]) -> Reading:
    """Return the weight of the steps that are done, of that of all."""
    whole = total(weight for _, weight in measure.steps)
    ticked = [(name, weight) for name, weight in measure.steps if name in done]
    weight = total(each for _, each in ticked)
    names = ", ".join(f"{name} {decimal_text(each)}" for name, each in ticked) or "none"
    count = f"{len(ticked)} of {len(measure.steps)} milestones"
    return Reading(
        value=quotient(weight, whole) if whole else None,
        no_data=None if whole else "the weights of the milestones sum to 0",
        numerator=weight,
        denominator=whole,
        formula=f"{count} ticked ({names}): {decimal_text(weight)} of {decimal_text(whole)}",
    )
