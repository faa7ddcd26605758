"""What a rule may select from GitHub: work items of repositories, trees, projects and searches, or a series."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from connectors.port import SelectionModel, Shape
from connectors.zone import ZoneName

REPO = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
OWNER = re.compile(r"[A-Za-z0-9_.-]+")
ISSUE = re.compile(r"(?P<repo>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)#(?P<number>[1-9]\d*)")
PROJECT = re.compile(r"(?P<owner>[A-Za-z0-9_.-]+)/(?P<number>[1-9]\d*)")

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Kind = Literal["issues", "pull_requests", "both"]
Series = Literal["releases", "deployments", "merged_pull_requests", "workflow_runs", "stars"]
Sampling = Literal["total", "event", "day", "week", "month", "hours"]

FROM = ("repo", "repos", "owner", "sub_issues_of", "project", "search")
"""Where items come from: exactly one of these."""
LEVELS = 8
"""GitHub nests sub-issues no deeper."""
OF_SERIES: dict[str, tuple[str, ...]] = {
    "environment": ("deployments",),
    "workflow": ("workflow_runs",),
    "conclusion": ("deployments", "workflow_runs"),
    "branch": ("merged_pull_requests", "workflow_runs"),
    "sample": ("releases", "deployments", "merged_pull_requests", "workflow_runs", "stars"),
    "timezone": ("releases", "deployments", "merged_pull_requests", "workflow_runs", "stars"),
}
"""Term to the series that know it."""
TIMED = ("deployments", "merged_pull_requests", "workflow_runs")
"""Series whose events take time, so that ``sample: hours`` means something."""


class GitHubSelection(SelectionModel):
    """Items of GitHub, or a series. There is no ``state``: whether an item is done is what gets measured."""

    repo: str | None = Field(default=None, description="One repository, owner/name.")
    repos: tuple[str, ...] = Field(default=(), description="Several repositories, read as one selection.")
    owner: str | None = Field(default=None, description="All repositories of an organisation or a person.")
    repos_matching: Name | None = Field(
        default=None, description="With owner: only repositories whose name matches, such as shop-*."
    )
    archived: bool = Field(
        default=True,
        description="Whether archived repositories (with owner) and archived items (with project) belong as well.",
    )
    sub_issues_of: str | None = Field(
        default=None, description="An issue, owner/repo#12: its sub-issues and theirs, in whatever repository."
    )
    depth: int = Field(default=LEVELS, ge=1, le=LEVELS, description="How many levels of sub-issues belong.")
    project: str | None = Field(default=None, description="A project (Projects v2), owner/number.")
    weight: Name | None = Field(
        default=None, description="With project: name or id of a number field; rules use it as `by: weight`."
    )
    status: Name | None = Field(
        default=None, description="With project: name or id of the single-select field that is the items' status."
    )
    search: Name | None = Field(
        default=None, description="A search as GitHub's search box takes it. It lags behind and is no full list."
    )
    labels: tuple[Name, ...] = Field(default=(), description="Labels that must all be on the item.")
    milestone: int | Name | None = Field(
        default=None, description="Title of a milestone that each of the repositories has, or its number in the one."
    )
    type: Name | None = Field(default=None, description="Issue type of the organisation, such as Bug.")
    kind: Kind | None = Field(
        default=None,
        description="What to read: issues (default), pull_requests or both; of a project everything by default, "
        "drafts as well.",
    )
    since: date | None = Field(
        default=None,
        description="Items: only those updated on or after this day (UTC). Series: only events from this day on.",
    )
    assignee: Name | None = Field(default=None, description="Login of a person the item is assigned to.")
    series: Series | None = Field(default=None, description="A series of the repositories instead of items.")
    environment: Name | None = Field(default=None, description="With series deployments: to this environment.")
    workflow: Name | None = Field(default=None, description="With series workflow_runs: file name, such as ci.yml.")
    conclusion: Name | None = Field(
        default=None,
        description="How it ended: of deployments success (default), failure or any; of workflow runs any (default), "
        "success, failure, cancelled …",
    )
    branch: Name | None = Field(default=None, description="Of workflow runs, or into which pull requests merged.")
    sample: Sampling = Field(
        default="total",
        description="What a sample is: the total so far, each event as 1, how many in each day, week or month, "
        "or how many hours each took.",
    )
    timezone: ZoneName = Field(default="UTC", description="Whose days, weeks and months are counted.")

    @property
    def shape(self) -> Shape:
        """Whether it gives work items or samples."""
        return "items" if self.series is None else "series"

    @property
    def kinds(self) -> Kind:
        """What of a repository is read."""
        return self.kind or "issues"

    @field_validator("repo", "repos")
    @classmethod
    def _is_owner_and_name(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for repo in (value,) if isinstance(value, str) else value or ():
            if not REPO.fullmatch(repo):
                raise ValueError(f"{repo!r} is no repository: write owner/name, such as acme/shop")
        return value

    @field_validator("owner", "sub_issues_of", "project")
    @classmethod
    def _is_written_as_meant(cls, value: str | None, info: object) -> str | None:
        name = str(getattr(info, "field_name", ""))
        pattern, example = {
            "owner": (OWNER, "acme"),
            "sub_issues_of": (ISSUE, "acme/shop#12"),
            "project": (PROJECT, "acme/5"),
        }[name]
        if value is not None and not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is no {name}: write it as {example}")
        return value

    @field_validator("labels", "repos")
    @classmethod
    def _in_one_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Sort and drop doubles, so that selections that ask for the same are the same."""
        return tuple(sorted({name.lower(): name for name in value}.values(), key=str.lower))

    @model_validator(mode="after")
    def _one_place_to_read_from(self) -> Self:
        places = [name for name in FROM if getattr(self, name)]
        if len(places) != 1:
            raise ValueError(
                "name one repository with repo, or several with repos, or one of owner, sub_issues_of, project, search"
            )
        for name, needs in (("repos_matching", "owner"), ("weight", "project"), ("status", "project")):
            if getattr(self, name) is not None and places != [needs]:
                raise ValueError(f"{name} goes with {needs}: take it out, or select by {needs}")
        if self.depth != LEVELS and self.sub_issues_of is None:
            raise ValueError("depth goes with sub_issues_of")
        if not self.archived and places[0] not in ("owner", "project"):
            raise ValueError("archived goes with owner or project")
        if isinstance(self.milestone, int) and places[0] != "repo" and len(self.repos) != 1:
            raise ValueError(f"milestone {self.milestone} is another one in each repository: write its title")
        return self

    @model_validator(mode="after")
    def _terms_that_go_together(self) -> Self:
        if self.search is not None:
            _refuse(self, ("labels", "milestone", "type", "since", "assignee"), "write it into the search itself")
        if self.type is not None and self.kind in ("pull_requests", "both"):
            raise ValueError("type is of issues only: pull requests have none")
        if self.series is None:
            given = [name for name in OF_SERIES if getattr(self, name) != type(self).model_fields[name].default]
            if given:
                raise ValueError(f"{given[0]} goes with series: name one, or take {given[0]} out")
            return self
        if not self.names_repositories:
            raise ValueError("a series is of repositories: select by repo, repos or owner")
        _refuse(self, ("milestone", "type", "assignee", "kind"), f"series {self.series} does not know it")
        if self.series != "merged_pull_requests":
            _refuse(self, ("labels",), f"series {self.series} does not know it")
        self._check_terms_of_series(self.series)
        return self

    def _check_terms_of_series(self, series: Series) -> None:
        for name, known in OF_SERIES.items():
            if series not in known and getattr(self, name) is not None:
                raise ValueError(f"{name} is of {' and '.join(known)}: series {series} does not know it")
        if series == "deployments" and self.conclusion not in (None, "success", "failure", "any"):
            raise ValueError(f"deployments end in success or failure, not in {self.conclusion!r}: write one, or any")
        if self.sample == "hours" and series not in TIMED:
            raise ValueError(f"sample: hours is of {', '.join(TIMED)}: {series} take no time")

    @property
    def names_repositories(self) -> bool:
        """Whether it is about whole repositories."""
        return bool(self.repo or self.repos or self.owner)

    def repositories(self) -> tuple[str, ...]:
        """Return the repositories named, each once; none where an owner is named instead."""
        return self.repos or ((self.repo,) if self.repo else ())


def _refuse(terms: GitHubSelection, names: tuple[str, ...], why: str) -> None:
    for name in names:
        if getattr(terms, name):
            raise ValueError(f"{name} cannot stand beside this: {why}")
