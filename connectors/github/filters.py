"""A selection's terms as the filters of GitHub's two APIs, with milestones found by their titles."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date

from connectors.github.client import GitHubClient, Milestone
from connectors.github.selection import GitHubSelection
from connectors.http import Params
from mapping.errors import FixConfigError

SHOWN = 8


class Filters:
    """Makes filters for one connection; each repository's milestones are read once."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._milestones: dict[str, list[Milestone]] = {}

    async def rest(self, repo: str, terms: GitHubSelection) -> Params:
        """Return the parameters of "List repository issues"."""
        filters: dict[str, str | int] = {}
        if labels := [label for label in terms.labels if "," not in label]:
            filters["labels"] = ",".join(labels)
        if terms.milestone is not None:
            filters["milestone"] = await self._milestone(repo, terms.milestone)
        if terms.since is not None:
            filters["since"] = midnight(terms.since)
        if terms.assignee is not None:
            filters["assignee"] = terms.assignee
        if terms.type is not None:
            filters["type"] = terms.type
        return filters

    async def graphql(self, repo: str, terms: GitHubSelection) -> dict[str, object]:
        """Return ``IssueFilters``."""
        filters: dict[str, object] = {}
        if terms.labels:
            filters["labels"] = terms.labels[:1]  # several are read as "any of them"; the rest is sorted out here
        if terms.milestone is not None:
            filters["milestoneNumber"] = str(await self._milestone(repo, terms.milestone))
        if terms.since is not None:
            filters["since"] = midnight(terms.since)
        if terms.assignee is not None:
            filters["assignee"] = terms.assignee
        if terms.type is not None:
            filters["type"] = terms.type
        return filters

    async def _milestone(self, repo: str, wanted: int | str) -> int:
        """Return the number of a milestone given by title (first) or number.

        Raises:
            FixConfigError: the repository has no such milestone; the message lists those it has, nearest first.
        """
        if repo not in self._milestones:
            self._milestones[repo] = await self._client.milestones(repo)
        there = self._milestones[repo]
        by_name = {milestone.title.casefold(): milestone.number for milestone in there}
        by_name = {str(milestone.number): milestone.number for milestone in there} | by_name
        if isinstance(wanted, int):
            by_name = {str(milestone.number): milestone.number for milestone in there}
        number = by_name.get(str(wanted).casefold())
        if number is None:
            titles = nearest(str(wanted), (f"{milestone.title} (number {milestone.number})" for milestone in there))
            raise FixConfigError(
                f"{self._client.connection}: {repo} has no milestone {wanted!r}: "
                + (f"use one of {titles}" if titles else "it has none at all, take milestone out")
            )
        return number


def nearest(wanted: str, names: Iterable[str]) -> str:
    """Return the first few of the names, those most like the wanted one first."""

    def likeness(name: str) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, wanted.casefold(), name.casefold()).ratio(), name

    ordered = sorted(names, key=likeness)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more


def midnight(day: date) -> str:
    """Return the beginning of a day, UTC."""
    return f"{day.isoformat()}T00:00:00Z"
