"""Makes work items of entries whose parts a rule names itself: objects of a JSON answer, rows of a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import partial
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.plain import instant_of, number_of, text_of, truth_of, unit_of
from connectors.port import SelectionModel
from mapping.errors import SkipRecordError
from mapping.words import ItemState, Selection, WorkItem

T = TypeVar("T")
Text = Annotated[str, Field(min_length=1)]
Pick = Callable[[str], object]
"""Gives one part of an entry by what the rule calls it; None where there is none."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the time of last change of an entry that tells none."""


class StateTerm(BaseModel):
    """A part of an entry that tells its state, and the words that mean it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    field: Text
    is_: tuple[str | bool | int, ...] = Field(
        default=(),
        alias="is",
        description="The words, in upper or lower case. When left out, the field holds true, false or nothing.",
    )

    @field_validator("is_", mode="before")
    @classmethod
    def _one_word_is_a_list(cls, words: object) -> object:
        return [words] if isinstance(words, str | bool | int) else words


class EntryTerms(SelectionModel):
    """What a rule says of the parts of an entry. ``id`` makes entries work items."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    id: Text | None = Field(default=None, description="What names an item for good; makes the entries work items.")
    kind: Text | None = Field(
        default=None,
        description="What the items are called, such as deal.",
    )
    title: Text | None = Field(default=None, description="What people call it.")
    status: Text | None = Field(default=None, description="Its status as people see it.")
    done: StateTerm | None = Field(default=None, description="Which items are done.")
    in_progress: StateTerm | None = Field(default=None, description="Which items are in progress.")
    wont_do: StateTerm | None = Field(default=None, description="Which items will not be done.")
    updated_at: Text | None = Field(default=None, description="When it was last changed.")
    created_at: Text | None = Field(default=None, description="When it was made.")
    done_at: Text | None = Field(default=None, description="When it became done.")
    date: Text | None = Field(default=None, description="The date it speaks of, for targets per month and the like.")
    link: Text | None = Field(default=None, description="Its address, for people.")
    numbers: dict[Text, Text] = Field(
        default_factory=dict, description="Numbers that rules use: their name there to where they stand."
    )
    texts: dict[Text, Text] = Field(
        default_factory=dict, description="Texts that filters use: their name there to where they stand."
    )
    unit: str | None = Field(
        default=None, description="Of a series: percent (42.5 means 42.5 %) or a currency's code such as EUR."
    )

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str | None) -> str | None:
        return unit_of(unit)

    def items_only(self) -> list[str]:
        """Return the terms that were given and speak of work items, ``id`` left out."""
        parts = set(EntryTerms.model_fields) - {"id", "unit"}
        return sorted(name for name in parts if getattr(self, name) not in (None, {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReader:
    """Reads the entries of one selection."""

    terms: EntryTerms
    selection: Selection
    """Sets its items apart from those of others: two tables may both have a 7, and what one rule calls done may be
    open to another, or have no number there."""
    fields: frozenset[str]
    zone: tzinfo

    def item(self, pick: Pick, place: str, *, named: Pick | None = None) -> WorkItem:
        """Return an entry as a work item.

        Args:
            pick: gives its parts.
            named: gives the parts that rules call by name without having said where they are; ``pick`` if left out.
            place: where it stands, for messages.

        Raises:
            SkipRecordError: a part that counts cannot be read.
        """
        parts = _Parts(pick, f"{self.selection.connection}: {place}")
        terms = self.terms
        name = parts.read(terms.id, text_of)
        if not name:
            raise SkipRecordError(f"{parts.place}: {terms.id} is nothing, the id of the item was expected")
        state = self._state(parts)
        kind = terms.kind or "entry"
        numbers, texts = self._content(parts, named or pick)
        status = parts.read(terms.status, text_of) or ""
        created_at = parts.read(terms.created_at, self._instant)
        return WorkItem(
            connection=self.selection.connection,
            id=f"{kind}@{self.selection.key}#{name}",
            key=f"{kind} {name}",
            title=parts.read(terms.title, text_of) or f"{kind} {name}",
            state=state,
            status=status,
            status_id=status,
            kind=kind,
            url=parts.read(terms.link, text_of) or None,
            created_at=created_at,
            updated_at=parts.read(terms.updated_at, self._instant) or created_at or NEVER,
            done_at=parts.read(terms.done_at, self._instant) if state is ItemState.DONE else None,
            on=parts.read(terms.date, self._instant),
            numbers=numbers,
            fields=texts,
        )

    def _instant(self, value: object) -> datetime | None:
        return None if value in (None, "") else instant_of(value, self.zone)

    def _state(self, parts: _Parts) -> ItemState:
        for state, said in (
            (ItemState.WONT_DO, self.terms.wont_do),
            (ItemState.DONE, self.terms.done),
            (ItemState.IN_PROGRESS, self.terms.in_progress),
        ):
            if said is not None and parts.read(said.field, partial(_is_in, said)):
                return state
        return ItemState.TODO

    def _content(self, parts: _Parts, named: Pick) -> tuple[dict[str, Decimal], dict[str, str]]:
        numbers: dict[str, Decimal] = {}
        texts: dict[str, str] = {}
        for name in sorted(self.fields - self.terms.texts.keys() - self.terms.numbers.keys()):
            value = named(name)
            if isinstance(value, bool | str):
                texts[name] = text_of(value)
            elif value is not None:
                numbers[name] = parts.judge(name, value, number_of)
        for name, where in self.terms.numbers.items():
            if (value := parts.pick(where)) is not None:
                numbers[name] = parts.judge(where, value, number_of)
        for name, where in self.terms.texts.items():
            if text := parts.read(where, text_of):
                texts[name] = text
        return numbers, texts


@dataclass(frozen=True, slots=True)
class _Parts:
    pick: Pick
    place: str

    def read(self, term: str | None, make: Callable[[object], T | None]) -> T | None:
        return None if term is None else self.judge(term, self.pick(term), make)

    def judge(self, term: str, value: object, make: Callable[[object], T]) -> T:
        try:
            return make(value)
        except ValueError as error:
            raise SkipRecordError(f"{self.place}: {term} {error}") from error


def _is_in(said: StateTerm, value: object) -> bool:
    if not said.is_:
        return truth_of(value)
    return text_of(value).casefold() in {text_of(word).casefold() for word in said.is_}
