"""What a person may configure: the options of a Jira connection, and what a rule may select from it."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.jira import jql
from connectors.port import OptionsModel, SelectionModel

STORY_POINTS = "story_points"
"""The one name of a numeric field that every Jira connection knows."""

WONT_DO = (
    "Won't Do",
    "Won't Fix",
    "Won't Implement",
    "Duplicate",
    "Cannot Reproduce",
    "Can't Reproduce",
    "Unable to Reproduce",
    "Not Reproducible",
    "Declined",
    "Rejected",
    "Abandoned",
    "Incomplete",
    "Invalid",
    "Not a Bug",
    "Not an Issue",
    "Works as Designed",
    "Works for Me",
    "As Designed",
    "By Design",
    "Obsolete",
    "Out of Scope",
    "Not Planned",
    "Canceled",
    "Cancelled",
    "Withdrawn",
)
"""Resolutions that mean closed without being done: the names Jira ships and those that sites commonly add."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class JiraOptions(OptionsModel):
    """What may stand in a connection beside ``connector: jira``."""

    url: str = Field(description="Address of the site, such as https://acme.atlassian.net.")
    email: str = Field(min_length=1, description="E-mail address of the account that the token belongs to.")
    token: SecretStr = Field(description="API token of that account; write ${JIRA_TOKEN}, never the token itself.")
    api_url: str | None = Field(
        default=None,
        description="Address of the API where it differs from the site: "
        "https://api.atlassian.com/ex/jira/CLOUD-ID for tokens with scopes and service accounts.",
    )
    story_points: str | None = Field(
        default=None,
        description="Id or exact name of the field that holds story points; needed where a site has several.",
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Other numeric fields that rules use: the rules' name to the field's id or exact name.",
    )
    wont_do: tuple[str, ...] = Field(
        default=WONT_DO,
        description="Names or ids of resolutions that mean closed without being done, upper or lower case.",
    )

    @field_validator("url", "api_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else site_address(value)

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty: set the variable it comes from")
        return value

    @field_validator("fields")
    @classmethod
    def _fields(cls, value: dict[str, str]) -> dict[str, str]:
        if STORY_POINTS in value:
            raise ValueError(f"{STORY_POINTS} has an option of its own: write story_points: {value[STORY_POINTS]}")
        return value


def site_address(value: str) -> str:
    """Return the address without a slash at its end.

    Raises:
        ValueError: more than an address, or not https (the token would travel in clear; loopback leaves no machine).
    """
    parts = urlsplit(value.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"{value!r} is no address: write it like https://acme.atlassian.net")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("holds more than scheme, host and path: write it like https://acme.atlassian.net")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"{value!r} would send the token in clear: use https")
    return value.strip().rstrip("/")


class JiraSelection(SelectionModel):
    """What may stand beside ``from`` in a rule: exactly one of these."""

    epic: str | None = Field(default=None, description="Key of an epic: all under it, sub-tasks too, itself not.")
    epics: tuple[str, ...] | None = Field(default=None, min_length=1, description="Keys of several epics.")
    jql: str | None = Field(default=None, description="A query in Jira's own language; its ORDER BY is left out.")
    project: str | None = Field(default=None, min_length=1, description="Key of a project: all its issues.")
    filter: int | str | None = Field(default=None, description="Id or name of a saved filter.")

    @field_validator("epic")
    @classmethod
    def _epic(cls, value: str | None) -> str | None:
        return None if value is None else issue_key(value)

    @field_validator("epics")
    @classmethod
    def _epics(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if value is None else tuple(sorted({issue_key(key) for key in value}))

    @field_validator("jql")
    @classmethod
    def _jql(cls, value: str | None) -> str | None:
        if value is not None:
            jql.restriction_of(value)
        return value

    @field_validator("filter", mode="before")
    @classmethod
    def _filter(cls, value: object) -> object:
        if isinstance(value, bool) or value == "":
            raise ValueError("is no filter: write its id or its name")
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            said = "none" if not given else " and ".join(given)
            raise ValueError(f"say exactly one of epic, epics, jql, project, filter; there is {said}")
        return self

    def restriction(self) -> str:
        """Return the JQL that says what belongs, without an order."""
        if self.epic is not None:
            return jql.subtree_of([self.epic])
        if self.epics is not None:
            return jql.subtree_of(self.epics)
        if self.jql is not None:
            return jql.restriction_of(self.jql)
        if self.project is not None:
            return f"project = {jql.quote(self.project)}"
        return f"filter = {self.filter if isinstance(self.filter, int) else jql.quote(str(self.filter))}"


def issue_key(value: str) -> str:
    """Return an issue's key in capitals, as Jira shows it.

    Raises:
        ValueError: it does not look like ``CHK-12``.
    """
    if not _KEY.fullmatch(value.strip()):
        raise ValueError(f"{value!r} is no issue key: write it like CHK-12")
    return value.strip().upper()
