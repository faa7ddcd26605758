"""Which repositories a selection is about: those it names, or those of an owner whose name matches."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from connectors.github import queries
from connectors.github.client import GitHubClient, Repository
from connectors.github.errors import NoGraphQLError
from connectors.github.graphql import PageInfo
from connectors.github.selection import GitHubSelection
from mapping.errors import FixConfigError


class _Node(Struct, frozen=True, rename="camel"):
    name_with_owner: str
    is_archived: bool
    has_issues_enabled: bool = True


class _Repositories(Struct, frozen=True, rename="camel"):
    page_info: PageInfo
    nodes: list[_Node]


class _Owner(Struct, frozen=True):
    repositories: _Repositories


class _OwnerData(Struct, frozen=True, rename="camel"):
    repository_owner: _Owner | None


class Owners:
    """Finds the repositories of owners; each owner's are listed once."""

    def __init__(self, client: GitHubClient, *, graphql: bool) -> None:
        self._client = client
        self._graphql = graphql
        self._known: dict[str, list[Repository]] = {}

    async def repositories(self, terms: GitHubSelection) -> Sequence[str]:
        """Return full names, in one order.

        Raises:
            FixConfigError: an owner has none for us, or none of such a name.
        """
        if terms.owner is None:
            return terms.repositories()
        pattern = (terms.repos_matching or "*").casefold()
        found = [
            one.full_name
            for one in await self._of(terms.owner)
            if fnmatchcase(one.full_name.partition("/")[2].casefold(), pattern)
            and (terms.archived or not one.archived)
            and (one.has_issues or terms.series is not None or terms.kinds != "issues")
        ]
        if not found:
            named = f" named {terms.repos_matching}" if terms.repos_matching else ""
            raise FixConfigError(
                f"{self._client.connection}: GitHub shows no repositories of {terms.owner}{named}: check the name and "
                f"the pattern, and that connection {self._client.connection} may read them"
            )
        return sorted(found, key=str.casefold)

    async def _of(self, owner: str) -> list[Repository]:
        if owner not in self._known:
            self._known[owner] = await self._listed(owner)
        return self._known[owner]

    async def _listed(self, owner: str) -> list[Repository]:
        if self._graphql:
            try:
                return await self._by_graphql(owner)
            except NoGraphQLError:
                self._graphql = False
        for kind in ("orgs", "users"):
            reply = await self._client.http.request("GET", f"/{kind}/{owner}", accept=(404,))
            if reply.status != 404:
                pages = self._client.pages.stream(f"/{kind}/{owner}/repos", {}, list[Repository], remember=True)
                return [one async for page in pages for one in page]
        return []

    async def _by_graphql(self, owner: str) -> list[Repository]:
        graphql, after, seen, found = self._client.graphql, None, set[str](), list[Repository]()
        while True:
            asked = {"owner": owner, "after": after}
            data = await graphql.ask(queries.REPOSITORIES, asked, _OwnerData, f"owner {owner}", patient=True)
            if data.repository_owner is None:
                return []
            page = data.repository_owner.repositories
            found += [
                Repository(one.name_with_owner, has_issues=one.has_issues_enabled, archived=one.is_archived)
                for one in page.nodes
            ]
            after = graphql.following(page.page_info, seen, f"repositories of {owner}")
            if after is None:
                return found
