"""What may be configured for a database, and what a rule may ask it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, SecretStr, field_serializer, field_validator, model_validator

from connectors.entries import EntryTerms, Text
from connectors.port import OptionsModel, Shape
from connectors.sql.statement import checked
from connectors.zone import ZoneName


class SqlOptions(OptionsModel):
    """One database: a SQLite file, or an SQLAlchemy URL."""

    url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL, such as postgresql://okrsync:PASSWORD@db.acme.example/crm; write ${CRM_DATABASE}.",
    )
    file: str | None = Field(
        default=None, min_length=1, description="A SQLite file instead, relative to the folder of the config."
    )
    timeout: int = Field(default=60, ge=1, le=3600, description="Seconds that one query may take.")
    rows: int = Field(default=100_000, ge=1, le=5_000_000, description="The most rows that one query may give.")
    timezone: ZoneName = Field(
        default="UTC", description="IANA name of the zone in which days and times without one are."
    )

    @field_validator("url")
    @classmethod
    def _is_there(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().strip():
            raise ValueError("is empty: set the variable it comes from")
        return url

    @model_validator(mode="after")
    def _one_database(self) -> Self:
        if (self.url is None) == (self.file is None):
            raise ValueError("say either url, or file for a SQLite file")
        return self


class SqlSelection(EntryTerms):
    """The answer of one SELECT: a number, a series (columns at and value), or with ``id`` work items."""

    query: Text = Field(description="One SELECT. Parameters stand in it as :name, never put together as text.")
    params: dict[Text, str | int | bool | Decimal | date] = Field(
        default_factory=dict, description="The parameters by their names."
    )

    @field_validator("params", mode="before")
    @classmethod
    def _exact(cls, params: object) -> object:
        if not isinstance(params, dict):
            return params
        return {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in params.items()}

    @field_serializer("params", when_used="json")
    def _plain(self, params: dict[str, object]) -> dict[str, object]:
        """Keep a number a number: as text it would be compared as text."""
        return {
            name: float(value) if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value
            for name, value in params.items()
        }

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            checked(self.query, self.params)
        except ValueError as error:
            raise ValueError(f"query {error}") from error
        if self.id is None and (unfit := self.items_only()):
            raise ValueError(f"{', '.join(unfit)} goes with id, which makes the rows work items")
        if self.id is not None and self.unit is not None:
            raise ValueError("unit goes with a number or a series, not with id")
        return self

    @property
    def shape(self) -> Shape:
        """Rows with an id are items, everything else is a series."""
        return "series" if self.id is None else "items"
