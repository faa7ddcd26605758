"""What may be configured for an API that answers in JSON, and what a rule may select in its answers."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.entries import EntryTerms, StateTerm, Text
from connectors.login import LoginOptions
from connectors.port import Shape
from connectors.web.exact import compiled
from connectors.zone import ZoneName


def _a_path(path: str) -> str:
    compiled(path)
    return path


Path = Annotated[Text, AfterValidator(_a_path)]
"""JMESPath, https://jmespath.org."""
_PLACE = re.compile(r"/[^?#\\\s]*")


class HttpOptions(LoginOptions):
    """One API: its address and how it knows us."""

    url: str = Field(description="Address that the paths of rules begin from, such as https://api.acme.example/v2.")
    check: str | None = Field(
        default=None,
        description="Path that `okrsync check` reads to see whether the credential is good, such as /me.",
    )
    timezone: ZoneName = Field(
        default="UTC", description="IANA name of the zone in which days and times without one are."
    )

    @field_validator("check")
    @classmethod
    def _is_a_place(cls, check: str | None) -> str | None:
        return check if check is None else place(check)


def place(path: str) -> str:
    """Return a path below the connection's address.

    Raises:
        ValueError: it is something else, or leaves that address.
    """
    if not _PLACE.fullmatch(path) or ".." in path.split("/") or path.startswith("//"):
        raise ValueError(f"{path!r} is no path: write it like /reports/sales, what follows a ? goes into params")
    return path


class Pages(BaseModel):
    """Where the next page of items or samples is; without it there is one page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    next: Path | None = Field(default=None, description="Path to the address of the next page in the answer.")
    header: Literal["link"] | None = Field(default=None, description="link: the header Link with rel=next tells it.")
    cursor: Path | None = Field(default=None, description="Path to the token of the next page.")
    parameter: Text | None = Field(
        default=None, description="With cursor: where the token goes, in the query, or in the body of a POST."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(each is not None for each in (self.next, self.header, self.cursor)) != 1:
            raise ValueError("say exactly one of next, header and cursor")
        if (self.cursor is None) != (self.parameter is None):
            raise ValueError("cursor and parameter go together: where the token stands, and where it is sent")
        return self


class HttpSelection(EntryTerms):
    """One number (``value``), a series (``samples``) or work items (``items``) of the answer at ``path``."""

    path: str = Field(description="Path below the connection's address, such as /reports/sales.")
    params: dict[Text, str | int | bool] = Field(default_factory=dict, description="What stands behind the ? there.")
    method: Literal["GET", "POST"] = Field(default="GET", description="POST only for queries that change nothing.")
    body: Any = Field(default=None, description="With POST: the JSON that is sent.")
    value: Path | None = Field(default=None, description="Path to the number; with samples, within each of them.")
    at: Path | None = Field(
        default=None, description="Path to the time of the number; when it is read if left out. Needed with samples."
    )
    samples: Path | None = Field(default=None, description="Path to a list, each with value and at: a series.")
    items: Path | None = Field(default=None, description="Path to a list whose objects are work items.")
    pages: Pages | None = Field(default=None, description="Where the next page is.")
    total: Path | None = Field(
        default=None, description="Path to how many there are over all pages; another number read is no whole read."
    )

    @field_validator("path")
    @classmethod
    def _is_a_place(cls, path: str) -> str:
        return place(path)

    @field_validator("body")
    @classmethod
    def _plain_numbers(cls, body: object) -> object:
        return _as_json(body)

    @field_validator(
        "id", "title", "status", "updated_at", "created_at", "done_at", "date", "link", "done", "in_progress", "wont_do"
    )
    @classmethod
    def _are_paths(cls, term: str | StateTerm | None) -> str | StateTerm | None:
        if term is not None:
            compiled(term.field if isinstance(term, StateTerm) else term)
        return term

    @field_validator("numbers", "texts")
    @classmethod
    def _lead_somewhere(cls, terms: dict[str, str]) -> dict[str, str]:
        for each in terms.values():
            compiled(each)
        return terms

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        if (self.items is None) == (self.value is None):
            raise ValueError("say either value (a number, or the series in samples) or items (work items)")
        if (self.items is None) != (self.id is None):
            raise ValueError("items and id go together: where the work items are, and what names each for good")
        if self.samples is not None and self.at is None:
            raise ValueError("samples need at: the path to the time of each")
        if self.items is None and (unfit := self.items_only()):
            raise ValueError(f"{', '.join(unfit)} goes with items, not with value")
        if self.items is not None and (self.samples or self.at or self.unit):
            raise ValueError("samples, at and unit go with value, not with items")
        if self.samples is None and self.items is None and (self.pages or self.total):
            raise ValueError("pages and total go with items and samples: one number is on one page")
        if self.body is not None and self.method != "POST":
            raise ValueError("body goes with method: POST")
        return self

    @property
    def shape(self) -> Shape:
        """Items are items, everything else is a series."""
        return "series" if self.items is None else "items"


def _as_json(value: Any) -> Any:
    """Return a value of the rules file, whose numbers are Decimal, as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _as_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
