"""The sub-issues of an issue and theirs, level by level, in whatever repository they are.

GitHub's own summary of sub-issues (total, completed) is never used: every issue is asked for its sub-issues.
https://docs.github.com/en/rest/issues/sub-issues
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.errors import not_visible
from connectors.github.graphql import Connection
from connectors.github.items import belongs
from connectors.github.listing import Reader
from connectors.github.paging import in_order
from connectors.github.records import Record, RecordReader, from_graphql, from_rest
from connectors.github.selection import ISSUE, GitHubSelection
from connectors.port import OnSkip
from mapping.errors import PartialReadError

PARENTS = 20
"""How many issues one query asks for their sub-issues, of which each has a hundred at most."""


class _Issue(Struct, frozen=True):
    issue: Raw = Raw(b"null")


class _Root(Struct, frozen=True):
    repository: _Issue


class _Parent(Struct, frozen=True, rename="camel"):
    id: str
    sub_issues: Connection


class Trees:
    """Reads trees of sub-issues."""

    def __init__(self, client: GitHubClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    async def records(self, terms: GitHubSelection, on_skip: OnSkip, *, graphql: bool) -> AsyncIterator[list[Record]]:
        """Stream what belongs, the upper levels first.

        Raises:
            FixConfigError: the issue at the top is not there, or not for us.
        """
        top = await self.root(terms, graphql=graphql)
        seen, level = {top.id}, [top]
        for _ in range(terms.depth):
            below: list[Record] = []
            found = self._by_graphql(level, on_skip) if graphql else self._by_rest(level, on_skip)
            async for records in found:
                new = list({record.id: record for record in records if record.id not in seen}.values())
                seen.update(record.id for record in new)
                below += new
                yield [record for record in new if belongs(record, terms)]
            level = below
            if not level:
                return

    async def root(self, terms: GitHubSelection, *, graphql: bool) -> Record:
        """Return the issue at the top, which does not belong to the selection itself."""
        named = terms.sub_issues_of or ""
        match = ISSUE.fullmatch(named)
        if match is None:
            raise PartialReadError(f"{self._client.connection}: {named!r} is no issue: write it as acme/shop#12")
        repo, number = match["repo"], int(match["number"])
        if not graphql:
            reply = await self._client.http.get(f"/repos/{repo}/issues/{number}")
            return from_rest(reply.decode(Raw))
        owner, _, name = repo.partition("/")
        asked = {"owner": owner, "name": name, "number": number}
        data = await self._client.graphql.ask(queries.ROOT, asked, _Root, named, patient=True)
        if bytes(data.repository.issue) == b"null":
            raise not_visible(self._client.connection, named)
        return from_graphql(data.repository.issue)

    async def _by_graphql(self, level: Sequence[Record], on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        ids = [record.id for record in level]
        groups = [ids[start : start + PARENTS] for start in range(0, len(ids), PARENTS)]
        ask = self._client.graphql.nodes
        async for nodes in in_order(groups, lambda group: ask(queries.SUB_ISSUES, group), self._client.in_flight):
            for raw in nodes:
                parent = msgspec.json.decode(raw, type=_Parent | None)
                if parent is None:
                    continue  # gone in the meantime, and its sub-issues are nobody's now
                yield self._read(parent.sub_issues.nodes, parent.id, from_graphql, on_skip)
                if parent.sub_issues.page_info.has_next_page:
                    async for records in self._further(parent, on_skip):
                        yield records

    async def _further(self, parent: _Parent, on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        """Stream the pages after the first of one issue's sub-issues."""
        graphql, seen = self._client.graphql, set[str]()
        after = graphql.following(parent.sub_issues.page_info, seen, "sub-issues")
        while after is not None:
            (raw,) = await graphql.nodes(queries.SUB_ISSUES, [parent.id], {"after": after})
            again = msgspec.json.decode(raw, type=_Parent | None)
            if again is None:
                return
            yield self._read(again.sub_issues.nodes, parent.id, from_graphql, on_skip)
            after = graphql.following(again.sub_issues.page_info, seen, "sub-issues")

    async def _by_rest(self, level: Sequence[Record], on_skip: OnSkip) -> AsyncIterator[list[Record]]:
        async def ask(parent: Record) -> list[Record]:
            path = f"/repos/{parent.repo}/issues/{parent.number}/sub_issues"
            pages = [page async for page in self._client.pages.stream(path, {}, list[Raw])]
            return [one for page in pages for one in self._read(page, parent.id, from_rest, on_skip)]

        async for records in in_order(list(level), ask, self._client.in_flight):
            yield records

    def _read(self, nodes: Sequence[Raw], parent: str, reader: RecordReader, on_skip: OnSkip) -> list[Record]:
        found = [self._reader.read(node, "a sub-issue ", reader, on_skip) for node in nodes]
        return [
            msgspec.structs.replace(record, parent=parent, parent_address=None)
            for record in found
            if record is not None
        ]
