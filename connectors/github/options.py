"""What a person may configure: the options of a GitHub connection, and what a rule may select from it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from connectors.port import OptionsModel, SelectionModel

REPO = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class GitHubOptions(OptionsModel):
    """What may stand in a connection beside ``connector: github``."""

    token: SecretStr | None = Field(
        default=None,
        description="Personal access token; write ${GITHUB_TOKEN}, never the token itself. "
        "Without one only public repositories can be read, 60 requests an hour.",
    )
    url: str = Field(
        default="https://api.github.com",
        description="Address of the API; for Enterprise Server https://HOST/api/v3.",
    )
    api_version: str = Field(
        default="2022-11-28",
        pattern=r"\d{4}-\d{2}-\d{2}",
        description="Version of the REST API, sent as X-GitHub-Api-Version.",
    )
    via: Literal["rest", "graphql"] = Field(
        default="rest",
        description="How issues are listed. graphql transfers less and also reads lists that REST ends early, "
        "but needs a token; pull requests are always listed by REST.",
    )

    @model_validator(mode="after")
    def _graphql_needs_a_token(self) -> Self:
        if self.via == "graphql" and self.token is None:
            raise ValueError("via: graphql needs a token, for GitHub's GraphQL API answers nobody else")
        return self


class GitHubSelection(SelectionModel):
    """Issues or pull requests of repositories. There is no ``state``: whether an item is done is what gets measured."""

    repo: str | None = Field(default=None, description="One repository, owner/name.")
    repos: tuple[str, ...] = Field(default=(), description="Several repositories, read as one selection.")
    labels: tuple[Name, ...] = Field(default=(), description="Labels that must all be on the item.")
    milestone: int | Name | None = Field(
        default=None, description="Title of a milestone that each of the repositories has, or its number in the one."
    )
    kind: Literal["issues", "pull_requests", "both"] = Field(default="issues", description="What to read.")
    since: date | None = Field(
        default=None,
        description="Only items updated on or after this day (UTC). An old item joins when somebody touches it.",
    )
    assignee: Name | None = Field(default=None, description="Login of a person the item is assigned to.")

    @field_validator("repo", "repos")
    @classmethod
    def _is_owner_and_name(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for repo in (value,) if isinstance(value, str) else value or ():
            if not REPO.fullmatch(repo):
                raise ValueError(f"{repo!r} is no repository: write owner/name, such as acme/shop")
        return value

    @field_validator("labels", "repos")
    @classmethod
    def _in_one_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Sort and drop doubles, so that selections that ask for the same are the same."""
        return tuple(sorted({name.lower(): name for name in value}.values(), key=str.lower))

    @model_validator(mode="after")
    def _one_way_to_name_repositories(self) -> Self:
        if (self.repo is None) == (not self.repos):
            raise ValueError("name one repository with repo, or several with repos")
        if isinstance(self.milestone, int) and len(self.repos) > 1:
            raise ValueError(f"milestone {self.milestone} is another one in each repository: write its title")
        return self

    def repositories(self) -> tuple[str, ...]:
        """Return the repositories, each once."""
        return self.repos or ((self.repo,) if self.repo else ())
