"""The shape of tests of rules: what may stand in ``*.okrtest.yaml``. See docs/testing-rules.md."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from config.model import Strict, Text
from mapping.mirror import Departure
from mapping.status import Status
from mapping.words import ItemState

When = date | str
"""A day (its beginning, in the cycle's time zone), or an ISO 8601 time."""


class ItemKeys(Strict):
    """One work item; what a rule does not look at may be left out."""

    id: Text | None = None
    key: Text | None = None
    title: str = ""
    state: ItemState = ItemState.TODO
    kind: str = ""
    status: str = ""
    status_id: str = ""
    resolution: str = ""
    parent: Text | None = None
    level: int = 0
    labels: list[Text] = Field(default_factory=list)
    assignee: Text | None = None
    created_at: When | None = None
    done_at: When | None = None
    updated_at: When | None = None
    on: When | None = None
    started_at: When | None = None
    """When work on it began."""
    numbers: dict[str, Decimal] = Field(default_factory=dict)
    fields: dict[str, str] = Field(default_factory=dict)
    feeds: list[Text] = Field(default_factory=list)
    """Addresses of all key results that it feeds, where rules split or count it once."""


class SampleKeys(Strict):
    """One sample of a series."""

    at: When | None = None
    value: str | Decimal
    unit: Text | None = None
    origin: str = ""


class ExpectKeys(Strict):
    """What shall come out; what is left out may be anything."""

    value: str | Decimal | None = None
    progress: str | Decimal | None = None
    status: Status | None = None
    items: int | None = None
    done: int | None = None
    formula: str | None = None
    no_data: bool | str | None = None
    error: Text | None = None


class LeftKeys(Strict):
    """A former member of a selection."""

    id: Text
    how: Departure = Departure.UNMATCHED
