"""What a selection looks like from here, cheaply, and whether its names exist."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.github.client import GitHubClient
from connectors.github.errors import issues_off
from connectors.github.filters import nearest
from connectors.github.items import belongs, key_of
from connectors.github.readings import Readings
from connectors.github.records import Record, from_rest
from connectors.github.selection import GitHubSelection
from connectors.port import Glimpse
from mapping.errors import FixConfigError, SkipRecordError

LOOKED_AT = 5
"""Repositories of an owner that are looked into."""
NO_FIELDS: frozenset[str] = frozenset()


class Glimpses:
    """Looks at selections. Raises FixConfigError naming what is not visible."""

    def __init__(self, client: GitHubClient, readings: Readings) -> None:
        self._client = client
        self._readings = readings

    async def look(self, terms: GitHubSelection) -> Glimpse:
        """Return how many items there are, where that is cheap, and one of them."""
        if terms.project is not None:
            self._readings.need_graphql("projects")
            board = await self._readings.projects.board(terms, NO_FIELDS)
            return Glimpse(matches=None, example=f"project {board.name} {board.title}")
        if terms.sub_issues_of is not None:
            return await self._tree(terms)
        if terms.search is not None:
            count, raws = await self._readings.searches.count(terms)
            records = [self._readings.reader.read(raw, "", from_rest, _ignore) for raw in raws[:1]]
            return Glimpse(matches=count, example=_example([record for record in records if record]))
        repos = await self._readings.owners.repositories(terms)
        if terms.series is not None:
            for repo in repos[:LOOKED_AT]:
                await self._client.repository(repo)
            return Glimpse(matches=None, example=f"{terms.series} of {repos[0]}")
        return await self._repositories(repos, terms)

    async def _tree(self, terms: GitHubSelection) -> Glimpse:
        one_level = terms.model_copy(update={"depth": 1})
        pages = self._readings.trees.records(one_level, _ignore, graphql=self._readings.graphql)
        records = [record async for page in pages for record in page]
        return Glimpse(matches=0 if not records else None, example=_example(records))

    async def _repositories(self, repos: Sequence[str], terms: GitHubSelection) -> Glimpse:
        labels: dict[str, str] = {}
        matches: int | None = 0
        example: str | None = None
        for repo in repos if terms.owner is None else repos[:LOOKED_AT]:
            about = await self._client.repository(repo)
            if terms.kinds == "issues" and not about.has_issues:
                raise issues_off(self._client.connection, repo)
            if terms.kinds != "issues":
                await self._client.assert_pull_requests(repo)
            if terms.labels:
                labels |= {label.casefold(): label for label in await self._client.labels(repo)}
            records, whole = await self._readings.rest.first(repo, terms)
            unique = len({record.id for record in records if belongs(record, terms)})
            matches = matches + unique if whole and matches is not None else None
            example = example or _example(records)
        if terms.owner is not None:
            return Glimpse(matches=matches if len(repos) <= LOOKED_AT else None, example=example)
        self._assert_labels(repos, terms, labels)
        return Glimpse(matches=matches, example=example)

    def _assert_labels(self, repos: Sequence[str], terms: GitHubSelection, there: dict[str, str]) -> None:
        """GitHub gives an empty list for a label that does not exist, as it does for one that nothing carries."""
        for label in terms.labels:
            if label.casefold() not in there:
                names = nearest(label, there.values())
                raise FixConfigError(
                    f"{self._client.connection}: label {label!r} does not exist in {', '.join(repos)}: "
                    + (f"labels are {names}" if names else "there are no labels at all")
                )


def _example(records: Sequence[Record]) -> str | None:
    return next((f"{key_of(record)} {record.title}" for record in records), None)


def _ignore(_error: SkipRecordError) -> None:
    """A glimpse names no records; the pull does."""
