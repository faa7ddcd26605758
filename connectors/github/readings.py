"""Which way a selection is read: repositories over GraphQL or REST, trees, projects, searches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from connectors.github.client import GitHubClient
from connectors.github.errors import NoGraphQLError
from connectors.github.filters import Filters
from connectors.github.issues import GraphQLIssues, Listed
from connectors.github.items import assert_fields
from connectors.github.listing import Reader, RestListing
from connectors.github.options import GitHubOptions
from connectors.github.owners import Owners
from connectors.github.projects import Projects
from connectors.github.records import Record
from connectors.github.search import Searches
from connectors.github.selection import GitHubSelection
from connectors.github.tree import Trees
from connectors.port import OnSkip
from mapping.errors import FixConfigError


class Readings:
    """Reads the items of any selection of one connection."""

    def __init__(self, client: GitHubClient, options: GitHubOptions) -> None:
        self._client = client
        self._options = options
        self.graphql = options.via != "rest" and options.has_credential
        """Whether issues of repositories are listed by GraphQL."""
        self.reader = Reader(client.connection)
        filters = Filters(client)
        self.rest = RestListing(client, filters, self.reader)
        self.issues = GraphQLIssues(client, filters, self.reader)
        self.owners = Owners(client, graphql=self.graphql)
        self.trees = Trees(client, self.reader)
        self.projects = Projects(client)
        self.searches = Searches(client, self.reader, self.rest)
        self.can_graphql = options.has_credential
        """Whether GraphQL may be asked at all."""
        self._by_ids_only: dict[str, Sequence[str]] = {}
        """Key of a selection to its repositories that were last listed by ids only."""

    async def census(
        self, key: str, terms: GitHubSelection, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Listed]:
        """Stream all that matches; some of it may come twice."""
        self._by_ids_only.pop(key, None)
        if terms.project is not None:
            self.need_graphql("projects")
            found = self.projects.records(terms, fields, on_skip)
        else:
            assert_fields(fields, self._client.connection)
            if terms.names_repositories:
                async for listed in self._repositories(key, terms, on_skip):
                    yield listed
                return
            if terms.sub_issues_of is not None:
                found = self.trees.records(terms, on_skip, graphql=self.graphql)
            else:
                found = self.searches.records(terms, on_skip)
        async for records in found:
            yield Listed(records)

    async def changed(
        self, key: str, terms: GitHubSelection, since: datetime, on_skip: OnSkip
    ) -> AsyncIterator[list[Record]]:
        """Stream what changed of that which the last census listed by ids only; the rest came with its records."""
        if repos := self._by_ids_only.get(key):
            async for records in self.issues.changed(repos, terms, since, on_skip):
                yield records

    def need_graphql(self, what: str) -> None:
        """Assert that there is a credential for GraphQL.

        Raises:
            FixConfigError: there is none.
        """
        if not self._options.has_credential:
            raise FixConfigError(
                f"{self._client.connection}: GitHub shows {what} only to an account: set token on the connection"
            )

    async def _repositories(self, key: str, terms: GitHubSelection, on_skip: OnSkip) -> AsyncIterator[Listed]:
        repos = await self.owners.repositories(terms)
        if self.graphql and terms.kinds == "issues":
            carried: set[str] = set()
            try:
                async for listed in self.issues.census(repos, terms, carried, on_skip):
                    yield listed
            except NoGraphQLError:
                if self._options.via == "graphql":
                    raise
                self.graphql = self.can_graphql = False
            else:
                self._by_ids_only[key] = [repo for repo in repos if repo not in carried]
                return
        for repo in repos:
            if terms.kinds != "issues":
                await self._client.assert_pull_requests(repo)
            async for records in self.rest.records(repo, terms, on_skip):
                yield Listed(records)
