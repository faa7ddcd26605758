"""Jira Data Center's wire, REST API v2 and as of version 10.3: offsets, no bulk reads, no changelogs of their own.

https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-search/
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from connectors.jira import jql
from connectors.jira.offsets import Offsets, Rows
from connectors.jira.pieces import chunks, relevant
from connectors.jira.records import Ties
from connectors.jira.shapes import Change, Issue
from connectors.jira.site import Bulk, IssueId, Lifecycle, NamedIssue, Past, RecordPage
from connectors.jira.wire import Wire
from mapping.errors import FixConfigError, PartialReadError

IDS_A_PAGE = 1000
"""What most servers allow (``jira.search.views.default.max``); where it is less they lower it and say so."""
RECORDS_A_PAGE = 100
HISTORIES_A_CALL = 50
SEARCH = "rest/api/2/search"

R = TypeVar("R")


class _Page(msgspec.Struct, Generic[R], frozen=True, rename="camel"):
    """``SearchResultsBean``."""

    total: int
    issues: list[R]
    start_at: int = 0
    max_results: int = 0
    warning_messages: list[str] | None = None


class _Changelog(msgspec.Struct, frozen=True):
    histories: list[Change] = []
    total: int = 0


class _WithChanges(msgspec.Struct, frozen=True):
    id: str
    changelog: _Changelog = _Changelog()


class _KeyedId(msgspec.Struct, frozen=True):
    id: str
    key: str


class _WithFields(msgspec.Struct, frozen=True):
    fields: dict[str, msgspec.Raw] = {}


class _Project(msgspec.Struct, frozen=True):
    key: str
    name: str = ""
    archived: bool = False


class _Filter(msgspec.Struct, frozen=True):
    name: str


class DataCenterClient:
    """Asks one Data Center (:class:`connectors.jira.site.Site`).

    Args:
        wire: the way there.
        ties: the fields by which stories hang on epics, and epics on what is above them.
    """

    def __init__(self, wire: Wire, ties: Ties) -> None:
        self._wire = wire
        self._connection = wire.connection
        self._in_flight = max(1, wire.around.in_flight)
        self._ties = ties

    async def ids(self, restriction: str) -> AsyncGenerator[list[str], None]:
        """Stream the ids of all issues that match.

        Raises:
            PartialReadError: the rows kept shifting while they were listed, or the server warned.
            FixConfigError: the query is not accepted.
        """
        query = jql.census_of(restriction)

        async def fetch(start: int) -> Rows:
            page = await self._page(query, ["id"], start, IDS_A_PAGE, _Page[IssueId])
            ids = [issue.id for issue in page.issues]
            return Rows(start=start, ids=ids, total=page.total, most=page.max_results or len(ids))

        async def count() -> int:
            return (await self._page(query, ["id"], 0, 0, _Page[IssueId])).total

        async for ids in Offsets(f"{self._connection}: Jira", fetch, count, self._in_flight).ids():
            yield ids

    async def records(self, restriction: str, fields: Sequence[str]) -> AsyncGenerator[RecordPage, None]:
        """Stream issues with their fields: one page, which is of one moment."""
        page = await self._page(jql.census_of(restriction), fields, 0, RECORDS_A_PAGE, _Page[msgspec.Raw])
        yield RecordPage(records=page.issues, more=len(page.issues) < page.total)

    async def bulk(self, ids: Sequence[str], fields: Sequence[str]) -> Bulk[msgspec.Raw]:
        """Return issues by their ids, by a search that does not mind those that are gone."""
        return Bulk(records=await self._by_ids(ids, fields, _Page[msgspec.Raw]), withheld={})

    async def decoded(self, ids: Sequence[str], fields: Sequence[str], shape: type[Issue]) -> Bulk[Issue | msgspec.Raw]:
        """Return them as they came: each is looked at for its id anyway."""
        del shape
        return Bulk(records=(await self.bulk(ids, fields)).records, withheld={})

    async def among(self, restriction: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[msgspec.Raw]:
        """Return the issues of ``ids`` that match; a Data Center has no way to hurry its index."""
        query = jql.census_of(jql.with_ids(restriction, ids))
        return (await self._page(query, fields, 0, len(ids), _Page[msgspec.Raw])).issues

    async def histories(self, ids: Sequence[str], fields: Sequence[str]) -> AsyncGenerator[Past, None]:
        """Stream issues with their changes, which come along with a search and nowhere else."""
        for some in chunks(ids, HISTORIES_A_CALL):
            for record in await self._by_ids(some, fields, _Page[msgspec.Raw], expand=["changelog"]):
                log = msgspec.json.decode(record, type=_WithChanges)
                cut = ""
                if log.changelog.total > len(log.changelog.histories):
                    cut = f"Jira gave {len(log.changelog.histories)} of its {log.changelog.total} changes"
                yield Past(record=record, changes=relevant(log.changelog.histories), cut=cut)

    async def ids_of(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the ids of those of these issues that we see, by key."""
        found: dict[str, str] = {}
        for some in chunks(keys, RECORDS_A_PAGE):
            query = f"key in {jql.quoted_list(some)}"
            page = await self._page(query, ["id"], 0, len(some), _Page[_KeyedId], strict=False)
            found |= {issue.key: issue.id for issue in page.issues}
        return found

    async def example(self, restriction: str) -> str | None:
        """Return the first issue that matches as people call it; None when none matches."""
        page = await self._page(jql.census_of(restriction), ["summary"], 0, 1, _Page[NamedIssue])
        return next((str(issue) for issue in page.issues), None)

    async def count(self, restriction: str) -> int:
        """Return how many issues match, which is exact here."""
        return (await self._page(jql.census_of(restriction), ["id"], 0, 0, _Page[IssueId])).total

    async def issue(self, key: str) -> NamedIssue:
        """Return an issue by its key, also one that has moved since.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"issue {key} {self._to_us}: deleted, archived, mistyped, or no permission to browse it"
        path = f"rest/api/2/issue/{quote(key, safe='')}"
        return (await self._wire.visible(path, what, params={"fields": "summary,issuetype"})).decode(NamedIssue)

    async def is_epic(self, issue: NamedIssue) -> bool | None:
        """Return whether an issue has an Epic Name, which every epic has and nothing else; None without that field."""
        name = self._ties.epic_name
        if name is None:
            return None
        reply = await self._wire.request("GET", f"rest/api/2/issue/{issue.id}", params={"fields": name})
        return bytes(reply.decode(_WithFields).fields.get(name, msgspec.Raw(b"null"))) not in (b"null", b'""')

    async def project(self, key: str) -> str:
        """Return a project's name.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"project {key} {self._to_us}: archived, deleted, mistyped, or no permission"
        return (await self._wire.visible(f"rest/api/2/project/{quote(key, safe='')}", what)).decode(_Project).name

    async def filter(self, number: int) -> str:
        """Return a saved filter's name.

        Raises:
            FixConfigError: there is none that is shared with us.
        """
        what = f"filter {number} {self._to_us}: deleted, mistyped, or not shared with the account"
        return (await self._wire.visible(f"rest/api/2/filter/{number}", what, accept=(400,))).decode(_Filter).name

    async def projects(self, keys: Sequence[str]) -> Mapping[str, Lifecycle]:
        """Return what became of those projects that we see; a deleted one leaves no trace here."""
        wanted = {key.upper() for key in keys}
        reply = await self._wire.request("GET", "rest/api/2/project", params={"includeArchived": "true"})
        return {
            project.key.upper(): Lifecycle.ARCHIVED if project.archived else Lifecycle.LIVE
            for project in reply.decode(list[_Project])
            if project.key.upper() in wanted
        }

    def below(self, parents: Sequence[str]) -> str:
        """Return the restriction for what is right below these: sub-tasks, stories of epics, epics of initiatives."""
        keys = jql.quoted_list(parents)
        linked = [f"cf[{field_id.removeprefix('customfield_')}] in {keys}" for field_id in self._ties.upward]
        return "(" + " OR ".join([f"parent in {keys}", *linked]) + ")"

    def subtree(self, epics: Sequence[str]) -> None:
        """Return None: a Data Center has no query that reaches down two levels.

        Raises:
            FixConfigError: no field ties stories to epics.
        """
        if self._ties.epic is None:
            raise FixConfigError(
                f"{self._connection}: this Jira has no field Epic Link that {self._wire.options.account} can see: "
                f"select what is below {', '.join(epics)} by jql, or give the account the fields of Jira Software"
            )

    @property
    def _to_us(self) -> str:
        return f"visible to {self._wire.options.account}"

    async def _by_ids(
        self, ids: Sequence[str], fields: Sequence[str], shape: type[_Page[msgspec.Raw]], expand: Sequence[str] = ()
    ) -> list[msgspec.Raw]:
        """Return the issues with these ids, each once, whatever the server thinks of the size of a page."""
        found: dict[str, msgspec.Raw] = {}
        left = list(ids)
        while left:
            query = f"id in ({', '.join(left)}) {jql.ORDER}"
            page = await self._page(query, fields, 0, len(left), shape, strict=False, expand=expand)
            new = {msgspec.json.decode(record, type=IssueId).id: record for record in page.issues}
            found |= new
            if len(page.issues) >= page.total:
                return [*found.values()]
            if not new:
                raise PartialReadError(
                    f"{self._connection}: Jira gave none of {page.total} issues that it says are there: "
                    "the next run tries again"
                )
            left = [id_ for id_ in left if id_ not in new]
        return [*found.values()]

    async def _page(
        self,
        query: str,
        fields: Sequence[str],
        start: int,
        size: int,
        shape: type[_Page[R]],
        *,
        strict: bool = True,
        expand: Sequence[str] = (),
    ) -> _Page[R]:
        body: dict[str, object] = {"jql": query, "fields": list(fields), "startAt": start, "maxResults": size}
        if not strict:
            body["validateQuery"] = False  # issues that are gone then only warn
        if expand:
            body["expand"] = list(expand)
        reply = await self._wire.request("POST", SEARCH, json=body, accept=(400,))
        self._wire.check_query(reply, query)
        page = reply.decode(shape)
        if page.issues and page.start_at != start:  # or the same page would be read over and over
            raise PartialReadError(
                f"{self._connection}: Jira was asked for issues from number {start + 1} on and gave those from "
                f"{page.start_at + 1} on: something in between answers for it, look at the proxy"
            )
        if strict and page.warning_messages:
            raise PartialReadError(
                f"{self._connection}: Jira warned about the search ({'; '.join(page.warning_messages)}): "
                f"correct the query, it was {query}"
            )
        return page
