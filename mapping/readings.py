"""What a measure gives: a value or the reason why there is none, with the items it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from mapping.words import ItemState


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One item's part in a reading: what it weighs and how much of that counts as done."""

    connection: str
    item: str
    key: str
    title: str
    state: ItemState
    status: str
    url: str | None
    weight: Decimal | None
    """None: it has no estimate (see ``note`` for what the policy made of that)."""
    credit: Decimal
    """The part of ``weight`` that went into the numerator (completion), or the value that was aggregated."""
    counted: bool
    note: str = ""
    """Why it was left out, or what was assumed; empty for the plain case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One completion under two scopes: what the selection holds now, and what it held at the end of a day."""

    on: date
    current: Decimal | None
    """The share done of what is in scope now."""
    frozen: Decimal | None
    """The share done by now of what was in scope then, by the weights of then."""
    weight_then: Decimal
    weight_now: Decimal
    creep: Decimal | None
    """By which share the weight has grown since; below 0 where it shrank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of a measure: a value or a reason why there is none, with what it rests on."""

    value: Decimal | None
    no_data: str | None = None
    """The reason; set exactly when ``value`` is None."""
    items: int | None = None
    """Items that counted; None when the measure does not rest on items."""
    done: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason to number of items that matched but did not count."""
    assumed: Mapping[str, int] = field(default_factory=dict)
    """Assumption to number of items it was made for (``no estimate: counted as 0``)."""
    formula: str = ""
    """With its numbers, for people: ``34 done / 89 story points``."""
    at: datetime | None = None
    """The instant of the sample, for a series."""
    origin: str = ""
    """Where a sample was read."""
    evidence: tuple[Contribution, ...] = ()
    """Collected only when asked for."""
    unestimated: int = 0
    """Items without an estimate, whatever was made of them."""
    span: tuple[Decimal, Decimal] | None = None
    """Least and greatest value over all policies for missing estimates; None where none is missing."""
    scope: Scope | None = None
    """A completion held against what was in scope before; computed when evidence is, or when it is the rule's own."""
