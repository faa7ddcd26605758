"""What a rule may select from a Jira connection."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from connectors.jira import jql
from connectors.port import SelectionModel

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]*")
_TREES = ("epic", "epics", "issue")


class JiraSelection(SelectionModel):
    """What may stand beside ``from`` in a rule: exactly one of these, and ``depth`` with the first three."""

    epic: str | None = Field(default=None, description="Key of an epic: all under it, sub-tasks too, itself not.")
    epics: tuple[str, ...] | None = Field(default=None, min_length=1, description="Keys of several epics.")
    issue: str | None = Field(
        default=None, description="Key of any issue, an initiative say: all below it, level by level, itself not."
    )
    depth: int | None = Field(
        default=None, ge=1, le=20, description="How many levels below epic, epics or issue belong; all by default."
    )
    jql: str | None = Field(default=None, description="A query in Jira's own language; its ORDER BY is left out.")
    project: str | None = Field(default=None, min_length=1, description="Key of a project: all its issues.")
    filter: int | str | None = Field(default=None, description="Id or name of a saved filter.")

    @field_validator("epic", "issue")
    @classmethod
    def _one_key(cls, value: str | None) -> str | None:
        return None if value is None else issue_key(value)

    @field_validator("epics")
    @classmethod
    def _keys(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
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
        given = [name for name in type(self).model_fields if name != "depth" and getattr(self, name) is not None]
        if len(given) != 1:
            said = "none" if not given else " and ".join(given)
            raise ValueError(f"say exactly one of epic, epics, issue, jql, project, filter; there is {said}")
        if self.depth is not None and given[0] not in _TREES:
            raise ValueError(f"depth says how far below an issue to go; with {given[0]} there is none: leave it out")
        return self

    @property
    def roots(self) -> tuple[str, ...]:
        """Keys of the issues whose subtree is meant; empty for a selection that is one query."""
        one = self.epic or self.issue
        return (one,) if one is not None else self.epics or ()

    def restriction(self) -> str:
        """Return the JQL that says what belongs, without an order; only for a selection without roots."""
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
