"""What a person may configure: the options of an Asana connection."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from connectors.addresses import plain_address
from connectors.port import OptionsModel

API = "https://app.asana.com/api/1.0"


def as_text(value: str | int) -> str:
    """Return a name or gid as text: YAML reads a gid without quotes as a number.

    Raises:
        ValueError: it is empty.
    """
    text = str(value).strip()
    if not text:
        raise ValueError("is empty: write a name or a gid")
    return text


NameOrGid = Annotated[str | int, AfterValidator(as_text)]
"""The name or gid of something in Asana; always text once it is read."""


class AccountOptions(OptionsModel):
    """Whose account speaks with Asana, and how."""

    token: SecretStr = Field(
        description="Personal access token, or that of a service account; write ${ASANA_TOKEN}, never the token itself."
    )
    requests_a_minute: int = Field(
        default=1400,
        ge=30,
        le=100_000,
        description="How many requests a minute to send at most: Asana allows 1,500 on paid plans and 150 on free ones "
        "(write 140 there), and counts those that it refuses as well.",
    )
    url: str = Field(default=API, description="Address of the API.")

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty: set the variable it comes from")
        return value

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value, API, sends="the token").rstrip("/")


class AsanaOptions(AccountOptions):
    """What may stand in a connection beside ``connector: asana``."""

    workspace: NameOrGid | None = Field(
        default=None,
        description="Name or gid of the workspace where names are looked up; needed when the account is in several.",
    )
    fields: dict[str, NameOrGid | tuple[NameOrGid, ...]] = Field(
        default_factory=dict,
        description="Custom fields by the names that rules use: the rules' name to the field's gid or exact name, or "
        "to several when each project has a field of its own for the same thing.",
    )
    in_progress: tuple[NameOrGid, ...] = Field(
        default=(),
        description="Names or gids of sections, or of statuses of custom task types, whose open tasks are in progress.",
    )
    wont_do: tuple[NameOrGid, ...] = Field(
        default=(),
        description="Names or gids of sections, or of statuses of custom task types, whose tasks will not be done.",
    )

    def fields_named(self, name: str) -> tuple[str, ...]:
        """Return the names or gids that the options give for a field of the rules; empty when they give none."""
        said = self.fields.get(name, ())
        return tuple(str(each) for each in said) if isinstance(said, tuple) else (str(said),)
